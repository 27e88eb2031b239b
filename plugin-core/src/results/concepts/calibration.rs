//! How HU became density.

use super::own;
use crate::anatomy::{Code, Scheme, code};
use crate::calibration::{Calibration, Tissue};
use crate::units::Material;

// Of PS3.16's concepts of calibration only the method is meant for more than catheters and dose.
pub(in crate::results) const CALIBRATION_METHOD: Code = code("122422", Scheme::Dcm, "Calibration Method");
pub(in crate::results) const MATERIAL: Code = own("BM0401", "Equivalence material of densities");
pub(in crate::results) const SLOPE: Code = own("BM0402", "Slope of density on attenuation");
pub(in crate::results) const INTERCEPT: Code = own("BM0403", "Density at 0 HU");
pub(in crate::results) const CURVATURE: Code = own("BM0404", "Quadratic term of density on attenuation");
pub(in crate::results) const R_SQUARED: Code = own("BM0405", "Coefficient of determination of calibration");
pub(in crate::results) const RESIDUAL_SD: Code = own("BM0406", "Residual standard deviation of calibration");
pub(in crate::results) const STANDARD_ERROR: Code = own("BM0407", "Standard error of a density of 100 mg/cm3");
pub(in crate::results) const EFFECTIVE_ENERGY: Code = own("BM0408", "Effective energy");
/// Concept name of phantom, scanner or mapping, and of what was read in rods or tissues, as text.
pub(in crate::results) const DETAIL: Code = own("BM0409", "Detail of calibration");

// UCUM `mL` is `cm3`; with it the codes stay within the 16 characters of a Code Value.
pub(in crate::results) const DENSITY_PER_HU: Code =
    code("mg/mL/[hnsf'U]", Scheme::Ucum, "milligram per cubic centimeter per Hounsfield unit");
pub(in crate::results) const DENSITY_PER_HU_SQUARED: Code =
    code("mg/mL/[hnsf'U]2", Scheme::Ucum, "milligram per cubic centimeter per Hounsfield unit squared");
pub(in crate::results) const KILOELECTRONVOLT: Code = code("keV", Scheme::Ucum, "kiloelectronvolt");

/// The way of calibrating.
pub(in crate::results) fn calibration(calibration: &Calibration) -> Code {
    match calibration {
        Calibration::None => own("BM0421", "None, values are in HU"),
        Calibration::Phantom(_) => own("BM0422", "Density phantom in the scan"),
        Calibration::Stored(_) => own("BM0423", "Density phantom scanned apart"),
        Calibration::Internal(_) => own("BM0424", "Tissues of the patient, learnt mapping"),
        Calibration::Physics(_) => own("BM0425", "Tissues of the patient, tables of attenuation"),
    }
}

/// What densities are equivalent to.
pub(in crate::results) fn material(material: Material) -> Code {
    match material {
        Material::Hydroxyapatite => own("BM0411", "Calcium hydroxyapatite"),
        Material::DipotassiumPhosphate => own("BM0412", "Dipotassium hydrogen phosphate"),
    }
}

/// A reference tissue, for text.
pub(in crate::results) fn tissue(tissue: Tissue) -> &'static str {
    match tissue {
        Tissue::Air => "air",
        Tissue::Fat => "fat",
        Tissue::Blood => "blood",
        Tissue::Muscle => "muscle",
        Tissue::CorticalBone => "cortical bone",
    }
}
