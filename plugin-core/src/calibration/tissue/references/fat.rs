//! Subcutaneous fat where nobody labelled it.
//!
//! 1. In each sampled slice of the image, voxels below -300 HU that hang together (by sides) with the edge of the image are
//!    *outside*; of the rest, the largest group is the body.
//! 2. A slice is left out where the field of view cuts the body: where the number of its voxels next to which, in one of the four
//!    directions, four voxels in a row are padding (-1024 HU or below, which noise gives single voxels of air too) or beyond
//!    the image, times the larger of the two in-plane steps, is more than 10 mm.
//! 3. Voxels at a depth of 3 to 15 mm in the body which have, like the four that share their sides, -150 to -50 HU are read. Skin is
//!    thinner than 3 mm; fat at more than 15 mm may be visceral.

use super::FAT;
use super::air::PADDING;
use super::plane::{Depth, groups, neighbours, sampled};
use super::tally::{Mean, Tally};
use crate::report::{Block, GateCode};
use crate::units::{Hu, Mm};
use crate::volume::CtVolume;
use ndarray::{Array2, ArrayView2, Axis};

/// Clothes, foam and air are below.
const SURFACE: Hu = Hu(-300.0);
const SKIN: Mm = Mm(3.0);
const DEEPEST: Mm = Mm(15.0);
/// A longer cut than this takes fat away that would have been read.
const LONGEST_CUT: Mm = Mm(10.0);
/// In a row; noisy air has no such rows.
const LEAST_PADDING: isize = 4;

/// Reads it from sampled slices.
pub(super) fn read_under_the_skin(volume: &CtVolume<'_>) -> Result<Mean, Block> {
    let [_, row, column] = volume.grid.spacing();
    let mut tally = Tally::new(volume);
    let (mut slices, mut cut) = (0, 0);
    for z in sampled(volume.stored.len_of(Axis(0))) {
        let hu = volume.stored.index_axis(Axis(0), z).mapv(|stored| volume.to_hu(stored));
        let body = body(hu.view());
        slices += 1;
        if cut_length(&body, hu.view(), row.max(column)).0 > LONGEST_CUT.0 {
            cut += 1;
            continue;
        }
        let depth = Depth::of(body.view(), [row, column]);
        let is_fat = |place: [usize; 2]| FAT.contains(&Hu(f64::from(hu[place])));
        for ((y, x), _) in body.indexed_iter().filter(|((y, x), member)| **member && is_fat([*y, *x])) {
            let in_shell = (SKIN.0..=DEEPEST.0).contains(&depth.at([y, x], Mm(2.0 * DEEPEST.0)).0);
            if in_shell && neighbours([y, x], hu.dim()).flatten().all(is_fat) {
                tally.add(volume.stored[[z, y, x]]);
            }
        }
    }
    match cut {
        cut if cut == slices => Err(Block {
            code: GateCode::FovTrunc,
            reason: format!(
                "the field of view cuts the body in all {slices} slices looked at: subcutaneous fat is not in the image"
            ),
            found: Some(cut as f64),
        }),
        _ => Ok(tally.middle_half()),
    }
}

/// Step 1.
fn body(hu: ArrayView2<'_, f32>) -> Array2<bool> {
    let dark = hu.mapv(|hu| f64::from(hu) < SURFACE.0);
    let at_the_edge = |place: &[usize; 2]| neighbours(*place, hu.dim()).any(|neighbour| neighbour.is_none());
    let mut rest = Array2::from_elem(hu.raw_dim(), true);
    for place in groups(dark.view()).into_iter().filter(|group| group.iter().any(at_the_edge)).flatten() {
        rest[place] = false;
    }
    let mut body = Array2::from_elem(hu.raw_dim(), false);
    for place in groups(rest.view()).into_iter().max_by_key(Vec::len).into_iter().flatten() {
        body[place] = true;
    }
    body
}

/// Step 2.
fn cut_length(body: &Array2<bool>, hu: ArrayView2<'_, f32>, step: f64) -> Mm {
    // Beyond the image, indices wrap to huge ones.
    let is_padding = |y: isize, x: isize| hu.get([y as usize, x as usize]).is_none_or(|hu| f64::from(*hu) <= PADDING);
    let is_cut = |y: usize, x: usize| {
        let (y, x) = (y as isize, x as isize);
        [(-1, 0), (1, 0), (0, -1), (0, 1)]
            .into_iter()
            .any(|(dy, dx)| (1..=LEAST_PADDING).all(|n| is_padding(y + n * dy, x + n * dx)))
    };
    let voxels = body.indexed_iter().filter(|((y, x), member)| **member && is_cut(*y, *x)).count();
    Mm(voxels as f64 * step)
}
