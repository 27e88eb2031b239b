//! The left of a page: source images with structures, letters, scale and window.

use super::canvas::{Anchor, Canvas, GREY, INK, bold, regular};
use super::fonts::{self, Weight};
use super::frame::Sheet;
use super::overlay::{Ink, Painting, Pixels, Window};
use super::section::{Section, Site};
use super::view::{Direction, View, centre};
use super::words::{self, Phrase};
use super::{projection, radiograph, render};
use crate::anatomy::Kind;
use crate::report::{Finding, Quantity, Region};
use crate::results::{CtImage, Image, Source, WriteError};
use crate::segmentation::StructureMask;
use crate::settings::Language;

/// Pixels per point: 216 dots per inch on paper.
pub(super) const PIXELS_PER_POINT: f64 = 3.0;
pub(super) const CAPTION: f64 = 13.0;
pub(super) const GAP: f64 = 8.0;
/// Points; a picture that is less wide or high shows nothing.
pub(super) const SMALLEST: f64 = 24.0;
/// Bone and soft tissue in one window: trabecular bone of the spine lies at 50 to 250 HU.
const BONE: Window = Window { width: 800.0, center: 200.0 };
/// The usual abdominal window.
const SOFT_TISSUE: Window = Window { width: 400.0, center: 40.0 };
/// Height that the CT keeps where projections stand below it.
const SHARE_OF_CT: f64 = 0.5;
const WHITE: &str = "#ffffff";

/// What is seen, before it is known how large.
struct Planned {
    view: View,
    caption: Phrase,
}

/// Pictures, and how far down they reach.
pub struct Pictures {
    /// The drawing.
    pub sheet: Sheet,
    /// Lower end of the lowest, caption included.
    pub bottom: f64,
}

/// Draws the pictures of a section into `[x, y, width, height]`; nothing where the section has nothing to show.
pub fn draw(section: &Section<'_>, source: &Source<'_>, area: [f64; 4]) -> Result<Option<Pictures>, WriteError> {
    let ct = match source.image {
        Image::Ct(ct) => ct,
        Image::Film(image) => return radiograph::draw(image, source, area),
    };
    let shown = |mask: &&StructureMask| section.shows(mask.structure);
    let masks: Vec<&StructureMask> = ct.labels.masks.iter().filter(shown).collect();
    let regions: Vec<&StructureMask> = ct.regions.iter().filter(shown).collect();
    let mut sheet = Sheet::default();
    let mut area = area;
    let mut bottom = area[1];
    let projected = section.site == Site::Femur && !ct.projections.is_empty();
    if projected {
        let [x, y, width, height] = area;
        area[3] = SHARE_OF_CT * height;
        let below = [x, y + area[3] + GAP, width, height - area[3] - GAP];
        projection::draw(ct.projections, source.language, below, &mut sheet)?;
        bottom = y + height;
    }
    let planned = planned(section, ct, &masks, &regions);
    let bone = matches!(section.site, Site::Lumbar | Site::Femur);
    let painting = Painting {
        volume: ct.volume,
        masks: &masks,
        regions: if section.site == Site::Lumbar { &regions } else { &[] },
        window: if bone { BONE } else { SOFT_TISSUE },
        ink: if bone { Ink { fill: 0.15, outline: 2 } } else { Ink { fill: 0.35, outline: 2 } },
    };
    let (places, scale) = arrange(&planned, area).unwrap_or_default();
    for (plan, place) in planned.iter().zip(places) {
        if place[2] < SMALLEST || place[3] < SMALLEST {
            continue;
        }
        bottom = bottom.max(place[1] + place[3] + CAPTION);
        let pixels = painting.paint(&plan.view, scale * PIXELS_PER_POINT);
        sheet.canvas.picture(place, sheet.pictures.len());
        structures(&mut sheet.canvas, section, &masks, &pixels, place);
        surroundings(&mut sheet.canvas, plan, painting.window, source.language, scale, place);
        sheet.pictures.push(render::png(pixels.width as u32, pixels.height as u32, pixels.rgb.as_flattened())?);
    }
    Ok((!sheet.pictures.is_empty()).then_some(Pictures { sheet, bottom }))
}

fn planned(section: &Section<'_>, ct: CtImage<'_>, masks: &[&StructureMask], regions: &[&StructureMask]) -> Vec<Planned> {
    let grid = &ct.volume.grid;
    match section.site {
        Site::Lumbar => spine(ct, masks, regions),
        Site::Femur => {
            let view = View::through_largest_section(Direction::Coronal, grid, masks);
            view.map(|view| Planned { view, caption: words::CORONAL_LARGEST }).into_iter().collect()
        }
        Site::Body => {
            let value = |finding: &&Finding| finding.value(Region::L3Slice, Quantity::SlicePosition);
            let view = section.findings.iter().find_map(value).and_then(|z| View::axial_at(z, grid, masks));
            view.map(|view| Planned { view, caption: words::AXIAL_L3 }).into_iter().collect()
        }
        Site::Muscle | Site::HipXray | Site::Other | Site::Nothing => largest(ct, masks),
    }
}

fn spine(ct: CtImage<'_>, masks: &[&StructureMask], regions: &[&StructureMask]) -> Vec<Planned> {
    let grid = &ct.volume.grid;
    // The region lies in the vertebral body; the centre of a whole vertebra is pulled back by its processes.
    let body = |structure| regions.iter().find(|region| region.structure == structure);
    let centres: Vec<_> = masks.iter().map(|mask| centre(grid, body(mask.structure).unwrap_or(mask))).collect();
    let plan = |direction, caption| Some(Planned { view: View::along_spine(direction, grid, masks, &centres)?, caption });
    [plan(Direction::Sagittal, words::SAGITTAL_SPINE), plan(Direction::Coronal, words::CORONAL_SPINE)]
        .into_iter()
        .flatten()
        .collect()
}

fn largest(ct: CtImage<'_>, masks: &[&StructureMask]) -> Vec<Planned> {
    let grid = &ct.volume.grid;
    let plan = |direction, caption| Some(Planned { view: View::through_largest_section(direction, grid, masks)?, caption });
    [plan(Direction::Axial, words::AXIAL_LARGEST), plan(Direction::Coronal, words::CORONAL_LARGEST)]
        .into_iter()
        .flatten()
        .collect()
}

/// Places side by side or one below the other, whichever is larger, all at one scale in points per millimetre.
fn arrange(planned: &[Planned], [x, y, width, height]: [f64; 4]) -> Option<(Vec<[f64; 4]>, f64)> {
    let sizes: Vec<[f64; 2]> = planned.iter().map(|plan| plan.view.size()).collect();
    let gaps = sizes.len().checked_sub(1)? as f64 * GAP;
    let sum = |axis: usize| sizes.iter().map(|size| size[axis]).sum::<f64>();
    let most = |axis: usize| sizes.iter().map(|size| size[axis]).fold(0.0, f64::max);
    let beside = ((width - gaps) / sum(0)).min((height - CAPTION) / most(1));
    let below = (width / most(0)).min((height - gaps - CAPTION * sizes.len() as f64) / sum(1));
    let scale = beside.max(below);
    let mut corner = [x, y];
    let places = sizes.iter().map(|size| {
        let place = [corner[0], corner[1], size[0] * scale, size[1] * scale];
        if beside >= below {
            corner[0] += place[2] + GAP
        } else {
            corner[1] += place[3] + CAPTION + GAP
        }
        place
    });
    Some((places.collect(), scale))
}

/// Names or numbers of the structures.
fn structures(
    canvas: &mut Canvas,
    section: &Section<'_>,
    masks: &[&StructureMask],
    pixels: &Pixels,
    [x, y, width, height]: [f64; 4],
) {
    let at = |column: f64, row: f64| [x + column / pixels.width as f64 * width, y + row / pixels.height as f64 * height];
    for mark in &pixels.marks {
        let structure = masks[mark.mask].structure;
        let Some(tag) = section.tag(structure) else { continue };
        if structure.kind() == Kind::LumbarVertebra {
            let [left, middle] = at(mark.columns[0] as f64, mark.middle[1] as f64 + 0.5);
            label(canvas, (left - 11.0).max(x + 9.0), middle, &tag);
        } else {
            let [across, down] = at(mark.middle[0] as f64 + 0.5, mark.middle[1] as f64 + 0.5);
            canvas.disc(across, down, 4.6);
            canvas.text(across, down + 2.4, Anchor::Middle, bold(6.5, INK), &tag);
        }
    }
}

/// Letters of direction, scale bar, window, frame and caption.
fn surroundings(
    canvas: &mut Canvas,
    plan: &Planned,
    window: Window,
    language: Language,
    scale: f64,
    [x, y, width, height]: [f64; 4],
) {
    let [left, right, up, down] = plan.view.direction.letters();
    label(canvas, x + 8.0, y + 8.0, left);
    label(canvas, x + width - 8.0, y + 8.0, right);
    label(canvas, x + width / 2.0, y + 8.0, up);
    label(canvas, x + width / 2.0, y + height - 8.0, down);
    scale_bar(canvas, scale, [x, y, width, height]);
    canvas.rectangle([x, y, width, height], "none", GREY);
    let window = format!("W {} L {}", window.width, window.center);
    let room = width - fonts::width(&window, 7.5, Weight::Regular) - 6.0;
    let caption = super::text::fit(plan.caption.of(language), room, 7.5, Weight::Regular);
    canvas.text(x, y + height + 9.5, Anchor::Start, regular(7.5, GREY), &caption);
    canvas.text(x + width, y + height + 9.5, Anchor::End, regular(7.5, GREY), &window);
}

/// A round length at `scale` points per millimetre, in the lower left corner of a picture.
pub(super) fn scale_bar(canvas: &mut Canvas, scale: f64, [x, y, width, height]: [f64; 4]) {
    const CENTIMETRES: [f64; 4] = [10.0, 5.0, 2.0, 1.0];
    if let Some(length) = CENTIMETRES.into_iter().find(|cm| cm * 10.0 * scale < 0.38 * width) {
        let (end, bottom) = (x + 6.0 + length * 10.0 * scale, y + height - 6.0);
        canvas.shade([x + 3.0, bottom - 12.0, length * 10.0 * scale + 6.0, 15.0]);
        canvas.line([x + 6.0, bottom], [end, bottom], WHITE, 1.2);
        for tick in [x + 6.0, end] {
            canvas.line([tick, bottom - 3.0], [tick, bottom + 0.6], WHITE, 1.2);
        }
        canvas.text((x + 6.0 + end) / 2.0, bottom - 4.0, Anchor::Middle, regular(7.0, WHITE), &format!("{length} cm"));
    }
}

/// White letters on a dark ground, centred.
pub(super) fn label(canvas: &mut Canvas, x: f64, y: f64, text: &str) {
    let width = fonts::width(text, 8.5, Weight::Bold) + 5.0;
    canvas.shade([x - width / 2.0, y - 5.5, width, 11.0]);
    canvas.text(x, y + 3.1, Anchor::Middle, bold(8.5, WHITE), text);
}
