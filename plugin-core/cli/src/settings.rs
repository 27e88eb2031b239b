//! Arguments as the JSON settings of the library; what is not given is left to its defaults.

use crate::arguments::{Drr, GivenLabels, InScan, Inference, Measure, Phantom, Register, RunModel, Validate, Xray};
use crate::failure::Failure;
use crate::registration::{self, SetUp};
use crate::site;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub fn of_measure(arguments: &Measure) -> Result<Value, Failure> {
    Ok(given(json!({
        "measurements": (!arguments.only.is_empty()).then_some(&arguments.only),
        "series_instance_uid": arguments.series,
        "segmentation": segmentation(&arguments.given, arguments.model.as_deref())?,
        "model": model(&arguments.inference),
        "calibration": calibration(arguments.calibration.as_deref(), &arguments.phantom)?,
        "site": with_models(arguments.site.as_deref().map(site::read).transpose()?, &arguments.inference.models)?,
        "femur": given(json!({"neck": arguments.neck, "pose": arguments.pose, "distal_mm": arguments.distal})),
        "mass_models": (!arguments.mass_model.is_empty()).then_some(&arguments.mass_model),
        "language": arguments.language,
        "patient": given(json!({
            "height_m": arguments.height,
            "weight_kg": arguments.weight,
            "sex": arguments.sex,
            "age_years": arguments.age,
        })),
        "threads": arguments.threads,
        "started": arguments.started,
    })))
}

pub fn of_xray(arguments: &Xray) -> Result<Value, Failure> {
    let stated = given(json!({
        "side": arguments.side,
        "magnification": arguments.magnification,
        "film": arguments.film,
        "model": arguments.model,
    }));
    Ok(given(json!({
        "measurements": ["hip-xray"],
        "series_instance_uid": arguments.series,
        "xray": stated,
        "model": model(&arguments.inference),
        "site": with_models(None, &arguments.inference.models)?,
        "language": arguments.language,
        "threads": arguments.threads,
        "started": arguments.started,
    })))
}

pub fn of_models(inference: &Inference) -> Result<Value, Failure> {
    Ok(given(json!({"model": model(inference), "site": with_models(None, &inference.models)?})))
}

pub fn of_run(arguments: &RunModel) -> Result<Value, Failure> {
    let mut settings = of_models(&arguments.inference)?;
    settings["segmentation"] = by_model(&arguments.model);
    settings["series_instance_uid"] = json!(arguments.series);
    settings["threads"] = json!(arguments.threads);
    Ok(given(settings))
}

pub fn by_model(name: &str) -> Value {
    json!({"source": "model", "name": name})
}

/// How a model is run, where anything was said of it.
fn model(inference: &Inference) -> Option<Value> {
    let said = given(json!({"passes": inference.passes, "seed": inference.seed, "engine": inference.engine}));
    (said != json!({})).then_some(said)
}

/// What the site supplies, with the folders of `--models` after its own.
fn with_models(site: Option<Value>, folders: &[PathBuf]) -> Result<Option<Value>, Failure> {
    if folders.is_empty() {
        return Ok(site);
    }
    let mut site = site.unwrap_or_else(|| json!({}));
    let own = site["models"].as_array().cloned().unwrap_or_default();
    let folders = folders.iter().map(|folder| text(folder).map(Value::from)).collect::<Result<Vec<_>, _>>()?;
    site["models"] = [own, folders].concat().into();
    Ok(Some(site))
}

pub fn of_drr(arguments: &Drr) -> Result<Value, Failure> {
    let SetUp { ct_series, film, centre_mm, pose } = match &arguments.pose {
        Some(file) => registration::read(file)?,
        None => stated(arguments),
    };
    let settings = given(json!({
        "series_instance_uid": ct_series,
        "segmentation": segmentation(&arguments.given, arguments.model.as_deref())?,
        "model": model(&arguments.inference),
        "calibration": calibration(arguments.calibration.as_deref(), &arguments.phantom)?,
        "site": with_models(arguments.site.as_deref().map(site::read).transpose()?, &arguments.inference.models)?,
        "threads": arguments.threads,
    }));
    Ok(given(json!({
        "settings": settings,
        "film": film,
        "centre_mm": centre_mm,
        "pose": pose,
        "structure": arguments.structure,
        "thickness": arguments.thickness,
    })))
}

/// A film as the arguments describe it.
fn stated(arguments: &Drr) -> SetUp {
    let beam = match arguments.parallel {
        true => json!({"kind": "parallel"}),
        false => json!({
            "kind": "cone",
            "source_detector_distance_mm": arguments.sdd,
            "source_axis_distance_mm": arguments.sad,
        }),
    };
    let film = json!({
        "rows": arguments.rows,
        "columns": arguments.columns,
        "pixel_spacing_mm": [arguments.pixel_spacing, arguments.pixel_spacing],
        "beam": beam,
    });
    let pose = given(json!({"rotation_degrees": arguments.rotation, "translation_mm": arguments.translation}));
    SetUp { ct_series: json!(arguments.series), film, centre_mm: Value::Null, pose }
}

pub fn of_phantom(arguments: &Phantom) -> Value {
    given(json!({
        "pixel_spacing_mm": arguments.pixel_spacing,
        "slice_spacing_mm": arguments.slice_spacing,
        "noise_hu": arguments.noise,
        "seed": arguments.seed,
        "tilt_degrees": arguments.tilt,
        "oblique_degrees": arguments.oblique,
        "mirrored": arguments.mirrored.then_some(true),
        "patient_name": arguments.patient_name,
        "film": arguments.film.then(|| json!({})),
    }))
}

pub fn of_validate(arguments: &Validate) -> Result<Value, Failure> {
    let standardized = arguments.standardize.as_ref().zip(arguments.measured_as.as_ref());
    let settings = given(json!({
        "quantity": arguments.quantity,
        "reference_cut": arguments.reference_cut,
        "cut": arguments.cut,
        "diseased": arguments.diseased,
        "prevalence": arguments.prevalence,
        "confidence": arguments.confidence,
        "standardized": standardized.map(|(site, device)| json!({"site": site, "measured": device})),
    }));
    Ok(json!({"pairs": text(&arguments.pairs)?, "settings": settings}))
}

pub fn of_register(arguments: &Register) -> Result<Value, Failure> {
    let landmark = match (arguments.of.as_slice(), arguments.at.as_slice()) {
        ([], []) => None,
        (of @ [_, _, _], at @ [_, _]) => Some(json!({"ct_mm": of, "film_pixel": at})),
        (of, at) => {
            let sentence = format!("--of has {} numbers and --at has {}; give X,Y,Z and ROW,COLUMN", of.len(), at.len());
            return Err(Failure::usage(sentence));
        }
    };
    Ok(given(json!({
        "ct_series": arguments.series,
        "radiograph": arguments.film,
        "source_detector_distance_mm": arguments.source_detector,
        "source_hip_distance_mm": arguments.source_hip,
        "search": given(json!({
            "similarity": arguments.similarity,
            "least_similarity": arguments.least_similarity,
            "bone_threshold_hu": arguments.bone_threshold,
            "restarts": arguments.restarts,
            "seed": arguments.seed,
            "landmark": landmark,
        })),
        "threads": arguments.threads,
    })))
}

fn segmentation(given: &GivenLabels, model: Option<&str>) -> Result<Option<Value>, Failure> {
    if let Some(seg) = &given.seg {
        return Ok(Some(json!({"source": "dicom-seg", "series_instance_uid": seg})));
    }
    if let Some(model) = model {
        return Ok(Some(by_model(model)));
    }
    let (Some(labels), Some(names)) = (&given.labels, &given.names) else { return Ok(None) };
    Ok(Some(json!({"source": "label-map", "file": text(labels)?, "names": names})))
}

/// The phantom of `--phantom` means calibrating by it.
fn calibration(method: Option<&str>, phantom: &InScan) -> Result<Option<Value>, Failure> {
    match (method, &phantom.phantom) {
        (None, None) => Ok(None),
        (None | Some("phantom"), _) => in_scan(phantom).map(Some),
        (Some(method), None) => Ok(Some(json!({"method": method}))),
        (Some(method), Some(_)) => {
            Err(Failure::usage(format!("--phantom and --calibration {method} contradict each other; give one of them")))
        }
    }
}

/// Calibrating by the phantom in the scan.
pub fn in_scan(arguments: &InScan) -> Result<Value, Failure> {
    let rods = arguments.rods.as_deref().map(text).transpose()?;
    Ok(given(json!({"method": "phantom", "phantom": arguments.phantom, "rods": rods})))
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| Failure::usage(format!("the path {} is not UTF-8", path.display())))
}

/// `object` without its nulls.
pub fn given(mut object: Value) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::{Arguments, Command, Models};
    use clap::Parser;

    fn settings(line: &str) -> Value {
        match Arguments::try_parse_from(line.split(' ')).expect("the line is right").command {
            Command::Measure(arguments) => of_measure(&arguments).expect("the paths are text"),
            Command::Drr(arguments) => of_drr(&arguments).expect("the paths are text"),
            Command::Xray(arguments) => of_xray(&arguments).expect("the paths are text"),
            Command::Phantom(arguments) => of_phantom(&arguments),
            Command::Validate(arguments) => of_validate(&arguments).expect("the path is text"),
            Command::Models(Models::Run(arguments)) => of_run(&arguments).expect("the paths are text"),
            Command::Models(Models::List(arguments)) => of_models(&arguments.inference).expect("the paths are text"),
            Command::Register(arguments) => of_register(&arguments).expect("the landmark is whole"),
            Command::Models(Models::Check(_)) | Command::Calibrate(_) => unreachable!("they have no settings of their own"),
        }
    }

    #[test]
    fn what_is_not_given_is_left_to_the_library() {
        assert_eq!(settings("bonemuscle phantom p"), json!({}));
        assert_eq!(settings("bonemuscle measure s --output r"), json!({"patient": {}, "femur": {}}));
    }

    #[test]
    fn a_radiograph_has_the_keys_of_the_library() {
        let plain = json!({
            "settings": {},
            "film": {
                "rows": 512,
                "columns": 512,
                "pixel_spacing_mm": [0.9, 0.9],
                "beam": {"kind": "cone", "source_detector_distance_mm": 1000.0, "source_axis_distance_mm": 850.0},
            },
            "pose": {},
            "thickness": false,
        });
        assert_eq!(settings("bonemuscle drr s --output r"), plain);
        let line = "bonemuscle drr s --output r --structure femur_left --thickness --parallel --rows 40 --columns 30 \
                    --pixel-spacing 2 --rotation 0,-5,10.5 --translation -1,0,2 --model m --calibration physics";
        let given = json!({
            "settings": {"segmentation": {"source": "model", "name": "m"}, "calibration": {"method": "physics"}},
            "film": {"rows": 40, "columns": 30, "pixel_spacing_mm": [2.0, 2.0], "beam": {"kind": "parallel"}},
            "pose": {"rotation_degrees": [0.0, -5.0, 10.5], "translation_mm": [-1.0, 0.0, 2.0]},
            "structure": "femur_left",
            "thickness": true,
        });
        assert_eq!(settings(line), given);
    }

    #[test]
    fn what_is_given_has_the_keys_of_the_library() {
        let line = "bonemuscle measure s --output r --labels l.nrrd --names totalsegmentator --series 1.2 --only muscle,lumbar-bmd \
                    --height 1.7 --weight 65 --sex F --age 71 --threads 2 --phantom b-mas200 --rods r.nii --neck hologic_like \
                    --mass-model constant,two-component --language ja --started 2026-01-02T03:04:05+09:00";
        let expected = json!({
            "measurements": ["muscle", "lumbar-bmd"],
            "series_instance_uid": "1.2",
            "segmentation": {"source": "label-map", "file": "l.nrrd", "names": "totalsegmentator"},
            "calibration": {"method": "phantom", "phantom": "b-mas200", "rods": "r.nii"},
            "femur": {"neck": "hologic_like"},
            "mass_models": ["constant", "two-component"],
            "language": "ja",
            "patient": {"height_m": 1.7, "weight_kg": 65.0, "sex": "F", "age_years": 71},
            "threads": 2,
            "started": "2026-01-02T03:04:05+09:00",
        });
        assert_eq!(settings(line), expected);
        let seg = settings("bonemuscle measure s --output r --seg 1.3");
        assert_eq!(seg["segmentation"], json!({"source": "dicom-seg", "series_instance_uid": "1.3"}));
        let line = "bonemuscle measure s --output r --model m --models a --models b --passes 0 --seed 7 --engine open-vino";
        let model = settings(line);
        assert_eq!(model["segmentation"], json!({"source": "model", "name": "m"}));
        assert_eq!(model["model"], json!({"passes": 0, "seed": 7, "engine": "open-vino"}));
        assert_eq!(model["site"], json!({"models": ["a", "b"]}));
        let run = settings("bonemuscle models run m s --output r --models a --series 1.2 --threads 1");
        let expected = json!({
            "segmentation": {"source": "model", "name": "m"},
            "site": {"models": ["a"]},
            "series_instance_uid": "1.2",
            "threads": 1,
        });
        assert_eq!(run, expected);
        assert_eq!(settings("bonemuscle models list"), json!({}));
        assert_eq!(settings("bonemuscle register c x --output r"), json!({"search": {}}));
        let line =
            "bonemuscle register c x --output r --film 1.4 --source-detector 1150 --at 8,10.5 --of -92,14,-310 --restarts 5";
        let landmark = json!({"ct_mm": [-92.0, 14.0, -310.0], "film_pixel": [8.0, 10.5]});
        let search = json!({"restarts": 5, "landmark": landmark});
        assert_eq!(settings(line), json!({"radiograph": "1.4", "source_detector_distance_mm": 1150.0, "search": search}));
        let plain = settings("bonemuscle xray f.dcm --output r");
        assert_eq!(plain, json!({"measurements": ["hip-xray"], "xray": {}}));
        let line = "bonemuscle xray f.dcm --output r --side left --magnification 1.2 --film 1.2 --model m --models a --passes 20 --seed 3";
        let expected = json!({
            "measurements": ["hip-xray"],
            "xray": {"side": "left", "magnification": 1.2, "film": "1.2", "model": "m"},
            "model": {"passes": 20, "seed": 3},
            "site": {"models": ["a"]},
        });
        assert_eq!(settings(line), expected);
        let stored = settings("bonemuscle measure s --output r --calibration stored");
        assert_eq!(stored["calibration"], json!({"method": "stored"}));
        let phantom = json!({"pixel_spacing_mm": 2.0, "slice_spacing_mm": 3.0, "noise_hu": 0.0, "seed": 5});
        assert_eq!(settings("bonemuscle phantom p --pixel-spacing 2 --slice-spacing 3 --noise 0 --seed 5"), phantom);
        let line = "bonemuscle validate p.csv --output v --quantity q --reference-cut -2.5 --cut 0.6 --diseased at_or_above \
                    --prevalence 0.2 --confidence 0.9 --standardize total_hip --measured-as lunar";
        let standardized = json!({"site": "total_hip", "measured": "lunar"});
        let validation = json!({"quantity": "q", "reference_cut": -2.5, "cut": 0.6, "diseased": "at_or_above", "prevalence": 0.2,
                                "confidence": 0.9, "standardized": standardized});
        assert_eq!(settings(line), json!({"pairs": "p.csv", "settings": validation}));
        let leaning = json!({"tilt_degrees": -12.0, "oblique_degrees": 8.0, "mirrored": true, "patient_name": "A^B=山本"});
        let line = "bonemuscle phantom p --tilt -12 --oblique 8 --mirrored --patient-name A^B=山本";
        assert_eq!(settings(line), leaning);
    }
}
