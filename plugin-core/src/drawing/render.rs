//! SVG to PDF, to pixels, and to an SVG file that looks the same everywhere.

use super::canvas::Canvas;
use super::fonts;
use krilla::geom::Size;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use png::{ColorType, Compression, Encoder};
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, ImageKind, Options, Tree, WriteOptions};
use std::sync::Arc;

/// A drawing that could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RenderError(pub String);

fn failed(detail: impl std::fmt::Display) -> RenderError {
    RenderError(detail.to_string())
}

/// A drawing of `width` by `height` points, ready to render. `pictures` are PNG files, by the number with which it names them.
pub fn tree(canvas: &Canvas, [width, height]: [f64; 2], pictures: &[Vec<u8>]) -> Result<Tree, RenderError> {
    let pictures = pictures.iter().map(|file| Arc::new(file.clone())).collect::<Vec<_>>();
    let resolver = ImageHrefResolver {
        // Only our own pictures: no file and no address is ever opened, whatever the text of a page says.
        resolve_data: Box::new(|_, _, _| None),
        resolve_string: Box::new(move |href, _| Some(ImageKind::PNG(Arc::clone(pictures.get(href.parse::<usize>().ok()?)?)))),
    };
    let options = Options {
        fontdb: fonts::database(),
        font_family: fonts::FAMILY.to_owned(),
        image_href_resolver: resolver,
        ..Options::default()
    };
    let elements = canvas.elements();
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{elements}</svg>"#
    );
    Tree::from_str(&svg, &options).map_err(failed)
}

/// A PDF file with a page for each tree, in the language of the tag, such as `en`.
pub fn pdf(trees: &[Tree], language: &str) -> Result<Vec<u8>, RenderError> {
    let mut document = krilla::Document::new();
    document.set_metadata(Metadata::new().title("BoneMuscle: research use only".to_owned()).language(language.to_owned()));
    for tree in trees {
        let (width, height) = (tree.size().width(), tree.size().height());
        let settings = PageSettings::from_wh(width, height).ok_or_else(|| failed("the page has no size"))?;
        let size = Size::from_wh(width, height).ok_or_else(|| failed("the page has no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.draw_svg(tree, size, SvgSettings::default()).ok_or_else(|| failed("the drawing has no size"))?;
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| failed(format!("{error:?}")))
}

/// The pixels of one page on white, `scale` pixels a point, as RGB.
pub fn raster(tree: &Tree, width: u32, height: u32, scale: f64) -> Result<Vec<u8>, RenderError> {
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| failed(format!("no memory for {width} x {height} pixels")))?;
    pixmap.fill(Color::WHITE);
    resvg::render(tree, Transform::from_scale(scale as f32, scale as f32), &mut pixmap.as_mut());
    // On an opaque ground premultiplied and plain colour are the same.
    Ok(pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
}

/// Pixels as a PNG file. It is read back by what draws the page, or looked at once: a fast writer is worth more than a small file.
pub fn png(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, RenderError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(ColorType::Rgb);
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(rgb).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// An SVG file whose letters are outlines, so that it needs no font of whoever opens it.
pub fn svg(tree: &Tree) -> String {
    tree.to_string(&WriteOptions { coordinates_precision: 3, transforms_precision: 6, ..WriteOptions::default() })
}
