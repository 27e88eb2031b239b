//! What withholds a region.

use super::DecomposedHip;
use crate::geometry::connected::largest;
use crate::report::{Block, GateCode, Quality, Region};
use ndarray::{Array2, Axis};
use std::ops::RangeInclusive;

/// A pixel belongs to a region above this probability.
const MEMBER: f32 = 0.5;
/// Share of a region that its largest piece must have.
const LEAST_WHOLE: f64 = 0.95;
/// Share of a region that must lie in the exposed field.
const LEAST_EXPOSED: f64 = 0.99;
/// Share of the exposed crop with the film's largest value from which values are to be read with care.
const MUCH_CLIPPED: f64 = 0.02;
/// Areas that an adult's regions can have, in cm2: bounds of this program's own, wide of what they can be, for a strip of 10 mm across a
/// neck of 20 to 50 mm, and for the femur from there to 20 mm below the lesser trochanter, 60 to 130 mm long and 25 to 75 mm wide.
const NECK_CM2: RangeInclusive<f64> = 1.5..=7.0;
const TOTAL_HIP_CM2: RangeInclusive<f64> = 12.0..=80.0;

/// A region on the crop.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Membership, `[row, column]`.
    pub pixels: Array2<bool>,
}

/// The pixels of a region, or what speaks against them; none where the model has no image of it.
pub(super) fn found(hip: &DecomposedHip<'_>, region: Region) -> Option<Result<Found, Block>> {
    let channel = hip.manifest.region(region)?;
    let pixels = hip.images.mean.channel(channel).mapv(|probability| probability > MEMBER);
    Some(judged(hip, region, pixels))
}

fn judged(hip: &DecomposedHip<'_>, region: Region, pixels: Array2<bool>) -> Result<Found, Block> {
    let name = name(region);
    let count = |mask: &Array2<bool>| mask.iter().filter(|inside| **inside).count() as f64;
    let total = count(&pixels);
    let block = |code, reason: String, found| Err(Block { code, reason, found: Some(found) });
    if total == 0.0 {
        return block(GateCode::RegionShape, format!("the model found no {name} on the film"), 0.0);
    }
    let piece = largest(pixels.view().insert_axis(Axis(0))).iter().filter(|inside| **inside).count() as f64 / total;
    if piece < LEAST_WHOLE {
        let (found, least) = (100.0 * piece, 100.0 * LEAST_WHOLE);
        let reason = format!("the {name} is in pieces, the largest has {found:.0} % of it; accepted: {least:.0} % and more");
        return block(GateCode::RegionShape, reason, found);
    }
    if touches_border(&pixels) {
        let reason =
            format!("the {name} reaches the border of the region that the model was shown; accepted: all of it inside");
        return Err(Block { code: GateCode::BorderMask, reason, found: None });
    }
    let mut exposed = 0.0;
    ndarray::Zip::from(&pixels).and(&hip.crop.exposed).for_each(|inside, exposed_here| {
        exposed += if *inside && *exposed_here { 1.0 } else { 0.0 };
    });
    let exposed = exposed / total;
    if exposed < LEAST_EXPOSED {
        let (found, least) = (100.0 * exposed, 100.0 * LEAST_EXPOSED);
        let reason = format!("{found:.0} % of the {name} lie in the exposed field; accepted: {least:.0} % and more");
        return block(GateCode::FovTrunc, reason, found);
    }
    let area = total * (hip.manifest.decomposition.pixel_spacing_mm / 10.0).powi(2);
    let adult = if region == Region::FemoralNeck { NECK_CM2 } else { TOTAL_HIP_CM2 };
    if !adult.contains(&area) {
        let (least, most) = (adult.start(), adult.end());
        let reason = format!("the {name} has {area:.1} cm2; accepted: {least} to {most}, which adult hips have");
        return block(GateCode::RegionShape, reason, area);
    }
    Ok(Found { pixels })
}

fn touches_border(pixels: &Array2<bool>) -> bool {
    let (rows, columns) = pixels.dim();
    let edges = [pixels.row(0), pixels.row(rows - 1), pixels.column(0), pixels.column(columns - 1)];
    edges.iter().any(|edge| edge.iter().any(|inside| *inside))
}

/// What the reader of all values of a hip must know.
pub(super) fn quality(hip: &DecomposedHip<'_>) -> Vec<Quality> {
    let clipped = 100.0 * hip.crop.clipped;
    let message = format!(
        "{clipped:.0} % of the {} hip have the largest value of the film: what attenuates more was lost, and the density of bone with it",
        hip.side.name()
    );
    let much = hip.crop.clipped > MUCH_CLIPPED;
    much.then(|| Quality::warning(GateCode::Greyscale, message, Some(clipped))).into_iter().collect()
}

fn name(region: Region) -> &'static str {
    if region == Region::FemoralNeck { "femoral neck" } else { "total hip" }
}
