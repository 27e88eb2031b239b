//! Solids whose volume is known in closed form.

use crate::geometry::{Lps, dot, subtract};
use crate::units::Mm3;
use std::f64::consts::PI;

/// A solid around its own origin; lengths in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Solid {
    Ellipsoid {
        radii: [f64; 3],
    },
    /// Axis along z.
    EllipticCylinder {
        radii: [f64; 2],
        half_height: f64,
    },
    Cuboid {
        half: [f64; 3],
    },
    /// A cylinder along z with a half sphere on either end; `half_length` reaches to the centres of the spheres.
    Capsule {
        half_length: f64,
        radius: f64,
    },
    /// What a cuboid holds behind (greater y) an elliptic cylinder along z, as a pedicle grows from a vertebral body. It starts
    /// at the surface of the cylinder, so the two never overlap; `x` must lie within the cylinder's radius.
    Pedicle {
        radii: [f64; 2],
        x: [f64; 2],
        back: f64,
        z: [f64; 2],
    },
}

impl Solid {
    fn contains(&self, [x, y, z]: Lps) -> bool {
        match *self {
            Solid::Ellipsoid { radii: [a, b, c] } => (x / a).powi(2) + (y / b).powi(2) + (z / c).powi(2) <= 1.0,
            Solid::EllipticCylinder { radii, half_height } => z.abs() <= half_height && in_ellipse(radii, x, y),
            Solid::Cuboid { half: [a, b, c] } => x.abs() <= a && y.abs() <= b && z.abs() <= c,
            Solid::Capsule { half_length, radius } => {
                let beyond = (z.abs() - half_length).max(0.0);
                x * x + y * y + beyond * beyond <= radius * radius
            }
            Solid::Pedicle { radii, x: [x0, x1], back, z: [z0, z1] } => {
                (x0..=x1).contains(&x) && (0.0..=back).contains(&y) && (z0..=z1).contains(&z) && !in_ellipse(radii, x, y)
            }
        }
    }

    fn volume(&self) -> Mm3 {
        Mm3(match *self {
            Solid::Ellipsoid { radii: [a, b, c] } => 4.0 / 3.0 * PI * a * b * c,
            Solid::EllipticCylinder { radii: [a, b], half_height } => 2.0 * PI * a * b * half_height,
            Solid::Cuboid { half: [a, b, c] } => 8.0 * a * b * c,
            Solid::Capsule { half_length, radius } => PI * radius * radius * (2.0 * half_length + 4.0 / 3.0 * radius),
            Solid::Pedicle { radii: [a, b], x: [x0, x1], back, z: [z0, z1] } => {
                // Antiderivative of the ellipse's height b sqrt(1 - x^2/a^2).
                let below = |x: f64| b / 2.0 * (x * (1.0 - (x / a).powi(2)).sqrt() + a * (x / a).asin());
                (back * (x1 - x0) - (below(x1) - below(x0))) * (z1 - z0)
            }
        })
    }

    /// Half extents of a box around it.
    fn reach(&self) -> [f64; 3] {
        match *self {
            Solid::Ellipsoid { radii } => radii,
            Solid::EllipticCylinder { radii: [a, b], half_height } => [a, b, half_height],
            Solid::Cuboid { half } => half,
            Solid::Capsule { half_length, radius } => [radius, radius, half_length + radius],
            Solid::Pedicle { x, back, z, .. } => [x[0].abs().max(x[1].abs()), back, z[0].abs().max(z[1].abs())],
        }
    }

    fn scaled(self, k: f64) -> Solid {
        match self {
            Solid::Ellipsoid { radii } => Solid::Ellipsoid { radii: radii.map(|r| r * k) },
            Solid::EllipticCylinder { radii, half_height } => {
                Solid::EllipticCylinder { radii: radii.map(|r| r * k), half_height: half_height * k }
            }
            Solid::Cuboid { half } => Solid::Cuboid { half: half.map(|h| h * k) },
            Solid::Capsule { half_length, radius } => Solid::Capsule { half_length: half_length * k, radius: radius * k },
            Solid::Pedicle { radii, x, back, z } => {
                Solid::Pedicle { radii: radii.map(|r| r * k), x: x.map(|x| x * k), back: back * k, z: z.map(|z| z * k) }
            }
        }
    }
}

fn in_ellipse([a, b]: [f64; 2], x: f64, y: f64) -> bool {
    (x / a).powi(2) + (y / b).powi(2) <= 1.0
}

/// A solid at its place in the patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    pub solid: Solid,
    /// Where the solid's origin lies, LPS millimetres.
    pub centre: Lps,
    /// The solid's own x, y and z directions in the patient; orthonormal.
    pub axes: [Lps; 3],
}

const UPRIGHT: [Lps; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

impl Placed {
    /// With its axes along the patient's.
    pub fn upright(solid: Solid, centre: Lps) -> Placed {
        Placed { solid, centre, axes: UPRIGHT }
    }

    /// A capsule between the centres of its two half spheres.
    pub fn capsule(from: Lps, to: Lps, radius: f64) -> Placed {
        use crate::geometry::{add_scaled, cross, norm};
        let span = subtract(to, from);
        let length = norm(span);
        let unit = |v: Lps| v.map(|x| x / norm(v));
        let z = unit(span);
        // The spans used here are never parallel to x.
        let y = unit(cross(z, UPRIGHT[0]));
        Placed {
            solid: Solid::Capsule { half_length: length / 2.0, radius },
            centre: add_scaled(from, span, 0.5),
            axes: [cross(y, z), y, z],
        }
    }

    /// The same solid grown or shrunk about its centre; its volume changes with the cube of `k`.
    pub fn scaled(self, k: f64) -> Placed {
        Placed { solid: self.solid.scaled(k), ..self }
    }

    /// Mirrored at the plane x = 0.
    pub fn mirrored(self) -> Placed {
        let flip = |[x, y, z]: Lps| [-x, y, z];
        let [x, y, z] = self.axes.map(flip);
        let solid = match self.solid {
            Solid::Pedicle { radii, x: [x0, x1], back, z } => Solid::Pedicle { radii, x: [-x1, -x0], back, z },
            symmetric => symmetric,
        };
        // The solid's own x is reversed once more, so that the axes stay right-handed.
        Placed { solid, centre: flip(self.centre), axes: [x.map(|c| -c), y, z] }
    }

    pub fn contains(&self, point: Lps) -> bool {
        let offset = subtract(point, self.centre);
        self.solid.contains(self.axes.map(|axis| dot(axis, offset)))
    }

    pub fn volume(&self) -> Mm3 {
        self.solid.volume()
    }

    /// Corners of a box around it, in the patient.
    pub fn corners(&self) -> [Lps; 8] {
        let reach = self.solid.reach();
        std::array::from_fn(|corner| {
            let mut point = self.centre;
            for (axis, (direction, half)) in self.axes.iter().zip(reach).enumerate() {
                let signed = if corner >> axis & 1 == 1 { half } else { -half };
                point = crate::geometry::add_scaled(point, *direction, signed);
            }
            point
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts points of a fine lattice, which knows nothing of the formula.
    fn counted(solid: Solid) -> f64 {
        let step = 0.2;
        let reach = solid.reach().map(|r| (r / step).ceil() as i64 + 1);
        let mut inside = 0usize;
        for k in -reach[2]..reach[2] {
            for j in -reach[1]..reach[1] {
                for i in -reach[0]..reach[0] {
                    inside += usize::from(solid.contains([i, j, k].map(|n| (n as f64 + 0.37) * step)));
                }
            }
        }
        inside as f64 * step.powi(3)
    }

    #[test]
    fn volumes_agree_with_counting() {
        for solid in [
            Solid::Ellipsoid { radii: [6.0, 4.0, 9.0] },
            Solid::EllipticCylinder { radii: [7.0, 5.0], half_height: 6.0 },
            Solid::Cuboid { half: [3.0, 4.0, 5.0] },
            Solid::Capsule { half_length: 6.0, radius: 4.0 },
            Solid::Pedicle { radii: [8.0, 6.0], x: [2.0, 7.0], back: 11.0, z: [-3.0, 4.0] },
        ] {
            let (formula, count) = (solid.volume().0, counted(solid));
            assert!((formula / count - 1.0).abs() < 0.01, "{solid:?}: {formula} and {count}");
        }
    }

    #[test]
    fn a_capsule_reaches_from_end_to_end() {
        let capsule = Placed::capsule([10.0, -5.0, 40.0], [30.0, 20.0, -10.0], 3.0);
        assert!(capsule.contains([10.0, -5.0, 40.0]) && capsule.contains([30.0, 20.0, -10.0]));
        assert!(capsule.contains([20.0, 7.5, 15.0]) && !capsule.contains([20.0, 7.5, 25.0]));
        assert!(!capsule.contains([30.0, 20.0, -13.5]));
    }
}
