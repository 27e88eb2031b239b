//! Slices of a SEG that are thicker, thinner or fewer than those of the CT.

#![allow(clippy::unwrap_used)]

mod labels_support;

use labels_support::{FRAME_OF_REFERENCE, SERIES, STUDY, Seg, axial, block, count, ct, file, gaps, scan_bytes};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, norm};
use plugin_core::progress::Progress;
use plugin_core::segmentation::{LabelError, LabelOrigin, Labels, labels_from_seg};

fn labels_on(seg: &Seg, grid: &Grid) -> Result<Labels, LabelError> {
    let (inputs, contents) = scan_bytes(file(seg.data_set()));
    let object = contents.segmentations.first().unwrap_or_else(|| panic!("{:?}", contents.refused));
    let series = ct(grid, STUDY, SERIES, FRAME_OF_REFERENCE);
    labels_from_seg(&[object], &inputs, &series, grid, Progress::silent())
}

fn l3(heights: &[f64], slice_spacing: Option<f64>) -> Seg {
    block(("L3 vertebra", "36470004"), heights, slice_spacing)
}

fn is_resampled(labels: &Labels) -> bool {
    matches!(labels.origin, LabelOrigin::DicomSeg { resampled: true, .. })
}

/// Slices every millimetre, from -5 to 24 mm.
fn thin() -> Grid {
    axial([30, 4, 4], [0.0, 0.0, -5.0], [1.0; 3])
}

#[test]
fn thick_slices_that_lie_on_every_second_slice_of_a_thin_ct_keep_their_volume() {
    let heights: Vec<f64> = (0..10).map(|slice| 2.0 * f64::from(slice)).collect();
    // Some writers copy the spacing of the CT.
    for stated in [Some(2.0), None, Some(1.0)] {
        let labels = labels_on(&l3(&heights, stated), &thin()).unwrap();
        assert_eq!(count(&labels.masks[0]), 10 * 2 * 16, "{stated:?}: 20 mm of 16 voxels");
        assert_eq!(labels.masks[0].corner[0], 4, "{stated:?}: from -1 mm");
        assert!(is_resampled(&labels) && labels.masks[0].segments.is_empty() && gaps(&labels).is_empty(), "{stated:?}");
    }
}

#[test]
fn a_copy_of_the_ct_with_frames_left_out_is_copied_and_its_gap_is_told() {
    for stated in [Some(1.0), None] {
        let labels = labels_on(&l3(&[0.0, 1.0, 2.0, 5.0, 6.0], stated), &thin()).unwrap();
        assert_eq!(count(&labels.masks[0]), 5 * 16, "{stated:?}");
        assert!(!is_resampled(&labels), "{stated:?}");
        assert_eq!(gaps(&labels), [(Structure::L3, Side::None, 2)], "{stated:?}");
    }
}

#[test]
fn frames_lost_from_resampled_labels_are_told() {
    let heights: Vec<f64> = (0..10).filter(|slice| ![4, 5].contains(slice)).map(|slice| 2.0 * f64::from(slice)).collect();
    let labels = labels_on(&l3(&heights, Some(2.0)), &thin()).unwrap();
    assert_eq!((count(&labels.masks[0]), gaps(&labels)), (8 * 2 * 16, vec![(Structure::L3, Side::None, 4)]));
}

#[test]
fn a_stated_spacing_that_the_frames_contradict_is_refused() {
    let heights = [0.0, 2.0, 4.0, 6.0];
    let aside = axial([30, 4, 4], [0.3, 0.0, -6.0], [2.0, 1.0, 1.0]);
    let same = axial([30, 4, 4], [0.0, 0.0, -6.0], [2.0, 1.0, 1.0]);
    for grid in [&aside, &same] {
        for stated in [6.0, 1.5, 2.05, 1.95] {
            let refused = labels_on(&l3(&heights, Some(stated)), grid).unwrap_err().to_string();
            assert!(refused.contains(&format!("{stated} mm")) && refused.contains("2.000 mm apart"), "{refused}");
        }
        assert_eq!(count(&labels_on(&l3(&heights, Some(2.01)), grid).unwrap().masks[0]), 4 * 16);
    }
}

#[test]
fn thin_slices_at_rounded_positions_leave_no_gaps_on_a_thick_ct() {
    // Slices every 0.625 mm, written to 0.01 mm: steps of 0.62 and 0.63 mm. The CT's centres lie in the middle between two of them.
    let heights: Vec<f64> =
        (0..16).flat_map(|group| [0.0, 0.62, 1.25, 1.88].map(|height| 2.5 * f64::from(group) + height)).collect();
    let thick = axial([16, 4, 4], [0.0, 0.0, 1.5625], [2.5, 1.0, 1.0]);
    for stated in [Some(0.625), None] {
        let labels = labels_on(&l3(&heights, stated), &thick).unwrap();
        assert_eq!((count(&labels.masks[0]), gaps(&labels)), (16 * 16, vec![]), "{stated:?}");
    }
}

#[test]
fn a_single_slice_on_the_ct_needs_no_spacing() {
    let labels = labels_on(&l3(&[3.0], None), &thin()).unwrap();
    assert_eq!((count(&labels.masks[0]), is_resampled(&labels)), (16, false));
}

#[test]
fn planes_are_held_to_the_limits_of_a_ct() {
    let scanned = |orientation: [f64; 6], spacing: [f64; 2]| {
        scan_bytes(file(Seg { orientation, spacing, ..l3(&[0.0, 1.0], Some(1.0)) }.data_set())).1
    };
    let upright = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let rounded = scanned([1.0009, 0.0, 0.0, 0.0, 0.9991, 0.0], [1.0, 1.0]);
    for direction in rounded.segmentations[0].orientation {
        assert!((norm(direction) - 1.0).abs() < 1e-12, "{direction:?}");
    }
    for (orientation, spacing, says) in [
        ([1.009, 0.0, 0.0, 0.0, 1.009, 0.0], [1.0, 1.0], "(0020,0037)"),
        // Leans by 7.5 degrees.
        ([1.0, 0.0, 0.0, 0.13, 0.9915, 0.0], [1.0, 1.0], "(0020,0037)"),
        (upright, [1.0, 12.0], "(0028,0030)"),
        (upright, [0.0, 1.0], "(0028,0030)"),
    ] {
        let contents = scanned(orientation, spacing);
        let reason = contents.refused.first().map_or("accepted", |refused| refused.reason.as_str());
        assert!(reason.contains(says), "{orientation:?} {spacing:?}: {reason}");
    }
}
