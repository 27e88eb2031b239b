//! The CT on a view, with structures filled and outlined, as pixels.

use super::view::View;
use crate::geometry::{Grid, Lps};
use crate::segmentation::StructureMask;
use crate::volume::CtVolume;
use rayon::prelude::*;

/// A grey window: width and centre in HU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Window Width (0028,1051).
    pub width: f32,
    /// Window Center (0028,1050).
    pub center: f32,
}

/// How strongly structures cover the CT.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink {
    /// Share of the structure's colour inside, 0 to 1.
    pub fill: f32,
    /// Thickness of outlines in pixels.
    pub outline: usize,
}

/// Where a structure shows in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Index into the masks.
    pub mask: usize,
    /// A pixel of the structure near its middle, `[column, row]`.
    pub middle: [usize; 2],
    /// Columns it covers, first and last.
    pub columns: [usize; 2],
}

/// sRGB pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` colours, row by row.
    pub rgb: Vec<[u8; 3]>,
    /// One per structure that shows.
    pub marks: Vec<Mark>,
}

/// What is painted, and how.
#[derive(Clone, Copy)]
pub struct Painting<'a> {
    /// The CT.
    pub volume: &'a CtVolume<'a>,
    /// Structures, in their own colours; where two overlap the first one shows.
    pub masks: &'a [&'a StructureMask],
    /// Regions, outlined in white.
    pub regions: &'a [&'a StructureMask],
    /// Grey window.
    pub window: Window,
    /// Cover.
    pub ink: Ink,
}

/// No structure at this pixel.
const NOTHING: u16 = u16::MAX;

impl Painting<'_> {
    /// Paints `view` with `per_mm` pixels a millimetre.
    pub fn paint(&self, view: &View, per_mm: f64) -> Pixels {
        let [width, height] = view.size().map(|size| (size * per_mm).round().max(1.0) as usize);
        let sampler = Sampler::new(&self.volume.grid);
        let samples: Vec<(u8, u16, u16)> = (0..width * height)
            .into_par_iter()
            .map(|pixel| {
                let (column, row) = (pixel % width, pixel / width);
                let index = sampler.index(view.point([(column as f64 + 0.5) / per_mm, (row as f64 + 0.5) / per_mm]));
                (self.grey(index), first_holding(self.masks, index), first_holding(self.regions, index))
            })
            .collect();
        let owners: Vec<u16> = samples.iter().map(|sample| sample.1).collect();
        let regions: Vec<u16> = samples.iter().map(|sample| sample.2).collect();
        let rgb = (0..width * height)
            .into_par_iter()
            .map(|pixel| {
                let grey = samples[pixel].0;
                if regions[pixel] != NOTHING && is_edge(&regions, width, pixel, self.ink.outline) {
                    return [255; 3];
                }
                let Some(mask) = self.masks.get(usize::from(owners[pixel])) else { return [grey; 3] };
                if is_edge(&owners, width, pixel, self.ink.outline) {
                    return outline_color(mask.structure.color());
                }
                let cover = self.ink.fill;
                mask.structure.color().map(|c| (f32::from(c) * cover + f32::from(grey) * (1.0 - cover)).round() as u8)
            })
            .collect();
        Pixels { width, height, rgb, marks: marks(&owners, width) }
    }

    fn grey(&self, index: [f64; 3]) -> u8 {
        let Some(hu) = interpolate(self.volume, index) else { return 0 };
        let Window { width, center } = self.window;
        (((hu - center) / width + 0.5).clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    }
}

/// The colour of a structure, lighter, so that outlines stand out on muscle and bone in a grey print too.
pub fn outline_color(color: [u8; 3]) -> [u8; 3] {
    color.map(|c| c + (u8::MAX - c) / 2)
}

/// Patient position to voxel index, without solving the same equations for every pixel.
struct Sampler {
    zero: [f64; 3],
    per_mm: [[f64; 3]; 3],
}

impl Sampler {
    fn new(grid: &Grid) -> Self {
        let zero = grid.to_index([0.0; 3]);
        let per_mm = std::array::from_fn(|axis| {
            let mut point = [0.0; 3];
            point[axis] = 1.0;
            let index = grid.to_index(point);
            std::array::from_fn(|i| index[i] - zero[i])
        });
        Sampler { zero, per_mm }
    }

    fn index(&self, point: Lps) -> [f64; 3] {
        std::array::from_fn(|i| self.zero[i] + (0..3).map(|axis| self.per_mm[axis][i] * point[axis]).sum::<f64>())
    }
}

/// Trilinear HU; `None` more than half a voxel outside.
fn interpolate(volume: &CtVolume<'_>, index: [f64; 3]) -> Option<f32> {
    let shape = volume.grid.shape;
    let mut low = [0; 3];
    let mut share = [0.0; 3];
    for axis in 0..3 {
        let last = shape[axis].checked_sub(1)?;
        if !(-0.5..=last as f64 + 0.5).contains(&index[axis]) {
            return None;
        }
        let inside = index[axis].clamp(0.0, last as f64);
        low[axis] = inside as usize;
        share[axis] = inside - low[axis] as f64;
    }
    let mut stored = 0.0;
    for corner in 0..8_usize {
        let far: [usize; 3] = std::array::from_fn(|axis| (corner >> axis) & 1);
        let weight: f64 = (0..3).map(|axis| if far[axis] == 1 { share[axis] } else { 1.0 - share[axis] }).product();
        if weight > 0.0 {
            stored += weight * f64::from(*volume.stored.get(std::array::from_fn::<_, 3, _>(|axis| low[axis] + far[axis]))?);
        }
    }
    Some(volume.slope * stored as f32 + volume.intercept)
}

/// The first mask that holds the voxel nearest to `index`.
fn first_holding(masks: &[&StructureMask], index: [f64; 3]) -> u16 {
    let voxel = index.map(f64::round);
    let holds = |mask: &&StructureMask| {
        let inside: [Option<usize>; 3] = std::array::from_fn(|axis| {
            (voxel[axis] >= 0.0).then(|| (voxel[axis] as usize).checked_sub(mask.corner[axis])).flatten()
        });
        match inside {
            [Some(slice), Some(row), Some(column)] => mask.voxels.get([slice, row, column]).copied().unwrap_or(false),
            _ => false,
        }
    };
    masks.iter().position(holds).and_then(|position| u16::try_from(position).ok()).unwrap_or(NOTHING)
}

/// Whether another owner, or the end of the picture, lies within `reach` pixels.
pub(super) fn is_edge(owners: &[u16], width: usize, pixel: usize, reach: usize) -> bool {
    let (column, row) = (pixel % width, pixel / width);
    (1..=reach).any(|step| {
        let left = column.checked_sub(step).map(|_| pixel - step);
        let right = (column + step < width).then(|| pixel + step);
        let up = row.checked_sub(step).map(|_| pixel - step * width);
        let down = Some(pixel + step * width);
        [left, right, up, down].into_iter().any(|other| other.and_then(|at| owners.get(at)) != Some(&owners[pixel]))
    })
}

/// Where each structure shows.
fn marks(owners: &[u16], width: usize) -> Vec<Mark> {
    let mut pixels: std::collections::BTreeMap<u16, Vec<[usize; 2]>> = std::collections::BTreeMap::new();
    for (pixel, owner) in owners.iter().enumerate().filter(|(_, owner)| **owner != NOTHING) {
        pixels.entry(*owner).or_default().push([pixel % width, pixel / width]);
    }
    pixels.into_iter().filter_map(|(owner, pixels)| mark(owner, &pixels)).collect()
}

/// The pixel of the structure nearest to its centre: the centre itself may lie outside a bent one.
fn mark(owner: u16, pixels: &[[usize; 2]]) -> Option<Mark> {
    let mean = |axis: usize| pixels.iter().map(|pixel| pixel[axis] as f64).sum::<f64>() / pixels.len() as f64;
    let centre = [mean(0), mean(1)];
    let distance = |pixel: &[usize; 2]| (pixel[0] as f64 - centre[0]).powi(2) + (pixel[1] as f64 - centre[1]).powi(2);
    let middle = *pixels.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    let columns = pixels.iter().fold([usize::MAX, 0], |[low, high], [column, _]| [low.min(*column), high.max(*column)]);
    Some(Mark { mask: usize::from(owner), middle, columns })
}

#[cfg(test)]
mod tests {
    use super::super::view::Direction;
    use super::*;
    use crate::anatomy::{Side, Structure};
    use ndarray::Array3;

    /// HU is the column number times 10.
    fn ramp() -> CtVolume<'static> {
        let grid = Grid { shape: [4, 6, 8], origin: [0.0; 3], steps: [[0.0, 0.0, 3.0], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0]] };
        let stored = Array3::from_shape_fn((4, 6, 8), |(_, _, column)| column as i16);
        CtVolume { grid, stored: stored.into(), slope: 10.0, intercept: 0.0 }
    }

    fn block(corner: [usize; 3], shape: [usize; 3]) -> StructureMask {
        StructureMask {
            structure: Structure::L3,
            side: Side::None,
            corner,
            voxels: Array3::from_elem(shape, true),
            segments: Vec::new(),
        }
    }

    #[test]
    fn interpolation_is_linear_inside_and_stops_half_a_voxel_outside() {
        let volume = ramp();
        assert_eq!(interpolate(&volume, [1.5, 2.5, 3.25]), Some(32.5));
        assert_eq!(interpolate(&volume, [-0.5, 0.0, 7.5]), Some(70.0));
        assert_eq!(interpolate(&volume, [0.0, 0.0, 7.6]), None);
        assert_eq!(interpolate(&volume, [f64::NAN, 0.0, 0.0]), None);
    }

    #[test]
    fn a_structure_has_its_outline_and_fill_where_its_voxels_are() {
        let volume = ramp();
        let mask = block([1, 1, 2], [2, 4, 4]);
        let view = View::through_largest_section(Direction::Axial, &volume.grid, &[&mask]).expect("a view");
        let painting = Painting {
            volume: &volume,
            masks: &[&mask],
            regions: &[],
            window: Window { width: 100.0, center: 50.0 },
            ink: Ink { fill: 0.0, outline: 1 },
        };
        let pixels = painting.paint(&view, 2.0);
        let at = |x: usize, y: usize| pixels.rgb[y * pixels.width + x];
        assert_eq!((pixels.width, pixels.height), (16, 24));
        // The mask covers columns 2 to 5 (pixels 4 to 11) and rows 1 to 4 (pixels 4 to 19).
        assert_eq!(at(4, 10), outline_color(Structure::L3.color()));
        assert_eq!(at(3, 10)[0], at(3, 10)[1]);
        // Pixel 8 has its centre at column 3.75: 37.5 HU in a window from 0 to 100.
        assert_eq!(at(8, 10), [96; 3]);
        assert_eq!(pixels.marks.len(), 1);
        assert_eq!(pixels.marks[0].columns, [4, 11]);
    }
}
