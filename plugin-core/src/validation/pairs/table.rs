//! Lines and columns of the file.

use super::cells::{self, name_of, number, text};
use super::{Group, PairsError};
use crate::criteria::DxaDevice;
use csv::{ByteRecord, ReaderBuilder, Trim};

const NEEDED: [&str; 4] = ["patient", "site", "reference", "measured"];
const OPTIONAL: [&str; 5] = ["repeat", "quantity", "unit", "group", "device"];

/// A line of the file.
#[derive(Debug)]
pub struct Line {
    /// Counted from 1, as editors do.
    pub number: usize,
    pub patient: String,
    pub site: String,
    pub reference: f64,
    pub measured: f64,
    pub repeat: Option<String>,
    pub quantity: Option<String>,
    pub unit: Option<String>,
    pub group: Option<Group>,
    pub device: Option<DxaDevice>,
}

/// All lines below the header.
pub struct Table {
    pub lines: Vec<Line>,
}

impl Table {
    /// Reads at most `most` lines; `device` says whether its column is needed.
    pub fn read(bytes: &[u8], device: bool, most: usize) -> Result<Table, PairsError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let header = bytes.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
        let delimiter = if header.contains(&b';') && !header.contains(&b',') { b';' } else { b',' };
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).trim(Trim::All).from_reader(bytes);
        let mut record = ByteRecord::new();
        let mut columns = None;
        let mut lines = Vec::new();
        while reader.read_byte_record(&mut record).map_err(|_| PairsError::Empty)? {
            let number = record.position().map_or(1, |position| position.line() as usize);
            let Some(columns) = &columns else {
                columns = Some(Columns::named(&record, device)?);
                continue;
            };
            if lines.len() == most {
                return Err(PairsError::Long { what: "lines", most });
            }
            lines.push(columns.line(&record, number)?);
        }
        match lines.is_empty() {
            true => Err(PairsError::Empty),
            false => Ok(Table { lines }),
        }
    }
}

/// Where each column stands.
struct Columns {
    count: usize,
    needed: [usize; 4],
    optional: [Option<usize>; 5],
}

impl Columns {
    fn named(record: &ByteRecord, device: bool) -> Result<Columns, PairsError> {
        let names = record.iter().map(|name| std::str::from_utf8(name).map_err(|_| PairsError::NotUtf8 { line: 1 }));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let known = NEEDED.iter().chain(&OPTIONAL);
        if let Some(index) = names.iter().position(|name| !known.clone().any(|known| known == name)) {
            let known = known.copied().collect::<Vec<_>>().join(", ");
            return Err(PairsError::Unknown { number: index + 1, name: cells::shown(names[index]), known });
        }
        for column in known.copied() {
            if names.iter().filter(|name| **name == column).count() > 1 {
                return Err(PairsError::SameColumn { column });
            }
        }
        let place = |column: &str| names.iter().position(|name| *name == column);
        let needed =
            |column: &'static str| place(column).ok_or_else(|| PairsError::Missing { column, needed: NEEDED.join(", ") });
        if device {
            needed("device")?;
        }
        let [patient, site, reference, measured] = NEEDED.map(needed);
        Ok(Columns { count: names.len(), needed: [patient?, site?, reference?, measured?], optional: OPTIONAL.map(place) })
    }

    fn line(&self, record: &ByteRecord, line: usize) -> Result<Line, PairsError> {
        if record.len() != self.count {
            return Err(PairsError::Cells { line, found: record.len(), wanted: self.count });
        }
        let cells = record.iter().map(std::str::from_utf8).collect::<Result<Vec<_>, _>>();
        let cells = cells.map_err(|_| PairsError::NotUtf8 { line })?;
        let problem = |column: &'static str| move |problem: String| PairsError::Cell { line, column, problem };
        let optional = |which: usize| self.optional[which].map(|index| (OPTIONAL[which], cells[index]));
        let optional_text = |which| optional(which).map(|(column, cell)| text(cell).map_err(problem(column))).transpose();
        let [patient, site, reference, measured] = self.needed.map(|index| cells[index]);
        Ok(Line {
            number: line,
            patient: text(patient).map_err(problem("patient"))?,
            site: text(site).map_err(problem("site"))?,
            reference: number(reference).map_err(problem("reference"))?,
            measured: number(measured).map_err(problem("measured"))?,
            repeat: optional_text(0)?,
            quantity: optional_text(1)?,
            unit: optional_text(2)?,
            group: optional(3).map(|(column, cell)| name_of(cell, &GROUPS).map_err(problem(column))).transpose()?,
            device: optional(4).map(|(column, cell)| name_of(cell, &DEVICES).map_err(problem(column))).transpose()?,
        })
    }
}

const GROUPS: [(&str, Group); 2] = [("in-house", Group::InHouse), ("external", Group::External)];
const DEVICES: [(&str, DxaDevice); 3] =
    [("hologic", DxaDevice::Hologic), ("lunar", DxaDevice::Lunar), ("norland", DxaDevice::Norland)];
