//! Projection of a calibrated femur: steps 2 to 4 of the recipe in [`super`].

use super::pose::Frame;
use crate::calibration::Conversion;
use crate::geometry::{Grid, Index, Lps, add_scaled, dot};
use crate::report::{Block, GateCode};
use crate::segmentation::StructureMask;
use crate::units::Hu;
use crate::volume::CtVolume;
use ndarray::{Array2, Axis};
use rayon::prelude::*;

/// Distance of pixels, and of the points summed along a ray, in millimetres.
///
/// Half of the finest usual voxel or less: sums over this lattice then differ from integrals by far less than the voxels do.
/// Uemura 2022 uses 0.25 mm, which changes nothing but the time.
pub(super) const SPACING: f64 = 0.5;
/// Content of a pixel in g/cm2 per mg/cm3 times millimetre.
const GRAM_PER_CM2: f64 = 1e-4;
/// Radius in millimetres of the rounding that bone has at its outline; 10 to 25 in a femur, and the outline moves by less than a
/// tenth of a voxel within that range.
const OUTLINE_RADIUS: f64 = 15.0;
/// No proximal femur is longer in any direction, in millimetres; bounds what is allocated.
const MOST_EXTENT: f64 = 400.0;

/// A left femur in its CT; a right one comes with its grid mirrored.
#[derive(Clone, Copy)]
pub(super) struct Bone<'a> {
    pub grid: &'a Grid,
    pub volume: &'a CtVolume<'a>,
    pub mask: &'a StructureMask,
    pub conversion: Option<&'a Conversion>,
}

/// Which places of the frame the pixels show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Raster {
    /// Of the top left pixel, in pixels from the centre of the neck.
    first: [i64; 2],
    pub shape: [usize; 2],
}

impl Raster {
    /// Centre of a pixel, `[lateral, superior]` in millimetres. Rows go down, columns go lateral.
    pub fn place(&self, [row, column]: [usize; 2]) -> [f64; 2] {
        [(self.first[0] + column as i64) as f64 * SPACING, (self.first[1] - row as i64) as f64 * SPACING]
    }

    /// The pixel that holds a place, if any does.
    pub fn pixel(&self, [lateral, superior]: [f64; 2]) -> Option<[usize; 2]> {
        let row = self.first[1] as f64 - (superior / SPACING).round();
        let column = (lateral / SPACING).round() - self.first[0] as f64;
        let inside = |at: f64, length: usize| (0.0..length as f64).contains(&at).then_some(at as usize);
        Some([inside(row, self.shape[0])?, inside(column, self.shape[1])?])
    }
}

/// What the rays met, `[row, column]` of the raster.
pub(super) struct Projection {
    pub raster: Raster,
    /// Millimetres of bone.
    pub thickness: Array2<f64>,
    /// Hounsfield units times millimetres.
    pub attenuation: Array2<f64>,
    /// g/cm2; none without calibration.
    pub content: Option<Array2<f64>>,
    /// Whether the pixel counts as area.
    pub outline: Array2<bool>,
}

/// Projects the part of `bone` that lies above `lowest` of the frame.
pub(super) fn project(bone: Bone<'_>, frame: &Frame, lowest: f64) -> Result<Projection, Block> {
    let reach = Reach::find(bone, frame, lowest)?;
    let [rows, columns] = reach.raster.shape;
    let cells = Cells::new(bone.mask, reach.slices);
    let sums: Vec<[f64; 3]> = (0..rows)
        .into_par_iter()
        .flat_map_iter(|row| {
            let cells = &cells;
            (0..columns).map(move |column| {
                let place = reach.raster.place([row, column]);
                cells.ray(bone, frame.point(place, reach.depth[0]), frame.posterior, reach.depth[1] - reach.depth[0])
            })
        })
        .collect();
    let image = |of: usize, factor: f64| Array2::from_shape_fn((rows, columns), |(r, c)| sums[r * columns + c][of] * factor);
    let thickness = image(0, SPACING);
    Ok(Projection {
        raster: reach.raster,
        outline: outline(&thickness, bone.grid, frame),
        attenuation: image(1, SPACING),
        content: bone.conversion.map(|_| image(2, SPACING * GRAM_PER_CM2)),
        thickness,
    })
}

/// How far the wanted part of the bone extends.
struct Reach {
    raster: Raster,
    /// First and last, in millimetres from the centre of the neck.
    depth: [f64; 2],
    /// First and last slice of the mask.
    slices: [usize; 2],
}

impl Reach {
    fn find(bone: Bone<'_>, frame: &Frame, lowest: f64) -> Result<Reach, Block> {
        // A voxel's influence ends one voxel from its centre.
        let around = |axis: Lps| bone.grid.steps.iter().map(|step| dot(*step, axis).abs()).sum::<f64>();
        let margin = [frame.lateral, frame.superior, frame.posterior].map(around);
        let (mut least, mut most) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        let mut slices = [usize::MAX, 0];
        for index in bone.mask.indices() {
            let point = bone.grid.to_patient(index.map(|i| i as f64));
            let [lateral, superior] = frame.project(point);
            if superior < lowest - margin[1] {
                continue;
            }
            for (axis, at) in [lateral, superior, frame.depth(point)].into_iter().enumerate() {
                least[axis] = least[axis].min(at);
                most[axis] = most[axis].max(at);
            }
            let slice = index[0] - bone.mask.corner[0];
            slices = [slices[0].min(slice), slices[1].max(slice)];
        }
        let longest = (0..3).map(|axis| most[axis] - least[axis]).fold(f64::NEG_INFINITY, f64::max);
        if !(0.0..=MOST_EXTENT).contains(&longest) {
            return Err(Block {
                code: GateCode::NeckQc,
                reason: format!(
                    "the label above the distal end of the total hip is {longest:.0} mm long; a proximal femur is not longer than \
                     {MOST_EXTENT:.0} mm"
                ),
                found: Some(longest).filter(|length| length.is_finite()),
            });
        }
        let pixels = |axis: usize| {
            let from = ((least[axis] - margin[axis]) / SPACING).floor() as i64;
            let to = ((most[axis] + margin[axis]) / SPACING).ceil() as i64;
            (from, to)
        };
        let (left, right) = pixels(0);
        let (bottom, top) = pixels(1);
        let bottom = bottom.max((lowest / SPACING).ceil() as i64).min(top);
        let (front, back) = pixels(2);
        Ok(Reach {
            raster: Raster { first: [left, top], shape: [(top - bottom + 1) as usize, (right - left + 1) as usize] },
            depth: [front as f64 * SPACING, back as f64 * SPACING],
            slices,
        })
    }
}

/// The cells between eight voxel centres, for the slices of the mask that matter; the outermost cells reach one voxel beyond it.
struct Cells {
    /// Voxel of the CT at the upper corner of the second cell along each axis.
    corner: Index,
    shape: Index,
    /// Bit `4 z + 2 y + x` of a cell: whether its corner `[z, y, x]` is in the mask.
    members: Vec<u8>,
}

impl Cells {
    fn new(mask: &StructureMask, [first, last]: [usize; 2]) -> Cells {
        let (_, rows, columns) = mask.voxels.dim();
        let shape = [last - first + 2, rows + 1, columns + 1];
        let mut members = vec![0; shape.iter().product()];
        for ((z, y, x), _) in
            mask.voxels.slice_axis(Axis(0), (first..=last).into()).indexed_iter().filter(|(_, member)| **member)
        {
            for (bit, [dz, dy, dx]) in CORNERS.into_iter().enumerate() {
                members[((z + 1 - dz) * shape[1] + y + 1 - dy) * shape[2] + x + 1 - dx] |= 1 << bit;
            }
        }
        let [z, y, x] = mask.corner;
        Cells { corner: [z + first, y, x], shape, members }
    }

    /// Sums of membership, membership times HU, and membership times density along a ray of `length` millimetres.
    fn ray(&self, bone: Bone<'_>, from: Lps, direction: Lps, length: f64) -> [f64; 3] {
        let count = (length / SPACING).round();
        let start = bone.grid.to_index(from);
        let end = bone.grid.to_index(add_scaled(from, direction, length));
        let slope: [f64; 3] = std::array::from_fn(|axis| (end[axis] - start[axis]) / count.max(1.0));
        let start: [f64; 3] = std::array::from_fn(|axis| start[axis] - self.corner[axis] as f64 + 1.0);
        let mut sums = [0.0; 3];
        for k in 0..=count as usize {
            let at: [f64; 3] = std::array::from_fn(|axis| start[axis] + slope[axis] * k as f64);
            if (0..3).any(|axis| !(0.0..self.shape[axis] as f64).contains(&at[axis])) {
                continue;
            }
            let cell = at.map(|x| x as usize);
            let members = self.members[(cell[0] * self.shape[1] + cell[1]) * self.shape[2] + cell[2]];
            if members != 0 {
                let beyond = std::array::from_fn(|axis| at[axis] - cell[axis] as f64);
                self.add(bone, cell, members, beyond, &mut sums);
            }
        }
        sums
    }

    /// The trilinear mean of the eight voxels around a point, of which those outside the bone count as nothing.
    fn add(&self, bone: Bone<'_>, cell: Index, members: u8, beyond: [f64; 3], sums: &mut [f64; 3]) {
        for (_, step) in CORNERS.into_iter().enumerate().filter(|(bit, _)| members >> bit & 1 == 1) {
            let weight: f64 = (0..3).map(|axis| if step[axis] == 1 { beyond[axis] } else { 1.0 - beyond[axis] }).product();
            // A member lies in the CT, so one can be taken off.
            let hu = f64::from(bone.volume.hu(std::array::from_fn(|axis| cell[axis] + step[axis] + self.corner[axis] - 1)));
            sums[0] += weight;
            sums[1] += weight * hu;
            sums[2] += weight * bone.conversion.map_or(0.0, |conversion| conversion.density(Hu(hu)).0);
        }
    }
}

/// Of a cell, in the order of its bits.
const CORNERS: [Index; 8] = [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]];

/// Step 4 of the recipe.
fn outline(thickness: &Array2<f64>, grid: &Grid, frame: &Frame) -> Array2<bool> {
    let steps = grid.steps.map(|step| frame.flat(step));
    let (rows, columns) = thickness.dim();
    let at = |row: usize, column: usize| thickness.get([row, column]).copied().unwrap_or(0.0);
    Array2::from_shape_fn((rows, columns), |(row, column)| {
        let here = thickness[[row, column]];
        let slope =
            [at(row, column + 1) - at(row, column.wrapping_sub(1)), at(row.wrapping_sub(1), column) - at(row + 1, column)];
        let steepness = slope[0].hypot(slope[1]);
        if steepness == 0.0 {
            return here > 0.0;
        }
        let blur = steps.iter().map(|step| ((step[0] * slope[0] + step[1] * slope[1]) / steepness).powi(2)).sum::<f64>().sqrt();
        here > 4.0 / 15.0 * (8.0 * OUTLINE_RADIUS * blur).sqrt()
    })
}
