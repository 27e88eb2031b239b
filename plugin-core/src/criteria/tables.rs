//! Reference values and cut-offs, each with its source, device, population, and who verified it.

use super::{CutOffs, Distribution};
use crate::report::{Criterion, Quantity, ReferenceUsed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const BUILT_IN: [&str; 2] =
    [include_str!("../../assets/reference/bone.json"), include_str!("../../assets/reference/muscle.json")];

/// g/cm2 between which means of areal density lie; far wider than any region of any population, but a table in mg/cm2 is refused.
const MEAN: RangeInclusive<f64> = 0.1..=3.0;
/// g/cm2 between which their standard deviations lie.
const SD: RangeInclusive<f64> = 0.01..=1.0;

/// All tables. A site may replace them as a whole, in the form of `assets/reference/*.json`; the default is what is built in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct ReferenceTables {
    distributions: Vec<Distribution>,
    cut_offs: Vec<CutOffs>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Unchecked {
    distributions: Vec<Distribution>,
    cut_offs: Vec<CutOffs>,
}

/// Tables that contradict themselves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reference row \"{id}\": {what}")]
pub struct TableError {
    /// The row.
    pub id: String,
    /// What is wrong with it, and what would do.
    pub what: String,
}

impl ReferenceTables {
    /// Tables whose rows can be used.
    ///
    /// Refused are identifiers that are empty or used twice, distributions whose mean or standard deviation no bone has or that
    /// print what is no score, cut-offs that are not finite or do not ascend, and a `verified_by` that names nobody.
    pub fn new(distributions: Vec<Distribution>, cut_offs: Vec<CutOffs>) -> Result<ReferenceTables, TableError> {
        let mut ids = BTreeSet::new();
        let heads = distributions.iter().map(|row| (&row.id, &row.verified_by));
        for (id, verified_by) in heads.chain(cut_offs.iter().map(|row| (&row.id, &row.verified_by))) {
            refuse(id, id.trim().is_empty(), "has no id")?;
            refuse(id, !ids.insert(id), "the id is used twice")?;
            let nobody = verified_by.as_ref().is_some_and(|name| name.trim().is_empty());
            refuse(id, nobody, "verified_by names nobody; leave it out where nobody verified the row")?;
        }
        for row in &distributions {
            let of_bone = MEAN.contains(&row.mean) && SD.contains(&row.sd);
            refuse(&row.id, !of_bone, "mean must be 0.1 to 3 and sd 0.01 to 1, in g/cm2")?;
            let is_score = |quantity: &Quantity| row.score(*quantity, row.mean).is_some();
            let accepted = "scores holds something else than t_score, z_score, percent_young_adult_mean";
            refuse(&row.id, !row.scores.iter().all(is_score), accepted)?;
        }
        for row in &cut_offs {
            let finite = !row.steps.is_empty() && row.steps.iter().all(|step| step.at.is_finite());
            let ascend = row.steps.windows(2).all(|pair| pair[0].at < pair[1].at);
            refuse(&row.id, !(finite && ascend), "steps must hold at least one cut-off, be finite, and ascend")?;
            let of_scores = matches!(row.criterion, Criterion::Who | Criterion::Jsbmr);
            let score = matches!(row.quantity, Quantity::TScore | Quantity::PercentYoungAdultMean);
            refuse(&row.id, of_scores && !score, "who and jsbmr judge t_score or percent_young_adult_mean and nothing else")?;
        }
        Ok(ReferenceTables { distributions, cut_offs })
    }

    /// What comes with the program.
    pub fn built_in() -> ReferenceTables {
        let files = BUILT_IN.map(|text| {
            serde_json::from_str::<ReferenceTables>(text).expect("the built-in tables are constant, and a test reads them")
        });
        let mut all = ReferenceTables { distributions: Vec::new(), cut_offs: Vec::new() };
        for file in files {
            all.distributions.extend(file.distributions);
            all.cut_offs.extend(file.cut_offs);
        }
        all
    }

    /// How areal density is distributed in reference populations.
    pub fn distributions(&self) -> &[Distribution] {
        &self.distributions
    }

    /// Cut-offs of the criteria.
    pub fn cut_offs(&self) -> &[CutOffs] {
        &self.cut_offs
    }

    /// The rows with these identifiers, in the order of the tables.
    pub(super) fn used(&self, ids: &[String]) -> Vec<ReferenceUsed> {
        let distributions = self.distributions.iter().filter(|row| ids.contains(&row.id)).map(Distribution::as_used);
        let cut_offs = self.cut_offs.iter().filter(|row| ids.contains(&row.id)).map(CutOffs::as_used);
        distributions.chain(cut_offs).collect()
    }
}

impl Default for ReferenceTables {
    fn default() -> Self {
        ReferenceTables::built_in()
    }
}

impl TryFrom<Unchecked> for ReferenceTables {
    type Error = TableError;

    fn try_from(Unchecked { distributions, cut_offs }: Unchecked) -> Result<Self, TableError> {
        ReferenceTables::new(distributions, cut_offs)
    }
}

fn refuse(id: &str, wrong: bool, what: &str) -> Result<(), TableError> {
    if wrong { Err(TableError { id: id.to_owned(), what: what.to_owned() }) } else { Ok(()) }
}
