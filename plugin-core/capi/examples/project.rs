//! Projects a volume onto the film of the benchmark and prints how long it took; the benchmark script runs it.
//!
//! `cargo run --release -p bonemuscle-capi --example project -- VOLUME IMAGE [REPETITIONS]`
//!
//! VOLUME holds 300 x 300 x 300 little-endian 32-bit floats, slices from foot to head, rows from front to back, columns from right
//! to left, 1.5 mm apart and centred on the origin. IMAGE will hold 512 x 512 of them.

// Linked for its memory allocator, under which every host runs the core.
extern crate bonemuscle;

use ndarray::Array3;
use plugin_core::geometry::Grid;
use plugin_core::projection::{FilmBeam, FilmGeometry, project};
use plugin_core::units::Mm;
use std::error::Error;
use std::time::Instant;

const SIDE: usize = 300;
const SPACING: f64 = 1.5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(volume), Some(image)) = (arguments.next(), arguments.next()) else {
        return Err("usage: project VOLUME IMAGE [REPETITIONS]".into());
    };
    let repetitions: usize = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let values =
        std::fs::read(volume)?.chunks_exact(4).map(|one| f32::from_le_bytes([one[0], one[1], one[2], one[3]])).collect();
    let field = Array3::from_shape_vec([SIDE; 3], values)?;
    let grid = Grid {
        shape: [SIDE; 3],
        origin: [-SPACING * (SIDE as f64 - 1.0) / 2.0; 3],
        steps: [[0.0, 0.0, SPACING], [0.0, SPACING, 0.0], [SPACING, 0.0, 0.0]],
    };
    let film = FilmGeometry {
        rows: 512,
        columns: 512,
        pixel_spacing_mm: [Mm(0.9); 2],
        principal_point: None,
        beam: FilmBeam::Cone { source_detector_distance_mm: Mm(1020.0), source_axis_distance_mm: Mm(850.0) },
    };
    let view = film.antero_posterior([0.0; 3])?;
    let mut fastest = f64::INFINITY;
    for repetition in 0..repetitions {
        let start = Instant::now();
        let pixels = project(field.view(), &grid, &view);
        fastest = fastest.min(start.elapsed().as_secs_f64());
        if repetition == 0 {
            std::fs::write(&image, pixels.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())?;
        }
    }
    println!("seconds {fastest:.4}");
    Ok(())
}
