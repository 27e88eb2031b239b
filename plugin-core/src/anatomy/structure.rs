//! The structures that are known by name, and the table that says what each is called.

use super::codes::{Code, LEFT, RIGHT, Scheme, code};
use serde::{Deserialize, Serialize};

/// What a structure is made of, which decides how it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A lumbar vertebra.
    LumbarVertebra,
    /// Any other bone; a landmark.
    Bone,
    /// A skeletal muscle or muscle group.
    Muscle,
    /// A tissue or vessel that other measurements refer to.
    Tissue,
    /// Metal or plastic inside the patient.
    Implant,
    /// The patient, or several structures as one.
    Body,
}

/// Side of the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Unpaired, or not stated.
    None,
    /// The patient's left.
    Left,
    /// The patient's right.
    Right,
}

impl Side {
    /// The laterality code; none for [`Side::None`].
    pub fn code(self) -> Option<Code> {
        match self {
            Side::None => None,
            Side::Left => Some(LEFT),
            Side::Right => Some(RIGHT),
        }
    }

    /// `left`, `right`, or nothing.
    pub fn name(self) -> &'static str {
        match self {
            Side::None => "",
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// One row of the table.
struct Row {
    structure: Structure,
    name: &'static str,
    english: &'static str,
    kind: Kind,
    paired: bool,
    code: Code,
    color: [u8; 3],
}

macro_rules! structures {
    ($($(#[$doc:meta])* $variant:ident $name:literal $english:literal $kind:ident $paired:literal
        $code:literal $scheme:ident $meaning:literal [$r:literal $g:literal $b:literal];)*) => {
        /// A structure known by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Structure {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Structure {
            /// Every structure, in the order of reports.
            pub const ALL: &'static [Structure] = &[$(Structure::$variant),*];
        }

        const TABLE: &[Row] = &[$(Row {
            structure: Structure::$variant, name: $name, english: $english, kind: Kind::$kind, paired: $paired,
            code: code($code, Scheme::$scheme, $meaning), color: [$r, $g, $b],
        }),*];
    };
}

// Sources of the codes. SCT is used where PS3.16 (as in pydicom 3.0.2's dictionaries) has the code or two independent public
// tables agree; otherwise MDC from PS3.16 CID 3031 "Muscle". `doc` lines name the source where it is not PS3.16.
structures! {
    /// First lumbar vertebra. PS3.16.
    L1 "l1" "L1 vertebra" LumbarVertebra false "66794005" Sct "L1 vertebra" [255 198 109];
    /// Second lumbar vertebra. PS3.16.
    L2 "l2" "L2 vertebra" LumbarVertebra false "14293000" Sct "L2 vertebra" [122 205 227];
    /// Third lumbar vertebra. PS3.16.
    L3 "l3" "L3 vertebra" LumbarVertebra false "36470004" Sct "L3 vertebra" [245 150 130];
    /// Fourth lumbar vertebra. PS3.16.
    L4 "l4" "L4 vertebra" LumbarVertebra false "11994002" Sct "L4 vertebra" [158 214 138];
    /// Fifth lumbar vertebra. PS3.16.
    L5 "l5" "L5 vertebra" LumbarVertebra false "49668003" Sct "L5 vertebra" [205 165 235];
    /// Twelfth thoracic vertebra. PS3.16.
    T12 "t12" "T12 vertebra" Bone false "23215003" Sct "T12 vertebra" [200 200 170];
    /// A sixth lumbar vertebra. MOOSE's table; a landmark that makes level names ambiguous.
    L6 "l6" "L6 vertebra" Bone false "1156198008" Sct "L6 vertebra" [190 190 150];
    /// Sacrum. PS3.16 CID 7304.
    Sacrum "sacrum" "Sacrum" Bone false "54735007" Sct "Sacrum" [200 180 150];
    /// No public code that two tables share for the bone itself.
    HipBone "hip_bone" "Hip bone" Bone true "BM0202" BoneMuscle "Hip bone" [216 200 160];
    /// Femur. PS3.16 CID 7304.
    Femur "femur" "Femur" Bone true "71341001" Sct "Femur" [230 215 180];
    /// PS3.16 CID 3031.
    ErectorSpinae "erector_spinae" "Erector spinae" Muscle true "44947003" Sct "Erector spinae muscle" [205 92 92];
    /// All deep back muscles as one, the "autochthon" of other tables. TotalSegmentator and MOOSE tables agree.
    DeepBackMuscle "deep_back_muscle" "Deep back muscle" Muscle true "244849004" Sct "Deep muscle of back" [188 80 96];
    /// PS3.16 CID 3031.
    QuadratusLumborum "quadratus_lumborum" "Quadratus lumborum" Muscle true "7:576" Mdc "Musculus quadratus lumborum" [220 120 90];
    /// Iliacus and psoas major as one. TotalSegmentator and MOOSE tables agree.
    Iliopsoas "iliopsoas" "Iliopsoas" Muscle true "68455001" Sct "Iliopsoas muscle" [235 130 70];
    /// One public table only (and another names a lymph node), hence our own code.
    PsoasMajor "psoas_major" "Psoas major" Muscle true "BM0203" BoneMuscle "Psoas major muscle" [240 150 60];
    /// MOOSE and HL7 immunisation sites agree.
    GluteusMaximus "gluteus_maximus" "Gluteus maximus" Muscle true "206007" Sct "Gluteus maximus muscle" [200 60 80];
    /// TotalSegmentator and MOOSE tables agree.
    GluteusMedius "gluteus_medius" "Gluteus medius" Muscle true "78333006" Sct "Gluteus medius muscle" [225 85 110];
    /// MOOSE and TotalSegmentator's sided rows agree.
    GluteusMinimus "gluteus_minimus" "Gluteus minimus" Muscle true "75297007" Sct "Gluteus minimus muscle" [240 125 150];
    /// PS3.16 CID 3031.
    Piriformis "piriformis" "Piriformis" Muscle true "7:812" Mdc "Musculus piriformis" [180 90 140];
    /// PS3.16 CID 3031.
    TensorFasciaeLatae "tensor_fasciae_latae" "Tensor fasciae latae" Muscle true "7:808" Mdc "Musculus tensor fasciae latae" [165 85 165];
    /// PS3.16 CID 3031.
    Sartorius "sartorius" "Sartorius" Muscle true "7:828" Mdc "Musculus sartorius" [150 105 190];
    /// PS3.16 CID 3031.
    QuadricepsFemoris "quadriceps_femoris" "Quadriceps femoris" Muscle true "7:832" Mdc "Musculus quadriceps femoris" [120 120 205];
    /// Posterior thigh muscles as one. Two public tables agree.
    Hamstrings "hamstrings" "Hamstrings" Muscle true "128511007" Sct "Hamstring muscle" [95 140 200];
    /// Adductor muscles of the thigh as one. One public table only, hence our own code.
    Adductors "adductors" "Adductors" Muscle true "BM0201" BoneMuscle "Adductor muscles of thigh" [85 165 190];
    /// PS3.16 CID 3031.
    Gracilis "gracilis" "Gracilis" Muscle true "7:868" Mdc "Musculus gracilis" [85 175 165];
    /// PS3.16 CID 3031.
    Pectineus "pectineus" "Pectineus" Muscle true "7:852" Mdc "Musculus pectineus" [95 185 140];
    /// All skeletal muscle as one. No public code that two tables share.
    SkeletalMuscle "skeletal_muscle" "Skeletal muscle" Tissue false "BM0205" BoneMuscle "Skeletal muscle" [190 70 70];
    /// No public code that two tables share.
    SubcutaneousFat "subcutaneous_fat" "Subcutaneous fat" Tissue false "BM0206" BoneMuscle "Subcutaneous fat" [240 220 130];
    /// Fat inside the abdominal wall. No public code that two tables share.
    VisceralFat "visceral_fat" "Visceral fat" Tissue false "BM0207" BoneMuscle "Visceral fat" [230 190 90];
    /// PS3.16.
    Aorta "aorta" "Aorta" Tissue false "15825003" Sct "Aorta" [220 60 60];
    /// No public code that two tables share.
    HipImplant "hip_implant" "Hip implant" Implant false "BM0208" BoneMuscle "Hip implant" [160 160 180];
    /// L1 to L5 as one. PS3.16.
    LumbarSpine "lumbar_spine" "Lumbar spine" Body false "122496007" Sct "Lumbar spine" [240 200 120];
    /// The patient as a whole; the body composition of a slice.
    Body "body" "Body" Body false "38266002" Sct "Entire body" [200 200 200];
}

impl Structure {
    fn row(self) -> &'static Row {
        // The macro writes enum and table from the same list, so the discriminant is the row.
        let row = &TABLE[self as usize];
        debug_assert!(row.structure == self);
        row
    }

    /// Identifier in JSON and CSV, snake case.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// English name for people.
    pub fn english(self) -> &'static str {
        self.row().english
    }

    /// What it is made of.
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// Whether there is a left and a right one.
    pub fn paired(self) -> bool {
        self.row().paired
    }

    /// The code that names it in DICOM, without laterality.
    pub fn code(self) -> Code {
        self.row().code
    }

    /// Display colour, sRGB.
    pub fn color(self) -> [u8; 3] {
        self.row().color
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_structures_share_a_code_or_name() {
        let codes: HashSet<_> = Structure::ALL.iter().map(|s| (s.code().scheme, s.code().value)).collect();
        let names: HashSet<_> = Structure::ALL.iter().map(|s| s.name()).collect();
        assert_eq!((codes.len(), names.len()), (Structure::ALL.len(), Structure::ALL.len()));
    }

    #[test]
    fn codes_fit_their_value_representations() {
        for structure in Structure::ALL {
            assert!(structure.code().value.len() <= 16 && structure.code().meaning.len() <= 64, "{structure:?}");
        }
    }
}
