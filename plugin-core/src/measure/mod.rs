//! Labels and HU in, findings out: one file per body part.

mod body_composition;
mod femur;
mod field_of_view;
mod gates;
mod hip_xray;
mod left_out;
mod lumbar;
mod metal;
mod muscle;
mod statistics;
mod uncertainty;

pub use femur::FemurProjection;
pub use hip_xray::{DecomposedHip, FilmRegion, HipOnFilm, MeasuredHip, measure_hip, withheld_hip};
pub(crate) use uncertainty::{is_doubtful, relied_on};

use crate::anatomy::Structure;
use crate::calibration::Calibration;
use crate::progress::{Cancelled, Progress, Stage};
use crate::read::Acquisition;
use crate::report::{Finding, GateCode, MeasurementKind, Patient, Quality, Severity};
use crate::segmentation::{Labels, StructureMask};
use crate::settings::Settings;
use crate::volume::CtVolume;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the measuring of one study gives.
#[derive(Debug, Clone)]
pub struct Measured {
    /// One per structure and side.
    pub findings: Vec<Finding>,
    /// Gates that spoke about the series as a whole.
    pub quality: Vec<Quality>,
    /// Regions in which values were taken and which are smaller than their structure, for pictures.
    pub regions: Vec<StructureMask>,
    /// Projected femora, for pictures.
    pub projections: Vec<FemurProjection>,
}

/// Everything a measurement may look at.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The CT.
    pub volume: &'a CtVolume<'a>,
    /// How it was acquired.
    pub acquisition: &'a Acquisition,
    /// Structures, on the grid of the volume.
    pub labels: &'a Labels,
    /// From HU to density.
    pub calibration: &'a Calibration,
    /// What is known of the patient.
    pub patient: &'a Patient,
    /// What the host chose: how femora are divided, mass models, the site's regressions.
    pub settings: &'a Settings,
}

/// Measures what the settings ask for; nothing named: everything the labels hold.
pub fn measure(subject: Subject<'_>, progress: Progress<'_>) -> Result<Measured, Cancelled> {
    let Subject { volume, acquisition, labels, settings, .. } = subject;
    let kinds = &settings.measurements;
    progress.report(Stage::Measure, 0.0)?;
    let gates = gates::Gates::new(volume, acquisition, labels);
    let mut measured =
        Measured { findings: Vec::new(), quality: gates.quality(), regions: Vec::new(), projections: Vec::new() };
    let done = AtomicUsize::new(0);
    let step = || progress.report(Stage::Measure, done.fetch_add(1, Ordering::Relaxed) as f32 / labels.masks.len() as f32);
    for kind in MeasurementKind::OF_CT {
        let structures = labels.masks.iter().map(|mask| mask.structure);
        let labelled = structures.chain(labels.doubts.left_out.keys().map(|label| label.0)).any(|one| kind.covers(one));
        match (labelled, kind) {
            _ if !kinds.is_empty() && !kinds.contains(&kind) => {}
            (false, _) if kinds.is_empty() => {}
            (false, _) => measured.quality.push(nothing_labelled(kind)),
            (true, MeasurementKind::LumbarBmd) => {
                let lumbar = lumbar::measure_lumbar(&subject, &gates, &step)?;
                measured.findings.extend(lumbar.findings);
                measured.quality.extend(lumbar.quality);
                measured.regions.extend(lumbar.regions);
            }
            (true, MeasurementKind::FemurBmd) => {
                let femora = femur::measure_femora(&subject, &gates, &step)?;
                measured.findings.extend(femora.findings);
                measured.regions.extend(femora.regions);
                measured.projections.extend(femora.projections);
            }
            (true, MeasurementKind::Muscle) => {
                let muscles = muscle::measure_muscles(&subject, &gates, &step)?;
                measured.quality.extend(uncertainty::uneven_pairs(labels, &muscles));
                let body = body_composition::measure_body(&subject, &gates, &muscles);
                measured.findings.extend(muscles.into_iter().chain(body.finding));
                measured.quality.extend(body.quality);
                measured.regions.extend(body.region);
            }
            (true, MeasurementKind::HipXray) => {}
        }
    }
    measured.quality.extend(uncertainty::state(&subject, &mut measured.findings));
    progress.report(Stage::Measure, 1.0)?;
    Ok(measured)
}

fn nothing_labelled(kind: MeasurementKind) -> Quality {
    let names: Vec<_> = Structure::ALL.iter().filter(|s| kind.covers(**s)).map(|s| s.english()).collect();
    Quality {
        code: GateCode::NotLabelled,
        severity: Severity::Block,
        message: format!("the labels hold none of: {}", names.join(", ")),
        found: None,
    }
}
