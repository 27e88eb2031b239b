//! Landmarks of the proximal femur from its mask.

mod bone;
mod head;
mod neck;
mod quality;
mod section;
mod shaft;
mod trochanter;

use super::super::components::largest_component;
use super::Landmarks;
use crate::geometry::{Grid, Lps, add_scaled, cross};
use crate::report::{Block, GateCode, Landmark, LandmarkName, QualityFigure};
use crate::segmentation::StructureMask;
use crate::units::Mm;
use bone::Bone;
use head::Sphere;
use neck::Neck;
use quality::{check, refuse};
use shaft::{Shaft, across, angle};

/// Where the points on the axis of the shaft lie, below the tip of the lesser trochanter.
const SHAFT_POINTS: [f64; 2] = [20.0, 50.0];
/// A ray from the middle of the neck that is longer does not end at the junction.
const WIDEST_NECK: Mm = Mm(40.0);

/// Landmarks of a left femur whose mask lies on `grid`; a block where one of them is not plausible.
pub(super) fn find(grid: &Grid, mask: &StructureMask) -> Result<Landmarks, Block> {
    let bone = Bone::sample(grid, &largest_component(mask)).map_err(|width| {
        let reason = format!("the label is {:.0} mm wide, which no femur is; 300 mm at most", width.0);
        refuse(GateCode::NeckQc, Some(width.0), &reason)
    })?;
    let head = Sphere::find(&bone).ok_or_else(|| {
        refuse(
            GateCode::NeckQc,
            None,
            "no sphere with the radius of a femoral head, 18 to 32 mm, lies in the upper part of the label",
        )
    })?;
    let shaft = Shaft::find(&bone, &head)?;
    let neck = Neck::find(&bone, &head, &shaft.axis)
        .ok_or_else(|| refuse(GateCode::NeckQc, None, "the label ends between the head and the shaft"))?;
    let figures = Figures::check(&bone, &head, &shaft, &neck)?;
    let junction = junction(&bone, &head, &shaft, &neck)
        .ok_or_else(|| refuse(GateCode::NeckQc, None, "the outline of the neck is open where it meets the head"))?;
    let lateral = across(neck.axis, shaft.axis.up);
    let greater_trochanter_base = trochanter::greater_base(&bone, &shaft.axis, lateral, shaft.lesser.height)
        .ok_or_else(|| refuse(GateCode::NeckQc, None, "the lateral outline does not widen into a greater trochanter"))?;
    let mut landmarks = Landmarks {
        head_centre: head.centre,
        head_radius: head.radius,
        neck_centre: neck.centre,
        junction,
        lesser_trochanter: shaft.lesser.tip,
        greater_trochanter_base,
        shaft: SHAFT_POINTS.map(|below| shaft.axis.at(shaft.lesser.height - below)),
        report: Vec::new(),
    };
    landmarks.report = figures.report(&landmarks);
    Ok(landmarks)
}

/// Superior, inferior, anterior, posterior: where rays from the axis of the neck leave the bone, on the plane on which a cylinder of
/// the neck's radius meets the sphere.
fn junction(bone: &Bone, head: &Sphere, shaft: &Shaft, neck: &Neck) -> Option<[Lps; 4]> {
    let middle = add_scaled(head.centre, neck.axis, (head.radius.powi(2) - neck.radius.powi(2)).sqrt());
    let superior = across(shaft.axis.up, neck.axis);
    let anterior = cross(neck.axis, superior);
    let mut points = [middle; 4];
    for (point, (direction, sign)) in
        points.iter_mut().zip([(superior, 1.0), (superior, -1.0), (anterior, 1.0), (anterior, -1.0)])
    {
        let outward = direction.map(|x| x * sign);
        *point = add_scaled(middle, outward, bone.exit(middle, outward, WIDEST_NECK)?);
    }
    Some(points)
}

/// What was checked, by landmark.
struct Figures {
    head: Vec<QualityFigure>,
    neck: Vec<QualityFigure>,
    lesser: Vec<QualityFigure>,
    shaft: Vec<QualityFigure>,
}

impl Figures {
    fn check(bone: &Bone, head: &Sphere, shaft: &Shaft, neck: &Neck) -> Result<Figures, Block> {
        use GateCode::{Laterality, NeckQc, ShaftTruncated};
        const ANY: f64 = f64::INFINITY;
        const MEDIAL: Lps = [-1.0, 0.0, 0.0];
        let agreement = head.agreement(bone, neck.axis);
        let shape = "the head is no sphere: is part of it not labelled, or is it deformed?";
        let length = "too little of the shaft below the lesser trochanter is in the image";
        let medial = angle(shaft.axis.away_from(head.centre).map(|x| -x), MEDIAL);
        let lesser = &shaft.lesser;
        Ok(Figures {
            shaft: vec![
                check("shaft_below_lesser_trochanter_mm", shaft.length.0, 30.0..=ANY, ShaftTruncated, length)?,
                check("shaft_straightness_rms_mm", shaft.rms, -ANY..=2.0, NeckQc, "the shaft is not straight")?,
            ],
            head: vec![
                check("head_radius_mm", head.radius, 18.0..=32.0, NeckQc, "the head has an implausible size")?,
                check("head_on_sphere_percent", agreement.cover, 50.0..=ANY, NeckQc, shape)?,
                check("head_off_sphere_rms_mm", agreement.rms, -ANY..=1.5, NeckQc, shape)?,
                check(
                    "head_off_medial_degrees",
                    medial,
                    -ANY..=75.0,
                    Laterality,
                    "the head does not lie medial to the shaft: is the side right?",
                )?,
            ],
            neck: vec![
                check(
                    "neck_shaft_angle_degrees",
                    angle(neck.axis, shaft.axis.up),
                    105.0..=150.0,
                    NeckQc,
                    "the neck meets the shaft at an implausible angle",
                )?,
                check(
                    "neck_axis_last_turn_degrees",
                    neck.turned,
                    -ANY..=neck::STEADY,
                    NeckQc,
                    "the axis of the neck does not settle",
                )?,
                check(
                    "neck_to_head_radius_percent",
                    100.0 * neck.radius / head.radius,
                    45.0..=90.0,
                    NeckQc,
                    "the neck has an implausible width",
                )?,
                check(
                    "neck_distance_head_radii",
                    neck.distance / head.radius,
                    neck::WAIST,
                    NeckQc,
                    "no section between head and shaft is narrower than its neighbours",
                )?,
            ],
            lesser: vec![
                check(
                    "excess_mm",
                    lesser.excess.0,
                    4.0..=ANY,
                    NeckQc,
                    "the lesser trochanter is not prominent enough to be sure of it",
                )?,
                check(
                    "medial_to_posterior_degrees",
                    lesser.direction,
                    20.0..=100.0,
                    NeckQc,
                    "the lesser trochanter does not lie posteromedially",
                )?,
            ],
        })
    }

    /// Every landmark with what it rests on.
    fn report(self, found: &Landmarks) -> Vec<Landmark> {
        use LandmarkName::*;
        let [superior, inferior, anterior, posterior] = found.junction;
        let Figures { head, neck, lesser, shaft } = self;
        [
            (HeadCentre, found.head_centre, head),
            (NeckCentre, found.neck_centre, neck),
            (JunctionSuperior, superior, Vec::new()),
            (JunctionInferior, inferior, Vec::new()),
            (JunctionAnterior, anterior, Vec::new()),
            (JunctionPosterior, posterior, Vec::new()),
            (LesserTrochanter, found.lesser_trochanter, lesser),
            (GreaterTrochanterBase, found.greater_trochanter_base, Vec::new()),
            (Shaft20, found.shaft[0], shaft.clone()),
            (Shaft50, found.shaft[1], shaft),
        ]
        .map(|(name, position_mm, figures)| Landmark { name, position_mm, figures })
        .into()
    }
}
#[cfg(test)]
mod dev {
    use super::*;
    #[test]
    fn dev() {
        let map = crate::read::read_label_map(std::path::Path::new(&std::env::var("DEV").unwrap())).unwrap();
        let mut grid = map.grid.clone();
        if std::env::var("RIGHT").is_ok() {
            grid.origin[0] *= -1.0;
            for s in &mut grid.steps {
                s[0] *= -1.0;
            }
        }
        let mask = StructureMask {
            structure: crate::anatomy::Structure::Femur,
            side: crate::anatomy::Side::Left,
            corner: [0; 3],
            voxels: map.values.mapv(|v| v != 0),
            segments: vec![],
        };
        let t = std::time::Instant::now();
        match find(&grid, &mask) {
            Ok(l) => println!("JSON {}", serde_json::to_string(&l.report).unwrap()),
            Err(b) => println!("BLOCK {b:?}"),
        }
        println!("time {:?}", t.elapsed());
    }
}
