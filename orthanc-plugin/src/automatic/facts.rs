//! What a study says of itself. Nothing is guessed: what is not there is absent.

use crate::archive::Archive;
use crate::refusal::Refusal;
use crate::sdk::Method;
use crate::study::Series;
use jiff::Unit;
use jiff::civil::Date;
use serde_json::Value;
use std::cell::OnceCell;

/// Modalities of series that a measurement may read.
const INPUT: [&str; 4] = ["CT", "CR", "DX", "SEG"];

/// A study, without what BoneMuscle wrote.
#[derive(Debug, Default)]
pub struct Facts {
    /// Study Date (0008,0020).
    pub date: Option<Date>,
    /// Patient's Birth Date (0010,0030).
    pub birth_date: Option<Date>,
    /// Series that hold something, and that others wrote.
    pub series: Vec<SeriesFacts>,
    /// Orthanc identifiers of everything that a measurement may read, in order.
    pub inputs: Vec<String>,
}

/// A series.
#[derive(Debug, Clone, Default)]
pub struct SeriesFacts {
    /// Modality (0008,0060).
    pub modality: String,
    /// Body Part Examined (0018,0015).
    pub body_part: Option<String>,
    /// Series Description (0008,103E).
    pub description: Option<String>,
    /// How many instances it has.
    pub instances: usize,
    /// Orthanc identifier of one of them.
    pub instance: String,
    /// Read only where a rule asks for it, for Orthanc opens a file.
    pub header: OnceCell<Header>,
}

/// What only the header of an instance says.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Header {
    /// Patient's Age (0010,1010), in completed years.
    pub age_years: Option<f64>,
    /// Slice Thickness (0018,0050), of this image or of all its frames.
    pub slice_thickness_mm: Option<f64>,
}

/// The dates of a study, which cost one call; `None` where there is no such study.
pub fn dates(archive: &dyn Archive, study: &str) -> Result<Option<Facts>, Refusal> {
    let Some(reply) = archive.call(Method::Get, &format!("/studies/{study}"), &[], b"")?.json() else { return Ok(None) };
    let read = |tags: &str, tag: &str| reply[tags][tag].as_str().and_then(date);
    Ok(Some(Facts {
        date: read("MainDicomTags", "StudyDate"),
        birth_date: read("PatientMainDicomTags", "PatientBirthDate"),
        ..Facts::default()
    }))
}

impl Facts {
    /// Adds the series; answers whether the study is still there.
    pub fn add_series(&mut self, archive: &dyn Archive, study: &str) -> Result<bool, Refusal> {
        let Some(series) = Series::of_study(archive, study)? else { return Ok(false) };
        for one in series.iter().filter(|one| !one.is_own()) {
            if INPUT.contains(&one.modality()) {
                self.inputs.extend(one.instances.iter().cloned());
            }
            let Some(instance) = one.instances.first() else { continue };
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            self.series.push(SeriesFacts {
                modality: one.modality().to_owned(),
                body_part: given(one.body_part()),
                description: given(one.description()),
                instances: one.instances.len(),
                instance: instance.clone(),
                header: OnceCell::new(),
            });
        }
        self.inputs.sort_unstable();
        Ok(true)
    }

    /// Patient's Age, or the years completed between birth and study.
    pub fn age_years(&self, series: &SeriesFacts, archive: &dyn Archive) -> Result<Option<f64>, Refusal> {
        Ok(series.header(archive)?.age_years.or_else(|| completed_years(self.birth_date?, self.date?)))
    }
}

impl SeriesFacts {
    /// The header of one of its instances.
    pub fn header(&self, archive: &dyn Archive) -> Result<Header, Refusal> {
        if let Some(header) = self.header.get() {
            return Ok(*header);
        }
        let reply = archive.call(Method::Get, &format!("/instances/{}/simplified-tags", self.instance), &[], b"")?;
        Ok(*self.header.get_or_init(|| Header::read(&reply.json().unwrap_or_default())))
    }
}

impl Header {
    fn read(tags: &Value) -> Header {
        let text = |tags: &Value, tag: &str| tags[tag].as_str().map(|text| text.trim().to_owned());
        let shared = &tags["SharedFunctionalGroupsSequence"][0]["PixelMeasuresSequence"][0];
        let thickness = text(tags, "SliceThickness").or_else(|| text(shared, "SliceThickness"));
        Header {
            age_years: text(tags, "PatientAge").and_then(|age| stated_years(&age)),
            slice_thickness_mm: thickness.and_then(|text| text.parse().ok()).filter(|mm: &f64| mm.is_finite() && *mm > 0.0),
        }
    }
}

/// An Age String (PS3.5 6.2), such as `063Y` or `018M`; `000Y` stands where nobody stated an age.
fn stated_years(age: &str) -> Option<f64> {
    let (number, unit) = age.split_at_checked(age.len().checked_sub(1)?)?;
    let days = match unit {
        "Y" => 365.25,
        "M" => 365.25 / 12.0,
        "W" => 7.0,
        "D" => 1.0,
        _ => return None,
    };
    let number = number.parse::<u16>().ok().filter(|number| *number > 0 || unit != "Y")?;
    Some((f64::from(number) * days / 365.25).floor())
}

fn completed_years(birth: Date, study: Date) -> Option<f64> {
    let years = birth.until((Unit::Year, study)).ok()?.get_years();
    (birth <= study).then(|| f64::from(years))
}

/// A date of DICOM, `20260131`; what older writers made of it, `2026.01.31`, too.
fn date(text: &str) -> Option<Date> {
    let digits = text.trim().replace('.', "");
    let is_date = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    is_date.then(|| Date::new(part(0..4)?, part(4..6)?.try_into().ok()?, part(6..8)?.try_into().ok()?).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ages_are_completed_years() {
        let ages = ["063Y", "018M", "006M", "003W", "000D", "000Y", "63", "Y", "", "0x3Y", "六十Y"].map(stated_years);
        assert_eq!(ages, [Some(63.0), Some(1.0), Some(0.0), Some(0.0), Some(0.0), None, None, None, None, None, None]);
        let years = |birth: &str, study: &str| completed_years(date(birth).unwrap(), date(study).unwrap());
        assert_eq!(years("19700601", "20260531"), Some(55.0));
        assert_eq!(years("19700601", "20260601"), Some(56.0));
        assert_eq!(years("20000229", "20230228"), Some(22.0));
        assert_eq!(years("20260601", "19700601"), None);
    }

    #[test]
    fn dates_that_are_none_are_absent() {
        for text in ["", "2026", "20261301", "20260230", "2026-1-01", "２０２６０１０１"] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(date("2026.01.31"), date("20260131 "));
    }

    #[test]
    fn the_thickness_of_all_frames_counts_for_an_enhanced_image() {
        let header = Header::read(&json!({"SliceThickness": "2.5 ", "PatientAge": "050Y"}));
        assert_eq!(header, Header { age_years: Some(50.0), slice_thickness_mm: Some(2.5) });
        let shared = json!({"SharedFunctionalGroupsSequence": [{"PixelMeasuresSequence": [{"SliceThickness": "1"}]}]});
        assert_eq!(Header::read(&shared).slice_thickness_mm, Some(1.0));
        for absent in
            [json!({}), json!({"SliceThickness": ""}), json!({"SliceThickness": "0"}), json!({"SliceThickness": "inf"})]
        {
            assert_eq!(Header::read(&absent).slice_thickness_mm, None);
        }
    }
}
