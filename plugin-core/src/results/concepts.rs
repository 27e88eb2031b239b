//! Concepts of the objects: DICOM's own (PS3.16), and ours where no public code was found.

mod calibration;
mod criteria;

pub(super) use calibration::*;
pub(super) use criteria::*;

use crate::anatomy::{Code, Kind, Scheme, code};
use crate::report::{GateCode, Quantity, Region};

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
    COMPUTED_RADIOGRAPHY "CR" "Computed Radiography";
    DIGITAL_RADIOGRAPHY "DX" "Digital Radiography";
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
    REFERENCED_SEGMENTATION_FRAME "121214" "Referenced Segmentation Frame";
    SOURCE_IMAGE_FOR_SEGMENTATION "121233" "Source image for segmentation";
    SOURCE_SERIES_FOR_SEGMENTATION "121232" "Source series for segmentation";
    DERIVATION "121401" "Derivation";
    ATTENUATION_COEFFICIENT "112031" "Attenuation Coefficient";
    SUM_OF_VOXELS "126030" "Sum of segmented voxel method for volume";
    ALGORITHM_NAME "111001" "Algorithm Name";
    ALGORITHM_PARAMETERS "111002" "Algorithm Parameters";
    ALGORITHM_VERSION "111003" "Algorithm Version";
    ARTIFICIAL_INTELLIGENCE "123110" "Artificial Intelligence";
    ACQUISITION_EQUIPMENT "109101" "Acquisition Equipment";
    PROCESSING_EQUIPMENT "109102" "Processing Equipment";
    SEGMENTATION "113076" "Segmentation";
    POPULATION_DESCRIPTION "121405" "Population description";
    REFERENCE_AUTHORITY "121406" "Reference Authority";
    POPULATION_SD "121414" "Standard deviation of population";
    SOURCE_IMAGE "121322" "Source image for image processing operation";
}

pub(super) const ENGLISH: Code = code("en-US", Scheme::Rfc5646, "English (United States)");
/// PS3.16 CID 100 has no body region finer than this for every CT.
pub(super) const CT_UNSPECIFIED_BODY_REGION: Code = code("25045-6", Scheme::Ln, "CT unspecified body region");
/// The same of every radiograph.
pub(super) const XR_UNSPECIFIED_BODY_REGION: Code = code("43468-8", Scheme::Ln, "XR unspecified body region");
pub(super) const DIAGNOSTIC_IMAGING_REPORT: Code = code("18748-4", Scheme::Ln, "Diagnostic imaging report");
pub(super) const FINDING_SITE: Code = code("363698007", Scheme::Sct, "Finding Site");
pub(super) const LATERALITY: Code = code("272741003", Scheme::Sct, "Laterality");
pub(super) const TOPOGRAPHICAL_MODIFIER: Code = code("106233006", Scheme::Sct, "Topographical modifier");
pub(super) const MEASUREMENT_METHOD: Code = code("370129005", Scheme::Sct, "Measurement Method");
pub(super) const VOLUME: Code = code("118565006", Scheme::Sct, "Volume");
/// PS3.16 TID 311 gives the code of the mean this meaning.
pub(super) const POPULATION_MEAN: Code = code("373098007", Scheme::Sct, "Mean Value of population");
pub(super) const MEAN: Code = code("373098007", Scheme::Sct, "Mean");
pub(super) const MEDIAN: Code = code("373099004", Scheme::Sct, "Median");
pub(super) const STANDARD_DEVIATION: Code = code("386136009", Scheme::Sct, "Standard Deviation");
/// PS3.16 TID 310 and CID 225.
pub(super) const UPPER_UNCERTAINTY: Code = code("371886008", Scheme::Sct, "+, range of upper measurement uncertainty");
pub(super) const LOWER_UNCERTAINTY: Code = code("371885007", Scheme::Sct, "-, range of lower measurement uncertainty");
pub(super) const ANATOMICAL_STRUCTURE: Code = code("91723000", Scheme::Sct, "Anatomical Structure");
pub(super) const MILLIMETER: Code = code("mm", Scheme::Ucum, "mm");
pub(super) const PIXELS: Code = code("{pixels}", Scheme::Ucum, "pixels");

const VOLUMETRIC_DENSITY: Code = code("BM0001", Scheme::BoneMuscle, "Volumetric bone mineral density");
const AREA: Code = code("42798000", Scheme::Sct, "Area");
const BONE: Code = code("3138006", Scheme::Sct, "Bone");
const MUSCLE: Code = code("91727004", Scheme::Sct, "Muscle");

/// Name of our coding scheme, for Coding Scheme Identification (0008,0110).
pub(super) const OWN_SCHEME_NAME: &str = "BoneMuscle measurement codes";

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

/// Concept name of the sentence that stands on every output.
pub(super) const NOTICE: Code = code("BM0305", Scheme::BoneMuscle, "Notice");
/// Concept name of the sentence for people that belongs to what a criterion says.
pub(super) const CRITERION_REMARK: Code = code("BM0306", Scheme::BoneMuscle, "Remark on criterion");
/// Concept name of the figures that a landmark was accepted by.
pub(super) const LANDMARK_QUALITY: Code = code("BM0600", Scheme::BoneMuscle, "Quality of landmark");

/// Mean over the voxels of a label of the variance between a network's passes with dropout. No public code was found for it, nor for
/// a Dice that was not measured but predicted.
pub(super) const PREDICTIVE_VARIANCE: Code = own("BM0701", "Predictive variance of the label");
/// Overlap with the true structure that is expected of a label.
pub(super) const PREDICTED_DICE: Code = own("BM0702", "Predicted Dice of the label");

/// By how much the hip is larger on a radiograph than it is, and how far rows and columns are apart at its depth. No public code was
/// found: Estimated Radiographic Magnification Factor (0018,1114) is an attribute, and what was used need not be its value.
pub(super) const MAGNIFICATION: Code = own("BM0801", "Magnification of the hip on the radiograph");
pub(super) const ROW_SPACING_AT_HIP: Code = own("BM0802", "Distance of rows at the depth of the hip");
pub(super) const COLUMN_SPACING_AT_HIP: Code = own("BM0803", "Distance of columns at the depth of the hip");
/// Concept name of a text of other facts about a radiograph.
pub(super) const RADIOGRAPH_DETAIL: Code = own("BM0804", "Detail of radiograph");

const fn own(value: &'static str, meaning: &'static str) -> Code {
    code(value, Scheme::BoneMuscle, meaning)
}

/// What a structure of this kind is made of (PS3.16 CID 7166).
pub(super) fn finding(kind: Kind) -> Code {
    match kind {
        Kind::LumbarVertebra | Kind::Bone => BONE,
        Kind::Muscle => MUSCLE,
        Kind::Tissue | Kind::Implant | Kind::Body => ANATOMICAL_STRUCTURE,
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
        Quantity::DensityMean => (VOLUMETRIC_DENSITY, Some(MEAN)),
        Quantity::DensityMedian => (VOLUMETRIC_DENSITY, Some(MEDIAN)),
        Quantity::DensitySd => (VOLUMETRIC_DENSITY, Some(STANDARD_DEVIATION)),
        Quantity::MuscleVoxelShare => (code("BM0021", Scheme::BoneMuscle, "Share of voxels with attenuation of muscle"), None),
        Quantity::MuscleAttenuation => (code("BM0022", Scheme::BoneMuscle, "Mean attenuation of voxels of muscle"), None),
        Quantity::Mass => (code("BM0023", Scheme::BoneMuscle, "Mass by a stated model"), None),
        Quantity::LeanMass => (code("BM0024", Scheme::BoneMuscle, "Lean mass by a stated model"), None),
        Quantity::FatMass => (code("BM0025", Scheme::BoneMuscle, "Fat mass by a stated model"), None),
        Quantity::Area => (AREA, None),
        Quantity::ArealDensity => (code("BM0010", Scheme::BoneMuscle, "Areal bone mineral density by projection of CT"), None),
        Quantity::MineralContent => (code("BM0011", Scheme::BoneMuscle, "Bone mineral content"), None),
        Quantity::AnteriorHeight => (code("BM0030", Scheme::BoneMuscle, "Anterior height of vertebral body"), None),
        Quantity::MiddleHeight => (code("BM0031", Scheme::BoneMuscle, "Middle height of vertebral body"), None),
        Quantity::PosteriorHeight => (code("BM0032", Scheme::BoneMuscle, "Posterior height of vertebral body"), None),
        Quantity::AnteriorHeightRatio => (code("BM0033", Scheme::BoneMuscle, "Anterior by posterior height"), None),
        Quantity::MiddleHeightRatio => (code("BM0034", Scheme::BoneMuscle, "Middle by posterior height"), None),
        Quantity::NeighbourHeightRatio => {
            (code("BM0035", Scheme::BoneMuscle, "Posterior height by that of the neighbours"), None)
        }
        Quantity::SlicePosition => (code("BM0040", Scheme::BoneMuscle, "Position of slice along z"), None),
        Quantity::SkeletalMuscleArea => (code("BM0041", Scheme::BoneMuscle, "Area of skeletal muscle in the slice"), None),
        Quantity::SkeletalMuscleAttenuation => {
            (code("BM0042", Scheme::BoneMuscle, "Mean attenuation of skeletal muscle in the slice"), None)
        }
        Quantity::IntermuscularFatArea => (code("BM0043", Scheme::BoneMuscle, "Area of intermuscular fat in the slice"), None),
        Quantity::SubcutaneousFatArea => (code("BM0044", Scheme::BoneMuscle, "Area of subcutaneous fat in the slice"), None),
        Quantity::VisceralFatArea => (code("BM0045", Scheme::BoneMuscle, "Area of visceral fat in the slice"), None),
        Quantity::PsoasArea => (code("BM0046", Scheme::BoneMuscle, "Area of both psoas muscles in the slice"), None),
        Quantity::SkeletalMuscleIndex => (code("BM0047", Scheme::BoneMuscle, "Skeletal muscle index of the slice"), None),
        Quantity::PsoasMuscleIndex => (code("BM0048", Scheme::BoneMuscle, "Psoas muscle index of the slice"), None),
        Quantity::SkeletalMuscleGauge => (code("BM0049", Scheme::BoneMuscle, "Skeletal muscle gauge of the slice"), None),
        Quantity::BodyFatFreeMass => (code("BM0050", Scheme::BoneMuscle, "Fat-free mass of the body by regression"), None),
        Quantity::BodyFatMass => (code("BM0051", Scheme::BoneMuscle, "Fat mass of the body by regression"), None),
        Quantity::EstimatedDxaSmi => {
            (code("BM0052", Scheme::BoneMuscle, "Skeletal muscle index of DXA by regression of the site"), None)
        }
        Quantity::TScore => (code("BM0002", Scheme::BoneMuscle, "T-score"), None),
        Quantity::ZScore => (code("BM0003", Scheme::BoneMuscle, "Z-score"), None),
        Quantity::PercentYoungAdultMean => (code("BM0004", Scheme::BoneMuscle, "Percent of young adult mean"), None),
    }
}

/// The part of a structure that a region is; none for the whole.
pub(super) fn part(region: Region) -> Option<Code> {
    let own = |value, meaning| Some(code(value, Scheme::BoneMuscle, meaning));
    match region {
        Region::Whole => None,
        Region::Trabecular => own("BM0204", "Trabecular region of interest of vertebral body"),
        Region::VertebralBody => own("BM0210", "Vertebral body without posterior elements"),
        Region::L1ToL4 => own("BM0211", "L1 to L4"),
        Region::FemoralNeck => own("BM0212", "Projected region of the femoral neck"),
        Region::Trochanter => own("BM0213", "Projected region of the trochanter"),
        Region::Intertrochanter => own("BM0214", "Projected intertrochanteric region"),
        Region::TotalHip => own("BM0215", "Projected region of the total hip"),
        Region::L3Slice => own("BM0216", "Slice through the middle of L3"),
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
        GateCode::SeriesNotMeasured => ("BM0327", "Other images of the study not measured"),
        GateCode::RegionShape => ("BM0360", "Region on the radiograph not plausible"),
        GateCode::SimulatedOnly => ("BM0361", "Model trained on simulated radiographs only"),
        GateCode::Contrast => ("BM0323", "Contrast agent given"),
        GateCode::Kvp => ("BM0324", "Tube voltage not 120 kV"),
        GateCode::Kernel => ("BM0325", "Sharp convolution kernel"),
        GateCode::FovTrunc => ("BM0330", "Field of view cuts the body"),
        GateCode::LevelAmbiguous => ("BM0331", "Numbering of vertebrae in doubt"),
        GateCode::LevelsFew => ("BM0332", "Too few vertebrae for a mean"),
        GateCode::LevelOutlier => ("BM0333", "Vertebra unlike its neighbours"),
        GateCode::VertebralFracture => ("BM0334", "Vertebra has lost height"),
        GateCode::Scoliosis => ("BM0335", "Spine curved sideways"),
        GateCode::NeckQc => ("BM0336", "Landmark of the femur not plausible"),
        GateCode::ShaftTruncated => ("BM0337", "Femoral shaft truncated"),
        GateCode::Noise => ("BM0338", "Image is noisy"),
        GateCode::NotCalibrated => ("BM0339", "Not calibrated to density"),
        GateCode::PhantomMissing => ("BM0340", "No density phantom found"),
        GateCode::RodOrder => ("BM0341", "Rods of phantom out of order"),
        GateCode::CalibrationFit => ("BM0342", "Line of calibration does not fit"),
        GateCode::CalibrationUnconfirmed => ("BM0343", "Calibration not confirmed by a certificate"),
        GateCode::CalibrationNoMatch => ("BM0344", "No stored calibration fits"),
        GateCode::CalibrationLowConfidence => ("BM0345", "Calibration of low confidence"),
        GateCode::TissueRange => ("BM0346", "Reference tissue missing or implausible"),
        GateCode::Age => ("BM0347", "Age missing or without criterion"),
        GateCode::Sex => ("BM0348", "Sex missing or without criterion"),
        GateCode::HeightMissing => ("BM0349", "Height missing"),
        GateCode::NoReference => ("BM0350", "No verified reference value"),
        GateCode::Uncertain => ("BM0351", "Model unsure of the label"),
        GateCode::View => ("BM0352", "Film is not an AP view of the hip"),
        GateCode::Implant => ("BM0353", "Metal covers the hip"),
        GateCode::Child => ("BM0354", "Patient is not an adult"),
        GateCode::SpacingUnknown => ("BM0355", "Length of a pixel unknown"),
        GateCode::Magnification => ("BM0356", "Magnification assumed or in doubt"),
        GateCode::Greyscale => ("BM0357", "Greyscale of the film unknown or clipped"),
    };
    code(value, Scheme::BoneMuscle, meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::anatomy::Structure;
    use crate::report::{Category, Criterion, LandmarkName};
    use std::collections::HashSet;

    #[test]
    fn our_codes_are_told_apart_and_fit_their_value_representations() {
        let quantities: HashSet<_> = Quantity::ALL
            .iter()
            .map(|one| quantity(*one))
            .map(|(name, derivation)| (name.value, derivation.map(|one| one.value)))
            .collect();
        assert_eq!(quantities.len(), Quantity::ALL.len());

        let mut codes: Vec<Code> = Quantity::ALL
            .iter()
            .map(|one| quantity(*one))
            .filter(|(_, derivation)| derivation.is_none())
            .map(|(name, _)| name)
            .collect();
        codes.extend(Region::ALL.iter().filter_map(|one| part(*one)));
        codes.extend(GateCode::ALL.iter().map(|one| gate(*one)));
        codes.extend(Criterion::ALL.iter().map(|one| criterion(*one)));
        codes.extend(Category::ALL.iter().map(|one| category(*one)));
        codes.extend(LandmarkName::ALL.iter().map(|one| landmark(*one)));
        codes.extend(Structure::ALL.iter().map(|one| one.code()));
        codes.extend([
            NOTICE,
            CRITERION_REMARK,
            LANDMARK_QUALITY,
            MATERIAL,
            SLOPE,
            INTERCEPT,
            CURVATURE,
            R_SQUARED,
            RESIDUAL_SD,
        ]);
        codes.extend([PREDICTIVE_VARIANCE, PREDICTED_DICE]);
        codes.extend([MAGNIFICATION, ROW_SPACING_AT_HIP, COLUMN_SPACING_AT_HIP, RADIOGRAPH_DETAIL]);
        codes.extend([STANDARD_ERROR, EFFECTIVE_ENERGY, DETAIL, DENSITY_PER_HU, DENSITY_PER_HU_SQUARED, KILOELECTRONVOLT]);
        let values: HashSet<_> = codes.iter().map(|one| (one.scheme, one.value)).collect();
        assert_eq!(values.len(), codes.len());
        for code in codes {
            assert!(code.value.len() <= 16 && code.meaning.len() <= 64, "{code:?}");
        }
    }
}
