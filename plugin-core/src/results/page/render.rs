//! The sheets as PDF and as pixels.

use super::Page;
use super::frame::{HEIGHT, Sheet, WIDTH};
use crate::drawing::render::{RenderError, pdf, png as encode, raster, tree};
use crate::results::WriteError;
use crate::settings::Language;
use rayon::prelude::*;

/// Pixels per point of the Secondary Capture: 144 dots per inch, text of 7.5 points is 15 pixels high.
const SCALE: f64 = 2.0;

impl From<RenderError> for WriteError {
    fn from(error: RenderError) -> Self {
        WriteError::Page(error.0)
    }
}

/// Renders all sheets.
pub fn pages(sheets: &[Sheet], language: Language) -> Result<Page, WriteError> {
    let draw = |sheet: &Sheet| tree(&sheet.canvas, [WIDTH, HEIGHT], &sheet.pictures);
    let trees = sheets.par_iter().map(draw).collect::<Result<Vec<_>, _>>()?;
    let (width, height) = ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32);
    let tag = match language {
        Language::En => "en",
        Language::Ja => "ja",
    };
    let raster_all = || trees.par_iter().map(|tree| raster(tree, width, height, SCALE)).collect::<Result<Vec<_>, _>>();
    let (pdf, rgb) = rayon::join(|| pdf(&trees, tag), raster_all);
    Ok(Page { pdf: pdf?, width, height: height * trees.len() as u32, rgb: rgb?.concat() })
}

/// Pixels as a PNG file.
pub fn png(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, WriteError> {
    Ok(encode(width, height, rgb)?)
}
