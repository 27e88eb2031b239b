//! SVG to PDF and to pixels.

use super::Page;
use super::fonts;
use super::frame::{HEIGHT, Sheet, WIDTH};
use crate::results::WriteError;
use crate::settings::Language;
use krilla::geom::Size;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use rayon::prelude::*;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, ImageKind, Options, Tree};
use std::sync::Arc;

/// Pixels per point of the Secondary Capture: 144 dots per inch, text of 7.5 points is 15 pixels high.
const SCALE: f64 = 2.0;

fn failed(detail: impl std::fmt::Display) -> WriteError {
    WriteError::Page(detail.to_string())
}

/// Renders all sheets.
pub fn pages(sheets: &[Sheet], language: Language) -> Result<Page, WriteError> {
    let trees = sheets.par_iter().map(tree).collect::<Result<Vec<_>, _>>()?;
    let (width, height) = ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32);
    let raster_all = || trees.par_iter().map(|tree| raster(tree, width, height)).collect::<Result<Vec<_>, _>>();
    let (pdf, rgb) = rayon::join(|| pdf(&trees, language), raster_all);
    Ok(Page { pdf: pdf?, width, height: height * trees.len() as u32, rgb: rgb?.concat() })
}

fn tree(sheet: &Sheet) -> Result<Tree, WriteError> {
    let pictures = sheet.pictures.iter().map(|file| Arc::new(file.clone())).collect::<Vec<_>>();
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
    let elements = sheet.canvas.elements();
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">{elements}</svg>"#
    );
    Tree::from_str(&svg, &options).map_err(failed)
}

fn pdf(trees: &[Tree], language: Language) -> Result<Vec<u8>, WriteError> {
    let tag = match language {
        Language::En => "en",
        Language::Ja => "ja",
    };
    let mut document = krilla::Document::new();
    document.set_metadata(Metadata::new().title("BoneMuscle: research use only".to_owned()).language(tag.to_owned()));
    for tree in trees {
        let settings = PageSettings::from_wh(WIDTH as f32, HEIGHT as f32).ok_or_else(|| failed("the page has no size"))?;
        let size = Size::from_wh(WIDTH as f32, HEIGHT as f32).ok_or_else(|| failed("the page has no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.draw_svg(tree, size, SvgSettings::default()).ok_or_else(|| failed("the drawing has no size"))?;
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| failed(format!("{error:?}")))
}

/// The pixels of one page.
fn raster(tree: &Tree, width: u32, height: u32) -> Result<Vec<u8>, WriteError> {
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| failed(format!("no memory for {width} x {height} pixels")))?;
    pixmap.fill(Color::WHITE);
    resvg::render(tree, Transform::from_scale(SCALE as f32, SCALE as f32), &mut pixmap.as_mut());
    // On an opaque ground premultiplied and plain colour are the same.
    Ok(pixmap.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect())
}

/// Pixels as a PNG file.
pub fn png(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>, WriteError> {
    let mut pixmap = Pixmap::new(width, height).ok_or_else(|| failed(format!("a picture of {width} x {height} pixels")))?;
    for (to, from) in pixmap.data_mut().chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
        to[..3].copy_from_slice(from);
        to[3] = u8::MAX;
    }
    pixmap.encode_png().map_err(failed)
}
