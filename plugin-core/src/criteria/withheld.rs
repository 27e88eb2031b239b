//! Why scores and categories are not given, each reason once.

use super::{Context, Sex};
use crate::calibration::Calibration;
use crate::report::{Block, Criterion, GateCode, NotMeasured, Patient, Quantity, Region};
use crate::units::Unit;

/// No criterion exists for children.
const ADULT: u32 = 20;

/// Reasons of one finding.
#[derive(Default)]
pub(super) struct Withheld {
    entries: Vec<Entry>,
}

struct Entry {
    block: Block,
    regions: Vec<Region>,
    quantities: Vec<Quantity>,
    criteria: Vec<Criterion>,
}

impl Withheld {
    pub fn score(&mut self, region: Region, quantity: Quantity, block: Block) {
        let entry = self.entry(region, block);
        push_new(&mut entry.quantities, quantity);
    }

    pub fn category(&mut self, region: Region, criterion: Criterion, block: Block) {
        let entry = self.entry(region, block);
        push_new(&mut entry.criteria, criterion);
    }

    fn entry(&mut self, region: Region, block: Block) -> &mut Entry {
        let place = self.entries.iter().position(|entry| entry.block == block).unwrap_or_else(|| {
            self.entries.push(Entry { block, regions: Vec::new(), quantities: Vec::new(), criteria: Vec::new() });
            self.entries.len() - 1
        });
        let entry = &mut self.entries[place];
        push_new(&mut entry.regions, region);
        entry
    }

    /// One entry for each reason; a reason that concerns several regions stands at the whole structure.
    pub fn into_not_measured(self) -> Vec<NotMeasured> {
        let one = |Entry { block, regions, quantities, criteria }| NotMeasured {
            region: if let [region] = regions[..] { region } else { Region::Whole },
            criteria,
            ..NotMeasured::values(Region::Whole, &quantities, block)
        };
        self.entries.into_iter().map(one).collect()
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Adds what says something new: of each gate only the first.
pub(super) fn add(blocks: &mut Vec<Block>, more: impl IntoIterator<Item = Block>) {
    for block in more {
        if blocks.iter().all(|other| other.code != block.code) {
            blocks.push(block);
        }
    }
}

/// What withholds every category of this patient.
pub(super) fn of_patient(patient: &Patient) -> Vec<Block> {
    let age = patient.age_years.map_or_else(|| Some(age_unknown()), minor);
    let sex = Sex::of(patient).is_none().then(|| sex_unknown(patient));
    age.into_iter().chain(sex).collect()
}

/// What withholds the categories of a quantity, beside the patient.
pub(super) fn of_quantity(quantity: Quantity, context: Context<'_>) -> Vec<Block> {
    let mineral = is_mineral(quantity);
    let attenuation = quantity.unit() == Unit::Hounsfield;
    let uses_attenuation = mineral || attenuation || quantity == Quantity::EstimatedDxaSmi;
    let mut blocks = Vec::new();
    if mineral {
        blocks.extend(weak_calibration(context.calibration));
        blocks.extend(unconfirmed(context.calibration).filter(|_| blocks.is_empty()));
    }
    let said = |code| context.quality.iter().find(|quality| quality.code == code);
    if let Some(quality) = said(GateCode::Contrast).filter(|_| uses_attenuation) {
        blocks.push(Block { code: GateCode::Contrast, reason: quality.message.clone(), found: quality.found });
    }
    if let Some(quality) = said(GateCode::Kvp).filter(|_| attenuation) {
        blocks.push(Block { code: GateCode::Kvp, reason: quality.message.clone(), found: quality.found });
    }
    blocks
}

/// Mineral densities and the scores of them.
fn is_mineral(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::TScore | Quantity::ZScore | Quantity::PercentYoungAdultMean)
        || matches!(quantity.unit(), Unit::VolumetricDensity(_) | Unit::ArealDensity(_) | Unit::MineralContent(_))
}

/// Calibrations that not even a score may rest on.
pub(super) fn weak_calibration(calibration: &Calibration) -> Option<Block> {
    match calibration {
        Calibration::None => Some(block(
            GateCode::NotCalibrated,
            "the CT is not calibrated; a phantom in the scan, a stored calibration or a mapping of tissues is needed",
        )),
        // Its scale starts at fat, that of phantoms at water.
        Calibration::Physics(_) => Some(block(
            GateCode::CalibrationLowConfidence,
            "the CT is calibrated by tables of attenuation alone, whose densities lie about 35 mg/cm3 from those of phantoms",
        )),
        _ => None,
    }
}

fn unconfirmed(calibration: &Calibration) -> Option<Block> {
    (!calibration.confirmed()).then(|| {
        block(
            GateCode::CalibrationUnconfirmed,
            "nobody has confirmed the calibration: compare the definition with the phantom's certificate and name who did in \
             confirmed_by",
        )
    })
}

/// What withholds every category of somebody too young.
pub(super) fn minor(age: u32) -> Option<Block> {
    (age < ADULT).then(|| Block {
        code: GateCode::Age,
        reason: format!("the patient is {age} years old; no criterion exists below {ADULT} years"),
        found: Some(f64::from(age)),
    })
}

pub(super) fn age_unknown() -> Block {
    block(GateCode::Age, "Patient's Age (0010,1010) is not known in years; reference values depend on it")
}

pub(super) fn sex_unknown(patient: &Patient) -> Block {
    let found = if patient.sex.is_some() { "is neither F nor M" } else { "is not known" };
    block(GateCode::Sex, &format!("Patient's Sex (0010,0040) {found}; reference values depend on it"))
}

pub(super) fn no_reference(reason: &str) -> Block {
    block(GateCode::NoReference, reason)
}

fn block(code: GateCode, reason: &str) -> Block {
    Block { code, reason: reason.to_owned(), found: None }
}
