//! Label maps of other writers, and small ones of known content, as masks on a CT.

#![allow(clippy::unwrap_used)]

mod labels_support;

use labels_support::{axial, count, gaps, shared, voxels};
use ndarray::{Array3, Axis};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::Grid;
use plugin_core::progress::Progress;
use plugin_core::read::{LabelMap, ReadError, read_label_map};
use plugin_core::segmentation::{LabelError, LabelOrigin, Labels, NameTable, labels_from_map};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const FULL_FIELD: &str = "data/totalsegmentator_example_ct/example_seg_v2_117class_fullFOV.nii.gz";

fn totalsegmentator_on(file: &Path, grid: &Grid) -> Labels {
    labels_from_map(file, &NameTable::totalsegmentator(), grid, Progress::silent()).unwrap()
}

/// Centre of a mask in patient coordinates.
fn centre(labels: &Labels, structure: Structure, side: Side) -> [f64; 3] {
    let mask = labels.masks.iter().find(|mask| (mask.structure, mask.side) == (structure, side)).unwrap();
    let mut sum = [0.0; 3];
    for ((slice, row, column), _) in mask.voxels.indexed_iter().filter(|(_, member)| **member) {
        let index = [slice + mask.corner[0], row + mask.corner[1], column + mask.corner[2]];
        let point = labels.grid.to_patient(index.map(|i| i as f64));
        (0..3).for_each(|axis| sum[axis] += point[axis]);
    }
    sum.map(|s| s / count(mask) as f64)
}

#[test]
fn totalsegmentators_classes_have_the_voxels_that_nibabel_counts() {
    let Some(file) = shared(FULL_FIELD) else { return };
    let labels = totalsegmentator_on(&file, &read_label_map(&file).unwrap().grid);
    let found: Vec<_> = labels.masks.iter().map(|mask| (mask.structure.name(), mask.side.name(), count(mask))).collect();
    // python -c "a = numpy.asarray(nibabel.load(FILE).dataobj); print([(v, (a == v).sum()) for v in (31, 30, 29, ...)])"
    let expected = [
        ("l1", "", 2220),
        ("l2", "", 2236),
        ("l3", "", 2446),
        ("l4", "", 2442),
        ("l5", "", 2508),
        ("t12", "", 1831),
        ("sacrum", "", 5884),
        ("hip_bone", "left", 13166),
        ("hip_bone", "right", 13048),
        ("femur", "left", 4488),
        ("femur", "right", 4396),
        ("deep_back_muscle", "left", 15541),
        ("deep_back_muscle", "right", 15145),
        ("iliopsoas", "left", 10285),
        ("iliopsoas", "right", 9881),
        ("gluteus_maximus", "left", 11956),
        ("gluteus_maximus", "right", 13657),
        ("gluteus_medius", "left", 8860),
        ("gluteus_medius", "right", 8917),
        ("gluteus_minimus", "left", 2553),
        ("gluteus_minimus", "right", 2648),
        ("aorta", "", 1839),
    ];
    assert_eq!(found, expected);
    assert_eq!(gaps(&labels), []);
    assert!(matches!(labels.origin, LabelOrigin::LabelMap { resampled: false, .. }));
    assert!(labels.unknown.contains(&"vertebrae_S1".to_owned()) && labels.unknown.contains(&"spleen".to_owned()));
}

#[test]
fn left_is_left_and_l1_is_above_l5() {
    let Some(file) = shared(FULL_FIELD) else { return };
    let labels = totalsegmentator_on(&file, &read_label_map(&file).unwrap().grid);
    for structure in [Structure::HipBone, Structure::Femur, Structure::GluteusMaximus, Structure::Iliopsoas] {
        let [left, right] = [Side::Left, Side::Right].map(|side| centre(&labels, structure, side)[0]);
        assert!(left > right + 50.0, "x grows to the patient's left: {structure:?} {left} {right}");
    }
    let heights = [Structure::T12, Structure::L1, Structure::L2, Structure::L3, Structure::L4, Structure::L5]
        .map(|structure| centre(&labels, structure, Side::None)[2]);
    assert!(heights.is_sorted_by(|upper, lower| upper > lower), "{heights:?}");
    // numpy.argwhere(a == 80).mean(0) through the affine: (-92.0, 75.9, 153.0) in RAS.
    let left = centre(&labels, Structure::GluteusMaximus, Side::Left);
    assert!((left[0] - 92.0).abs() < 0.1 && (left[1] + 75.9).abs() < 0.1 && (left[2] - 153.0).abs() < 0.1, "{left:?}");
}

/// The same labels with `axis` running the other way, and the geometry saying so.
fn flipped(mut map: LabelMap, axis: usize) -> LabelMap {
    map.values.invert_axis(Axis(axis));
    let mut last = [0.0; 3];
    last[axis] = map.grid.shape[axis] as f64 - 1.0;
    map.grid.origin = map.grid.to_patient(last);
    map.grid.steps[axis] = map.grid.steps[axis].map(|x| -x);
    map
}

/// The same labels with the axes in another order, and the geometry saying so.
fn permuted(map: LabelMap, order: [usize; 3]) -> LabelMap {
    let grid = Grid {
        shape: order.map(|axis| map.grid.shape[axis]),
        origin: map.grid.origin,
        steps: order.map(|axis| map.grid.steps[axis]),
    };
    LabelMap { grid, values: map.values.permuted_axes(order), ..map }
}

fn write_nrrd(folder: &Path, map: &LabelMap) -> PathBuf {
    let [slices, rows, columns] = map.grid.shape;
    let vector = |[x, y, z]: [f64; 3]| format!("({x},{y},{z})");
    let [by_slice, by_row, by_column] = map.grid.steps.map(vector);
    let mut bytes = format!(
        "NRRD0004\ntype: ushort\ndimension: 3\nspace: LPS\nsizes: {columns} {rows} {slices}\n\
         space directions: {by_column} {by_row} {by_slice}\nendian: big\nencoding: raw\nspace origin: {}\n\n",
        vector(map.grid.origin)
    )
    .into_bytes();
    bytes.extend(map.values.iter().flat_map(|value| value.to_be_bytes()));
    let file = folder.join("map.nrrd");
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn flipped_and_permuted_axes_give_the_same_masks() {
    let Some(file) = shared(FULL_FIELD) else { return };
    let map = read_label_map(&file).unwrap();
    let grid = map.grid.clone();
    let expected = voxels(&totalsegmentator_on(&file, &grid));
    let folder = tempfile::tempdir().unwrap();
    for (axis, order) in [(0, [0, 1, 2]), (1, [2, 0, 1]), (2, [1, 0, 2]), (0, [2, 1, 0])] {
        let other = permuted(flipped(map.clone(), axis), order);
        let labels = totalsegmentator_on(&write_nrrd(folder.path(), &other), &grid);
        assert!(voxels(&labels) == expected, "axis {axis} flipped, order {order:?}");
        assert!(matches!(labels.origin, LabelOrigin::LabelMap { resampled: false, .. }));
    }
}

#[test]
fn a_map_of_half_the_ct_on_a_finer_ct_is_resampled() {
    let map_grid = axial([2, 2, 2], [0.0, 0.0, 0.0], [2.0, 2.0, 2.0]);
    let values =
        Array3::from_shape_fn((2, 2, 2), |(slice, row, column)| if (slice, row, column) == (1, 0, 1) { 29 } else { 0 });
    let folder = tempfile::tempdir().unwrap();
    let file = write_nrrd(folder.path(), &LabelMap { grid: map_grid, values, sha256: String::new(), keys: BTreeMap::new() });
    // Voxel [1, 0, 1] is the cube x 1..3, y -1..1, z 1..3; the CT's centres lie at -3.5, -2.5 ... 4.5.
    let labels = totalsegmentator_on(&file, &axial([9, 9, 9], [-3.5; 3], [1.0; 3]));
    assert_eq!((labels.masks[0].corner, labels.masks[0].voxels.dim()), ([5, 3, 5], (2, 2, 2)));
    assert_eq!(count(&labels.masks[0]), 8);
    assert!(matches!(labels.origin, LabelOrigin::LabelMap { resampled: true, .. }));
    let far = axial([9, 9, 9], [100.0; 3], [1.0; 3]);
    let refused = labels_from_map(&file, &NameTable::totalsegmentator(), &far, Progress::silent());
    assert!(matches!(refused, Err(LabelError::NoOverlap { .. })));
}

#[test]
fn an_oblique_ct_gets_the_voxels_that_simpleitk_gives_it() {
    let Some(file) = shared(FULL_FIELD) else { return };
    // Columns, rows and slices of the CT along an orthonormal frame: a turn about z, then one about x.
    let (by_column, by_row, by_slice) = ([0.8, 0.6, 0.0], [-0.576, 0.768, 0.28], [0.168, -0.224, 0.96]);
    let step = |direction: [f64; 3], spacing: f64| direction.map(|x| x * spacing);
    let grid = Grid {
        shape: [140, 130, 150],
        origin: [-70.1, -150.3, 60.7],
        steps: [step(by_slice, 2.3), step(by_row, 1.9), step(by_column, 1.7)],
    };
    let labels = totalsegmentator_on(&file, &grid);
    let of = |structure, side| {
        let mask = labels.masks.iter().find(|mask| (mask.structure, mask.side) == (structure, side)).unwrap();
        (count(mask), mask.corner)
    };
    // sitk.Resample(map, size, Transform(), sitkNearestNeighbor, origin, spacing, direction, 0), then numpy.argwhere of each value.
    assert_eq!(of(Structure::L3, Side::None), (8919, [95, 4, 22]));
    assert_eq!(of(Structure::GluteusMaximus, Side::Left), (17614, [13, 0, 69]));
    assert_eq!(of(Structure::GluteusMaximus, Side::Right), (34192, [3, 23, 0]));
    assert_eq!(of(Structure::Iliopsoas, Side::Right), (20295, [44, 6, 0]));
}

/// SimpleITK 2.5: `a = zeros((2, 3, 4), uint16); a[0, 1, 2] = a[1, 0, 3] = 29; a[1, 2, 0] = 300`, spacing (0.5, 0.75, 2), origin
/// (10, -20, 30), direction (0, 1, 0, 1, 0, 0, 0, 0, -1), written with and without compression.
const SIMPLEITK_HEADER: &str = "NRRD0004\n# Complete NRRD file format specification at:\n\
    # http://teem.sourceforge.net/nrrd/format.html\ntype: unsigned short\ndimension: 3\nspace: left-posterior-superior\n\
    sizes: 4 3 2\nspace directions: (0,0.5,0) (0.75,0,0) (0,0,-2)\nkinds: domain domain domain\nendian: little\n";
const SIMPLEITK_RAW: &str = "0000000000000000000000001d00000000000000000000000000000000001d0000000000000000002c01000000000000";
const SIMPLEITK_GZIP: &str = "1f8b0800000000000003636040005904130a10223a8c102100bb03ef1b30000000";

fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn simpleitks_nrrd_is_read_raw_and_gzipped() {
    let folder = tempfile::tempdir().unwrap();
    for (encoding, data) in [("raw", SIMPLEITK_RAW), ("gzip", SIMPLEITK_GZIP)] {
        let file = folder.path().join("tiny.nrrd");
        let mut bytes = format!("{SIMPLEITK_HEADER}encoding: {encoding}\nspace origin: (10,-20,30)\n\n").into_bytes();
        bytes.extend(from_hex(data));
        std::fs::write(&file, bytes).unwrap();
        let map = read_label_map(&file).unwrap();
        let labelled: Vec<_> = map
            .values
            .indexed_iter()
            .filter(|(_, value)| **value != 0)
            .map(|((slice, row, column), value)| (*value, map.grid.to_patient([slice as f64, row as f64, column as f64])))
            .collect();
        // SimpleITK's TransformIndexToPhysicalPoint of the three voxels.
        let expected = [(29, [10.75, -19.0, 30.0]), (29, [10.0, -18.5, 28.0]), (300, [11.5, -20.0, 28.0])];
        assert_eq!(labelled, expected, "{encoding}");
    }
}

/// A NIfTI-1 header of unsigned bytes, little endian, without any transform.
fn nifti_header(sizes: [i16; 3]) -> Vec<u8> {
    let mut header = vec![0; 352];
    header[..4].copy_from_slice(&348_i32.to_le_bytes());
    for (index, size) in [3, sizes[0], sizes[1], sizes[2], 1, 1, 1, 1].into_iter().enumerate() {
        header[40 + 2 * index..42 + 2 * index].copy_from_slice(&size.to_le_bytes());
    }
    header[70..72].copy_from_slice(&2_i16.to_le_bytes());
    put_floats(&mut header, 76, &[1.0, 1.0, 2.0, 3.0]);
    put_floats(&mut header, 108, &[352.0]);
    header[344..348].copy_from_slice(b"n+1\0");
    header
}

fn put_floats(header: &mut [u8], at: usize, values: &[f32]) {
    for (index, value) in values.iter().enumerate() {
        header[at + 4 * index..at + 4 * index + 4].copy_from_slice(&value.to_le_bytes());
    }
}

fn read_bytes(name: &str, bytes: &[u8]) -> Result<LabelMap, ReadError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    read_label_map(&file)
}

#[test]
fn a_quarter_turn_by_quaternion_is_a_quarter_turn() {
    let mut bytes = nifti_header([2, 3, 4]);
    bytes[252..254].copy_from_slice(&1_i16.to_le_bytes());
    let half = std::f32::consts::FRAC_1_SQRT_2;
    put_floats(&mut bytes, 256, &[0.0, 0.0, half, 5.0, 6.0, 7.0]);
    bytes.extend([0; 24]);
    let grid = read_bytes("turn.nii", &bytes).unwrap().grid;
    // A turn by 90 degrees about z takes x to y and y to -x; in LPS both change sign once more.
    assert_eq!((grid.shape, grid.origin), ([4, 3, 2], [-5.0, -6.0, 7.0]));
    let expected = [[0.0, 0.0, 3.0], [2.0, 0.0, 0.0], [0.0, -1.0, 0.0]];
    let off = |(step, expected): (&[f64; 3], &[f64; 3])| step.iter().zip(expected).any(|(a, b)| (a - b).abs() > 1e-6);
    assert!(!grid.steps.iter().zip(&expected).any(off), "{:?}", grid.steps);
    // A negative qfac mirrors the slices.
    put_floats(&mut bytes, 76, &[-1.0]);
    assert!((read_bytes("turn.nii", &bytes).unwrap().grid.steps[0][2] + 3.0).abs() < 1e-6);
}

#[test]
fn scaled_values_are_honoured() {
    let mut bytes = nifti_header([2, 1, 1]);
    bytes[252..254].copy_from_slice(&1_i16.to_le_bytes());
    put_floats(&mut bytes, 112, &[2.0, 1.0]);
    bytes.extend([0, 14]);
    assert_eq!(read_bytes("scaled.nii", &bytes).unwrap().values.iter().copied().collect::<Vec<_>>(), [1, 29]);
    put_floats(&mut bytes, 112, &[0.5, 1.0]);
    bytes[353] = 13;
    assert!(read_bytes("scaled.nii", &bytes).unwrap_err().to_string().contains("7.5"));
}

#[test]
fn a_big_endian_file_says_the_same() {
    let mut bytes = nifti_header([2, 1, 1]);
    bytes[70..72].copy_from_slice(&4_i16.to_le_bytes());
    bytes[254..256].copy_from_slice(&1_i16.to_le_bytes());
    put_floats(&mut bytes, 280, &[1.0, 0.0, 0.0, 5.0, 0.0, 1.0, 0.0, 6.0, 0.0, 0.0, 3.0, 7.0]);
    bytes.extend([29, 0, 0x2C, 1]);
    let little = read_bytes("little.nii", &bytes).unwrap();
    // Every field that is read is a number of two bytes, or of four.
    for range in [40..56, 70..72, 252..256, 352..356] {
        bytes[range].chunks_exact_mut(2).for_each(<[u8]>::reverse);
    }
    for range in [0..4, 76..120, 256..328] {
        bytes[range].chunks_exact_mut(4).for_each(<[u8]>::reverse);
    }
    let big = read_bytes("big.nii", &bytes).unwrap();
    assert_eq!(little.values.iter().copied().collect::<Vec<_>>(), [29, 300]);
    assert_eq!((big.values, big.grid), (little.values, little.grid));
}

#[test]
fn what_is_no_usable_label_map_is_refused_with_a_sentence() {
    let with = |change: fn(&mut Vec<u8>)| {
        let mut bytes = nifti_header([2, 2, 2]);
        bytes[252..254].copy_from_slice(&1_i16.to_le_bytes());
        bytes.extend([0; 8]);
        change(&mut bytes);
        bytes
    };
    let nrrd = |text: &str| text.as_bytes().to_vec();
    let cases = [
        ("a.nii", with(|b| b[252] = 0), "neither sform nor qform"),
        ("a.nii", with(|b| b.truncate(355)), "data ends"),
        ("a.nii", with(|b| b.truncate(100)), "header cannot be read"),
        ("a.nii", with(|b| b[40..48].copy_from_slice(&[3, 0, 255, 127, 255, 127, 255, 127])), "[32767, 32767, 32767]"),
        ("a.nii", with(|b| b[42..44].copy_from_slice(&(-2_i16).to_le_bytes())), "its dim is"),
        ("a.nii", with(|b| (b[40], b[48]) = (4, 2)), "one volume of three dimensions"),
        ("a.nii", with(|b| b[..4].copy_from_slice(&540_i32.to_le_bytes())), "NIfTI-2"),
        ("a.nii", with(|b| b[344..348].copy_from_slice(b"ni1\0")), "separate .img"),
        ("a.nii", with(|b| b[70] = 128), "datatype is 128"),
        ("a.nii", with(|b| put_floats(b, 108, &[1e30])), "vox_offset"),
        ("a.nii", with(|b| put_floats(b, 76, &[1.0, 0.0])), "span no volume"),
        ("a.nii.gz", with(|_| ()), "header cannot be read"),
        ("a.mha", with(|_| ()), ".nii, .nii.gz or .nrrd"),
        ("a.nrrd", nrrd("NRRD0004\ntype: uchar\ndimension: 3\ndata file: a.raw\n\n"), "separate file"),
        ("a.nrrd", nrrd("NRRD0004\ntype: uchar\ndimension: 4\n\n"), "dimension is 4"),
        ("a.nrrd", nrrd("NRRD0004\ntype: uchar\ndimension: 3\nsizes: 99999999 99999999 99999999\n\n"), "voxels are accepted"),
        ("a.nrrd", nrrd("NRRD0004\ndimension: 3\nsizes: 2 2 2\n\n"), "no field 'space'"),
        ("a.nrrd", nrrd("no NRRD"), "does not begin"),
        ("a.nrrd", nrrd("NRRD0004\ntype: uchar\n"), "no end"),
    ];
    for (name, bytes, says) in cases {
        let sentence = read_bytes(name, &bytes).map(|_| ()).unwrap_err().to_string();
        assert!(sentence.contains(says), "{sentence}");
    }
}

#[test]
fn a_cut_file_is_an_error_and_never_a_panic() {
    let Some(file) = shared(FULL_FIELD) else { return };
    let whole = std::fs::read(file).unwrap();
    for length in [0, 1, 20, 200, whole.len() / 2, whole.len() - 20] {
        assert!(read_bytes("cut.nii.gz", &whole[..length]).is_err(), "{length} of {} bytes", whole.len());
    }
}

#[test]
fn name_tables_come_from_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    let table = |text: &str| {
        std::fs::write(&file, text).unwrap();
        NameTable::from_file(&file)
    };
    let rows = table(r#"{"0": "background", "10": "Left gluteus maximus", "2": "l3", "3": "L3 disc"}"#).unwrap().rows;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], (2, "l3".to_owned(), Some((Structure::L3, Side::None))));
    assert_eq!(rows[1], (3, "L3 disc".to_owned(), None));
    assert_eq!(rows[2].2, Some((Structure::GluteusMaximus, Side::Left)));
    for (text, says) in [
        ("[1]", "a JSON object"),
        (r#"{"x": "l3"}"#, "'x'"),
        (r#"{"70000": "l3"}"#, "'70000'"),
        (r#"{"1": "l3", " 1": "l4"}"#, "twice"),
        (r#"{"1": "l3", "1": "l4"}"#, "twice"),
        (r#"{"1": 3}"#, "a JSON object"),
    ] {
        let sentence = table(text).unwrap_err().to_string();
        assert!(sentence.contains(says) && sentence.contains("mine.json"), "{sentence}");
    }
    let padding = " ".repeat(1 << 20);
    let sentence = table(&format!(r#"{{"1": "l3"{padding}}}"#)).unwrap_err().to_string();
    assert!(sentence.contains("1048587 bytes"), "{sentence}");
}

#[test]
fn a_name_table_is_called_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.json");
    let name = |text: &str| {
        std::fs::write(&file, text).unwrap();
        NameTable::from_file(&file).unwrap().name
    };
    // printf '{"1": "l3"}' | sha256sum | cut -c-16
    assert_eq!(name(r#"{"1": "l3"}"#), "mine.json (sha256 c905a4e4ab993646)");
    assert_ne!(name(r#"{"1": "l3"}"#), name(r#"{"1": "l4"}"#));
}

#[test]
fn a_structure_of_sixty_thousand_values_takes_no_longer_than_one() {
    let grid = axial([300, 100, 200], [0.0; 3], [1.0; 3]);
    let values = Array3::from_shape_vec(grid.shape, (1..=60_000).cycle().take(grid.len()).collect()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file =
        write_nrrd(folder.path(), &LabelMap { grid: grid.clone(), values, sha256: String::new(), keys: BTreeMap::new() });
    let rows = (1..=60_000).map(|value| (value, "l3".to_owned(), Some((Structure::L3, Side::None)))).collect();
    let started = std::time::Instant::now();
    let labels =
        labels_from_map(&file, &NameTable { name: "many".into(), rows, doubts: None }, &grid, Progress::silent()).unwrap();
    assert_eq!(count(&labels.masks[0]), grid.len());
    assert!(started.elapsed().as_secs() < 5, "{:?}; no voxel may be compared with every value", started.elapsed());
}

#[test]
fn gzip_is_read_to_its_end_and_nothing_may_follow() {
    let mut plain = nifti_header([2, 2, 2]);
    plain[252..254].copy_from_slice(&1_i16.to_le_bytes());
    plain.extend([29; 8]);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, bytes).unwrap();
        encoder.finish().unwrap()
    };
    let whole = gzip(&plain);
    assert!(read_bytes("whole.nii.gz", &whole).is_ok());
    assert!(read_bytes("two.nii.gz", &[gzip(&plain[..355]), gzip(&plain[355..])].concat()).is_ok(), "members in a row");
    // RFC 1952: the last eight bytes are CRC-32 and length.
    for at in [whole.len() - 8, whole.len() - 4] {
        let mut wrong = whole.clone();
        wrong[at] ^= 1;
        let sentence = read_bytes("wrong.nii.gz", &wrong).unwrap_err().to_string();
        assert!(sentence.contains("do not end well"), "{sentence}");
    }
    for (name, bytes) in [
        ("cut.nii.gz", whole[..whole.len() - 1].to_vec()),
        ("garbage.nii.gz", [whole.as_slice(), b"garbage"].concat()),
        ("more.nii.gz", gzip(&[plain.as_slice(), &[29]].concat())),
        ("more.nii.gz", [whole.as_slice(), &gzip(&[29])].concat()),
        ("more.nii", [plain.as_slice(), &[29]].concat()),
    ] {
        assert!(read_bytes(name, &bytes).is_err(), "{name}");
    }
}
