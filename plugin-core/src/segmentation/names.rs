//! From other people's names to our structures.

use crate::anatomy::{Kind, Side, Structure};

/// A structure and its side.
pub(super) type Meaning = (Structure, Side);

/// What a name means: `vertebrae_L3`, `L3 vertebra`, `gluteus_maximus_left`, `Left gluteus maximus` and the like.
///
/// Only whole words count, and every word must be understood: `L3 disc` is not the vertebra. The side is [`Side::None`] where the
/// name says none; a name that says both, or that gives a side to an unpaired structure, means nothing.
pub fn structure_of_name(name: &str) -> Option<Meaning> {
    let words = words(name);
    let side = side_of_words(&words)?;
    let rest: Vec<&str> = words.iter().map(String::as_str).filter(|word| side_of_word(word).is_none()).collect();
    let structure = *Structure::ALL.iter().find(|structure| names_structure(&rest, **structure))?;
    (structure.paired() || side == Side::None).then_some((structure, side))
}

/// The side a name speaks of; `None` where it speaks of both.
pub(super) fn side_of_name(name: &str) -> Option<Side> {
    side_of_words(&words(name))
}

/// Whether a name speaks of a part of a structure or of something in it, so that a code for the whole does not fit.
pub(super) fn names_a_part(name: &str) -> bool {
    const PARTS: &[&str] = &[
        "abscess",
        "arch",
        "artery",
        "body",
        "bodies",
        "canal",
        "cancellous",
        "cartilage",
        "cement",
        "cortex",
        "cortical",
        "cyst",
        "disc",
        "disk",
        "edema",
        "endplate",
        "fat",
        "foramen",
        "fracture",
        "head",
        "hematoma",
        "implant",
        "joint",
        "lesion",
        "ligament",
        "marrow",
        "mass",
        "metastases",
        "metastasis",
        "neck",
        "neoplasm",
        "nerve",
        "part",
        "pedicle",
        "process",
        "prosthesis",
        "roi",
        "root",
        "screw",
        "shaft",
        "spongiosa",
        "tendon",
        "trabecular",
        "trochanter",
        "tumor",
        "tumour",
        "vein",
    ];
    words(name).iter().any(|word| PARTS.contains(&word.as_str()))
}

/// Lower-case words; a capital after a small letter begins a new one, as in `GluteusMaximusLeft`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (after_small && character.is_uppercase()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        after_small = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn side_of_word(word: &str) -> Option<Side> {
    match word {
        "left" | "l" | "lt" | "sinister" | "sinistra" => Some(Side::Left),
        "right" | "r" | "rt" | "dexter" | "dextra" => Some(Side::Right),
        _ => None,
    }
}

fn side_of_words(words: &[String]) -> Option<Side> {
    let mut found = Side::None;
    for side in words.iter().filter_map(|word| side_of_word(word)) {
        if found != Side::None && found != side {
            return None;
        }
        found = side;
    }
    Some(found)
}

/// Words that only repeat what kind of thing a structure is.
fn is_filler(word: &str, kind: Kind) -> bool {
    match kind {
        Kind::LumbarVertebra => matches!(word, "vertebra" | "vertebrae" | "bone"),
        Kind::Bone => matches!(word, "bone" | "os" | "vertebra" | "vertebrae"),
        Kind::Muscle => matches!(word, "muscle" | "muscles" | "musculus" | "musculi" | "m"),
        Kind::Tissue | Kind::Implant | Kind::Body => false,
    }
}

fn names_structure(words: &[&str], structure: Structure) -> bool {
    // "Hip vertebra" is no hip bone.
    let spine = structure.kind() == Kind::LumbarVertebra || matches!(structure, Structure::T12 | Structure::L6);
    if structure.kind() == Kind::Body {
        // What others call "body" is an outline of the skin or a part of a vertebra.
        return false;
    }
    if !spine && words.iter().any(|word| word.starts_with("vertebra")) {
        return false;
    }
    let filled = |word: &&str| !is_filler(word, structure.kind());
    let bare: Vec<&str> = words.iter().copied().filter(filled).collect();
    let means = |synonym: &str| synonym.split(' ').filter(filled).eq(bare.iter().copied());
    let own = structure.name().replace('_', " ");
    !bare.is_empty() && (means(&own) || synonyms(structure).iter().any(|synonym| means(synonym)))
}

/// Other names of the same structure, in lower case.
fn synonyms(structure: Structure) -> &'static [&'static str] {
    match structure {
        Structure::L1 => &["lumbar 1", "lumbar l1", "first lumbar"],
        Structure::L2 => &["lumbar 2", "lumbar l2", "second lumbar"],
        Structure::L3 => &["lumbar 3", "lumbar l3", "third lumbar"],
        Structure::L4 => &["lumbar 4", "lumbar l4", "fourth lumbar"],
        Structure::L5 => &["lumbar 5", "lumbar l5", "fifth lumbar"],
        Structure::T12 => &["th12", "thoracic 12", "thoracic t12", "twelfth thoracic"],
        Structure::HipBone => &["hip", "innominate", "coxae", "coxal"],
        Structure::DeepBackMuscle => &["autochthon", "deep of back", "autochthonous back"],
        Structure::PsoasMajor => &["psoas"],
        Structure::TensorFasciaeLatae => &["tensor fascia lata", "tensor fasciae lata", "tensor fascia latae"],
        Structure::QuadricepsFemoris => &["quadriceps"],
        Structure::Hamstrings => &["hamstring", "thigh posterior compartment"],
        Structure::VisceralFat => &["torso fat"],
        Structure::Adductors => &["adductor", "adductors of thigh", "adductor of thigh"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_means(structure: Structure, side: Side, names: &[&str]) {
        for name in names {
            assert_eq!(structure_of_name(name), Some((structure, side)), "{name}");
        }
    }

    #[test]
    fn names_in_use_are_understood() {
        assert_means(
            Structure::L3,
            Side::None,
            &["vertebrae_L3", "L3 vertebra", "l3", "Vertebra L3", "Lumbar vertebra 3", "L3"],
        );
        assert_means(Structure::T12, Side::None, &["vertebrae_T12", "T12", "Th12"]);
        assert_means(
            Structure::GluteusMaximus,
            Side::Left,
            &[
                "gluteus_maximus_left",
                "Left gluteus maximus",
                "Gluteus maximus (L)",
                "GluteusMaximusLeft",
                "gluteus maximus muscle, left",
            ],
        );
        assert_means(Structure::GluteusMaximus, Side::Right, &["gluteus_maximus_right", "Gluteus maximus (R)"]);
        assert_means(Structure::DeepBackMuscle, Side::Left, &["autochthon_left", "Deep muscle of back left"]);
        assert_means(Structure::ErectorSpinae, Side::Left, &["erector spinae muscle L"]);
        assert_means(Structure::Iliopsoas, Side::Right, &["iliopsoas_right"]);
        assert_means(Structure::PsoasMajor, Side::Left, &["psoas left", "psoas_major_left"]);
        assert_means(Structure::HipBone, Side::Left, &["hip_left", "left hip bone"]);
        assert_means(Structure::QuadricepsFemoris, Side::Left, &["quadriceps_femoris_left"]);
        assert_means(Structure::Sacrum, Side::None, &["sacrum", "Sacrum bone"]);
        assert_means(Structure::L6, Side::None, &["vertebrae_L6", "L6"]);
        assert_means(Structure::HipImplant, Side::None, &["hip_implant"]);
        assert_means(Structure::VisceralFat, Side::None, &["torso_fat", "visceral fat"]);
    }

    #[test]
    fn every_structure_is_found_by_our_own_names() {
        for structure in Structure::ALL.iter().filter(|structure| structure.kind() != Kind::Body) {
            assert_means(*structure, Side::None, &[structure.name(), structure.english(), structure.code().meaning]);
        }
    }

    #[test]
    fn what_is_not_the_structure_is_not_taken_for_it() {
        for name in [
            "L3_disc",
            "L3 body",
            "L3 nerve",
            "L3/L4",
            "L3-L4 disc",
            "vertebrae",
            "vertebrae_S1",
            "vertebrae_T1",
            "body",
            "lumbar spine",
            "hip joint",
            "femur head left",
            "iliac_artery_left",
            "hip vertebra",
            "L 3",
            "muscle",
            "left",
            "",
            "L3 muscle",
            "L3 left",
            "gluteus maximus left right",
            "gluteus",
            "psoas minor",
        ] {
            assert_eq!(structure_of_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_part_is_no_whole() {
        assert!(names_a_part("L3 trabecular ROI") && names_a_part("L3_disc"));
        assert!(!names_a_part("Segment_1") && !names_a_part("L3 vertebra"));
    }
}
