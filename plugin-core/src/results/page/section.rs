//! Which findings stand together, and what they are called on pictures and in tables.

use crate::anatomy::{Kind, Structure};
use crate::report::{Finding, Report};

/// Findings of one kind; each section starts a page.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    /// Their kind; none when the report holds no finding at all.
    pub kind: Option<Kind>,
    /// In the order of the report.
    pub findings: Vec<&'a Finding>,
    structures: Vec<Structure>,
}

/// The sections of a report, at least one.
pub fn sections(report: &Report) -> Vec<Section<'_>> {
    let of =
        |kind| Section::new(Some(kind), report.findings.iter().filter(|finding| finding.structure.kind() == kind).collect());
    let mut sections: Vec<_> = [Kind::LumbarVertebra, Kind::Muscle, Kind::Bone].map(of).into();
    sections.retain(|section| !section.findings.is_empty());
    if sections.is_empty() {
        sections.push(Section::new(None, Vec::new()));
    }
    sections
}

impl<'a> Section<'a> {
    fn new(kind: Option<Kind>, findings: Vec<&'a Finding>) -> Self {
        let mut structures: Vec<_> = findings.iter().map(|finding| finding.structure).collect();
        structures.sort();
        structures.dedup();
        Section { kind, findings, structures }
    }

    /// Its title.
    pub fn title(&self) -> &'static str {
        match self.kind {
            Some(Kind::LumbarVertebra) => "Lumbar spine",
            Some(Kind::Muscle) => "Muscle",
            Some(Kind::Bone) => "Bone",
            Some(Kind::Tissue | Kind::Implant | Kind::Body) => "Body",
            None => "No finding",
        }
    }

    /// What marks the structure on pictures: the level of a vertebra, a number for everything else; none for what is not listed.
    pub fn tag(&self, structure: Structure) -> Option<String> {
        let number = self.structures.binary_search(&structure).ok()? + 1;
        Some(match structure.kind() {
            Kind::LumbarVertebra => structure.name().to_uppercase(),
            _ => number.to_string(),
        })
    }
}
