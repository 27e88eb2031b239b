use super::*;
use crate::geometry::{cross, dot, unit};
use crate::projection::{Detector, FilmBeam, FilmGeometry, Pose};
use crate::units::Mm;
use ndarray::Array3;

/// A detector of pixels of `pitch` mm, centred on `centre` and perpendicular to `direction`.
fn detector(centre: Lps, direction: Lps, side: usize, pitch: f64) -> Detector {
    let across = unit(cross(direction, if direction[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] }));
    let (row_step, column_step) = (unit(cross(direction, across)).map(|x| x * pitch), across.map(|x| x * pitch));
    let middle = (side as f64 - 1.0) / 2.0;
    let first = add_scaled(add_scaled(centre, row_step, -middle), column_step, -middle);
    Detector { rows: side, columns: side, first, row_step, column_step }
}

fn parallel(centre: Lps, direction: Lps, side: usize, pitch: f64) -> View {
    View { beam: Beam::Parallel { direction }, detector: detector(centre, direction, side, pitch) }
}

/// A cone whose central ray has `direction` through `centre`, magnifying by 1.25.
fn cone(centre: Lps, direction: Lps, side: usize, pitch: f64) -> View {
    let along = unit(direction);
    let source = add_scaled(centre, along, -800.0);
    View { beam: Beam::Cone { source }, detector: detector(add_scaled(centre, along, 200.0), direction, side, pitch) }
}

const DIRECTIONS: [Lps; 8] = [
    [0.0, 1.0, 0.0],
    [1.0, 0.0, 0.0],
    [0.0, 0.0, -1.0],
    [0.1, -1.0, 0.05],
    [1.0, 1.0, 0.0],
    [1.0, -1.0, 1.0],
    [-0.3, 0.2, 0.9],
    [0.7, 0.1, -0.72],
];

/// A sheared, oblique grid of voxels that are not cubes.
fn leaning(shape: [usize; 3]) -> Grid {
    let straight = Grid { shape, origin: [-20.0, 7.0, 3.0], steps: [[0.0, 0.6, 2.5], [0.0, 1.2, 0.0], [0.9, 0.0, 0.0]] };
    Pose { rotation_degrees: [15.0, -40.0, 65.0], translation_mm: [3.0, 2.0, 1.0], centre: [0.0; 3] }.apply_to_grid(&straight)
}

fn centre(grid: &Grid) -> Lps {
    grid.to_patient(grid.shape.map(|count| (count as f64 - 1.0) / 2.0))
}

/// Deterministic numbers in 0..1 without any structure.
fn noise(shape: [usize; 3]) -> Array3<f32> {
    let mut state = 1u32;
    Array3::from_shape_simple_fn(shape, || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    })
}

/// Siddon's definition, the slow way: all border crossings sorted, and the voxel at the middle of each piece.
fn by_definition(field: &Array3<f32>, grid: &Grid, start: Lps, end: Lps) -> f64 {
    let (a, b) = (grid.to_index(start), grid.to_index(end));
    let mut crossings = vec![0.0, 1.0];
    for axis in 0..3 {
        for border in 0..=grid.shape[axis] {
            crossings.push((border as f64 - 0.5 - a[axis]) / (b[axis] - a[axis]));
        }
    }
    crossings.retain(|t| (0.0..=1.0).contains(t));
    crossings.sort_by(f64::total_cmp);
    let length = norm(subtract(end, start));
    let piece = |pair: &[f64]| {
        let middle = (pair[0] + pair[1]) / 2.0;
        let index = [0, 1, 2].map(|axis| (a[axis] + middle * (b[axis] - a[axis])).round());
        let inside = index.iter().zip(grid.shape).all(|(i, count)| (0.0..count as f64).contains(i));
        if inside { f64::from(field[index.map(|i| i as usize)]) * (pair[1] - pair[0]) * length } else { 0.0 }
    };
    crossings.windows(2).map(piece).sum()
}

#[test]
fn every_ray_has_the_sum_of_siddons_definition() {
    let grid = leaning([13, 17, 19]);
    let field = noise(grid.shape);
    for direction in DIRECTIONS {
        let view = cone(centre(&grid), direction, 16, 3.1);
        let Beam::Cone { source } = view.beam else { panic!("a cone") };
        let image = project(field.view(), &grid, &view);
        for ((row, column), found) in image.indexed_iter() {
            let expected = by_definition(&field, &grid, source, view.detector.to_patient([row as f64, column as f64]));
            assert!(
                (f64::from(*found) - expected).abs() < 1e-5 * (1.0 + expected),
                "{direction:?} {row} {column}: {found} {expected}"
            );
        }
        assert!(image.iter().any(|value| *value > 5.0), "the detector sees the field");
    }
}

/// Length of a ray inside the parallelepiped of a whole grid.
fn length_inside(grid: &Grid, start: Lps, end: Lps) -> f64 {
    let (a, b) = (grid.to_index(start), grid.to_index(end));
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for axis in 0..3 {
        let faces = [-0.5, grid.shape[axis] as f64 - 0.5].map(|face| (face - a[axis]) / (b[axis] - a[axis]));
        enter = enter.max(faces[0].min(faces[1]));
        leave = leave.min(faces[0].max(faces[1]));
    }
    (leave - enter).max(0.0) * norm(subtract(end, start))
}

#[test]
fn a_full_grid_is_as_thick_as_its_outline() {
    let grid = leaning([11, 40, 31]);
    let full = Array3::from_elem(grid.shape, true);
    for direction in DIRECTIONS {
        let view = cone(centre(&grid), direction, 40, 2.3);
        let Beam::Cone { source } = view.beam else { panic!("a cone") };
        for ((row, column), found) in project(full.view(), &grid, &view).indexed_iter() {
            let expected = length_inside(&grid, source, view.detector.to_patient([row as f64, column as f64]));
            assert!((f64::from(*found) - expected).abs() < 1e-4, "{direction:?} {row} {column}: {found} {expected}");
        }
    }
}

#[test]
fn parallel_images_hold_the_mass_of_the_field() {
    let grid = leaning([40, 50, 60]);
    let field = noise(grid.shape).mapv(|value| value * value * 1500.0);
    let mass = field.iter().map(|value| f64::from(*value)).sum::<f64>() * grid.voxel_volume().0;
    for direction in DIRECTIONS {
        let view = parallel(centre(&grid), direction, 700, 0.25);
        let image = project(field.view(), &grid, &view);
        let seen = image.iter().map(|value| f64::from(*value)).sum::<f64>() * view.detector.pixel_area_mm2();
        assert!((seen / mass - 1.0).abs() < 1e-3, "{direction:?}: {seen} {mass}");
    }
}

/// A ball of `radius` mm about `middle`, its voxels the share that lies inside, by 4 x 4 x 4 points each.
fn ball(grid: &Grid, middle: Lps, radius: f64) -> Array3<f32> {
    Array3::from_shape_fn(grid.shape, |(slice, row, column)| {
        let places = (0..64).map(|i| [i / 16, i / 4 % 4, i % 4].map(|part| (f64::from(part) - 1.5) / 4.0));
        let inside = |part: [f64; 3]| {
            let index = [slice as f64 + part[0], row as f64 + part[1], column as f64 + part[2]];
            norm(subtract(grid.to_patient(index), middle)) <= radius
        };
        places.filter(|part| inside(*part)).count() as f32 / 64.0
    })
}

#[test]
fn a_ball_is_as_thick_as_its_chords() {
    let grid = Pose { rotation_degrees: [20.0, 30.0, -10.0], ..Pose::default() }.apply_to_grid(&Grid {
        shape: [90; 3],
        origin: [-44.5; 3],
        steps: [[0.0, 0.2, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
    });
    let middle = centre(&grid);
    let radius = 36.0;
    let field = ball(&grid, middle, radius);
    for view in [cone(middle, [0.1, 1.0, 0.2], 61, 2.0), parallel(middle, [0.1, 1.0, 0.2], 61, 1.6)] {
        let image = project(field.view(), &grid, &view);
        let (mut squares, mut most) = (0.0, 0.0f64);
        for ((row, column), found) in image.indexed_iter() {
            let pixel = view.detector.to_patient([row as f64, column as f64]);
            let along = unit(match view.beam {
                Beam::Cone { source } => subtract(pixel, source),
                Beam::Parallel { direction } => direction,
            });
            let off = norm(cross(subtract(middle, pixel), along));
            let chord = 2.0 * (radius * radius - off * off).max(0.0).sqrt();
            // A chord changes without bound at the rim, where a voxel's share of the ball says nothing about where it lies.
            if (off - radius).abs() > 4.0 {
                let error = f64::from(*found) - chord;
                squares += error * error;
                most = most.max(error.abs());
            }
        }
        let typical = (squares / image.len() as f64).sqrt();
        assert!(typical < 1e-3 * 2.0 * radius && most < 0.5, "{typical} {most}");
    }
}

#[test]
fn rays_along_edges_and_through_corners_count_each_piece_once() {
    let grid = Grid { shape: [4, 4, 4], origin: [0.5; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
    let field = Array3::from_elem(grid.shape, 3.0f32);
    let through = |start: Lps, end: Lps| {
        let detector = Detector { rows: 1, columns: 1, first: end, row_step: [0.3, 0.7, 0.1], column_step: [0.9, -0.2, 0.4] };
        project(field.view(), &grid, &View { beam: Beam::Cone { source: start }, detector })[[0, 0]]
    };
    assert_eq!(through([2.0, -5.0, 2.0], [2.0, 9.0, 2.0]), 12.0, "along an inner edge");
    assert_eq!(through([2.0, -5.0, 1.5], [2.0, 9.0, 1.5]), 12.0, "in an inner face");
    assert!((through([-1.0, -1.0, -1.0], [5.0, 5.0, 5.0]) - 12.0 * 3f32.sqrt()).abs() < 1e-5, "the space diagonal");
    assert!((through([5.0, -1.0, 2.0], [-1.0, 5.0, 2.0]) - 12.0 * 2f32.sqrt()).abs() < 1e-5, "a diagonal, downwards");
    assert!((through([5.0, -1.0, 2.5], [-1.0, 5.0, 2.5]) - 12.0 * 2f32.sqrt()).abs() < 1e-5, "within slices");
    assert_eq!(through([1.25, 2.0, 2.25], [3.5, 2.0, 2.25]), 6.75, "from inside to inside");
    assert_eq!(through([4.5, -5.0, 2.0], [4.5, 9.0, 2.0]), 0.0, "beside the grid");
    assert_eq!(through([2.0, 9.0, 2.0], [2.0, 6.0, 2.0]), 0.0, "away from the grid");
}

#[test]
fn a_moved_patient_is_a_machine_moved_the_other_way() {
    let grid = leaning([12, 14, 16]);
    let field = noise(grid.shape);
    let film = FilmGeometry {
        rows: 24,
        columns: 30,
        pixel_spacing_mm: [Mm(1.7), Mm(1.3)],
        principal_point: None,
        beam: FilmBeam::Cone { source_detector_distance_mm: Mm(1000.0), source_axis_distance_mm: Mm(850.0) },
    };
    let view = film.antero_posterior(centre(&grid)).unwrap();
    let pose = Pose { rotation_degrees: [5.0, -8.0, 11.0], translation_mm: [3.0, -20.0, 2.0], centre: centre(&grid) };
    let patient = project(field.view(), &pose.apply_to_grid(&grid), &view);
    let Beam::Cone { source } = view.beam else { panic!("a cone") };
    let back = Pose { translation_mm: [0.0; 3], centre: [0.0; 3], ..pose };
    let detector = Detector {
        first: pose.undo(view.detector.first),
        row_step: back.undo(view.detector.row_step),
        column_step: back.undo(view.detector.column_step),
        ..view.detector
    };
    let machine = project(field.view(), &grid, &View { beam: Beam::Cone { source: pose.undo(source) }, detector });
    assert!(patient.iter().zip(&machine).all(|(a, b)| (a - b).abs() < 1e-4));
    assert!(dot([1.0, 0.0, 0.0], detector.column_step) > 0.0 && patient.iter().any(|value| *value > 5.0));
}

#[test]
fn a_band_of_rows_is_that_part_of_the_image() {
    let grid = leaning([12, 14, 16]);
    let field = noise(grid.shape);
    let view = cone(centre(&grid), [0.2, 1.0, 0.0], 20, 2.0);
    let whole = project(field.view(), &grid, &view);
    let band = project(field.view(), &grid, &view.of_rows(7..12));
    assert!(band.iter().zip(whole.slice(ndarray::s![7..12, ..])).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn a_view_that_is_none_gives_no_number() {
    let grid = leaning([3, 3, 3]);
    let mut view = cone(centre(&grid), [0.0, 1.0, 0.0], 2, 1.0);
    view.beam = Beam::Parallel { direction: view.detector.row_step };
    assert!(project(noise(grid.shape).view(), &grid, &view).iter().all(|value| value.is_nan()));
    view.beam = Beam::Cone { source: [f64::NAN, 0.0, 0.0] };
    assert!(project(noise(grid.shape).view(), &grid, &view).iter().all(|value| value.is_nan()));
}
