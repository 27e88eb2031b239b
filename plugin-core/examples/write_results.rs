//! Writes small synthetic studies and every object of their results, for the checks of `tests/python/check_objects.py`:
//! `own` with labels that no object of the study holds, `model` with labels from a network, `stored` with labels
//! from a SEG of the study, `nothing` without a finding, `kinds` with one of each kind of thing, `full` with every value and labels
//! from a network, `japanese` the same with its page in Japanese, and one for each other way of calibrating; of a film `film`,
//! `film-japanese`, and `film-refused` without a value.
//!
//! `cargo run -p plugin-core --example write_results -- FOLDER`

mod synthetic;

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use ndarray::Axis;
use plugin_core::anatomy::{Side, Structure};
use plugin_core::calibration::Calibration;
use plugin_core::geometry::Index;
use plugin_core::progress::Progress;
use plugin_core::report::{Finding, GateCode, NotMeasured, Quality, Quantity, Region, Severity};
use plugin_core::results::Source;
use plugin_core::segmentation::StructureMask;
use plugin_core::settings::{Language, OutputKind};
use plugin_core::{report, results};
use std::path::Path;
use synthetic::film::FilmStudy;
use synthetic::{Study, ellipsoid, full};

type Failure = Box<dyn std::error::Error>;

/// Neither rows, columns nor their product is a multiple of eight, so no frame but the first begins at a byte.
const SHAPE: [usize; 3] = [21, 37, 45];

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).ok_or("usage: write_results FOLDER")?;
    let folder = Path::new(&folder);
    let mut study = small();
    write_study(&study, &folder.join("own"))?;
    for (name, calibration) in full::calibrations().into_iter().skip(1) {
        study.report.calibration = calibration;
        write_study(&study, &folder.join(name))?;
    }
    study.report.calibration = Calibration::None;

    let mut modelled = small();
    modelled.label_by_model();
    write_study(&modelled, &folder.join("model"))?;

    study.store_labels();
    write_study(&study, &folder.join("stored"))?;

    study.report.findings.clear();
    study.report.quality.clear();
    write_study(&study, &folder.join("nothing"))?;

    write_study(&full::one_of_each(), &folder.join("kinds"))?;
    let mut full = full::study();
    full.label_by_model();
    write_study(&full, &folder.join("full"))?;
    full.language = Language::Ja;
    write_study(&full, &folder.join("japanese"))?;

    let mut film = FilmStudy::new()?;
    write_film(&film, &folder.join("film"))?;
    film.language = Language::Ja;
    write_film(&film, &folder.join("film-japanese"))?;
    film.language = Language::En;
    film.refuse();
    write_film(&film, &folder.join("film-refused"))
}

/// The film in the place of the CT, the report and its objects.
fn write_film(study: &FilmStudy, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder.join("ct"))?;
    std::fs::write(folder.join("ct").join("film.dcm"), &study.file)?;
    write_all(study.source(), folder)?;
    std::fs::create_dir_all(folder.join("masks"))?;
    for hip in &study.hips {
        for one in &hip.regions {
            let name = format!("{}_{}_{}.raw", one.mask.structure.name(), one.mask.side.name(), one.region.name());
            let bytes: Vec<u8> = one.mask.voxels.iter().map(|pixel| u8::from(*pixel)).collect();
            std::fs::write(folder.join("masks").join(name), bytes)?;
        }
    }
    Ok(())
}

/// The report and its objects.
fn write_all(source: Source<'_>, folder: &Path) -> Result<(), Failure> {
    std::fs::write(folder.join("report.json"), serde_json::to_string_pretty(source.report)?)?;
    std::fs::write(folder.join("results.csv"), report::to_csv(source.report))?;
    let kinds = [OutputKind::Sr, OutputKind::Seg, OutputKind::Pdf, OutputKind::Sc];
    for file in results::write(source, &kinds, Progress::silent())? {
        std::fs::write(folder.join(file.name), file.bytes)?;
    }
    Ok(())
}

/// Three vertebrae and two muscles, some of whose values are withheld.
fn small() -> Study {
    let mut study = Study::new(
        SHAPE,
        vec![
            ellipsoid(Structure::L1, Side::None, [12, 14, 17], [6, 9, 11]),
            ellipsoid(Structure::L2, Side::None, [6, 14, 16], [6, 9, 11]),
            ellipsoid(Structure::L3, Side::None, [1, 15, 17], [5, 9, 11]),
            ellipsoid(Structure::GluteusMaximus, Side::Left, [0, 20, 30], [13, 17, 15]),
            ellipsoid(Structure::GluteusMaximus, Side::Right, [0, 20, 0], [12, 15, 13]),
        ],
    );
    withhold(&mut study);
    study
}

/// The CT, the report and its objects.
fn write_study(study: &Study, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder.join("ct"))?;
    for number in 0..study.volume.grid.shape[0] {
        write_slice(study, number, &folder.join("ct").join(format!("{number:04}.dcm")))?;
    }
    write_all(study.source(), folder)?;
    std::fs::create_dir_all(folder.join("masks"))?;
    let measured = |mask: &&StructureMask| {
        study.report.findings.iter().any(|one| (one.structure, one.side) == (mask.structure, mask.side))
    };
    for mask in study.labels.masks.iter().filter(measured) {
        let name = format!("{}_{}.raw", mask.structure.name(), mask.side.name());
        std::fs::write(folder.join("masks").join(name), whole(mask, study.volume.grid.shape))?;
    }
    Ok(())
}

/// Takes values away in every way a report knows.
fn withhold(study: &mut Study) {
    let missing = |region, quantities: &[Quantity], code, reason: &str, found| NotMeasured {
        region,
        quantities: quantities.to_vec(),
        criteria: vec![],
        code,
        reason: reason.into(),
        found,
    };
    let attenuation = [Quantity::AttenuationMean, Quantity::AttenuationSd];
    let l2 = &mut study.report.findings[1];
    l2.measurements.retain(|measurement| measurement.region == Region::Whole);
    l2.not_measured = vec![missing(
        Region::Trabecular,
        &attenuation,
        GateCode::Metal,
        "metal of 1.5 mL within 20 mm; a level without metal would do",
        Some(1.5),
    )];
    let l3 = &mut study.report.findings[2];
    l3.measurements.clear();
    l3.not_measured = vec![missing(
        Region::Whole,
        &[Quantity::Volume],
        GateCode::BorderMask,
        "the mask is 1 voxel from the edge, \"cut\"; 3 are needed",
        Some(1.0),
    )];
    study.report.findings.push(Finding {
        not_measured: vec![missing(
            Region::Whole,
            &[Quantity::Volume, Quantity::FatVoxelShare],
            GateCode::NotLabelled,
            "the labels hold no right quadratus lumborum",
            None,
        )],
        ..Finding::new(Structure::QuadratusLumborum, Side::Right)
    });
    study.report.quality.push(Quality {
        code: GateCode::SliceThick,
        severity: Severity::Warning,
        message: "slices are thicker than 2 mm".into(),
        found: Some(2.5),
    });
}

/// The mask on the whole grid, a byte per voxel.
fn whole(mask: &StructureMask, shape: Index) -> Vec<u8> {
    let mut bytes = vec![0; shape.iter().product()];
    for ((z, y, x), voxel) in mask.voxels.indexed_iter() {
        let [slice, row, column] = [mask.corner[0] + z, mask.corner[1] + y, mask.corner[2] + x];
        bytes[(slice * shape[1] + row) * shape[2] + column] = u8::from(*voxel);
    }
    bytes
}

/// The CT slice that the results refer to.
fn write_slice(study: &Study, number: usize, path: &Path) -> Result<(), Failure> {
    let (series, slice) = (&study.series, &study.series.slices[number]);
    let position = slice.position.map(|x| x.to_string()).join("\\");
    let spacing = series.pixel_spacing.map(|x| x.to_string()).join("\\");
    let thickness = study.volume.grid.steps[0][2].to_string();
    let mut object = InMemDicomObject::from_element_iter(
        series.context.attributes.iter().map(|a| DataElement::new(a.tag, a.vr, PrimitiveValue::from(a.value.as_str()))),
    );
    let texts = [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\AXIAL"),
        (tags::SOP_CLASS_UID, VR::UI, &slice.sop_class_uid),
        (tags::SOP_INSTANCE_UID, VR::UI, &slice.sop_instance_uid),
        (tags::SERIES_INSTANCE_UID, VR::UI, &series.series_instance_uid),
        (tags::FRAME_OF_REFERENCE_UID, VR::UI, series.frame_of_reference_uid.as_deref().unwrap_or_default()),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::MODALITY, VR::CS, "CT"),
        (tags::MANUFACTURER, VR::LO, "SYNTHETIC"),
        (tags::INSTITUTION_NAME, VR::LO, "ほね病院"),
        (tags::BODY_PART_EXAMINED, VR::CS, "HIP"),
        (tags::LATERALITY, VR::CS, "L"),
        (tags::PATIENT_POSITION, VR::CS, "HFS"),
        (tags::SERIES_NUMBER, VR::IS, "203"),
        (tags::ACQUISITION_NUMBER, VR::IS, "1"),
        (tags::INSTANCE_NUMBER, VR::IS, &(number + 1).to_string()),
        (tags::KVP, VR::DS, "120"),
        (tags::SLICE_THICKNESS, VR::DS, &thickness),
        (tags::PIXEL_SPACING, VR::DS, &spacing),
        (tags::IMAGE_POSITION_PATIENT, VR::DS, &position),
        (tags::IMAGE_ORIENTATION_PATIENT, VR::DS, "1\\0\\0\\0\\1\\0"),
        (tags::RESCALE_SLOPE, VR::DS, "1"),
        (tags::RESCALE_INTERCEPT, VR::DS, "0"),
        (tags::RESCALE_TYPE, VR::LO, "HU"),
        (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
    ];
    for (tag, vr, value) in texts {
        object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
    }
    let shorts = [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, series.size[0] as u16),
        (tags::COLUMNS, series.size[1] as u16),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 1),
    ];
    for (tag, value) in shorts {
        object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let pixels: Vec<_> = study.volume.stored.index_axis(Axis(0), number).iter().map(|value| value.cast_unsigned()).collect();
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
    Ok(object.with_meta(meta)?.write_to_file(path)?)
}
