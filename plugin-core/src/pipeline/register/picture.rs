//! The picture that a person judges a pose by, with the sentence that stands on every output.

use crate::drawing::canvas::{Anchor, Canvas, INK, bold};
use crate::drawing::render::{RenderError, png, raster, tree};

/// Of the sentence's letters, as a share of the width, in pixels, and how large or small they may become.
const LETTERS: f64 = 1.0 / 40.0;
const SIZES: [f64; 2] = [9.0, 18.0];

/// A PNG file of `rows` by `columns` sRGB pixels, and below them a line that says what the picture is for.
pub(super) fn picture(rgb: &[u8], [rows, columns]: [usize; 2]) -> Result<Vec<u8>, RenderError> {
    let [width, height] = [columns as f64, rows as f64];
    let size = (width * LETTERS).clamp(SIZES[0], SIZES[1]);
    let whole = height + (2.0 * size).ceil();
    let mut canvas = Canvas::default();
    canvas.picture([0.0, 0.0, width, height], 0);
    canvas.text(0.5 * size, height + 1.35 * size, Anchor::Start, bold(size, INK), crate::RESEARCH_USE_ONLY);
    let image = png(columns as u32, rows as u32, rgb)?;
    let drawing = tree(&canvas, [width, whole], &[image])?;
    let [columns, rows] = [columns as u32, whole as u32];
    png(columns, rows, &raster(&drawing, columns, rows, 1.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// sRGB of a PNG file, with rows and columns.
    fn decoded(file: &[u8]) -> (Vec<u8>, [usize; 2]) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        let samples = info.color_type.samples();
        let rgb = pixels.chunks_exact(samples).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        (rgb, [info.height as usize, info.width as usize])
    }

    #[test]
    fn the_pixels_are_kept_and_the_sentence_stands_whole_below_them() {
        let [rows, columns] = [120, 250];
        let rgb: Vec<u8> = (0..rows * columns).flat_map(|i| [(i % 251) as u8, (i / 251 % 251) as u8, 40]).collect();
        let (found, size) = decoded(&picture(&rgb, [rows, columns]).expect("a picture"));
        assert_eq!(size, [rows + 18, columns]);
        assert_eq!(found[..rgb.len()], rgb[..]);
        // Columns of the strip with ink: the line begins at its left and ends before the border.
        let inked = |column: usize| (rows..size[0]).any(|row| found[(row * columns + column) * 3] < 128);
        let last = (0..columns).rev().find(|column| inked(*column)).expect("letters");
        assert!((0..12).any(inked) && (100..columns - 4).contains(&last), "{last}");
    }
}
