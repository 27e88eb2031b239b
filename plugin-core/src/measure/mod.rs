//! Labels and HU in, findings out: one file per body part.

mod components;
mod gates;
mod lumbar;
mod muscle;
mod statistics;

use crate::anatomy::Structure;
use crate::progress::{Cancelled, Progress, Stage};
use crate::read::Acquisition;
use crate::report::{Finding, GateCode, MeasurementKind, Quality, Severity};
use crate::segmentation::{Labels, StructureMask};
use crate::volume::CtVolume;

/// What the measuring of one study gives.
#[derive(Debug, Clone)]
pub struct Measured {
    /// One per structure and side.
    pub findings: Vec<Finding>,
    /// Gates that spoke about the series as a whole.
    pub quality: Vec<Quality>,
    /// Regions in which values were taken and which are smaller than their structure, for pictures.
    pub regions: Vec<StructureMask>,
}

/// Measures what `kinds` asks for; empty: everything the labels hold.
///
/// Labels and volume must lie on the same grid.
pub fn measure(
    volume: &CtVolume,
    acquisition: &Acquisition,
    labels: &Labels,
    kinds: &[MeasurementKind],
    progress: Progress<'_>,
) -> Result<Measured, Cancelled> {
    let gates = gates::Gates::new(volume, acquisition, labels);
    let mut measured = Measured { findings: Vec::new(), quality: gates.quality(), regions: Vec::new() };
    let labelled = |kind: MeasurementKind| labels.masks.iter().any(|mask| kind.covers(mask.structure));
    for (done, kind) in MeasurementKind::ALL.into_iter().enumerate() {
        progress.report(Stage::Measure, done as f32 / MeasurementKind::ALL.len() as f32)?;
        match (labelled(kind), kinds.contains(&kind)) {
            (true, asked) if asked || kinds.is_empty() => add(kind, volume, labels, &gates, &mut measured),
            (false, true) => measured.quality.push(nothing_labelled(kind)),
            _ => {}
        }
    }
    progress.report(Stage::Measure, 1.0)?;
    Ok(measured)
}

fn add(kind: MeasurementKind, volume: &CtVolume, labels: &Labels, gates: &gates::Gates, measured: &mut Measured) {
    match kind {
        MeasurementKind::LumbarBmd => {
            let lumbar = lumbar::measure_lumbar(volume, labels, gates);
            measured.findings.extend(lumbar.findings);
            measured.quality.extend(lumbar.quality);
            measured.regions.extend(lumbar.regions);
        }
        MeasurementKind::Muscle => measured.findings.extend(muscle::measure_muscles(volume, labels, gates)),
    }
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
