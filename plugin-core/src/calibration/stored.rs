//! Calibrations by a phantom that was scanned apart.
//!
//! The line of a scanner holds for one protocol and for a while: scanner model, tube voltage and kernel must be stated and be the
//! same as those of the scan; manufacturer, serial number and slice thickness (to 0.05 mm) where they are stated. What is stated
//! and not known of the scan differs. The scan must be of a day from `date` to `expires`, both included. Of several that fit the
//! latest is taken, the first among equals. Field of view and table height are not compared: a protocol is assumed to keep them.

use super::fit::{GOOD_R_SQUARED, LEAST_R_SQUARED};
use super::in_scan::{InScan, unconfirmed};
use super::phantom::is_identifier;
use super::{
    Calibrated, Calibration, CalibrationChoice, CalibrationError, Calibrator, Evidence, PhantomCalibration, StoredCalibration,
};
use crate::report::{GateCode, Quality};
use crate::settings::Settings;
use jiff::ToSpan;
use jiff::civil::Date;

/// For how long a calibration holds, unless the site knows better.
pub const VALID_DAYS: u16 = 90;
const SAME_THICKNESS: f64 = 0.05;
/// Stations of tube voltages lie 10 kV and more apart.
const SAME_VOLTAGE: f64 = 1.0;

/// The site's stored calibrations.
pub struct Store<'a> {
    /// All of them.
    pub calibrations: &'a [StoredCalibration],
    /// Identifier of the one to use; none: the one that fits.
    pub id: Option<&'a str>,
}

impl Calibrator for Store<'_> {
    fn calibrate(&self, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
        for (index, one) in self.calibrations.iter().enumerate() {
            one.validate().map_err(CalibrationError::Settings)?;
            if self.calibrations[..index].iter().any(|other| other.id == one.id) {
                return Err(CalibrationError::Settings(format!("calibration {:?} is stored twice", one.id)));
            }
        }
        let asked: Vec<&StoredCalibration> =
            self.calibrations.iter().filter(|one| self.id.is_none_or(|id| one.id == id)).collect();
        if let (Some(id), true) = (self.id, asked.is_empty()) {
            let known = first_few(self.calibrations.iter().map(|one| one.id.clone()).collect(), ", ");
            return Err(CalibrationError::Settings(format!("there is no stored calibration {id:?}; known: {known}")));
        }
        let mut fitting: Option<&StoredCalibration> = None;
        let mut reasons = Vec::new();
        for one in asked {
            match one.differences(evidence) {
                differences if !differences.is_empty() => reasons.push(format!("{}: {}", one.id, differences.join(", "))),
                // ISO dates sort as text.
                _ if fitting.is_none_or(|known| one.date > known.date) => fitting = Some(one),
                _ => {}
            }
        }
        let Some(one) = fitting else {
            let detail = if reasons.is_empty() { "none is stored".to_owned() } else { first_few(reasons, "; ") };
            return Err(CalibrationError::Withheld {
                code: GateCode::CalibrationNoMatch,
                reason: format!(
                    "no stored calibration fits this scan ({detail}): scan the phantom with this scanner and protocol"
                ),
                found: None,
            });
        };
        let mut quality = Vec::new();
        if one.r_squared < GOOD_R_SQUARED {
            let message = format!("the stored line {} has r2 = {:.4}, below {GOOD_R_SQUARED}", one.id, one.r_squared);
            quality.push(Quality::warning(GateCode::CalibrationFit, message, Some(one.r_squared)));
        }
        if one.confirmed_by.is_none() {
            quality.push(unconfirmed(&one.phantom));
        }
        Ok(Calibrated { calibration: Calibration::Stored(one.clone()), quality })
    }
}

impl StoredCalibration {
    /// The line of a phantom as it was scanned on `date`, to be used for `valid_days`, under `id` or a name made of scanner,
    /// voltage, kernel and date. Refused where the scan does not say model, voltage or kernel: it would fit nothing.
    pub fn new_from(
        phantom: &PhantomCalibration,
        evidence: &Evidence<'_>,
        id: Option<&str>,
        date: Date,
        valid_days: u16,
    ) -> Result<StoredCalibration, CalibrationError> {
        let expires = date
            .checked_add(i64::from(valid_days).days())
            .map_err(|error| CalibrationError::Settings(format!("{valid_days} days after {date}: {error}")))?;
        let Evidence { acquisition, equipment, .. } = *evidence;
        let stored = StoredCalibration {
            id: id.map_or_else(|| made_up_id(evidence, date), str::to_owned),
            manufacturer: equipment.manufacturer.clone(),
            model: equipment.model.clone(),
            serial_number: equipment.serial_number.clone(),
            tube_voltage_kv: acquisition.tube_voltage,
            kernel: acquisition.kernel.clone(),
            slice_thickness_mm: acquisition.slice_thickness.map(|thickness| thickness.0),
            phantom: phantom.phantom.clone(),
            phantom_serial: phantom.serial.clone(),
            confirmed_by: phantom.confirmed_by.clone(),
            date: date.to_string(),
            expires: expires.to_string(),
            conversion: phantom.conversion,
            r_squared: phantom.r_squared,
        };
        stored.validate().map_err(CalibrationError::Settings)?;
        Ok(stored)
    }

    /// What is wrong with it, as a sentence.
    pub fn validate(&self) -> Result<(), String> {
        let wrong = |what: String| Err(format!("stored calibration {:?}: {what}", self.id));
        if !is_identifier(&self.id) {
            return wrong("its id must be 1 to 64 letters, digits, '-', '_' or '.'".to_owned());
        }
        for (stated, name) in [
            (self.model.is_some(), "model, Manufacturer's Model Name (0008,1090)"),
            (self.tube_voltage_kv.is_some(), "tube_voltage_kv, KVP (0018,0060)"),
            (self.kernel.is_some(), "kernel, Convolution Kernel (0018,1210)"),
        ] {
            if !stated {
                return wrong(format!("it does not state {name}, so that it would fit scans of any"));
            }
        }
        let (Ok(date), Ok(expires)) = (self.date.parse::<Date>(), self.expires.parse::<Date>()) else {
            return wrong(format!("date {:?} and expires {:?} must be dates such as 2026-01-31", self.date, self.expires));
        };
        if date.to_string() != self.date || expires.to_string() != self.expires || expires < date {
            return wrong(format!("date {:?} and expires {:?} must be YYYY-MM-DD, in this order", self.date, self.expires));
        }
        let conversion = self.conversion;
        if !conversion.is_plausible_line() {
            return wrong(format!(
                "its line has slope {}, intercept {} and curvature {}; 0.1 to 3, -500 to 500 and 0 are accepted",
                conversion.slope, conversion.intercept, conversion.curvature
            ));
        }
        if !(LEAST_R_SQUARED..=1.0).contains(&self.r_squared) {
            return wrong(format!("its r_squared is {}; {LEAST_R_SQUARED} to 1 are accepted", self.r_squared));
        }
        Ok(())
    }

    /// In what it differs from the scan, one short phrase each; none: it fits.
    fn differences(&self, evidence: &Evidence<'_>) -> Vec<String> {
        let Evidence { acquisition, equipment, study_date, .. } = *evidence;
        let text = |name: &str, stored: &Option<String>, found: &Option<String>| {
            let stored = stored.as_deref()?.trim();
            let same = found.as_deref().is_some_and(|found| found.trim().eq_ignore_ascii_case(stored));
            (!same).then(|| {
                format!(
                    "{name} {stored:?}, the scan has {}",
                    found.as_deref().map_or("none".to_owned(), |found| format!("{found:?}"))
                )
            })
        };
        let number = |name: &str, stored: Option<f64>, found: Option<f64>, tolerance: f64| {
            let stored = stored?;
            let same = found.is_some_and(|found| (found - stored).abs() <= tolerance);
            (!same).then(|| {
                format!("{name} {stored}, the scan has {}", found.map_or("none".to_owned(), |found| found.to_string()))
            })
        };
        let thickness = acquisition.slice_thickness.map(|thickness| thickness.0);
        [
            text("Manufacturer", &self.manufacturer, &equipment.manufacturer),
            text("Manufacturer's Model Name", &self.model, &equipment.model),
            text("Device Serial Number", &self.serial_number, &equipment.serial_number),
            number("KVP", self.tube_voltage_kv, acquisition.tube_voltage, SAME_VOLTAGE),
            text("Convolution Kernel", &self.kernel, &acquisition.kernel),
            // A thickness of 1.30 against 1.25 differs by 0.05 and a rounding error.
            number("Slice Thickness", self.slice_thickness_mm, thickness, SAME_THICKNESS + 1e-9),
            self.out_of_date(study_date),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn out_of_date(&self, study_date: Option<&str>) -> Option<String> {
        let Some(study) = study_date.and_then(dicom_date) else {
            return Some("Study Date (0008,0020) is not known".to_owned());
        };
        let (Ok(date), Ok(expires)) = (self.date.parse::<Date>(), self.expires.parse::<Date>()) else {
            return Some("its dates cannot be read".to_owned());
        };
        (study < date || study > expires).then(|| format!("holds from {date} to {expires}, the scan is of {study}"))
    }
}

/// The calibration to store of a scan that holds a phantom, by `settings.calibration` (`auto` or `phantom`), under `id` or a name
/// made up, from the scan's own date on.
pub fn stored_from_scan(
    settings: &Settings,
    evidence: &Evidence<'_>,
    id: Option<&str>,
    valid_days: u16,
) -> Result<(StoredCalibration, Calibrated), CalibrationError> {
    let (phantom, rods) = match &settings.calibration {
        CalibrationChoice::Auto => (None, None),
        CalibrationChoice::Phantom { phantom, rods } => (phantom.as_deref(), rods.as_deref()),
        _ => return Err(CalibrationError::Settings("only a phantom in the scan gives a calibration to store".to_owned())),
    };
    let date = evidence.study_date.and_then(dicom_date).ok_or_else(|| {
        let found = evidence.study_date.unwrap_or("absent");
        CalibrationError::Settings(format!("Study Date (0008,0020) is {found}; a stored calibration needs the day of the scan"))
    })?;
    let calibrated = InScan { site: &settings.site.phantoms, phantom, rods }.calibrate(evidence)?;
    let calibrated = Calibrated { calibration: calibrated.calibration.rounded(), ..calibrated };
    let Calibration::Phantom(phantom) = &calibrated.calibration else {
        return Err(CalibrationError::Settings("the scan gave no calibration by a phantom".to_owned()));
    };
    Ok((StoredCalibration::new_from(phantom, evidence, id, date, valid_days)?, calibrated))
}

/// So that a sentence of the report stays one, however many calibrations a site stores.
fn first_few(mut items: Vec<String>, separator: &str) -> String {
    const SHOWN: usize = 5;
    let more = items.len().saturating_sub(SHOWN);
    items.truncate(SHOWN);
    match (items.is_empty(), more) {
        (true, _) => "none".to_owned(),
        (false, 0) => items.join(separator),
        (false, more) => format!("{}{separator}and {more} more", items.join(separator)),
    }
}

/// `YYYYMMDD`.
fn dicom_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let part =
        |range: std::ops::Range<usize>| text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let whole = text.len() == 8;
    whole.then(|| Date::new(part(0..4)?.parse().ok()?, part(4..6)?.parse().ok()?, part(6..8)?.parse().ok()?).ok()).flatten()
}

fn made_up_id(evidence: &Evidence<'_>, date: Date) -> String {
    let voltage = evidence.acquisition.tube_voltage.map(|voltage| format!("{voltage:.0}kv"));
    let words = [evidence.equipment.model.clone(), voltage, evidence.acquisition.kernel.clone()];
    let text = words.into_iter().flatten().map(|word| word.to_ascii_lowercase()).collect::<Vec<_>>().join("-");
    let mut plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(50).collect();
    while plain.contains("--") {
        plain = plain.replace("--", "-");
    }
    format!("{}-{date}", plain.trim_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_five_of_many() {
        let letters = |count: usize| ["a", "b", "c", "d", "e", "f", "g"][..count].iter().map(|one| (*one).to_owned()).collect();
        for (count, expected) in [(0, "none"), (1, "a"), (5, "a, b, c, d, e"), (7, "a, b, c, d, e, and 2 more")] {
            assert_eq!(first_few(letters(count), ", "), expected);
        }
    }

    #[test]
    fn only_whole_dates_are_dates() {
        assert_eq!(dicom_date("20260131"), Date::new(2026, 1, 31).ok());
        for broken in ["2026-01-31", "20260231", "2026013", "+2026131", ""] {
            assert_eq!(dicom_date(broken), None, "{broken}");
        }
    }
}
