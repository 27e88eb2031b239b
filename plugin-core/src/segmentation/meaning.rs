//! What a segment's codes and label say that it is.

use super::names::{names_a_part, side_of_name, structure_of_name};
use crate::anatomy::{Generic, Side, Structure, generic_of_code, side_of_code, structure_of_code};
use crate::read::Segment;

type Code = (String, String, String);

/// The structure and side that a segment names, or a sentence why there is none.
///
/// The Segmented Property Type decides; where it says only "bone" or "muscle", the Anatomic Region; where there is no code, the
/// label. Codes and label that contradict each other name nothing: public code tables hold errors (one calls gluteus minimus gluteus
/// medius), and a wrong structure is worse than none.
pub(super) fn meaning_of(segment: &Segment) -> Result<(Structure, Side), String> {
    let label = segment.label.as_str();
    let by_label = structure_of_name(label);
    let (structure, coded_side) = by_codes_first(segment, by_label)?;
    match by_label {
        Some((named, _)) if named != structure => {
            return Err(format!("its code means {}, its label means {}", structure.english(), named.english()));
        }
        None if names_a_part(label) => {
            return Err(format!("its code means {}, its label only a part of it", structure.english()));
        }
        _ => {}
    }
    let side = side_of(segment, coded_side)?;
    match structure.paired() || side == Side::None {
        true => Ok((structure, side)),
        false => Err(format!("{} has no {} one", structure.english(), side.name())),
    }
}

/// Whether code or label name a structure that is measured, even if they contradict each other.
pub(super) fn names_any(segment: &Segment) -> bool {
    let by_code = segment.property_type.as_ref().and_then(|(scheme, value, _)| structure_of_code(scheme, value));
    by_code.is_some() || structure_of_name(&segment.label).is_some()
}

fn by_codes_first(segment: &Segment, by_label: Option<(Structure, Side)>) -> Result<(Structure, Side), String> {
    let nothing = || "neither its codes nor its label name a structure that is measured".to_owned();
    let Some((scheme, value, meaning)) = &segment.property_type else { return by_label.ok_or_else(nothing) };
    if let Some(generic) = generic_of_code(scheme, value) {
        let region = segment.anatomic_region.as_ref().and_then(|(scheme, value, _)| structure_of_code(scheme, value));
        // "Tissue" in a region is anything there; only a bone or a muscle can be the region itself.
        let region = region.filter(|(structure, _)| generic != Generic::Anything && generic.admits(*structure));
        return region.or(by_label.filter(|(structure, _)| generic.admits(*structure))).ok_or_else(nothing);
    }
    if let Some(found) = structure_of_code(scheme, value) {
        return Ok(found);
    }
    // A code we do not know may still carry the right meaning, but only if the label says the same.
    match (structure_of_name(meaning), by_label) {
        (Some((meant, side)), Some((named, _))) if meant == named => Ok((meant, side)),
        _ => Err(format!("its code is ({value}, {scheme}, \"{meaning}\")")),
    }
}

/// All that say a side must say the same one.
fn side_of(segment: &Segment, coded: Side) -> Result<Side, String> {
    let by_modifier = |(scheme, value, _): &Code| side_of_code(scheme, value);
    let by_label = side_of_name(&segment.label).ok_or("its label says left and right")?;
    let mut side = Side::None;
    for stated in segment.modifiers.iter().filter_map(by_modifier).chain([coded, by_label]) {
        if stated == Side::None {
            continue;
        }
        if side != Side::None && side != stated {
            return Err("its codes and its label name different sides".into());
        }
        side = stated;
    }
    Ok(side)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(scheme: &str, value: &str, meaning: &str) -> Code {
        (scheme.into(), value.into(), meaning.into())
    }

    fn segment(label: &str, property_type: Option<Code>, modifiers: Vec<Code>) -> Segment {
        Segment {
            number: 1,
            label: label.into(),
            property_type,
            modifiers,
            anatomic_region: None,
            algorithm: None,
            tracking_uid: None,
            automatic: false,
        }
    }

    fn left() -> Code {
        code("SCT", "7771000", "Left")
    }

    #[test]
    fn codes_decide_where_the_label_is_silent() {
        let foreign = segment("Segment_1", Some(code("SCT", "206007", "Gluteus maximus muscle")), vec![left()]);
        assert_eq!(meaning_of(&foreign), Ok((Structure::GluteusMaximus, Side::Left)));
        let old = segment("Wirbelkörper", Some(code("SRT", "T-11930", "L3 vertebra")), vec![]);
        assert_eq!(meaning_of(&old), Ok((Structure::L3, Side::None)));
        let sided = segment("x", Some(code("MDC", "7:801", "Musculus gluteus medius, left")), vec![]);
        assert_eq!(meaning_of(&sided), Ok((Structure::GluteusMedius, Side::Left)));
    }

    #[test]
    fn the_label_decides_where_the_code_is_generic_or_absent() {
        let muscle = || Some(code("SCT", "91727004", "Muscle"));
        assert_eq!(meaning_of(&segment("psoas left", muscle(), vec![])), Ok((Structure::PsoasMajor, Side::Left)));
        assert_eq!(meaning_of(&segment("vertebrae_L3", None, vec![])), Ok((Structure::L3, Side::None)));
        let mut region = segment("a", Some(code("SCT", "3138006", "Bone")), vec![left()]);
        region.anatomic_region = Some(code("SCT", "71341001", "Femur"));
        assert_eq!(meaning_of(&region), Ok((Structure::Femur, Side::Left)));
        let mut spine = segment("L3", Some(code("SCT", "51282000", "Vertebra")), vec![]);
        spine.anatomic_region = Some(code("SCT", "122496007", "Lumbar spine"));
        assert_eq!(meaning_of(&spine), Ok((Structure::L3, Side::None)));
    }

    #[test]
    fn muscle_at_the_height_of_l3_is_not_l3() {
        let muscle = || Some(code("SCT", "127954009", "Skeletal muscle"));
        assert!(meaning_of(&segment("L3", muscle(), vec![])).is_err());
        for property_type in [muscle(), Some(code("SCT", "85756007", "Tissue"))] {
            let mut there = segment("a", property_type, vec![]);
            there.anatomic_region = Some(code("SCT", "36470004", "L3 vertebra"));
            assert!(meaning_of(&there).is_err());
        }
    }

    #[test]
    fn totalsegmentators_sided_rows_are_understood() {
        let entire = code("SCT", "181674001", "Gluteus maximus muscle");
        let segment_of = |label, code| meaning_of(&segment(label, Some(code), vec![left()]));
        assert_eq!(segment_of("gluteus_maximus_left", entire), Ok((Structure::GluteusMaximus, Side::Left)));
        assert_eq!(segment_of("hip_left", code("SCT", "29836001", "Hip")), Ok((Structure::HipBone, Side::Left)));
        let back = code("SCT", "244849004", "Deep muscle of back");
        assert_eq!(segment_of("autochthon_left", back), Ok((Structure::DeepBackMuscle, Side::Left)));
    }

    #[test]
    fn contradictions_name_nothing() {
        let medius = || Some(code("SCT", "78333006", "Gluteus medius muscle"));
        assert!(meaning_of(&segment("gluteus_minimus", medius(), vec![])).is_err());
        assert!(meaning_of(&segment("gluteus_medius_right", medius(), vec![left()])).is_err());
        assert!(meaning_of(&segment("L3", Some(code("SCT", "108369006", "Neoplasm")), vec![])).is_err());
        assert!(meaning_of(&segment("L3 trabecular ROI", Some(code("SCT", "36470004", "L3 vertebra")), vec![])).is_err());
        assert!(meaning_of(&segment("L3", Some(code("SCT", "36470004", "L3 vertebra")), vec![left()])).is_err());
    }
}
