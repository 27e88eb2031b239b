//! From an image that is not DICOM to a volume.

use super::order::Order;
use super::{AssembleError, CtVolume, LEAST_SLICES, StoredValues};
use crate::geometry::Grid;
use crate::progress::{Progress, Stage};
use crate::read::{Block, HostVolume, MemoryVolume, ReadError, Voxels};
use ndarray::{Array3, ArrayView3};
use rayon::prelude::*;

/// What 16 bits hold. The air around a patient is -1000 HU; no scanner codes lower than this where it scanned nothing, nor metal higher.
const REPRESENTABLE: [f64; 2] = [-32768.0, 32767.0];
/// A patient has fat, and noise on muscle, below 0 HU and bone or noise on muscle above 50 HU, wherever the image is cut: what stays
/// above 0 are stored values without their intercept, or shades of grey; what stays below 50 was normalised for a network.
const PATIENT: [f64; 2] = [0.0, 50.0];

/// The volume of an image that a host holds.
///
/// Whole numbers that 16 bits hold are kept as they are; those in memory that are stored as such are borrowed. Others are kept in steps
/// of the smallest power of two with which 16 bits reach from the lowest to the highest, 1/16 HU for the usual 4096 values: no value
/// moves by more than half a step, nor by more than 0.5 HU.
///
/// Voxels that stand in another order than those of a CT of a patient who lies on the back (slices towards the head, rows towards the
/// back, columns towards the left) are copied into this order; so are those of a mirrored grid.
pub fn from_host<'a>(image: &'a HostVolume<'_>, progress: Progress<'_>) -> Result<CtVolume<'a>, AssembleError> {
    let volume = match image {
        HostVolume::Memory(MemoryVolume { voxels: Voxels::I16(voxels), grid }) => borrowed(image, voxels, grid)?,
        _ => converted(image, progress)?,
    };
    let least = volume.grid.shape.into_iter().min().unwrap_or(0);
    if least < LEAST_SLICES {
        return Err(AssembleError::TooFewSlices { found: least, least: LEAST_SLICES });
    }
    let order = Order::of(&volume.grid);
    let grid = order.grid(&volume.grid);
    progress.report(Stage::Read, 1.0)?;
    Ok(CtVolume { grid, stored: order.arrange(volume.stored), ..volume })
}

fn borrowed<'a>(image: &HostVolume<'_>, voxels: &'a [i16], grid: &Grid) -> Result<CtVolume<'a>, AssembleError> {
    let (low, high) = voxels
        .par_chunks(1 << 16)
        .map(|chunk| chunk.iter().fold((i16::MAX, i16::MIN), |(low, high), one| (low.min(*one), high.max(*one))))
        .reduce(|| (i16::MAX, i16::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
    check_range(image, [low, high].map(f64::from))?;
    let stored = ArrayView3::from_shape(grid.shape, voxels).map_err(|error| defect(image, error))?;
    Ok(CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 })
}

fn converted(image: &HostVolume<'_>, progress: Progress<'_>) -> Result<CtVolume<'static>, AssembleError> {
    let mut whole = WholeNumbers::default();
    let grid = image.read(|grid, block| {
        progress.report(Stage::Read, 0.5 * whole.seen as f32 / grid.len() as f32)?;
        whole.take(grid, block).map_err(|detail| ReadError::Volume { name: image.name(), detail })
    })?;
    check_range(image, [whole.low, whole.high])?;
    if !whole.has_fraction {
        return Ok(CtVolume { stored: shaped(image, &grid, whole.stored)?, grid, slope: 1.0, intercept: 0.0 });
    }
    // The range is known only now: a second look costs time, holding all of it would cost four times the memory.
    let steps = Steps::reaching(whole.low, whole.high);
    let mut stored = reserved(&grid).map_err(|detail| defect(image, detail))?;
    image.read(|grid, block| {
        progress.report(Stage::Read, 0.5 + 0.5 * stored.len() as f32 / grid.len() as f32)?;
        each(block, |hu| stored.push(steps.nearest(hu)));
        Ok(())
    })?;
    let stored = shaped(image, &grid, stored)?;
    Ok(CtVolume { grid, stored, slope: steps.slope as f32, intercept: steps.intercept as f32 })
}

fn shaped(image: &HostVolume<'_>, grid: &Grid, stored: Vec<i16>) -> Result<StoredValues<'static>, AssembleError> {
    Ok(Array3::from_shape_vec(grid.shape, stored).map_err(|error| defect(image, error))?.into())
}

fn check_range(image: &HostVolume<'_>, [low, high]: [f64; 2]) -> Result<(), AssembleError> {
    let accepted = low >= REPRESENTABLE[0] && high <= REPRESENTABLE[1] && low < PATIENT[0] && high > PATIENT[1];
    match accepted {
        true => Ok(()),
        false => Err(AssembleError::NotHounsfield { name: image.name(), low, high }),
    }
}

fn defect(image: &HostVolume<'_>, detail: impl ToString) -> AssembleError {
    AssembleError::Read(ReadError::Volume { name: image.name(), detail: detail.to_string() })
}

/// Room for every voxel: address space, which takes memory only when it is filled.
fn reserved(grid: &Grid) -> Result<Vec<i16>, String> {
    let mut stored = Vec::new();
    stored.try_reserve_exact(grid.len()).map_err(|_| format!("there is no memory for its {} voxels", grid.len()))?;
    Ok(stored)
}

fn each(block: Block<'_>, mut take: impl FnMut(f64)) {
    match block {
        Block::Shorts(all) => all.iter().for_each(|one| take(f64::from(*one))),
        Block::Numbers(all) => all.iter().for_each(|one| take(*one)),
    }
}

/// What was seen of an image: its values as long as 16 bits hold them exactly, and how far all reach.
struct WholeNumbers {
    stored: Vec<i16>,
    has_fraction: bool,
    seen: usize,
    low: f64,
    high: f64,
}

impl Default for WholeNumbers {
    fn default() -> Self {
        WholeNumbers { stored: Vec::new(), has_fraction: false, seen: 0, low: f64::INFINITY, high: f64::NEG_INFINITY }
    }
}

impl WholeNumbers {
    fn take(&mut self, grid: &Grid, block: Block<'_>) -> Result<(), String> {
        if self.seen == 0 {
            self.stored = reserved(grid)?;
        }
        match block {
            Block::Shorts(all) => {
                let (low, high) = all.iter().fold((i16::MAX, i16::MIN), |(low, high), one| (low.min(*one), high.max(*one)));
                self.reach(f64::from(low), f64::from(high));
                self.stored.extend_from_slice(all);
                self.seen += all.len();
            }
            Block::Numbers(all) => {
                all.iter().try_for_each(|hu| self.take_number(*hu))?;
                self.seen += all.len();
            }
        }
        Ok(())
    }

    fn take_number(&mut self, hu: f64) -> Result<(), String> {
        if !hu.is_finite() {
            return Err(format!("it holds the value {hu}; HU in every voxel are accepted"));
        }
        self.reach(hu, hu);
        if !self.has_fraction {
            let whole = hu as i16;
            self.has_fraction = f64::from(whole) != hu;
            self.stored.push(whole);
        }
        Ok(())
    }

    fn reach(&mut self, low: f64, high: f64) {
        (self.low, self.high) = (self.low.min(low), self.high.max(high));
    }
}

/// `HU = slope * stored + intercept`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Steps {
    slope: f64,
    intercept: f64,
}

impl Steps {
    /// The smallest power of two with which 16 bits reach from `low` to `high`; stored values are whole multiples of it, so that whole
    /// and half HU stay exact.
    fn reaching(low: f64, high: f64) -> Steps {
        // One step more than the range needs, because both ends are moved to a multiple.
        let slope = ((high - low) / 65534.0).log2().ceil().exp2();
        Steps { slope, intercept: ((low / slope).floor() + 32768.0) * slope }
    }

    fn nearest(self, hu: f64) -> i16 {
        ((hu - self.intercept) / self.slope).round() as i16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_moves_by_more_than_half_a_step() {
        for (low, high, slope) in
            [(-1024.0, 3071.0, 0.0625), (-1023.97, 3070.9, 0.0625), (-3024.0, 32767.0, 1.0), (-100.3, 99.4, 1.0 / 256.0)]
        {
            let steps = Steps::reaching(low, high);
            assert_eq!(steps.slope, slope, "{low} to {high}");
            for number in 0..=1000 {
                let hu = low + (high - low) * f64::from(number) / 1000.0;
                let kept = steps.slope * f64::from(steps.nearest(hu)) + steps.intercept;
                assert!((kept - hu).abs() <= slope / 2.0, "{hu} became {kept}");
            }
        }
    }

    #[test]
    fn whole_and_half_hounsfield_units_stay_exact() {
        let steps = Steps::reaching(-1023.7, 3070.3);
        for hu in [-1023.0, -999.5, 0.0, 0.5, 41.0, 3070.0] {
            assert_eq!(steps.slope * f64::from(steps.nearest(hu)) + steps.intercept, hu);
        }
    }
}
