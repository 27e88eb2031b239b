//! What the head and foot of every page say of the image that was measured.

use super::text;
use super::words::{self, Phrase};
use crate::read::{Acquisition, Equipment};
use crate::report::{HipScale, ImageSummary, RadiographSummary, SeriesSummary, six_digits};
use crate::results::{CtImage, FilmImage, Image, Source};
use crate::segmentation::LabelOrigin;
use crate::settings::Language;
use dicom_dictionary_std::tags;

/// Names and values, three to a column.
type Facts = [(Phrase, String); 12];

/// What was measured on.
pub fn measured_on(source: &Source<'_>) -> Phrase {
    match source.image {
        Image::Ct(_) => words::MEASURED_ON_CT,
        Image::Film(_) => words::MEASURED_ON_FILM,
    }
}

/// What the values are not, and of a radiograph what the model has seen.
pub fn notice(source: &Source<'_>) -> String {
    let language = source.language;
    match source.image {
        Image::Ct(_) => words::NOT_DXA.of(language).to_owned(),
        Image::Film(_) => {
            let between = if language == Language::En { " " } else { "" };
            [words::SIMULATED_FILMS_ONLY, words::FILM_NOT_DXA].map(|phrase| phrase.of(language)).join(between)
        }
    }
}

/// Twelve facts. The patient's name, birth date, ID and the accession number are not among them.
pub fn facts(source: &Source<'_>) -> [(&'static str, String); 12] {
    let facts = match source.image {
        Image::Ct(ct) => of_ct(source, ct),
        Image::Film(image) => of_film(source, image),
    };
    facts.map(|(name, value)| {
        let value = if value.trim().is_empty() { words::NOT_STATED.of(source.language).to_owned() } else { value };
        (name.of(source.language), value)
    })
}

fn of_ct(source: &Source<'_>, ct: CtImage<'_>) -> Facts {
    let (summary, language) = (&source.report.series, source.language);
    let acquisition = ct.series.map_or(Acquisition::UNKNOWN, |series| &series.acquisition);
    let [slices, rows, columns] = ct.volume.grid.shape;
    let thickness = acquisition.slice_thickness.map(|thickness| millimetres(&[thickness.0]));
    [
        (words::STUDY_DATE, study_date(source)),
        (words::SHAPE, format!("{slices} × {rows} × {columns}")),
        (words::CALIBRATION, words::calibration(&source.report.calibration).of(language).to_owned()),
        (words::SERIES, series(ct, summary, language)),
        (words::SCANNER, machine(source.image.equipment())),
        (words::CONTRAST, acquisition.contrast_agent.clone().unwrap_or_default()),
        (words::TUBE_VOLTAGE, kilovolts(acquisition.tube_voltage)),
        (words::KERNEL, acquisition.kernel.clone().unwrap_or_default()),
        (words::THICKNESS, thickness.unwrap_or_default()),
        (words::SPACING, millimetres(&ct.volume.grid.spacing().map(six_digits))),
        (words::LABELS, labels(&source.report.segmentation, language)),
        (words::MEASURED, source.report.started.replace('T', " ")),
    ]
}

fn of_film(source: &Source<'_>, image: FilmImage<'_>) -> Facts {
    let (header, language) = (&image.film.header, source.language);
    let summary = match &source.report.series.image {
        ImageSummary::Radiograph { radiograph } => Some(radiograph),
        ImageSummary::Ct(_) => None,
    };
    let scale = summary.and_then(|summary| summary.scale.as_ref());
    let detector = scale.and_then(|scale| scale.detector_spacing_mm);
    let [rows, columns] = header.size;
    [
        (words::STUDY_DATE, study_date(source)),
        (words::FILM_SHAPE, format!("{rows} × {columns}")),
        (words::TUBE_VOLTAGE, kilovolts(header.tube_voltage)),
        (words::SERIES, source.report.series.description.clone().unwrap_or_default()),
        (words::MACHINE, machine(&header.equipment)),
        (words::VIEW, summary.map(|summary| view(summary, language)).unwrap_or_default()),
        (words::DETECTOR_SPACING, detector.map(|spacing| fine_millimetres(&spacing)).unwrap_or_default()),
        (words::MAGNIFICATION, scale.map(|scale| magnification(scale, language)).unwrap_or_default()),
        (words::HIP_SPACING, scale.map(|scale| fine_millimetres(&scale.spacing_mm)).unwrap_or_default()),
        (words::MODEL, labels(&source.report.segmentation, language)),
        (words::HIPS, summary.map(|summary| hips(summary, language)).unwrap_or_default()),
        (words::MEASURED, source.report.started.replace('T', " ")),
    ]
}

fn series(ct: CtImage<'_>, summary: &SeriesSummary, language: Language) -> String {
    match ct.series {
        Some(_) => summary.description.clone().unwrap_or_default(),
        None => words::IMAGE_WITHOUT_DICOM.of(language).to_owned(),
    }
}

fn study_date(source: &Source<'_>) -> String {
    source.image.context().text(tags::STUDY_DATE).map(text::date).unwrap_or_default()
}

fn machine(equipment: &Equipment) -> String {
    [&equipment.manufacturer, &equipment.model].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn kilovolts(voltage: Option<f64>) -> String {
    voltage.map(|kv| format!("{} kV", text::plain(kv))).unwrap_or_default()
}

fn millimetres(lengths: &[f64]) -> String {
    format!("{} mm", lengths.iter().map(|length| text::plain(*length)).collect::<Vec<_>>().join(" × "))
}

/// Pixels of radiographs are a fraction of a millimetre long.
fn fine_millimetres(lengths: &[f64]) -> String {
    format!("{} mm", lengths.iter().map(|length| text::rounded(*length, 4)).collect::<Vec<_>>().join(" × "))
}

/// What the header says, and what the model sees.
fn view(summary: &RadiographSummary, language: Language) -> String {
    let seen = summary.view.as_ref().map(|view| {
        format!("{}: {} ({:.0} %)", words::SEEN.of(language), view.name.replace('_', " "), 100.0 * view.probability)
    });
    summary.view_position.clone().into_iter().chain(seen).collect::<Vec<_>>().join("; ")
}

fn magnification(scale: &HipScale, language: Language) -> String {
    let factor = scale.magnification.map(|factor| text::rounded(factor, 3));
    let origin = words::magnification(scale.magnification_from).of(language).to_owned();
    factor.into_iter().chain([origin]).collect::<Vec<_>>().join(", ")
}

fn hips(summary: &RadiographSummary, language: Language) -> String {
    summary.hips.iter().map(|hip| words::side(hip.side).of(language)).collect::<Vec<_>>().join(", ")
}

fn labels(origin: &LabelOrigin, language: Language) -> String {
    let (text, resampled) = match origin {
        LabelOrigin::DicomSeg { description, algorithms, resampled, .. } => {
            let algorithms = if algorithms.is_empty() { String::new() } else { format!(", {}", algorithms.join(", ")) };
            (format!("DICOM SEG “{description}”{algorithms}"), resampled)
        }
        // Files are often named after the patient; the digest identifies the labels as well.
        LabelOrigin::LabelMap { sha256, resampled, .. } => (format!("{} {sha256}", words::LABEL_MAP.of(language)), resampled),
        LabelOrigin::Model { name, version, engine, passes, .. } => {
            let passes = if *passes > 0 { format!(", {}", words::passes(*passes, language)) } else { String::new() };
            (format!("{name} {version}{passes}, {engine}"), &false)
        }
    };
    if *resampled { format!("{}; {text}", words::RESAMPLED.of(language)) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_map_is_named_by_its_digest_because_its_file_name_may_name_the_patient() {
        let [file, names] = ["Geheim_Vorname.nii.gz", "/home/geheim/names.json"].map(str::to_owned);
        let text = labels(
            &LabelOrigin::LabelMap { file: Some(file), sha256: "c0ffee".to_owned(), names, resampled: true },
            Language::En,
        );
        assert_eq!(text, "resampled; label map, SHA-256 c0ffee");
    }
}
