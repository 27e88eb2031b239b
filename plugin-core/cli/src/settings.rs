//! Arguments as the JSON settings of the library; what is not given is left to its defaults.

use crate::arguments::{InScan, Measure, Phantom};
use crate::failure::Failure;
use crate::site;
use serde_json::{Value, json};
use std::path::Path;

pub fn of_measure(arguments: &Measure) -> Result<Value, Failure> {
    Ok(given(json!({
        "measurements": (!arguments.only.is_empty()).then_some(&arguments.only),
        "series_instance_uid": arguments.series,
        "segmentation": segmentation(arguments)?,
        "calibration": calibration(arguments)?,
        "site": arguments.site.as_deref().map(site::read).transpose()?,
        "femur": given(json!({"neck": arguments.neck, "pose": arguments.pose, "distal_mm": arguments.distal})),
        "mass_models": (!arguments.mass_model.is_empty()).then_some(&arguments.mass_model),
        "language": arguments.language,
        "patient": given(json!({"height_m": arguments.height, "weight_kg": arguments.weight})),
        "threads": arguments.threads,
        "started": arguments.started,
    })))
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
    }))
}

fn segmentation(arguments: &Measure) -> Result<Option<Value>, Failure> {
    if let Some(seg) = &arguments.seg {
        return Ok(Some(json!({"source": "dicom-seg", "series_instance_uid": seg})));
    }
    let (Some(labels), Some(names)) = (&arguments.labels, &arguments.names) else { return Ok(None) };
    Ok(Some(json!({"source": "label-map", "file": text(labels)?, "names": names})))
}

/// The phantom of `--phantom` means calibrating by it.
fn calibration(arguments: &Measure) -> Result<Option<Value>, Failure> {
    match (arguments.calibration.as_deref(), &arguments.phantom.phantom) {
        (None, None) => Ok(None),
        (None | Some("phantom"), _) => in_scan(&arguments.phantom).map(Some),
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
    use crate::arguments::{Arguments, Command};
    use clap::Parser;

    fn settings(line: &str) -> Value {
        match Arguments::try_parse_from(line.split(' ')).expect("the line is right").command {
            Command::Measure(arguments) => of_measure(&arguments).expect("the paths are text"),
            Command::Phantom(arguments) => of_phantom(&arguments),
            Command::Calibrate(_) => unreachable!("it has no settings of its own"),
        }
    }

    #[test]
    fn what_is_not_given_is_left_to_the_library() {
        assert_eq!(settings("bonemuscle phantom p"), json!({}));
        assert_eq!(settings("bonemuscle measure s --output r"), json!({"patient": {}, "femur": {}}));
    }

    #[test]
    fn what_is_given_has_the_keys_of_the_library() {
        let line = "bonemuscle measure s --output r --labels l.nrrd --names totalsegmentator --series 1.2 --only muscle,lumbar-bmd \
                    --height 1.7 --weight 65 --threads 2 --phantom b-mas200 --rods r.nii --neck hologic_like \
                    --mass-model constant,two-component --language ja --started 2026-01-02T03:04:05+09:00";
        let expected = json!({
            "measurements": ["muscle", "lumbar-bmd"],
            "series_instance_uid": "1.2",
            "segmentation": {"source": "label-map", "file": "l.nrrd", "names": "totalsegmentator"},
            "calibration": {"method": "phantom", "phantom": "b-mas200", "rods": "r.nii"},
            "femur": {"neck": "hologic_like"},
            "mass_models": ["constant", "two-component"],
            "language": "ja",
            "patient": {"height_m": 1.7, "weight_kg": 65.0},
            "threads": 2,
            "started": "2026-01-02T03:04:05+09:00",
        });
        assert_eq!(settings(line), expected);
        let seg = settings("bonemuscle measure s --output r --seg 1.3");
        assert_eq!(seg["segmentation"], json!({"source": "dicom-seg", "series_instance_uid": "1.3"}));
        let stored = settings("bonemuscle measure s --output r --calibration stored");
        assert_eq!(stored["calibration"], json!({"method": "stored"}));
        let phantom = json!({"pixel_spacing_mm": 2.0, "slice_spacing_mm": 3.0, "noise_hu": 0.0, "seed": 5});
        assert_eq!(settings("bonemuscle phantom p --pixel-spacing 2 --slice-spacing 3 --noise 0 --seed 5"), phantom);
        let leaning = json!({"tilt_degrees": -12.0, "oblique_degrees": 8.0, "mirrored": true, "patient_name": "A^B=山本"});
        let line = "bonemuscle phantom p --tilt -12 --oblique 8 --mirrored --patient-name A^B=山本";
        assert_eq!(settings(line), leaning);
    }
}
