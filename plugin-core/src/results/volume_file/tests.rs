//! What is written is read back.

use super::*;
use crate::progress::Progress;
use crate::read::HostVolume;
use crate::volume::from_host;
use ndarray::Array3;

/// A tilted, turned, sheared grid whose numbers have no short form.
fn grid() -> Grid {
    Grid {
        shape: [4, 5, 7],
        origin: [-120.3, 88.1, -512.7],
        steps: [[0.1, 0.3, 2.4], [0.2 / 3.0, 0.9, 0.01], [0.9, -0.2, 0.1]],
    }
}

fn volume(slope: f32, intercept: f32) -> CtVolume<'static> {
    let stored = Array3::from_shape_fn(grid().shape, |(z, y, x)| (300 * z + 17 * y) as i16 - 100 * x as i16);
    CtVolume { grid: grid(), stored: stored.into(), slope, intercept }
}

fn read_back(written: &OutputFile) -> CtVolume<'static> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(written.name);
    std::fs::write(&path, &written.bytes).expect("a file");
    let read = from_host(&HostVolume::File(path), Progress::silent()).expect("a volume");
    CtVolume { stored: read.stored.into_owned().into(), grid: read.grid, ..volume(read.slope, read.intercept) }
}

#[test]
fn an_nrrd_is_the_same_image_to_the_last_bit() {
    let whole = volume(1.0, -24.0);
    let read = read_back(&image(&whole, VolumeFormat::Nrrd).expect("written"));
    assert_eq!((&read.grid, read.slope, read.intercept), (&whole.grid, 1.0, 0.0));
    assert!(read.stored.iter().zip(&whole.stored).all(|(read, stored)| read + 24 == *stored));
}

#[test]
fn a_nifti_is_the_same_image_in_the_digits_that_it_has() {
    let whole = volume(1.0, 0.0);
    let read = read_back(&image(&whole, VolumeFormat::Nifti).expect("written"));
    assert!(read.grid.coincides_with(&whole.grid));
    assert_eq!(read.stored, whole.stored);
}

#[test]
fn fractions_are_written_as_such() {
    let fractions = volume(0.25, 0.0);
    for format in [VolumeFormat::Nifti, VolumeFormat::Nrrd] {
        let read = read_back(&image(&fractions, format).expect("written"));
        let pairs = read.stored.iter().zip(&fractions.stored);
        assert!(pairs.into_iter().all(|(read_one, one)| read.to_hu(*read_one) == fractions.to_hu(*one)));
    }
}
