//! What the report says of the input.

use super::{Error, ct};
use crate::read::{CtSeries, StudyContext, sha256};
use crate::report::{CtSummary, ImageSummary, Patient, SeriesSummary, Software};
use crate::settings::{PatientDetails, Settings, Sex};
use crate::volume::CtVolume;
use dicom_dictionary_std::tags;
use jiff::Zoned;

/// Nobody has lived longer; a larger number is a slip.
const OLDEST: u32 = 122;

/// When the run started, ISO 8601 with offset, to the second.
pub(super) fn started(settings: &Settings) -> Result<String, Error> {
    const FORMAT: &str = "%Y-%m-%dT%H:%M:%S%:z";
    match &settings.started {
        None => Ok(Zoned::now().strftime(FORMAT).to_string()),
        Some(text) => match jiff::fmt::strtime::parse(FORMAT, text).and_then(|time| time.to_timestamp()) {
            Ok(_) => Ok(text.clone()),
            Err(_) => Err(Error::Settings(format!("started is \"{text}\"; accepted: 2026-01-31T13:45:00+09:00"))),
        },
    }
}

/// This program.
pub(super) fn software() -> Software {
    Software { name: "BoneMuscle".to_owned(), version: crate::VERSION.to_owned() }
}

pub(super) fn series(series: Option<&CtSeries>, volume: &CtVolume<'_>) -> SeriesSummary {
    let acquisition = ct::acquisition(series);
    SeriesSummary {
        study_instance_uid: series.map(|series| series.context.text(tags::STUDY_INSTANCE_UID).unwrap_or_default().to_owned()),
        series_instance_uid: series.map(|series| series.series_instance_uid.clone()),
        description: series.and_then(|series| series.description.clone()),
        image: ImageSummary::Ct(CtSummary {
            shape: volume.grid.shape,
            spacing_mm: volume.grid.spacing().map(crate::report::six_digits),
            slice_thickness_mm: acquisition.slice_thickness.map(|thickness| thickness.0),
            tube_voltage_kv: acquisition.tube_voltage,
            kernel: acquisition.kernel.clone(),
        }),
        instances_sha256: series.map_or_else(|| volume.sha256(), instances_sha256),
    }
}

fn instances_sha256(series: &CtSeries) -> String {
    let mut uids: Vec<&str> = series.slices.iter().map(|slice| slice.sop_instance_uid.as_str()).collect();
    uids.sort_unstable();
    uids.dedup();
    sha256(uids.join("\n"))
}

pub(super) fn patient(context: &StudyContext, given: &PatientDetails) -> Result<Patient, Error> {
    let of_header = context.text(tags::PATIENT_AGE).and_then(|age| age.strip_suffix('Y')).and_then(|years| years.parse().ok());
    Ok(Patient {
        sex: given.sex.map(Sex::code).or(context.text(tags::PATIENT_SEX)).map(str::to_owned),
        age_years: age(given.age_years)?.or(of_header),
        height_m: detail("height_m", given.height_m, 0.4..=2.6, context.text(tags::PATIENT_SIZE))?,
        weight_kg: detail("weight_kg", given.weight_kg, 2.0..=500.0, context.text(tags::PATIENT_WEIGHT))?,
        given: names_of_given(given),
    })
}

fn names_of_given(given: &PatientDetails) -> Vec<String> {
    let all = [
        ("sex", given.sex.is_some()),
        ("age_years", given.age_years.is_some()),
        ("height_m", given.height_m.is_some()),
        ("weight_kg", given.weight_kg.is_some()),
    ];
    all.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name.to_owned()).collect()
}

fn age(given: Option<u32>) -> Result<Option<u32>, Error> {
    match given.filter(|years| *years > OLDEST) {
        Some(years) => Err(Error::Settings(format!("patient.age_years is {years}; accepted: 0 to {OLDEST}"))),
        None => Ok(given),
    }
}

/// The user's value if given (and possible), else the header's if it is a positive number.
fn detail(
    name: &str,
    given: Option<f64>,
    possible: std::ops::RangeInclusive<f64>,
    header: Option<&str>,
) -> Result<Option<f64>, Error> {
    match given {
        Some(value) if possible.contains(&value) => Ok(Some(value)),
        Some(value) => {
            Err(Error::Settings(format!("patient.{name} is {value}; accepted: {} to {}", possible.start(), possible.end())))
        }
        None => Ok(header.and_then(|text| text.parse().ok()).filter(|value: &f64| possible.contains(value))),
    }
}
