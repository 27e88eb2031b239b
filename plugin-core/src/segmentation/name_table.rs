//! From other people's numbers to our structures.

use super::doubts::DOUBTS;
use super::names::{Meaning, structure_of_name};
use super::totalsegmentator::CLASSES;
use super::{LabelError, StatedDoubts};
use crate::read::sha256;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use std::io::Read;
use std::path::Path;

/// A name table of more bytes is none.
const LARGEST_TABLE: u64 = 1 << 20;

/// Which label value is which structure.
#[derive(Debug, Clone, PartialEq)]
pub struct NameTable {
    /// What the report calls it: `totalsegmentator`, or `<file name> (sha256 <first 16 hexadecimal digits>)`, so that results of a
    /// table that was edited in between differ in it.
    pub name: String,
    /// `(label value, name in the source, structure and side if known)`.
    pub rows: Vec<(u16, String, Option<Meaning>)>,
    /// What the model that made the labels doubts about them, where the table states it.
    pub doubts: Option<StatedDoubts>,
}

impl NameTable {
    /// The 117 classes of TotalSegmentator v2's task `total`.
    pub fn totalsegmentator() -> NameTable {
        let row = |(value, name): (u16, &str)| (value, name.to_owned(), structure_of_name(name));
        NameTable { name: "totalsegmentator".into(), rows: (1..).zip(CLASSES).map(row).collect(), doubts: None }
    }

    /// A JSON object from label value to name, such as `{"1": "vertebrae_L3", "2": "gluteus_maximus_left"}`.
    ///
    /// Names such as `vertebrae_L3`, `L3 vertebra`, `gluteus_maximus_left` and `Left gluteus maximus` are understood; others name no
    /// structure that is measured. 0 is background and may be left out; no value may stand there twice. Beside the values the key
    /// `doubts` may hold what the model that made the labels doubts about them, as tables that we write do; whoever edits the labels
    /// or gives them other values leaves it as it is.
    pub fn from_file(path: &Path) -> Result<NameTable, LabelError> {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let bytes = bytes_of(path).map_err(|detail| LabelError::NameTable(format!("{name}: {detail}")))?;
        NameTable::from_json(&bytes, &name)
    }

    /// The same object as text; `name` is what errors and the report call it.
    pub fn from_json(bytes: &[u8], name: &str) -> Result<NameTable, LabelError> {
        let refuse = |detail: String| LabelError::NameTable(format!("{name}: {detail}"));
        let Entries { names, doubts } = serde_json::from_slice(bytes)
            .map_err(|error| refuse(format!("{error}; a JSON object such as {{\"1\": \"l1\"}} is expected")))?;
        doubts
            .as_ref()
            .and_then(StatedDoubts::contradiction)
            .map_or(Ok(()), |wrong| Err(refuse(format!("{DOUBTS}: {wrong}"))))?;
        let mut rows = Vec::new();
        for (key, name) in names {
            let value: u16 = key.trim().parse().map_err(|_| refuse(format!("'{key}' is no label value from 0 to 65535")))?;
            if value != 0 {
                let meaning = structure_of_name(&name);
                rows.push((value, name, meaning));
            }
        }
        rows.sort_by_key(|(value, ..)| *value);
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(refuse(format!("the label value {} stands there twice", pair[0].0)));
        }
        Ok(NameTable { name: format!("{name} (sha256 {:.16})", sha256(bytes)), rows, doubts })
    }
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let mut bytes = Vec::new();
    // What is no regular file has no size beforehand.
    file.take(LARGEST_TABLE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    match bytes.len() as u64 > LARGEST_TABLE {
        true => Err(format!("it has {} bytes; at most {LARGEST_TABLE} are accepted", size.max(bytes.len() as u64))),
        false => Ok(bytes),
    }
}

/// The members of a JSON object in order, equal keys included: a map would keep the last one and say nothing.
struct Entries {
    names: Vec<(String, String)>,
    doubts: Option<StatedDoubts>,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object from label value to name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Entries, A::Error> {
        let mut entries = Entries { names: Vec::new(), doubts: None };
        while let Some(key) = members.next_key::<String>()? {
            match key.as_str() {
                DOUBTS if entries.doubts.is_some() => return Err(A::Error::duplicate_field(DOUBTS)),
                DOUBTS => entries.doubts = Some(members.next_value()?),
                _ => entries.names.push((key, members.next_value()?)),
            }
        }
        Ok(entries)
    }
}
