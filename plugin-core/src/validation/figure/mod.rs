//! Scatter, Bland-Altman and ROC of a set of patients; sets stand side by side, in-house beside external.

mod axes;
mod bland_altman;
mod roc;
mod scatter;

use super::printed::Printer;
use super::settings::ValidationSettings;
use super::stratum::{Kind, Members, Stratum, scores};
use super::{Validation, ValidationError};
use crate::drawing::canvas::{Anchor, Canvas, GREY, INK, bold, regular};
use crate::drawing::fonts::Weight;
use crate::drawing::render::{png, raster, svg, tree};
use crate::drawing::text::fit;
use crate::results::OutputFile;

/// Width of a figure, in points.
pub const WIDTH: f64 = 258.0;
/// Between two sets.
pub const GAP: f64 = 18.0;
/// Pixels per point of PNG files: 216 dots per inch.
const SCALE: f64 = 3.0;
/// More points hide one another.
const MOST_POINTS: usize = 4000;

/// A drawing and its height; it is [`WIDTH`] wide.
pub struct Figure {
    /// What is drawn.
    pub canvas: Canvas,
    /// In points.
    pub height: f64,
}

/// A set of patients as it is shown.
pub struct Column<'a> {
    /// Heading.
    pub title: String,
    /// Its numbers.
    pub stratum: &'a Stratum,
    /// Scatter, Bland-Altman, ROC.
    pub figures: [Figure; 3],
}

/// What figures are called, in files and in words.
pub const FIGURES: [(&str, &str); 3] =
    [("scatter", "Measured against reference"), ("bland-altman", "Bland-Altman"), ("roc", "ROC curve")];

/// Points of a set, or some of them.
struct Points {
    pairs: Vec<[f64; 2]>,
    /// Said where not all are drawn.
    note: Option<String>,
}

impl Points {
    fn of(members: &Members<'_>) -> Points {
        let all = members.patients.len();
        let step = all.div_ceil(MOST_POINTS).max(1);
        let pairs: Vec<[f64; 2]> = members.patients.iter().step_by(step).map(|patient| patient.first).collect();
        let note = (step > 1).then(|| format!("{} of {all} pairs are drawn", pairs.len()));
        Points { pairs, note }
    }
}

/// In-house and external where both are there, else all.
pub fn columns<'a>(validation: &'a Validation, members: &[Members<'_>], settings: &ValidationSettings) -> Vec<Column<'a>> {
    let both: Vec<_> = validation.strata.iter().zip(members).collect();
    let groups = both.iter().any(|(stratum, _)| stratum.kind == Kind::Group);
    let wanted = if groups { Kind::Group } else { Kind::Pooled };
    let shown: Vec<_> = both.into_iter().filter(|(stratum, _)| stratum.kind == wanted).collect();
    // Sets beside one another are compared, so they share their axes.
    let all: Vec<[f64; 2]> = shown.iter().flat_map(|(_, members)| members.pairs()).collect();
    let ranges = axes::Ranges::of(&all, &shown.iter().map(|(stratum, _)| *stratum).collect::<Vec<_>>());
    let printer = Printer::new(validation);
    let draw = |(stratum, members): (&'a Stratum, &Members<'_>)| {
        let points = Points::of(members);
        let curve = scores(&members.pairs(), settings).map(|scores| super::roc::curve(&scores)).unwrap_or_default();
        Column {
            title: title(stratum),
            stratum,
            figures: [
                scatter::draw(stratum, &points, &ranges, &printer),
                bland_altman::draw(stratum, &points, &ranges, &printer),
                roc::draw(stratum, &curve, &printer, settings),
            ],
        }
    };
    shown.into_iter().map(draw).collect()
}

fn title(stratum: &Stratum) -> String {
    match stratum.name.as_str() {
        "in-house" => "In-house".to_owned(),
        "external" => "External".to_owned(),
        _ => "All pairs".to_owned(),
    }
}

/// Every figure as SVG and PNG, the sets side by side.
pub fn files(columns: &[Column<'_>]) -> Result<Vec<OutputFile>, ValidationError> {
    const NAMES: [[&str; 2]; 3] =
        [["scatter.svg", "scatter.png"], ["bland-altman.svg", "bland-altman.png"], ["roc.svg", "roc.png"]];
    let mut files = Vec::new();
    for (which, [svg_name, png_name]) in NAMES.into_iter().enumerate() {
        let (canvas, size) = sheet(columns, which);
        let tree = tree(&canvas, size, &[])?;
        let (width, height) = ((size[0] * SCALE) as u32, (size[1] * SCALE) as u32);
        let pixels = raster(&tree, width, height, SCALE)?;
        files.push(OutputFile { name: svg_name, media_type: "image/svg+xml", bytes: svg(&tree).into_bytes() });
        files.push(OutputFile { name: png_name, media_type: "image/png", bytes: png(width, height, &pixels)? });
    }
    Ok(files)
}

/// One figure of every set, with a heading each and the notice below.
fn sheet(columns: &[Column<'_>], which: usize) -> (Canvas, [f64; 2]) {
    const MARGIN: f64 = 10.0;
    let mut canvas = Canvas::default();
    let width = columns.len() as f64 * (WIDTH + GAP) - GAP + 2.0 * MARGIN;
    let tallest = columns.iter().map(|column| column.figures[which].height).fold(0.0, f64::max);
    let height = tallest + 44.0;
    canvas.rectangle([0.0, 0.0, width, height], "white", "none");
    for (number, column) in columns.iter().enumerate() {
        let x = MARGIN + number as f64 * (WIDTH + GAP);
        canvas.text(x, 17.0, Anchor::Start, bold(10.0, INK), &column.title);
        canvas.place(x, 24.0, &column.figures[which].canvas);
    }
    let notice = fit(crate::RESEARCH_USE_ONLY, width - 2.0 * MARGIN, 7.0, Weight::Regular);
    canvas.text(MARGIN, height - 8.0, Anchor::Start, regular(7.0, GREY), &notice);
    (canvas, [width, height])
}
