//! The phantom that lies in the scan.

use super::assign::{Assigned, assign};
use super::detect::{Rods, find_rods};
use super::fit::fit;
use super::rods::from_label_map;
use super::{
    Calibrated, Calibration, CalibrationError, Calibrator, Evidence, PhantomCalibration, PhantomDefinition, RodReading,
    RodSource, templates,
};
use crate::report::{GateCode, Quality};
use std::path::Path;

/// Two of three rods can be something else; only who names the phantom may rest on them.
const LEAST_SEEN: usize = 3;
const LEAST_SEEN_NAMED: usize = 2;
/// HU; rods nearer to each other than this may change places by noise.
const SAME_ROD: f64 = 10.0;

/// A density phantom in the scan, found by the program or given as a label map.
pub struct InScan<'a> {
    /// The site's definitions; those of the program come after them.
    pub site: &'a [PhantomDefinition],
    /// Identifier of the definition; none: the one that fits.
    pub phantom: Option<&'a str>,
    /// Label map of the rods; none: they are looked for.
    pub rods: Option<&'a Path>,
}

impl Calibrator for InScan<'_> {
    fn calibrate(&self, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
        let definitions = definitions(self.site)?;
        match (self.phantom, self.rods) {
            (Some(id), Some(file)) => of_label_map(named(&definitions, id)?, file, evidence),
            (Some(id), None) => detected(&[&[named(&definitions, id)?]], LEAST_SEEN_NAMED, evidence),
            (None, Some(file)) => match self.site {
                [only] => of_label_map(only, file, evidence),
                _ => Err(CalibrationError::Settings(format!(
                    "a label map of rods needs the phantom's id beside it; known: {}",
                    ids(&definitions)
                ))),
            },
            (None, None) => {
                let (site, templates) = definitions.split_at(self.site.len());
                let groups = [site, templates].map(|group| group.iter().collect::<Vec<_>>());
                detected(&[&groups[0], &groups[1]], LEAST_SEEN, evidence)
            }
        }
    }
}

/// The site's definitions, then the templates that they do not replace.
pub fn definitions(site: &[PhantomDefinition]) -> Result<Vec<PhantomDefinition>, CalibrationError> {
    for (index, definition) in site.iter().enumerate() {
        definition.validate().map_err(CalibrationError::Settings)?;
        if site[..index].iter().any(|other| other.id == definition.id) {
            return Err(CalibrationError::Settings(format!("phantom {:?} is defined twice", definition.id)));
        }
    }
    let mut all = site.to_vec();
    all.extend(templates().into_iter().filter(|template| site.iter().all(|one| one.id != template.id)));
    Ok(all)
}

fn named<'a>(definitions: &'a [PhantomDefinition], id: &str) -> Result<&'a PhantomDefinition, CalibrationError> {
    definitions
        .iter()
        .find(|one| one.id == id)
        .ok_or_else(|| CalibrationError::Settings(format!("there is no phantom {id:?}; known: {}", ids(definitions))))
}

fn ids(definitions: &[PhantomDefinition]) -> String {
    definitions.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ")
}

fn of_label_map(definition: &PhantomDefinition, file: &Path, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
    let readings = from_label_map(file, definition, evidence.volume)?;
    let mut by_hu: Vec<usize> = (0..readings.len()).collect();
    by_hu.sort_by(|a, b| definition.inserts[*a].nominal_hu().total_cmp(&definition.inserts[*b].nominal_hu()));
    for pair in by_hu.windows(2) {
        let [darker, brighter] = [pair[0], pair[1]];
        let apart = definition.inserts[brighter].nominal_hu() - definition.inserts[darker].nominal_hu();
        if apart > SAME_ROD && readings[darker].hu >= readings[brighter].hu {
            return Err(CalibrationError::Withheld {
                code: GateCode::RodOrder,
                reason: format!(
                    "rod {} of the label map has {:.1} HU and rod {} {:.1} HU; by the definition {} the second is the brighter one",
                    darker + 1,
                    readings[darker].hu,
                    brighter + 1,
                    readings[brighter].hu,
                    definition.id
                ),
                found: None,
            });
        }
    }
    calibrated(definition, RodSource::LabelMap, readings)
}

/// The first group of definitions that has something to say decides: a phantom that the site's own definition refuses is not
/// calibrated by a template.
fn detected(
    groups: &[&[&PhantomDefinition]],
    least_seen: usize,
    evidence: &Evidence<'_>,
) -> Result<Calibrated, CalibrationError> {
    let candidates = find_rods(evidence);
    for group in groups {
        let mut refusal = None;
        for rods in &candidates {
            match one_that_fits(group, rods, least_seen, evidence)? {
                Ok((definition, readings)) => return calibrated(definition, RodSource::Detected, readings),
                Err(error) => refusal = refusal.or(error),
            }
        }
        if let Some(error) = refusal {
            return Err(error);
        }
    }
    Err(missing(groups))
}

type Found<'a> = Result<(&'a PhantomDefinition, Vec<RodReading>), Option<CalibrationError>>;

/// The only definition that the rods fit; else why one does not, where one nearly does.
fn one_that_fits<'a>(
    group: &[&'a PhantomDefinition],
    rods: &Rods,
    least_seen: usize,
    evidence: &Evidence<'_>,
) -> Result<Found<'a>, CalibrationError> {
    let mut fitting = Vec::new();
    let mut refusal = None;
    for definition in group {
        match assign(evidence.volume, rods, definition, least_seen) {
            Assigned::Rods(readings) => fitting.push((*definition, readings)),
            Assigned::Refused(error) => refusal = refusal.or(Some(error)),
            Assigned::Other => {}
        }
    }
    if fitting.len() > 1 {
        let ids: Vec<&str> = fitting.iter().map(|(definition, _)| definition.id.as_str()).collect();
        return Err(CalibrationError::Withheld {
            code: GateCode::RodOrder,
            reason: format!("the rods fit {}: name the phantom that lies in the scan", ids.join(" and ")),
            found: Some(fitting.len() as f64),
        });
    }
    Ok(fitting.pop().ok_or(refusal))
}

fn missing(groups: &[&[&PhantomDefinition]]) -> CalibrationError {
    let two_rods = groups.concat().iter().all(|definition| definition.inserts.len() < 3);
    let what = if two_rods {
        "two rods cannot be told from the patient: give a label map of the rods".to_owned()
    } else {
        let ids: Vec<&str> = groups.concat().iter().map(|definition| definition.id.as_str()).collect();
        format!(
            "no density phantom was found under the patient (looked for: {}); give a label map of the rods, or another calibration",
            ids.join(", ")
        )
    };
    CalibrationError::Withheld { code: GateCode::PhantomMissing, reason: what, found: None }
}

/// The line through readings in the order of the inserts.
fn calibrated(
    definition: &PhantomDefinition,
    rods_from: RodSource,
    mut rods: Vec<RodReading>,
) -> Result<Calibrated, CalibrationError> {
    let hu: Vec<f64> = rods.iter().map(|rod| rod.hu).collect();
    let fit = fit(definition, &hu).ok_or_else(|| CalibrationError::Withheld {
        code: GateCode::CalibrationFit,
        reason: format!("the HU of the rods, {hu:.1?}, do not rise with the densities of phantom {}", definition.id),
        found: None,
    })?;
    let mut quality = fit.judge(rods.len())?;
    if definition.confirmed_by.is_none() {
        quality.push(unconfirmed(&definition.id));
    }
    rods.sort_by(|a, b| a.density.total_cmp(&b.density));
    let calibration = PhantomCalibration {
        phantom: definition.id.clone(),
        serial: definition.serial.clone(),
        certificate: definition.certificate.clone(),
        confirmed_by: definition.confirmed_by.clone(),
        rods_from,
        conversion: fit.conversion,
        r_squared: fit.r_squared,
        residual_sd: fit.residual_sd,
        rods,
    };
    Ok(Calibrated { calibration: Calibration::Phantom(calibration), quality })
}

/// Says that categories are withheld.
pub(super) fn unconfirmed(phantom: &str) -> Quality {
    let message = format!(
        "nobody has confirmed the densities of phantom {phantom} with its certificate: densities are given, categories are not"
    );
    Quality::warning(GateCode::CalibrationUnconfirmed, message, None)
}
