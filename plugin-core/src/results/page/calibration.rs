//! How HU became density, and what values were compared with: the last page.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use super::flow::{Fragment, Group};
use super::words::{self, Phrase};
use super::{notes, text};
use crate::calibration::{Calibration, Conversion, PhantomCalibration, StoredCalibration, TissueCalibration};
use crate::report::{ReferenceUsed, Report, six_digits};
use crate::settings::Language;
use crate::units::{Hu, Unit};

const PLOT_HEIGHT: f64 = 250.0;
/// A line with a larger slope, intercept or curvature is no calibration, and its plot has no scale.
const LARGEST_TERM: f64 = 1e6;
/// CT numbers that the line is drawn over where no rods say it: soft tissue to dense trabecular bone.
const USUAL_HU: [f64; 2] = [-100.0, 400.0];

/// Plot and facts of the calibration, and the reference values; nothing where there is neither.
pub fn groups(report: &Report, language: Language, width: f64) -> Vec<Group> {
    let mut groups = Vec::new();
    if let Some(line) = report.calibration.conversion() {
        let drawable = [line.slope, line.intercept, line.curvature].iter().all(|term| term.abs() < LARGEST_TERM);
        groups.extend(drawable.then(|| Group {
            head: Fragment::default(),
            rows: vec![Fragment { canvas: plot(&report.calibration, line, language, width), height: PLOT_HEIGHT }],
        }));
        let facts = facts(&report.calibration, line, language).into_iter();
        let facts = facts.map(|(name, value)| (name.of(language).to_owned(), value));
        groups.push(notes::list(words::CALIBRATION.of(language), facts, width));
    }
    if !report.references.is_empty() {
        let items = report.references.iter().map(|row| (String::new(), reference(row, language)));
        groups.push(notes::list(words::REFERENCES.of(language), items, width));
    }
    groups
}

fn reference(row: &ReferenceUsed, language: Language) -> String {
    let mean = row.mean.zip(row.sd).map(|(mean, sd)| format!("{} {mean} ± {sd}", words::MEAN.of(language)));
    let cuts: Vec<String> = row.cut_offs.iter().map(|cut| text::plain(*cut)).collect();
    let verified = match &row.verified_by {
        Some(person) => format!("{}: {person}", words::VERIFIED_BY.of(language)),
        None => words::UNVERIFIED.of(language).to_owned(),
    };
    let parts =
        [Some(row.description.clone()), mean, Some(cuts.join(" / ")), Some(row.population.clone()), Some(row.device.clone())];
    let parts: Vec<_> =
        parts.into_iter().flatten().chain([row.source.clone(), verified]).filter(|part| !part.is_empty()).collect();
    format!("{}: {}", row.id, parts.join("; "))
}

fn facts(calibration: &Calibration, line: &Conversion, language: Language) -> Vec<(Phrase, String)> {
    let mut all = vec![
        (words::METHOD, words::calibration(calibration).of(language).to_owned()),
        (words::EQUATION, equation(line)),
        (words::MATERIAL, material(line)),
    ];
    all.extend(match calibration {
        Calibration::None => Vec::new(),
        Calibration::Phantom(one) => phantom(one, language),
        Calibration::Stored(one) => stored(one, language),
        Calibration::Internal(one) | Calibration::Physics(one) => tissues(one, language),
    });
    all
}

/// `vBMD (mgHA/cm³) = 0.797316 × HU − 2.51894`, with the digits of values.
fn equation(line: &Conversion) -> String {
    let signed = |value: f64| format!("{} {}", if value < 0.0 { '−' } else { '+' }, six_digits(value).abs());
    let quadratic = if line.curvature == 0.0 { String::new() } else { format!("{} × HU² + ", six_digits(line.curvature)) };
    format!("vBMD ({}) = {quadratic}{} × HU {}", unit(line), six_digits(line.slope), signed(line.intercept))
}

fn unit(line: &Conversion) -> &'static str {
    words::unit(Unit::VolumetricDensity(Some(line.material)))
}

fn material(line: &Conversion) -> String {
    let code = Unit::VolumetricDensity(Some(line.material)).code();
    format!("{} ({})", code.value, code.meaning)
}

fn somebody(confirmed_by: &Option<String>, language: Language) -> (Phrase, String) {
    (words::CONFIRMED_BY, confirmed_by.clone().unwrap_or_else(|| words::NOBODY.of(language).to_owned()))
}

fn r_squared(value: f64) -> (Phrase, String) {
    (words::FIT, format!("r² = {}", six_digits(value)))
}

fn phantom(one: &PhantomCalibration, language: Language) -> Vec<(Phrase, String)> {
    let (fit, text) = r_squared(one.r_squared);
    let mut all = vec![
        (fit, format!("{text}, SD {} {}", six_digits(one.residual_sd), unit(&one.conversion))),
        (words::PHANTOM_NAME, one.phantom.clone()),
    ];
    all.extend(one.serial.clone().map(|serial| (words::SERIAL, serial)));
    all.extend(one.certificate.clone().map(|certificate| (words::CERTIFICATE, certificate)));
    all.push(somebody(&one.confirmed_by, language));
    let rods = one
        .rods
        .iter()
        .map(|rod| format!("{}: {} ± {} HU", text::plain(rod.density), text::rounded(rod.hu, 1), text::rounded(rod.sd_hu, 1)));
    all.push((words::READ, rods.collect::<Vec<_>>().join("; ")));
    all
}

fn stored(one: &StoredCalibration, language: Language) -> Vec<(Phrase, String)> {
    let scanner: Vec<&str> =
        [&one.manufacturer, &one.model, &one.serial_number, &one.kernel].into_iter().flatten().map(String::as_str).collect();
    vec![
        r_squared(one.r_squared),
        (words::STORED, one.id.clone()),
        (words::SCANNER, scanner.join(", ")),
        (
            words::PHANTOM_NAME,
            [Some(one.phantom.clone()), one.phantom_serial.clone()].into_iter().flatten().collect::<Vec<_>>().join(", "),
        ),
        (words::VALID, format!("{}, {}", one.date, one.expires)),
        somebody(&one.confirmed_by, language),
    ]
}

fn tissues(one: &TissueCalibration, language: Language) -> Vec<(Phrase, String)> {
    let mut all = Vec::new();
    all.extend(one.r_squared.map(r_squared));
    all.extend(one.mapping.clone().map(|mapping| (words::MAPPING, mapping)));
    all.extend(
        one.standard_error.map(|error| (words::STANDARD_ERROR, format!("{} {}", text::plain(error), unit(&one.conversion)))),
    );
    all.extend(one.effective_energy_kev.map(|energy| (words::ENERGY, format!("{} keV", text::plain(energy)))));
    all.push(somebody(&one.confirmed_by, language));
    let tissues = one.tissues.iter().map(|read| {
        let tissue = words::tissue(read.tissue).of(language);
        format!("{tissue}: {} ± {} HU", text::rounded(read.hu, 1), text::rounded(read.sd_hu, 1))
    });
    all.push((words::READ, tissues.collect::<Vec<_>>().join("; ")));
    all
}

/// Density over CT number: the line, and the rods that it goes through.
fn plot(calibration: &Calibration, line: &Conversion, language: Language, width: f64) -> Canvas {
    let rods: &[_] = if let Calibration::Phantom(phantom) = calibration { &phantom.rods } else { &[] };
    let points: Vec<[f64; 2]> =
        rods.iter().map(|rod| [rod.hu, rod.density]).filter(|point| point.iter().all(|x| x.is_finite())).collect();
    let reach = |axis: usize, usual: [f64; 2]| {
        let low = points.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min);
        let high = points.iter().map(|point| point[axis]).fold(f64::NEG_INFINITY, f64::max);
        if high > low { [low - 0.15 * (high - low), high + 0.15 * (high - low)] } else { usual }
    };
    let across = reach(0, USUAL_HU);
    let ends = across.map(|hu| line.density(Hu(hu)).0);
    let up = reach(1, [ends[0].min(ends[1]), ends[0].max(ends[1]).max(ends[0].min(ends[1]) + 1.0)]);
    let [left, top, right, bottom] = [44.0, 26.0, width - 10.0, PLOT_HEIGHT - 40.0];
    let x = |hu: f64| left + (hu - across[0]) / (across[1] - across[0]) * (right - left);
    let y = |density: f64| bottom - (density - up[0]) / (up[1] - up[0]) * (bottom - top);

    let mut canvas = Canvas::default();
    canvas.text(0.0, 10.0, Anchor::Start, bold(8.5, INK), &equation(line));
    canvas.text(0.0, 21.0, Anchor::Start, regular(7.5, GREY), &format!("{}, {}", words::DENSITY_AXIS.of(language), unit(line)));
    canvas.rectangle([left, top, right - left, bottom - top], "none", RULE);
    for hu in round_numbers(across) {
        canvas.line([x(hu), bottom], [x(hu), bottom + 3.0], INK, 0.6);
        canvas.text(x(hu), bottom + 12.0, Anchor::Middle, regular(7.5, INK), &text::plain(hu));
    }
    for density in round_numbers(up) {
        canvas.line([left, y(density)], [right, y(density)], "#e4e4e4", 0.5);
        canvas.text(left - 4.0, y(density) + 2.6, Anchor::End, regular(7.5, INK), &text::plain(density));
    }
    canvas.text((left + right) / 2.0, bottom + 24.0, Anchor::Middle, regular(7.5, GREY), words::CT_NUMBER.of(language));
    const PIECES: i32 = 40;
    let hu = |piece: i32| across[0] + (across[1] - across[0]) * f64::from(piece) / f64::from(PIECES);
    for piece in 0..PIECES {
        let ends = [piece, piece + 1].map(hu).map(|hu| [x(hu), y(line.density(Hu(hu)).0)]);
        if ends.iter().all(|[_, height]| (top..=bottom).contains(height)) {
            canvas.line(ends[0], ends[1], INK, 1.0);
        }
    }
    for [hu, density] in points {
        canvas.disc(x(hu), y(density), 3.0);
    }
    canvas
}

/// At most ten round numbers within the range.
fn round_numbers([low, high]: [f64; 2]) -> Vec<f64> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) {
        return Vec::new();
    }
    let power = 10_f64.powf((span / 10.0).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| span / step <= 10.0).unwrap_or(span);
    let first = (low / step).ceil();
    (0..=10).map(|i| (first + f64::from(i)) * step).take_while(|number| *number <= high).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Material;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(round_numbers([-34.0, 291.0]), [0.0, 50.0, 100.0, 150.0, 200.0, 250.0]);
        assert_eq!(round_numbers([0.0, 0.03]).len(), 7);
        assert!(round_numbers([1.0, 1.0]).is_empty());
        assert!(round_numbers([f64::NAN, 1.0]).is_empty());
    }

    #[test]
    fn the_equation_has_its_signs() {
        let line = |curvature, intercept| Conversion { material: Material::Hydroxyapatite, slope: 0.5, intercept, curvature };
        assert_eq!(equation(&line(0.0, -2.518_943_2)), "vBMD (mgHA/cm³) = 0.5 × HU − 2.51894");
        assert_eq!(equation(&line(0.25, 37.0)), "vBMD (mgHA/cm³) = 0.25 × HU² + 0.5 × HU + 37");
    }
}
