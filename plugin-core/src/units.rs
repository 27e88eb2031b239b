//! Physical units as types, so that a millimetre is never added to a Hounsfield unit.

use crate::anatomy::{Code, Scheme, code};
use serde::{Deserialize, Serialize};

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);
    };
}

unit!(
    /// CT number in Hounsfield units: 0 is water, -1000 is air.
    Hu
);
unit!(
    /// Length in millimetres.
    Mm
);
unit!(
    /// Volume in cubic millimetres.
    Mm3
);
unit!(
    /// Volume in cubic centimetres, the unit of the report.
    Cm3
);
unit!(
    /// Area in square centimetres.
    Cm2
);
unit!(
    /// Volumetric mineral density in mg/cm3 of a [`Material`] that must be named beside it.
    MgPerCm3
);
unit!(
    /// Areal mineral density in g/cm2 of a [`Material`] that must be named beside it.
    GramPerCm2
);
unit!(
    /// Mass in grams.
    Gram
);
unit!(
    /// Share of a whole in percent.
    Percent
);

impl From<Mm3> for Cm3 {
    fn from(volume: Mm3) -> Self {
        Cm3(volume.0 / 1000.0)
    }
}

/// What a mineral density is equivalent to. Densities of different materials are never mixed or converted silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Material {
    /// Calcium hydroxyapatite, `mgHA/cm3`.
    Hydroxyapatite,
    /// Dipotassium hydrogen phosphate, `mgK2HPO4/cm3`.
    DipotassiumPhosphate,
}

macro_rules! ucum {
    ($($(#[$doc:meta])* $variant:ident $(($argument:pat))? = $value:literal $meaning:literal;)*) => {
        impl Unit {
            /// Its UCUM code, at most 16 characters, and what people read.
            pub fn code(self) -> Code {
                match self { $(Unit::$variant $(($argument))? => code($value, Scheme::Ucum, $meaning),)* }
            }
        }
    };
}

/// A unit of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `cm3`.
    CubicCentimetre,
    /// `cm2`.
    SquareCentimetre,
    /// `mm`.
    Millimetre,
    /// `[hnsf'U]`.
    Hounsfield,
    /// `%`.
    Percent,
    /// `g`.
    Gram,
    /// `kg`.
    Kilogram,
    /// `1`.
    One,
    /// `cm2/m2`.
    SquareCentimetrePerSquareMetre,
    /// Hounsfield unit times `cm2/m2`.
    Gauge,
    /// `kg/m2`.
    KilogramPerSquareMetre,
    /// `mg/cm3` of a material; none where nothing was measured.
    VolumetricDensity(Option<Material>),
    /// `g/cm2` of a material.
    ArealDensity(Option<Material>),
    /// `g` of a material.
    MineralContent(Option<Material>),
    /// `{T-score}`.
    TScore,
    /// `{Z-score}`.
    ZScore,
}

// Annotations in braces are UCUM's way to name what is counted; they do not change the unit.
ucum! {
    CubicCentimetre = "cm3" "cubic centimeter";
    SquareCentimetre = "cm2" "square centimeter";
    Millimetre = "mm" "millimeter";
    Hounsfield = "[hnsf'U]" "Hounsfield unit";
    Percent = "%" "percent";
    Gram = "g" "gram";
    Kilogram = "kg" "kilogram";
    One = "1" "no units";
    SquareCentimetrePerSquareMetre = "cm2/m2" "square centimeter per square meter";
    Gauge = "[hnsf'U].cm2/m2" "Hounsfield unit times square centimeter per square meter";
    KilogramPerSquareMetre = "kg/m2" "kilogram per square meter";
    VolumetricDensity(None) = "mg/cm3" "milligram per cubic centimeter";
    VolumetricDensity(Some(Material::Hydroxyapatite)) = "mg{HA}/cm3" "milligram hydroxyapatite per cubic centimeter";
    VolumetricDensity(Some(Material::DipotassiumPhosphate)) = "mg{K2HPO4}/cm3" "milligram dipotassium phosphate per cubic centimeter";
    ArealDensity(None) = "g/cm2" "gram per square centimeter";
    ArealDensity(Some(Material::Hydroxyapatite)) = "g{HA}/cm2" "gram hydroxyapatite per square centimeter";
    ArealDensity(Some(Material::DipotassiumPhosphate)) = "g{K2HPO4}/cm2" "gram dipotassium phosphate per square centimeter";
    MineralContent(None) = "g" "gram";
    MineralContent(Some(Material::Hydroxyapatite)) = "g{HA}" "gram hydroxyapatite";
    MineralContent(Some(Material::DipotassiumPhosphate)) = "g{K2HPO4}" "gram dipotassium phosphate";
    TScore = "{T-score}" "T-score";
    ZScore = "{Z-score}" "Z-score";
}

impl Unit {
    /// The same unit, of `material` where it is one of mineral.
    pub fn of_material(self, material: Material) -> Unit {
        match self {
            Unit::VolumetricDensity(_) => Unit::VolumetricDensity(Some(material)),
            Unit::ArealDensity(_) => Unit::ArealDensity(Some(material)),
            Unit::MineralContent(_) => Unit::MineralContent(Some(material)),
            other => other,
        }
    }
}

impl Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code().value)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
        let text = String::deserialize(deserializer)?;
        let materials = [None, Some(Material::Hydroxyapatite), Some(Material::DipotassiumPhosphate)];
        let mineral =
            materials.into_iter().flat_map(|m| [Unit::VolumetricDensity(m), Unit::ArealDensity(m), Unit::MineralContent(m)]);
        PLAIN
            .iter()
            .copied()
            .chain(mineral)
            .find(|unit| unit.code().value == text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text} is no unit of a report")))
    }
}

const PLAIN: &[Unit] = &[
    Unit::CubicCentimetre,
    Unit::SquareCentimetre,
    Unit::Millimetre,
    Unit::Hounsfield,
    Unit::Percent,
    Unit::Gram,
    Unit::Kilogram,
    Unit::One,
    Unit::SquareCentimetrePerSquareMetre,
    Unit::Gauge,
    Unit::KilogramPerSquareMetre,
    Unit::TScore,
    Unit::ZScore,
];
