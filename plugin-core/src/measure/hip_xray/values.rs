//! The recipe's arithmetic, on the mean image for the value and on each pass for its standard deviation.

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

/// All values of a region, with their standard deviations.
pub(super) fn of_region(hip: &DecomposedHip<'_>, region: Region, found: &Found) -> Vec<Measurement> {
    let Some(line) = hip.manifest.calibration.get(&region) else { return Vec::new() };
    let area = found.pixels.iter().filter(|inside| **inside).count() as f64 * pixel_cm2(hip);
    let areal = |images: &Images| line.slope * as_dxa(hip, images, &found.pixels) + line.intercept;
    let mass = |images: &Images| mean_density(hip, images, &found.pixels) * area;
    let material = Material::Hydroxyapatite;
    let mineral = |quantity, value| Measurement::mineral(region, quantity, value, METHOD, material);
    let mut all = vec![
        varying(hip, areal, |value| mineral(Quantity::ArealDensity, value)),
        varying(hip, mass, |value| mineral(Quantity::MineralContent, value)),
        Some(Measurement::new(region, Quantity::Area, area, METHOD)),
    ];
    if let Some(thickness) = hip.manifest.channel(ChannelKind::Thickness, Subject::ProximalFemur) {
        let volumetric = |images: &Images| {
            let volume = mean(images, thickness, &found.pixels);
            TO_VOLUMETRIC * mean_density(hip, images, &found.pixels) / volume
        };
        all.push(varying(hip, volumetric, |value| mineral(Quantity::DensityMean, value)));
    }
    all.into_iter().flatten().collect()
}

/// Volume, and lean mass where the model has its image; none where nothing of the muscle is in the field.
pub(super) fn of_muscle(hip: &DecomposedHip<'_>, thickness: usize, lean: Option<usize>) -> Option<Vec<Measurement>> {
    let pixel = pixel_cm2(hip);
    let volume = |images: &Images| sum(images, thickness, &hip.crop.exposed) / MM_PER_CM * pixel;
    if volume(&hip.images.mean) <= 0.0 {
        return None;
    }
    let whole = |quantity| move |value| Measurement::new(Region::Whole, quantity, value, METHOD);
    let mass =
        lean.and_then(|lean| varying(hip, |images| sum(images, lean, &hip.crop.exposed) * pixel, whole(Quantity::LeanMass)));
    Some(varying(hip, volume, whole(Quantity::Volume)).into_iter().chain(mass).collect())
}

/// Standard deviation of a region's aBMD over the passes; none without passes.
pub(super) fn deviation(hip: &DecomposedHip<'_>, region: Region, pixels: &Array2<bool>) -> Option<f64> {
    let line = hip.manifest.calibration.get(&region)?;
    spread(hip, |images| line.slope * as_dxa(hip, images, pixels))
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

/// The value of the mean image with its standard deviation; none where it is no number.
fn varying(
    hip: &DecomposedHip<'_>,
    value: impl Fn(&Images) -> f64,
    measurement: impl Fn(f64) -> Measurement,
) -> Option<Measurement> {
    let found = value(&hip.images.mean);
    let one = found.is_finite().then(|| measurement(found))?;
    Some(match spread(hip, value) {
        Some(deviation) if deviation.is_finite() => one.varying_by(deviation),
        _ => one,
    })
}

/// Population standard deviation over the passes, as the model's manifest states its limits; none without passes.
fn spread(hip: &DecomposedHip<'_>, value: impl Fn(&Images) -> f64) -> Option<f64> {
    let values: Vec<f64> = hip.images.passes.iter().map(value).collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (!values.is_empty()).then(|| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
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
