//! Projected femora as pictures: the calibrated image, and the outlines of its regions.

use super::canvas::{Anchor, Canvas, GREY, bold, regular};
use super::frame::Sheet;
use super::{fonts, render, text, words};
use crate::anatomy::Side;
use crate::measure::FemurProjection;
use crate::report::Region;
use crate::results::WriteError;
use crate::settings::Language;

const CAPTION: f64 = 22.0;
const GAP: f64 = 10.0;

/// Draws `projections` beside each other into `[x, y, width, height]`, the patient's right on the left, all at one scale.
pub fn draw(
    projections: &[FemurProjection],
    language: Language,
    [x, y, width, height]: [f64; 4],
    sheet: &mut Sheet,
) -> Result<(), WriteError> {
    let mut shown: Vec<_> = projections.iter().filter(|one| is_picture(one)).collect();
    shown.sort_by_key(|one| std::cmp::Reverse(one.side));
    let size = |one: &FemurProjection| [one.image.ncols(), one.image.nrows()].map(|pixels| pixels as f64 * one.spacing_mm);
    let sum: f64 = shown.iter().map(|one| size(one)[0]).sum();
    let most = shown.iter().map(|one| size(one)[1]).fold(0.0, f64::max);
    let Some(gaps) = shown.len().checked_sub(1) else { return Ok(()) };
    let scale = ((width - gaps as f64 * GAP) / sum).min((height - CAPTION) / most);
    let mut left = x;
    for one in shown {
        let [across, down] = size(one).map(|size| size * scale);
        let place = [left, y, across, down];
        sheet.canvas.picture(place, sheet.pictures.len());
        sheet.pictures.push(render::png(one.image.ncols() as u32, one.image.nrows() as u32, &pixels(one))?);
        letters(&mut sheet.canvas, one, place);
        let side = words::side(one.side).of(language);
        let caption =
            [words::PROJECTION.of(language), side].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
        let caption = text::fit(&caption, across, 7.5, fonts::Weight::Regular);
        sheet.canvas.text(left, y + down + 9.5, Anchor::Start, regular(7.5, GREY), &caption);
        left += across + GAP;
    }
    let legend = text::fit(words::PROJECTION_LEGEND.of(language), width, 7.5, fonts::Weight::Regular);
    sheet.canvas.text(x, y + most * scale + 19.5, Anchor::Start, regular(7.5, GREY), &legend);
    Ok(())
}

fn is_picture(one: &FemurProjection) -> bool {
    one.spacing_mm > 0.0 && one.spacing_mm.is_finite() && !one.image.is_empty() && one.image.dim() == one.regions.dim()
}

/// Grey from no bone to the densest pixel, outlines of regions white.
fn pixels(one: &FemurProjection) -> Vec<u8> {
    let most = one.image.iter().copied().filter(|value| value.is_finite()).fold(f32::MIN_POSITIVE, f32::max);
    let (rows, columns) = one.image.dim();
    let region = |row: usize, column: usize| one.regions.get([row, column]).copied().unwrap_or(0);
    let is_edge = |row: usize, column: usize| {
        let own = region(row, column);
        let around = [(row + 1, column), (row.wrapping_sub(1), column), (row, column + 1), (row, column.wrapping_sub(1))];
        own != 0 && around.iter().any(|(row, column)| region(*row, *column) != own)
    };
    let grey = |row: usize, column: usize| match is_edge(row, column) {
        true => 255,
        // The square root keeps thin trabecular bone visible beside the cortex; whites are left to the outlines.
        false => ((one.image[[row, column]].max(0.0) / most).sqrt().min(1.0) * 215.0) as u8,
    };
    (0..rows * columns).flat_map(|pixel| [grey(pixel / columns, pixel % columns); 3]).collect()
}

/// One letter in the middle of each region.
fn letters(canvas: &mut Canvas, one: &FemurProjection, [x, y, width, height]: [f64; 4]) {
    let (rows, columns) = one.image.dim();
    for (region, number) in FemurProjection::REGIONS.into_iter().zip(1..) {
        let inside = one.regions.indexed_iter().filter(|(_, value)| **value == number).map(|(place, _)| place);
        let (count, sum) = inside.fold((0.0, [0.0; 2]), |(count, [down, across]), (row, column)| {
            (count + 1.0, [down + row as f64 + 0.5, across + column as f64 + 0.5])
        });
        if count == 0.0 {
            continue;
        }
        let letter = match region {
            Region::FemoralNeck => "N",
            Region::Trochanter => "T",
            _ => "I",
        };
        let [down, across] = [sum[0] / count / rows as f64 * height, sum[1] / count / columns as f64 * width];
        canvas.shade([x + across - 5.5, y + down - 6.0, 11.0, 12.0]);
        canvas.text(x + across, y + down + 3.2, Anchor::Middle, bold(9.0, "#ffffff"), letter);
    }
    let side = match one.side {
        Side::Right => "R",
        Side::Left => "L",
        Side::None => return,
    };
    canvas.text(x + 8.0, y + 12.0, Anchor::Middle, bold(9.0, "#ffffff"), side);
}
