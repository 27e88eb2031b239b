//! What a region gives: step 9 of the recipe in [`super`].

use super::project::{Projection, SPACING};
use super::regions::{PARTS, Parts};
use crate::calibration::Conversion;
use crate::measure::gates::not_calibrated;
use crate::report::{Block, Finding, GateCode, Measurement, NotMeasured, Quantity, Region};
use crate::units::{Cm2, Hu};

/// Of one pixel, in cm2.
const PIXEL: f64 = SPACING * SPACING / 100.0;
/// A smaller region is none.
const LEAST_AREA: Cm2 = Cm2(1.0);

const PLAIN: [Quantity; 3] = [Quantity::Area, Quantity::Volume, Quantity::AttenuationMean];
const MINERAL: [Quantity; 3] = [Quantity::ArealDensity, Quantity::MineralContent, Quantity::DensityMean];

/// Sums over a region.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// cm2.
    area: f64,
    /// cm3.
    volume: f64,
    /// HU times cm3.
    attenuation: f64,
    /// Grams; 0 without calibration.
    content: f64,
}

impl Sums {
    fn add(&mut self, other: Sums) {
        self.area += other.area;
        self.volume += other.volume;
        self.attenuation += other.attenuation;
        self.content += other.content;
    }
}

/// The total hip and, in the order of [`PARTS`], its parts; one that could not be told from another has the reason.
pub(super) struct Measured {
    total: Sums,
    parts: [Result<Sums, Block>; 3],
}

/// Sums up the regions.
///
/// `undivided`: why trochanter and intertrochanter are one.
pub(super) fn measure(projection: &Projection, parts: &Parts, undivided: Option<Block>) -> Result<Measured, Block> {
    let mut sums = [Sums::default(); 3];
    for (place, part) in parts.indexed_iter() {
        if let Some(part) = *part {
            sums[part].add(Sums {
                area: if projection.outline[place] { PIXEL } else { 0.0 },
                volume: projection.thickness[place] * PIXEL / 10.0,
                attenuation: projection.attenuation[place] * PIXEL / 10.0,
                content: projection.content.as_ref().map_or(0.0, |content| content[place] * PIXEL),
            });
        }
    }
    let mut total = Sums::default();
    sums.iter().for_each(|part| total.add(*part));
    let [neck, upper, lower] = sums;
    let apart = |sums| undivided.clone().map_or(Ok(sums), Err);
    let parts = [Ok(neck), apart(upper), apart(lower)];
    let known = PARTS.iter().zip(&parts).filter_map(|(region, part)| Some((region, part.as_ref().ok()?)));
    if let Some((region, small)) = known.into_iter().find(|(_, sums)| sums.area < LEAST_AREA.0) {
        return Err(Block {
            code: GateCode::RoiSmall,
            reason: format!(
                "the region {} of the femur has {:.2} cm2; at least {:.0} cm2 are needed",
                region.name(),
                small.area,
                LEAST_AREA.0
            ),
            found: Some(small.area),
        });
    }
    Ok(Measured { total, parts })
}

impl Measured {
    /// Mean CT number of the total hip.
    pub fn mean(&self) -> Hu {
        Hu(self.total.attenuation / self.total.volume)
    }

    /// Writes the values, or why there are no densities.
    pub fn write(&self, finding: &mut Finding, conversion: Option<&Conversion>, method: &str) {
        let parts = PARTS.into_iter().zip(self.parts.iter().map(Result::as_ref));
        for (region, sums) in std::iter::once((Region::TotalHip, Ok(&self.total))).chain(parts) {
            let sums = match sums {
                Ok(sums) => sums,
                Err(block) => {
                    finding.not_measured.push(nothing_of(region, block));
                    continue;
                }
            };
            let plain = [sums.area, sums.volume, sums.attenuation / sums.volume];
            for (quantity, value) in PLAIN.into_iter().zip(plain) {
                finding.measurements.push(Measurement::new(region, quantity, value, method));
            }
            let Some(conversion) = conversion else {
                finding.not_measured.push(NotMeasured::values(region, &MINERAL, not_calibrated()));
                continue;
            };
            // g/cm3 to mg/cm3.
            let mineral = [sums.content / sums.area, sums.content, sums.content / sums.volume * 1000.0];
            for (quantity, value) in MINERAL.into_iter().zip(mineral) {
                finding.measurements.push(Measurement::mineral(region, quantity, value, method, conversion.material));
            }
        }
    }
}

/// Withholds every value of every region.
pub(super) fn withhold(finding: &mut Finding, block: &Block) {
    for region in [Region::TotalHip, PARTS[0], PARTS[1], PARTS[2]] {
        finding.not_measured.push(nothing_of(region, block));
    }
}

fn nothing_of(region: Region, block: &Block) -> NotMeasured {
    NotMeasured::values(region, &[PLAIN, MINERAL].concat(), block.clone())
}
