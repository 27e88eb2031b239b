//! Time and memory of writing a SEG of 400 x 512 x 512 voxels with five structures in 300 slices: 1500 frames, 50 MB.
//!
//! `cargo run --release -p plugin-core --example write_seg`

#[allow(dead_code, reason = "shared with write_results, which uses more of it")]
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
    let study = synthetic::Study::new([400, 512, 512], CYLINDERS.iter().map(cylinder).collect());
    let mut best = f64::INFINITY;
    let mut bytes = 0;
    for _ in 0..7 {
        let start = Instant::now();
        let files = results::write(study.source(), &[OutputKind::Seg], Progress::silent())?;
        best = best.min(start.elapsed().as_secs_f64());
        bytes = files.iter().map(|file| file.bytes.len()).sum();
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    println!("{best:.3} s, {bytes} bytes, {peak}");
    Ok(())
}
