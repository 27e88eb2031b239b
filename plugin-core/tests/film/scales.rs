//! Millimetres at the hip, from what headers state and from what they leave out.

use plugin_core::read::{RadiographGeometry, SpacingCalibration};
use plugin_core::report::GateCode;
use plugin_core::segmentation::film::{MagnificationSource, scale};
use plugin_core::units::Mm;

fn close(a: [f64; 2], b: [f64; 2]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

#[test]
fn spacing_at_the_hip_is_that_of_the_detector_by_the_stated_magnification() {
    let detector = RadiographGeometry { imager_pixel_spacing: Some([0.3, 0.15]), ..RadiographGeometry::default() };
    // The table is 910 mm away, the hip 110 mm less.
    let with_distances =
        RadiographGeometry { source_to_detector: Some(Mm(1000.0)), source_to_patient: Some(Mm(910.0)), ..detector.clone() };
    let cases = [
        (RadiographGeometry { magnification: Some(1.2), ..detector.clone() }, MagnificationSource::EstimatedFactor, 1.2, true),
        (with_distances.clone(), MagnificationSource::Distances, 1.25, true),
        (
            // A factor that is but the ratio of the distances is that of the table too.
            RadiographGeometry { magnification: Some(1.1), ..with_distances.clone() },
            MagnificationSource::Distances,
            1.25,
            true,
        ),
        (
            RadiographGeometry { magnification: Some(1.18), ..with_distances.clone() },
            MagnificationSource::EstimatedFactor,
            1.18,
            false,
        ),
        // No hip lies on the detector: 1 is what stands where nobody knew.
        (RadiographGeometry { magnification: Some(1.0), ..with_distances.clone() }, MagnificationSource::Distances, 1.25, true),
        (RadiographGeometry { magnification: Some(1.0), ..detector.clone() }, MagnificationSource::Assumed, 1.15, true),
        // Who states a factor has looked.
        (
            RadiographGeometry {
                magnification: Some(1.2),
                magnification_given: Some(1.0),
                pixel_spacing: Some([0.25, 0.125]),
                ..detector.clone()
            },
            MagnificationSource::Given,
            1.0,
            false,
        ),
        (
            RadiographGeometry { source_to_detector: Some(Mm(1000.0)), ..detector.clone() },
            MagnificationSource::Assumed,
            1.15,
            true,
        ),
        (
            RadiographGeometry { nominal_scanned_pixel_spacing: Some([0.3, 0.15]), ..RadiographGeometry::default() },
            MagnificationSource::Assumed,
            1.15,
            true,
        ),
        // Without a calibration type and without the detector's, Pixel Spacing is that of the film.
        (
            RadiographGeometry { pixel_spacing: Some([0.3, 0.15]), ..RadiographGeometry::default() },
            MagnificationSource::Assumed,
            1.15,
            true,
        ),
        // The same as the detector's: not calibrated, whatever the type says.
        (
            RadiographGeometry {
                pixel_spacing: Some([0.3, 0.15]),
                spacing_calibration: Some(SpacingCalibration::Geometry),
                magnification: Some(1.1),
                ..detector.clone()
            },
            MagnificationSource::EstimatedFactor,
            1.1,
            true,
        ),
    ];
    for (geometry, source, factor, flagged) in cases {
        let (scale, remark) = scale(&geometry).expect("a spacing is stated");
        assert!(close(scale.pixel_mm, [0.3 / factor, 0.15 / factor]), "{scale:?}");
        assert_eq!(scale.magnification.source, source);
        assert!((scale.magnification.factor.expect("known") - factor).abs() < 1e-12);
        assert_eq!(remark.map(|remark| remark.code), flagged.then_some(GateCode::Magnification));
    }
}

#[test]
fn a_spacing_calibrated_in_the_patient_is_used_as_it_is() {
    let geometry = RadiographGeometry {
        imager_pixel_spacing: Some([0.24, 0.24]),
        pixel_spacing: Some([0.2, 0.2]),
        magnification: Some(1.05),
        ..RadiographGeometry::default()
    };
    for (calibration, flagged) in
        [(Some(SpacingCalibration::Fiducial), false), (Some(SpacingCalibration::Geometry), true), (None, true)]
    {
        let geometry = RadiographGeometry { spacing_calibration: calibration, ..geometry.clone() };
        let (scale, remark) = scale(&geometry).expect("stated");
        assert_eq!(scale.pixel_mm, [0.2, 0.2]);
        assert_eq!(scale.magnification.source, MagnificationSource::PixelSpacing);
        assert!((scale.magnification.factor.expect("both are known") - 1.2).abs() < 1e-12);
        assert_eq!(remark.is_some(), flagged, "{calibration:?}");
    }
}

#[test]
fn a_stated_factor_needs_the_spacing_that_it_divides() {
    let geometry = RadiographGeometry {
        pixel_spacing: Some([0.2, 0.2]),
        spacing_calibration: Some(SpacingCalibration::Fiducial),
        magnification_given: Some(1.2),
        ..RadiographGeometry::default()
    };
    let (scale, remark) = scale(&geometry).expect("calibrated");
    assert_eq!((scale.pixel_mm, scale.magnification.source), ([0.2, 0.2], MagnificationSource::PixelSpacing));
    assert!(remark.is_some_and(|remark| remark.message.contains("was not used")));
}

#[test]
fn without_a_spacing_or_with_an_impossible_one_there_is_no_scale() {
    let block =
        scale(&RadiographGeometry { magnification: Some(1.1), ..RadiographGeometry::default() }).expect_err("no spacing");
    assert_eq!(block.code, GateCode::SpacingUnknown);
    let detector = RadiographGeometry { imager_pixel_spacing: Some([0.2, 0.2]), ..RadiographGeometry::default() };
    for impossible in [
        RadiographGeometry { magnification: Some(0.9), ..detector.clone() },
        RadiographGeometry { magnification: Some(2.0), ..detector.clone() },
        RadiographGeometry { source_to_detector: Some(Mm(1000.0)), source_to_patient: Some(Mm(1100.0)), ..detector.clone() },
        RadiographGeometry { pixel_spacing: Some([0.3, 0.3]), ..detector },
    ] {
        assert_eq!(scale(&impossible).expect_err("impossible").code, GateCode::Magnification, "{impossible:?}");
    }
}
