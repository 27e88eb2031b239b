//! From HU to mass density, by two tissues of known density.

use crate::units::Hu;

/// Dry air at room temperature and normal pressure, g/cm3.
const AIR: f64 = 0.0012;
/// Adipose tissue, g/cm3: the same constant as in the two-component model of muscle and fat.
const ADIPOSE: f64 = 0.92;

/// `(slope, intercept)` of `density = slope * HU + intercept` in g/cm3, the line through air (0.0012 g/cm3) and adipose tissue
/// (0.92 g/cm3), as Smith 2022 (PLoS ONE e0273203) proposes. `air` and `fat` are what [`super::read_tissue`] gives, which are
/// never equal.
pub fn two_point_density(air: Hu, fat: Hu) -> (f64, f64) {
    let slope = (ADIPOSE - AIR) / (fat.0 - air.0);
    (slope, AIR - slope * air.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_goes_through_air_and_fat() {
        // Worked by hand: 0.9188 g/cm3 over 900 HU; at 0 HU 0.0012 + 1000 * 0.00102089.
        let (slope, intercept) = two_point_density(Hu(-1000.0), Hu(-100.0));
        assert!((slope - 0.001_020_888_9).abs() < 1e-9, "{slope}");
        assert!((intercept - 1.022_088_9).abs() < 1e-6, "{intercept}");
        let (slope, intercept) = two_point_density(Hu(-990.0), Hu(-110.0));
        assert!((slope * -990.0 + intercept - 0.0012).abs() < 1e-12);
        assert!((slope * -110.0 + intercept - 0.92).abs() < 1e-12);
    }
}
