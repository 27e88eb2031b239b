//! Physical units as types, so that a millimetre is never added to a Hounsfield unit.

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
    /// Share of a whole in percent.
    Percent
);

impl From<Mm3> for Cm3 {
    fn from(volume: Mm3) -> Self {
        Cm3(volume.0 / 1000.0)
    }
}
