//! Which rod is which.
//!
//! A rod of the plastic that surrounds it cannot be seen. It is taken to be where the distance of its neighbours leaves room for
//! one: between two of them, else beyond an end. At most one rod may be unseen, and at least three must be seen; two where the
//! phantom was named.
//!
//! Rods get the densities in the order of their HU. That is believed when HU per mg/cm3 is from 0.9 to 2.6, 0 mg/cm3 lies within
//! 100 HU of water, and r2 is at least 0.9; where the definition states in which order its rods lie, that order, from either
//! end, must explain the HU as well.

use super::detect::{Rods, extent, inside};
use super::fit::{Fit, LEAST_R_SQUARED, fit};
use super::rods::reading;
use super::{CalibrationError, PhantomDefinition, RodReading};
use crate::geometry::{Index, Lps, add_scaled, subtract};
use crate::report::GateCode;
use crate::volume::CtVolume;

/// HU per mg/cm3 of hydroxyapatite or K2HPO4, from 80 to 140 kV.
const SENSITIVITY: std::ops::RangeInclusive<f64> = 0.9..=2.6;
/// HU at 0 mg/cm3.
const MOST_OFFSET: f64 = 100.0;
const BELIEVED_R_SQUARED: f64 = 0.9;
/// What the stated order may explain less than the order of HU.
const SAME_R_SQUARED: f64 = 0.01;
/// Share of the distance of rods by which one may lie aside from its place.
const REGULAR: f64 = 0.2;
/// Millimetres by which the radius may differ from the definition's.
const SAME_RADIUS: f64 = 1.5;
/// HU between an unseen rod and the plastic around, at most.
const UNSEEN_CONTRAST: f64 = 25.0;
/// No more rods than this may be unseen.
const MOST_UNSEEN: usize = 1;

/// What a definition says to the rods of a scan.
pub(super) enum Assigned {
    /// They are not of this phantom.
    Other,
    /// They are of this phantom, but it cannot be used.
    Refused(CalibrationError),
    /// Readings in the order of the inserts.
    Rods(Vec<RodReading>),
}

impl Assigned {
    /// How much it says.
    fn rank(&self) -> u8 {
        match self {
            Assigned::Other => 0,
            Assigned::Refused(_) => 1,
            Assigned::Rods(_) => 2,
        }
    }
}

/// Gives the rods of a scan the densities of `definition`. `least_seen` rods must have been seen.
pub(super) fn assign(volume: &CtVolume<'_>, rods: &Rods, definition: &PhantomDefinition, least_seen: usize) -> Assigned {
    let seen = rods.feet.len();
    let other_radius = definition.rod_radius_mm.is_some_and(|radius| (radius.0 - rods.radius).abs() > SAME_RADIUS);
    if other_radius || seen < least_seen || definition.inserts.len() < 3 {
        return Assigned::Other;
    }
    let Some(places) = Places::of(rods, definition) else { return Assigned::Other };
    if places.missing == 0 {
        return judge(volume, rods, definition, &places.feet);
    }
    let ends = places.beyond_ends();
    if places.unseen + places.missing <= MOST_UNSEEN {
        let outcomes = ends.iter().map(|feet| judge(volume, rods, definition, feet));
        return outcomes.max_by_key(Assigned::rank).unwrap_or(Assigned::Other);
    }
    let cut = seen >= 3 && ends.iter().any(|feet| is_cut(volume, rods, feet)) && some_inserts_fit(rods, definition);
    if cut { Assigned::Refused(rod_outside(definition)) } else { Assigned::Other }
}

/// Where the rods of a phantom are, seen or not.
struct Places {
    feet: Vec<Lps>,
    /// Among `feet`, between seen ones.
    unseen: usize,
    /// How many more the definition has: they lie beyond the ends.
    missing: usize,
}

impl Places {
    fn of(rods: &Rods, definition: &PhantomDefinition) -> Option<Places> {
        let count = definition.inserts.len();
        let gaps = rods.gaps();
        let pitch = definition.rod_spacing_mm.map(|pitch| pitch.0).or_else(|| gaps.iter().copied().reduce(f64::min))?;
        let steps: Vec<f64> = gaps.iter().map(|gap| (gap / pitch).round()).collect();
        let regular = gaps.iter().zip(&steps).all(|(gap, step)| *step >= 1.0 && (gap / pitch - step).abs() <= REGULAR);
        if rods.feet.len() == count && (definition.rod_spacing_mm.is_none() || regular && steps.iter().all(|step| *step == 1.0))
        {
            return Some(Places { feet: rods.feet.clone(), unseen: 0, missing: 0 });
        }
        let unseen: usize = steps.iter().map(|step| (*step - 1.0).max(0.0) as usize).sum();
        if !regular || unseen > MOST_UNSEEN {
            return None;
        }
        let missing = count.checked_sub(rods.feet.len() + unseen).filter(|missing| *missing <= 1)?;
        let mut feet = Vec::new();
        for (pair, step) in rods.feet.windows(2).zip(&steps) {
            feet.push(pair[0]);
            if *step > 1.0 {
                feet.push(add_scaled(pair[0], subtract(pair[1], pair[0]), 0.5));
            }
        }
        feet.extend(rods.feet.last());
        Some(Places { feet, unseen, missing })
    }

    /// The places with one more at either end.
    fn beyond_ends(&self) -> Vec<Vec<Lps>> {
        let ([first, second, ..], [.., before, last]) = (self.feet.as_slice(), self.feet.as_slice()) else { return Vec::new() };
        let ahead = add_scaled(*last, subtract(*last, *before), 1.0);
        let behind = add_scaled(*first, subtract(*first, *second), 1.0);
        let mut longer = [vec![behind], self.feet.clone()];
        longer[0].extend(&self.feet);
        longer[1].push(ahead);
        longer.into()
    }
}

/// Reads all places and tries the definition's densities on them.
fn judge(volume: &CtVolume<'_>, rods: &Rods, definition: &PhantomDefinition, feet: &[Lps]) -> Assigned {
    let Some(slices) = extent(volume, rods) else { return Assigned::Other };
    let mut lying = Vec::new();
    for foot in feet {
        let voxels: Option<Vec<Vec<Index>>> = slices.clone().map(|slice| inside(volume, rods, *foot, slice)).collect();
        let Some(voxels) = voxels else {
            return if some_inserts_fit(rods, definition) {
                Assigned::Refused(rod_outside(definition))
            } else {
                Assigned::Other
            };
        };
        let Some(reading) = reading(volume, 0.0, &voxels.concat()) else { return Assigned::Other };
        lying.push(reading);
    }
    let seen_sd =
        lying.iter().zip(feet).filter(|(_, foot)| rods.feet.contains(foot)).map(|(one, _)| one.sd_hu).fold(0.0, f64::max);
    let is_plastic = |one: &RodReading| (one.hu - rods.matrix).abs() <= UNSEEN_CONTRAST && one.sd_hu <= 1.5 * seen_sd + 5.0;
    if !lying.iter().zip(feet).all(|(one, foot)| rods.feet.contains(foot) || is_plastic(one)) {
        return Assigned::Other;
    }
    let by_hu = in_order_of_hu(definition, &lying);
    let Some(believed) = line(definition, &by_hu).filter(is_believable) else { return Assigned::Other };
    if !definition.ordered {
        return Assigned::Rods(with_densities(definition, by_hu));
    }
    let reversed: Vec<RodReading> = lying.iter().rev().cloned().collect();
    let stated = [lying, reversed].into_iter().filter_map(|order| Some((line(definition, &order)?.r_squared, order)));
    match stated.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((r_squared, order)) if r_squared >= believed.r_squared - SAME_R_SQUARED => {
            Assigned::Rods(with_densities(definition, order))
        }
        _ => Assigned::Refused(other_order(definition, &by_hu)),
    }
}

fn line(definition: &PhantomDefinition, rods: &[RodReading]) -> Option<Fit> {
    fit(definition, &rods.iter().map(|rod| rod.hu).collect::<Vec<_>>())
}

fn is_believable(line: &Fit) -> bool {
    SENSITIVITY.contains(&line.sensitivity) && line.offset_hu.abs() <= MOST_OFFSET && line.r_squared >= BELIEVED_R_SQUARED
}

/// The rods in the order of the inserts, if the brightest is that which must be the brightest, and so on.
fn in_order_of_hu(definition: &PhantomDefinition, lying: &[RodReading]) -> Vec<RodReading> {
    let mut by_hu = lying.to_vec();
    by_hu.sort_by(|a, b| a.hu.total_cmp(&b.hu));
    let mut inserts: Vec<usize> = (0..definition.inserts.len()).collect();
    inserts.sort_by(|a, b| definition.inserts[*a].nominal_hu().total_cmp(&definition.inserts[*b].nominal_hu()));
    let mut ordered: Vec<(usize, RodReading)> = inserts.into_iter().zip(by_hu).collect();
    ordered.sort_by_key(|(insert, _)| *insert);
    ordered.into_iter().map(|(_, rod)| rod).collect()
}

fn with_densities(definition: &PhantomDefinition, rods: Vec<RodReading>) -> Vec<RodReading> {
    rods.into_iter().zip(&definition.inserts).map(|(rod, insert)| RodReading { density: insert.density, ..rod }).collect()
}

/// Whether the rods that were seen are what remains when others are left out.
fn some_inserts_fit(rods: &Rods, definition: &PhantomDefinition) -> bool {
    let count = definition.inserts.len();
    let without = |left_out: [usize; 2]| {
        let mut part = definition.clone();
        let mut number = 0;
        part.inserts.retain(|_| {
            number += 1;
            !left_out.contains(&(number - 1))
        });
        part.inserts.sort_by(|a, b| a.nominal_hu().total_cmp(&b.nominal_hu()));
        let mut hu = rods.hu.clone();
        hu.sort_by(f64::total_cmp);
        fit(&part, &hu).is_some_and(|line| is_believable(&line) && line.r_squared >= LEAST_R_SQUARED)
    };
    (0..count).any(|first| (first..count).any(|second| without([first, second])))
}

/// Whether a rod lies outside the image or the field of view.
fn is_cut(volume: &CtVolume<'_>, rods: &Rods, feet: &[Lps]) -> bool {
    extent(volume, rods)
        .is_some_and(|mut slices| slices.any(|slice| feet.iter().any(|foot| inside(volume, rods, *foot, slice).is_none())))
}

fn rod_outside(definition: &PhantomDefinition) -> CalibrationError {
    CalibrationError::Withheld {
        code: GateCode::RodOrder,
        reason: format!(
            "a rod of the phantom {} lies outside the image; all {} rods must be inside: reconstruct a larger field of view",
            definition.id,
            definition.inserts.len()
        ),
        found: None,
    }
}

fn other_order(definition: &PhantomDefinition, by_hu: &[RodReading]) -> CalibrationError {
    let mut places: Vec<(f64, f64)> =
        with_densities(definition, by_hu.to_vec()).iter().map(|rod| (rod.centre_mm[0], rod.density)).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    let densities = |of: Vec<f64>| of.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    CalibrationError::Withheld {
        code: GateCode::RodOrder,
        reason: format!(
            "by their HU the rods lie as {} mg/cm3; the definition {} states {}: if the phantom is another one, give its definition",
            densities(places.into_iter().map(|(_, density)| density).collect()),
            definition.id,
            densities(definition.inserts.iter().map(|insert| insert.density).collect())
        ),
        found: None,
    }
}
