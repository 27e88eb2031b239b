//! The page: A4, a column of figures and numbers for each set, in-house beside external, and the sites below.

use super::figure::{Column, GAP, WIDTH as FIGURE};
use super::printed::{Printer, Row};
use super::sites::{HEADINGS, site_rows};
use super::{Validation, ValidationError};
use crate::drawing::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use crate::drawing::fonts::{self, Weight};
use crate::drawing::render::{pdf, tree};
use crate::drawing::text::{fit, wrap};

/// A4 portrait, in points.
const SIZE: [f64; 2] = [595.0, 842.0];
const MARGIN: f64 = 30.0;
const ROOM: f64 = SIZE[0] - 2.0 * MARGIN;
const LINE: f64 = 8.3;
const TEXT: f64 = 6.5;
const FIRST_FIGURE: f64 = 62.0;
/// Where the last line of the foot stands.
const FOOT: f64 = 828.0;

/// The page as a PDF file.
pub fn draw(validation: &Validation, columns: &[Column<'_>]) -> Result<Vec<u8>, ValidationError> {
    let canvas = canvas(validation, columns);
    Ok(pdf(&[tree(&canvas, SIZE, &[])?], "en")?)
}

fn canvas(validation: &Validation, columns: &[Column<'_>]) -> Canvas {
    let printer = Printer::new(validation);
    let mut canvas = Canvas::default();
    canvas.rectangle([0.0, 0.0, SIZE[0], SIZE[1]], "white", "none");
    head(&mut canvas, validation, &printer);
    let width = columns.len() as f64 * (FIGURE + GAP) - GAP;
    let left = (SIZE[0] - width) / 2.0;
    let mut bottom = FIRST_FIGURE;
    for (number, column) in columns.iter().enumerate() {
        let x = left + number as f64 * (FIGURE + GAP);
        bottom = bottom.max(draw_column(&mut canvas, x, column, &printer));
    }
    let foot_top = foot(&mut canvas, validation);
    sites(&mut canvas, validation, &printer, [bottom + 6.0, foot_top]);
    canvas
}

fn head(canvas: &mut Canvas, validation: &Validation, printer: &Printer<'_>) {
    canvas.text(MARGIN, 30.0, Anchor::Start, bold(13.0, INK), "Validation");
    canvas.text(SIZE[0] - MARGIN, 30.0, Anchor::End, bold(8.0, INK), crate::RESEARCH_USE_ONLY);
    let first = fit(&subject(validation), ROOM, 8.0, Weight::Regular);
    canvas.text(MARGIN, 42.0, Anchor::Start, regular(8.0, INK), &first);
    let second = printer.cuts().unwrap_or_else(|| "No cut was given.".to_owned());
    canvas.text(MARGIN, 52.0, Anchor::Start, regular(7.0, GREY), &fit(&second, ROOM, 7.0, Weight::Regular));
}

/// What was validated, in one line.
pub fn subject(validation: &Validation) -> String {
    let quantity = validation.quantity.as_deref().unwrap_or("Quantity not stated");
    let standard = if validation.settings.standardized.is_some() { ", standardised BMD (Hui 1997, Lu 2001)" } else { "" };
    format!("{quantity}, {}{standard}", super::printed::unit_or_unstated(validation))
}

/// Draws a column; gives where it ends.
fn draw_column(canvas: &mut Canvas, x: f64, column: &Column<'_>, printer: &Printer<'_>) -> f64 {
    let mut y = FIRST_FIGURE + 8.0;
    canvas.text(x, y, Anchor::Start, bold(10.0, INK), &column.title);
    y += 6.0;
    for figure in &column.figures {
        canvas.place(x, y, &figure.canvas);
        y += figure.height + 4.0;
    }
    for row in printer.rows(column.stratum) {
        y += LINE;
        canvas.line([x, y + 2.2], [x + FIGURE, y + 2.2], "#e4e4e4", 0.4);
        draw_row(canvas, x, y, &row);
    }
    y
}

fn draw_row(canvas: &mut Canvas, x: f64, y: f64, row: &Row) {
    canvas.text(x, y, Anchor::Start, regular(TEXT, GREY), &row.label);
    let room = FIGURE - fonts::width(&row.label, TEXT, Weight::Regular) - 8.0;
    let (text, color) = match &row.text {
        Ok(text) => (text.clone(), INK),
        Err(reason) => (format!("not computed: {reason}"), GREY),
    };
    canvas.text(x + FIGURE, y, Anchor::End, regular(TEXT, color), &fit(&text, room, TEXT, Weight::Regular));
}

/// The foot; gives where it begins.
fn foot(canvas: &mut Canvas, validation: &Validation) -> f64 {
    let interval = format!("Intervals: {} confidence.", Printer::new(validation).interval_name().replace(" CI", ""));
    let text = format!("{} {interval}", validation.methods.join(" "));
    let mut lines = wrap(&text, ROOM, TEXT, Weight::Regular);
    let digest = &validation.table_sha256[..16];
    lines.push(format!("BoneMuscle {}. Table with SHA-256 {digest}\u{2026}", validation.software.version));
    let top = FOOT - (lines.len() - 1) as f64 * LINE;
    canvas.line([MARGIN, top - 8.0], [SIZE[0] - MARGIN, top - 8.0], RULE, 0.5);
    for (number, line) in lines.iter().enumerate() {
        canvas.text(MARGIN, top + number as f64 * LINE, Anchor::Start, regular(TEXT, GREY), line);
    }
    top - 10.0
}

/// As many sites as there is room for.
fn sites(canvas: &mut Canvas, validation: &Validation, printer: &Printer<'_>, [top, bottom]: [f64; 2]) {
    let rows = site_rows(validation, printer);
    if rows.is_empty() {
        return;
    }
    let lines = ((bottom - top) / LINE).floor() as usize;
    // The heading, and the line that says how many are left out.
    let shown = if rows.len() < lines { rows.len() } else { lines.saturating_sub(2) };
    let mut y = top + LINE;
    let mut cells = |y: f64, texts: &[String], style| {
        for ((text, [from, to]), number) in texts.iter().zip(places()).zip(0..) {
            let text = fit(text, to - from, TEXT, Weight::Bold);
            let (x, anchor) = if number == 0 { (from, Anchor::Start) } else { (to, Anchor::End) };
            canvas.text(x, y, anchor, style, &text);
        }
    };
    cells(y, &HEADINGS.map(str::to_owned), bold(TEXT, INK));
    for row in &rows[..shown] {
        y += LINE;
        cells(y, row, regular(TEXT, INK));
    }
    if shown < rows.len() {
        let text = format!("{} more sites are in validation.csv", rows.len() - shown);
        canvas.text(MARGIN, y + LINE, Anchor::Start, regular(TEXT, GREY), &text);
    }
}

/// Left and right ends of the columns of the table of sites.
fn places() -> impl Iterator<Item = [f64; 2]> {
    const WIDTHS: [f64; 6] = [120.0, 40.0, 110.0, 60.0, 60.0, 130.0];
    let mut x = MARGIN;
    WIDTHS.into_iter().map(move |width| {
        let place = [x, x + width];
        x += width + 3.0;
        place
    })
}
