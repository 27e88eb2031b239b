//! Landmarks that a measurement rests on.

use super::named::named;
use serde::{Deserialize, Serialize};

named! {
    /// Landmarks of the proximal femur (after Uemura 2022, doi 10.1007/s11657-022-01063-3).
    LandmarkName {
        /// Centre of the head.
        HeadCentre = "head_centre",
        /// Centre of the narrowest section of the neck.
        NeckCentre = "neck_centre",
        /// Junction of head and neck, superior.
        JunctionSuperior = "junction_superior",
        /// Junction of head and neck, inferior.
        JunctionInferior = "junction_inferior",
        /// Junction of head and neck, anterior.
        JunctionAnterior = "junction_anterior",
        /// Junction of head and neck, posterior.
        JunctionPosterior = "junction_posterior",
        /// Tip of the lesser trochanter.
        LesserTrochanter = "lesser_trochanter",
        /// Lateral base of the greater trochanter.
        GreaterTrochanterBase = "greater_trochanter_base",
        /// Axis of the shaft 20 mm below the lesser trochanter.
        Shaft20 = "shaft_20mm",
        /// Axis of the shaft 50 mm below the lesser trochanter.
        Shaft50 = "shaft_50mm",
    }
}

/// One landmark and how far it can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Landmark {
    /// Which.
    pub name: LandmarkName,
    /// LPS millimetres.
    pub position_mm: [f64; 3],
    /// What was checked, such as `{"name": "sphere_rms_mm", "value": 0.6, "limit": "<= 1.5"}`.
    pub figures: Vec<QualityFigure>,
}

/// A figure of quality beside the range that was accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QualityFigure {
    /// Snake case, with unit.
    pub name: String,
    /// Found.
    pub value: f64,
    /// Accepted.
    pub accepted: String,
}
