//! What a value means by a published criterion, and the reference values behind scores.

use super::named::named;
use super::{Quantity, Region};
use serde::{Deserialize, Serialize};

named! {
    /// A published criterion, or the part of one that CT can support.
    Criterion {
        /// WHO 1994: T-score of the femoral neck or total hip.
        Who = "who",
        /// JSBMR/JOS 2012: percent of the young adult mean.
        Jsbmr = "jsbmr",
        /// ACR/ISCD thresholds of trabecular density of the lumbar spine.
        SpineQct = "spine_qct",
        /// The cut-point proposed for East Asian women (Wang 2024).
        SpineQctEastAsian = "spine_qct_east_asian",
        /// Height loss of a vertebra, Genant's grades.
        Genant = "genant",
        /// L3 skeletal muscle index: Prado 2008.
        Prado = "l3_smi_prado",
        /// L3 skeletal muscle index: Martin 2013.
        Martin = "l3_smi_martin",
        /// L3 skeletal muscle index: Derstine 2018.
        Derstine = "l3_smi_derstine",
        /// L3 muscle attenuation: Martin 2013.
        MartinAttenuation = "l3_smra_martin",
        /// Psoas muscle index: Hamaguchi 2016.
        Hamaguchi = "psoas_index_hamaguchi",
        /// AWGS 2019, by the site's own regression to DXA.
        Awgs = "awgs_2019",
        /// EWGSOP2 2019, by the site's own regression to DXA.
        Ewgsop2 = "ewgsop2",
    }
}

named! {
    /// What a criterion says.
    Category {
        /// Within the reference range.
        Normal = "normal",
        /// Low bone mass: WHO and JSBMR.
        LowBoneMass = "low_bone_mass",
        /// In the range of osteoporosis.
        Osteoporosis = "osteoporosis",
        /// Below the cut-off for muscle mass.
        LowMuscleMass = "low_muscle_mass",
        /// Below the cut-off for muscle attenuation.
        LowMuscleAttenuation = "low_muscle_attenuation",
        /// No loss of height.
        NoHeightLoss = "no_height_loss",
        /// Grade 1.
        MildHeightLoss = "mild_height_loss",
        /// Grade 2.
        ModerateHeightLoss = "moderate_height_loss",
        /// Grade 3.
        SevereHeightLoss = "severe_height_loss",
    }
}

/// What a criterion says of one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// Where.
    pub region: Region,
    /// By which criterion.
    pub criterion: Criterion,
    /// What it says.
    pub category: Category,
    /// The sentence for people; it says no more than CT can support.
    pub sentence: String,
    /// Which value was compared.
    pub quantity: Quantity,
    /// Identifier of the row of the reference table, an entry of the report's `references`.
    pub reference: String,
}

/// A reference value or cut-off that was used, as the table holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReferenceUsed {
    /// Identifier of the row.
    pub id: String,
    /// What is compared with what, in words.
    pub description: String,
    /// Publication.
    pub source: String,
    /// Device that the values were measured with.
    pub device: String,
    /// Who was measured.
    pub population: String,
    /// Who checked the row against the publication; absent: nobody.
    pub verified_by: Option<String>,
    /// Mean of the young adults, or the cut-off, in the unit of the quantity.
    pub mean: Option<f64>,
    /// Standard deviation.
    pub sd: Option<f64>,
    /// Cut-offs, from the worst to the best.
    pub cut_offs: Vec<f64>,
}
