//! Which CT series of a study a person would measure, where no segmentation tells.
//!
//! In this order: one that covers at least 80 % of what the longest covers; one with transverse slices; one as the scanner
//! reconstructed it; one without contrast agent, which raises the attenuation of bone and muscle; one of a soft kernel; one with
//! slices of at most 3 mm, then of at most 5 mm (the limits of the gate `SLICE_THICK`); the thinner ones, but below 1 mm thinness only
//! brings noise; the one with more slices; the lower Series Number; the lower UID.

use super::slices;
use crate::geometry::{dot, norm, subtract};
use crate::read::CtSeries;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Share of the longest coverage that counts as the same: phases of one study begin and end a little differently.
const SAME_COVERAGE: f64 = 0.8;
/// Slice thicknesses in millimetres at which bone is measured, and at which it is measured with a warning.
const THICKNESSES: [f64; 2] = [3.0, 5.0];
/// Slices need not be thinner, in millimetres.
const THIN_ENOUGH: f64 = 1.0;
/// Headers round: 3.0001 mm is 3 mm.
const ROUNDING: f64 = 1e-3;

/// What is compared; smaller is better.
#[derive(Debug, PartialEq, PartialOrd)]
struct Rank {
    is_short: bool,
    is_not_transverse: bool,
    is_derived: bool,
    has_contrast: bool,
    has_sharp_kernel: bool,
    thickness_class: usize,
    thickness: f64,
    fewer_slices: i64,
    number: i32,
}

/// The series from best to worst. `instances_in_series` tells how many instances a series has of which only some were read.
pub(super) fn ranked<'a>(candidates: &[&'a CtSeries], instances_in_series: &BTreeMap<String, usize>) -> Vec<&'a CtSeries> {
    let longest = candidates.iter().map(|series| coverage(series, instances_in_series)).fold(0.0, f64::max);
    let mut ranked: Vec<(Rank, &CtSeries)> =
        candidates.iter().map(|series| (rank(series, instances_in_series, longest), *series)).collect();
    ranked.sort_by(|(a, one), (b, other)| {
        let better = a.partial_cmp(b).unwrap_or(Ordering::Equal);
        better.then_with(|| one.series_instance_uid.cmp(&other.series_instance_uid))
    });
    ranked.into_iter().map(|(_, series)| series).collect()
}

fn rank(series: &CtSeries, instances_in_series: &BTreeMap<String, usize>, longest: f64) -> Rank {
    let acquisition = &series.acquisition;
    let thickness = thickness(series);
    Rank {
        is_short: coverage(series, instances_in_series) < SAME_COVERAGE * longest,
        // Half of a right angle: slices of a tilted gantry are transverse, reformatted coronal ones are not.
        is_not_transverse: series.normal()[2].abs() < std::f64::consts::FRAC_1_SQRT_2,
        is_derived: acquisition.image_type.first().is_some_and(|value| value == "DERIVED"),
        has_contrast: acquisition.agent().is_some(),
        has_sharp_kernel: acquisition.sharp_kernel().is_some(),
        thickness_class: THICKNESSES.iter().filter(|limit| thickness > **limit + ROUNDING).count(),
        thickness: thickness.max(THIN_ENOUGH),
        fewer_slices: -(slices(series, instances_in_series) as i64),
        number: series.series_number.unwrap_or(i32::MAX),
    }
}

/// Millimetres along the normal, outer faces included. Where not all slices were read, those that were may be the outermost.
fn coverage(series: &CtSeries, instances_in_series: &BTreeMap<String, usize>) -> f64 {
    let thickness = thickness(series);
    let (Some(first), Some(last)) = (series.slices.first(), series.slices.last()) else { return 0.0 };
    match series.slices.len() {
        1 => thickness * slices(series, instances_in_series) as f64,
        _ => dot(subtract(last.position, first.position), series.normal()).abs() + thickness,
    }
}

/// Slice Thickness (0018,0050); where it is not stated, the distance of the first two slices.
fn thickness(series: &CtSeries) -> f64 {
    let stated = series.acquisition.slice_thickness.map(|thickness| thickness.0);
    let distance = series.slices.windows(2).next().map(|pair| norm(subtract(pair[1].position, pair[0].position)));
    stated.or(distance).unwrap_or(0.0)
}
