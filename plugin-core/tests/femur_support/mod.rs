//! Proximal femora drawn from formulas, with their landmarks.
//!
//! A femur is the union of a sphere (head), a hyperboloid of one sheet (neck), an ellipsoid (greater trochanter), a sphere (lesser
//! trochanter) and a tapered, bowed cylinder (shaft). Its own coordinates are those of a left femur whose shaft stands upright:
//! x lateral, y posterior, z superior, millimetres from the point at which the axis of the neck meets that of the shaft.

#![allow(dead_code, reason = "every test uses its own part")]

use ndarray::Array3;
use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::Conversion;
use plugin_core::geometry::{Grid, Lps, add_scaled, cross, dot, norm, subtract, unit};
use plugin_core::segmentation::StructureMask;
use plugin_core::volume::CtVolume;

/// Density of the outer layer and of what it encloses, mg/cm3.
pub const CORTICAL: f64 = 900.0;
pub const TRABECULAR: f64 = 180.0;
/// Thickness of the outer layer in millimetres.
pub const CORTEX: f64 = 2.0;

/// A femur and how it lies in the patient.
#[derive(Debug, Clone)]
pub struct Femur {
    pub side: Side,
    pub head_radius: f64,
    /// Between the axes of neck and shaft, degrees.
    pub neck_shaft_angle: f64,
    /// Of the neck before the plane through the shaft along x, degrees.
    pub anteversion: f64,
    /// Of the lesser trochanter behind the direction of the head, degrees.
    pub lesser_direction: f64,
    /// Of the lesser trochanter below the head, in head radii.
    pub lesser_depth: f64,
    /// Growth of the shaft's radius with height.
    pub taper: f64,
    /// Radius of the circle that the shaft bends along, millimetres.
    pub bow: f64,
    /// Rotations about x, y and z, in this order, degrees.
    pub rotation: [f64; 3],
    /// Where the origin of the femur lies in the patient, for the left side; mirrored for the right.
    pub place: Lps,
    /// How far the label reaches below the lesser trochanter along z of the patient.
    pub shaft_length: f64,
    /// A plane of the femur's own coordinates, direction and distance from the head's centre, beyond which the head is missing.
    pub head_cut: Option<(Lps, f64)>,
}

/// The landmarks of a femur in the patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    pub head_centre: Lps,
    pub neck_centre: Lps,
    /// Superior, inferior, anterior, posterior.
    pub junction: [Lps; 4],
    pub lesser_trochanter: Lps,
    pub greater_trochanter_base: Lps,
    /// 20 and 50 mm below the lesser trochanter.
    pub shaft: [Lps; 2],
    /// The direction in which the femur is looked at from the front.
    pub posterior: Lps,
}

impl Default for Femur {
    fn default() -> Femur {
        Femur {
            side: Side::Left,
            head_radius: 24.0,
            neck_shaft_angle: 128.0,
            anteversion: 12.0,
            lesser_direction: 55.0,
            lesser_depth: 2.2,
            taper: 0.01,
            bow: 1500.0,
            rotation: [0.0; 3],
            place: [100.0, 20.0, -30.0],
            shaft_length: 75.0,
            head_cut: None,
        }
    }
}

impl Femur {
    /// Another one for every seed.
    pub fn random(seed: u64) -> Femur {
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut within = |low: f64, high: f64| {
            // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            low + (high - low) * ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
        };
        Femur {
            side: if seed.is_multiple_of(2) { Side::Left } else { Side::Right },
            head_radius: within(20.0, 27.0),
            neck_shaft_angle: within(118.0, 140.0),
            anteversion: within(0.0, 35.0),
            lesser_direction: within(40.0, 70.0),
            lesser_depth: within(2.0, 2.4),
            taper: within(0.0, 0.02),
            bow: within(900.0, 2000.0),
            rotation: [(); 3].map(|()| within(-25.0, 25.0)),
            place: [within(80.0, 110.0), within(-20.0, 40.0), within(-500.0, 500.0)],
            shaft_length: within(35.0, 110.0),
            head_cut: None,
        }
    }

    /// From the neck's crossing with the shaft to the head.
    fn neck_direction(&self) -> Lps {
        let ((sin, cos), (forward, medial)) =
            (self.neck_shaft_angle.to_radians().sin_cos(), self.anteversion.to_radians().sin_cos());
        [-sin * medial, -sin * forward, -cos]
    }

    fn head(&self) -> Lps {
        self.neck_direction().map(|x| x * 2.1 * self.head_radius)
    }

    /// Distance of the narrowest section of the neck from the head, its radius, and the length over which it widens.
    fn waist(&self) -> [f64; 3] {
        [1.1, 0.66, 1.2].map(|share| share * self.head_radius)
    }

    /// Radius of the neck at a distance from the head.
    fn neck_radius(&self, distance: f64) -> f64 {
        let [waist, radius, widening] = self.waist();
        radius * (1.0 + ((distance - waist) / widening).powi(2)).sqrt()
    }

    fn lesser_height(&self) -> f64 {
        self.head()[2] - self.lesser_depth * self.head_radius
    }

    fn lesser_radius(&self) -> f64 {
        0.36 * self.head_radius
    }

    fn shaft_radius(&self, z: f64) -> f64 {
        0.62 * self.head_radius + self.taper * (z - self.lesser_height())
    }

    /// The middle of the shaft, which runs along z 40 mm below the lesser trochanter.
    fn shaft_centre(&self, z: f64) -> [f64; 2] {
        [0.0, (z - self.lesser_height() + 40.0).powi(2) / (2.0 * self.bow)]
    }

    /// From the shaft's axis to the lesser trochanter.
    fn lesser_outward(&self) -> Lps {
        let (sin, cos) = (self.lesser_direction - self.anteversion).to_radians().sin_cos();
        [-cos, sin, 0.0]
    }

    fn lesser_tip(&self, beyond_centre: f64) -> Lps {
        let z = self.lesser_height();
        let [x, y] = self.shaft_centre(z);
        add_scaled([x, y, z], self.lesser_outward(), self.shaft_radius(z) + 1.0 + beyond_centre)
    }

    /// Centre and half axes of the greater trochanter.
    fn greater(&self) -> (Lps, [f64; 3]) {
        let r = self.head_radius;
        ([0.4 * r, 0.2 * r, 0.45 * r], [0.65 * r, 0.75 * r, 1.1 * r])
    }

    /// From the femur's own coordinates to the patient.
    pub fn to_patient(&self, point: Lps) -> Lps {
        let [x, y, z] = self.axes().iter().zip(point).fold(self.place, |sum, (axis, length)| add_scaled(sum, *axis, length));
        if self.side == Side::Right { [-x, y, z] } else { [x, y, z] }
    }

    /// Where the femur's own axes point in the patient, before mirroring.
    fn axes(&self) -> [Lps; 3] {
        let [(sx, cx), (sy, cy), (sz, cz)] = self.rotation.map(|degrees| degrees.to_radians().sin_cos());
        let turned = |[x, y, z]: Lps| {
            let [y, z] = [cx * y - sx * z, sx * y + cx * z];
            let [x, z] = [cy * x + sy * z, -sy * x + cy * z];
            [cz * x - sz * y, sz * x + cz * y, z]
        };
        [turned([1.0, 0.0, 0.0]), turned([0.0, 1.0, 0.0]), turned([0.0, 0.0, 1.0])]
    }

    /// Lowest z of the label in the patient.
    fn floor(&self) -> f64 {
        self.to_patient(self.lesser_tip(0.0))[2] - self.shaft_length
    }

    /// Everything that does not depend on the point.
    pub fn drawn(&self) -> Drawn<'_> {
        let toward = self.neck_direction().map(|x| -x);
        Drawn { femur: self, axes: self.axes(), floor: self.floor(), head: self.head(), toward, lesser: self.lesser_tip(0.0) }
    }

    /// An axial grid around the label with `spacing` in millimetres along `[slice, row, column]`.
    pub fn grid(&self, spacing: [f64; 3]) -> Grid {
        let (greater, _) = self.greater();
        let end = self.lesser_height() - self.shaft_length / self.axes()[2][2] - 20.0;
        let balls = [
            (self.head(), self.head_radius),
            ([0.0; 3], self.head_radius),
            (greater, 1.1 * self.head_radius),
            (self.lesser_tip(0.0), self.lesser_radius()),
            ([0.0, self.shaft_centre(end)[1], end], self.head_radius),
        ]
        .map(|(centre, radius)| (self.to_patient(centre), radius));
        let low = [0, 1, 2].map(|axis| balls.iter().map(|(c, r)| c[axis] - r).fold(f64::INFINITY, f64::min) - 6.0);
        let high = [0, 1, 2].map(|axis| balls.iter().map(|(c, r)| c[axis] + r).fold(f64::NEG_INFINITY, f64::max) + 6.0);
        let origin = [low[0], low[1], self.floor() - 6.0];
        let shape = [0, 1, 2].map(|i| ((high[2 - i] - origin[2 - i]) / spacing[i]).ceil() as usize + 1);
        Grid { shape, origin, steps: [[0.0, 0.0, spacing[0]], [0.0, spacing[1], 0.0], [spacing[2], 0.0, 0.0]] }
    }

    /// The voxels whose centres lie in the bone.
    pub fn mask(&self, grid: &Grid) -> StructureMask {
        let drawn = self.drawn();
        let voxels =
            Array3::from_shape_fn(grid.shape, |(z, y, x)| drawn.contains(grid.to_patient([z, y, x].map(|i| i as f64))));
        StructureMask { structure: Structure::Femur, side: self.side, corner: [0; 3], voxels, segments: Vec::new() }
    }

    /// The CT of the density at the voxel centres.
    pub fn volume(&self, grid: &Grid, conversion: &Conversion) -> CtVolume<'static> {
        let drawn = self.drawn();
        let hu = |density: f64| (density - conversion.intercept) / conversion.slope;
        let stored = Array3::from_shape_fn(grid.shape, |(z, y, x)| {
            hu(drawn.density_at(grid.to_patient([z, y, x].map(|i| i as f64)))).round() as i16
        });
        CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 }
    }

    /// By the definitions of the recipe `femur-landmarks/1`, from the formulas.
    pub fn truth(&self) -> Truth {
        let head = self.head();
        let toward = self.neck_direction().map(|x| -x);
        let [waist, narrowest, _] = self.waist();
        let plane = (self.head_radius.powi(2) - narrowest.powi(2)).sqrt();
        let middle = add_scaled(head, toward, plane);
        let radius = self.neck_radius(plane).max(narrowest);
        let up = [0.0, 0.0, 1.0];
        let superior = unit(add_scaled(up, toward, -dot(up, toward)));
        let anterior = cross(toward, superior);
        let at = |direction: Lps, sign: f64| self.to_patient(add_scaled(middle, direction, sign * radius));
        let shaft = [20.0, 50.0].map(|below| {
            let z = self.lesser_height() - below;
            let [x, y] = self.shaft_centre(z);
            self.to_patient([x, y, z])
        });
        Truth {
            head_centre: self.to_patient(head),
            neck_centre: self.to_patient(add_scaled(head, toward, waist)),
            junction: [at(superior, 1.0), at(superior, -1.0), at(anterior, 1.0), at(anterior, -1.0)],
            lesser_trochanter: self.to_patient(self.lesser_tip(self.lesser_radius())),
            greater_trochanter_base: self.to_patient(self.greater_base()),
            shaft,
            posterior: subtract(self.to_patient(cross(up, self.lateral())), self.to_patient([0.0; 3])),
        }
    }

    /// Away from the head, at right angles to the shaft.
    fn lateral(&self) -> Lps {
        let [x, y, _] = self.neck_direction();
        unit([-x, -y, 0.0])
    }

    /// The lowest point at which the lateral outline lies 3 mm outside the line through that of the shaft.
    fn greater_base(&self) -> Lps {
        let lateral = self.lateral();
        let shaft = |z: f64| self.shaft_radius(z) + self.shaft_centre(z)[1] * lateral[1];
        let [low, high] = [50.0, 10.0].map(|below| self.lesser_height() - below);
        let slope = (shaft(high) - shaft(low)) / (high - low);
        let line = |z: f64| shaft((low + high) / 2.0) + slope * (z - (low + high) / 2.0);
        let (centre, axes) = self.greater();
        let greater = |z: f64| {
            let share = (1.0 - ((z - centre[2]) / axes[2]).powi(2)).max(0.0).sqrt();
            dot(centre, lateral) + share * (axes[0] * lateral[0]).hypot(axes[1] * lateral[1])
        };
        let steps = (0..).map(|step| self.lesser_height() + f64::from(step) * 0.01);
        let z = steps.take_while(|z| *z < centre[2]).find(|z| greater(*z).max(shaft(*z)) >= line(*z) + 3.0);
        let z = z.expect("the greater trochanter is wider than the shaft");
        let [x, y] = self.shaft_centre(self.lesser_height() - 40.0);
        add_scaled([x, y, z], lateral, line(z) + 3.0)
    }
}

/// A femur of which single points can be asked.
pub struct Drawn<'a> {
    femur: &'a Femur,
    axes: [Lps; 3],
    /// Lowest z of the label in the patient.
    floor: f64,
    head: Lps,
    /// From the head along the neck.
    toward: Lps,
    /// Centre of the lesser trochanter.
    lesser: Lps,
}

impl Drawn<'_> {
    /// Whether a point of the patient lies in the bone.
    pub fn contains(&self, point: Lps) -> bool {
        point[2] >= self.floor && self.within(self.to_own(point), 0.0)
    }

    /// Density at a point of the patient in mg/cm3; 0 outside.
    pub fn density_at(&self, point: Lps) -> f64 {
        match self.contains(point) {
            false => 0.0,
            true if self.within(self.to_own(point), CORTEX) => TRABECULAR,
            true => CORTICAL,
        }
    }

    fn to_own(&self, [x, y, z]: Lps) -> Lps {
        let left = if self.femur.side == Side::Right { [-x, y, z] } else { [x, y, z] };
        self.axes.map(|axis| dot(subtract(left, self.femur.place), axis))
    }

    /// Whether a point of the femur's own coordinates lies at least `depth` below the surface of one of its solids.
    fn within(&self, point: Lps, depth: f64) -> bool {
        let femur = self.femur;
        let from_head = subtract(point, self.head);
        let in_head = norm(from_head) <= femur.head_radius - depth;
        let kept = femur.head_cut.is_none_or(|(direction, distance)| dot(from_head, direction) <= distance - depth);
        let along = dot(from_head, self.toward);
        let neck = along >= 0.0
            && along <= norm(self.head)
            && norm(add_scaled(from_head, self.toward, -along)) <= femur.neck_radius(along) - depth;
        let (centre, axes) = femur.greater();
        let greater = (0..3).map(|i| ((point[i] - centre[i]) / (axes[i] - depth)).powi(2)).sum::<f64>() <= 1.0;
        let lesser = norm(subtract(point, self.lesser)) <= femur.lesser_radius() - depth;
        let [x, y] = femur.shaft_centre(point[2]);
        let shaft = point[2] <= -depth && (point[0] - x).hypot(point[1] - y) <= femur.shaft_radius(point[2]) - depth;
        in_head && kept || neck || greater || lesser || shaft
    }
}
