//! Mass attenuation coefficients by photon energy.
//!
//! Values: NIST (Hubbell and Seltzer, NISTIR 5632) with the tissues of ICRU-44, at the energies that NIST tabulates; there is no row
//! between them. Triglyceride is C55H98O6. Its column, that of K2HPO4 and that of blood follow from the elements' coefficients by
//! share of mass: at 40 to 100 keV this gives the published columns within one unit of the last digit, and it is how their values
//! at 150 keV were computed.
//!
//! Between rows coefficients are interpolated **linearly** in energy, because that is how the published method (Michalski, Ogo)
//! reads its tables: the energy is a fit parameter, and only the same interpolation gives the published method's figures. What
//! it costs is known: linear reads calcium hydroxyapatite at 70 keV as 0.3328 cm2/g where a line in log-log gives 0.3193, 4 %
//! less. It is one of the reasons why [`super::Physics`] is marked as low confidence.

use crate::calibration::Tissue;

/// Photon energies of the rows, keV.
const ENERGIES: [f64; 6] = [40.0, 50.0, 60.0, 80.0, 100.0, 150.0];

/// What has a column in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Substance {
    Tissue(Tissue),
    DipotassiumPhosphate,
    Triglyceride,
    Water,
}

/// cm2/g at each of [`ENERGIES`].
fn column(substance: Substance) -> [f64; 6] {
    match substance {
        Substance::Tissue(Tissue::Fat) => [0.2396, 0.2123, 0.1974, 0.1800, 0.1688, 0.1500],
        Substance::Tissue(Tissue::Air) => [0.2485, 0.2080, 0.1875, 0.1662, 0.1541, 0.1356],
        Substance::Tissue(Tissue::Blood) => [0.2715, 0.2278, 0.2057, 0.1827, 0.1695, 0.1492],
        Substance::Tissue(Tissue::CorticalBone) => [0.6655, 0.4242, 0.3148, 0.2229, 0.1855, 0.1480],
        Substance::Tissue(Tissue::Muscle) => [0.2685, 0.2262, 0.2048, 0.1823, 0.1693, 0.1492],
        Substance::DipotassiumPhosphate => [0.9327, 0.5573, 0.3890, 0.2508, 0.1972, 0.1480],
        Substance::Triglyceride => [0.2293, 0.2072, 0.1945, 0.1789, 0.1683, 0.1499],
        Substance::Water => [0.2683, 0.2269, 0.2059, 0.1837, 0.1707, 0.1505],
    }
}

/// Energies at which the tables are compared with CT numbers: every half keV from the first row to the last.
pub(super) fn energies() -> impl Iterator<Item = f64> {
    (80..=300).map(|half| f64::from(half) / 2.0)
}

/// Whether `kev` is the first or last of [`energies`], where the best energy may lie beyond the table.
pub(super) fn at_the_end(kev: f64) -> bool {
    kev == ENERGIES[0] || kev == ENERGIES[5]
}

/// cm2/g at `kev`, one of [`energies`].
pub(super) fn mass_attenuation(substance: Substance, kev: f64) -> f64 {
    let column = column(substance);
    let row = ENERGIES.partition_point(|energy| *energy <= kev).clamp(1, ENERGIES.len() - 1) - 1;
    let share = (kev - ENERGIES[row]) / (ENERGIES[row + 1] - ENERGIES[row]);
    column[row] + share * (column[row + 1] - column[row])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_met_and_lines_lie_between() {
        for (kev, expected) in [
            (40.0, 0.2683),
            (60.0, 0.2059),
            (70.0, 0.1948),
            (99.5, 0.171_025),
            (100.0, 0.1707),
            (125.0, 0.1606),
            (150.0, 0.1505),
        ] {
            let found = mass_attenuation(Substance::Water, kev);
            assert!((found - expected).abs() < 1e-12, "{found} at {kev}");
        }
        assert_eq!((energies().count(), energies().last()), (221, Some(150.0)));
    }
}
