//! How much each voxel of a tile counts.

use crate::geometry::Index;
use half::f16;

/// nnU-Net's Gaussian weights of a tile, axis 2 fastest: `scipy.ndimage.gaussian_filter` (sigma one eighth of the patch, cut off at
/// 4 sigma) of a one at `patch / 2`, scaled to 10 at most, rounded to half precision; those that round to zero become the smallest
/// that do not.
pub(super) fn gaussian(patch: Index) -> Vec<f32> {
    let [a, b, c] = patch.map(bell);
    let peak = a[patch[0] / 2] * b[patch[1] / 2] * c[patch[2] / 2] / 10.0;
    let half = |weight: f64| f16::from_f32(weight as f32).to_f32();
    let rows = a.iter().flat_map(|a| b.iter().map(move |b| a * b));
    let mut weights: Vec<f32> = rows.flat_map(|row| c.iter().map(move |c| half(row * c / peak))).collect();
    let smallest = weights.iter().copied().filter(|weight| *weight > 0.0).fold(f32::INFINITY, f32::min);
    weights.iter_mut().filter(|weight| **weight == 0.0).for_each(|weight| *weight = smallest);
    weights
}

/// One axis: scipy's kernel, normalised before it is cut to the tile.
fn bell(length: usize) -> Vec<f64> {
    let sigma = length as f64 / 8.0;
    let reach = (4.0 * sigma + 0.5) as i64;
    let weight = |distance: i64| (-0.5 / (sigma * sigma) * (distance * distance) as f64).exp();
    let sum: f64 = (-reach..=reach).map(weight).sum();
    let distance = |i: usize| i as i64 - (length / 2) as i64;
    (0..length).map(distance).map(|distance| if distance.abs() <= reach { weight(distance) / sum } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `compute_gaussian((8, 12, 16), 1 / 8, 10, device=torch.device('cpu'))` of nnunetv2: six weights, the sum, and how often the
    /// smallest stands.
    #[test]
    fn weights_are_nnunets() {
        let weights = gaussian([8, 12, 16]);
        let at = |[i, j, k]: Index| f64::from(weights[(i * 12 + j) * 16 + k]);
        let found = [[4, 6, 8], [0, 0, 0], [7, 11, 15], [4, 6, 0], [2, 3, 5], [0, 6, 8]].map(at);
        assert_eq!(
            found,
            [10.0, 5.960464477539063e-08, 9.5367431640625e-07, 0.0033550262451171875, 0.0594482421875, 0.0033550262451171875]
        );
        let sum: f64 = weights.iter().map(|weight| f64::from(*weight)).sum();
        assert!((sum - 472.34461426734924).abs() < 1e-6, "{sum}");
        assert_eq!(weights.iter().filter(|weight| **weight == weights[0]).count(), 21);
    }
}
