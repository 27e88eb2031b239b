//! Film and CT at one resolution: what a pose costs.

use super::Film;
use super::bone::Bone;
use super::coverage::{coverage, eroded};
use super::image::{REACH, shrink, smooth};
use super::similarity::{Comparison, Similarity};
use crate::projection::{Detector, Pose, View, project};
use ndarray::{Array2, Slice};
use std::ops::Range;

/// A pose that leaves less of the film to compare than this share is worth nothing: a similarity of a few pixels says nothing.
const LEAST_COVERED: f64 = 0.25;

/// A part of a film, in its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Region {
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

/// Film and bones with pixels and voxels of one size.
#[derive(Clone)]
pub(super) struct Stage {
    film: Comparison,
    view: View,
    bone: Bone,
    /// Exposed, and not next to what is not, or to the border.
    usable: Array2<bool>,
    /// Film pixels in a pixel of this stage.
    factor: usize,
    region: Region,
}

impl Stage {
    /// `view` is that of the whole film; `pixel_mm` and `voxel_mm` are met as nearly as whole numbers of pixels and voxels allow.
    pub fn new(
        film: &Film<'_>,
        view: &View,
        region: Region,
        bone: &Bone,
        [pixel_mm, voxel_mm]: [f64; 2],
        by: Similarity,
    ) -> Stage {
        let own = view.detector.pixel_area_mm2().sqrt();
        let factor = ((pixel_mm / own).round() as usize).max(1);
        let cut = |axis: ndarray::AxisDescription| match axis.axis.0 {
            0 => Slice::from(region.rows.clone()),
            _ => Slice::from(region.columns.clone()),
        };
        let image = smooth(&shrink(&film.attenuation.slice_each_axis(cut).to_owned(), factor));
        let exposed = shrink(&film.exposed.slice_each_axis(cut).mapv(|exposed| f32::from(u8::from(exposed))), factor);
        let usable = eroded(&exposed.mapv(|share| share > 0.999), REACH - 1);
        let middle = (factor - 1) as f64 / 2.0;
        let corner = [region.rows.start, region.columns.start].map(|first| first as f64 + middle);
        let detector = Detector {
            rows: image.nrows(),
            columns: image.ncols(),
            first: view.detector.to_patient(corner),
            row_step: view.detector.row_step.map(|step| step * factor as f64),
            column_step: view.detector.column_step.map(|step| step * factor as f64),
        };
        let view = View { detector, ..*view };
        Stage { film: Comparison::new(by, image), view, bone: bone.shrunk(voxel_mm), usable, factor, region }
    }

    /// How alike the film and the bones at `pose` are.
    pub fn similarity(&self, pose: &Pose) -> f64 {
        let grid = pose.apply_to_grid(&self.bone.grid);
        let covered = eroded(&coverage(&grid, self.bone.cut, &self.view), REACH - 1);
        let valid = Array2::from_shape_fn(self.usable.dim(), |at| self.usable[at] && covered[at]);
        let count = |mask: &Array2<bool>| mask.iter().filter(|valid| **valid).count() as f64;
        if count(&valid) < LEAST_COVERED * count(&self.usable) {
            return 0.0;
        }
        self.film.compare(&smooth(&project(self.bone.field.view(), &grid, &self.view)), &valid)
    }

    /// The same, with what can be compared fixed as it is at `pose`, `margin` pixels away from what the CT does not explain. A search
    /// among poses that differ by less is then not drawn to those that leave more of a bad fit out.
    pub fn settled(&self, pose: &Pose, margin: usize) -> Stage {
        let mut settled = self.clone();
        let covered = eroded(&coverage(&pose.apply_to_grid(&self.bone.grid), self.bone.cut, &self.view), REACH - 1 + margin);
        settled.usable.zip_mut_with(&covered, |usable, covered| *usable &= *covered);
        settled.bone.cut = [false, false];
        settled
    }

    /// The part of the film on which the bones at `pose` fall, with a margin of `margin` pixels of this stage; all of it where none
    /// do.
    pub fn shadow(&self, pose: &Pose, margin: usize) -> Region {
        let image = project(self.bone.field.view(), &pose.apply_to_grid(&self.bone.grid), &self.view);
        let met = |line: ndarray::ArrayView1<'_, f32>| line.iter().any(|value| *value > 0.0);
        let rows = span(image.rows().into_iter().map(met), margin);
        let columns = span(image.columns().into_iter().map(met), margin);
        let (Some(rows), Some(columns)) = (rows, columns) else { return self.region.clone() };
        let on_film = |found: Range<usize>, own: &Range<usize>| {
            own.start + found.start * self.factor..(own.start + found.end * self.factor).min(own.end)
        };
        Region { rows: on_film(rows, &self.region.rows), columns: on_film(columns, &self.region.columns) }
    }
}

/// From the first to one past the last that is met, with a margin.
fn span(met: impl ExactSizeIterator<Item = bool> + DoubleEndedIterator + Clone, margin: usize) -> Option<Range<usize>> {
    let last = met.clone().rposition(|met| met)?;
    let (count, first) = (met.len(), met.clone().position(|met| met)?);
    Some(first.saturating_sub(margin)..(last + 1 + margin).min(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;
    use crate::projection::FilmGeometry;
    use crate::units::Mm;
    use crate::volume::CtVolume;
    use ndarray::Array3;

    /// A block of bone from the first slice of a CT on, over which a film shows it going on.
    fn cut_bone() -> (Bone, Array2<f32>, FilmGeometry) {
        let steps = [[0.0, 0.0, 2.0], [0.0, 2.0, 0.0], [2.0, 0.0, 0.0]];
        let grid = Grid { shape: [60, 40, 60], origin: [-59.0, -39.0, 0.0], steps };
        let block = |j: usize, i: usize| (10..30).contains(&j) && (15..45).contains(&i);
        let stored = Array3::from_shape_fn(grid.shape, |(k, j, i)| if k < 45 && block(j, i) { 900 } else { 0 });
        let bone = Bone::of(&CtVolume { grid, stored: stored.into(), slope: 1.0, intercept: 0.0 }, 100.0).expect("bone");
        let geometry = FilmGeometry { rows: 100, columns: 100, pixel_spacing_mm: [Mm(2.0); 2], ..FilmGeometry::default() };
        let film = Array2::from_shape_fn((100, 100), |(row, column)| {
            // Noise below the CT's end, of which it knows nothing.
            if row > 50 { ((row * 7919 + column * 104_729) % 97) as f32 } else { row as f32 }
        });
        (bone, film, geometry)
    }

    #[test]
    fn a_settled_stage_compares_the_same_pixels_whatever_the_pose() {
        let (bone, attenuation, geometry) = cut_bone();
        let exposed = Array2::from_elem(attenuation.dim(), true);
        let film = Film { attenuation: &attenuation, exposed: &exposed, geometry };
        let view = geometry.antero_posterior([0.0, 0.0, 0.0]).expect("a machine");
        let stage = || {
            let region = Region { rows: 0..100, columns: 0..100 };
            Stage::new(&film, &view, region, &bone, [2.0, 2.0], Similarity::default())
        };
        let compared = |stage: &Stage, pose: &Pose| {
            let covered = coverage(&pose.apply_to_grid(&stage.bone.grid), stage.bone.cut, &stage.view);
            let both = stage.usable.iter().zip(&covered).filter(|(usable, covered)| **usable && **covered);
            both.count()
        };
        let still = Pose::default();
        let raised = Pose { translation_mm: [0.0, 0.0, 6.0], ..still };
        assert!(compared(&stage(), &raised) < compared(&stage(), &still), "the end of the CT rises on the film");
        let settled = stage().settled(&still, 2);
        assert_eq!(compared(&settled, &raised), compared(&settled, &still));
        assert!(compared(&settled, &still) < compared(&stage(), &still), "with a margin");
    }
}
