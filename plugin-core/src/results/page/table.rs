//! Values by structure: one row per structure, one group of columns per side and region.

use super::canvas::{Anchor, Canvas, GREY, INK, RULE, bold, regular};
use super::flow::{Fragment, Group};
use super::fonts::{self, Weight};
use super::notes::Notes;
use super::section::Section;
use super::text;
use crate::anatomy::{Kind, Side, Structure};
use crate::report::{Finding, NotMeasured, Quantity, Region};

const SIZE: f64 = 8.5;
const HEAD_SIZE: f64 = 7.5;
const ROW: f64 = 13.5;
/// Narrowest column that still takes `1234.5`; anything longer is set smaller.
const NARROWEST: f64 = 30.0;
/// Between groups of columns.
const GAP: f64 = 8.0;

const QUANTITIES: [Quantity; 5] = [
    Quantity::AttenuationMean,
    Quantity::AttenuationMedian,
    Quantity::AttenuationSd,
    Quantity::FatVoxelShare,
    Quantity::Volume,
];

/// Columns under one heading.
#[derive(Debug, Clone, PartialEq)]
struct Columns {
    side: Side,
    region: Region,
    quantities: Vec<Quantity>,
}

impl Columns {
    fn title(&self, kind: Option<Kind>) -> &'static str {
        match (self.side, self.region) {
            (Side::None, Region::Trabecular) => "Trabecular region",
            (Side::None, Region::Whole) if kind == Some(Kind::LumbarVertebra) => "Whole vertebra",
            (Side::None, Region::Whole) => "Side not stated",
            (Side::Left, Region::Trabecular) => "Left, trabecular region",
            (Side::Left, Region::Whole) => "Left",
            (Side::Right, Region::Trabecular) => "Right, trabecular region",
            (Side::Right, Region::Whole) => "Right",
            _ => "",
        }
    }

    fn narrowest(&self) -> f64 {
        self.quantities.len().max(2) as f64 * NARROWEST + GAP
    }
}

/// One structure, with at most one finding per side.
struct Row<'a> {
    structure: Structure,
    findings: Vec<&'a Finding>,
}

/// The values of a section as one table, or as several where the columns do not fit beside each other.
pub fn tables(section: &Section<'_>, notes: &mut Notes, width: f64) -> Vec<Group> {
    let rows = rows(section);
    let name_width =
        rows.iter().map(|row| fonts::width(row.structure.english(), SIZE, Weight::Regular)).fold(0.0, f64::max) + 26.0;
    let mut parts: Vec<Vec<Columns>> = Vec::new();
    let mut room = 0.0;
    for columns in columns(section) {
        let needed = columns.narrowest();
        match parts.last_mut() {
            Some(part) if needed <= room => part.push(columns),
            _ => {
                room = width - name_width;
                parts.push(vec![columns]);
            }
        }
        room -= needed;
    }
    parts.iter().map(|part| table(section, &rows, &Layout::new(part, name_width, width), notes)).collect()
}

fn columns(section: &Section<'_>) -> Vec<Columns> {
    let mut all = Vec::new();
    for side in [Side::Right, Side::Left, Side::None] {
        for region in [Region::Trabecular, Region::Whole] {
            let findings = || section.findings.iter().filter(|finding| finding.side == side);
            let values = || findings().flat_map(|finding| &finding.measurements).filter(|value| value.region == region);
            let missing = || findings().flat_map(|finding| &finding.not_measured).filter(|value| value.region == region);
            let present = |quantity: &Quantity| {
                values().any(|value| value.quantity == *quantity) || missing().any(|value| value.quantities.contains(quantity))
            };
            if values().next().is_some() || missing().next().is_some() {
                all.push(Columns { side, region, quantities: QUANTITIES.into_iter().filter(present).collect() });
            }
        }
    }
    all
}

fn rows<'a>(section: &Section<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    for &finding in &section.findings {
        let fits = |row: &&mut Row<'_>| {
            row.structure == finding.structure && row.findings.iter().all(|other| other.side != finding.side)
        };
        match rows.iter_mut().find(fits) {
            Some(row) => row.findings.push(finding),
            None => rows.push(Row { structure: finding.structure, findings: vec![finding] }),
        }
    }
    rows
}

/// Where columns stand.
struct Layout<'a> {
    /// Groups with left and right end.
    groups: Vec<(&'a Columns, f64, f64)>,
    width: f64,
}

impl<'a> Layout<'a> {
    fn new(part: &'a [Columns], name_width: f64, width: f64) -> Self {
        let needed: f64 = part.iter().map(Columns::narrowest).sum();
        let stretch = ((width - name_width) / needed).max(1.0);
        let mut left = name_width;
        let place = |columns: &'a Columns| {
            let from = left;
            left += columns.narrowest() * stretch;
            (columns, from + GAP, left)
        };
        Layout { groups: part.iter().map(place).collect(), width }
    }

    /// Right ends of the columns of a group.
    fn ends((columns, left, right): (&Columns, f64, f64)) -> impl Iterator<Item = (Quantity, f64)> {
        let step = (right - left) / columns.quantities.len().max(1) as f64;
        columns.quantities.iter().enumerate().map(move |(i, quantity)| (*quantity, left + step * (i + 1) as f64 - 2.0))
    }
}

fn table(section: &Section<'_>, rows: &[Row<'_>], layout: &Layout<'_>, notes: &mut Notes) -> Group {
    let in_group = |row: &Row<'_>, columns: &Columns| row.findings.iter().any(|finding| finding.side == columns.side);
    let rows = rows.iter().filter(|row| layout.groups.iter().any(|group| in_group(row, group.0)));
    let rows = rows.enumerate().map(|(i, row)| {
        let mut canvas = Canvas::default();
        if i % 2 == 1 {
            canvas.rectangle([0.0, 0.0, layout.width, ROW], "#f1f1f1", "none");
        }
        name(&mut canvas, section, row.structure);
        for group in &layout.groups {
            if let Some(finding) = row.findings.iter().find(|finding| finding.side == group.0.side) {
                cells(&mut canvas, finding, *group, notes);
            }
        }
        Fragment { canvas, height: ROW }
    });
    let mut rows: Vec<_> = rows.collect();
    if let Some(last) = rows.last_mut() {
        last.height += GAP;
    }
    Group { head: head(layout, section.kind), rows }
}

fn head(layout: &Layout<'_>, kind: Option<Kind>) -> Fragment {
    let mut canvas = Canvas::default();
    for group in &layout.groups {
        let (columns, left, right) = *group;
        canvas.text((left + right) / 2.0, 9.0, Anchor::Middle, bold(HEAD_SIZE, INK), columns.title(kind));
        canvas.line([left, 12.5], [right, 12.5], RULE, 0.6);
        for (quantity, end) in Layout::ends(*group) {
            canvas.text(end, 22.0, Anchor::End, regular(HEAD_SIZE, GREY), short(quantity));
            canvas.text(end, 31.0, Anchor::End, regular(HEAD_SIZE, GREY), text::unit(quantity));
        }
    }
    canvas.line([0.0, 35.0], [layout.width, 35.0], INK, 0.8);
    Fragment { canvas, height: 36.0 }
}

fn short(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Volume => "Volume",
        Quantity::AttenuationMean => "Mean",
        Quantity::AttenuationMedian => "Median",
        Quantity::AttenuationSd => "SD",
        Quantity::FatVoxelShare => "Fat",
        other => other.name(),
    }
}

/// Colour, number and name of a structure.
fn name(canvas: &mut Canvas, section: &Section<'_>, structure: Structure) {
    let [r, g, b] = structure.color();
    canvas.rectangle([1.0, 3.2, 7.0, 7.0], &format!("#{r:02x}{g:02x}{b:02x}"), INK);
    let english = structure.english();
    let tag = section.tag(structure).filter(|tag| !english.starts_with(tag.as_str()));
    let mut x = 12.0;
    if let Some(tag) = tag {
        canvas.text(x + 9.0, 9.8, Anchor::End, bold(HEAD_SIZE, INK), &tag);
        x += 12.0;
    }
    canvas.text(x, 9.8, Anchor::Start, regular(SIZE, INK), english);
}

/// The values of a finding in one group; where none could be given, one sentence across the group.
fn cells(canvas: &mut Canvas, finding: &Finding, group: (&Columns, f64, f64), notes: &mut Notes) {
    let (columns, left, right) = group;
    let missing: Vec<&NotMeasured> = finding.not_measured.iter().filter(|missing| missing.region == columns.region).collect();
    let mut values = finding.measurements.iter().filter(|value| value.region == columns.region).peekable();
    if values.peek().is_none() && !missing.is_empty() {
        let marks: Vec<String> = missing.iter().map(|missing| notes.mark(missing)).collect();
        let sentence = text::fit(&format!("not measured {}", marks.join(" ")), right - left, SIZE, Weight::Regular);
        canvas.text((left + right) / 2.0, 9.8, Anchor::Middle, regular(SIZE, INK), &sentence);
        return;
    }
    let values: Vec<_> = values.collect();
    for (quantity, end) in Layout::ends(group) {
        let printed = values.iter().filter(|value| value.quantity == quantity).map(|value| text::printed(value.value));
        let marks = missing
            .iter()
            .filter(|missing| missing.quantities.is_empty() || missing.quantities.contains(&quantity))
            .map(|missing| notes.mark(missing));
        let words: Vec<String> = printed.chain(marks).collect();
        let cell = if words.is_empty() { "–".to_owned() } else { words.join(" ") };
        let style = if quantity == Quantity::AttenuationMean { bold(SIZE, INK) } else { regular(SIZE, INK) };
        let room = (right - left) / columns.quantities.len() as f64 - 2.0;
        let shrink = (room / fonts::width(&cell, SIZE, style.weight)).min(1.0);
        canvas.text(end, 9.8, Anchor::End, super::canvas::Style { size: SIZE * shrink, ..style }, &cell);
    }
}
