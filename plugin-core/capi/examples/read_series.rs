//! Reads the CT series of a folder and prints how long headers and pixels took; the benchmark script runs it.
//!
//! `cargo run --release -p bonemuscle-capi --example read_series -- FOLDER [REPETITIONS]`

// Linked for its memory allocator, under which every host runs the core.
extern crate bonemuscle;

use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, scan};
use plugin_core::volume::assemble;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: read_series FOLDER [REPETITIONS]")?);
    let repetitions = arguments.next().map_or(Ok(1), |text| text.to_string_lossy().parse())?;
    let inputs = Inputs::from_folder(&folder)?;
    let mut fastest = f64::INFINITY;
    for repetition in 0..repetitions {
        let start = Instant::now();
        let contents = scan(&inputs, Progress::silent())?;
        let volumes: Vec<_> =
            contents.series.iter().map(|series| (series, assemble(series, &inputs, Progress::silent()))).collect();
        fastest = fastest.min(start.elapsed().as_secs_f64());
        if repetition > 0 {
            continue;
        }
        for refused in &contents.refused {
            println!("refused {}: {}", refused.name, refused.reason);
        }
        for (series, volume) in volumes {
            match volume {
                Ok(volume) => {
                    let sum: f64 = volume.stored.iter().map(|&value| f64::from(volume.to_hu(value))).sum();
                    let [slices, rows, columns] = volume.grid.shape;
                    println!("{}: {slices} x {rows} x {columns}, sum {sum} HU", series.series_instance_uid);
                }
                Err(error) => println!("{}: {error}", series.series_instance_uid),
            }
        }
    }
    println!("seconds {fastest:.4}");
    Ok(())
}
