//! The patient's own tissues as reference, where no phantom was scanned.
//!
//! | | how HU become density | confidence |
//! |---|---|---|
//! | [`Internal`] | a [`TissueMapping`] that [`learn`] made from scans with a phantom gives slope and intercept from the HU of tissues | states its standard error |
//! | [`Physics`] | tables of attenuation, an energy at which they agree with the HU, and a mixture of fat and K2HPO4 | low, and the report says so |
//!
//! Both look at the same [`read_tissue`]; so does the line from HU to mass density, [`two_point_density`].

mod attenuation;
mod internal;
mod learn;
mod mapping;
mod mass_density;
mod physics;
mod references;

pub use internal::Internal;
pub use learn::{LearnError, LearningScan, MappingScope, learn};
pub use mapping::TissueMapping;
pub use mass_density::two_point_density;
pub use physics::Physics;
pub use references::read_tissue;

use super::{CalibrationError, Tissue};
use crate::report::Block;

/// Every tissue, in the order of the attenuation table.
pub const TISSUES: [Tissue; 5] = [Tissue::Air, Tissue::Fat, Tissue::Blood, Tissue::Muscle, Tissue::CorticalBone];

impl Tissue {
    /// English name for people.
    pub fn english(self) -> &'static str {
        match self {
            Tissue::Air => "air around the patient",
            Tissue::Fat => "subcutaneous fat",
            Tissue::Blood => "blood in the aorta",
            Tissue::Muscle => "muscle",
            Tissue::CorticalBone => "cortical bone",
        }
    }
}

fn withheld(block: Block) -> CalibrationError {
    CalibrationError::Withheld { code: block.code, reason: block.reason, found: block.found }
}
