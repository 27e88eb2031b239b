//! The recipe's arithmetic, on the mean image.

use super::gates::Found;
use super::{DecomposedHip, METHOD};
use crate::report::{Measurement, Quantity, Region};
use crate::segmentation::decomposition::{ChannelKind, Images, Subject};
use crate::units::Material;
use ndarray::{Array2, Zip};

/// g/cm2 by mm in mg/cm3.
const TO_VOLUMETRIC: f64 = 1e4;
/// Millimetres of a centimetre.
const MM_PER_CM: f64 = 10.0;

/// All values of a region, with the errors that the model's makers state of them.
pub(super) fn of_region(hip: &DecomposedHip<'_>, region: Region, found: &Found) -> Vec<Measurement> {
    let Some(line) = hip.manifest.calibration.get(&region) else { return Vec::new() };
    let images = &hip.images.mean;
    let area = found.pixels.iter().filter(|inside| **inside).count() as f64 * pixel_cm2(hip);
    let density = mean_density(hip, images, &found.pixels);
    let volumetric = hip
        .manifest
        .channel(ChannelKind::Thickness, Subject::ProximalFemur)
        .map(|thickness| TO_VOLUMETRIC * density / mean(images, thickness, &found.pixels));
    let all = [
        (Quantity::ArealDensity, Some(line.slope * as_dxa(hip, images, &found.pixels) + line.intercept)),
        (Quantity::MineralContent, Some(density * area)),
        (Quantity::Area, Some(area)),
        (Quantity::DensityMean, volumetric),
    ];
    let errors = hip.manifest.errors.regions.get(&region);
    let measured = |(quantity, value): (Quantity, Option<f64>)| {
        let value = value.filter(|value| value.is_finite())?;
        let one = match quantity {
            Quantity::Area => Measurement::new(region, quantity, value, METHOD),
            _ => Measurement::mineral(region, quantity, value, METHOD, Material::Hydroxyapatite),
        };
        Some(one.off_by(errors.and_then(|errors| errors.get(&quantity)).copied()))
    };
    all.into_iter().filter_map(measured).collect()
}

/// Volume, and lean mass where the model has its image; none where nothing of the muscle is in the field.
pub(super) fn of_muscle(
    hip: &DecomposedHip<'_>,
    muscle: Subject,
    thickness: usize,
    lean: Option<usize>,
) -> Option<Vec<Measurement>> {
    let images = &hip.images.mean;
    let in_field = |channel| sum(images, channel, &hip.crop.exposed) * pixel_cm2(hip);
    let volume = in_field(thickness) / MM_PER_CM;
    if volume <= 0.0 {
        return None;
    }
    let errors = hip.manifest.errors.muscles.get(&muscle);
    let measured = |(quantity, value): (Quantity, Option<f64>)| {
        let value = value.filter(|value| value.is_finite())?;
        let error = errors.and_then(|errors| errors.get(&quantity)).copied();
        Some(Measurement::new(Region::Whole, quantity, value, METHOD).off_by(error))
    };
    let all = [(Quantity::Volume, Some(volume)), (Quantity::LeanMass, lean.map(in_field))];
    Some(all.into_iter().filter_map(measured).collect())
}

/// Mean over a region's pixels of the variance of its probability over the passes (Hiasa 2020, IEEE TMI 39:1030, of two classes).
pub(super) fn predictive_variance(hip: &DecomposedHip<'_>, region: Region, found: &Found) -> Option<f64> {
    let channel = hip.manifest.region(region)?;
    let passes = &hip.images.passes;
    let count = passes.len() as f64;
    let variance = |place: (usize, usize)| {
        let values = || passes.iter().map(|pass| f64::from(pass.channel(channel)[place]));
        let mean = values().sum::<f64>() / count;
        values().map(|value| (value - mean).powi(2)).sum::<f64>() / count
    };
    let inside = || found.pixels.indexed_iter().filter(|(_, inside)| **inside).map(|(place, _)| place);
    (!passes.is_empty()).then(|| inside().map(variance).sum::<f64>() / inside().count() as f64)
}

/// What the line of the manifest is about: the mean of the density as DXA would see it, where the model has that image.
fn as_dxa(hip: &DecomposedHip<'_>, images: &Images, pixels: &Array2<bool>) -> f64 {
    match hip.manifest.channel(ChannelKind::DxaDensity, Subject::ProximalFemur) {
        Some(channel) => mean(images, channel, pixels),
        None => mean_density(hip, images, pixels),
    }
}

fn mean_density(hip: &DecomposedHip<'_>, images: &Images, pixels: &Array2<bool>) -> f64 {
    hip.manifest.channel(ChannelKind::ArealDensity, Subject::ProximalFemur).map_or(f64::NAN, |it| mean(images, it, pixels))
}

fn mean(images: &Images, channel: usize, pixels: &Array2<bool>) -> f64 {
    sum(images, channel, pixels) / pixels.iter().filter(|inside| **inside).count() as f64
}

fn sum(images: &Images, channel: usize, pixels: &Array2<bool>) -> f64 {
    let mut sum = 0.0;
    Zip::from(images.channel(channel))
        .and(pixels)
        .for_each(|value, inside| sum += if *inside { f64::from(*value) } else { 0.0 });
    sum
}

/// Area of a pixel at the depth of the femoral head.
fn pixel_cm2(hip: &DecomposedHip<'_>) -> f64 {
    (hip.manifest.decomposition.pixel_spacing_mm / MM_PER_CM).powi(2)
}
