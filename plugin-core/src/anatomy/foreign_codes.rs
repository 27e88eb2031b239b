//! Codes that other writers put on segments, beside those of our own table.

use super::codes::Scheme;
use super::structure::{Kind, Side, Structure};

/// SNOMED RT identifiers, still written by older tools, of structures whose SCT code we use; PS3.16's own translation (as in
/// pydicom 3.0.2's `mapping`).
const SNOMED_RT: &[(&str, Structure)] = &[
    ("T-11910", Structure::L1),
    ("T-11920", Structure::L2),
    ("T-11930", Structure::L3),
    ("T-11940", Structure::L4),
    ("T-11950", Structure::L5),
    ("T-117C0", Structure::T12),
    ("T-11AD0", Structure::Sacrum),
    ("T-12710", Structure::Femur),
    ("T-14020", Structure::ErectorSpinae),
];

/// PS3.16 CID 3031 "Muscle": the muscle of both sides; the next number is the left one, the one after it the right one.
const MDC_MUSCLES: &[(u16, Structure)] = &[
    (472, Structure::ErectorSpinae),
    (576, Structure::QuadratusLumborum),
    (792, Structure::Iliopsoas),
    (796, Structure::GluteusMaximus),
    (800, Structure::GluteusMedius),
    (804, Structure::GluteusMinimus),
    (808, Structure::TensorFasciaeLatae),
    (812, Structure::Piriformis),
    (828, Structure::Sartorius),
    (832, Structure::QuadricepsFemoris),
    (852, Structure::Pectineus),
    (868, Structure::Gracilis),
];

/// What a code means; `None` for codes that name no structure we know, or that no two sources agree on.
///
/// `scheme` is the Coding Scheme Designator (0008,0102), `value` the Code Value (0008,0100). The side is [`Side::None`] unless the
/// code itself says it, as the MDC codes do.
pub fn structure_of_code(scheme: &str, value: &str) -> Option<(Structure, Side)> {
    match scheme {
        "SRT" | "SNM3" | "99SDM" => {
            SNOMED_RT.iter().find(|(code, _)| *code == value).map(|(_, structure)| (*structure, Side::None))
        }
        "MDC" => structure_of_mdc(value),
        _ => {
            let own = |structure: &&Structure| {
                let code = structure.code();
                // No segment is the whole patient, and a region of the body is no structure.
                let structure = structure.kind() != Kind::Body && code.scheme != Scheme::Mdc;
                structure && code.scheme.designator() == scheme && code.value == value
            };
            Structure::ALL.iter().find(own).map(|structure| (*structure, Side::None))
        }
    }
}

fn structure_of_mdc(value: &str) -> Option<(Structure, Side)> {
    let number: u16 = value.strip_prefix("7:")?.parse().ok()?;
    let (base, structure) = MDC_MUSCLES.iter().rev().find(|(base, _)| *base <= number)?;
    let side = match number - base {
        0 => Side::None,
        1 => Side::Left,
        2 => Side::Right,
        _ => return None,
    };
    Some((*structure, side))
}

/// The side that a laterality code names. SCT as in [`super::LEFT`] and [`super::RIGHT`]; G-A101 and G-A100 are their SNOMED RT
/// forms (PS3.16 CID 244).
pub fn side_of_code(scheme: &str, value: &str) -> Option<Side> {
    match (scheme, value) {
        ("SCT", "7771000") | ("SRT" | "SNM3" | "99SDM", "G-A101") => Some(Side::Left),
        ("SCT", "24028007") | ("SRT" | "SNM3" | "99SDM", "G-A100") => Some(Side::Right),
        _ => None,
    }
}

/// What a code says that names only a kind of thing, so that a region or a name must say which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generic {
    /// Bone, or vertebra.
    Bone,
    /// Muscle.
    Muscle,
    /// Tissue, or anatomical structure.
    Anything,
}

impl Generic {
    /// Whether a structure is of this kind. A "muscle" labelled L3 is the muscle at that height, not the vertebra.
    pub fn admits(self, structure: Structure) -> bool {
        match self {
            Generic::Bone => structure.kind() != Kind::Muscle,
            Generic::Muscle => structure.kind() == Kind::Muscle,
            Generic::Anything => true,
        }
    }
}

/// The kind of thing a code names; `None` for codes of something particular. PS3.16 CID 7150 and 7166, and their SNOMED RT forms.
pub fn generic_of_code(scheme: &str, value: &str) -> Option<Generic> {
    match (scheme, value) {
        ("SCT", "3138006" | "272673000" | "51282000") => Some(Generic::Bone),
        ("SCT", "91727004" | "71616004" | "127954009") => Some(Generic::Muscle),
        ("SCT", "85756007" | "91723000" | "123037004") => Some(Generic::Anything),
        ("SRT" | "SNM3" | "99SDM", "T-D016E" | "T-11510") => Some(Generic::Bone),
        ("SRT" | "SNM3" | "99SDM", "T-13001" | "T-D0684") => Some(Generic::Muscle),
        ("SRT" | "SNM3" | "99SDM", "T-D0050" | "T-D0005" | "T-D000A") => Some(Generic::Anything),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mdc_numbers_carry_the_side() {
        assert_eq!(structure_of_code("MDC", "7:796"), Some((Structure::GluteusMaximus, Side::None)));
        assert_eq!(structure_of_code("MDC", "7:797"), Some((Structure::GluteusMaximus, Side::Left)));
        assert_eq!(structure_of_code("MDC", "7:798"), Some((Structure::GluteusMaximus, Side::Right)));
        // 7:816 is the obturator muscle, 7:824 quadratus femoris.
        assert_eq!(structure_of_code("MDC", "7:816"), None);
        assert_eq!(structure_of_code("MDC", "7:824"), None);
        assert_eq!(structure_of_code("MDC", "7:0"), None);
    }

    #[test]
    fn every_structure_is_found_by_its_own_code() {
        for structure in Structure::ALL.iter().filter(|structure| structure.kind() != Kind::Body) {
            let code = structure.code();
            assert_eq!(structure_of_code(code.scheme.designator(), code.value), Some((*structure, Side::None)));
        }
    }

    #[test]
    fn known_wrong_codes_name_nothing() {
        // 64038003 is an intercostal lymph node in PS3.16, psoas major in one public table; 29836001 is the hip region, not the bone.
        assert_eq!(structure_of_code("SCT", "64038003"), None);
        assert_eq!(structure_of_code("SCT", "29836001"), None);
        assert_eq!(structure_of_code("DCM", "66794005"), None);
    }
}
