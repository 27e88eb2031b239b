//! The table of pairs.
//!
//! CSV (RFC 4180, UTF-8, with or without a byte order mark, any line ends); cells are parted by commas or by semicolons, decimals by a
//! point. The first line names the columns, in any order:
//!
//! | column | holds |
//! |---|---|
//! | `patient` | who; used to tell repeats of one patient from other patients, and written nowhere; a person is one patient, whatever the hip |
//! | `site` | which hospital or scanner |
//! | `reference` | the value to be met, such as that of DXA |
//! | `measured` | the value under test |
//! | `repeat` | optional: which measurement of this patient at this site; without it there is one |
//! | `quantity` | optional: what was measured, such as `femoral_neck_areal_density` |
//! | `unit` | optional: unit of both values, one per quantity |
//! | `group` | optional: `in-house` or `external`, one per site |
//! | `device` | only for standardised BMD: maker of the reference's DXA, `hologic`, `lunar` or `norland` |
//!
//! Left and right hip of a person are neither two patients nor repeats of one: as two patients they would count one person's errors twice
//! and make every interval too narrow, as repeats the difference of the hips would enter the precision. A table has one hip of each
//! patient, or the mean of both, which is what ISCD's positions let be followed (precision is that of 15 patients measured three times
//! or 30 measured twice, each repositioned in between). Which of both it was belongs into `quantity`.
//!
//! A cell of a named column is never empty. A value below zero is refused unless the unit has a zero of its own choosing.

mod cells;
mod error;
mod table;

pub use error::PairsError;

use super::settings::ValidationSettings;
use crate::criteria::standardized_bmd;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use table::{Line, Table};

/// Larger than two million lines ever are.
const LARGEST_FILE: usize = 256 << 20;
const MOST_LINES: usize = 2_000_000;
/// More sites than any study has; a larger number is another column's content.
const MOST_SITES: usize = 1000;
/// Units whose zero is a convention, so that values below it exist.
const SIGNED_UNITS: [&str; 4] = ["HU", "[hnsf'U]", "{T-score}", "{Z-score}"];

/// Where a site stands to the development of what is validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Group {
    /// Its data, or data like them, took part in it.
    #[serde(rename = "in-house")]
    InHouse,
    /// They did not.
    #[serde(rename = "external")]
    External,
}

impl Group {
    /// As in the table.
    pub fn name(self) -> &'static str {
        match self {
            Group::InHouse => "in-house",
            Group::External => "external",
        }
    }
}

/// One patient at one site.
#[derive(Debug, Clone, PartialEq)]
pub struct Patient {
    /// Which of [`Pairs::sites`].
    pub site: usize,
    /// Where that stands.
    pub group: Option<Group>,
    /// Reference and measured of the first line; every later line is a repeat.
    pub first: [f64; 2],
    /// All measured values, the first included.
    pub measured: Vec<f64>,
}

/// The table, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    /// What was measured.
    pub quantity: Option<String>,
    /// Unit of all values.
    pub unit: Option<String>,
    /// Names of the sites, in their order.
    pub sites: Vec<String>,
    /// Patients, in the order of their first lines.
    pub patients: Vec<Patient>,
}

/// Reads the table in `bytes`; an error names line and column, and never a patient.
pub fn read(bytes: &[u8], settings: &ValidationSettings) -> Result<Pairs, PairsError> {
    if bytes.len() > LARGEST_FILE {
        return Err(PairsError::Long { what: "bytes", most: LARGEST_FILE });
    }
    let table = Table::read(bytes, settings.standardized.is_some(), MOST_LINES)?;
    let quantity = choose_quantity(&table.lines, settings.quantity.as_deref())?;
    let chosen: Vec<&Line> = table.lines.iter().filter(|line| line.quantity == quantity).collect();
    let unit = one_unit(&chosen)?;
    let sites: BTreeSet<&str> = chosen.iter().map(|line| line.site.as_str()).collect();
    if sites.len() > MOST_SITES {
        return Err(PairsError::Long { what: "sites; is the column site right", most: MOST_SITES });
    }
    let sites: Vec<String> = sites.into_iter().map(str::to_owned).collect();
    check_signs(&chosen, unit)?;
    one_group_per_site(&chosen)?;
    let unit = match settings.standardized {
        None => unit.map(str::to_owned),
        Some(_) if unit.is_none_or(|unit| unit == "g/cm2") => Some("mg/cm2".to_owned()),
        Some(_) => {
            let found = unit.unwrap_or_default().to_owned();
            let line = chosen.first().map_or(1, |line| line.number);
            return Err(PairsError::Unit { line, found, wanted: "g/cm2".to_owned() });
        }
    };
    let patients = patients(&chosen, &sites, settings)?;
    Ok(Pairs { quantity, unit, sites, patients })
}

fn choose_quantity(lines: &[Line], wanted: Option<&str>) -> Result<Option<String>, PairsError> {
    let found: BTreeSet<Option<&str>> = lines.iter().map(|line| line.quantity.as_deref()).collect();
    let names = || found.iter().flatten().take(20).map(|name| (*name).to_owned()).collect();
    match wanted {
        Some(wanted) if found.contains(&Some(wanted)) => Ok(Some(wanted.to_owned())),
        Some(wanted) => Err(PairsError::NoSuchQuantity { wanted: wanted.to_owned(), found: names() }),
        None if found.len() > 1 => Err(PairsError::SeveralQuantities { found: names() }),
        None => Ok(found.into_iter().next().flatten().map(str::to_owned)),
    }
}

fn one_unit<'a>(lines: &[&'a Line]) -> Result<Option<&'a str>, PairsError> {
    let Some(first) = lines.first() else { return Ok(None) };
    match lines.iter().find(|line| line.unit != first.unit) {
        None => Ok(first.unit.as_deref()),
        Some(other) => {
            let text = |line: &Line| line.unit.clone().unwrap_or_default();
            Err(PairsError::Unit { line: other.number, found: text(other), wanted: text(first) })
        }
    }
}

fn check_signs(lines: &[&Line], unit: Option<&str>) -> Result<(), PairsError> {
    if unit.is_some_and(|unit| SIGNED_UNITS.contains(&unit)) {
        return Ok(());
    }
    for line in lines {
        for (column, value) in [("reference", line.reference), ("measured", line.measured)] {
            if value < 0.0 {
                let problem = format!("is {value}, below zero; only the units {} allow that", SIGNED_UNITS.join(", "));
                return Err(PairsError::Cell { line: line.number, column, problem });
            }
        }
    }
    Ok(())
}

fn one_group_per_site(lines: &[&Line]) -> Result<(), PairsError> {
    let mut known: BTreeMap<&str, &Line> = BTreeMap::new();
    for line in lines {
        let first = known.entry(&line.site).or_insert(line);
        if first.group != line.group {
            let problem = format!("differs from line {}, which is of the same site", first.number);
            return Err(PairsError::Cell { line: line.number, column: "group", problem });
        }
    }
    Ok(())
}

fn patients(lines: &[&Line], sites: &[String], settings: &ValidationSettings) -> Result<Vec<Patient>, PairsError> {
    let mut patients: Vec<Patient> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    let mut repeats: HashMap<(usize, Option<&str>), usize> = HashMap::new();
    for line in lines {
        let [reference, measured] = values(line, settings);
        let index = *known.entry((&line.patient, &line.site)).or_insert_with(|| {
            let site = sites.binary_search(&line.site).expect("every site of the lines is listed");
            patients.push(Patient { site, group: line.group, first: [reference, measured], measured: Vec::new() });
            patients.len() - 1
        });
        patients[index].measured.push(measured);
        if let Some(earlier) = repeats.insert((index, line.repeat.as_deref()), line.number) {
            return Err(PairsError::Twice { line: line.number, earlier });
        }
    }
    Ok(patients)
}

fn values(line: &Line, settings: &ValidationSettings) -> [f64; 2] {
    match (settings.standardized, line.device) {
        (Some(standard), Some(device)) => [
            standardized_bmd(device, standard.site, line.reference),
            standardized_bmd(standard.measured, standard.site, line.measured),
        ],
        _ => [line.reference, line.measured],
    }
}

#[cfg(test)]
mod tests;
