//! The left of the page of a radiograph: the whole film with the regions that were measured, and below it each hip with the density
//! that the model sees.

use super::canvas::{Anchor, Canvas, GREY, INK, bold, regular};
use super::film::{self, Painting};
use super::fonts::{self, Weight};
use super::frame::Sheet;
use super::picture::{CAPTION, GAP, PIXELS_PER_POINT, Pictures, SMALLEST, label, scale_bar};
use super::{text, words};
use crate::anatomy::Side;
use crate::measure::HipOnFilm;
use crate::report::Region;
use crate::results::color::region_color;
use crate::results::{FilmImage, Source, WriteError};
use crate::segmentation::film::{Attenuation, Orientation, attenuation};
use crate::settings::Language;

/// Height that the whole film keeps where both hips stand below it.
const SHARE_ABOVE: f64 = 0.38;
/// Width that it keeps where one hip stands beside it: films of one hip are about as wide as what the model is given.
const SHARE_BESIDE: f64 = 0.54;
/// Room below the hips for the colours.
const LEGEND: f64 = 30.0;
/// Height of the bar of colours.
const BAR: f64 = 7.0;
/// Pieces of the bar of colours.
const PIECES: usize = 48;
/// Colour of the field that the model is given.
const FIELD: &str = "#ffffff";

/// A film as it is shown.
struct Shown<'a> {
    attenuation: Attenuation,
    hips: &'a [HipOnFilm],
    orientation: Orientation,
    /// Whether that is stated.
    is_oriented: bool,
    /// Millimetres between rows and between columns at the hip.
    pixel_mm: Option<[f64; 2]>,
}

/// Draws the pictures of `image` into `[x, y, width, height]`; nothing where its grey values tell no attenuation.
pub fn draw(
    image: FilmImage<'_>,
    source: &Source<'_>,
    [x, y, width, height]: [f64; 4],
) -> Result<Option<Pictures>, WriteError> {
    let Ok((attenuation, _)) = attenuation(image.film) else { return Ok(None) };
    let stated = Orientation::of(&image.film.header.view).ok().flatten();
    let shown = Shown {
        attenuation,
        hips: image.hips,
        orientation: stated.unwrap_or(Orientation::STANDARD),
        is_oriented: stated.is_some(),
        pixel_mm: source.hip_spacing(),
    };
    let mut sheet = Sheet::default();
    let scale = film::full_scale(image.hips).filter(|_| shown.pixel_mm.is_some());
    let Some(full_scale) = scale else {
        let [_, bottom] = whole(&shown, source.language, [x, y, width, height], &mut sheet)?;
        return Ok((!sheet.pictures.is_empty()).then_some(Pictures { sheet, bottom }));
    };
    let height = height - LEGEND;
    let beside = image.hips.len() == 1;
    let of_film = if beside { [x, y, SHARE_BESIDE * width, height] } else { [x, y, width, SHARE_ABOVE * height] };
    let [right, below] = whole(&shown, source.language, of_film, &mut sheet)?;
    let of_hips = match beside {
        true => [right + GAP, y, x + width - right - GAP, height],
        false => [x, below + GAP, width, y + height - below - GAP],
    };
    let bottom = below.max(hips(&shown, full_scale, source.language, of_hips, &mut sheet)?);
    legend(&mut sheet.canvas, full_scale, source.language, [x, bottom + 4.0]);
    Ok((!sheet.pictures.is_empty()).then_some(Pictures { sheet, bottom: bottom + LEGEND }))
}

/// The film, upright, with fields, outlines and letters; gives its right and lower end.
fn whole(
    shown: &Shown<'_>,
    language: Language,
    [x, y, width, height]: [f64; 4],
    sheet: &mut Sheet,
) -> Result<[f64; 2], WriteError> {
    let (rows, columns) = shown.attenuation.pixels.dim();
    let film = [rows, columns];
    let upright = shown.orientation.swapped(film).map(|pixels| pixels as f64);
    let pixel_mm = shown.orientation.swapped(shown.pixel_mm.unwrap_or([1.0; 2]));
    let size_mm = [0, 1].map(|axis| upright[axis] * pixel_mm[axis]);
    let per_mm = ((height - CAPTION) / size_mm[0]).min(width / size_mm[1]);
    let [down, across] = size_mm.map(|millimetres| millimetres * per_mm);
    if !(down >= SMALLEST && across >= SMALLEST) {
        return Ok([x, y]);
    }
    let place = [x, y, across, down];
    let pixels = [down, across].map(|points| (points * PIXELS_PER_POINT).round() as usize);
    let step = [0, 1].map(|axis| upright[axis] / pixels[axis] as f64);
    let to_film = |place: [f64; 2]| {
        let upright = [0, 1].map(|axis| (place[axis] + 0.5) * step[axis] - 0.5);
        shown.orientation.to_film(upright, Side::Left, film)
    };
    let to_page = |on_film: [f64; 2]| {
        let [row, column] = shown.orientation.to_upright(on_film, Side::Left, film);
        [x + (column + 0.5) / upright[1] * across, y + (row + 0.5) / upright[0] * down]
    };
    sheet.canvas.picture(place, sheet.pictures.len());
    let painting = Painting { attenuation: &shown.attenuation, hips: shown.hips, full_scale: None };
    sheet.pictures.push(painting.paint(pixels, to_film)?);
    for hip in shown.hips {
        // What the model is given may reach beyond the film.
        field(&mut sheet.canvas, hip, |on_film| {
            let [across_page, down_page] = to_page(on_film);
            [across_page.clamp(x, x + across), down_page.clamp(y, y + down)]
        });
    }
    if shown.is_oriented {
        letters(&mut sheet.canvas, place);
    }
    if shown.pixel_mm.is_some() {
        scale_bar(&mut sheet.canvas, per_mm, place);
    }
    sheet.canvas.rectangle(place, "none", GREY);
    let caption = text::fit(words::WHOLE_FILM.of(language), width, 7.5, Weight::Regular);
    sheet.canvas.text(x, y + down + 9.5, Anchor::Start, regular(7.5, GREY), &caption);
    Ok([x + across, y + down + CAPTION])
}

/// The field that the model is given, with the side in its corner.
fn field(canvas: &mut Canvas, hip: &HipOnFilm, to_page: impl Fn([f64; 2]) -> [f64; 2]) {
    let (rows, columns) = hip.density.dim();
    let [bottom, right] = [rows, columns].map(|length| length as f64 - 0.5);
    let corners =
        [[-0.5, -0.5], [-0.5, right], [bottom, right], [bottom, -0.5]].map(|place| to_page(hip.mapping.to_film(place)));
    for i in 0..corners.len() {
        canvas.line(corners[i], corners[(i + 1) % corners.len()], FIELD, 0.6);
    }
    let least = |axis: usize| corners.iter().map(|corner| corner[axis]).fold(f64::INFINITY, f64::min);
    label(canvas, least(0) + 8.0, least(1) + 8.0, letter(hip.side));
}

fn letter(side: Side) -> &'static str {
    match side {
        Side::Left => "L",
        Side::Right => "R",
        Side::None => "",
    }
}

/// As an AP film is read: the patient's right at the left.
fn letters(canvas: &mut Canvas, [x, y, width, height]: [f64; 4]) {
    for (place, letter) in [
        ([x + 8.0, y + height / 2.0], "R"),
        ([x + width - 8.0, y + height / 2.0], "L"),
        ([x + width / 2.0, y + 8.0], "H"),
        ([x + width / 2.0, y + height - 8.0], "F"),
    ] {
        label(canvas, place[0], place[1], letter);
    }
}

/// The hips beside each other, the patient's right first, at one scale; gives the lower end.
fn hips(
    film: &Shown<'_>,
    full_scale: f32,
    language: Language,
    [x, y, width, height]: [f64; 4],
    sheet: &mut Sheet,
) -> Result<f64, WriteError> {
    let Some(pixel_mm) = film.pixel_mm else { return Ok(y) };
    let mut shown: Vec<(&HipOnFilm, [f64; 2])> =
        film.hips.iter().filter(|hip| !hip.density.is_empty()).map(|hip| (hip, size_mm(hip, pixel_mm))).collect();
    shown.sort_by_key(|(hip, _)| std::cmp::Reverse(hip.side));
    let Some(gaps) = shown.len().checked_sub(1) else { return Ok(y) };
    let most = shown.iter().map(|(_, size)| size[0]).fold(0.0, f64::max);
    let sum: f64 = shown.iter().map(|(_, size)| size[1]).sum();
    let per_mm = ((width - gaps as f64 * GAP) / sum).min((height - CAPTION) / most);
    let mut left = x;
    for (hip, size) in shown {
        let [down, across] = size.map(|millimetres| millimetres * per_mm);
        if !(down >= SMALLEST && across >= SMALLEST) {
            return Ok(y);
        }
        let place = [left, y, across, down];
        sheet.canvas.picture(place, sheet.pictures.len());
        sheet.pictures.push(close_up(film, hip, full_scale, [down, across])?);
        label(&mut sheet.canvas, left + 8.0, y + 8.0, letter(hip.side));
        scale_bar(&mut sheet.canvas, per_mm, place);
        sheet.canvas.rectangle(place, "none", GREY);
        let caption = format!("{}, {}", words::DENSITY_IMAGE.of(language), words::side(hip.side).of(language));
        let caption = text::fit(&caption, across, 7.5, Weight::Regular);
        sheet.canvas.text(left, y + down + 9.5, Anchor::Start, regular(7.5, GREY), &caption);
        left += across + GAP;
    }
    Ok(y + most * per_mm + CAPTION)
}

/// Height and width of what the model is given of a hip.
fn size_mm(hip: &HipOnFilm, pixel_mm: [f64; 2]) -> [f64; 2] {
    let (rows, columns) = hip.density.dim();
    let from = hip.mapping.to_film([0.0; 2]);
    let length = |to: [f64; 2]| {
        let to = hip.mapping.to_film(to);
        ((to[0] - from[0]) * pixel_mm[0]).hypot((to[1] - from[1]) * pixel_mm[1])
    };
    [length([rows as f64, 0.0]), length([0.0, columns as f64])]
}

/// One hip as it lies on the film: the model's images are those of a left one.
fn close_up(film: &Shown<'_>, hip: &HipOnFilm, full_scale: f32, points: [f64; 2]) -> Result<Vec<u8>, WriteError> {
    let pixels = points.map(|points| (points * PIXELS_PER_POINT).round() as usize);
    let (rows, columns) = hip.density.dim();
    let step = [rows as f64 / pixels[0] as f64, columns as f64 / pixels[1] as f64];
    let to_film = |place: [f64; 2]| {
        let [row, column] = [0, 1].map(|axis| (place[axis] + 0.5) * step[axis] - 0.5);
        let column = if hip.side == Side::Right { columns as f64 - 1.0 - column } else { column };
        hip.mapping.to_film([row, column])
    };
    let painting = Painting { attenuation: &film.attenuation, hips: film.hips, full_scale: Some(full_scale) };
    painting.paint(pixels, to_film)
}

/// What outlines and colours mean.
fn legend(canvas: &mut Canvas, full_scale: f32, language: Language, [x, y]: [f64; 2]) {
    const LENGTH: f64 = 120.0;
    for piece in 0..PIECES {
        let [red, green, blue] = film::color(piece as f32 / (PIECES - 1) as f32);
        let left = x + piece as f64 / PIECES as f64 * LENGTH;
        // A little longer than its place, so that no gap shows between pieces.
        canvas.rectangle([left, y, LENGTH / PIECES as f64 + 0.4, BAR], &format!("#{red:02x}{green:02x}{blue:02x}"), "none");
    }
    canvas.rectangle([x, y, LENGTH, BAR], "none", GREY);
    for share in [0.0, 0.5, 1.0] {
        let value = text::plain(f64::from(full_scale) * share);
        canvas.text(x + share * LENGTH, y + BAR + 8.5, Anchor::Middle, regular(7.0, INK), &value);
    }
    canvas.text(x + LENGTH + 6.0, y + BAR - 0.8, Anchor::Start, regular(7.5, GREY), words::DENSITY_SCALE.of(language));
    let mut left = x + LENGTH + 16.0;
    for region in [Region::FemoralNeck, Region::TotalHip] {
        let [red, green, blue] = region_color(region);
        canvas.rectangle([left, y + BAR + 2.0, 9.0, 7.0], &format!("#{red:02x}{green:02x}{blue:02x}"), INK);
        let name = words::region(region).of(language);
        canvas.text(left + 12.0, y + BAR + 8.5, Anchor::Start, bold(7.5, INK), name);
        left += 12.0 + fonts::width(name, 7.5, Weight::Bold) + 12.0;
    }
}
