//! The voxels of segments, frame by frame.

use super::extent::{Extent, extents_of_labels};
use super::members::Members;
use super::resample::{TIE, nearest};
use super::spacing::SAME_SLICE;
use crate::geometry::{Grid, Index, Lps, add_scaled, cross, dot, subtract, unit};
use crate::read::{SegmentationObject, SegmentationPixels, SegmentationType};
use ndarray::{Array3, Axis};
use std::collections::BTreeMap;
use std::ops::Range;

/// A SEG object with its pixels.
pub(super) struct Frames<'a> {
    pub object: &'a SegmentationObject,
    pub pixels: &'a SegmentationPixels,
}

impl Frames<'_> {
    /// How far each segment reaches in one frame, as `[frame, row, column]`.
    pub fn extents(&self, frame: usize) -> BTreeMap<u16, Extent> {
        let [rows, columns] = self.object.size;
        let range = frame * rows * columns..(frame + 1) * rows * columns;
        match self.pixels {
            SegmentationPixels::Bytes(bytes) => extents_of_labels(&bytes[range], frame, columns),
            SegmentationPixels::Words(words) => extents_of_labels(&words[range], frame, columns),
            SegmentationPixels::Bits(bits) => {
                let mut extent = None;
                for row in 0..rows {
                    let mut reach: Option<(usize, usize)> = None;
                    let start = range.start + row * columns;
                    for_set_bits(bits, start..start + columns, |column| {
                        reach = Some((reach.map_or(column, |(first, _)| first), column));
                    });
                    if let Some((first, last)) = reach {
                        extent = Extent::join(extent, Extent { first: [frame, row, first], last: [frame, row, last] });
                    }
                }
                let number = self.object.frames[frame].segment_number;
                extent.into_iter().map(|extent| (number, extent)).collect()
            }
        }
    }

    /// Calls `visit` with each member's column, counted from the start of `columns`. BINARY frames hold one segment, so `members` is
    /// asked for LABELMAP only.
    fn for_members(&self, frame: usize, row: usize, columns: Range<usize>, members: &Members, mut visit: impl FnMut(usize)) {
        let start = (frame * self.object.size[0] + row) * self.object.size[1];
        let range = start + columns.start..start + columns.end;
        match self.pixels {
            SegmentationPixels::Bits(bits) => for_set_bits(bits, range, visit),
            SegmentationPixels::Bytes(bytes) => {
                let found = bytes[range].iter().enumerate().filter(|(_, value)| members.contains(u16::from(**value)));
                found.for_each(|(column, _)| visit(column));
            }
            SegmentationPixels::Words(words) => {
                let found = words[range].iter().enumerate().filter(|(_, value)| members.contains(**value));
                found.for_each(|(column, _)| visit(column));
            }
        }
    }

    /// The voxels of the segments `members`, copied. `parts` says which slice of the CT each frame is, and how far they reach in it.
    pub fn copy(&self, members: &Members, parts: &[(usize, Extent)]) -> Option<(Index, Array3<bool>)> {
        let on_slice = |(slice, extent): &(usize, Extent)| {
            let ([_, row, column], [_, last_row, last_column]) = (extent.first, extent.last);
            Extent { first: [*slice, row, column], last: [*slice, last_row, last_column] }
        };
        let whole = parts.iter().map(on_slice).reduce(Extent::union)?;
        let mut voxels = Array3::from_elem(whole.shape(), false);
        for (slice, extent) in parts {
            for row in extent.range(1) {
                let columns = extent.range(2);
                let offset = columns.start - whole.first[2];
                let mut plane = voxels.index_axis_mut(Axis(0), slice - whole.first[0]);
                let mut target = plane.row_mut(row - whole.first[1]);
                self.for_members(extent.first[0], row, columns, members, |column| target[offset + column] = true);
            }
        }
        Some((whole.first, voxels))
    }

    /// The slice of the CT that each frame is, or `None` if a frame lies between the voxels of the CT or the slices are `spacing` mm
    /// apart and the CT's are not: a frame of thicker slices stands for several of the CT. Frames beyond the first or last slice are
    /// fine, and get a number outside the CT.
    ///
    /// In the plane a hundredth of a voxel is allowed over the whole frame, as in [`Grid::coincides_with`]; along the slices a tenth,
    /// because scanners place slices less regularly than pixels.
    pub fn slices_on(&self, grid: &Grid, spacing: Option<f64>) -> Option<Vec<i64>> {
        let [rows, columns] = self.object.size;
        let step = dot(grid.steps[0], unit(cross(grid.steps[1], grid.steps[2]))).abs();
        if grid.shape[1..] != [rows, columns] || spacing.is_some_and(|spacing| (spacing / step - 1.0).abs() > 0.1) {
            return None;
        }
        let slice_of = |frame: usize| {
            let slice = grid.to_index(self.position(frame, 0.0, 0.0))[0].round();
            let fits = [(0, 0), (rows, 0), (0, columns)].into_iter().all(|(row, column)| {
                let (row, column) = (row as f64, column as f64);
                let [s, r, c] = grid.to_index(self.position(frame, row, column));
                (s - slice).abs() < 0.1 && (r - row).abs() < 0.01 && (c - column).abs() < 0.01
            });
            (fits && slice.abs() < 1e9).then_some(slice as i64)
        };
        (0..self.object.frames.len()).map(slice_of).collect()
    }

    /// Patient position of a fractional pixel of a frame.
    pub fn position(&self, frame: usize, row: f64, column: f64) -> Lps {
        let ([along_row, along_column], [row_spacing, column_spacing]) = (self.object.orientation, self.object.pixel_spacing);
        let start = add_scaled(self.object.frames[frame].position, along_row, column * column_spacing);
        add_scaled(start, along_column, row * row_spacing)
    }

    fn is_member(&self, frame: usize, members: &Members, point: Lps) -> bool {
        let ([along_row, along_column], [row_spacing, column_spacing]) = (self.object.orientation, self.object.pixel_spacing);
        let [rows, columns] = self.object.size;
        let offset = subtract(point, self.object.frames[frame].position);
        let row = nearest(dot(offset, along_column) / row_spacing, rows);
        let column = nearest(dot(offset, along_row) / column_spacing, columns);
        let (Some(row), Some(column)) = (row, column) else { return false };
        let value = self.pixels.value((frame * rows + row) * columns + column);
        match self.pixels {
            SegmentationPixels::Bits(_) => value == 1,
            _ => members.contains(value),
        }
    }
}

/// Calls `visit` with the place, counted from the start of `range`, of every bit that is set there.
fn for_set_bits(bits: &[u8], range: Range<usize>, mut visit: impl FnMut(usize)) {
    let mut at = range.start;
    while at < range.end {
        let count = (8 - at % 8).min(range.end - at);
        let mut rest = bits[at / 8] >> (at % 8) & (0xFF >> (8 - count));
        while rest != 0 {
            visit(at - range.start + rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
        at += count;
    }
}

/// The slices of a SEG that is not on the grid of the CT, in order along their normal.
pub(super) struct Planes {
    normal: Lps,
    /// Distance of neighbouring slices in millimetres.
    spacing: f64,
    /// Distance along the normal, and the frames that lie there.
    planes: Vec<(f64, Vec<usize>)>,
}

impl Planes {
    /// The slices of `object`, which are `spacing` mm apart.
    pub fn new(object: &SegmentationObject, spacing: f64) -> Planes {
        let normal = cross(object.orientation[0], object.orientation[1]);
        let mut placed: Vec<(f64, usize)> =
            object.frames.iter().enumerate().map(|(frame, at)| (dot(at.position, normal), frame)).collect();
        placed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut planes: Vec<(f64, Vec<usize>)> = Vec::new();
        for (distance, frame) in placed {
            match planes.last_mut() {
                Some((known, frames)) if distance - *known < SAME_SLICE => frames.push(frame),
                _ => planes.push((distance, vec![frame])),
            }
        }
        Planes { normal, spacing, planes }
    }

    /// The same slices with only those frames that can hold the segments `members`.
    pub fn of_segments(&self, object: &SegmentationObject, members: &Members) -> Planes {
        let can_hold = |frame: &usize| match object.segmentation_type {
            SegmentationType::Binary => members.contains(object.frames[*frame].segment_number),
            SegmentationType::LabelMap => true,
        };
        let kept = |(at, frames): &(f64, Vec<usize>)| (*at, frames.iter().copied().filter(can_hold).collect::<Vec<_>>());
        let planes = self.planes.iter().map(kept).filter(|(_, frames)| !frames.is_empty()).collect();
        Planes { planes, ..*self }
    }

    /// Whether the centre `point` lies in one of the segments `members`, whose planes these are: in the nearest slice, at the
    /// nearest pixel. Beyond half a spacing from the outermost slices, and where slices are left out, nothing is a member.
    pub fn is_member(&self, frames: &Frames, members: &Members, point: Lps) -> bool {
        let distance = dot(point, self.normal);
        let above = self.planes.partition_point(|(plane, _)| *plane <= distance);
        let away = |plane: &&(f64, Vec<usize>)| (plane.0 - distance).abs() / self.spacing;
        let lower = above.checked_sub(1).and_then(|below| self.planes.get(below));
        let upper = self.planes.get(above);
        // Rounded positions leave slots between the half spacings of neighbours.
        let is_between = lower.zip(upper).is_some_and(|(lower, upper)| upper.0 - lower.0 < 1.5 * self.spacing);
        let reach = if is_between { 1.5 } else { 0.5 };
        let is_nearer = |upper: &&(f64, Vec<usize>)| lower.is_none_or(|lower| away(upper) <= away(&lower) + TIE);
        let upper = upper.filter(|upper| away(upper) <= reach + TIE && is_nearer(upper));
        let plane = upper.or(lower.filter(|lower| away(lower) < reach - TIE));
        plane.is_some_and(|(_, at)| at.iter().any(|frame| frames.is_member(*frame, members, point)))
    }

    /// Corners of what the frame extents of a structure cover, half a slice spacing added on both sides.
    pub fn corners(&self, frames: &Frames, extents: &[Extent]) -> Vec<Lps> {
        let of_frame = |extent: &Extent| {
            let ([frame, row, column], [_, last_row, last_column]) = (extent.first, extent.last);
            let (rows, columns) = ([row as f64 - 0.5, last_row as f64 + 0.5], [column as f64 - 0.5, last_column as f64 + 0.5]);
            let half = [-self.spacing / 2.0, self.spacing / 2.0];
            let mut corners = Vec::with_capacity(8);
            for (row, column, lift) in rows.iter().flat_map(|r| columns.iter().flat_map(move |c| half.map(|h| (*r, *c, h)))) {
                corners.push(add_scaled(frames.position(frame, row, column), self.normal, lift));
            }
            corners
        };
        extents.iter().flat_map(of_frame).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_found_wherever_the_range_begins_and_ends() {
        let bits = [0b1000_0001, 0b0000_0000, 0b0110_0000, 0b1111_1111];
        for start in 0..32 {
            for end in start..=32 {
                let mut found = Vec::new();
                for_set_bits(&bits, start..end, |bit| found.push(start + bit));
                let expected: Vec<usize> = (start..end).filter(|bit| bits[bit / 8] >> (bit % 8) & 1 == 1).collect();
                assert_eq!(found, expected, "{start}..{end}");
            }
        }
    }
}
