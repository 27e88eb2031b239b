//! What stops a value from being printed, with its figures.
//!
//! | code | rule |
//! |---|---|
//! | `SLICE_THICK` | `t` = the larger of Slice Thickness (0018,0050) and the distance between slices: `t > 3` mm warns; `t > 5` mm withholds every value of a vertebra but its volume, and of a femur, not the muscles |
//! | `BORDER_MASK` | any voxel of the structure is among the three outermost voxels of the image, along any axis, or of a label that a model made within 4.5 mm of its edge; or more than 0.1 % of its voxels lie outside the scanned field of view, at -1024 HU or below or outside a disc that is all that was measured (see `field_of_view`), or, of a label that a model made, have within 3 mm along a row or column a voxel above -200 HU that is followed by nothing but such voxels: every value of it is withheld |
//! | `METAL` | a 6-connected group of voxels of more than 100 mm3, of 2500 HU or more, or, where the CT holds nothing so bright, all at its greatest value, if that is 2000 HU or more: it was clipped there; or a voxel labelled as hip implant, lies within 20 mm (centre to centre) of a voxel of the structure; or, for a vertebra, voxels of it above 1500 HU (cement, screws) add up to more than 100 mm3; for a femur likewise, but only voxels that have others of it 8 mm away in all six directions along the axes of the image. Of a femur only the part above the distal end of the total hip is looked at: every value of it is withheld |
//! | `FOV_TRUNC` | as `BORDER_MASK`, for the part of a femur above the distal end of the total hip; below it a femur may leave the image |
//! | `LATERALITY` | a paired structure whose source gives no side; or whose centroid lies, by x in LPS, not on its side of its twin's; or not on its side of the midline (the mean of the centroids of T12, L1, ..., L5 and sacrum, where any is labelled); or which shares more than 10 % of its voxels with its twin: withheld |
//! | `LEVEL_ORDER` | the centroids of T12, L1, ..., L5 (those labelled) do not descend strictly in z: every value of all lumbar vertebrae is withheld |
//! | `LEVEL_AMBIG` | the model that made the labels doubts its numbering; or an L6 is labelled; or one of T12, L1, ..., L5 is not, though one above and one below it are; or the distance of the centroids of two neighbours is not from 0.6 to 1.6 of the median of these distances (the lower one of two): every value of all lumbar vertebrae is withheld. Neither T12 nor sacrum is labelled, or the model doubted its numbering and a vertebra was corrected since: warns |
//! | `SCOLIOSIS` | the largest angle between end plates of L1 to L5, projected on the plane of x and z, is more than 20 degrees; or a vertebra's axis is inclined there by more than 15 degrees: warns, for the areal density of the projection |
//! | `HU_RANGE` | the mean is outside -150 to 150 HU (muscle), -150 to 800 HU (trabecular bone) or -150 to 1000 HU (total hip): the stored values are not Hounsfield units, or the label is not that structure; every value of the muscle is withheld, of the vertebra all but volumes and heights |
//! | `LABEL_GAP` | the label lacks slices, and more than 1 % of its voxels lie on either side of them: every value of it is withheld |
//! | `UNCERT` | the model that made the label predicts a Dice below 0.6, or would have predicted one from passes and ran without them, or states that nobody has compared such labels with another's on a real CT; or of a pair of muscles that it made, neither of them cut, the smaller has less than 60 % of the larger: every value of it is withheld; less than 80 %, a Dice below 0.8, or a predictive variance above what the model states as usual, or nothing that it states as usual: warns where values of it are given; a model that ran without passes, or has none, warns of all its labels; the caveats of its makers always warn (see [`super::uncertainty`]) |
//! | `CHILD` | the patient is younger than the patients that the model knows which made the label, by age given, else by Patient's Age (0010,1010), else from birth to study date: every value of it is withheld; a calibration by tissues may read it nevertheless |
//! | `LABEL_CONTRADICTION` | code, label or side of a segment contradict each other: warns, and the segment is not used |
//! | `CONTRAST` | Contrast/Bolus Agent (0018,0010) is stated, or the median of the labelled aorta, or, where none is labelled, of what is brightest before L1 to L4 (see `vessels`), is above 100 HU (possibly) or, of an aorta, 130 HU (certainly): warns that attenuation is raised; [`crate::criteria`] withholds categories |
//! | `KVP` | KVP (0018,0060) is not 120 kV, or not stated: warns that HU are not comparable; [`crate::criteria`] withholds categories of HU |
//! | `KERNEL` | Convolution Kernel (0018,1210) is a sharp one (bone, lung, edge): warns that noise is raised |
//! | `NOISE` | the robust standard deviation from slice to slice within muscles is above 85 HU: warns (see `noise`) |
//! | `LABELS_NOT_USED` | other SEG series segment the same CT, or the study holds some that a model was used in place of: warns, naming them |
//! | `SERIES_NOT_MEASURED` | no SEG says which of several CT series is meant, and one was chosen: warns, naming the others |
//! | `NOT_LABELLED` | the labels hold no such structure; of one that a model found where it belongs, and of which it left nothing, the reason is said |
//! | `NOT_CALIBRATED` | there is no calibration: densities are withheld |
//! | `BODY_NOT_FOUND`, `ROI_SMALL`, `FOCAL_DENSE`, `VERT_FX`, `LEVELS_FEW`, `LEVEL_OUTLIER` | see [`super::lumbar`]; `FOCAL_DENSE` warns when more than 5 % of a region were left out |
//!
//! The other gates stand where what they judge is made:
//!
//! | code | where |
//! |---|---|
//! | `NECK_QC`, `SHAFT_TRUNC` | [`super::femur`] |
//! | `HEIGHT_MISSING`, and `FOV_TRUNC` of subcutaneous fat | [`super::body_composition`] |
//! | `CAL_R2`, `CAL_RODS`, `PHANTOM_MISSING`, `TISSUE_RANGE`, `CAL_*`, `NOT_CALIBRATED` | [`crate::calibration`] |
//! | `VIEW`, `CHILD`, `IMPLANT`, `SPACING_UNKNOWN`, `MAGNIFICATION`, `GREYSCALE` of films | [`crate::segmentation::film`] |
//! | `REGION_SHAPE`, `SIMULATED_ONLY` of films | [`super::hip_xray`] |
//! | `AGE`, `SEX`, `NO_REFERENCE`, `HEIGHT_MISSING` of cut-offs by body mass index | [`crate::criteria`] |
//!
//! Refused before anything is measured, with an error in place of a code:
//!
//! | gate | error | tests |
//! |---|---|---|
//! | `SPACING_GAP`: missing, doubled or uneven slices, 1 % or 0.01 mm | [`crate::volume::AssembleError::Spacing`] | `a_missing_slice_is_named_with_its_gap`, `a_gap_may_deviate_by_one_percent_and_no_more`, `positions_rounded_to_hundredths_are_even` in `tests/read_series` |
//! | `DUPLICATE`: slices that lie where another one lies; the same instance twice is used once | [`crate::read::ReadError`] | `two_slices_at_one_place_void_the_series`, `the_same_instance_twice_is_used_once` in `tests/read_series` |
//! | series type: localizer, MIP, virtual monoenergetic, material maps, secondary captures | [`crate::read::ReadError`], naming Image Type (0008,0008) | `what_is_no_slice_or_not_in_hounsfield_units_is_refused_with_tag_and_value` in `read/image_type.rs` |

mod acquisition;
mod femur;
mod noise;
mod position;
mod spine;
mod vessels;

pub(super) use spine::{Tilt, scoliosis};

use super::field_of_view::FieldOfView;
use super::metal::{METAL_REACH, MetalMap};
use super::muscle::sided_name;
use super::uncertainty::{self, LEAST_LIKENESS};
use crate::anatomy::Side;
use crate::geometry::Index;
use crate::read::Acquisition;
use crate::report::{Block, GateCode, Quality, Severity};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Cm3, Hu, Mm, Mm3};
use crate::volume::CtVolume;
use std::ops::RangeInclusive;

const CEMENT: Hu = Hu(1500.0);
const LEAST_CEMENT: Mm3 = Mm3(100.0);
/// A label of a model that ends so near to the end of the field of view may have been cut by it: networks leave a margin.
const FIELD_MARGIN: Mm = Mm(3.0);
/// More of a structure than this being outside the field of view is no stray voxel.
const OUTSIDE_SHARE: f64 = 0.001;
/// Means that muscle can have, atrophied or enhanced.
const MUSCLE_RANGE: RangeInclusive<Hu> = Hu(-150.0)..=Hu(150.0);
/// Means that trabecular bone can have, fatty or sclerotic.
const TRABECULAR_RANGE: RangeInclusive<Hu> = Hu(-150.0)..=Hu(800.0);

/// Everything the gates need to know of the study, looked up once.
pub(super) struct Gates<'a> {
    volume: &'a CtVolume<'a>,
    labels: &'a Labels,
    /// What of the CT was measured.
    pub field_of_view: FieldOfView<'a>,
    thickness: Mm,
    metal: MetalMap,
    implants: MetalMap,
    level_order: Option<Block>,
    numbering: Option<Block>,
    midline: Option<f64>,
    quality: Vec<Quality>,
}

impl<'a> Gates<'a> {
    pub fn new(volume: &'a CtVolume<'a>, acquisition: &Acquisition, labels: &'a Labels) -> Gates<'a> {
        let thickness = acquisition::thickness(volume, acquisition);
        let mut quality = acquisition::quality(thickness, acquisition, acquisition::blood(volume, labels));
        quality.extend(noise::quality(volume, labels));
        quality.extend(labels.contradictions.iter().map(|sentence| Quality {
            code: GateCode::LabelContradiction,
            severity: Severity::Warning,
            message: format!("a segment is not used: {sentence}"),
            found: None,
        }));
        Gates {
            volume,
            labels,
            field_of_view: FieldOfView::find(volume),
            thickness,
            metal: MetalMap::find(volume),
            implants: MetalMap::of_implants(labels),
            level_order: position::level_order(labels),
            numbering: spine::numbering(labels),
            midline: position::midline(labels),
            quality,
        }
    }

    /// Gates that speak about the series as a whole.
    pub fn quality(&self) -> Vec<Quality> {
        self.quality.clone()
    }

    /// Whether slices are too thick for vertebrae.
    pub fn vertebra_thickness(&self) -> Option<Block> {
        acquisition::too_thick(self.thickness)
    }

    /// What withholds every value of a vertebra.
    pub fn vertebra(&self, mask: &StructureMask) -> Option<Block> {
        let of_column = || self.level_order.clone().or_else(|| self.numbering.clone());
        of_column().or_else(|| self.any_structure(mask)).or_else(|| self.cement(mask))
    }

    /// What a reader should know of the levels of vertebrae that are not in doubt.
    pub fn levels_on_trust(&self) -> Vec<Quality> {
        spine::taken_on_trust(self.labels)
    }

    /// What withholds every value of a muscle.
    pub fn muscle(&self, mask: &StructureMask) -> Option<Block> {
        position::laterality(self.labels, self.midline, mask)
            .or_else(|| self.any_structure(mask))
            .or_else(|| self.unlike_its_twin(mask))
    }

    /// Both sides, for nothing tells which of them is wrong.
    fn unlike_its_twin(&self, mask: &StructureMask) -> Option<Block> {
        let other_side = match mask.side {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
            Side::None => return None,
        };
        let twin = self.labels.masks.iter().find(|other| (other.structure, other.side) == (mask.structure, other_side))?;
        if ![mask, twin].into_iter().all(|mask| uncertainty::is_of_model(self.labels, mask)) {
            return None;
        }
        let volume = |mask: &StructureMask| Cm3::from(Mm3(mask.count() as f64 * self.volume.grid.voxel_volume().0)).0;
        let [own, other] = [volume(mask), volume(twin)];
        let ratio = uncertainty::unlike(own, other)?;
        // The values of `mask` were not withheld by any other gate, or this one would not be asked.
        self.any_structure(twin).is_none().then(|| Block {
            code: GateCode::Uncertain,
            reason: format!(
                "the model finds {own:.0} cm3 of the {} and {other:.0} cm3 of the {}, and neither is cut; the smaller has usually more \
                 than {:.0} % of the larger: corrected labels as DICOM SEG would do",
                sided_name(mask),
                sided_name(twin),
                LEAST_LIKENESS * 100.0
            ),
            found: Some(ratio),
        })
    }

    fn any_structure(&self, mask: &StructureMask) -> Option<Block> {
        position::border(self.labels, mask)
            .or_else(|| position::gap(mask))
            .or_else(|| self.outside(mask))
            .or_else(|| self.near_metal(mask))
            .or_else(|| uncertainty::block(self.labels, mask))
    }

    /// Whether a mean is possible for muscle.
    pub fn muscle_range(mask: &StructureMask, mean: Hu) -> Option<Block> {
        out_of_range(&sided_name(mask), mean, MUSCLE_RANGE)
    }

    /// Whether a mean is possible for trabecular bone.
    pub fn trabecular_range(name: &str, mean: Hu) -> Option<Block> {
        out_of_range(&format!("trabecular bone of the {name}"), mean, TRABECULAR_RANGE)
    }

    fn outside(&self, mask: &StructureMask) -> Option<Block> {
        let is_of_model = uncertainty::is_of_model(self.labels, mask);
        let is_cut = |index: &Index| {
            self.field_of_view.is_empty(*index) || (is_of_model && self.field_of_view.is_cut_near(*index, FIELD_MARGIN))
        };
        let share = mask.indices().filter(is_cut).count() as f64 / mask.count() as f64;
        (share > OUTSIDE_SHARE).then(|| Block {
            code: GateCode::BorderMask,
            reason: format!(
                "{:.1} % of the {} lie outside the scanned field of view, or within {:.0} mm of its end",
                share * 100.0,
                sided_name(mask),
                FIELD_MARGIN.0
            ),
            found: Some(share * 100.0),
        })
    }

    fn near_metal(&self, mask: &StructureMask) -> Option<Block> {
        let near = |metal: &MetalMap| metal.is_near(&self.volume.grid, mask);
        let what = if near(&self.metal) {
            format!("metal ({:.0} HU or more)", self.metal.least.0)
        } else if near(&self.implants) {
            "a labelled implant".to_owned()
        } else {
            return None;
        };
        Some(Block {
            code: GateCode::Metal,
            reason: format!("{what} lies within {:.0} mm of the {}", METAL_REACH.0, sided_name(mask)),
            found: None,
        })
    }

    fn cement(&self, mask: &StructureMask) -> Option<Block> {
        let dense = mask.indices().filter(|index| f64::from(self.volume.hu(*index)) > CEMENT.0).count();
        let size = Mm3(dense as f64 * self.volume.grid.voxel_volume().0);
        (size > LEAST_CEMENT).then(|| Block {
            code: GateCode::Metal,
            reason: format!(
                "{:.2} cm3 of the {} are above {:.0} HU: cement or metal",
                Cm3::from(size).0,
                sided_name(mask),
                CEMENT.0
            ),
            found: Some(Cm3::from(size).0),
        })
    }
}

/// Why there is no density.
pub(super) fn not_calibrated() -> Block {
    Block {
        code: GateCode::NotCalibrated,
        reason: "HU were not turned into density: a density phantom in the scan, a stored calibration of the scanner or the \
                 site's mapping of tissues would do"
            .to_owned(),
        found: None,
    }
}

fn out_of_range(name: &str, mean: Hu, range: RangeInclusive<Hu>) -> Option<Block> {
    (!range.contains(&mean)).then(|| Block {
        code: GateCode::HuRange,
        reason: format!(
            "the mean of the {name} is {:.1}, outside {:.0} to {:.0} HU: the image may not be in Hounsfield units, or the label wrong",
            mean.0,
            range.start().0,
            range.end().0
        ),
        found: Some(mean.0),
    })
}
