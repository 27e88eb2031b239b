//! SEG objects of other writers, and small ones of known content, as masks on a CT.

#![allow(clippy::unwrap_used)]

mod labels_support;

use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use labels_support::{
    FRAME_OF_REFERENCE, SERIES, STUDY, Seg, axial, count, ct, file, file_in, scan_bytes, scan_file, shared, voxels,
};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::Grid;
use plugin_core::progress::Progress;
use plugin_core::read::{SegmentationPixels, decode_segmentation};
use plugin_core::segmentation::{LabelError, LabelOrigin, Labels, known_segments, labels_from_seg};
use std::io::Write;

/// Set pixels of each frame.
fn frame_counts(path: &str) -> Option<Vec<usize>> {
    let (inputs, contents) = scan_file(shared(path)?);
    let object = contents.segmentations.first().unwrap_or_else(|| panic!("{path}: {:?}", contents.refused));
    let pixels = decode_segmentation(&inputs, object).unwrap();
    let size = object.size[0] * object.size[1];
    let frames = 0..object.frames.len();
    Some(frames.map(|frame| (0..size).filter(|pixel| pixels.value(frame * size + pixel) != 0).count()).collect())
}

// Expected counts: python -c "import pydicom; print((pydicom.dcmread(FILE).pixel_array != 0).sum(axis=(1, 2)))"
#[test]
fn dcmqis_frames_have_the_pixels_that_pydicom_counts() {
    let of = |name: &str| frame_counts(&format!("data/dicom_awkward/dcmqi/{name}"));
    let Some(liver) = of("liver.dcm") else { return };
    assert_eq!(liver, [36233, 35645, 35220]);
    assert_eq!(of("partial_overlaps.dcm").unwrap(), [9602, 11888, 117, 117, 10509, 6693, 4713]);
    assert_eq!(of("24x38x3/seg/label.seg").unwrap(), [0, 315, 0]);
}

#[test]
fn a_liver_is_read_but_not_measured() {
    let Some(path) = shared("data/dicom_awkward/dcmqi/liver.dcm") else { return };
    let (inputs, contents) = scan_file(path);
    let object = &contents.segmentations[0];
    assert_eq!(object.segments[0].property_type, Some(("SRT".into(), "T-62000".into(), "Liver".into())));
    assert!(known_segments(object).is_empty());
    let grid = axial([3, 512, 512], [-235.2, -226.8, -128.69], [1.0, 0.93, 0.93]);
    let series = ct(&grid, &object.study_instance_uid, &object.referenced_series[0], "2.25.3");
    let refused = labels_from_seg(&[object], &inputs, &series, &grid, Progress::silent());
    assert!(matches!(refused, Err(LabelError::NothingKnown { found }) if found.contains("Liver")));
}

#[test]
fn frames_that_are_described_but_not_counted_are_refused() {
    let Some(path) = shared("data/dicom_awkward/pydicom/liver_1frame.dcm") else { return };
    let (_, contents) = scan_file(path);
    assert!(contents.segmentations.is_empty());
    assert!(contents.refused[0].reason.contains("Number of Frames (0028,0008)"), "{}", contents.refused[0].reason);
}

/// The CT that the highdicom samples segment: 24 of its slices of 96 x 96 voxels.
fn sample_labels(name: &str, grid: &Grid) -> Option<Labels> {
    let (inputs, contents) = scan_file(shared(&format!("samples/dicom/{name}"))?);
    let object = contents.segmentations.first().unwrap_or_else(|| panic!("{name}: {:?}", contents.refused));
    let series = ct(grid, &object.study_instance_uid, &object.referenced_series[0], "2.25.3");
    Some(labels_from_seg(&[object], &inputs, &series, grid, Progress::silent()).unwrap())
}

fn sample_grid() -> Grid {
    axial([24, 96, 96], [-96.0, -96.0, -100.0], [3.0, 2.0, 2.0])
}

#[test]
fn highdicoms_segments_are_copied_onto_the_ct() {
    for name in ["best_seg_binary.dcm", "seg_labelmap.dcm", "seg_labelmap_rle.dcm"] {
        let Some(labels) = sample_labels(name, &sample_grid()) else { return };
        let found: Vec<_> = labels.masks.iter().map(|mask| (mask.structure, mask.side, count(mask), mask.corner)).collect();
        // numpy.argwhere(pixel_array[frames of the segment]): 10008 pixels from [0, 51, 63] (left) and [0, 51, 9] (right).
        let expected = [
            (Structure::GluteusMaximus, Side::Left, 10008, [0, 51, 63]),
            (Structure::GluteusMaximus, Side::Right, 10008, [0, 51, 9]),
        ];
        assert_eq!(found, expected, "{name}");
        assert_eq!(labels.masks[0].voxels.dim(), (24, 23, 25), "{name}");
        assert_eq!(labels.masks[1].segments[0].segment_number, 5, "{name}");
        assert!(matches!(labels.origin, LabelOrigin::DicomSeg { resampled: false, .. }), "{name}");
        // "L3 trabecular ROI" with the code of the whole vertebra.
        assert_eq!(labels.unknown.len() + labels.contradictions.len(), 3, "{name}: {:?}", labels.contradictions);
    }
}

#[test]
fn half_the_voxel_size_gives_four_voxels_for_one() {
    let fine = axial([24, 192, 192], [-96.5, -96.5, -100.0], [3.0, 1.0, 1.0]);
    let Some(labels) = sample_labels("best_seg_binary.dcm", &fine) else { return };
    assert_eq!(labels.masks.iter().map(count).collect::<Vec<_>>(), [4 * 10008, 4 * 10008]);
    assert!(labels.masks.iter().all(|mask| mask.segments.is_empty()));
    assert!(matches!(labels.origin, LabelOrigin::DicomSeg { resampled: true, .. }));
    let left = &labels.masks[0];
    assert!(fine.to_patient(left.corner.map(|i| i as f64))[0] > 0.0, "the patient's left has positive x");
}

#[test]
fn an_oblique_ct_gets_the_voxels_that_simpleitk_gives_it() {
    // Columns, rows and slices of the CT along an orthonormal frame: a turn about z, then one about x.
    let (by_column, by_row, by_slice) = ([0.8, 0.6, 0.0], [-0.576, 0.768, 0.28], [0.168, -0.224, 0.96]);
    let step = |direction: [f64; 3], spacing: f64| direction.map(|x| x * spacing);
    let grid = Grid {
        shape: [100, 110, 120],
        // No centre lies exactly between two voxels here: SimpleITK leaves those to rounding errors.
        origin: [-40.1137, -100.3071, -120.7193],
        steps: [step(by_slice, 1.5), step(by_row, 1.4), step(by_column, 1.3)],
    };
    let Some(labels) = sample_labels("best_seg_binary.dcm", &grid) else { return };
    let found: Vec<_> = labels.masks.iter().map(|mask| (count(mask), mask.corner)).collect();
    // sitk.Resample(volume of the frames, size, Transform(), sitkNearestNeighbor, origin, spacing, direction, 0), then
    // numpy.argwhere of segments 4 and 5.
    assert_eq!(found, [(34638, [0, 15, 92]), (37586, [0, 59, 25])]);
}

/// Three slices of odd size, in an order of their own: L3 in two of them, L4 in one, with a pattern that no shift reproduces.
fn odd_seg() -> Seg {
    let pixels = (0..3 * 23 * 5).map(|pixel: usize| (pixel * pixel) % 7 < 3).collect();
    Seg {
        uid: "2.25.9",
        size: [23, 5],
        orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        spacing: [1.0, 1.0],
        slice_spacing: Some(2.5),
        segments: vec![("L3 vertebra", "36470004"), ("L4 vertebra", "11994002")],
        frames: vec![(1, [0.0, 0.0, 15.0]), (2, [0.0, 0.0, 12.5]), (1, [0.0, 0.0, 12.5])],
        pixels,
        referenced_series: Some(SERIES),
    }
}

fn odd_grid() -> Grid {
    axial([10, 23, 5], [0.0, 0.0, 0.0], [2.5, 1.0, 1.0])
}

fn labels_of(seg: &Seg, grid: &Grid, series: &str, frame_of_reference: &str) -> Result<Labels, LabelError> {
    let (inputs, contents) = scan_bytes(file(seg.data_set()));
    let object = contents.segmentations.first().unwrap_or_else(|| panic!("{:?}", contents.refused));
    labels_from_seg(&[object], &inputs, &ct(grid, STUDY, series, frame_of_reference), grid, Progress::silent())
}

fn expected_voxels(seg: &Seg) -> Vec<(String, String, [usize; 3])> {
    let mut expected = Vec::new();
    for (frame, (number, position)) in seg.frames.iter().enumerate() {
        for pixel in (0..23 * 5).filter(|pixel| seg.pixels[frame * 23 * 5 + pixel]) {
            let name = ["l3", "l4"][usize::from(*number) - 1];
            expected.push((name.to_owned(), String::new(), [(position[2] / 2.5) as usize, pixel / 5, pixel % 5]));
        }
    }
    expected.sort();
    expected
}

#[test]
fn frames_of_odd_size_in_any_order_are_copied_bit_by_bit() {
    let labels = labels_of(&odd_seg(), &odd_grid(), SERIES, FRAME_OF_REFERENCE).unwrap();
    assert_eq!(voxels(&labels), expected_voxels(&odd_seg()));
    assert_eq!(labels.masks[0].segments[0].segment_number, 1);
    let LabelOrigin::DicomSeg { algorithms, .. } = labels.origin else { panic!("{:?}", labels.origin) };
    assert_eq!(algorithms, ["by hand"]);
}

#[test]
fn frames_beyond_the_ct_are_left_out_and_their_segment_no_longer_stands_for_the_mask() {
    let mut grid = odd_grid();
    grid.shape[0] = 6;
    let labels = labels_of(&odd_seg(), &grid, SERIES, FRAME_OF_REFERENCE).unwrap();
    let expected: Vec<_> = expected_voxels(&odd_seg()).into_iter().filter(|(_, _, index)| index[0] < 6).collect();
    assert_eq!(voxels(&labels), expected);
    assert!(labels.masks[0].segments.is_empty() && !labels.masks[1].segments.is_empty());
}

#[test]
fn segments_of_one_structure_are_united() {
    let mut seg = odd_seg();
    seg.segments[1] = seg.segments[0];
    let labels = labels_of(&seg, &odd_grid(), SERIES, FRAME_OF_REFERENCE).unwrap();
    let mut expected: Vec<_> = expected_voxels(&odd_seg()).into_iter().map(|(_, _, index)| index).collect();
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(voxels(&labels).into_iter().map(|(_, _, index)| index).collect::<Vec<_>>(), expected);
    assert!(labels.masks[0].segments.is_empty());
}

#[test]
fn beyond_half_a_slice_spacing_nothing_is_a_member() {
    // CT slices every 1 mm from 8 to 19; the SEG's slices at 12.5 and 15 mm reach 1.25 mm either way: 11.25 to 16.25.
    let grid = axial([12, 23, 5], [0.0, 0.0, 8.0], [1.0, 1.0, 1.0]);
    let mut seg = odd_seg();
    seg.pixels.fill(true);
    let labels = labels_of(&seg, &grid, SERIES, FRAME_OF_REFERENCE).unwrap();
    let slices = |mask: usize| (labels.masks[mask].corner[0], labels.masks[mask].voxels.dim());
    assert_eq!(slices(0), (4, (5, 23, 5)), "L3 at z = 12 to 16");
    assert_eq!(slices(1), (4, (2, 23, 5)), "L4 at z = 12 and 13");
}

#[test]
fn another_image_is_refused() {
    let grid = odd_grid();
    let mut seg = odd_seg();
    let refused = labels_of(&seg, &grid, "2.25.77", "2.25.78");
    assert!(matches!(&refused, Err(LabelError::OtherImage { found, .. }) if found.contains(SERIES)), "{refused:?}");
    let sibling = labels_of(&seg, &grid, "2.25.77", FRAME_OF_REFERENCE);
    assert!(
        matches!(&sibling, Err(LabelError::OtherImage { .. })),
        "another phase of the same frame of reference: {sibling:?}"
    );
    seg.referenced_series = None;
    assert!(matches!(labels_of(&seg, &grid, SERIES, "2.25.78"), Err(LabelError::OtherImage { .. })));
    assert!(
        labels_of(&seg, &grid, "2.25.77", FRAME_OF_REFERENCE).is_ok(),
        "no series is named: the frame of reference decides"
    );
    let (inputs, contents) = scan_bytes(file(odd_seg().data_set()));
    let series = ct(&grid, "2.25.79", SERIES, FRAME_OF_REFERENCE);
    let other_study = labels_from_seg(&[&contents.segmentations[0]], &inputs, &series, &grid, Progress::silent());
    assert!(matches!(other_study, Err(LabelError::OtherImage { found, .. }) if found.contains("study")));
}

#[test]
fn labels_outside_the_ct_are_refused() {
    let far = axial([10, 23, 5], [0.0, 0.0, 500.0], [2.5, 1.0, 1.0]);
    assert!(matches!(labels_of(&odd_seg(), &far, SERIES, FRAME_OF_REFERENCE), Err(LabelError::NoOverlap { .. })));
}

#[test]
fn a_host_can_stop_it() {
    let (inputs, contents) = scan_bytes(file(odd_seg().data_set()));
    let series = ct(&odd_grid(), STUDY, SERIES, FRAME_OF_REFERENCE);
    let stop = Progress::new(&|_, _| false);
    let stopped = labels_from_seg(&[&contents.segmentations[0]], &inputs, &series, &odd_grid(), stop);
    assert!(matches!(stopped, Err(LabelError::Cancelled(_))));
}

#[test]
fn headers_that_cannot_be_used_are_refused_by_tag() {
    let text = |tag, vr, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
    for (element, says) in [
        (text(tags::SEGMENTATION_TYPE, VR::CS, "FRACTIONAL"), "(0062,0001) is FRACTIONAL"),
        (text(tags::NUMBER_OF_FRAMES, VR::IS, "4000000000"), "(0028,0008) is 4000000000"),
        (DataElement::new(tags::BITS_ALLOCATED, VR::US, PrimitiveValue::from(8_u16)), "(0028,0100) is 8"),
        (DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(0_u16)), "(0028,0010) is 0"),
        (DataElement::new(tags::SEGMENT_SEQUENCE, VR::SQ, PrimitiveValue::Empty), "(0062,0002)"),
    ] {
        let mut seg = odd_seg().data_set();
        seg.put(element);
        let (_, contents) = scan_bytes(file(seg));
        let reason = contents.refused.first().map_or("accepted", |refused| refused.reason.as_str());
        assert!(reason.contains(says), "{reason}");
    }
}

#[test]
fn frames_that_lean_differently_are_refused() {
    let mut seg = odd_seg().data_set();
    let mut frames = seg.element(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).unwrap().items().unwrap().to_vec();
    let direction = PrimitiveValue::from("1\\0\\0\\0\\0.8\\0.6");
    let orientation = [DataElement::new(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, direction)];
    let item = dicom_object::InMemDicomObject::from_element_iter(orientation);
    frames[1].put(DataElement::new(
        tags::PLANE_ORIENTATION_SEQUENCE,
        VR::SQ,
        dicom_core::value::DataSetSequence::from(vec![item]),
    ));
    seg.put(DataElement::new(
        tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
        VR::SQ,
        dicom_core::value::DataSetSequence::from(frames),
    ));
    let (_, contents) = scan_bytes(file(seg));
    assert!(contents.refused[0].reason.contains("frame 2: Image Orientation (Patient) (0020,0037)"), "{:?}", contents.refused);
}

/// The odd frames, each deflated for itself and padded to whole bytes (PS3.5 10.20).
fn deflated(seg: &Seg) -> Vec<Vec<u8>> {
    let deflate = |frame: &[bool]| {
        let mut bits = vec![0_u8; frame.len().div_ceil(8)];
        frame.iter().enumerate().for_each(|(pixel, member)| bits[pixel / 8] |= u8::from(*member) << (pixel % 8));
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&bits).unwrap();
        encoder.finish().unwrap()
    };
    seg.pixels.chunks_exact(23 * 5).map(deflate).collect()
}

fn encapsulated(seg: &Seg, frames: Vec<Vec<u8>>, transfer_syntax: &str) -> Vec<u8> {
    let mut data_set = seg.data_set();
    data_set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(frames)));
    file_in(data_set, transfer_syntax)
}

#[test]
fn deflated_frames_are_joined_bit_by_bit() {
    let seg = odd_seg();
    let bytes = encapsulated(&seg, deflated(&seg), uids::DEFLATED_IMAGE_FRAME_COMPRESSION);
    let (inputs, contents) = scan_bytes(bytes);
    let series = ct(&odd_grid(), STUDY, SERIES, FRAME_OF_REFERENCE);
    let labels = labels_from_seg(&[&contents.segmentations[0]], &inputs, &series, &odd_grid(), Progress::silent()).unwrap();
    assert_eq!(voxels(&labels), expected_voxels(&seg));
}

#[test]
fn encapsulated_frames_that_do_not_add_up_are_refused() {
    let seg = odd_seg();
    let mut missing = deflated(&seg);
    missing.pop();
    let short = vec![deflated(&seg)[0].clone(), vec![3, 0], deflated(&seg)[2].clone()];
    for (frames, transfer_syntax, says) in [
        (missing, uids::DEFLATED_IMAGE_FRAME_COMPRESSION, "2 fragments for 3 frames"),
        (short, uids::DEFLATED_IMAGE_FRAME_COMPRESSION, "inflates to 0 bytes"),
        (deflated(&seg), uids::RLE_LOSSLESS, "one-bit pixels are accepted uncompressed"),
    ] {
        let (inputs, contents) = scan_bytes(encapsulated(&seg, frames, transfer_syntax));
        let sentence = decode_segmentation(&inputs, &contents.segmentations[0]).map(|_| ()).unwrap_err().to_string();
        assert!(sentence.contains(says), "{sentence}");
    }
}

/// A label map of one frame of 8 bits, in `fragments`.
fn label_map(fragments: Vec<Vec<u8>>, transfer_syntax: &str) -> Vec<u8> {
    let mut one = odd_seg();
    one.frames.truncate(1);
    let mut data_set = one.data_set();
    for (tag, vr, value) in
        [(tags::SOP_CLASS_UID, VR::UI, uids::LABEL_MAP_SEGMENTATION_STORAGE), (tags::SEGMENTATION_TYPE, VR::CS, "LABELMAP")]
    {
        data_set.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    for (tag, value) in [(tags::BITS_ALLOCATED, 8_u16), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7)] {
        data_set.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    data_set.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PixelFragmentSequence::new_fragments(fragments)));
    file_in(data_set, transfer_syntax)
}

/// The decoder would take memory for as many pixels as the code stream claims.
#[test]
fn a_code_stream_that_claims_another_size_is_not_decoded() {
    let side = 30_000_u32.to_be_bytes();
    let sizes = [side, side, [0; 4], [0; 4], side, side, [0; 4], [0; 4]].concat();
    let stream = [&[0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0][..], &sizes, &[0, 1, 7, 1, 1, 0xFF, 0xD9]].concat();
    let (inputs, contents) = scan_bytes(label_map(vec![stream], uids::JPEG2000_LOSSLESS));
    assert!(contents.refused.is_empty(), "{:?}", contents.refused);
    let sentence = decode_segmentation(&inputs, &contents.segmentations[0]).map(|_| ()).unwrap_err().to_string();
    assert!(sentence.contains("30000 rows, 30000 columns"), "{sentence}");
}

#[test]
fn the_fragments_of_an_only_frame_are_joined() {
    let pixels: Vec<u8> = (0..23 * 5).map(|pixel| pixel as u8 % 4).collect();
    let literal = [&[114][..], &pixels, &[0]].concat();
    let stream = [&[1, 0, 0, 0, 64, 0, 0, 0][..], &[0; 56], &literal].concat();
    let (inputs, contents) = scan_bytes(label_map(stream.chunks(60).map(<[u8]>::to_vec).collect(), uids::RLE_LOSSLESS));
    let decoded = decode_segmentation(&inputs, &contents.segmentations[0]).unwrap();
    assert_eq!((0..23 * 5).map(|pixel| decoded.value(pixel) as u8).collect::<Vec<_>>(), pixels);
}

#[test]
fn pixels_that_are_not_there_are_not_read() {
    let mut seg = odd_seg().data_set();
    seg.put(DataElement::new(tags::ROWS, VR::US, PrimitiveValue::from(10_000_u16)));
    let (inputs, contents) = scan_bytes(file(seg));
    let refused = decode_segmentation(&inputs, &contents.segmentations[0]).map(|_: SegmentationPixels| ());
    assert!(refused.unwrap_err().to_string().contains("bytes are present"));
}

#[test]
fn a_cut_file_is_an_error_and_never_a_panic() {
    let whole = file(odd_seg().data_set());
    for length in (0..whole.len()).step_by(7) {
        let (inputs, contents) = scan_bytes(whole[..length].to_vec());
        for object in &contents.segmentations {
            assert!(decode_segmentation(&inputs, object).is_err(), "{length} of {} bytes", whole.len());
        }
    }
}
