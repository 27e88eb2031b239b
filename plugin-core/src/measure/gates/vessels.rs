//! Blood where nobody labelled an aorta: what is brightest before the lumbar spine.
//!
//! Aorta and inferior vena cava lie against the front of L1 to L4, each as wide as a disc of 12 mm. In each slice through these
//! vertebrae the mean of such a disc is looked for in a window before them, away from bone, and the largest taken; the median over the
//! slices leaves out what is bright in less than half of them: plaque, an osteophyte, a loop of bowel. On the real CT of the tests, which is
//! plain, it is that of the labelled vessels within 15 HU, also with 90 HU added to these (`tests/python/test_real_ct.py`).
//!
//! Bowel full of oral contrast along the whole spine is taken for a vessel; the sentence says so, and what it costs is categories, not
//! values. Nothing is said of slices that lean by more than 26 degrees, and of those that are not axial.

use crate::anatomy::{Kind, Structure};
use crate::geometry::norm;
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Hu, Mm};
use crate::volume::CtVolume;
use rayon::prelude::*;
use std::ops::Range;

/// Half the width of a vessel, in millimetres.
const VESSEL: f64 = 6.0;
/// Discs stay so far from labelled bone, in millimetres, because labels of bone may be too small.
const FROM_BONE: f64 = 5.0;
/// The window, in millimetres: to either side of the middle of the vertebra, before its front, and behind it.
const BESIDE: f64 = 35.0;
const BEFORE: f64 = 40.0;
const BEHIND: f64 = 20.0;
/// Distance of the slices and of the discs that are looked at, in millimetres.
const STEP: f64 = 3.0;
/// Over less of the spine nothing is said.
const LEAST: Mm = Mm(40.0);

/// Attenuation of the blood before L1 to L4.
pub(super) fn before_the_spine(volume: &CtVolume<'_>, labels: &Labels) -> Option<Hu> {
    let [between, row, column] = volume.grid.steps;
    if between[2].abs() < 0.9 * norm(between) {
        return None;
    }
    let levels = [Structure::L1, Structure::L2, Structure::L3, Structure::L4];
    let vertebrae = labels.masks.iter().filter(|mask| levels.contains(&mask.structure));
    let windows: Vec<Window> = vertebrae.map(|mask| Window::of(volume, mask)).collect();
    let is_bone = |mask: &&StructureMask| {
        mask.structure.kind() == Kind::LumbarVertebra || matches!(mask.structure, Structure::T12 | Structure::Sacrum)
    };
    let bones: Vec<&StructureMask> = labels.masks.iter().filter(is_bone).collect();
    let sides = [norm(row), norm(column)];
    let (disc, apart) = (offsets(VESSEL, sides), offsets(VESSEL + FROM_BONE, sides));
    let stride = |side: f64| ((STEP / side).round() as usize).max(1);
    let slice_stride = stride(norm(between));
    let mut brightest: Vec<f64> = (0..volume.grid.shape[0])
        .into_par_iter()
        .step_by(slice_stride)
        .filter_map(|slice| {
            let window = windows.iter().find(|window| window.slices.contains(&slice))?;
            let bones: Vec<&StructureMask> = bones.iter().copied().filter(|mask| slices(mask).contains(&slice)).collect();
            let centres = window.centres(volume, slice, sides.map(stride));
            let free = centres.filter(|centre| !touches(&bones, slice, *centre, &apart));
            free.filter_map(|centre| mean(volume, slice, centre, &disc)).reduce(f64::max)
        })
        .collect();
    let seen = brightest.len() as f64 * slice_stride as f64 * norm(between);
    brightest.sort_by(f64::total_cmp);
    (seen >= LEAST.0).then(|| Hu(brightest[brightest.len() / 2]))
}

/// Rows and columns from the middle of a disc to its pixels.
fn offsets(radius: f64, [row, column]: [f64; 2]) -> Vec<[i64; 2]> {
    let reach = |side: f64| (radius / side).floor() as i64;
    let all = (-reach(row)..=reach(row)).flat_map(|j| (-reach(column)..=reach(column)).map(move |i| [j, i]));
    all.filter(|[j, i]| (*j as f64 * row).hypot(*i as f64 * column) <= radius).collect()
}

fn slices(mask: &StructureMask) -> Range<usize> {
    mask.corner[0]..mask.corner[0] + mask.voxels.shape()[0]
}

/// A vertebra's slices, and where vessels lie in them, LPS in millimetres.
struct Window {
    slices: Range<usize>,
    middle: f64,
    front: f64,
}

impl Window {
    fn of(volume: &CtVolume<'_>, vertebra: &StructureMask) -> Window {
        let places = vertebra.indices().map(|index| volume.grid.to_patient(index.map(|i| i as f64)));
        let (xs, mut ys): (Vec<f64>, Vec<f64>) = places.map(|[x, y, _]| (x, y)).unzip();
        // Not the foremost voxel, which may be a stray one.
        let stray = ys.len() / 100;
        let (_, front, _) = ys.select_nth_unstable_by(stray, f64::total_cmp);
        Window { slices: slices(vertebra), middle: xs.iter().sum::<f64>() / xs.len() as f64, front: *front }
    }

    fn centres<'a>(
        &'a self,
        volume: &'a CtVolume<'_>,
        slice: usize,
        [rows, columns]: [usize; 2],
    ) -> impl Iterator<Item = [usize; 2]> + 'a {
        let [_, height, width] = volume.grid.shape;
        let all = (0..height).step_by(rows).flat_map(move |j| (0..width).step_by(columns).map(move |i| [j, i]));
        all.filter(move |centre| {
            let [x, y, _] = volume.grid.to_patient([slice as f64, centre[0] as f64, centre[1] as f64]);
            (x - self.middle).abs() <= BESIDE && (-BEFORE..=BEHIND).contains(&(y - self.front))
        })
    }
}

fn touches(bones: &[&StructureMask], slice: usize, [j, i]: [usize; 2], apart: &[[i64; 2]]) -> bool {
    let at = |[down, right]: &[i64; 2]| [slice as i64, j as i64 + down, i as i64 + right];
    bones.iter().any(|mask| apart.iter().any(|offset| mask.contains(at(offset))))
}

/// None where the disc leaves the image.
fn mean(volume: &CtVolume<'_>, slice: usize, [j, i]: [usize; 2], disc: &[[i64; 2]]) -> Option<f64> {
    let [_, height, width] = volume.grid.shape;
    let mut sum = 0.0;
    for [down, right] in disc {
        let row = usize::try_from(j as i64 + down).ok().filter(|row| *row < height)?;
        let column = usize::try_from(i as i64 + right).ok().filter(|column| *column < width)?;
        sum += f64::from(volume.hu([slice, row, column]));
    }
    Some(sum / disc.len() as f64)
}
