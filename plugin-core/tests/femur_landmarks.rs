//! Landmarks found in femora drawn from formulas, against the formulas.

#[allow(dead_code, reason = "the vertebra is for other tests")]
mod common;
mod femur_support;

use common::{Case, labels};
use femur_support::{Femur, Truth};
use plugin_core::anatomy::Side;
use plugin_core::calibration::Conversion;
use plugin_core::geometry::{Grid, Lps, add_scaled, dot, norm, subtract, unit};
use plugin_core::report::{Finding, GateCode, LandmarkName, Quantity, Region};
use plugin_core::segmentation::StructureMask;
use plugin_core::units::Material;
use plugin_core::volume::CtVolume;
use rayon::prelude::*;

const AXIAL_1_MM: [f64; 3] = [1.0, 1.0, 1.0];
const THICK: [f64; 3] = [3.0, 0.8, 0.8];

fn measured(grid: &Grid, mask: StructureMask) -> Finding {
    let stored = ndarray::Array3::from_elem(grid.shape, 100);
    let volume = CtVolume { grid: grid.clone(), stored: stored.into(), slope: 1.0, intercept: 0.0 };
    let mut measured = Case::default().measure(&volume, &labels(grid, vec![mask]));
    measured.findings.remove(0)
}

fn find(femur: &Femur, spacing: [f64; 3]) -> Finding {
    let grid = femur.grid(spacing);
    measured(&grid, femur.mask(&grid))
}

fn place(finding: &Finding, name: LandmarkName) -> Option<Lps> {
    finding.landmarks.iter().find(|landmark| landmark.name == name).map(|landmark| landmark.position_mm)
}

fn figure(finding: &Finding, name: &str) -> f64 {
    let mut figures = finding.landmarks.iter().flat_map(|landmark| &landmark.figures);
    figures.find(|figure| figure.name == name).expect("a figure of that name").value
}

fn truths(truth: &Truth) -> [(LandmarkName, Lps); 10] {
    use LandmarkName::*;
    [
        (HeadCentre, truth.head_centre),
        (NeckCentre, truth.neck_centre),
        (JunctionSuperior, truth.junction[0]),
        (JunctionInferior, truth.junction[1]),
        (JunctionAnterior, truth.junction[2]),
        (JunctionPosterior, truth.junction[3]),
        (LesserTrochanter, truth.lesser_trochanter),
        (GreaterTrochanterBase, truth.greater_trochanter_base),
        (Shaft20, truth.shaft[0]),
        (Shaft50, truth.shaft[1]),
    ]
}

/// Distances from the truth in millimetres, in the order of [`truths`]; none where landmarks were refused. The base of the greater
/// trochanter is a point of the outline seen from the front: its depth says nothing. It alone may be missing, NaN here, where less
/// than 50 mm of whole sections of the shaft are in the image (a leaning shaft is cut aslant); then the regions that it divides are withheld, and only these.
fn errors(femur: &Femur, finding: &Finding) -> Option<[f64; 10]> {
    let truth = femur.truth();
    let error = |(name, at): (LandmarkName, Lps)| {
        let Some(found) = place(finding, name) else { return f64::NAN };
        let offset = subtract(found, at);
        let depth = if name == LandmarkName::GreaterTrochanterBase { dot(offset, truth.posterior) } else { 0.0 };
        norm(add_scaled(offset, truth.posterior, -depth))
    };
    if finding.landmarks.is_empty() {
        return None;
    }
    let found = truths(&truth).map(error);
    for ((name, _), error) in truths(&truth).iter().zip(found).filter(|(_, error)| error.is_nan()) {
        assert!(*name == LandmarkName::GreaterTrochanterBase && femur.shaft_length < 62.0, "{name:?} is missing: {error}");
        let withheld: Vec<_> = finding.not_measured.iter().filter(|one| one.code == GateCode::ShaftTruncated).collect();
        assert_eq!(withheld.iter().map(|one| one.region).collect::<Vec<_>>(), [Region::Trochanter, Region::Intertrochanter]);
        assert!(finding.value(Region::TotalHip, Quantity::Area).is_some());
    }
    Some(found)
}

/// Every landmark within `bar`, or refused; at most `refusals` of them.
fn assert_near(seeds: std::ops::Range<u64>, spacing: [f64; 3], bar: f64, refusals: usize) {
    let found: Vec<_> = seeds
        .into_par_iter()
        .map(|seed| {
            let femur = Femur::random(seed);
            let finding = find(&femur, spacing);
            let errors = errors(&femur, &finding);
            (seed, errors, finding.not_measured.first().map(|missing| missing.reason.clone()))
        })
        .collect();
    let near: Vec<_> = found.iter().filter_map(|(seed, errors, _)| errors.map(|errors| (*seed, errors))).collect();
    for (index, (name, _)) in truths(&Femur::default().truth()).iter().enumerate() {
        let given: Vec<_> = near.iter().map(|(seed, e)| (*seed, e[index])).filter(|(_, error)| !error.is_nan()).collect();
        let (seed, worst) = given.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("some");
        let mean = given.iter().map(|(_, error)| error).sum::<f64>() / given.len() as f64;
        println!("{name:?}: {} given, mean {mean:.2} mm, worst {worst:.2} mm (seed {seed})", given.len());
    }
    for (seed, _, reason) in found.iter().filter(|(_, errors, _)| errors.is_none()) {
        println!("seed {seed} refused: {}", reason.as_deref().unwrap_or_default());
    }
    for (seed, errors) in &near {
        for ((name, _), error) in truths(&Femur::default().truth()).iter().zip(errors) {
            assert!(error.is_nan() || *error <= bar, "{name:?} of seed {seed}: {error:.2} mm");
        }
    }
    assert!(found.len() - near.len() <= refusals, "{} refused", found.len() - near.len());
}

#[test]
fn forty_femora_at_1_mm() {
    assert_near(0..40, AXIAL_1_MM, 2.0, 2);
}

#[test]
fn thick_slices() {
    assert_near(40..52, THICK, 2.0, 2);
}

#[test]
fn neck_shaft_angle_and_radius_are_those_drawn() {
    let femur = Femur::default();
    let finding = find(&femur, AXIAL_1_MM);
    assert!((figure(&finding, "head_radius_mm") - femur.head_radius).abs() < 0.2);
    assert!((figure(&finding, "neck_shaft_angle_degrees") - femur.neck_shaft_angle).abs() < 1.0);
    assert!((figure(&finding, "neck_to_head_radius_percent") - 66.0).abs() < 1.0);
    // The tip lies a millimetre and the radius of its sphere outside the shaft.
    assert!((figure(&finding, "excess_mm") - 1.0 - 0.36 * femur.head_radius).abs() < 0.7);
}

#[test]
fn landmarks_turn_with_the_femur() {
    for rotation in [[25.0, 0.0, 0.0], [0.0, -25.0, 0.0], [0.0, 0.0, 25.0], [-20.0, 20.0, -20.0]] {
        let femur = Femur { rotation, ..Femur::default() };
        let errors = errors(&femur, &find(&femur, AXIAL_1_MM)).expect("found");
        assert!(errors.iter().all(|error| *error < 1.5), "{rotation:?}: {errors:?}");
    }
}

#[test]
fn a_mirrored_image_gives_mirrored_landmarks() {
    let femur = Femur::random(7);
    let grid = femur.grid(THICK);
    let mask = femur.mask(&grid);
    let flip = |[x, y, z]: Lps| [-x, y, z];
    let mirror = Grid { shape: grid.shape, origin: flip(grid.origin), steps: grid.steps.map(flip) };
    let opposite = StructureMask { side: Side::Left, ..mask.clone() };
    assert_eq!(femur.side, Side::Right);
    let [right, left] = [measured(&grid, mask), measured(&mirror, opposite)];
    for (name, _) in truths(&femur.truth()) {
        let [a, b] = [&right, &left].map(|finding| place(finding, name).expect("found"));
        assert!(norm(subtract(flip(a), b)) < 1e-6, "{name:?}: {a:?} {b:?}");
    }
}

#[test]
fn slices_may_be_sheared_oblique_or_upside_down() {
    let femur = Femur::default();
    let plain = femur.grid(AXIAL_1_MM);
    let [slices, rows, columns] = plain.shape;
    // A gantry tilt of 20 degrees; columns and slices run backwards.
    let far = plain.to_patient([(slices - 1) as f64, 0.0, (columns - 1) as f64]);
    let lean = 20.0_f64.to_radians().tan();
    let grid = Grid {
        shape: [slices / 2, rows + 100, columns],
        origin: [far[0], far[1] - 60.0, far[2]],
        steps: [[0.0, 2.0 * lean, -2.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]],
    };
    let errors = errors(&femur, &measured(&grid, femur.mask(&grid))).expect("found");
    assert!(errors.iter().all(|error| *error < 1.5), "{errors:?}");
}

#[test]
fn bumps_and_a_second_component_do_no_harm() {
    let femur = Femur::random(4);
    let grid = femur.grid(AXIAL_1_MM);
    let mut mask = femur.mask(&grid);
    let before = mask.clone();
    let drawn = femur.drawn();
    for ((z, y, x), member) in mask.voxels.indexed_iter_mut() {
        // Every seventh voxel near the surface changes sides.
        let centre = grid.to_patient([z, y, x].map(|i| i as f64));
        let near = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].iter().any(|step| {
            [-1.0, 1.0].iter().any(|sign| drawn.contains([0, 1, 2].map(|i| centre[i] + sign * step[i])) != *member)
        });
        *member ^= near && (z * 7919 + y * 104_729 + x * 1_299_709) % 7 == 0;
    }
    assert_ne!(before.voxels, mask.voxels);
    // A block beside the head, as large as a patella.
    mask.voxels.slice_mut(ndarray::s![..20, ..20, ..20]).fill(true);
    let errors = errors(&femur, &measured(&grid, mask)).expect("found");
    assert!(errors.iter().all(|error| *error < 2.0), "{errors:?}");
}

#[track_caller]
fn assert_refused(finding: &Finding, code: GateCode) {
    assert!(finding.landmarks.is_empty(), "{:?}", finding.landmarks);
    assert!(finding.not_measured.iter().all(|missing| missing.code == code), "{:?}", finding.not_measured);
    println!("{:?}", finding.not_measured.first().map(|missing| &missing.reason));
}

#[test]
fn a_shaft_that_is_cut_short_is_refused() {
    for shaft_length in [-10.0, 5.0, 15.0, 25.0] {
        let femur = Femur { shaft_length, ..Femur::default() };
        assert_refused(&find(&femur, AXIAL_1_MM), GateCode::ShaftTruncated);
    }
    assert!(!find(&Femur { shaft_length: 40.0, ..Femur::default() }, AXIAL_1_MM).landmarks.is_empty());
}

#[test]
fn a_head_of_which_a_part_is_missing_is_refused() {
    let medial = unit([-1.0, 0.0, 0.6]);
    // Of the radius: most of the head, half of it, a cap.
    for share in [-0.5, 0.0, 0.5] {
        let femur = Femur { head_cut: Some((medial, share * 24.0)), ..Femur::default() };
        assert_refused(&find(&femur, AXIAL_1_MM), GateCode::NeckQc);
    }
}

#[test]
fn the_wrong_side_is_refused() {
    let femur = Femur::default();
    let grid = femur.grid(AXIAL_1_MM);
    let mask = StructureMask { side: Side::Right, ..femur.mask(&grid) };
    assert_refused(&measured(&grid, mask), GateCode::Laterality);
}

#[test]
fn what_is_no_femur_is_refused() {
    let femur = Femur::default();
    let grid = femur.grid(AXIAL_1_MM);
    let truth = femur.truth();
    let only = |inside: &dyn Fn(Lps) -> bool| {
        let mut mask = femur.mask(&grid);
        for ((z, y, x), member) in mask.voxels.indexed_iter_mut() {
            *member = inside(grid.to_patient([z, y, x].map(|i| i as f64)));
        }
        measured(&grid, mask)
    };
    let ball = only(&|point| norm(subtract(point, truth.head_centre)) <= 24.0);
    assert!(ball.landmarks.is_empty());
    let rod = only(&|point| (point[0] - 100.0).hypot(point[1] - 20.0) <= 15.0);
    assert!(rod.landmarks.is_empty());
    let all = only(&|_| true);
    assert!(all.landmarks.is_empty());
}

#[test]
fn density_is_that_of_cortex_and_trabeculae() {
    let femur = Femur::default();
    let conversion = Conversion { material: Material::Hydroxyapatite, slope: 0.8, intercept: -2.0, curvature: 0.0 };
    let grid = femur.grid(AXIAL_1_MM);
    let volume = femur.volume(&grid, &conversion);
    let head = grid.to_index(femur.truth().head_centre).map(|i| i.round() as usize);
    assert!((f64::from(volume.hu(head)) * 0.8 - 2.0 - femur_support::TRABECULAR).abs() < 0.5);
    assert!((f64::from(volume.hu([0, 0, 0])) * 0.8 - 2.0).abs() < 0.5);
}
