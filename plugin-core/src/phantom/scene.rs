//! The patient as a list of shapes. Later shapes paint over earlier ones.
//!
//! Sizes are those of a small woman, rounded; they claim to be plausible, not to be anyone's anatomy. What counts is that they are
//! known. Left and right differ in size, CT number and fat, so that a swap of sides cannot stay unseen.

use super::femur;
use super::solid::{Placed, Solid};
use super::spine;
use crate::anatomy::{Side, Structure};
use crate::geometry::Lps;

/// A solid filled with one CT number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub placed: Placed,
    /// HU.
    pub hu: i16,
    /// The structure it is part of, if any.
    pub label: Option<(Structure, Side)>,
    pub part: Part,
}

/// What a shape is within its structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Adds to the structure's volume.
    Whole,
    /// Trabecular bone inside a [`Part::Whole`].
    Trabecular,
    /// Fat inside a [`Part::Whole`].
    Fat,
}

/// A cylinder of the density phantom under the back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rod {
    /// mgHA/cm3.
    pub density: f64,
    pub hu: i16,
    pub placed: Placed,
}

/// Radius of the rods in millimetres.
pub(super) const ROD_RADIUS: f64 = 7.5;
const ROD_SPACING: f64 = 30.0;
/// mgHA/cm3, from the patient's right to left.
const ROD_DENSITIES: [f64; 5] = [200.0, 100.0, 0.0, 50.0, 150.0];
/// HU of the rods per mgHA/cm3, and at none: a line that makes every rod's HU a whole number.
pub(super) const HU_PER_DENSITY: f64 = 1.2;
pub(super) const HU_OF_NO_MINERAL: f64 = -3.0;
const FAT: i16 = -100;
const SOFT_TISSUE: i16 = 40;
const CORTICAL: i16 = 350;
/// Long enough to leave the image on both ends.
const ENDLESS: f64 = 2000.0;

/// Air fills what no shape covers.
pub(super) const AIR: i16 = -1000;

/// All shapes of a CT scan, in the order of painting: what lies under the patient, then the patient.
pub(super) fn shapes(mirrored: bool) -> Vec<Shape> {
    let plate = |half, y| Placed::upright(Solid::Cuboid { half }, [0.0, y, 0.0]);
    let mut shapes =
        vec![unnamed(plate([180.0, 3.0, ENDLESS], 138.0), -200), unnamed(plate([100.0, 10.5, ENDLESS], 123.0), 10)];
    shapes.extend(rods(mirrored).iter().map(|rod| unnamed(rod.placed, rod.hu)));
    shapes.extend(patient(mirrored));
    shapes
}

/// The shapes of the patient alone.
pub(super) fn patient(mirrored: bool) -> Vec<Shape> {
    let mut shapes = torso();
    shapes.extend(spine::shapes());
    for side in [Side::Left, Side::Right] {
        shapes.extend(pelvis(side));
        shapes.extend(femur::shapes(side));
        shapes.extend(MUSCLES.iter().flat_map(|muscle| muscle.shapes(side)));
    }
    if mirrored {
        for shape in &mut shapes {
            shape.placed = shape.placed.mirrored();
            shape.label = shape.label.map(|(structure, side)| (structure, opposite(side)));
        }
    }
    shapes
}

/// Five rods as in the B-MAS200 phantom (Kyoto Kagaku).
pub(super) fn rods(mirrored: bool) -> Vec<Rod> {
    let cylinder = Solid::EllipticCylinder { radii: [ROD_RADIUS; 2], half_height: ENDLESS };
    (-2i8..)
        .zip(ROD_DENSITIES)
        .map(|(place, density)| {
            let placed = Placed::upright(cylinder, [ROD_SPACING * f64::from(place), 123.0, 0.0]);
            Rod {
                density,
                hu: (HU_PER_DENSITY * density + HU_OF_NO_MINERAL).round() as i16,
                placed: if mirrored { placed.mirrored() } else { placed },
            }
        })
        .collect()
}

/// A shape of no structure.
pub(super) fn unnamed(placed: Placed, hu: i16) -> Shape {
    Shape { placed, hu, label: None, part: Part::Whole }
}

fn opposite(side: Side) -> Side {
    match side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
        Side::None => Side::None,
    }
}

/// Puts a shape that is given for the left onto `side`.
pub(super) fn on_side(placed: Placed, side: Side) -> Placed {
    if side == Side::Right { placed.mirrored() } else { placed }
}

fn torso() -> Vec<Shape> {
    let cylinder = |radii| Placed::upright(Solid::EllipticCylinder { radii, half_height: ENDLESS }, [0.0; 3]);
    vec![unnamed(cylinder([170.0, 110.0]), FAT), unnamed(cylinder([152.0, 95.0]), SOFT_TISSUE)]
}

/// Hip bone: a shell with trabecular bone inside.
fn pelvis(side: Side) -> Vec<Shape> {
    let ilium = Placed::upright(Solid::Ellipsoid { radii: [9.0, 40.0, 48.0] }, [86.0, 12.0, 140.0]);
    let marrow = Placed { solid: Solid::Ellipsoid { radii: [6.0, 37.0, 45.0] }, ..ilium };
    let bone = |placed, hu, part| Shape { placed: on_side(placed, side), hu, label: Some((Structure::HipBone, side)), part };
    vec![bone(ilium, CORTICAL, Part::Whole), bone(marrow, 120, Part::Trabecular)]
}

/// One muscle, as it is on the left.
struct Muscle {
    structure: Structure,
    form: Form,
    /// HU of the lean part, left and right.
    hu: [i16; 2],
    /// Share of the volume that is fat, left and right.
    fat_share: [f64; 2],
}

enum Form {
    Ellipsoid { centre: Lps, radii: [f64; 3] },
    Spindle { from: Lps, to: Lps, radius: f64 },
}

const MUSCLES: &[Muscle] = &[
    Muscle {
        structure: Structure::DeepBackMuscle,
        form: Form::Ellipsoid { centre: [38.0, 70.0, 260.0], radii: [22.0, 17.0, 95.0] },
        hu: [50, 47],
        fat_share: [0.15, 0.10],
    },
    Muscle {
        structure: Structure::Iliopsoas,
        form: Form::Spindle { from: [43.0, 8.0, 310.0], to: [70.0, -45.0, 32.0], radius: 18.0 },
        hu: [58, 55],
        fat_share: [0.04, 0.07],
    },
    Muscle {
        structure: Structure::GluteusMaximus,
        form: Form::Ellipsoid { centre: [80.0, 64.0, 85.0], radii: [36.0, 15.0, 68.0] },
        hu: [46, 43],
        fat_share: [0.20, 0.12],
    },
    Muscle {
        structure: Structure::GluteusMedius,
        form: Form::Ellipsoid { centre: [127.0, 15.0, 118.0], radii: [13.0, 34.0, 50.0] },
        hu: [54, 51],
        fat_share: [0.08, 0.05],
    },
    Muscle {
        structure: Structure::GluteusMinimus,
        form: Form::Ellipsoid { centre: [104.0, 15.0, 120.0], radii: [8.0, 28.0, 34.0] },
        hu: [60, 57],
        fat_share: [0.06, 0.11],
    },
    // Leaves the image at its lower end, so that its values must be withheld.
    Muscle {
        structure: Structure::QuadricepsFemoris,
        form: Form::Spindle { from: [120.0, -32.0, 22.0], to: [118.0, -32.0, -150.0], radius: 18.0 },
        hu: [52, 49],
        fat_share: [0.03, 0.09],
    },
];

impl Muscle {
    /// Lean muscle and the fat within it. The right one is 4 % shorter in every direction.
    fn shapes(&self, side: Side) -> [Shape; 2] {
        let as_left = match self.form {
            Form::Ellipsoid { centre, radii } => Placed::upright(Solid::Ellipsoid { radii }, centre),
            Form::Spindle { from, to, radius } => Placed::capsule(from, to, radius),
        };
        let (placed, i) = if side == Side::Right { (as_left.mirrored().scaled(0.96), 1) } else { (as_left, 0) };
        let label = Some((self.structure, side));
        [
            Shape { placed, hu: self.hu[i], label, part: Part::Whole },
            Shape { placed: placed.scaled(self.fat_share[i].cbrt()), hu: FAT, label, part: Part::Fat },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fat_is_the_stated_share_of_the_muscle() {
        for muscle in MUSCLES {
            for (side, share) in [(Side::Left, muscle.fat_share[0]), (Side::Right, muscle.fat_share[1])] {
                let [whole, fat] = muscle.shapes(side);
                let found = fat.placed.volume().0 / whole.placed.volume().0;
                assert!((found - share).abs() < 1e-12, "{:?} {side:?}: {found}", muscle.structure);
            }
        }
    }

    #[test]
    fn mirroring_twice_changes_nothing() {
        for shape in shapes(false) {
            assert_eq!(shape.placed.mirrored().mirrored(), shape.placed);
        }
    }
}
