//! The spine: T12 to the sacrum in slight lordosis.

use super::scene::{Part, Shape, unnamed};
use super::solid::{Placed, Solid};
use crate::anatomy::{Side, Structure};
use crate::geometry::{Lps, add_scaled};

/// One vertebra and the disc below it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Vertebra {
    pub structure: Structure,
    /// Centre of the vertebral body, LPS millimetres.
    pub centre: Lps,
    /// How far its superior direction leans backwards, in degrees. None is 0: an end plate in the plane of the slices would make
    /// the number of voxels depend on where the slices happen to fall.
    pub lean_degrees: f64,
    /// Half width and half depth of the body, in millimetres.
    pub radii: [f64; 2],
    /// HU of the trabecular bone.
    pub trabecular_hu: i16,
}

const fn vertebra(structure: Structure, y: f64, z: f64, lean_degrees: f64, half_width: f64, trabecular_hu: i16) -> Vertebra {
    Vertebra { structure, centre: [0.0, y, z], lean_degrees, radii: [half_width, 16.5], trabecular_hu }
}

/// Centres follow from the leans: each lies 34 mm from the next along the mean of both directions.
pub(super) const VERTEBRAE: [Vertebra; 6] = [
    vertebra(Structure::T12, 18.1, 343.4, 12.0, 20.5, 155),
    vertebra(Structure::L1, 11.9, 310.0, 9.0, 21.5, 150),
    vertebra(Structure::L2, 8.0, 276.2, 4.0, 22.5, 145),
    vertebra(Structure::L3, 8.0, 242.2, -4.0, 23.0, 140),
    vertebra(Structure::L4, 12.1, 208.5, -10.0, 24.0, 135),
    vertebra(Structure::L5, 20.3, 175.5, -18.0, 25.0, 130),
];

const SHELL: f64 = 1.5;
const HALF_HEIGHT: f64 = 13.0;
const CORTICAL: i16 = 350;
const POSTERIOR: i16 = 300;

impl Vertebra {
    /// Its right-to-left, anterior-to-posterior and inferior-to-superior directions.
    pub fn axes(&self) -> [Lps; 3] {
        let (sine, cosine) = self.lean_degrees.to_radians().sin_cos();
        [[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]]
    }

    fn at(&self, solid: Solid, [x, y, z]: Lps) -> Placed {
        let axes = self.axes();
        let centre = add_scaled(add_scaled(add_scaled(self.centre, axes[0], x), axes[1], y), axes[2], z);
        Placed { solid, centre, axes }
    }

    /// The trabecular bone, the whole space within the shell.
    pub fn trabecular(&self) -> Placed {
        let inner = Solid::EllipticCylinder { radii: self.radii.map(|r| r - SHELL), half_height: HALF_HEIGHT - SHELL };
        self.at(inner, [0.0; 3])
    }

    fn canal(&self) -> Placed {
        self.at(Solid::EllipticCylinder { radii: [10.0, 8.0], half_height: 18.0 }, [0.0, self.radii[1] + 8.5, 0.0])
    }

    /// Sits between the end plate and the next vertebra and is painted before both.
    fn disc(&self) -> Placed {
        self.at(Solid::EllipticCylinder { radii: self.radii, half_height: 8.0 }, [0.0, 0.0, -HALF_HEIGHT - 4.0])
    }

    /// Body, pedicles, lamina, transverse and spinous processes; none overlaps another.
    fn bone(&self) -> Vec<Placed> {
        let wall = self.radii[1];
        let pedicle = |x| Solid::Pedicle { radii: self.radii, x, back: wall + 17.0, z: [-5.0, 9.0] };
        let transverse = Solid::Cuboid { half: [10.5, 3.5, 4.5] };
        vec![
            self.at(Solid::EllipticCylinder { radii: self.radii, half_height: HALF_HEIGHT }, [0.0; 3]),
            self.at(pedicle([10.5, 16.5]), [0.0; 3]),
            self.at(pedicle([-16.5, -10.5]), [0.0; 3]),
            self.at(Solid::Cuboid { half: [16.5, 3.0, 9.0] }, [0.0, wall + 20.0, 0.0]),
            self.at(transverse, [27.0, wall + 3.0, 2.0]),
            self.at(transverse, [-27.0, wall + 3.0, 2.0]),
            self.at(Solid::Cuboid { half: [4.5, 13.0, 8.0] }, [0.0, wall + 36.0, -3.0]),
        ]
    }

    fn shapes(&self) -> Vec<Shape> {
        let label = Some((self.structure, Side::None));
        let mut shapes: Vec<Shape> =
            self.bone().into_iter().map(|placed| Shape { placed, hu: POSTERIOR, label, part: Part::Whole }).collect();
        shapes[0].hu = CORTICAL;
        shapes.push(Shape { placed: self.trabecular(), hu: self.trabecular_hu, label, part: Part::Trabecular });
        shapes
    }
}

/// Discs and canal first, then the bones over them.
pub(super) fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = VERTEBRAE.iter().map(|vertebra| unnamed(vertebra.disc(), 80)).collect();
    shapes.extend(VERTEBRAE.iter().map(|vertebra| unnamed(vertebra.canal(), 30)));
    shapes.extend(sacrum());
    shapes.extend(VERTEBRAE.iter().flat_map(Vertebra::shapes));
    shapes
}

fn sacrum() -> [Shape; 2] {
    let outer = Placed::upright(Solid::Ellipsoid { radii: [40.0, 17.0, 48.0] }, [0.0, 50.0, 105.0]);
    let inner = Placed { solid: Solid::Ellipsoid { radii: [38.0, 15.0, 46.0] }, ..outer };
    let label = Some((Structure::Sacrum, Side::None));
    [
        Shape { placed: outer, hu: CORTICAL, label, part: Part::Whole },
        Shape { placed: inner, hu: 110, label, part: Part::Trabecular },
    ]
}
