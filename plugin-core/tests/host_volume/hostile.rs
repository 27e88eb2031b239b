//! Files and memory that are no CT.

use super::*;
use plugin_core::volume::AssembleError;

/// 4 x 4 x 4 voxels from -1000 HU on.
fn nrrd(fields: &str, bytes: &[u8]) -> Vec<u8> {
    let header = "NRRD0004\ndimension: 3\nsizes: 4 4 4\nspace: left-posterior-superior\nspace origin: (0,0,0)\n\
                  space directions: (1,0,0) (0,1,0) (0,0,1)\nendian: little\nencoding: raw\n";
    [format!("{header}{fields}\n\n").into_bytes(), bytes.to_vec()].concat()
}

fn shorts() -> Vec<u8> {
    (0..64i16).flat_map(|number| (number * 30 - 1000).to_le_bytes()).collect()
}

fn read(name: &str, bytes: &[u8]) -> Result<CtVolume<'static>, AssembleError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a file");
    let image = HostVolume::File(path);
    let volume = from_host(&image, Progress::silent())?;
    Ok(CtVolume {
        stored: volume.stored.into_owned().into(),
        grid: volume.grid,
        slope: volume.slope,
        intercept: volume.intercept,
    })
}

fn told(name: &str, bytes: &[u8]) -> String {
    read(name, bytes).expect_err("a refusal").to_string()
}

#[test]
fn a_sound_file_is_read() {
    let volume = read("ct.nrrd", &nrrd("type: int16", &shorts())).expect("a volume");
    assert_eq!((volume.stored[[0, 0, 1]], volume.stored[[0, 1, 0]], volume.stored[[1, 0, 0]]), (-970, -880, -520));
}

#[test]
fn what_is_no_ct_is_refused_in_a_sentence() {
    let floats =
        |value: f32| (0..64).flat_map(|i| (if i == 63 { value } else { i as f32 * 30.5 - 1000.0 }).to_le_bytes()).collect();
    let (nan, infinite, huge): (Vec<u8>, Vec<u8>, Vec<u8>) = (floats(f32::NAN), floats(f32::INFINITY), floats(1e9));
    let stored: Vec<u8> = (0..64u16).flat_map(|number| (number * 60).to_le_bytes()).collect();
    let normalised: Vec<u8> = (0..64i16).flat_map(|number| (f32::from(number) / 32.0 - 1.0).to_le_bytes()).collect();
    for (name, bytes, sentence) in [
        ("ct.nrrd", nrrd("type: float", &nan), "it holds the value NaN"),
        ("ct.nrrd", nrrd("type: float", &infinite), "it holds the value inf"),
        ("ct.nrrd", nrrd("type: float", &huge), "holds values from -1000 to 1000000000; accepted are Hounsfield units"),
        ("ct.nrrd", nrrd("type: uint16", &stored), "holds values from 0 to 3780; accepted are Hounsfield units"),
        ("ct.nrrd", nrrd("type: float", &normalised), "holds values from -1 to 0.96875"),
        ("ct.nrrd", nrrd("type: int16", &shorts()[..100]), "its data ends before voxel 64 of 64"),
        ("ct.nrrd", nrrd("type: int16", &[shorts(), vec![0]].concat()), "it holds more than the 64 voxels"),
        ("ct.nrrd", nrrd("type: block", &shorts()), "its type is block"),
        ("ct.nrrd", nrrd("type: int16\ndimension: 4", &shorts()), "its dimension is 4; 3 is accepted"),
        ("ct.nrrd", nrrd("type: int16\nsizes: 4 4 4000000000000", &shorts()), "1 to 1073741824 voxels are accepted"),
        ("ct.nrrd", nrrd("type: int16\nspace directions: (1,0,0) (2,0,0) (0,0,1)", &shorts()), "span no volume"),
        ("ct.nrrd", nrrd("type: int16\nspace origin: (NaN,0,0)", &shorts()), "span no volume"),
        ("ct.nrrd", nrrd("type: int16\nsizes: 4 8 2", &shorts()), "the series has 2 slices; at least 3 are needed"),
        ("ct.mha", shorts(), "the name must end in .nii, .nii.gz or .nrrd"),
        ("ct.nii", shorts(), "its NIfTI header cannot be read"),
    ] {
        let told = told(name, &bytes);
        assert!(told.contains(sentence), "{told}");
    }
}

#[test]
fn a_nifti_of_four_dimensions_or_of_colours_is_refused() {
    let study = Study::of(&coarse());
    let mut packed = flate2::read::GzDecoder::new(std::fs::File::open(study.path("image.nii.gz")).expect("a file"));
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut packed, &mut bytes).expect("a NIfTI");
    let with = |changes: &[(usize, i16)]| {
        let mut changed = bytes.clone();
        changes.iter().for_each(|(at, value)| changed[*at..at + 2].copy_from_slice(&value.to_le_bytes()));
        told("ct.nii", &changed)
    };
    assert!(with(&[(40, 4), (48, 5)]).contains("one volume of three dimensions is accepted"));
    assert!(with(&[(70, 128)]).contains("colours"));
    assert!(with(&[(254, 0), (252, 0)]).contains("neither sform nor qform"));
}

/// Every byte of both headers in turn, with four wrong values: a volume or a sentence, never a panic, and no memory for voxels that
/// are not there.
#[test]
fn no_byte_of_a_header_can_do_harm() {
    let sound = nrrd("type: int16", &shorts());
    let grid = Grid { shape: [4; 3], origin: [0.0; 3], steps: [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]] };
    let volume = read("ct.nrrd", &sound).expect("a volume");
    assert_eq!(volume.grid, grid);
    let packed = plugin_core::results::image(&volume, plugin_core::settings::VolumeFormat::Nifti).expect("a NIfTI").bytes;
    let mut nifti = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut nifti).expect("a NIfTI");
    for (name, sound, header) in [("ct.nrrd", sound, 190), ("ct.nii", nifti, 352)] {
        assert!(read(name, &sound).is_ok());
        for at in 0..header {
            for wrong in [0x00, 0x7F, 0x80, 0xFF] {
                let mut broken = sound.clone();
                broken[at] = wrong;
                if let Err(error) = read(name, &broken) {
                    assert!(error.to_string().len() > 20, "{error}");
                }
            }
        }
    }
}

#[test]
fn memory_that_is_no_volume_is_refused() {
    let voxels = [0i16; 64];
    let steps = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let refused = |sizes, origin, steps| MemoryVolume::new(Voxels::I16(&voxels), sizes, origin, steps).expect_err("a refusal");
    assert!(refused([4, 4, 5], [0.0; 3], steps).contains("it holds 64 voxels"));
    assert!(refused([4, 4, 0], [0.0; 3], steps).contains("1 to 1073741824 voxels"));
    assert!(refused([usize::MAX, 4, 4], [0.0; 3], steps).contains("1 to 1073741824 voxels"));
    assert!(refused([4, 4, 4], [f64::NAN, 0.0, 0.0], steps).contains("span no volume"));
    assert!(refused([4, 4, 4], [0.0; 3], [steps[0], steps[0], steps[2]]).contains("span no volume"));
    let image = HostVolume::Memory(MemoryVolume::new(Voxels::I16(&voxels), [4, 4, 4], [0.0; 3], steps).expect("a volume"));
    let told = from_host(&image, Progress::silent()).expect_err("a refusal").to_string();
    assert!(told.contains("the volume in memory holds values from 0 to 0"), "{told}");
}
