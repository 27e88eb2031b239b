//! Which level each vertebra is, and why that may be doubted.
//!
//! Counted from the sacrum: the first whole vertebra is L5. Without a sacrum the network's own names are taken where they agree with
//! each other over three bodies, and never without doubt.

use super::column::is_clear;
use super::discs::Discs;
use super::sacrum::Sacrum;
use crate::anatomy::Structure;

/// From the sacrum upwards; what lies above is not measured.
const LEVELS: [Structure; 6] = [Structure::L5, Structure::L4, Structure::L3, Structure::L2, Structure::L1, Structure::T12];
/// Share of a body to which the network must give one level before it has named the body.
const PURE: f64 = 0.8;
/// Bodies whose names must follow each other before they are taken without a sacrum.
const LEAST_RUN: usize = 3;
/// Names that may differ from the count: one, above L4, as where a network calls T12 only "other vertebra".
const LARGEST_DIFFERENCE: usize = 1;
/// The lowest vertebra is as high as the one above it within these ratios; a transitional one, or a part of a vertebra, is not.
const EVEN: [f64; 2] = [0.7, 1.4];

/// Levels upwards, and a sentence.
pub(super) struct Numbering {
    /// One for each vertebra.
    pub levels: Vec<Option<Structure>>,
    /// Why they are in doubt.
    pub doubt: Option<String>,
}

/// Levels that the network gives to a body with their shares, the largest first.
type Named = Vec<(Option<Structure>, f64)>;

/// Levels of the vertebrae between the discs.
pub(super) fn levels(discs: &Discs, named: &[Named]) -> Numbering {
    match &discs.sacrum {
        Some(sacrum) => counted(discs, sacrum, named),
        None => believed(named),
    }
}

fn counted(discs: &Discs, sacrum: &Sacrum, named: &[Named]) -> Numbering {
    let levels: Vec<Option<Structure>> = (0..named.len()).map(|above| LEVELS.get(above).copied()).collect();
    let doubts: Vec<String> = [unclear(discs, &levels), uneven(discs), different(&levels, named), sacrum.doubt.clone()]
        .into_iter()
        .flatten()
        .collect();
    let doubt = (!doubts.is_empty() && !levels.is_empty()).then(|| doubts.join("; "));
    Numbering { levels, doubt }
}

/// Discs of lumbar vertebrae that are hardly seen.
fn unclear(discs: &Discs, levels: &[Option<Structure>]) -> Option<String> {
    let below = |at: usize| at.checked_sub(1).map_or("the sacrum", |below| name(levels.get(below).copied().flatten()));
    let seen = discs.evidence.iter().enumerate().take(LEVELS.len());
    let unclear: Vec<&str> = seen.filter(|(_, evidence)| !is_clear(**evidence)).map(|(at, _)| below(at)).collect();
    (!unclear.is_empty()).then(|| format!("the disc above {} is not clearly seen", unclear.join(", ")))
}

fn uneven(discs: &Discs) -> Option<String> {
    let heights = discs.heights();
    let [lowest, next] = [*heights.first()?, *heights.get(1)?];
    let even = (EVEN[0]..=EVEN[1]).contains(&(lowest / next));
    (!even).then(|| format!("the lowest vertebra above the sacrum is {lowest:.0} mm high, the next {next:.0} mm"))
}

/// Names that the network gives, where they are not the counted ones.
fn different(levels: &[Option<Structure>], named: &[Named]) -> Option<String> {
    let both = levels.iter().zip(named).enumerate().take(LEVELS.len());
    let differences: Vec<(usize, Option<Structure>, String)> = both
        .filter_map(|(at, (level, named))| {
            let (given, share) = named.first().copied().unwrap_or((None, 1.0));
            // Above L1 a vertebra without a level is what a network of lumbar classes must say.
            let same = given == *level || (*level == Some(Structure::T12) && given.is_none());
            let said = if share >= PURE { "" } else { "in part " };
            (!same || share < PURE).then(|| (at, given, format!("{said}{} where {} is counted", name(given), name(*level))))
        })
        .collect();
    // A sixth body that is called lumbar is what a sixth lumbar vertebra looks like.
    let is_serious = |(at, given, _): &(usize, Option<Structure>, String)| {
        *at < 2 || (*at == 5 && given.is_some_and(|given| given != Structure::T12))
    };
    let serious = differences.len() > LARGEST_DIFFERENCE || differences.iter().any(is_serious);
    let sentences: Vec<String> = differences.into_iter().map(|(_, _, sentence)| sentence).collect();
    serious.then(|| format!("the network sees {}", sentences.join(", ")))
}

/// The network's names without a sacrum.
fn believed(named: &[Named]) -> Numbering {
    let pure = |named: &Named| named.first().and_then(|(level, share)| level.filter(|_| *share >= PURE)).and_then(rank);
    let ranks: Vec<Option<usize>> = named.iter().map(pure).collect();
    let follows = |a: &Option<usize>, b: &Option<usize>| matches!((a, b), (Some(a), Some(b)) if *b == *a + 1);
    let mut levels = Vec::new();
    for run in ranks.chunk_by(follows) {
        levels.extend(run.iter().map(|rank| rank.filter(|_| run.len() >= LEAST_RUN).map(|rank| LEVELS[rank])));
    }
    // Two runs that share a level hold more names than there are levels up to the highest: neither is believed.
    let once = levels.iter().flatten().count() <= ranks.iter().flatten().max().map_or(0, |highest| highest + 1);
    if !once {
        levels = vec![None; named.len()];
    }
    let doubt = levels
        .iter()
        .any(Option::is_some)
        .then(|| "the sacrum is not seen below the vertebrae, so that their levels cannot be counted".to_owned());
    Numbering { levels, doubt }
}

fn rank(level: Structure) -> Option<usize> {
    LEVELS.iter().position(|other| *other == level)
}

fn name(level: Option<Structure>) -> &'static str {
    level.map_or("a vertebra that it does not number", Structure::english)
}
