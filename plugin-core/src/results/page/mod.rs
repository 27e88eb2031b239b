//! The page a person reads: source images on the left, values on the right.
//!
//! One drawing, an SVG per page, becomes both the PDF (text stays text) and the pixels of the Secondary Capture, so the two cannot
//! disagree. Pages are A4 landscape, one for each site of a CT (lumbar spine, proximal femur, muscle, body composition), one for a
//! radiograph; what finds no room there stands together at the end, with reasons, methods, calibration and reference values. The
//! pixels show all pages one below the other. No patient name, birth date, patient ID or accession number is drawn, so Burned In
//! Annotation may be NO, unless a radiograph brings them.
//! The same input gives the same bytes; language changes words, never a number.
//!
//! ```text
//! section (which findings) -> columns -> table, list --+
//!                          -> chart, notes, calibration +-> flow --+
//!                          -> view -> picture, projection ---------+-> drawing::canvas (SVG) -> render (PDF, RGB, PNG)
//!                            film -> radiograph ------------------+
//! ```

mod calibration;
mod certainty;
mod chart;
mod columns;
mod facts;
mod film;
mod flow;
mod frame;
mod notes;
mod overlay;
mod picture;
mod projection;
mod radiograph;
mod render;
mod section;
mod table;
mod text;
mod view;
mod words;

#[cfg(test)]
mod tests;

use super::{Source, WriteError};
use crate::drawing::{canvas, fonts};

/// The page in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The PDF file, A4 landscape, one or more pages.
    pub pdf: Vec<u8>,
    /// Columns of `rgb`.
    pub width: u32,
    /// Rows of `rgb`: all pages, one below the other.
    pub height: u32,
    /// sRGB, 8 bits a sample, colour by pixel, `width * height * 3` bytes.
    pub rgb: Vec<u8>,
}

impl Page {
    /// The pixels of `rgb` as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>, WriteError> {
        render::png(self.width, self.height, &self.rgb)
    }
}

/// Draws the page of `source`. An error says why a drawing was not possible; values are never left out.
pub fn draw(source: Source<'_>) -> Result<Page, WriteError> {
    render::pages(&frame::pages(source)?, source.language)
}
