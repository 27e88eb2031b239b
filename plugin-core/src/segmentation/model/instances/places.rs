//! Parts of structures where they cannot be are left out.
//!
//! Of each structure on each side the largest part in a possible place stays, with others in possible places that are not small
//! against it. A place is possible near the bones that the structure lies at, with the HU of what it is made of. Bones are judged
//! first, so that a muscle does not stay for a bone that goes.

use super::Instances;
use super::column::Column;
use super::nearness::nearness;
use crate::anatomy::{Kind, Side, Structure};
use crate::geometry::connected::{Place, components, index};
use crate::geometry::{Grid, Index, Lps, subtract};
use Structure::*;

/// A further part stays if it has this share of the largest.
const LEAST_SHARE: f64 = 0.1;
/// Mean HU of muscle: from mostly fat to enhanced by contrast medium. Kidneys and vessels that hold contrast medium have more.
const MUSCLE_HU: [f64; 2] = [-60.0, 130.0];
/// Likewise of the glutei, of which little but fat may be left in the old and the lame; fat alone is at about -100 HU.
const GLUTEAL_HU: [f64; 2] = [-90.0, 130.0];
/// Mean HU of bone with its marrow is higher than this; soft tissue without contrast medium stays below 70.
const LEAST_BONE_HU: f64 = 70.0;
/// A vertebra is larger, in cm3; a child's of six years has about 12.
const LEAST_VERTEBRA: f64 = 8.0;
/// A femur as long as this, in millimetres, needs no hip bone beside it: a thigh.
const LONG_FEMUR: f64 = 100.0;
/// Psoas begins at T12 and L1: nothing of it lies higher above the middle of L1, in millimetres.
const ABOVE_L1: f64 = 25.0;
/// The deep muscles of the back go on along the whole column: a label that ends farther below the middle of the highest body, in
/// millimetres, is some piece of them.
const BELOW_COLUMN_TOP: f64 = 10.0;
/// The middle of what is seen of a hip bone or a femur lies less than this above the middle of the lowest body, in millimetres.
const ABOVE_LOWEST_BODY: f64 = 60.0;
/// Iliopsoas ends at the lesser trochanter, which lies less than this below the top of the femur, in millimetres.
const BELOW_FEMUR_TOP: f64 = 115.0;

/// A structure, its smallest volume in cm3, and what it lies at: the farthest that its nearest voxel may be from there, in millimetres.
type Rule = (Structure, f64, &'static [(Anchor, f64)]);

/// Where structures lie.
///
/// Volumes are about a tenth of an adult's; smaller pieces are edges of the field of view or mistakes.
const PLACES: &[Rule] = &[
    (Sacrum, 15.0, &[(Anchor::Column, 30.0), (Anchor::HipBone, 20.0)]),
    (HipBone, 20.0, &[(Anchor::Sacrum, 20.0), (Anchor::Femur, 15.0)]),
    (Femur, 10.0, &[(Anchor::HipBone, 20.0)]),
    (GluteusMaximus, 30.0, &[(Anchor::HipBone, 20.0), (Anchor::Sacrum, 15.0)]),
    (GluteusMedius, 15.0, &[(Anchor::HipBone, 12.0)]),
    (GluteusMinimus, 5.0, &[(Anchor::HipBone, 12.0)]),
    (Iliopsoas, 20.0, &[(Anchor::Column, 12.0), (Anchor::HipBone, 12.0), (Anchor::Femur, 12.0)]),
    (DeepBackMuscle, 20.0, &[(Anchor::Column, 12.0), (Anchor::Sacrum, 12.0)]),
    (QuadricepsFemoris, 30.0, &[(Anchor::Femur, 12.0)]),
    (Hamstrings, 20.0, &[(Anchor::Femur, 50.0)]),
    (Adductors, 20.0, &[(Anchor::Femur, 40.0)]),
    (Sartorius, 5.0, &[(Anchor::Femur, 70.0)]),
    (TensorFasciaeLatae, 3.0, &[(Anchor::Femur, 50.0)]),
    (Gracilis, 3.0, &[(Anchor::Femur, 80.0)]),
    (Pectineus, 3.0, &[(Anchor::Femur, 40.0)]),
];

/// Bones that others lie at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Column,
    Sacrum,
    HipBone,
    Femur,
}

/// A connected part of an instance, with its distance to the nearest voxel of each anchor.
struct Part {
    number: u8,
    places: Vec<Place>,
    distances: [f64; 4],
}

/// What parts are judged with.
pub(super) struct Scene<'a, H: Fn(Index) -> f64> {
    /// Where voxels lie.
    pub grid: &'a Grid,
    /// The column, where one is seen.
    pub column: Option<&'a Column>,
    /// CT number of a voxel.
    pub hu: H,
}

impl<H: Fn(Index) -> f64> Scene<'_, H> {
    /// Takes out what cannot be where it is. Of structures of which nothing stays although they were found where they belong, the reason
    /// is kept, for somebody may look for them.
    pub fn clean(&self, instances: &mut Instances) {
        self.cut_iliopsoas(instances);
        let bone = |structure: Structure| matches!(structure.kind(), Kind::Bone | Kind::LumbarVertebra);
        // Bones hold each other in place, so one that goes may take another with it.
        for _ in 0..2 {
            self.judge(instances, bone);
        }
        self.judge(instances, |structure| !bone(structure));
        self.leave_out_pieces_of_the_back(instances);
    }

    fn judge(&self, instances: &mut Instances, judged: impl Fn(Structure) -> bool) {
        let parts = self.parts(instances, judged);
        for number in 1..=instances.table.len() as u8 {
            let label = instances.table[usize::from(number) - 1];
            let structure = label.0;
            let own: Vec<&Part> = parts.iter().filter(|part| part.number == number).collect();
            let possible: Vec<bool> = own.iter().map(|part| self.possible(structure, part)).collect();
            let largest =
                own.iter().zip(&possible).filter(|(_, ok)| **ok).map(|(part, _)| part.places.len()).max().unwrap_or(0);
            let volume = |voxels: usize| voxels as f64 * self.grid.voxel_volume().0 / 1000.0;
            let enough = volume(largest) >= least_volume(structure);
            if !enough {
                let there = own
                    .iter()
                    .filter(|part| self.in_place(structure, part) && volume(part.places.len()) >= least_volume(structure));
                let reason = there.max_by_key(|part| part.places.len()).and_then(|part| self.wrong_hu(structure, part));
                instances.left_out.extend(reason.map(|reason| (label, reason)));
            }
            for (part, possible) in own.into_iter().zip(possible) {
                if !(enough && possible && part.places.len() as f64 >= LEAST_SHARE * largest as f64) {
                    part.places.iter().for_each(|place| instances.numbers[index(*place)] = 0);
                }
            }
        }
    }

    fn parts(&self, instances: &Instances, judged: impl Fn(Structure) -> bool) -> Vec<Part> {
        let is_judged: Vec<bool> = instances.table.iter().map(|entry| judged(entry.0)).collect();
        let number = |number: u8| if number > 0 && is_judged[usize::from(number) - 1] { number } else { 0 };
        let mut parts: Vec<Part> = components(instances.numbers.mapv(number).view())
            .into_iter()
            .map(|(number, places)| Part { number, places, distances: [f64::INFINITY; 4] })
            .collect();
        for anchor in [Anchor::Column, Anchor::Sacrum, Anchor::HipBone, Anchor::Femur] {
            let distances = nearness(self.grid, |index| self.is_anchor(instances, anchor, index));
            for part in &mut parts {
                let nearest = part.places.iter().map(|place| distances[index(*place)]).fold(f32::INFINITY, f32::min);
                part.distances[anchor as usize] = f64::from(nearest);
            }
        }
        parts
    }

    fn is_anchor(&self, instances: &Instances, anchor: Anchor, index: Index) -> bool {
        let at = usize::from(instances.numbers[index]).checked_sub(1);
        let structure = at.map(|at| instances.table[at].0);
        match anchor {
            Anchor::Column => self.column.is_some_and(|column| column.vertebrae[index] > 0),
            Anchor::Sacrum => structure == Some(Sacrum),
            Anchor::HipBone => structure == Some(HipBone),
            Anchor::Femur => structure == Some(Femur),
        }
    }

    fn possible(&self, structure: Structure, part: &Part) -> bool {
        self.in_place(structure, part) && self.wrong_hu(structure, part).is_none()
    }

    fn in_place(&self, structure: Structure, part: &Part) -> bool {
        let Some((_, _, anchors)) = PLACES.iter().find(|row| row.0 == structure) else { return true };
        let near = anchors.iter().any(|(anchor, limit)| part.distances[*anchor as usize] <= *limit);
        let held = near || (structure == Femur && self.height(part) >= LONG_FEMUR);
        let is_low = !matches!(structure, HipBone | Femur) || self.below_column(part);
        held && is_low && (structure != DeepBackMuscle || self.behind_column(part))
    }

    /// Says that a part does not consist of what the structure is made of, where it does not.
    fn wrong_hu(&self, structure: Structure, part: &Part) -> Option<String> {
        PLACES.iter().find(|row| row.0 == structure)?;
        let sum: f64 = part.places.iter().map(|place| (self.hu)(index(*place))).sum();
        let mean = sum / part.places.len() as f64;
        let (low, high) = hu_of(structure);
        (!(low..=high).contains(&mean)).then(|| {
            let accepted = if high.is_finite() { format!("{low:.0} to {high:.0}") } else { format!("at least {low:.0}") };
            format!("what the model found has a mean of {mean:.0} HU, where {accepted} are usual")
        })
    }

    fn height(&self, part: &Part) -> f64 {
        let heights = part.places.iter().map(|place| self.position(*place)[2]);
        let (low, high) = heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), z| (low.min(z), high.max(z)));
        high - low
    }

    /// Of the bodies that are seen.
    fn middles(&self) -> &[Lps] {
        self.column.map_or(&[], |column| &column.middles)
    }

    /// The middle of the part lies below the lowest body that is seen, or little above it where the image ends in the iliac wings: a hip
    /// bone or a femur, and no scapula or humerus.
    fn below_column(&self, part: &Part) -> bool {
        let Some(lowest) = self.middles().iter().map(|middle| middle[2]).reduce(f64::min) else { return true };
        let sum: f64 = part.places.iter().map(|place| self.position(*place)[2]).sum();
        sum / (part.places.len() as f64) < lowest + ABOVE_LOWEST_BODY
    }

    /// More of the part lies behind the nearest body than before it.
    fn behind_column(&self, part: &Part) -> bool {
        let behind = |place: &&Place| {
            let point = self.position(**place);
            let nearest = self.middles().iter().min_by(|a, b| (a[2] - point[2]).abs().total_cmp(&(b[2] - point[2]).abs()));
            nearest.is_some_and(|middle| subtract(point, *middle)[1] > 0.0)
        };
        2 * part.places.iter().filter(behind).count() > part.places.len()
    }

    /// Where the network stops below the top of the column, nobody knows why there.
    fn leave_out_pieces_of_the_back(&self, instances: &mut Instances) {
        let Some(highest) = self.middles().iter().map(|middle| middle[2]).reduce(f64::max) else { return };
        for at in 0..instances.table.len() {
            if instances.table[at].0 != DeepBackMuscle {
                continue;
            }
            if let Some(below) = self.top(instances, at).map(|top| highest - top).filter(|below| *below > BELOW_COLUMN_TOP) {
                let reason =
                    format!("what the model found ends {below:.0} mm below the middle of the highest vertebra that is seen");
                instances.left_out.insert(instances.table[at], reason);
                instances.numbers.mapv_inplace(|number| if usize::from(number) == at + 1 { 0 } else { number });
            }
        }
    }

    /// What is called iliopsoas above its origin or below its insertion.
    fn cut_iliopsoas(&self, instances: &mut Instances) {
        let l1 = self.column.and_then(|column| {
            let at = column.levels.iter().position(|level| *level == Some(L1))?;
            column.middles.get(at).map(|middle| middle[2] + ABOVE_L1)
        });
        for (at, (structure, side)) in instances.table.clone().into_iter().enumerate() {
            if structure != Iliopsoas {
                continue;
            }
            let femur = self.top_of_femur(instances, side).map(|top| top - BELOW_FEMUR_TOP);
            for ((i, j, k), number) in
                instances.numbers.indexed_iter_mut().filter(|(_, number)| usize::from(**number) == at + 1)
            {
                let z = self.position([i, j, k].map(|i| i as u32))[2];
                if l1.is_some_and(|highest| z > highest) || femur.is_some_and(|lowest| z < lowest) {
                    *number = 0;
                }
            }
        }
    }

    fn top_of_femur(&self, instances: &Instances, side: Side) -> Option<f64> {
        self.top(instances, instances.table.iter().position(|entry| *entry == (Femur, side))?)
    }

    /// z of the highest voxel of an entry of the table.
    fn top(&self, instances: &Instances, at: usize) -> Option<f64> {
        let voxels = instances.numbers.indexed_iter().filter(|(_, number)| usize::from(**number) == at + 1);
        voxels.map(|((i, j, k), _)| self.position([i, j, k].map(|i| i as u32))[2]).max_by(f64::total_cmp)
    }

    fn position(&self, place: Place) -> Lps {
        self.grid.to_patient(place.map(f64::from))
    }
}

/// Mean HU that a structure may have.
fn hu_of(structure: Structure) -> (f64, f64) {
    match structure {
        GluteusMaximus | GluteusMedius | GluteusMinimus => GLUTEAL_HU.into(),
        structure if structure.kind() == Kind::Muscle => MUSCLE_HU.into(),
        _ => (LEAST_BONE_HU, f64::INFINITY),
    }
}

/// The smallest volume that a part of a structure may have, in cm3.
pub(super) fn least_volume(structure: Structure) -> f64 {
    let vertebra = if structure.kind() == Kind::LumbarVertebra || structure == T12 { LEAST_VERTEBRA } else { 0.0 };
    PLACES.iter().find(|row| row.0 == structure).map_or(vertebra, |row| row.1)
}
