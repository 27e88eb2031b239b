//! The patient as a whole: areas of muscle and fat in the slice through the middle of L3, and what follows from them.
//!
//! # The recipe `l3-slice/1`
//!
//! 1. **Slice.** `V` is the largest 6-connected component of the label of L3, `c` the mean of its voxel centres, `b` the mean of
//!    those with `y < c.y` (LPS): they lie in front of the spinal canal, in the body. The slice is that of the CT whose plane passes
//!    nearest to `b` (fractional slice index, `floor(x + 0.5)`); its position is the z, in millimetres LPS, at which it passes the row
//!    and column of `b`. No mean of several slices is taken.
//! 2. **Pixels.** Of the slice's pixels that a label holds, at their own HU. An area is their number times the area of a pixel in the
//!    plane of the slice, also where that plane leans. Ranges are those of [`super::muscle`]: muscle -30 < HU <= 150, fat -190 <= HU
//!    <= -30, the latter for all depots (as in doi 10.1038/s41598-025-96238-6; others take -150 to -50 HU for visceral fat).
//!
//! | value | method | how |
//! |---|---|---|
//! | muscle area (SMA), its mean HU (SMRA) | `l3-slice/1` | label `skeletal_muscle`, range of muscle |
//! | intermuscular fat | `l3-slice/1` | label `skeletal_muscle`, range of fat |
//! | subcutaneous, visceral fat | `l3-slice/1` | labels `subcutaneous_fat`, `visceral_fat`, range of fat |
//! | psoas area | `psoas-area/1` | all pixels of label `psoas_major`, left and right; where neither side has one, of `iliopsoas`, which is psoas alone at this level; a pixel of both sides counts once |
//! | L3 SMI, PMI | `area-by-height/1` | muscle area, psoas area by height squared (cm2/m2) |
//! | muscle gauge | `muscle-gauge/1` | SMRA times SMI (PMC10920396) |
//! | fat-free mass of the body | `mourtzakis/1` | `0.30 SMA + 6.06` kg (Mourtzakis 2008) |
//! | fat mass of the body | `mourtzakis/1` | `0.042 (subcutaneous + visceral fat) + 11.2` kg (Mourtzakis 2008) |
//! | estimated DXA-SMI | `dxa-smi-regression/1` | see [`dxa_smi`]: the site's own regression |
//!
//! # What withholds values
//!
//! All: L3 is not labelled, or a gate withholds it ([`super::gates`]); or the slices lean more than 30 degrees against the axial plane
//! (`FOV_TRUNC`: they do not hold the section). One area, and what follows from it: the label is missing or has no pixel in the slice
//! (`NOT_LABELLED`); its model doubts it (`UNCERT`), or has seen no patient so young (`CHILD`);
//! the field of view cuts it (`FOV_TRUNC`): its pixels that lie at the edge of the image or share an edge with one
//! outside the field of view, times the square root of the pixel's area, exceed 10 mm, where a pixel is outside when it and the four
//! that share an edge with it hold nothing that was measured (`measure/field_of_view.rs`); its mean is not one of muscle (`HU_RANGE`), or no pixel of it is in the range
//! of muscle (`ROI_SMALL`). `HEIGHT_MISSING` withholds the indices. When subcutaneous fat is cut and muscle is not, `FOV_TRUNC` warns.

mod dxa_smi;
mod section;
mod slice;

use super::Subject;
use super::gates::Gates;
use super::muscle::range::{is_fat, is_muscle};
use super::uncertainty::{self, LEAST_LIKENESS};
use crate::anatomy::{Side, Structure};
use crate::geometry::Index;
use crate::report::{
    Block, Finding, GateCode, Measurement, MeasurementKind, NotMeasured, Quality,
    Quantity::{self, *},
    Region,
};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Cm2, Hu};
use section::Section;
use slice::Slice;

const SLICE: &str = "l3-slice/1";
const PSOAS: &str = "psoas-area/1";
const INDEX: &str = "area-by-height/1";
const GAUGE: &str = "muscle-gauge/1";
const MOURTZAKIS: &str = "mourtzakis/1";
const DXA_SMI: &str = "dxa-smi-regression/1";

/// What is said of the patient as a whole.
pub(super) struct BodyComposition {
    pub finding: Option<Finding>,
    pub quality: Option<Quality>,
    /// The pixels that were counted, one slice thick.
    pub region: Option<StructureMask>,
}

/// Measures the slice through L3 where the labels allow it, and applies the site's regression to `muscles`.
pub(super) fn measure_body(subject: &Subject<'_>, gates: &Gates<'_>, muscles: &[Finding]) -> BodyComposition {
    let mut values = Values::default();
    let mut region = None;
    let mut quality = None;
    if is_wanted(subject) {
        let areas = Areas::measure(subject, gates, slice::find(subject.labels, gates));
        areas.record(&mut values, subject.patient.height_m);
        quality = areas.truncation();
        region = areas.region();
    }
    if let Some(regression) = &subject.settings.site.dxa_smi {
        let estimate = dxa_smi::estimate(regression, muscles, subject.patient.height_m);
        values.put(Region::Whole, EstimatedDxaSmi, estimate, DXA_SMI);
    }
    BodyComposition { finding: values.finding(), quality, region }
}

/// A report on glutei alone is not burdened with a slice that nobody asked for.
fn is_wanted(subject: &Subject<'_>) -> bool {
    let labelled = |structure| subject.labels.masks.iter().any(|mask| mask.structure == structure);
    let psoas = labelled(Structure::PsoasMajor) || labelled(Structure::Iliopsoas);
    subject.settings.measurements.contains(&MeasurementKind::Muscle)
        || labelled(Structure::SkeletalMuscle)
        || (psoas && labelled(Structure::L3))
}

/// Some pixels of the slice.
#[derive(Clone)]
struct Part {
    pixels: Vec<Index>,
    area: Cm2,
    /// Not a number where there are no pixels.
    mean: Hu,
}

impl Part {
    fn new(section: Section<'_>, mut pixels: Vec<Index>, range: fn(Hu) -> bool) -> Part {
        pixels.retain(|pixel| range(section.hu(*pixel)));
        Part { area: section.area(pixels.len()), mean: section.mean(&pixels), pixels }
    }
}

/// The slice and its parts, or why there are none.
struct Areas {
    slice: Result<Slice, Block>,
    /// In the range of muscle.
    muscle: Result<Part, Block>,
    intermuscular_fat: Result<Part, Block>,
    subcutaneous_fat: Result<Part, Block>,
    visceral_fat: Result<Part, Block>,
    psoas: Result<Part, Block>,
}

impl Areas {
    fn measure(subject: &Subject<'_>, gates: &Gates<'_>, slice: Result<Slice, Block>) -> Areas {
        let section = slice.clone().map(|slice| Section::new(subject.volume, subject.labels, gates.field_of_view, slice.index));
        let part = |pixels: fn(Section<'_>, &Labels) -> Result<Vec<Index>, Block>, range| {
            let section = section.clone()?;
            Ok(Part::new(section, pixels(section, subject.labels)?, range))
        };
        Areas {
            muscle: part(skeletal_muscle, is_muscle).and_then(not_empty),
            intermuscular_fat: part(skeletal_muscle, is_fat),
            subcutaneous_fat: part(|section, _| section.pixels(Structure::SubcutaneousFat, Side::None), is_fat),
            visceral_fat: part(|section, _| section.pixels(Structure::VisceralFat, Side::None), is_fat),
            psoas: part(psoas, |_| true),
            slice,
        }
    }

    fn record(&self, values: &mut Values, height: Option<f64>) {
        let area = |part: &Result<Part, Block>| part.as_ref().map(|part| part.area.0).map_err(Block::clone);
        let (muscle, psoas) = (area(&self.muscle), area(&self.psoas));
        let (subcutaneous, visceral) = (area(&self.subcutaneous_fat), area(&self.visceral_fat));
        let attenuation = self.muscle.as_ref().map(|part| part.mean.0).map_err(Block::clone);
        let index = by_height_squared(&muscle, height);
        let gauge = index.clone().and_then(|index| Ok(index * attenuation.clone()?));
        let lean = muscle.clone().map(|area| 0.30 * area + 6.06);
        let fat = subcutaneous.clone().and_then(|subcutaneous| Ok(0.042 * (subcutaneous + visceral.clone()?) + 11.2));
        let psoas_index = by_height_squared(&psoas, height);
        for (quantity, value, method) in [
            (SlicePosition, self.slice.clone().map(|slice| slice.position.0), SLICE),
            (SkeletalMuscleArea, muscle, SLICE),
            (SkeletalMuscleAttenuation, attenuation, SLICE),
            (IntermuscularFatArea, area(&self.intermuscular_fat), SLICE),
            (SubcutaneousFatArea, subcutaneous, SLICE),
            (VisceralFatArea, visceral, SLICE),
            (PsoasArea, psoas, PSOAS),
            (SkeletalMuscleIndex, index, INDEX),
            (PsoasMuscleIndex, psoas_index, INDEX),
            (SkeletalMuscleGauge, gauge, GAUGE),
        ] {
            values.put(Region::L3Slice, quantity, value, method);
        }
        values.put(Region::Whole, BodyFatFreeMass, lean, MOURTZAKIS);
        values.put(Region::Whole, BodyFatMass, fat, MOURTZAKIS);
    }

    /// Muscles of a patient who does not fit into the field of view are whole, but not beyond doubt.
    fn truncation(&self) -> Option<Quality> {
        let block = self.subcutaneous_fat.as_ref().err().filter(|block| block.code == GateCode::FovTrunc)?;
        self.muscle.is_ok().then(|| {
            let message = format!("{}: check that the muscles of the slice through L3 are whole", block.reason);
            Quality::warning(GateCode::FovTrunc, message, block.found)
        })
    }

    fn region(&self) -> Option<StructureMask> {
        let parts = [&self.muscle, &self.intermuscular_fat, &self.subcutaneous_fat, &self.visceral_fat, &self.psoas];
        section::mask_of(parts.into_iter().flatten().flat_map(|part| &part.pixels).copied())
    }
}

/// The pixels of the label of all muscle, unless their mean is not one of muscle.
fn skeletal_muscle(section: Section<'_>, labels: &Labels) -> Result<Vec<Index>, Block> {
    let pixels = section.pixels(Structure::SkeletalMuscle, Side::None)?;
    let mask = labels.masks.iter().find(|mask| mask.structure == Structure::SkeletalMuscle);
    mask.and_then(|mask| Gates::muscle_range(mask, section.mean(&pixels))).map_or(Ok(pixels), Err)
}

fn not_empty(part: Part) -> Result<Part, Block> {
    match part.pixels.is_empty() {
        false => Ok(part),
        true => Err(Block {
            code: GateCode::RoiSmall,
            reason: "no pixel of skeletal muscle in the slice through L3 lies above -30 and up to 150 HU".to_owned(),
            found: Some(0.0),
        }),
    }
}

/// Which label is taken for psoas.
pub(super) fn psoas_label(labels: &Labels) -> Structure {
    let labelled = |structure| labels.masks.iter().any(|mask| mask.structure == structure);
    match labelled(Structure::Iliopsoas) && !labelled(Structure::PsoasMajor) {
        true => Structure::Iliopsoas,
        false => Structure::PsoasMajor,
    }
}

/// Those of both sides, each once.
fn psoas(section: Section<'_>, labels: &Labels) -> Result<Vec<Index>, Block> {
    let structure = psoas_label(labels);
    let mut pixels = section.pixels(structure, Side::Left)?;
    let right = section.pixels(structure, Side::Right)?;
    let made =
        labels.masks.iter().filter(|mask| mask.structure == structure).all(|mask| uncertainty::is_of_model(labels, mask));
    if let Some(ratio) = uncertainty::unlike(pixels.len() as f64, right.len() as f64).filter(|_| made) {
        let reason = format!(
            "in the slice through L3 the smaller {} has {:.0} % of the larger by the model's labels; usual is more than {:.0} %: \
             corrected labels as DICOM SEG would do",
            structure.english().to_lowercase(),
            ratio * 100.0,
            LEAST_LIKENESS * 100.0
        );
        return Err(Block { code: GateCode::Uncertain, reason, found: Some(ratio) });
    }
    pixels.extend(right);
    pixels.sort_unstable();
    pixels.dedup();
    Ok(pixels)
}

/// cm2/m2.
fn by_height_squared(area: &Result<f64, Block>, height: Option<f64>) -> Result<f64, Block> {
    Ok(area.clone()? / height.ok_or_else(no_height)?.powi(2))
}

fn no_height() -> Block {
    Block {
        code: GateCode::HeightMissing,
        reason: "the height of the patient is not known: Patient's Size (0010,1020), or the setting patient.height_m, would do"
            .to_owned(),
        found: None,
    }
}

/// A finding on its way.
#[derive(Default)]
struct Values {
    measurements: Vec<Measurement>,
    not_measured: Vec<NotMeasured>,
}

impl Values {
    /// Adds a value, or adds it to those that the same block withholds.
    fn put(&mut self, region: Region, quantity: Quantity, value: Result<f64, Block>, method: &str) {
        let missing = match value {
            Ok(value) => return self.measurements.push(Measurement::new(region, quantity, value, method)),
            Err(block) => NotMeasured::values(region, &[quantity], block),
        };
        let same =
            |one: &&mut NotMeasured| (one.region, one.code, &one.reason) == (missing.region, missing.code, &missing.reason);
        match self.not_measured.iter_mut().find(same) {
            Some(one) => one.quantities.push(quantity),
            None => self.not_measured.push(missing),
        }
    }

    fn finding(self) -> Option<Finding> {
        let Values { measurements, not_measured } = self;
        let empty = measurements.is_empty() && not_measured.is_empty();
        (!empty).then(|| Finding { measurements, not_measured, ..Finding::new(Structure::Body, Side::None) })
    }
}
