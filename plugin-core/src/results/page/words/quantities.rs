//! Quantities and units.

use super::{Phrase, phrase};
use crate::report::Quantity;
use crate::units::{Material, Unit};

/// Above a column.
pub fn short(quantity: Quantity) -> Phrase {
    match quantity {
        Quantity::Volume => phrase("Volume", "体積"),
        Quantity::AttenuationMean => phrase("Mean HU", "平均CT値"),
        Quantity::AttenuationMedian => phrase("Median", "中央値"),
        Quantity::AttenuationSd => phrase("SD", "SD"),
        Quantity::FatVoxelShare => phrase("Fat", "脂肪"),
        Quantity::MuscleVoxelShare => phrase("Muscle", "筋"),
        Quantity::MuscleAttenuation => phrase("Musc. HU", "筋CT値"),
        Quantity::Mass => phrase("Mass", "質量"),
        Quantity::LeanMass => phrase("Lean", "除脂肪"),
        Quantity::FatMass => phrase("Fat", "脂肪量"),
        Quantity::DensityMean => phrase("vBMD", "骨密度"),
        Quantity::DensityMedian => phrase("Median", "中央値"),
        Quantity::DensitySd => phrase("SD", "SD"),
        Quantity::Area => phrase("Area", "面積"),
        Quantity::ArealDensity => phrase("aBMD", "面密度"),
        Quantity::MineralContent => phrase("BMC", "骨塩量"),
        Quantity::AnteriorHeight => phrase("Ant.", "前縁高"),
        Quantity::MiddleHeight => phrase("Middle", "中央高"),
        Quantity::PosteriorHeight => phrase("Post.", "後縁高"),
        Quantity::AnteriorHeightRatio => phrase("A/P", "A/P比"),
        Quantity::MiddleHeightRatio => phrase("M/P", "C/P比"),
        Quantity::NeighbourHeightRatio => phrase("P/neighb.", "隣接比"),
        Quantity::TScore => phrase("T-score", "Tスコア"),
        Quantity::ZScore => phrase("Z-score", "Zスコア"),
        Quantity::PercentYoungAdultMean => phrase("%YAM", "%YAM"),
        other => long(other),
    }
}

/// In a list or a sentence.
pub fn long(quantity: Quantity) -> Phrase {
    match quantity {
        Quantity::Volume => phrase("Volume", "体積"),
        Quantity::AttenuationMean => phrase("Mean CT number", "平均CT値"),
        Quantity::AttenuationMedian => phrase("Median CT number", "CT値の中央値"),
        Quantity::AttenuationSd => phrase("Standard deviation of CT number", "CT値の標準偏差"),
        Quantity::FatVoxelShare => phrase("Share of fat voxels", "脂肪ボクセルの割合"),
        Quantity::MuscleVoxelShare => phrase("Share of muscle voxels", "筋ボクセルの割合"),
        Quantity::MuscleAttenuation => phrase("Muscle attenuation", "筋CT値"),
        Quantity::Mass => phrase("Mass", "質量"),
        Quantity::LeanMass => phrase("Lean mass", "除脂肪質量"),
        Quantity::FatMass => phrase("Fat mass", "脂肪質量"),
        Quantity::DensityMean => phrase("Volumetric bone density (vBMD)", "体積骨密度"),
        Quantity::DensityMedian => phrase("Median volumetric bone density", "体積骨密度の中央値"),
        Quantity::DensitySd => phrase("Standard deviation of bone density", "体積骨密度の標準偏差"),
        Quantity::Area => phrase("Area", "面積"),
        Quantity::ArealDensity => phrase("Areal bone density of the projection (aBMD)", "投影面密度(DXA類似)"),
        Quantity::MineralContent => phrase("Bone mineral content (BMC)", "骨塩量"),
        Quantity::AnteriorHeight => phrase("Anterior height", "椎体前縁高"),
        Quantity::MiddleHeight => phrase("Middle height", "椎体中央高"),
        Quantity::PosteriorHeight => phrase("Posterior height", "椎体後縁高"),
        Quantity::AnteriorHeightRatio => phrase("Anterior by posterior height", "前縁高/後縁高比"),
        Quantity::MiddleHeightRatio => phrase("Middle by posterior height", "中央高/後縁高比"),
        Quantity::NeighbourHeightRatio => phrase("Posterior height by that of the neighbours", "後縁高の隣接椎体比"),
        Quantity::SlicePosition => phrase("Position of the slice (z)", "スライス位置 (z)"),
        Quantity::SkeletalMuscleArea => phrase("Skeletal muscle area (SMA)", "骨格筋断面積 (SMA)"),
        Quantity::SkeletalMuscleAttenuation => phrase("Skeletal muscle attenuation (SMRA)", "骨格筋CT値 (SMRA)"),
        Quantity::IntermuscularFatArea => phrase("Intermuscular fat area (IMAT)", "筋間脂肪面積 (IMAT)"),
        Quantity::SubcutaneousFatArea => phrase("Subcutaneous fat area (SAT)", "皮下脂肪面積 (SAT)"),
        Quantity::VisceralFatArea => phrase("Visceral fat area (VAT)", "内臓脂肪面積 (VAT)"),
        Quantity::PsoasArea => phrase("Area of both psoas muscles", "大腰筋断面積(左右計)"),
        Quantity::SkeletalMuscleIndex => phrase("Skeletal muscle index (L3 SMI)", "骨格筋指数 (L3 SMI)"),
        Quantity::PsoasMuscleIndex => phrase("Psoas muscle index (PMI)", "大腰筋指数 (PMI)"),
        Quantity::SkeletalMuscleGauge => phrase("Skeletal muscle gauge (SMG)", "骨格筋ゲージ (SMG)"),
        Quantity::BodyFatFreeMass => phrase("Fat-free mass by regression", "除脂肪体重(回帰式)"),
        Quantity::BodyFatMass => phrase("Fat mass by regression", "体脂肪量(回帰式)"),
        Quantity::EstimatedDxaSmi => phrase("DXA-SMI by regression of the site", "DXA-SMI推定値(施設の回帰式)"),
        Quantity::TScore => phrase("T-score", "Tスコア"),
        Quantity::ZScore => phrase("Z-score", "Zスコア"),
        Quantity::PercentYoungAdultMean => phrase("Percent of young adult mean (%YAM)", "若年成人平均値に対する割合 (%YAM)"),
    }
}

/// A unit as people write it, the same in both languages.
pub fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::CubicCentimetre => "cm³",
        Unit::SquareCentimetre => "cm²",
        Unit::Hounsfield => "HU",
        Unit::One | Unit::TScore | Unit::ZScore => "",
        Unit::SquareCentimetrePerSquareMetre => "cm²/m²",
        Unit::Gauge => "HU·cm²/m²",
        Unit::KilogramPerSquareMetre => "kg/m²",
        Unit::VolumetricDensity(None) => "mg/cm³",
        Unit::VolumetricDensity(Some(Material::Hydroxyapatite)) => "mgHA/cm³",
        Unit::VolumetricDensity(Some(Material::DipotassiumPhosphate)) => "mgK₂HPO₄/cm³",
        Unit::ArealDensity(None) => "g/cm²",
        Unit::ArealDensity(Some(Material::Hydroxyapatite)) => "gHA/cm²",
        Unit::ArealDensity(Some(Material::DipotassiumPhosphate)) => "gK₂HPO₄/cm²",
        Unit::MineralContent(Some(Material::Hydroxyapatite)) => "gHA",
        Unit::MineralContent(Some(Material::DipotassiumPhosphate)) => "gK₂HPO₄",
        Unit::MineralContent(None) | Unit::Gram => "g",
        Unit::Millimetre | Unit::Percent | Unit::Kilogram => unit.code().value,
    }
}
