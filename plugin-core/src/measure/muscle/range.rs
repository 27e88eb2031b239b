//! CT numbers by which fat and muscle are told apart (Aubrey 2014, Acta Physiol 210:489).
//!
//! Published for whole numbers: fat is -190 to -30 HU, muscle -29 to 150 HU. A rescale slope that is no whole number gives values
//! between -30 and -29, which would be neither. Here muscle begins right above -30 HU: the same for whole numbers, and no gap.

use crate::units::Hu;

/// -190 to -30 HU, both included.
pub(in crate::measure) fn is_fat(hu: Hu) -> bool {
    (-190.0..=-30.0).contains(&hu.0)
}

/// Above -30 to 150 HU, the latter included.
pub(in crate::measure) fn is_muscle(hu: Hu) -> bool {
    -30.0 < hu.0 && hu.0 <= 150.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_belong_where_the_publication_puts_them_and_nothing_between_is_lost() {
        for (hu, fat, muscle) in [
            (-190.5, false, false),
            (-190.0, true, false),
            (-30.0, true, false),
            (-29.5, false, true),
            (-29.0, false, true),
            (150.0, false, true),
            (150.5, false, false),
        ] {
            assert_eq!((is_fat(Hu(hu)), is_muscle(Hu(hu))), (fat, muscle), "{hu} HU");
        }
    }
}
