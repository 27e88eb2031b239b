//! What stands where in a table, before it is known how wide it is.

use super::section::{Section, Site};
use super::{fonts, table, text, words};
use crate::anatomy::{Side, Structure};
use crate::report::{Finding, Measurement, NotMeasured, Quantity, Region};
use crate::settings::Language;
use crate::units::Unit;

/// Quantities in the order of columns; others follow in their own order.
const FIRST: [Quantity; 9] = [
    Quantity::DensityMean,
    Quantity::DensityMedian,
    Quantity::DensitySd,
    Quantity::ArealDensity,
    Quantity::AttenuationMean,
    Quantity::AttenuationMedian,
    Quantity::AttenuationSd,
    Quantity::MuscleAttenuation,
    Quantity::Volume,
];
/// The same of femora, whose scores are those of areal density.
const FIRST_OF_FEMUR: [Quantity; 7] = [
    Quantity::ArealDensity,
    Quantity::TScore,
    Quantity::PercentYoungAdultMean,
    Quantity::ZScore,
    Quantity::MineralContent,
    Quantity::Area,
    Quantity::DensityMean,
];

/// A table.
pub struct Plan<'a> {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Its columns.
    pub groups: Vec<Columns<'a>>,
}

/// What a line is called.
#[derive(Debug, Clone)]
pub struct Line {
    /// Name.
    pub label: String,
    /// Colour on pictures.
    pub color: Option<[u8; 3]>,
    /// Mark on pictures.
    pub tag: Option<String>,
}

impl Line {
    /// Room that the name needs, without colour and tag.
    pub fn width(&self) -> f64 {
        fonts::width(&self.label, table::SIZE, fonts::Weight::Regular)
    }
}

/// Columns under one heading.
#[derive(Clone)]
pub struct Columns<'a> {
    /// The heading.
    pub title: &'static str,
    /// Columns.
    pub columns: Vec<Column<'a>>,
    /// Whose values stand in each line.
    pub places: Vec<Option<Place<'a>>>,
}

/// One quantity, of one recipe where there are several.
#[derive(Debug, Clone, PartialEq)]
pub struct Column<'a> {
    /// What.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// The recipe, where the table holds this quantity by several.
    method: Option<&'a str>,
}

impl Column<'_> {
    /// Its heading.
    pub fn title(&self, language: Language) -> String {
        let short = words::short(self.quantity).of(language);
        match self.method {
            Some(method) => format!("{short} {}", text::initials(method)),
            None => short.to_owned(),
        }
    }

    /// Whether it is known of one of its values by how much it may be off.
    pub fn has_errors<'a>(&self, mut places: impl Iterator<Item = Place<'a>>) -> bool {
        places.any(|place| place.values().any(|one| self.holds(one) && one.root_mean_square_error.is_some()))
    }

    /// Whether a value belongs into it.
    pub fn holds(&self, one: &Measurement) -> bool {
        one.quantity == self.quantity && self.method.is_none_or(|method| method == one.method)
    }
}

/// A region of a finding.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    finding: &'a Finding,
    region: Region,
}

impl<'a> Place<'a> {
    /// Its values.
    pub fn values(self) -> impl Iterator<Item = &'a Measurement> {
        self.finding.measurements.iter().filter(move |one| one.region == self.region)
    }

    /// What it lacks.
    pub fn missing(self) -> Vec<&'a NotMeasured> {
        let own = self.finding.not_measured.iter().filter(|one| one.region == self.region);
        own.filter(|one| !one.quantities.is_empty()).collect()
    }

    /// Whether anything is to be said of it.
    pub fn holds_anything(self) -> bool {
        self.values().next().is_some() || !self.missing().is_empty()
    }
}

/// The tables of a section; findings that are lists have none.
pub fn plans<'a>(section: &Section<'a>, language: Language) -> Vec<Plan<'a>> {
    match section.site {
        Site::Femur => {
            let mut findings = section.findings.clone();
            // As on pictures: the patient's right first.
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.side));
            findings.into_iter().map(|finding| by_region(finding, language)).collect()
        }
        Site::HipXray => {
            let (mut femora, others): (Vec<_>, Vec<_>) =
                section.findings.iter().copied().partition(|finding| finding.structure == Structure::Femur);
            femora.sort_by_key(|finding| std::cmp::Reverse(finding.side));
            let femora = femora.into_iter().map(|finding| without_empty_scores(by_region(finding, language)));
            femora.chain((!others.is_empty()).then(|| by_finding(section, others, language))).collect()
        }
        Site::Body | Site::Nothing => Vec::new(),
        Site::Lumbar | Site::Muscle | Site::Other => {
            let listed = |finding: &&Finding| is_list(section.site, finding.structure);
            vec![by_finding(section, section.findings.iter().copied().filter(|finding| !listed(finding)).collect(), language)]
        }
    }
}

/// Whether a finding is shown as a list.
pub fn is_list(site: Site, structure: Structure) -> bool {
    site == Site::Body || structure == Structure::LumbarSpine
}

fn by_finding<'a>(section: &Section<'a>, mut findings: Vec<&'a Finding>, language: Language) -> Plan<'a> {
    // Left and right of a structure stand together.
    findings.sort_by_key(|finding| (finding.structure, std::cmp::Reverse(finding.side)));
    let lines = findings.iter().map(|finding| line(section, finding, language)).collect();
    // What a reader looks for in a vertebra is its trabecular region; the whole follows the parts.
    let parts = Region::ALL.iter().filter(|region| **region != Region::Whole);
    let groups = parts.chain(&[Region::Whole]).filter_map(|region| {
        let places: Vec<_> = findings.iter().map(|finding| Some(Place { finding, region: *region })).collect();
        let title = match (region, section.site) {
            (Region::Whole, Site::Muscle | Site::HipXray | Site::Other) => "",
            (region, _) => words::region(*region).of(language),
        };
        group(title, &FIRST, places)
    });
    Plan { lines, groups: groups.collect() }
}

/// A structure and its side.
pub fn name(finding: &Finding, language: Language) -> String {
    let name = words::structure(finding.structure).of(language);
    let side = words::side(finding.side).of(language);
    match (language, finding.side) {
        (_, Side::None) if finding.structure.paired() => format!("{name}, {}", words::SIDE_NOT_STATED.of(language)),
        (_, Side::None) => name.to_owned(),
        (Language::En, _) => format!("{name}, {side}"),
        (Language::Ja, _) => format!("{name} {side}"),
    }
}

fn line(section: &Section<'_>, finding: &Finding, language: Language) -> Line {
    let label = name(finding, language);
    let tag = section.tag(finding.structure).filter(|tag| !label.starts_with(tag.as_str()));
    // Nothing on a radiograph has a structure's colour.
    let color = (section.site != Site::HipXray).then(|| finding.structure.color());
    Line { label, color, tag }
}

fn by_region<'a>(finding: &'a Finding, language: Language) -> Plan<'a> {
    let regions: Vec<Region> =
        Region::ALL.iter().copied().filter(|region| Place { finding, region: *region }.holds_anything()).collect();
    let label = |region: &Region| words::region(*region).of(language).to_owned();
    let lines = regions.iter().map(|region| Line { label: label(region), color: None, tag: None }).collect();
    let places = regions.iter().map(|region| Some(Place { finding, region: *region })).collect();
    let title = match (finding.side, language) {
        (Side::Right, Language::En) => "Right",
        (Side::Left, Language::En) => "Left",
        (Side::Right, Language::Ja) => "右",
        (Side::Left, Language::Ja) => "左",
        (Side::None, _) => words::SIDE_NOT_STATED.of(language),
    };
    Plan { lines, groups: group(title, &FIRST_OF_FEMUR, places).into_iter().collect() }
}

/// Scores that no region has are said to be missing where the criteria stand, once.
fn without_empty_scores(mut plan: Plan<'_>) -> Plan<'_> {
    const SCORES: [Quantity; 3] = [Quantity::TScore, Quantity::ZScore, Quantity::PercentYoungAdultMean];
    for group in &mut plan.groups {
        let places = &group.places;
        let filled = |column: &Column<'_>| places.iter().flatten().any(|place| place.values().any(|one| column.holds(one)));
        group.columns.retain(|column| !SCORES.contains(&column.quantity) || filled(column));
    }
    plan
}

/// The columns that `places` fill; none where they are empty.
fn group<'a>(title: &'static str, first: &[Quantity], places: Vec<Option<Place<'a>>>) -> Option<Columns<'a>> {
    let all = || places.iter().flatten();
    let mut order = first.to_vec();
    order.extend(Quantity::ALL.iter().filter(|quantity| !first.contains(quantity)));
    let columns: Vec<_> = order.into_iter().flat_map(|quantity| columns_of(quantity, &all)).collect();
    (!columns.is_empty()).then_some(Columns { title, columns, places })
}

fn columns_of<'a: 'b, 'b, I: Iterator<Item = &'b Place<'a>>>(quantity: Quantity, all: &impl Fn() -> I) -> Vec<Column<'a>> {
    let mut found: Vec<(&'a str, Unit)> = Vec::new();
    let values = all().flat_map(|place| place.values()).filter(|one| one.quantity == quantity);
    for one in values {
        // A place with two recipes for the quantity needs a column for each; recipes of different places share one.
        if !found.iter().any(|(method, _)| *method == one.method) {
            found.push((&one.method, one.unit));
        }
    }
    let missing = || all().any(|place| place.missing().iter().any(|one| one.quantities.contains(&quantity)));
    match found.as_slice() {
        [] if missing() => vec![Column { quantity, unit: quantity.unit(), method: None }],
        [] => Vec::new(),
        [(_, unit)] => vec![Column { quantity, unit: *unit, method: None }],
        several => several.iter().map(|(method, unit)| Column { quantity, unit: *unit, method: Some(method) }).collect(),
    }
}
