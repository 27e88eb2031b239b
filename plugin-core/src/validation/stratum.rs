//! All statistics of a set of patients.

use super::agreement::{BlandAltman, Errors, bland_altman, errors};
use super::answer::{Answer, Estimate, at_least};
use super::at_cut::{AtCut, at_cut};
use super::correlation::pearson;
use super::icc::{Icc, icc};
use super::moments::Moments;
use super::pairs::{Group, Pairs, Patient};
use super::precision::{Precision, precision};
use super::regression::{Line, line};
use super::roc::{Roc, Scores, roc};
use super::settings::ValidationSettings;
use rayon::prelude::*;
use serde::Serialize;

/// Which patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All.
    Pooled,
    /// Of the sites of one group.
    Group,
    /// Of one site.
    Site,
}

/// Mean and standard deviation of one of both values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation.
    pub sd: f64,
}

/// The statistics of a set of patients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stratum {
    /// Which patients.
    pub kind: Kind,
    /// `all`, `in-house`, `external`, or the site's name.
    pub name: String,
    /// Sites they come from.
    pub sites: usize,
    /// Pairs: one of every patient at every site.
    pub pairs: usize,
    /// The reference.
    pub reference: Answer<Summary>,
    /// The values under test.
    pub measured: Answer<Summary>,
    /// Pearson's r.
    pub pearson_r: Answer<Estimate>,
    /// Intraclass correlation.
    pub icc: Answer<Icc>,
    /// Errors.
    pub errors: Answer<Errors>,
    /// Measured on reference.
    pub regression: Answer<Line>,
    /// Bias and limits of agreement.
    pub bland_altman: Answer<BlandAltman>,
    /// ROC curve.
    pub roc: Answer<Roc>,
    /// At the cut on the measured value.
    pub at_cut: Answer<AtCut>,
    /// Of repeats.
    pub precision: Answer<Precision>,
}

/// Patients of a stratum.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    /// Which.
    pub kind: Kind,
    /// As in [`Stratum::name`].
    pub name: String,
    /// They.
    pub patients: Vec<&'a Patient>,
}

impl Members<'_> {
    /// Their pairs, reference and measured.
    pub fn pairs(&self) -> Vec<[f64; 2]> {
        self.patients.iter().map(|patient| patient.first).collect()
    }
}

/// All patients; then both groups, where both are there; then every site, where there are several.
pub fn members(pairs: &Pairs) -> Vec<Members<'_>> {
    let all = Members { kind: Kind::Pooled, name: "all".to_owned(), patients: pairs.patients.iter().collect() };
    let groups = [Group::InHouse, Group::External].map(|group| {
        let patients = pairs.patients.iter().filter(|one| one.group == Some(group)).collect();
        Members { kind: Kind::Group, name: group.name().to_owned(), patients }
    });
    let mut sites: Vec<Members<'_>> = Vec::new();
    if pairs.sites.len() > 1 {
        let site = |name: &String| Members { kind: Kind::Site, name: name.clone(), patients: Vec::new() };
        sites.extend(pairs.sites.iter().map(site));
        pairs.patients.iter().for_each(|patient| sites[patient.site].patients.push(patient));
    }
    let both = groups.iter().all(|group| !group.patients.is_empty());
    std::iter::once(all).chain(groups.into_iter().filter(|_| both)).chain(sites).collect()
}

/// All strata, in the order of `members`.
pub fn strata(members: &[Members<'_>], settings: &ValidationSettings) -> Vec<Stratum> {
    members.par_iter().map(|members| stratum(members, settings)).collect()
}

fn stratum(members: &Members<'_>, settings: &ValidationSettings) -> Stratum {
    let pairs = members.pairs();
    let moments = Moments::of(pairs.iter().copied());
    let confidence = settings.confidence;
    let sites: std::collections::BTreeSet<usize> = members.patients.iter().map(|patient| patient.site).collect();
    let enough = at_least(2, pairs.len(), "pairs");
    let summary = |mean, sd| Answer::from(enough.clone().map(|()| Summary { mean, sd }));
    Stratum {
        kind: members.kind,
        name: members.name.clone(),
        sites: sites.len(),
        pairs: pairs.len(),
        reference: summary(moments.mean_x, moments.sd_x()),
        measured: summary(moments.mean_y, moments.sd_y()),
        pearson_r: pearson(&moments, confidence).into(),
        icc: icc(&pairs, confidence).into(),
        errors: errors(&pairs).into(),
        regression: line(&moments, confidence).into(),
        bland_altman: bland_altman(&pairs, confidence).into(),
        roc: scores(&pairs, settings).and_then(|scores| roc(&scores, confidence)).into(),
        at_cut: at_cuts(&pairs, settings).into(),
        precision: precision(members.patients.iter().map(|patient| patient.measured.as_slice()), confidence).into(),
    }
}

/// Measured values of those whom the reference calls diseased, and of the others.
pub fn scores(pairs: &[[f64; 2]], settings: &ValidationSettings) -> Result<Scores, String> {
    let cut = settings.reference_cut.ok_or("no cut on the reference was given, so nobody is known to be diseased")?;
    let mut scores = Scores::default();
    for [reference, measured] in pairs {
        let of = if settings.diseased.by(*reference, cut) { &mut scores.diseased } else { &mut scores.healthy };
        of.push(settings.diseased.score(*measured));
    }
    Ok(scores)
}

fn at_cuts(pairs: &[[f64; 2]], settings: &ValidationSettings) -> Result<AtCut, String> {
    let (Some(reference_cut), Some(cut)) = (settings.reference_cut, settings.cut) else {
        return Err("no cut was given beforehand; none is chosen from the data".to_owned());
    };
    let side = settings.diseased;
    let said = pairs.iter().map(|[reference, measured]| (side.by(*reference, reference_cut), side.by(*measured, cut)));
    Ok(at_cut(said, settings.prevalence, settings.confidence))
}
