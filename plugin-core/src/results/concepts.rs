//! Concepts of the objects: DICOM's own (PS3.16), and ours where no public code was found.

use crate::anatomy::{Code, Kind, Scheme, code};
use crate::report::{GateCode, Quantity};

macro_rules! dicom_concepts {
    ($($name:ident $value:literal $meaning:literal;)*) => {
        $(pub(super) const $name: Code = code($value, Scheme::Dcm, $meaning);)*
    };
}

dicom_concepts! {
    IMAGING_MEASUREMENT_REPORT "126000" "Imaging Measurement Report";
    LANGUAGE "121049" "Language of Content Item and Descendants";
    OBSERVER_TYPE "121005" "Observer Type";
    DEVICE "121007" "Device";
    DEVICE_OBSERVER_UID "121012" "Device Observer UID";
    DEVICE_OBSERVER_NAME "121013" "Device Observer Name";
    DEVICE_OBSERVER_MANUFACTURER "121014" "Device Observer Manufacturer";
    DEVICE_OBSERVER_MODEL_NAME "121015" "Device Observer Model Name";
    DEVICE_OBSERVER_SERIAL_NUMBER "121016" "Device Observer Serial Number";
    PROCEDURE_REPORTED "121058" "Procedure reported";
    IMAGE_LIBRARY "111028" "Image Library";
    IMAGE_LIBRARY_GROUP "126200" "Image Library Group";
    MODALITY "121139" "Modality";
    COMPUTED_TOMOGRAPHY "CT" "Computed Tomography";
    STUDY_DATE "111060" "Study Date";
    STUDY_TIME "111061" "Study Time";
    FRAME_OF_REFERENCE_UID "112227" "Frame of Reference UID";
    PIXEL_DATA_ROWS "110910" "Pixel Data Rows";
    PIXEL_DATA_COLUMNS "110911" "Pixel Data Columns";
    HORIZONTAL_PIXEL_SPACING "111026" "Horizontal Pixel Spacing";
    VERTICAL_PIXEL_SPACING "111066" "Vertical Pixel Spacing";
    SLICE_THICKNESS "112225" "Slice Thickness";
    IMAGING_MEASUREMENTS "126010" "Imaging Measurements";
    MEASUREMENT_GROUP "125007" "Measurement Group";
    TRACKING_IDENTIFIER "112039" "Tracking Identifier";
    TRACKING_UNIQUE_IDENTIFIER "112040" "Tracking Unique Identifier";
    FINDING "121071" "Finding";
    REFERENCED_SEGMENT "121191" "Referenced Segment";
    SOURCE_SERIES_FOR_SEGMENTATION "121232" "Source series for segmentation";
    DERIVATION "121401" "Derivation";
    ATTENUATION_COEFFICIENT "112031" "Attenuation Coefficient";
    SUM_OF_VOXELS "126030" "Sum of segmented voxel method for volume";
    ALGORITHM_NAME "111001" "Algorithm Name";
    ALGORITHM_PARAMETERS "111002" "Algorithm Parameters";
    ALGORITHM_VERSION "111003" "Algorithm Version";
    ACQUISITION_EQUIPMENT "109101" "Acquisition Equipment";
    PROCESSING_EQUIPMENT "109102" "Processing Equipment";
    SEGMENTATION "113076" "Segmentation";
    SOURCE_IMAGE "121322" "Source image for image processing operation";
}

pub(super) const ENGLISH: Code = code("en-US", Scheme::Rfc5646, "English (United States)");
/// PS3.16 CID 100 has no body region finer than this for every CT.
pub(super) const CT_UNSPECIFIED_BODY_REGION: Code = code("25045-6", Scheme::Ln, "CT unspecified body region");
pub(super) const DIAGNOSTIC_IMAGING_REPORT: Code = code("18748-4", Scheme::Ln, "Diagnostic imaging report");
pub(super) const FINDING_SITE: Code = code("363698007", Scheme::Sct, "Finding Site");
pub(super) const LATERALITY: Code = code("272741003", Scheme::Sct, "Laterality");
pub(super) const TOPOGRAPHICAL_MODIFIER: Code = code("106233006", Scheme::Sct, "Topographical modifier");
pub(super) const MEASUREMENT_METHOD: Code = code("370129005", Scheme::Sct, "Measurement Method");
pub(super) const VOLUME: Code = code("118565006", Scheme::Sct, "Volume");
pub(super) const MEAN: Code = code("373098007", Scheme::Sct, "Mean");
pub(super) const MEDIAN: Code = code("373099004", Scheme::Sct, "Median");
pub(super) const STANDARD_DEVIATION: Code = code("386136009", Scheme::Sct, "Standard Deviation");
pub(super) const ANATOMICAL_STRUCTURE: Code = code("91723000", Scheme::Sct, "Anatomical Structure");
pub(super) const MILLIMETER: Code = code("mm", Scheme::Ucum, "mm");
pub(super) const PIXELS: Code = code("{pixels}", Scheme::Ucum, "pixels");

const BONE: Code = code("3138006", Scheme::Sct, "Bone");
const MUSCLE: Code = code("91727004", Scheme::Sct, "Muscle");

/// Name of our coding scheme, for Coding Scheme Identification (0008,0110).
pub(super) const OWN_SCHEME_NAME: &str = "BoneMuscle measurement codes";

/// Where the trabecular region lies, as modifier of the vertebra: an ellipse inside the vertebral body, free of cortical bone.
pub(super) const TRABECULAR_REGION: Code =
    code("BM0204", Scheme::BoneMuscle, "Trabecular region of interest of vertebral body");
/// Share of the voxels of a structure whose CT number is that of fat (-190 to -30 HU). Not (129100, DCM, "Fat fraction"), which
/// is a mass or signal fraction within voxels.
const FAT_VOXEL_SHARE: Code = code("BM0020", Scheme::BoneMuscle, "Share of voxels with attenuation of fat");
/// Concept name of the gate that withheld a value; its value is one of the gate codes below.
pub(super) const REASON_NOT_MEASURED: Code = code("BM0301", Scheme::BoneMuscle, "Reason value was not measured");
/// Concept name of the sentence for people: which quantities are missing, and why.
pub(super) const NOT_MEASURED: Code = code("BM0302", Scheme::BoneMuscle, "Values not measured");
/// Concept name of a gate that spoke about the series as a whole.
pub(super) const SERIES_QUALITY: Code = code("BM0303", Scheme::BoneMuscle, "Quality of series");
/// Concept name of the sentence for people that belongs to the last.
pub(super) const SERIES_QUALITY_REMARK: Code = code("BM0304", Scheme::BoneMuscle, "Remark on quality of series");

/// What a structure of this kind is made of (PS3.16 CID 7166).
pub(super) fn finding(kind: Kind) -> Code {
    match kind {
        Kind::LumbarVertebra | Kind::Bone => BONE,
        Kind::Muscle => MUSCLE,
    }
}

/// Concept name and derivation of a quantity.
pub(super) fn quantity(quantity: Quantity) -> (Code, Option<Code>) {
    match quantity {
        Quantity::Volume => (VOLUME, None),
        Quantity::AttenuationMean => (ATTENUATION_COEFFICIENT, Some(MEAN)),
        Quantity::AttenuationMedian => (ATTENUATION_COEFFICIENT, Some(MEDIAN)),
        Quantity::AttenuationSd => (ATTENUATION_COEFFICIENT, Some(STANDARD_DEVIATION)),
        Quantity::FatVoxelShare => (FAT_VOXEL_SHARE, None),
    }
}

/// A gate as a code.
pub(super) fn gate(gate: GateCode) -> Code {
    let (value, meaning) = match gate {
        GateCode::SliceThick => ("BM0311", "Slices are thick"),
        GateCode::BorderMask => ("BM0312", "Structure touches the edge of the image"),
        GateCode::Metal => ("BM0313", "Metal near the structure"),
        GateCode::Laterality => ("BM0314", "Side in doubt"),
        GateCode::RoiSmall => ("BM0315", "Too few voxels in the region of interest"),
        GateCode::NotLabelled => ("BM0316", "Structure not among the labels"),
        GateCode::LevelOrder => ("BM0317", "Order of vertebrae not anatomical"),
        GateCode::BodyNotFound => ("BM0318", "Vertebral body not found"),
        GateCode::FocalDense => ("BM0319", "Focal dense bone left out"),
        GateCode::HuRange => ("BM0320", "Mean attenuation not possible for the tissue"),
        GateCode::LabelGap => ("BM0321", "Label lacks slices"),
        GateCode::LabelContradiction => ("BM0322", "Code and label of a segment contradict"),
        GateCode::LabelsNotUsed => ("BM0326", "Other segmentations not used"),
        GateCode::Contrast => ("BM0323", "Contrast agent given"),
        GateCode::Kvp => ("BM0324", "Tube voltage not 120 kV"),
        GateCode::Kernel => ("BM0325", "Sharp convolution kernel"),
    };
    code(value, Scheme::BoneMuscle, meaning)
}
