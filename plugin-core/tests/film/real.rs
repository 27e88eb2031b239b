//! A film that another program wrote.

use plugin_core::anatomy::Side;
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, Instance, IntensityRelationship, Laterality, read_radiograph, scan};
use std::path::Path;

#[test]
fn a_film_of_another_writer_is_read() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/dicom/dx_hip.dcm");
    if !file.exists() {
        assert!(std::env::var_os("CI").is_none(), "{} is absent", file.display());
        println!("skipped: no shared data");
        return;
    }
    let inputs = Inputs::from_iter([Instance::File(file)]);
    let contents = scan(&inputs, Progress::silent()).expect("nobody cancels");
    let header = contents.radiographs.first().unwrap_or_else(|| panic!("{:?}", contents.refused));
    assert_eq!((header.size, header.layout.bits_stored), ([256, 200], 12));
    assert_eq!(header.view.lateralities, [Laterality::One(Side::Left)]);
    assert_eq!(header.greyscale.relationship, Some(IntensityRelationship::Logarithmic));
    assert_eq!(header.greyscale.larger_is_less_intensity, Some(true));
    let film = read_radiograph(&inputs, header).expect("pixels");
    // By pydicom: pixel_array after apply_modality_lut.
    let sum: f64 = film.pixels.iter().map(|value| f64::from(*value)).sum();
    assert_eq!((film.pixels[[0, 0]], film.pixels[[128, 100]], sum), (1000.0, 1000.0, 51_200_000.0));
}
