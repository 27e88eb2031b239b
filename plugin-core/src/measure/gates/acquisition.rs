//! How the CT was made, by its headers and by the blood in it.

use super::vessels;
use crate::anatomy::Structure;
use crate::measure::statistics::statistics;
use crate::read::Acquisition;
use crate::report::Block;
use crate::report::{GateCode, Quality, Severity, six_digits};
use crate::segmentation::Labels;
use crate::units::{Hu, Mm};
use crate::volume::CtVolume;

const THICKNESS_WARNING: Mm = Mm(3.0);
pub(super) const THICKNESS_LIMIT: Mm = Mm(5.0);
/// Headers round the thickness: 3.0001 mm is 3 mm.
const ROUNDING: f64 = 1e-3;
/// Published HU thresholds are for this tube voltage.
const USUAL_KILOVOLT: f64 = 120.0;
/// Blood without contrast agent stays below.
const BLOOD: Hu = Hu(100.0);
/// Blood above it holds contrast agent.
const ENHANCED_BLOOD: Hu = Hu(130.0);

/// The larger of what the header says and what the slices' distance is.
pub(super) fn thickness(volume: &CtVolume<'_>, acquisition: &Acquisition) -> Mm {
    let spacing = volume.grid.spacing()[0];
    Mm(acquisition.slice_thickness.map_or(spacing, |thickness| thickness.0.max(spacing)))
}

/// How bright blood is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Blood {
    hu: Hu,
    /// Of which words can be said that they are at so many HU.
    of: &'static str,
    /// Somebody labelled it.
    is_labelled: bool,
}

/// Median of the labelled aorta, which plaques and blurred walls do not move; where none is labelled, of what lies before the spine.
pub(super) fn blood(volume: &CtVolume<'_>, labels: &Labels) -> Option<Blood> {
    match labels.masks.iter().find(|mask| mask.structure == Structure::Aorta) {
        Some(aorta) => {
            let hu = statistics(aorta.indices().map(|index| volume.hu(index)).collect()).median;
            Some(Blood { hu, of: "the aorta is", is_labelled: true })
        }
        None => vessels::before_the_spine(volume, labels).map(|hu| {
            let of = "vessels before the lumbar spine, or bowel there, are";
            Blood { hu, of, is_labelled: false }
        }),
    }
}

/// What is said of contrast agent: by the header, by the blood, or by both.
fn contrast(agent: Option<&str>, blood: Option<Blood>) -> Option<Quality> {
    const RAISED: &str = "the attenuation of bone and muscle is raised";
    let enhanced = blood.filter(|blood| blood.hu > BLOOD);
    let message = match (agent, enhanced) {
        (None, None) => return None,
        (Some(agent), None) => format!("contrast agent was given ({agent}): {RAISED}"),
        (Some(agent), Some(Blood { hu, of, .. })) => {
            format!("contrast agent was given ({agent}) and {of} at {:.0} HU: {RAISED}", hu.0)
        }
        (None, Some(Blood { hu, of, is_labelled: true })) if hu > ENHANCED_BLOOD => {
            format!("{of} at {:.0} HU, above {:.0} HU: contrast agent was given, {RAISED}", hu.0, ENHANCED_BLOOD.0)
        }
        (None, Some(Blood { hu, of, .. })) => {
            format!("{of} at {:.0} HU, above {:.0} HU: contrast agent was possibly given", hu.0, BLOOD.0)
        }
    };
    Some(Quality::warning(GateCode::Contrast, message, blood.map(|blood| six_digits(blood.hu.0))))
}

pub(super) fn quality(thickness: Mm, acquisition: &Acquisition, blood: Option<Blood>) -> Vec<Quality> {
    let warn = |code, message: String, found| Quality { code, severity: Severity::Warning, message, found };
    let thick = (thickness.0 > THICKNESS_WARNING.0 + ROUNDING).then(|| {
        let message =
            format!("slices are {:.1} mm thick; {:.0} mm or less are wanted for bone", thickness.0, THICKNESS_WARNING.0);
        warn(GateCode::SliceThick, message, Some(thickness.0))
    });
    let contrast = contrast(acquisition.agent(), blood);
    let voltage = match acquisition.tube_voltage {
        Some(kilovolt) if kilovolt == USUAL_KILOVOLT => None,
        Some(kilovolt) => Some(warn(
            GateCode::Kvp,
            format!("the tube voltage is {kilovolt} kV: HU are comparable at 120 kV only"),
            Some(kilovolt),
        )),
        None => Some(warn(GateCode::Kvp, "the tube voltage is not stated: HU are comparable at 120 kV only".to_owned(), None)),
    };
    let kernel = acquisition.sharp_kernel().map(|kernel| {
        warn(
            GateCode::Kernel,
            format!("the convolution kernel {kernel} is a sharp one: noise is raised, edges overshoot"),
            None,
        )
    });
    [thick, contrast, voltage, kernel].into_iter().flatten().collect()
}

pub(super) fn too_thick(thickness: Mm) -> Option<Block> {
    (thickness.0 > THICKNESS_LIMIT.0 + ROUNDING).then(|| Block {
        code: GateCode::SliceThick,
        reason: format!(
            "slices are {:.1} mm thick; attenuation and heights of vertebrae need {:.0} mm or less",
            thickness.0, THICKNESS_LIMIT.0
        ),
        found: Some(thickness.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_acquisition_draws_no_word() {
        let plain = Acquisition { tube_voltage: Some(120.0), kernel: Some("B30f".into()), ..Acquisition::default() };
        assert!(quality(Mm(3.0), &plain, None).is_empty());
        let codes =
            |acquisition| quality(Mm(2.0), &acquisition, None).into_iter().map(|quality| quality.code).collect::<Vec<_>>();
        assert_eq!(codes(Acquisition { contrast_agent: Some("Iodine".into()), ..plain.clone() }), [GateCode::Contrast]);
        assert_eq!(codes(Acquisition { tube_voltage: Some(80.0), ..plain.clone() }), [GateCode::Kvp]);
        assert_eq!(codes(Acquisition { tube_voltage: None, ..plain.clone() }), [GateCode::Kvp]);
        assert_eq!(codes(Acquisition { kernel: Some("B70f".into()), ..plain }), [GateCode::Kernel]);
    }

    #[test]
    fn enhanced_blood_is_contrast_agent_whatever_the_header_says() {
        let said = |agent, hu: Option<f64>| {
            contrast(agent, hu.map(|hu| Blood { hu: Hu(hu), of: "the aorta is", is_labelled: true }))
                .map(|quality| (quality.message, quality.found))
        };
        assert_eq!(said(None, None), None);
        assert_eq!(said(None, Some(45.0)), None);
        assert_eq!(said(None, Some(100.0)), None);
        let (message, found) = said(None, Some(115.0)).expect("raised");
        assert!(message.contains("possibly") && found == Some(115.0), "{message}");
        let (message, _) = said(None, Some(131.0)).expect("enhanced");
        assert!(message.contains("131 HU") && !message.contains("possibly"), "{message}");
        // A late phase, or a tag that was left in: the header is believed.
        assert_eq!(said(Some("Iodine"), Some(45.0)).expect("stated").1, Some(45.0));
    }
}
