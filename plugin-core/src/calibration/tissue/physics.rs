//! Calibration by tissues and tables alone.
//!
//! # The recipe `tissue-physics/1`
//!
//! After the published description of Michalski's method; K2HPO4 in a base of triglyceride.
//!
//! 1. Tissues `t` are read as [`super::read_tissue`] says; those that cannot be read are left out and named. Three are needed.
//! 2. For each energy from 40 to 150 keV in steps of 0.5: least squares of the mass attenuation coefficients `m_t` on `HU_t`. The
//!    *effective energy* is the one with the largest r2 (the lowest among equals). It is a parameter of the fit, not the energy
//!    of the beam. The line there is `a1 HU + a0`.
//! 3. Mass densities, water being 1: `rho_t = (HU_t / 1000 + 1) m_water / m_t`; least squares of these on `HU_t` give
//!    `d1 HU + d0`.
//! 4. `density = 1000 (d1 HU + d0) ((a1 HU + a0) - m_TG) / (m_K2HPO4 - m_TG)` in mg/cm3, quadratic in HU.
//!
//! Withheld when r2 is below 0.97 or the effective energy lies at an end of the table; an r2 below 0.99 warns.

use super::super::{Calibrated, Calibration, CalibrationError, Calibrator, Conversion, Evidence, Tissue, TissueCalibration};
use super::attenuation::{Substance, at_the_end, energies, mass_attenuation};
use super::{TISSUES, read_tissue, withheld};
use crate::calibration::line::{Line, fit_line};
use crate::calibration::{GOOD_R_SQUARED, LEAST_R_SQUARED, TissueReading};
use crate::report::{Block, GateCode, Quality};
use crate::units::{Hu, Material};

const LEAST_TISSUES: usize = 3;

/// The patient's own tissues and tables of attenuation; always of low confidence.
#[derive(Debug, Clone, Copy)]
pub struct Physics;

impl Calibrator for Physics {
    fn calibrate(&self, evidence: &Evidence<'_>) -> Result<Calibrated, CalibrationError> {
        let (mut readings, mut missing) = (Vec::new(), Vec::new());
        for tissue in TISSUES {
            match read_tissue(evidence, tissue) {
                Ok(reading) => readings.push(reading),
                Err(block) => missing.push((tissue, block)),
            }
        }
        let fit = fit(&readings).filter(|_| readings.len() >= LEAST_TISSUES).ok_or_else(|| withheld(too_few(&missing)))?;
        if let Some(block) = judge(&fit) {
            return Err(withheld(block));
        }
        let mut quality = vec![low_confidence(&fit, &readings)];
        quality.extend(poor_fit(&fit));
        quality.extend(missing.into_iter().map(|(tissue, block)| left_out(tissue, block)));
        let calibration = Calibration::Physics(TissueCalibration {
            mapping: None,
            confirmed_by: None,
            conversion: fit.conversion(),
            standard_error: None,
            effective_energy_kev: Some(fit.energy),
            r_squared: Some(fit.attenuation.r_squared),
            tissues: readings,
        });
        Ok(Calibrated { calibration, quality })
    }
}

/// What steps 2 and 3 give.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fit {
    /// keV.
    energy: f64,
    /// From HU to cm2/g.
    attenuation: Line,
    /// From HU to g/cm3.
    mass_density: Line,
}

impl Fit {
    /// Step 4, multiplied out.
    fn conversion(&self) -> Conversion {
        let fat = mass_attenuation(Substance::Triglyceride, self.energy);
        let contrast = mass_attenuation(Substance::DipotassiumPhosphate, self.energy) - fat;
        let (attenuation, density) = (self.attenuation, self.mass_density);
        let above_fat = attenuation.intercept - fat;
        Conversion {
            material: Material::DipotassiumPhosphate,
            slope: 1000.0 * (density.slope * above_fat + density.intercept * attenuation.slope) / contrast,
            intercept: 1000.0 * density.intercept * above_fat / contrast,
            curvature: 1000.0 * density.slope * attenuation.slope / contrast,
        }
    }
}

fn fit(readings: &[TissueReading]) -> Option<Fit> {
    let mut best: Option<(f64, Line)> = None;
    for kev in energies() {
        let points: Vec<_> = readings.iter().map(|reading| (reading.hu, of_tissue(reading.tissue, kev))).collect();
        let line = fit_line(&points)?;
        if best.is_none_or(|(_, known)| line.r_squared > known.r_squared) {
            best = Some((kev, line));
        }
    }
    let (energy, attenuation) = best?;
    let water = mass_attenuation(Substance::Water, energy);
    let densities: Vec<_> = readings
        .iter()
        .map(|reading| (reading.hu, (reading.hu / 1000.0 + 1.0) * water / of_tissue(reading.tissue, energy)))
        .collect();
    Some(Fit { energy, attenuation, mass_density: fit_line(&densities)? })
}

fn of_tissue(tissue: Tissue, kev: f64) -> f64 {
    mass_attenuation(Substance::Tissue(tissue), kev)
}

fn judge(fit: &Fit) -> Option<Block> {
    let r_squared = fit.attenuation.r_squared;
    if r_squared < LEAST_R_SQUARED {
        return Some(Block {
            code: GateCode::CalibrationFit,
            reason: format!(
                "the tissues' line explains {r_squared:.4} of the variance of their attenuation; {LEAST_R_SQUARED} is needed"
            ),
            found: Some(r_squared),
        });
    }
    at_the_end(fit.energy).then(|| Block {
        code: GateCode::CalibrationFit,
        reason: format!(
            "tables and CT numbers agree best at {:.1} keV, an end of the table, so the best energy may lie beyond it",
            fit.energy
        ),
        found: Some(fit.energy),
    })
}

fn poor_fit(fit: &Fit) -> Option<Quality> {
    let r_squared = fit.attenuation.r_squared;
    let message = format!("the tissues' line explains {r_squared:.4} of the variance; {GOOD_R_SQUARED} or more is usual");
    (r_squared < GOOD_R_SQUARED).then(|| Quality::warning(GateCode::CalibrationFit, message, Some(r_squared)))
}

fn low_confidence(fit: &Fit, readings: &[TissueReading]) -> Quality {
    let names: Vec<_> = readings.iter().map(|reading| reading.tissue.english()).collect();
    let water = fit.conversion().density(Hu(0.0)).0;
    Quality::warning(
        GateCode::CalibrationLowConfidence,
        format!(
            "calibrated by tissues and attenuation tables alone: the base is fat, so that water reads as {water:.1} mg/cm3 and \
             values are offset against those of phantom QCT; trabecular values move by about a quarter with the choice of \
             tissues (used: {}); not comparable with calibration by a phantom",
            names.join(", ")
        ),
        Some(water),
    )
}

fn left_out(tissue: Tissue, block: Block) -> Quality {
    Quality::warning(block.code, format!("{} is not used for calibration: {}", tissue.english(), block.reason), block.found)
}

fn too_few(missing: &[(Tissue, Block)]) -> Block {
    let reasons: Vec<_> = missing.iter().map(|(tissue, block)| format!("{}: {}", tissue.english(), block.reason)).collect();
    let found = TISSUES.len() - missing.len();
    Block {
        code: GateCode::TissueRange,
        reason: format!("{found} reference tissues can be read, {LEAST_TISSUES} are needed ({})", reasons.join("; ")),
        found: Some(found as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean HU of the worked example.
    const EXAMPLE: [(Tissue, f64); 5] = [
        (Tissue::Fat, -104.0),
        (Tissue::Air, -998.0),
        (Tissue::Blood, 42.0),
        (Tissue::CorticalBone, 1370.0),
        (Tissue::Muscle, 55.0),
    ];

    fn fit_of(tissues: &[(Tissue, f64)]) -> Fit {
        let readings: Vec<_> =
            tissues.iter().map(|(tissue, hu)| TissueReading { tissue: *tissue, hu: *hu, sd_hu: 0.0, voxels: 1 }).collect();
        fit(&readings).expect("distinct tissues")
    }

    fn rounded(value: f64, digits: i32) -> f64 {
        (value * 10_f64.powi(digits)).round() / 10_f64.powi(digits)
    }

    /// The figures were computed apart, with the full NIST tables from 1 to 200 keV.
    #[test]
    fn the_published_figures_are_met_to_the_last_digit() {
        let fit = fit_of(&EXAMPLE);
        assert_eq!(fit.energy, 96.0);
        assert_eq!(rounded(fit.attenuation.slope, 11), 1.535_975e-5);
        assert_eq!(rounded(fit.attenuation.intercept, 7), 0.171_794_7);
        assert_eq!(rounded(fit.mass_density.slope, 10), 8.895_226e-4);
        assert_eq!(rounded(fit.mass_density.intercept, 7), 0.965_260_1);
        let conversion = fit.conversion();
        for (hu, density) in [(0.0, 35.39), (150.0, 107.78), (500.0, 340.46)] {
            assert_eq!(rounded(conversion.density(Hu(hu)).0, 2), density, "at {hu} HU");
        }
    }

    #[test]
    fn other_sets_of_tissues_give_their_published_figures() {
        let without_bone: Vec<_> = EXAMPLE.into_iter().filter(|(tissue, _)| *tissue != Tissue::CorticalBone).collect();
        let soft: Vec<_> = without_bone.iter().copied().filter(|(tissue, _)| *tissue != Tissue::Blood).collect();
        for (tissues, energy, r_squared, densities) in [
            (EXAMPLE.to_vec(), 96.0, 0.99798, [35.4, 81.8, 107.8, 135.6, 196.6]),
            (without_bone, 82.0, 0.99906, [39.1, 68.4, 84.8, 102.4, 141.0]),
            (soft, 79.5, 1.0, [37.0, 63.4, 78.2, 94.0, 128.8]),
        ] {
            let fit = fit_of(&tissues);
            assert_eq!(fit.energy, energy);
            // The source rounds to the digits given here, and two figures twice (0.9979748 and 39.049, each up by way of a 5).
            assert!((fit.attenuation.r_squared - r_squared).abs() < 5.2e-6, "{fit:?}");
            for (hu, density) in [0.0, 100.0, 150.0, 200.0, 300.0].into_iter().zip(densities) {
                let found = fit.conversion().density(Hu(hu)).0;
                assert!((found - density).abs() < 0.052, "{found} at {hu} HU, {energy} keV");
            }
        }
    }

    /// By numpy, with the same table.
    #[test]
    fn bone_that_is_darker_agrees_at_a_higher_energy() {
        let with_bone = |bone| EXAMPLE.map(|(tissue, hu)| (tissue, if tissue == Tissue::CorticalBone { bone } else { hu }));
        for (bone, energy) in [(950.0, 105.0), (1050.0, 100.5), (1200.0, 98.0), (1450.0, 95.0)] {
            assert_eq!(fit_of(&with_bone(bone)).energy, energy, "bone of {bone} HU");
        }
    }

    #[test]
    fn a_fit_is_judged_by_its_energy_and_its_r_squared() {
        let fit = fit_of(&EXAMPLE);
        assert_eq!(judge(&fit), None);
        assert_eq!(poor_fit(&fit), None);
        let found = |fit: Fit| judge(&fit).map(|block| (block.code, block.found));
        let of_r_squared = |r_squared| Fit { attenuation: Line { r_squared, ..fit.attenuation }, ..fit };
        assert_eq!(found(of_r_squared(0.969)), Some((GateCode::CalibrationFit, Some(0.969))));
        assert_eq!(found(of_r_squared(0.98)), None);
        assert_eq!(poor_fit(&of_r_squared(0.98)).map(|quality| quality.found), Some(Some(0.98)));
        assert_eq!(found(Fit { energy: 150.0, ..fit }), Some((GateCode::CalibrationFit, Some(150.0))));
    }
}
