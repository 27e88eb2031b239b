//! Which findings stand together, and what they are called on pictures and in tables.

use super::words::{self, Phrase};
use crate::anatomy::{Kind, Structure};
use crate::report::{Finding, ImageSummary, Report};

/// Part of the body that a section is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// Lumbar vertebrae, one by one and as a whole.
    Lumbar,
    /// Proximal femora.
    Femur,
    /// Muscles, one by one.
    Muscle,
    /// The slice through L3, and all muscle as one.
    Body,
    /// Proximal femora and the muscles around them, on a radiograph.
    HipXray,
    /// Anything else.
    Other,
    /// The report holds no finding at all.
    Nothing,
}

impl Site {
    fn of(structure: Structure) -> Site {
        match (structure, structure.kind()) {
            (Structure::LumbarSpine, _) | (_, Kind::LumbarVertebra) => Site::Lumbar,
            (Structure::Femur, _) => Site::Femur,
            (_, Kind::Muscle) => Site::Muscle,
            (Structure::SkeletalMuscle, _) | (_, Kind::Body) => Site::Body,
            (_, Kind::Bone | Kind::Tissue | Kind::Implant) => Site::Other,
        }
    }
}

/// Findings of one site; each section starts a page.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    /// The site.
    pub site: Site,
    /// In the order of the report.
    pub findings: Vec<&'a Finding>,
    structures: Vec<Structure>,
}

/// The sections of a report, at least one; all of a radiograph is one.
pub fn sections(report: &Report) -> Vec<Section<'_>> {
    if let ImageSummary::Radiograph { .. } = report.series.image {
        return vec![Section::new(Site::HipXray, report.findings.iter().collect())];
    }
    let of = |site| Section::new(site, report.findings.iter().filter(|finding| Site::of(finding.structure) == site).collect());
    let mut sections: Vec<_> = [Site::Lumbar, Site::Femur, Site::Muscle, Site::Body, Site::Other].map(of).into();
    sections.retain(|section| !section.findings.is_empty());
    if sections.is_empty() {
        sections.push(Section::new(Site::Nothing, Vec::new()));
    }
    sections
}

impl<'a> Section<'a> {
    fn new(site: Site, findings: Vec<&'a Finding>) -> Self {
        let mut structures: Vec<_> = findings.iter().map(|finding| finding.structure).collect();
        structures.sort();
        structures.dedup();
        Section { site, findings, structures }
    }

    /// Its title.
    pub fn title(&self) -> Phrase {
        match self.site {
            Site::Lumbar => words::LUMBAR_SPINE,
            Site::Femur => words::PROXIMAL_FEMUR,
            Site::Muscle => words::MUSCLE,
            Site::Body => words::BODY_COMPOSITION,
            Site::HipXray => words::HIP_XRAY,
            Site::Other => words::OTHER,
            Site::Nothing => words::NO_FINDING,
        }
    }

    /// Whether its pictures show this structure.
    pub fn shows(&self, structure: Structure) -> bool {
        match self.site {
            Site::Body => structure.kind() == Kind::Muscle || structure.kind() == Kind::Tissue,
            _ => self.structures.contains(&structure),
        }
    }

    /// What marks the structure on pictures: the level of a vertebra, a number for muscles and others; none where the outline
    /// says enough.
    pub fn tag(&self, structure: Structure) -> Option<String> {
        let number = self.structures.binary_search(&structure).ok()? + 1;
        match (self.site, structure.kind()) {
            (_, Kind::LumbarVertebra) => Some(structure.name().to_uppercase()),
            (Site::Muscle | Site::Other, _) => Some(number.to_string()),
            _ => None,
        }
    }
}
