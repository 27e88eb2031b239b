//! Arguments as the JSON settings of the library; what is not given is left to its defaults.

use crate::arguments::{Measure, Phantom};
use crate::failure::Failure;
use serde_json::{Value, json};

pub fn of_measure(arguments: &Measure) -> Result<Value, Failure> {
    Ok(given(json!({
        "measurements": (!arguments.only.is_empty()).then_some(&arguments.only),
        "series_instance_uid": arguments.series,
        "segmentation": segmentation(arguments)?,
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
    let not_text = || Failure::usage(format!("the path {} is not UTF-8", labels.display()));
    let file = labels.to_str().ok_or_else(not_text)?;
    Ok(Some(json!({"source": "label-map", "file": file, "names": names})))
}

/// `object` without its nulls.
fn given(mut object: Value) -> Value {
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
        }
    }

    #[test]
    fn what_is_not_given_is_left_to_the_library() {
        assert_eq!(settings("bonemuscle phantom p"), json!({}));
        assert_eq!(settings("bonemuscle measure s --output r"), json!({"patient": {}}));
    }

    #[test]
    fn what_is_given_has_the_keys_of_the_library() {
        let line = "bonemuscle measure s --output r --labels l.nrrd --names totalsegmentator --series 1.2 --only muscle,lumbar-bmd \
                    --height 1.7 --weight 65 --threads 2 --started 2026-01-02T03:04:05+09:00";
        let expected = json!({
            "measurements": ["muscle", "lumbar-bmd"],
            "series_instance_uid": "1.2",
            "segmentation": {"source": "label-map", "file": "l.nrrd", "names": "totalsegmentator"},
            "patient": {"height_m": 1.7, "weight_kg": 65.0},
            "threads": 2,
            "started": "2026-01-02T03:04:05+09:00",
        });
        assert_eq!(settings(line), expected);
        let seg = settings("bonemuscle measure s --output r --seg 1.3");
        assert_eq!(seg["segmentation"], json!({"source": "dicom-seg", "series_instance_uid": "1.3"}));
        let phantom = json!({"pixel_spacing_mm": 2.0, "slice_spacing_mm": 3.0, "noise_hu": 0.0, "seed": 5});
        assert_eq!(settings("bonemuscle phantom p --pixel-spacing 2 --slice-spacing 3 --noise 0 --seed 5"), phantom);
        let leaning = json!({"tilt_degrees": -12.0, "oblique_degrees": 8.0, "mirrored": true, "patient_name": "A^B=山本"});
        let line = "bonemuscle phantom p --tilt -12 --oblique 8 --mirrored --patient-name A^B=山本";
        assert_eq!(settings(line), leaning);
    }
}
