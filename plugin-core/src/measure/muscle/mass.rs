//! Grams of muscle from its volume and mean CT number.
//!
//! Every model is linear in the CT number, so the sum over voxels is volume times the density at the mean over *all* voxels of the
//! label. Nothing is clamped voxel by voxel: with noise of 15 HU that alone would turn 4 % of pure muscle into fat.

use crate::calibration::tissue::{read_tissue, two_point_density};
use crate::calibration::{Evidence, Tissue};
use crate::measure::{Subject, relied_on};
use crate::read::Equipment;
use crate::report::{Block, Finding, Measurement, NotMeasured, Quantity, Region};
use crate::settings::MassModel;
use crate::units::{Cm3, Gram, Hu};

/// g/cm3 of muscle without fat, and of fat: the conventional values.
const MUSCLE_DENSITY: f64 = 1.06;
const FAT_DENSITY: f64 = 0.92;
/// CT numbers of pure muscle and pure fat (a decision of this program, not of a publication).
const PURE_MUSCLE: Hu = Hu(50.0);
const PURE_FAT: Hu = Hu(-100.0);
/// cm2/g of water and of muscle (ICRU-44) at 60 and 80 keV: NIST XCOM.
const WATER: [f64; 2] = [0.2059, 0.1837];
const MUSCLE: [f64; 2] = [0.2048, 0.1823];
const TABLE_ENERGIES: [f64; 2] = [60.0, 80.0];
/// keV that stands for a spectrum of 120 kV.
const ENERGY: f64 = 70.0;

/// Density by CT number in one scan.
#[derive(Debug, Clone, Copy, PartialEq)]
struct DensityLine {
    /// g/cm3 per HU.
    slope: f64,
    /// g/cm3 at 0 HU.
    intercept: f64,
}

impl DensityLine {
    fn mass(&self, volume: Cm3, mean: Hu) -> Gram {
        Gram((self.slope * mean.0 + self.intercept) * volume.0)
    }
}

/// The two parts of a muscle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::measure) struct Components {
    pub lean: Gram,
    pub fat: Gram,
}

/// `two-component/1`.
pub(in crate::measure) fn two_component(volume: Cm3, mean: Hu) -> Components {
    let fat_share = ((PURE_MUSCLE.0 - mean.0) / (PURE_MUSCLE.0 - PURE_FAT.0)).clamp(0.0, 1.0);
    Components { lean: Gram(MUSCLE_DENSITY * (1.0 - fat_share) * volume.0), fat: Gram(FAT_DENSITY * fat_share * volume.0) }
}

/// A model, ready for this scan.
enum Model {
    Line(DensityLine, &'static str),
    TwoComponent,
    Withheld(Block),
}

/// The models that were asked for.
pub(super) struct MassModels(Vec<Model>);

impl MassModels {
    pub fn new(subject: &Subject<'_>) -> MassModels {
        let mut models = subject.settings.mass_models.clone();
        models.sort_unstable();
        models.dedup();
        MassModels(models.into_iter().map(|model| prepare(model, subject)).collect())
    }

    /// What they give, each once.
    pub fn quantities(&self) -> &'static [Quantity] {
        match self.0.iter().any(|model| matches!(model, Model::TwoComponent)) {
            true => &[Quantity::Mass, Quantity::LeanMass, Quantity::FatMass],
            false if self.0.is_empty() => &[],
            false => &[Quantity::Mass],
        }
    }

    /// Adds the masses of a muscle of this size and mean CT number.
    pub fn record(&self, finding: &mut Finding, volume: Cm3, mean: Hu) {
        for model in &self.0 {
            let mut put = |quantity, mass: Gram, method| {
                finding.measurements.push(Measurement::new(Region::Whole, quantity, mass.0, method));
            };
            match model {
                Model::Line(line, method) => put(Quantity::Mass, line.mass(volume, mean), method),
                Model::TwoComponent => {
                    let Components { lean, fat } = two_component(volume, mean);
                    put(Quantity::Mass, Gram(lean.0 + fat.0), "two-component/1");
                    put(Quantity::LeanMass, lean, "two-component/1");
                    put(Quantity::FatMass, fat, "two-component/1");
                }
                Model::Withheld(block) => {
                    finding.not_measured.push(NotMeasured::values(Region::Whole, &[Quantity::Mass], block.clone()));
                }
            }
        }
    }
}

fn prepare(model: MassModel, subject: &Subject<'_>) -> Model {
    match model {
        MassModel::Constant => Model::Line(DensityLine { slope: 0.0, intercept: MUSCLE_DENSITY }, "constant-density/1"),
        MassModel::TwoComponent => Model::TwoComponent,
        MassModel::Physics => Model::Line(physics_line(), "water-attenuation/1"),
        MassModel::InternalTwoPoint => {
            two_point_line(subject).map_or_else(Model::Withheld, |line| Model::Line(line, "two-point-density/1"))
        }
    }
}

/// Attenuation is density times mu/rho, and HU tell attenuation relative to water.
fn physics_line() -> DensityLine {
    let ratio = at_energy(WATER) / at_energy(MUSCLE);
    DensityLine { slope: ratio / 1000.0, intercept: ratio }
}

/// Straight in the logarithms of energy and of mu/rho.
fn at_energy([low, high]: [f64; 2]) -> f64 {
    let [from, to] = TABLE_ENERGIES;
    low * (high / low).powf((ENERGY / from).ln() / (to / from).ln())
}

fn two_point_line(subject: &Subject<'_>) -> Result<DensityLine, Block> {
    // What air and fat are does not depend on scanner and date.
    let equipment = Equipment::default();
    let evidence = Evidence {
        volume: subject.volume,
        acquisition: subject.acquisition,
        equipment: &equipment,
        study_date: None,
        labels: relied_on(subject.labels),
    };
    let read = |tissue| match read_tissue(&evidence, tissue) {
        Ok(reading) => Ok(Hu(reading.hu)),
        Err(block) => Err(Block { reason: format!("mass by two-point-density/1: {}", block.reason), ..block }),
    };
    let (slope, intercept) = two_point_density(read(Tissue::Air)?, read(Tissue::Fat)?);
    Ok(DensityLine { slope, intercept })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Cm3 = Cm3(1.0);

    /// By hand: 1.06 (1 - f) + 0.92 f with f = (50 - HU) / 150.
    #[test]
    fn two_component_density_is_the_golden_table() {
        for (hu, density) in [(-100.0, 0.920), (-30.0, 0.985), (0.0, 1.013), (20.0, 1.032), (30.0, 1.041), (50.0, 1.060)] {
            let Components { lean, fat } = two_component(ONE, Hu(hu));
            assert_eq!(format!("{:.3}", lean.0 + fat.0), format!("{density:.3}"), "{hu} HU");
        }
    }

    #[test]
    fn pure_tissues_have_no_part_of_the_other_and_none_is_negative() {
        for (hu, lean, fat) in [(50.0, 1.06, 0.0), (70.0, 1.06, 0.0), (-100.0, 0.0, 0.92), (-140.0, 0.0, 0.92)] {
            assert_eq!(two_component(ONE, Hu(hu)), Components { lean: Gram(lean), fat: Gram(fat) }, "{hu} HU");
        }
    }

    /// Muscle at 50 HU has 1.0556 g/cm3 at 60 keV and 1.0581 at 80; 70 keV by hand: ln(70/60) / ln(80/60) is
    /// 0.535837, water 0.193690, muscle 0.192419 cm2/g.
    #[test]
    fn attenuation_relative_to_water_gives_the_density_of_muscle() {
        let at = |ratio: f64| (1.05 * ratio * 1e4).round() / 1e4;
        assert_eq!((at(WATER[0] / MUSCLE[0]), at(WATER[1] / MUSCLE[1])), (1.0556, 1.0581));
        assert!((physics_line().mass(ONE, Hu(50.0)).0 - 1.05 * 0.193690 / 0.192419).abs() < 1e-5);
    }
}
