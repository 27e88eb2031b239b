//! Time of building and saving a SEG of 400 x 512 x 512 voxels with five structures in 300 slices: 1500 frames, 50 MB.
//!
//! `cargo run --release -p bonemuscle-capi --example write_seg -- FILE [REPETITIONS]`

// Linked for its memory allocator, under which every host runs the core.
extern crate bonemuscle;

#[allow(dead_code, reason = "shared with write_results, which uses more of it")]
#[path = "../../examples/synthetic/mod.rs"]
mod synthetic;

use plugin_core::anatomy::{Side, Structure};
use plugin_core::progress::Progress;
use plugin_core::results;
use plugin_core::segmentation::StructureMask;
use plugin_core::settings::OutputKind;
use std::time::Instant;

/// Structure, centre row and column, radius: the cylinders that other writers were measured with, in half image sizes.
const CYLINDERS: [(Structure, Side, f64, f64, f64); 5] = [
    (Structure::ErectorSpinae, Side::Left, 0.0, -0.35, 0.12),
    (Structure::ErectorSpinae, Side::Right, 0.0, 0.35, 0.12),
    (Structure::L3, Side::None, -0.3, 0.0, 0.2),
    (Structure::GluteusMaximus, Side::Left, 0.3, -0.2, 0.15),
    (Structure::GluteusMaximus, Side::Right, 0.3, 0.2, 0.15),
];

fn cylinder(&(structure, side, y, x, r): &(Structure, Side, f64, f64, f64)) -> StructureMask {
    let [top, left, diameter] = [y - r + 1.0, x - r + 1.0, 2.0 * r].map(|share| (share * 256.0) as usize);
    let disc = synthetic::ellipsoid(structure, side, [50, top, left], [1, diameter, diameter]);
    let voxels = ndarray::Array3::from_shape_fn((300, diameter, diameter), |(_, y, x)| disc.voxels[[0, y, x]]);
    StructureMask { voxels, ..disc }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let file = arguments.next().ok_or("usage: write_seg FILE [REPETITIONS]")?;
    let repetitions = arguments.next().map_or(Ok(1), |text| text.to_string_lossy().parse())?;
    let study = synthetic::Study::new([400, 512, 512], CYLINDERS.iter().map(cylinder).collect());
    let mut best = f64::INFINITY;
    for _ in 0..repetitions {
        let start = Instant::now();
        let files = results::write(study.source(), &[OutputKind::Seg], Progress::silent())?;
        let seg = files.first().ok_or("no SEG was built")?;
        std::fs::write(&file, &seg.bytes)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("seconds {best:.4}");
    Ok(())
}
