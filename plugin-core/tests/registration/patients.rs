//! A real CT and the digital phantom.

use crate::scene::Patient;
use ndarray::Array3;
use plugin_core::geometry::Grid;
use plugin_core::phantom::{PhantomSettings, phantom};
use plugin_core::progress::Progress;
use plugin_core::read::{Inputs, Instance, scan};
use plugin_core::volume::{CtVolume, assemble};
use std::io::Read;
use std::path::Path;

/// The abdomen and pelvis of a person; none where the shared data are absent.
pub fn real() -> Option<Patient> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/totalsegmentator_example_ct");
    let Ok(file) = std::fs::File::open(folder.join("example_ct.nii.gz")) else {
        assert!(std::env::var_os("CI").is_none(), "the shared data are missing");
        println!("skipped: no shared data");
        return None;
    };
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("a gzip file");
    let ct = nifti(&bytes);
    // Between the hip joints, 100 mm above the end of the CT.
    let [_, y, x] = ct.grid.shape.map(|side| (side - 1) as f64 / 2.0);
    let centre = ct.grid.to_patient([100.0 / 3.0, y, x]);
    Some(Patient::new(ct, centre))
}

/// The NIfTI of that file: 32-bit integers, LPI voxels with an sform of its diagonal only.
fn nifti(bytes: &[u8]) -> CtVolume<'static> {
    let short = |at: usize| i16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let float = |at: usize| f64::from(f32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
    assert_eq!((short(70), short(254), float(284), float(288), float(312 - 16)), (8, 2, 0.0, 0.0, 0.0));
    let shape = [46, 44, 42].map(|at| short(at) as usize);
    // NIfTI's x and y point to the right and to the front's opposite of DICOM's.
    let grid = Grid {
        shape,
        origin: [-float(292), -float(308), float(324)],
        steps: [[0.0, 0.0, float(320)], [0.0, -float(300), 0.0], [-float(280), 0.0, 0.0]],
    };
    let values = bytes[352..].chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]) as i16).collect();
    CtVolume {
        grid,
        stored: Array3::from_shape_vec(shape, values).expect("as many as voxels").into(),
        slope: 1.0,
        intercept: 0.0,
    }
}

/// The digital phantom, centred between its hip joints.
pub fn drawn() -> Patient {
    let files = phantom(&PhantomSettings { pixel_spacing_mm: 2.0, slice_spacing_mm: 2.5, ..PhantomSettings::default() })
        .expect("the phantom")
        .files;
    let instances = files.into_iter().filter(|(name, _)| name.starts_with("ct-"));
    let inputs: Inputs<'_> = instances.map(|(name, data)| Instance::Bytes { name, data }).collect();
    let contents = scan(&inputs, Progress::silent()).expect("DICOM files");
    let mut ct = assemble(&contents.series[0], &inputs, Progress::silent()).expect("a volume");
    // The table and the density phantom below the back are those of the scanner.
    let (grid, air) = (ct.grid.clone(), ((-1000.0 - ct.intercept) / ct.slope) as i16);
    for ((slice, row, column), value) in ct.stored.indexed_iter_mut() {
        if grid.to_patient([slice as f64, row as f64, column as f64])[1] > 110.0 {
            *value = air;
        }
    }
    Patient::new(ct, [0.0, 0.0, 60.0])
}
