//! The line through the rods.
//!
//! # The recipes
//!
//! `density_on_hu` (phantoms of hydroxyapatite; Uemura 2021, arXiv 2012.11151): least squares of the densities on the rods' HU,
//! `density = s HU + b`.
//!
//! `mindways` (liquid-free K2HPO4 reference phantom; constants as in Bonelab/Ogo, commit a7e74fc): least squares of
//! `HU - water` on the K2HPO4 equivalents, `HU - water = sigma_ref density + beta_ref`; then `sigma_CT = sigma_ref - 0.2174`,
//! `beta_CT = beta_ref + 999.6`, `density = (HU - beta_CT) / sigma_CT`.
//!
//! `r_squared` is the squared correlation of the two regressed quantities. The residual standard deviation is
//! `sqrt(sum of squared residuals / (n - 2))` in mg/cm3 (by `mindways`: residuals of `HU - water` by `sigma_ref`), 0 for two rods.

use super::line::fit_line;
use super::phantom::WATER;
use super::{CalibrationError, Conversion, Insert, PhantomDefinition, RegressionConvention};
use crate::report::{GateCode, Quality};

/// Water displaced by K2HPO4 in solution, HU per mg/cm3.
const SIGMA_OFFSET: f64 = 0.2174;
/// HU.
const BETA_OFFSET: f64 = 999.6;

/// Below it nothing is calibrated: the lowest of 1000 clinical scans had r = 0.9863 (Uemura 2021).
pub const LEAST_R_SQUARED: f64 = 0.97;
/// Below it there is a warning.
pub const GOOD_R_SQUARED: f64 = 0.99;

/// A line and how well it fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// From HU to density.
    pub conversion: Conversion,
    /// Share of the variance that the line explains.
    pub r_squared: f64,
    /// Residual standard deviation, mg/cm3.
    pub residual_sd: f64,
    /// HU per mg/cm3 of the phantom's regression.
    pub(super) sensitivity: f64,
    /// HU at a density of zero, less water.
    pub(super) offset_hu: f64,
}

/// The line through rods whose HU stand in the order of the definition's inserts; none where they span no line.
pub fn fit(definition: &PhantomDefinition, hu: &[f64]) -> Option<Fit> {
    let densities: Vec<f64> = definition.inserts.iter().map(|insert| insert.density).collect();
    if hu.len() != densities.len() {
        return None;
    }
    let material = definition.material;
    match definition.convention {
        RegressionConvention::DensityOnHu => {
            let points: Vec<_> = hu.iter().copied().zip(densities).collect();
            let line = fit_line(&points)?;
            let conversion = Conversion { material, slope: line.slope, intercept: line.intercept, curvature: 0.0 };
            (line.slope > 0.0).then(|| Fit {
                conversion,
                r_squared: line.r_squared,
                residual_sd: line.residual_sd(&points),
                sensitivity: 1.0 / line.slope,
                offset_hu: -line.intercept / line.slope,
            })
        }
        RegressionConvention::Mindways => {
            let less_water = |(hu, insert): (&f64, &Insert)| Some((insert.density, hu - insert.water?));
            let points: Vec<_> = hu.iter().zip(&definition.inserts).map(less_water).collect::<Option<_>>()?;
            let line = fit_line(&points)?;
            let sigma = line.slope - SIGMA_OFFSET;
            let beta = line.intercept + BETA_OFFSET;
            let conversion = Conversion { material, slope: 1.0 / sigma, intercept: -beta / sigma, curvature: 0.0 };
            (sigma > 0.0).then(|| Fit {
                conversion,
                r_squared: line.r_squared,
                residual_sd: line.residual_sd(&points) / line.slope,
                sensitivity: line.slope,
                offset_hu: line.intercept + WATER,
            })
        }
    }
}

impl Fit {
    /// Withholds a line that does not fit; warns of one that fits badly or cannot be judged.
    pub(super) fn judge(&self, rods: usize) -> Result<Vec<Quality>, CalibrationError> {
        let r_squared = self.r_squared;
        if r_squared < LEAST_R_SQUARED {
            return Err(CalibrationError::Withheld {
                code: GateCode::CalibrationFit,
                reason: format!(
                    "the line through the phantom's rods has r2 = {r_squared:.4}; at least {LEAST_R_SQUARED} is needed: check the \
                     rods for streaks and the phantom for its definition"
                ),
                found: Some(r_squared),
            });
        }
        let mut quality = Vec::new();
        if r_squared < GOOD_R_SQUARED {
            let message = format!("the line through the phantom's rods has r2 = {r_squared:.4}, below {GOOD_R_SQUARED}");
            quality.push(Quality::warning(GateCode::CalibrationFit, message, Some(r_squared)));
        }
        if rods < 3 {
            let message = "the phantom has two rods: any two lie on a line, so nothing tells whether it is right".to_owned();
            quality.push(Quality::warning(GateCode::CalibrationLowConfidence, message, Some(rods as f64)));
        }
        Ok(quality)
    }
}

#[cfg(test)]
mod tests {
    use super::super::templates;
    use super::*;
    use crate::units::Hu;

    fn template(id: &str) -> PhantomDefinition {
        templates().into_iter().find(|one| one.id == id).expect("a template")
    }

    fn digits(value: f64, count: usize) -> String {
        format!("{value:.count$}")
    }

    #[test]
    fn five_rods_of_hydroxyapatite() {
        // HU of 200, 100, 0, 50, 150 mg/cm3, the order in which a B-MAS200 lies.
        let fit = fit(&template("b-mas200"), &[254.2, 128.7, 3.1, 66.0, 190.9]).expect("a line");
        assert_eq!(digits(fit.conversion.slope, 6), "0.797316");
        assert_eq!(digits(fit.conversion.intercept, 6), "-2.518943");
        assert_eq!(digits(fit.r_squared.sqrt(), 6), "0.999997");
        assert_eq!(digits(fit.conversion.density(Hu(150.0)).0, 4), "117.0785");
        assert_eq!(digits(fit.conversion.density(Hu(300.0)).0, 4), "236.6760");
    }

    #[test]
    fn the_convention_of_mindways() {
        let fit = fit(&template("mindways-model3-ct"), &[-71.7146, -29.558, 198.9556, 373.941, 532.0446]).expect("a line");
        assert_eq!(digits(fit.sensitivity, 4), "1.6200");
        assert_eq!(digits(fit.offset_hu - WATER, 4), "-1000.0000");
        assert_eq!(digits(1.0 / fit.conversion.slope, 4), "1.4026");
        assert_eq!(digits(-fit.conversion.intercept / fit.conversion.slope, 4), "-0.4000");
        assert_eq!(digits(fit.conversion.density(Hu(150.0)).0, 4), "107.2294");
        assert!(fit.r_squared > 0.999999 && fit.residual_sd < 0.01, "{fit:?}");
    }

    #[test]
    fn residuals_are_in_density() {
        // y - fitted = -10, 20, -10 about the line y = x: squares 600, one degree of freedom.
        let mut three = template("qrm-bdc-3");
        for (insert, density) in three.inserts.iter_mut().zip([-10.0, 120.0, 190.0]) {
            insert.density = density;
        }
        let fit = fit(&three, &[0.0, 100.0, 200.0]).expect("a line");
        assert!((fit.conversion.slope - 1.0).abs() < 1e-12 && fit.conversion.intercept.abs() < 1e-9);
        assert!((fit.residual_sd - 600.0_f64.sqrt()).abs() < 1e-9, "{}", fit.residual_sd);
        assert!((fit.r_squared - 20000.0 / 20600.0).abs() < 1e-12, "{}", fit.r_squared);
    }

    #[test]
    fn equal_or_falling_hu_are_no_line() {
        assert_eq!(fit(&template("qrm-bdc-3"), &[5.0, 5.0, 5.0]), None);
        assert_eq!(fit(&template("qrm-bdc-3"), &[900.0, 500.0, 100.0]), None);
        assert_eq!(fit(&template("qrm-bdc-3"), &[900.0, 500.0]), None);
    }

    #[test]
    fn r_squared_decides() {
        let of = |r_squared: f64| Fit { r_squared, ..fit(&template("siemens-osteo"), &[0.0, 250.0]).expect("a line") };
        assert!(matches!(of(0.9699).judge(5), Err(CalibrationError::Withheld { code: GateCode::CalibrationFit, .. })));
        let warned = of(0.9899).judge(5).expect("not withheld");
        assert_eq!(warned.iter().map(|one| one.code).collect::<Vec<_>>(), [GateCode::CalibrationFit]);
        assert_eq!(of(0.99).judge(5).expect("not withheld"), []);
        assert_eq!(of(1.0).judge(2).expect("not withheld")[0].code, GateCode::CalibrationLowConfidence);
    }
}
