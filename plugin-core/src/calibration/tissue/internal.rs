//! Calibration by a mapping of the site: the recipe `tissue-mapping/1`.
//!
//! 1. The mapping is the one that the host names, if it fits model and tube voltage, and manufacturer where stated; else the one
//!    that does; of several, one that states the manufacturer.
//! 2. Its tissues are read as [`super::read_tissue`] says; one that cannot be read withholds the calibration.
//! 3. A tissue beyond the range in which the mapping was learnt, by 5 HU at most, is taken as the nearer end of that range, with a
//!    warning; beyond that the mapping knows nothing, and the calibration is withheld.
//! 4. Slope and intercept are the mapping's linear functions of these HU; a slope that is not from 0.1 to 3 mg/cm3 per HU, or an
//!    intercept that is not from -500 to 500 mg/cm3, withholds.

use super::super::{
    Calibrated, Calibration, CalibrationError, Calibrator, Conversion, Evidence, TissueCalibration, TissueReading,
};
use super::{TissueMapping, read_tissue, withheld};
use crate::report::{Block, GateCode, Quality};

/// What readings of the same tissue differ by from noise and placement.
const TOLERANCE_HU: f64 = 5.0;

/// The patient's own tissues by one of the site's mappings.
#[derive(Debug, Clone, Copy)]
pub struct Internal<'a> {
    /// The site's mappings.
    pub mappings: &'a [TissueMapping],
    /// Identifier of the one to use; none: the one that fits scanner and protocol.
    pub wanted: Option<&'a str>,
}

impl Calibrator for Internal<'_> {
    fn calibrate(&self, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
        let mapping = self.choose(evidence)?;
        if let Some(problem) = mapping.contradiction() {
            return Err(CalibrationError::Settings(problem));
        }
        let readings = mapping.tissues.iter().map(|tissue| read_tissue(evidence, *tissue));
        let tissues = readings.collect::<Result<Vec<_>, _>>().map_err(withheld)?;
        let mut quality = unconfirmed(mapping);
        let mut hu = Vec::with_capacity(tissues.len());
        for (reading, range) in tissues.iter().zip(&mapping.ranges_hu) {
            let used = within(reading, *range).map_err(withheld)?;
            quality.extend((used != reading.hu).then(|| clamped(reading, *range)));
            hu.push(used);
        }
        let conversion = mapping.predict(&hu);
        if !conversion.is_plausible_line() {
            return Err(withheld(impossible(mapping, &conversion)));
        }
        let calibration = Calibration::Internal(TissueCalibration {
            mapping: Some(mapping.id.clone()),
            confirmed_by: mapping.confirmed_by.clone(),
            conversion,
            standard_error: Some(mapping.standard_error),
            effective_energy_kev: None,
            r_squared: None,
            tissues,
        });
        Ok(Calibrated { calibration, quality })
    }
}

impl Internal<'_> {
    fn choose(&self, evidence: &Evidence<'_>) -> Result<&TissueMapping, CalibrationError> {
        let misfit = |mapping: &TissueMapping| mapping.misfit(evidence.equipment, evidence.acquisition);
        let no_match = |reason| withheld(Block { code: GateCode::CalibrationNoMatch, reason, found: None });
        for (index, one) in self.mappings.iter().enumerate() {
            if self.mappings[..index].iter().any(|other| other.id == one.id) {
                return Err(CalibrationError::Settings(format!("the mapping of tissues {:?} is given twice", one.id)));
            }
        }
        if let Some(id) = self.wanted {
            let mapping = self.mappings.iter().find(|mapping| mapping.id == id).ok_or_else(|| self.unknown(id))?;
            return match misfit(mapping) {
                None => Ok(mapping),
                Some(misfit) => Err(no_match(format!("the mapping {id} does not fit: {misfit}"))),
            };
        }
        let fitting: Vec<_> = self.mappings.iter().filter(|mapping| misfit(mapping).is_none()).collect();
        let by_manufacturer = fitting.iter().any(|mapping| mapping.manufacturer.is_some());
        let best: Vec<_> = fitting.into_iter().filter(|mapping| mapping.manufacturer.is_some() == by_manufacturer).collect();
        match best[..] {
            [mapping] => Ok(mapping),
            [] => Err(no_match(format!(
                "none of the site's {} mappings of tissues fits scanner and protocol",
                self.mappings.len()
            ))),
            _ => Err(no_match(format!("several mappings of tissues fit alike, name one of them: {}", ids(best.into_iter())))),
        }
    }

    fn unknown(&self, id: &str) -> CalibrationError {
        CalibrationError::Settings(format!("the site has no mapping of tissues {id}; it has: {}", ids(self.mappings.iter())))
    }
}

fn ids<'a>(mappings: impl Iterator<Item = &'a TissueMapping>) -> String {
    mappings.map(|mapping| mapping.id.as_str()).collect::<Vec<_>>().join(", ")
}

/// Step 3.
fn within(reading: &TissueReading, [low, high]: [f64; 2]) -> Result<f64, Block> {
    let used = reading.hu.clamp(low, high);
    match (reading.hu - used).abs() <= TOLERANCE_HU {
        true => Ok(used),
        false => Err(Block {
            code: GateCode::TissueRange,
            reason: format!(
                "{} has {:.1} HU; the mapping was learnt from {low:.1} to {high:.1} HU and reaches {TOLERANCE_HU:.0} HU beyond",
                reading.tissue.english(),
                reading.hu
            ),
            found: Some(reading.hu),
        }),
    }
}

fn clamped(reading: &TissueReading, [low, high]: [f64; 2]) -> Quality {
    let message = format!(
        "{} has {:.1} HU, a little outside the {low:.1} to {high:.1} HU from which the mapping was learnt: the nearer end is used",
        reading.tissue.english(),
        reading.hu
    );
    Quality::warning(GateCode::TissueRange, message, Some(reading.hu))
}

fn unconfirmed(mapping: &TissueMapping) -> Vec<Quality> {
    let message = || format!("nobody has confirmed the mapping of tissues {}: no category is given", mapping.id);
    let warning = || Quality::warning(GateCode::CalibrationUnconfirmed, message(), None);
    mapping.confirmed_by.is_none().then(warning).into_iter().collect()
}

fn impossible(mapping: &TissueMapping, conversion: &Conversion) -> Block {
    Block {
        code: GateCode::CalibrationFit,
        reason: format!(
            "the mapping {} gives a slope of {:.4e} mg/cm3 per HU and an intercept of {:.4e} mg/cm3; 0.1 to 3 and -500 to 500 are \
             accepted",
            mapping.id, conversion.slope, conversion.intercept
        ),
        found: Some(conversion.slope).filter(|slope| slope.is_finite()),
    }
}
