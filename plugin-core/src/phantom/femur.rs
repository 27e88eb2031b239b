//! The proximal femora: head, neck, trochanters and shaft as solids, each a shell with trabecular bone or marrow inside.

use super::scene::{Part, Shape, on_side};
use super::solid::{Placed, Solid};
use crate::anatomy::{Side, Structure};
use crate::geometry::Lps;

/// Centre of the left head, LPS millimetres.
pub(super) const HEAD: Lps = [90.0, 4.0, 66.0];
pub(super) const HEAD_RADIUS: f64 = 23.0;
/// Where the axis of the left neck meets that of the shaft.
pub(super) const NECK_BASE: Lps = [122.0, 12.0, 38.0];
pub(super) const NECK_RADIUS: f64 = 14.0;
/// Where the axis of the left shaft leaves the image.
pub(super) const SHAFT_END: Lps = [115.0, 10.0, -400.0];
pub(super) const SHAFT_RADIUS: f64 = 15.0;
/// Centre and radii of the left lesser trochanter, behind and inside the shaft.
pub(super) const LESSER_TROCHANTER: (Lps, [f64; 3]) = ([109.0, 25.0, 12.0], [9.0, 9.0, 11.0]);
const GREATER_TROCHANTER: (Lps, [f64; 3]) = ([127.0, 15.0, 44.0], [14.0, 16.0, 18.0]);

const SHELL: f64 = 3.0;
const CORTICAL: i16 = 350;
/// HU of the trabecular bone, left and right.
pub(super) const TRABECULAR: [i16; 2] = [170, 140];

/// Angle of neck and shaft in degrees.
pub(super) fn neck_shaft_angle() -> f64 {
    use crate::geometry::{dot, subtract, unit};
    let neck = unit(subtract(HEAD, NECK_BASE));
    let shaft = unit(subtract(SHAFT_END, NECK_BASE));
    dot(neck, shaft).acos().to_degrees()
}

/// Shells first, then what lies inside all of them.
pub(super) fn shapes(side: Side) -> Vec<Shape> {
    let trabecular = TRABECULAR[usize::from(side == Side::Right)];
    let layer = |thinner: f64, hu, part| {
        solids(thinner).map(|placed| Shape { placed: on_side(placed, side), hu, label: Some((Structure::Femur, side)), part })
    };
    [layer(0.0, CORTICAL, Part::Whole), layer(SHELL, trabecular, Part::Trabecular)].concat()
}

fn solids(thinner: f64) -> [Placed; 5] {
    let ellipsoid = |(centre, radii): (Lps, [f64; 3])| {
        Placed::upright(Solid::Ellipsoid { radii: radii.map(|radius| radius - thinner) }, centre)
    };
    [
        ellipsoid((HEAD, [HEAD_RADIUS; 3])),
        Placed::capsule(HEAD, NECK_BASE, NECK_RADIUS - thinner),
        ellipsoid(GREATER_TROCHANTER),
        ellipsoid(LESSER_TROCHANTER),
        Placed::capsule(NECK_BASE, SHAFT_END, SHAFT_RADIUS - thinner),
    ]
}
