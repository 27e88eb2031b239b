//! What the segments of a segmentation file of 3D Slicer are, by the keys of its NRRD header.
//!
//! Keys and the form of the terminology entry: Slicer's `vtkMRMLSegmentationStorageNode` and
//! `vtkSlicerTerminologiesModuleLogic::SerializeTerminologyEntry`.

use super::NameTable;
use super::meaning::{meaning_of, names_any};
use crate::read::Segment;
use std::collections::BTreeMap;

/// More segments than label values of a byte; a header that counts further is no segmentation.
const MOST_SEGMENTS: usize = 65535;

/// A code: scheme, value, meaning.
type Code = (String, String, String);

/// Which label value is which structure, and which segments contradict themselves.
#[derive(Debug, PartialEq)]
pub(super) struct Named {
    pub names: NameTable,
    /// Name and reason, as of a DICOM SEG.
    pub contradictions: Vec<String>,
}

/// Reads `Segment0_LabelValue`, `Segment0_Name` and `Segment0_Tags` and so on. Codes decide before names, as in a DICOM SEG.
pub(super) fn named_by_segments(keys: &BTreeMap<String, String>) -> Result<Named, String> {
    let mut named = Named { names: NameTable { name: "segments".to_owned(), rows: Vec::new(), doubts: None }, contradictions: Vec::new() };
    for number in 0..MOST_SEGMENTS {
        let key = |what: &str| keys.get(&format!("Segment{number}_{what}")).map(|value| value.trim());
        let Some(name) = key("Name").or(key("ID")) else { break };
        let value = key("LabelValue").unwrap_or("absent");
        let value: u16 = value.parse().map_err(|_| {
            format!(
                "Segment{number}_LabelValue is {value}; a number from 1 to 65535 is expected (Slicer 4.11 and later write it)"
            )
        })?;
        if named.names.rows.iter().any(|(other, ..)| *other == value) {
            return Err(format!("two of its segments have the label value {value}; one segment for each value is expected"));
        }
        let meaning = meaning_of(&segment(name, key("Tags")));
        if let Err(reason) = &meaning
            && names_any(&segment(name, key("Tags")))
        {
            named.contradictions.push(format!("{name}: {reason}"));
        }
        named.names.rows.push((value, name.to_owned(), meaning.ok()));
    }
    match named.names.rows.is_empty() {
        true => {
            Err("its header names no segments (Segment0_Name); give a segmentation of 3D Slicer (.seg.nrrd), or a name table"
                .into())
        }
        false => Ok(named),
    }
}

fn segment(name: &str, tags: Option<&str>) -> Segment {
    let entry = tags.and_then(|tags| tags.split('|').find_map(|tag| tag.strip_prefix("TerminologyEntry:"))).unwrap_or_default();
    // Terminology, category, type, its modifier, anatomic context, region, its modifier.
    let codes: Vec<Option<Code>> = entry.split('~').map(code).collect();
    let at = |place: usize| codes.get(place).cloned().flatten();
    Segment {
        number: 0,
        label: name.to_owned(),
        property_type: at(2),
        modifiers: [at(3), at(6)].into_iter().flatten().collect(),
        anatomic_region: at(5),
        algorithm: None,
        tracking_uid: None,
        automatic: false,
    }
}

/// `SCT^36470004^L3 vertebra`; none where all three are empty.
fn code(text: &str) -> Option<Code> {
    let mut parts = text.split('^').map(str::to_owned);
    let code = (parts.next()?, parts.next()?, parts.next()?);
    (!code.1.is_empty()).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::{Side, Structure};

    /// As Slicer 5 writes them.
    const GLUTEUS: &str = "Segmentation.Status:inprogress|TerminologyEntry:Segmentation category and type - 3D Slicer General Anatomy \
                           list~SCT^123037004^Anatomical Structure~SCT^206007^Gluteus maximus muscle~SCT^7771000^Left~Anatomic codes - \
                           DICOM master list~^^~^^|";
    const TISSUE: &str = "TerminologyEntry:Segmentation category and type - 3D Slicer General Anatomy list~SCT^85756007^Tissue~\
                          SCT^85756007^Tissue~^^~Anatomic codes - DICOM master list~^^~^^|";

    fn keys(segments: &[(&str, &str, &str)]) -> BTreeMap<String, String> {
        let all = segments.iter().enumerate().flat_map(|(number, (name, value, tags))| {
            [("Name", name), ("LabelValue", value), ("Tags", tags)]
                .map(|(what, text)| (format!("Segment{number}_{what}"), (*text).to_owned()))
        });
        all.collect()
    }

    fn meanings(segments: &[(&str, &str, &str)]) -> Vec<(u16, Option<(Structure, Side)>)> {
        let named = named_by_segments(&keys(segments)).expect("segments");
        named.names.rows.into_iter().map(|(value, _, meaning)| (value, meaning)).collect()
    }

    #[test]
    fn a_code_names_what_the_name_does_not() {
        let found =
            meanings(&[("Segment_1", "7", GLUTEUS), ("L3 vertebra", "2", TISSUE), ("Segment_3", "3", TISSUE), ("L4", "4", "")]);
        let known = [(7, Some((Structure::GluteusMaximus, Side::Left))), (2, Some((Structure::L3, Side::None))), (3, None)];
        assert_eq!(found[..3], known);
        assert_eq!(found[3], (4, Some((Structure::L4, Side::None))));
    }

    #[test]
    fn a_contradiction_names_nothing_and_is_told() {
        let named = named_by_segments(&keys(&[("gluteus_medius_left", "1", GLUTEUS)])).expect("segments");
        assert_eq!(named.names.rows[0].2, None);
        assert!(named.contradictions[0].starts_with("gluteus_medius_left: its code means"), "{:?}", named.contradictions);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(named_by_segments(&BTreeMap::new()).is_err_and(|text| text.contains("names no segments")));
        assert!(named_by_segments(&keys(&[("L3", "70000", "")])).is_err_and(|text| text.contains("LabelValue is 70000")));
        assert!(
            named_by_segments(&keys(&[("L3", "1", ""), ("L4", "1", "")]))
                .is_err_and(|text| text.contains("two of its segments"))
        );
    }
}
