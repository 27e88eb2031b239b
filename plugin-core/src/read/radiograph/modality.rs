//! Modality LUT (PS3.3 C.11.1): from stored values to those that the machine means.

use crate::read::ct_image::sentence;
use crate::read::elements::DataSet;
use dicom_dictionary_std::tags;

/// A table with more entries than 16 bits can address is none.
const MOST_ENTRIES: usize = 1 << 16;
/// Values that stay exact in f32 and overflow nothing later.
const FARTHEST: f64 = 1e6;

/// From a stored value to one after the Modality LUT.
#[derive(Debug, Clone, PartialEq)]
pub enum ModalityTransform {
    /// Rescale Slope (0028,1053) and Rescale Intercept (0028,1052); 1 and 0 where both are absent.
    Linear {
        /// Not 0.
        slope: f64,
        /// Value of a stored zero.
        intercept: f64,
    },
    /// Modality LUT Sequence (0028,3000).
    Table {
        /// Stored value of the first entry; smaller ones have its value.
        first: i32,
        /// One value for each stored value from the first on; larger ones have the last.
        values: Vec<u16>,
    },
}

impl ModalityTransform {
    /// Stored values pass unchanged.
    pub const IDENTITY: ModalityTransform = ModalityTransform::Linear { slope: 1.0, intercept: 0.0 };

    /// Reads rescale or table; `signed` is Pixel Representation (0028,0103).
    pub(super) fn read(elements: &DataSet<'_>, signed: bool) -> Result<ModalityTransform, String> {
        let rescale = rescale(elements)?;
        let sequence =
            elements.items(tags::MODALITY_LUT_SEQUENCE).map_err(|defect| format!("the header cannot be read: {defect}"))?;
        match sequence.first() {
            None => Ok(rescale),
            Some(item) if rescale == ModalityTransform::IDENTITY => table(item, signed),
            Some(_) => {
                let found = "present beside Rescale Slope (0028,1053)";
                Err(sentence("Modality LUT Sequence", tags::MODALITY_LUT_SEQUENCE, found, "one of the two"))
            }
        }
    }

    /// The value after the Modality LUT.
    pub fn apply(&self, stored: i32) -> f64 {
        match self {
            ModalityTransform::Linear { slope, intercept } => slope * f64::from(stored) + intercept,
            ModalityTransform::Table { first, values } => {
                let place = usize::try_from(stored.saturating_sub(*first)).unwrap_or(0);
                values.get(place).or(values.last()).copied().map_or(0.0, f64::from)
            }
        }
    }

    /// Whether a larger stored value becomes a larger one (true) or a smaller one (false); none where it is neither throughout.
    pub fn ascends(&self) -> Option<bool> {
        match self {
            ModalityTransform::Linear { slope, .. } => Some(*slope > 0.0),
            ModalityTransform::Table { values, .. } => {
                let (first, last) = (values.first()?, values.last()?);
                let descends = || values.iter().rev().is_sorted();
                (first < last && values.is_sorted()).then_some(true).or_else(|| (first > last && descends()).then_some(false))
            }
        }
    }
}

fn rescale(elements: &DataSet<'_>) -> Result<ModalityTransform, String> {
    let number = |keyword, tag, absent: f64| match (elements.ascii(tag), elements.decimals(tag).as_deref()) {
        (None, _) => Ok(absent),
        (Some(_), Some([value])) if value.abs() <= FARTHEST => Ok(*value),
        (Some(found), _) => Err(sentence(keyword, tag, found, "a number from -1000000 to 1000000")),
    };
    let slope = number("Rescale Slope", tags::RESCALE_SLOPE, 1.0)?;
    let intercept = number("Rescale Intercept", tags::RESCALE_INTERCEPT, 0.0)?;
    if slope == 0.0 {
        return Err(sentence("Rescale Slope", tags::RESCALE_SLOPE, slope, "a number other than 0"));
    }
    Ok(ModalityTransform::Linear { slope, intercept })
}

fn table(item: &DataSet<'_>, signed: bool) -> Result<ModalityTransform, String> {
    let descriptor = item.unsigneds(tags::LUT_DESCRIPTOR);
    let &[entries, first, bits @ 8..=16] = descriptor.as_slice() else {
        let accepted = "three numbers, the last 8 to 16";
        return Err(sentence("LUT Descriptor", tags::LUT_DESCRIPTOR, format!("{descriptor:?}"), accepted));
    };
    // 0 stands for 65536 (PS3.3 C.11.1.1.1).
    let entries = if entries == 0 { MOST_ENTRIES } else { usize::from(entries) };
    let first = if signed { i32::from(first as i16) } else { i32::from(first) };
    let bytes = item.bytes(tags::LUT_DATA).unwrap_or_default();
    // Entries of 8 bits are packed two to a word or stand alone in words: only the length tells (PS3.3 C.11.1.1.1).
    let packed = bits == 8 && bytes.len() < 2 * entries && bytes.len() >= entries;
    let values: Vec<u16> = match packed {
        true => bytes.iter().take(entries).map(|byte| u16::from(*byte)).collect(),
        false => item.unsigneds(tags::LUT_DATA).into_iter().take(entries).collect(),
    };
    if values.len() != entries {
        let found = format!("{} bytes long", bytes.len());
        return Err(sentence("LUT Data", tags::LUT_DATA, found, &format!("{entries} entries")));
    }
    Ok(ModalityTransform::Table { first, values })
}
