//! Digests as they are written.

use crate::geometry::Grid;
use ndarray::parallel::prelude::*;
use ndarray::{ArrayView3, Axis};
use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-256 of a volume: of shape, origin and steps of its grid (64-bit little endian), and of the SHA-256 of every slice, so that
/// slices are digested in parallel.
pub(crate) fn sha256_of_voxels<T: bytemuck::NoUninit + Sync>(grid: &Grid, voxels: ArrayView3<'_, T>) -> String {
    let slices: Vec<[u8; 32]> = voxels
        .axis_iter(Axis(0))
        .into_par_iter()
        .map(|slice| match slice.as_slice() {
            Some(values) => Sha256::digest(bytemuck::cast_slice(values)).into(),
            None => Sha256::digest(bytemuck::cast_slice(slice.iter().copied().collect::<Vec<T>>().as_slice())).into(),
        })
        .collect();
    let mut hash = Sha256::new();
    grid.shape.iter().for_each(|size| hash.update((*size as u64).to_le_bytes()));
    grid.steps.iter().chain([&grid.origin]).flatten().for_each(|length| hash.update(length.to_le_bytes()));
    slices.iter().for_each(|slice| hash.update(slice));
    hexadecimal(&hash.finalize())
}

/// Two lower-case digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first example of FIPS 180-4.
    #[test]
    fn abc_has_its_digest() {
        assert_eq!(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
