//! What every page and figure is drawn with: SVG in embedded fonts, made into PDF, pixels, or an SVG file that needs no font.
//!
//! ```text
//! text (measured by fonts) -> canvas (SVG) -> render (PDF, RGB, PNG, SVG file)
//! ```

pub(crate) mod canvas;
pub(crate) mod fonts;
pub(crate) mod render;
pub(crate) mod text;
