//! Radiographs from DICOM to the crop of a hip: reading, greyscale, scale, gates and geometry, on made-up films with known answers.

mod cropping;
mod film_file;
mod gates;
mod greyscale;
mod implants;
mod reading;
mod real;
mod scales;

use film_file::FilmFile;
use plugin_core::progress::Progress;
use plugin_core::read::{Contents, Inputs, Instance, Radiograph, RadiographHeader, read_radiograph, scan};

fn inputs(files: Vec<Vec<u8>>) -> Inputs<'static> {
    let named = |(number, data): (usize, Vec<u8>)| Instance::Bytes { name: number.to_string(), data };
    files.into_iter().enumerate().map(named).collect()
}

fn contents(inputs: &Inputs<'_>) -> Contents {
    scan(inputs, Progress::silent()).expect("nobody cancels")
}

/// The header of the only film.
fn header(file: &FilmFile) -> RadiographHeader {
    let mut contents = contents(&inputs(vec![file.bytes()]));
    assert_eq!(contents.radiographs.len(), 1, "{:?}", contents.refused);
    contents.radiographs.remove(0)
}

fn radiograph(file: &FilmFile) -> Radiograph {
    let inputs = inputs(vec![file.bytes()]);
    let contents = contents(&inputs);
    assert_eq!(contents.radiographs.len(), 1, "{:?}", contents.refused);
    read_radiograph(&inputs, &contents.radiographs[0]).expect("pixels of a made-up film")
}

/// Why the only film is refused.
fn refusal(file: &FilmFile) -> String {
    let contents = contents(&inputs(vec![file.bytes()]));
    assert!(contents.radiographs.is_empty());
    assert_eq!(contents.refused.len(), 1, "{:?}", contents.refused);
    contents.refused[0].reason.clone()
}
