//! Prints what a radiograph's pixels say, for comparison with other readers: `read_film FILE...`.
//!
//! Per file rows and columns, 32-bit integers, then the values as the Modality LUT leaves them, row by row, 32-bit floats, and 1 or 0 for
//! larger values being more attenuation, one byte; all little-endian.

use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, Instance, read_radiograph, scan};
use plugin_core::segmentation::film::attenuation;
use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for path in std::env::args_os().skip(1) {
        let inputs = Inputs { instances: vec![Instance::File(path.into())], ..Inputs::default() };
        let contents = scan(&inputs, Progress::silent())?;
        let header = contents.radiographs.first().ok_or_else(|| format!("no radiograph: {:?}", contents.refused))?;
        let film = read_radiograph(&inputs, header)?;
        let (image, _) = attenuation(&film).map_err(|block| block.reason)?;
        for side in [film.pixels.nrows(), film.pixels.ncols()] {
            out.write_all(&u32::try_from(side)?.to_le_bytes())?;
        }
        for value in &film.pixels {
            out.write_all(&value.to_le_bytes())?;
        }
        let both = || film.pixels.iter().zip(&image.pixels);
        let brightest = both().max_by(|a, b| a.0.total_cmp(b.0)).map(|(_, attenuation)| *attenuation);
        let darkest = both().min_by(|a, b| a.0.total_cmp(b.0)).map(|(_, attenuation)| *attenuation);
        out.write_all(&[u8::from(brightest > darkest)])?;
    }
    Ok(())
}
