//! The CT as a network wants it: turned to its axes, cropped, normalised, resampled.
//!
//! 1. Axes of the CT are permuted and reversed so that each lies nearest to the one that the manifest names ([`turn`]); nothing is
//!    rotated, oblique and sheared grids keep their lean.
//! 2. The box that is worth computing is kept ([`crop`]).
//! 3. HU are clipped, then `(HU - mean) / standard deviation` in `f32`.
//! 4. Along each axis `n` samples become `m = round(n * spacing / target)`, halves to even, at the source positions
//!    `(i + 0.5) * n / m - 0.5` ([`sample`]): the edges of the first and last voxel stay where they are. Cubic B-spline; the result is
//!    clipped to the lowest and highest value of the source.
//!
//! How step 2 and 4 differ between models is [`Protocol`]. Figures of nnU-Net are those of nnunetv2 2.8.1: `DefaultPreprocessor`,
//! `CTNormalization`, `resample_data_or_seg_to_shape` with `order=3, order_z=0, force_separate_z=None`.

mod crop;
mod image;
mod placement;
mod resample;
mod sample;
mod turn;

pub(super) use image::Image;
pub(super) use placement::{Placement, position};
pub(super) use sample::nearest;

use super::manifest::Normalisation;
use super::{Manifest, ModelError};
use crate::geometry::Grid;
use crate::volume::CtVolume;

/// More voxels than this are no CT at the resolution of a network but a mistaken manifest or header (2 GiB as `f32`).
const MOST_VOXELS: usize = 1 << 29;

/// Scores of all classes at all voxels; 8 GiB as `f16`, and twice that for an ensemble.
const MOST_SCORES: usize = 1 << 32;

/// The network's input.
#[derive(Debug)]
pub(super) struct Prepared<'v> {
    /// Where its voxels lie; axes are the network's.
    pub grid: Grid,
    /// Its values.
    pub image: Image<'v>,
}

/// The two ways in which models are fed and read: the manifest's `low_pass` tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// As nnU-Net v2: cropped to voxels that are not 0 HU; thick slices are never interpolated across (where one voxel size is more
    /// than three times another); a tile that reaches beyond the image sees 0 there, whatever HU that is.
    NnUnet,
    /// Low-pass before resampling to coarser voxels, as scanners with coarser voxels would have seen; cubic along every axis; cropped
    /// to the patient's body, because tiles of air cost time; a tile that reaches beyond the image sees air.
    LowPass,
}

impl Protocol {
    /// What the manifest asks for.
    pub fn of(manifest: &Manifest) -> Protocol {
        if manifest.low_pass { Protocol::LowPass } else { Protocol::NnUnet }
    }

    /// What a network sees beyond the image.
    pub fn padding(self, normalisation: &Normalisation) -> f32 {
        match self {
            Protocol::NnUnet => 0.0,
            Protocol::LowPass => normalised(normalisation.clip[0], normalisation),
        }
    }

    /// The axis along which the nearest sample is taken when spacing `from` becomes `to`; none: interpolated along all.
    ///
    /// nnU-Net: the axis of the largest voxel size, where it is alone and more than three times the smallest; asked first of `from`,
    /// then of `to`.
    pub fn nearest_axis(self, from: [f64; 3], to: [f64; 3]) -> Option<usize> {
        const THRESHOLD: f64 = 3.0;
        if self == Protocol::LowPass {
            return None;
        }
        let largest = |spacing: [f64; 3]| spacing.into_iter().fold(0.0, f64::max);
        let smallest = |spacing: [f64; 3]| spacing.into_iter().fold(f64::INFINITY, f64::min);
        let thick = [from, to].into_iter().find(|spacing| largest(*spacing) / smallest(*spacing) > THRESHOLD)?;
        let mut coarsest = (0..3).filter(|axis| thick[*axis] == largest(thick));
        coarsest.next().filter(|_| coarsest.next().is_none())
    }
}

/// HU as the network's input.
pub(super) fn normalised(hu: f32, normalisation: &Normalisation) -> f32 {
    let [low, high] = normalisation.clip;
    (hu.max(low).min(high) - normalisation.mean) / normalisation.standard_deviation.max(1e-8)
}

/// Turns, crops, normalises and resamples.
pub(super) fn prepare<'v>(volume: &'v CtVolume<'v>, manifest: &Manifest) -> Result<Prepared<'v>, ModelError> {
    let protocol = Protocol::of(manifest);
    let turn = turn::Turn::of(&volume.grid, manifest)?;
    let target = turn.to_ct(manifest.spacing_mm);
    let kept = match protocol {
        Protocol::NnUnet => crop::not_zero(volume),
        Protocol::LowPass => crop::body(volume, target),
    };
    let refused = |reason: String| ModelError::Volume { model: manifest.name.clone(), reason };
    let kept = kept.ok_or_else(|| {
        refused("it holds no voxel of a patient, only air or zeros; choose the series that shows the patient".to_owned())
    })?;
    let placement = Placement::new(turn, &kept, volume.grid.spacing(), target);
    fits_in_memory(&placement, target, manifest).map_err(refused)?;
    let image = resample::resample(volume, manifest, protocol, &placement, target);
    Ok(Prepared { grid: placement.grid(&volume.grid), image })
}

/// What is too large is refused before anything is allocated for it.
fn fits_in_memory(placement: &Placement, target: [f64; 3], manifest: &Manifest) -> Result<(), String> {
    let ([a, b, c], [x, y, z]) = (placement.after, target);
    let at = format!("at the model's voxel size of {x} x {y} x {z} mm it would have {a} x {b} x {c} voxels");
    let voxels = [a, b, c].into_iter().fold(1, usize::saturating_mul);
    let classes = manifest.classes.len();
    if voxels > MOST_VOXELS {
        return Err(format!("{at}, more than {MOST_VOXELS}; choose a model with larger voxels"));
    }
    if voxels.saturating_mul(classes) > MOST_SCORES {
        return Err(format!(
            "{at}, whose scores for {classes} classes need more than {} GiB; choose a model with larger voxels or fewer classes, or a \
             series that shows less of the patient",
            (2 * MOST_SCORES) >> 30
        ));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
