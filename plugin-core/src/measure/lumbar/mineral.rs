//! Attenuation, density and mineral content of all voxels of a region: the recipes `vertebral-body/1` and `whole-vertebra/1`.
//!
//! `V`, the frame and the posterior wall `w` are those of [`super::trabecular`].
//!
//! * `vertebral-body/1`: the voxels of `V` with `j >= w - 0.5`, cortical bone included (integral density).
//! * `whole-vertebra/1`: the voxels of `V`, posterior elements included.
//!
//! Values over these voxels at their own HU: volume (count times voxel volume), mean HU, mean density of the single voxels'
//! densities, mineral content = mean density times volume. Densities below zero, of fatty marrow, count as they are.

use crate::calibration::Conversion;
use crate::geometry::Index;
use crate::units::{Cm3, Gram, Hu, MgPerCm3};
use crate::volume::CtVolume;

pub(super) const BODY_METHOD: &str = "vertebral-body/1";
pub(super) const WHOLE_METHOD: &str = "whole-vertebra/1";

/// What a region holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Contents {
    pub volume: Cm3,
    pub attenuation: Hu,
    /// Density and content; none without calibration.
    pub mineral: Option<(MgPerCm3, Gram)>,
}

impl Contents {
    /// Of at least one voxel.
    pub fn of(volume: &CtVolume<'_>, conversion: Option<&Conversion>, voxels: impl Iterator<Item = Index>) -> Contents {
        let (mut count, mut attenuation, mut density) = (0.0, 0.0, 0.0);
        for index in voxels {
            let hu = Hu(f64::from(volume.hu(index)));
            count += 1.0;
            attenuation += hu.0;
            density += conversion.map_or(0.0, |conversion| conversion.density(hu).0);
        }
        let size = Cm3(count * Cm3::from(volume.grid.voxel_volume()).0);
        let mean = MgPerCm3(density / count);
        let content = Gram(mean.0 * size.0 / 1000.0);
        Contents { volume: size, attenuation: Hu(attenuation / count), mineral: conversion.map(|_| (mean, content)) }
    }
}
