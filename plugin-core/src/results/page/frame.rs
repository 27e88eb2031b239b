//! What every page has: head, facts, foot; and where pictures and columns stand.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use super::columns::is_list;
use super::flow::{Column, Group, fitting, flow};
use super::fonts::{self, Weight};
use super::notes::{self, Notes};
use super::section::{Section, sections};
use super::{calibration, certainty, chart, facts, picture, table, text, words};
use crate::results::{CtImage, Image, Source, WriteError};
use crate::settings::Language;

/// A4 landscape, in points.
pub const WIDTH: f64 = 842.0;
/// A4 landscape, in points.
pub const HEIGHT: f64 = 595.0;

const MARGIN: f64 = 30.0;
const TOP: f64 = 134.0;
const BOTTOM: f64 = 556.0;
const COLUMN: f64 = 370.0;
const LEFT: f64 = MARGIN;
const RIGHT: f64 = WIDTH - MARGIN - COLUMN;
const GAP: f64 = 8.0;
/// Room below a picture that is worth using.
const LEAST_COLUMN: f64 = 60.0;
/// A study that needs more is not a study; and a Secondary Capture has at most 65535 rows.
const MOST_PAGES: usize = 24;

/// One page.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What is drawn.
    pub canvas: Canvas,
    /// PNG files, by the number with which the drawing names them.
    pub pictures: Vec<Vec<u8>>,
}

/// All pages of `source`.
pub fn pages(source: Source<'_>) -> Result<Vec<Sheet>, WriteError> {
    if let Image::Ct(ct) = source.image {
        check(ct)?;
    }
    let mut notes = Notes::default();
    let mut sheets = Vec::new();
    let mut rest = Vec::new();
    let all = sections(source.report);
    for (number, section) in all.iter().enumerate() {
        let groups = section_groups(section, &source, &mut notes);
        let is_last = number + 1 == all.len();
        let closing = if is_last { closing_groups(&all, &source, &notes) } else { Vec::new() };
        sheets.extend(section_pages(section, &source, groups, closing, &mut rest)?);
    }
    sheets.extend(titled(continued_sheets(&rest), words::REMARKS.of(source.language), &source));
    let total = sheets.len();
    if total > MOST_PAGES {
        return Err(WriteError::Page(format!(
            "the report needs {total} pages; at most {MOST_PAGES} are drawn, measure less at once"
        )));
    }
    for (i, sheet) in sheets.iter_mut().enumerate() {
        foot(&mut sheet.canvas, &source, i + 1, total);
    }
    Ok(sheets)
}

/// Pictures need a grid with extent, and a voxel for each of its points.
fn check(ct: CtImage<'_>) -> Result<(), WriteError> {
    let grid = &ct.volume.grid;
    let (shape, stored) = (grid.shape, <[usize; 3]>::from(ct.volume.stored.dim()));
    if stored != shape {
        return Err(WriteError::Page(format!("the volume holds {stored:?} voxels, its grid {shape:?}")));
    }
    let finite = grid.steps.iter().chain([&grid.origin]).flatten().all(|value| value.is_finite());
    if !finite || grid.is_empty() || !grid.voxel_volume().0.is_normal() {
        let spacing = grid.spacing();
        return Err(WriteError::Page(format!("a volume of {shape:?} voxels, {spacing:?} mm apart, cannot be shown")));
    }
    Ok(())
}

/// What is said of one section: values, where they lie, what criteria say.
fn section_groups(section: &Section<'_>, source: &Source<'_>, notes: &mut Notes) -> Vec<Group> {
    let language = source.language;
    let lists = section.findings.iter().filter(|finding| is_list(section.site, finding.structure));
    let mut groups: Vec<_> = lists.map(|finding| table::list(finding, notes, language, COLUMN)).collect();
    groups.extend(table::tables(section, notes, language, COLUMN));
    groups.push(chart::charts(section, &source.report.references, language, COLUMN));
    groups.push(notes::criteria(section, notes, language, COLUMN));
    if let Image::Ct(ct) = source.image {
        groups.push(certainty::of_labels(section, ct.labels, language, COLUMN));
    }
    groups.retain(|group| !group.rows.is_empty());
    groups
}

/// What is said of all of them.
fn closing_groups(all: &[Section<'_>], source: &Source<'_>, notes: &Notes) -> Vec<Group> {
    let language = source.language;
    let mut groups = vec![
        notes.list(language, COLUMN),
        notes::quality(&source.report.quality, language, COLUMN),
        notes::method(all, language, COLUMN),
    ];
    groups.extend(calibration::groups(source.report, language, COLUMN));
    groups.retain(|group| !group.rows.is_empty());
    groups
}

/// The page of a section. Groups that find no room on it go to `rest`, so that no section needs two half-empty pages; a first one
/// that alone is too long goes on over pages of its own. What is `closing` follows where nothing is left over, else goes there too.
fn section_pages(
    section: &Section<'_>,
    source: &Source<'_>,
    mut groups: Vec<Group>,
    closing: Vec<Group>,
    rest: &mut Vec<Group>,
) -> Result<Vec<Sheet>, WriteError> {
    let room = [MARGIN, TOP + 2.0, WIDTH - COLUMN - 3.0 * MARGIN + 10.0, BOTTOM - TOP - 2.0];
    let pictures = picture::draw(section, source, room)?;
    let mut columns = Vec::new();
    match &pictures {
        None => columns.extend([LEFT, RIGHT].map(|x| Column { page: 0, x, top: TOP, bottom: BOTTOM })),
        Some(pictures) => {
            columns.push(Column { page: 0, x: RIGHT, top: TOP, bottom: BOTTOM });
            let below = Column { page: 0, x: LEFT, top: pictures.bottom + GAP, bottom: BOTTOM };
            columns.extend((below.bottom - below.top > LEAST_COLUMN).then_some(below));
        }
    }
    let kept = fitting(&groups, columns.iter().copied()).max(1).min(groups.len());
    let over = groups.split_off(kept);
    if !over.is_empty() {
        rest.push(notes::site(section.title().of(source.language), COLUMN));
        rest.extend(over);
    }
    if rest.is_empty() {
        groups.extend(closing)
    } else {
        rest.extend(closing)
    }
    let further = (2..).map(|i| Column { page: i / 2, x: [LEFT, RIGHT][i % 2], top: TOP, bottom: BOTTOM });
    let mut drawn = flow(&groups, columns.into_iter().chain(further));
    drawn.resize_with(drawn.len().max(1), Canvas::default);
    let mut sheets: Vec<Sheet> = drawn.into_iter().map(|canvas| Sheet { canvas, pictures: Vec::new() }).collect();
    if let (Some(seen), Some(first)) = (pictures, sheets.first_mut()) {
        first.canvas.place(0.0, 0.0, &seen.sheet.canvas);
        first.pictures = seen.sheet.pictures;
    }
    Ok(titled(sheets, section.title().of(source.language), source))
}

/// Pages of two columns.
fn continued_sheets(groups: &[Group]) -> Vec<Sheet> {
    let columns = (0..).map(|i| Column { page: i / 2, x: [LEFT, RIGHT][i % 2], top: TOP, bottom: BOTTOM });
    flow(groups, columns).into_iter().map(|canvas| Sheet { canvas, pictures: Vec::new() }).collect()
}

fn titled(mut sheets: Vec<Sheet>, title: &str, source: &Source<'_>) -> Vec<Sheet> {
    for (i, sheet) in sheets.iter_mut().enumerate() {
        head(&mut sheet.canvas, title, i > 0, source);
    }
    sheets
}

fn head(canvas: &mut Canvas, title: &str, continued: bool, source: &Source<'_>) {
    canvas.text(MARGIN, 46.0, Anchor::Start, bold(17.0, INK), title);
    let after = MARGIN + fonts::width(title, 17.0, Weight::Bold) + 8.0;
    let software = &source.report.software;
    let language = source.language;
    let continued = if continued { format!(", {}", words::CONTINUED.of(language)) } else { String::new() };
    let what = format!("{} {}, {}{continued}", software.name, software.version, facts::measured_on(source).of(language));
    let what = text::fit(&what, 320.0, 10.0, Weight::Regular);
    canvas.text(after, 46.0, Anchor::Start, regular(10.0, GREY), &what);
    let notice = words::RESEARCH_ONLY.of(language);
    let width = fonts::width(notice, 11.0, Weight::Bold) + 16.0;
    canvas.rectangle([WIDTH - MARGIN - width, 31.0, width, 20.0], INK, "none");
    canvas.text(WIDTH - MARGIN - width / 2.0, 45.0, Anchor::Middle, bold(11.0, "#ffffff"), notice);
    canvas.line([MARGIN, 56.5], [WIDTH - MARGIN, 56.5], INK, 1.0);
    const SHARES: [f64; 4] = [0.19, 0.27, 0.19, 0.35];
    let mut x = MARGIN;
    for (share, facts) in SHARES.into_iter().zip(facts::facts(source).chunks(3)) {
        let width = share * (WIDTH - 2.0 * MARGIN);
        for (row, (label, value)) in facts.iter().enumerate() {
            let y = 67.0 + 22.0 * row as f64;
            canvas.text(x, y, Anchor::Start, regular(7.0, GREY), label);
            let value = text::fit(value, width - 12.0, 8.5, Weight::Regular);
            canvas.text(x, y + 9.5, Anchor::Start, regular(8.5, INK), &value);
        }
        x += width;
    }
    canvas.line([MARGIN, 126.5], [WIDTH - MARGIN, 126.5], RULE, 0.6);
}

fn foot(canvas: &mut Canvas, source: &Source<'_>, number: usize, total: usize) {
    let language = source.language;
    canvas.line([MARGIN, 562.0], [WIDTH - MARGIN, 562.0], RULE, 0.6);
    canvas.text(MARGIN, 572.0, Anchor::Start, bold(7.5, INK), &facts::notice(source));
    let series = &source.report.series;
    let origin = match (&series.series_instance_uid, &series.study_instance_uid) {
        (Some(uid), Some(study)) => format!("{} {uid}  {} {study}", words::SERIES.of(language), words::STUDY.of(language)),
        _ => format!("{} {}", words::DIGEST_OF_IMAGE.of(language), series.instances_sha256),
    };
    canvas.text(MARGIN, 582.0, Anchor::Start, regular(7.5, GREY), &text::fit(&origin, 700.0, 7.5, Weight::Regular));
    canvas.text(WIDTH - MARGIN, 582.0, Anchor::End, regular(7.5, GREY), &number_of_pages(language, number, total));
}

fn number_of_pages(language: Language, number: usize, total: usize) -> String {
    match language {
        Language::En => format!("Page {number} of {total}"),
        Language::Ja => format!("{number} / {total} ページ"),
    }
}
