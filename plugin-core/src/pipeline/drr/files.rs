//! The image as files: NRRD for programs, PNG for the eye, JSON for what they mean.

use super::field::DrrQuantity;
use super::request::DrrRequest;
use crate::calibration::Calibration;
use crate::geometry::{Lps, cross, unit};
use crate::pipeline::{Error, not_json};
use crate::projection::{Beam, FilmGeometry, Pose, View};
use crate::report::{Quality, SeriesSummary, Software, six_digits};
use crate::results::{OutputFile, WriteError};
use crate::segmentation::LabelOrigin;
use crate::units::Unit;
use ndarray::Array2;
use png::{BitDepth, ColorType, Encoder, EncodingError};
use serde::Serialize;

/// What is shown, of whom, and by which numbers.
#[derive(Debug, Clone, Serialize)]
pub struct DrrSummary {
    /// [`crate::RESEARCH_USE_ONLY`].
    pub notice: String,
    /// What drew it.
    pub software: Software,
    /// The CT.
    pub series: SeriesSummary,
    /// Where the labels came from, where there are any.
    pub segmentation: Option<LabelOrigin>,
    /// How HU became density.
    pub calibration: Calibration,
    /// Gates that spoke about the choice of CT and labels, and about the calibration.
    pub quality: Vec<Quality>,
    /// The image.
    #[serde(flatten)]
    pub image: DrrImage,
}

/// The image: what it holds, and where machine and patient stood.
#[derive(Debug, Clone, Serialize)]
pub struct DrrImage {
    /// The structure that is shown alone; none: the whole CT.
    pub structure: Option<String>,
    /// What a pixel holds.
    pub quantity: DrrQuantity,
    /// In which unit.
    pub unit: Unit,
    /// The least pixel.
    pub least: f64,
    /// The greatest pixel, white in the preview; 0 and less is black.
    pub greatest: f64,
    /// Detector and distances.
    pub film: FilmGeometry,
    /// How the patient was moved, about which point.
    pub pose: Pose,
    /// The focal spot in coordinates of the CT; none where the rays are parallel.
    pub source: Option<Lps>,
    /// Direction of the parallel rays in coordinates of the CT.
    pub direction: Option<Lps>,
    /// Centre of pixel `[0, 0]` in coordinates of the CT.
    pub first: Lps,
    /// From a pixel to the one below it.
    pub row_step: Lps,
    /// From a pixel to the one right of it.
    pub column_step: Lps,
}

impl DrrImage {
    pub(super) fn new(
        pixels: &Array2<f32>,
        (quantity, unit): (DrrQuantity, Unit),
        request: &DrrRequest,
        pose: Pose,
        view: &View,
    ) -> DrrImage {
        let (source, direction) = match view.beam {
            Beam::Cone { source } => (Some(source), None),
            Beam::Parallel { direction } => (None, Some(direction)),
        };
        let [least, greatest] = extremes(pixels).map(|value| six_digits(value.into()));
        let detector = view.detector;
        DrrImage {
            structure: request.structure.clone(),
            quantity,
            unit,
            least,
            greatest,
            film: request.film,
            pose,
            source,
            direction,
            first: detector.first,
            row_step: detector.row_step,
            column_step: detector.column_step,
        }
    }
}

fn extremes(pixels: &Array2<f32>) -> [f32; 2] {
    pixels.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[least, greatest], value| [least.min(*value), greatest.max(*value)])
}

/// `drr.nrrd`, `drr.png`, `drr.json`.
pub(super) fn write(summary: &DrrSummary, pixels: &Array2<f32>) -> Result<Vec<OutputFile>, Error> {
    let preview = preview(pixels).map_err(|error| WriteError::Dicom { object: "preview", detail: error.to_string() })?;
    let json = serde_json::to_vec_pretty(summary).map_err(not_json)?;
    Ok(vec![
        OutputFile { name: "drr.nrrd", media_type: "application/octet-stream", bytes: nrrd(&summary.image, pixels) },
        OutputFile { name: "drr.png", media_type: "image/png", bytes: preview },
        OutputFile { name: "drr.json", media_type: "application/json", bytes: json },
    ])
}

/// Teem's NRRD0005, a volume of one slice, so that a viewer puts the image where the detector stood.
fn nrrd(image: &DrrImage, pixels: &Array2<f32>) -> Vec<u8> {
    let (rows, columns) = pixels.dim();
    let through = unit(cross(image.column_step, image.row_step));
    let vector = |[x, y, z]: Lps| format!("({x},{y},{z})");
    let [right, down, through] = [image.column_step, image.row_step, through].map(vector);
    let header = format!(
        "NRRD0005\n# {}\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: {columns} {rows} 1\n\
         space directions: {right} {down} {through}\nspace origin: {}\nkinds: domain domain domain\nendian: little\n\
         encoding: raw\nunit:={}\n\n",
        crate::RESEARCH_USE_ONLY,
        vector(image.first),
        image.unit.code().value,
    );
    let mut bytes = header.into_bytes();
    bytes.reserve_exact(4 * pixels.len());
    pixels.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    bytes
}

/// Grey of 16 bits: more is whiter, as on a film.
fn preview(pixels: &Array2<f32>) -> Result<Vec<u8>, EncodingError> {
    let [_, greatest] = extremes(pixels);
    let scale = if greatest > 0.0 { f32::from(u16::MAX) / greatest } else { 0.0 };
    let grey: Vec<u8> = pixels.iter().flat_map(|value| ((value * scale).round() as u16).to_be_bytes()).collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixels.ncols() as u32, pixels.nrows() as u32);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::Sixteen);
    encoder.add_text_chunk("Disclaimer".to_owned(), crate::RESEARCH_USE_ONLY.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&grey)?;
    writer.finish()?;
    Ok(file)
}
