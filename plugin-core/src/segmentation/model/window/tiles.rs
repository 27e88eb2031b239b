//! Where tiles lie, and what a network sees there.

use crate::geometry::Index;
use crate::segmentation::model::Manifest;
use crate::segmentation::model::prepare::Image;

/// The image continued to at least one patch along every axis, and the tiles that cover it.
#[derive(Debug)]
pub(super) struct Tiles {
    /// Shape of the continued image.
    pub padded: Index,
    /// Voxel of the continued image at which the image begins.
    pub below: Index,
    /// Shape of a tile.
    pub patch: Index,
    /// First voxels of the tiles in the continued image, axis 2 fastest.
    pub starts: Vec<Index>,
}

impl Tiles {
    /// As nnU-Net: what lacks to a patch is added half below, half above (the odd voxel above); tiles step by the share of the patch
    /// that the manifest states, or less so that the last ends with the image.
    pub fn new(image: Index, manifest: &Manifest) -> Tiles {
        let patch = manifest.patch;
        let lacking = [0, 1, 2].map(|axis| patch[axis].saturating_sub(image[axis]));
        let padded = [0, 1, 2].map(|axis| image[axis] + lacking[axis]);
        let [a, b, c] = [0, 1, 2].map(|axis| starts(padded[axis], patch[axis], manifest.tile_step));
        let rows = a.iter().flat_map(|a| b.iter().map(move |b| [*a, *b]));
        let starts = rows.flat_map(|[a, b]| c.iter().map(move |c| [a, b, *c])).collect();
        Tiles { padded, below: lacking.map(|lacking| lacking / 2), patch, starts }
    }

    /// The tile at `start`, `padding` where it reaches beyond the image.
    pub fn cut(&self, image: &Image<'_>, start: Index, padding: f32, tile: &mut Vec<f32>) {
        let [height, width, length] = self.patch;
        tile.resize(height * width * length, padding);
        let shape = image.shape();
        let inside = |axis: usize, offset: usize| {
            (start[axis] + offset).checked_sub(self.below[axis]).filter(|position| *position < shape[axis])
        };
        // Padding is added only where the image is smaller than a patch, so that the part inside is one run.
        let columns: Vec<(usize, usize)> = (0..length).filter_map(|k| Some((k, inside(2, k)?))).collect();
        let (first, from) = columns.first().copied().unwrap_or_default();
        let inner = first..first + columns.len();
        for (line, row) in tile.chunks_exact_mut(length).enumerate() {
            match (inside(0, line / width), inside(1, line % width)) {
                (Some(i), Some(j)) => {
                    row[..inner.start].fill(padding);
                    image.line([i, j, from], &mut row[inner.clone()]);
                    row[inner.end..].fill(padding);
                }
                _ => row.fill(padding),
            }
        }
    }
}

/// First voxels of tiles along one axis: `ceil((length - patch) / (patch * step)) + 1` of them, evenly, halves rounded to even.
fn starts(length: usize, patch: usize, step: f64) -> Vec<usize> {
    let reach = (length - patch) as f64;
    let count = (reach / (patch as f64 * step)).ceil() as usize + 1;
    let stride = if count > 1 { reach / (count - 1) as f64 } else { 0.0 };
    (0..count).map(|i| (stride * i as f64).round_ties_even() as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segmentation::model::prepare::tests::manifest;
    use ndarray::Array3;

    /// `compute_steps_for_sliding_window(image, tile, 0.5)` of nnunetv2.
    #[test]
    fn tiles_start_where_nnunets_do() {
        let of = |image: Index, patch: Index| [0, 1, 2].map(|axis| starts(image[axis], patch[axis], 0.5));
        assert_eq!(of([110, 64, 300], [64, 64, 128]), [vec![0, 23, 46], vec![0], vec![0, 57, 115, 172]]);
        assert_eq!(of([97, 100, 131], [96, 96, 96]), [vec![0, 1], vec![0, 4], vec![0, 35]]);
        assert_eq!(of([13, 9, 200], [8, 8, 96]), [vec![0, 2, 5], vec![0, 1], vec![0, 35, 69, 104]]);
    }

    #[test]
    fn a_small_image_lies_in_the_middle_of_its_tile() {
        let tiles = Tiles::new([5, 8, 9], &manifest("SPL", [1.0; 3]));
        assert_eq!((tiles.padded, tiles.below), ([8, 8, 9], [1, 0, 0]));
        assert_eq!(tiles.starts, [[0, 0, 0], [0, 0, 1]]);
        let image = Array3::from_shape_fn((5, 8, 9), |(i, j, k)| (100 * i + 10 * j + k) as f32);
        let image = Image::Resampled(image);
        let mut tile = Vec::new();
        tiles.cut(&image, tiles.starts[1], -1.0, &mut tile);
        for (voxel, value) in tile.iter().enumerate() {
            let [i, j, k] = [voxel / 64, voxel / 8 % 8, voxel % 8];
            let expected = if (1..6).contains(&i) { (100 * (i - 1) + 10 * j + k + 1) as f32 } else { -1.0 };
            assert_eq!(*value, expected, "{i} {j} {k}");
        }
    }
}
