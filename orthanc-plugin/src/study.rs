//! Studies, series and instances, as Orthanc knows them.

use crate::archive::Archive;
use crate::refusal::Refusal;
use crate::sdk::Method;
use serde::Deserialize;

/// Manufacturer (0008,0070) of everything that BoneMuscle writes: such series are results, not input.
pub const OWN_MANUFACTURER: &str = "BoneMuscle";

/// Which kind of resource was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// A study: the best CT series, or where there is none the best radiograph of a hip is chosen.
    Study,
    /// This CT series, or a radiograph of this series.
    Series,
}

impl Level {
    /// For sentences.
    pub fn word(self) -> &'static str {
        match self {
            Level::Study => "study",
            Level::Series => "series",
        }
    }
}

/// A study or series with a well-formed Orthanc identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Resource {
    /// Study or series.
    pub level: Level,
    /// Orthanc identifier.
    pub id: String,
}

impl Resource {
    /// From the words of a path, such as `studies` and an identifier. A malformed identifier is refused here, so that nothing
    /// else than an identifier ever becomes part of a path.
    pub fn new(collection: &str, id: &str) -> Result<Resource, Refusal> {
        let level = if collection == "series" { Level::Series } else { Level::Study };
        let groups: Vec<&str> = id.split('-').collect();
        let is_hexadecimal = |group: &&str| group.len() == 8 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
        match groups.len() == 5 && groups.iter().all(is_hexadecimal) {
            true => Ok(Resource { level, id: id.to_ascii_lowercase() }),
            false => Err(Refusal::not_found(format!(
                "{id:?} is not an Orthanc identifier (five groups of eight hexadecimal digits); GET /{collection} lists them"
            ))),
        }
    }

    /// From what [`Resource::path`] gives.
    pub fn from_path(path: &str) -> Result<Resource, Refusal> {
        match path.split_once('/') {
            Some((collection @ ("studies" | "series"), id)) => Resource::new(collection, id),
            _ => Err(Refusal::internal(format!("{path:?} names neither study nor series"))),
        }
    }

    /// `studies/IDENTIFIER` or `series/IDENTIFIER`: how it is named where it is kept and listed.
    pub fn path(&self) -> String {
        match self.level {
            Level::Study => format!("studies/{}", self.id),
            Level::Series => format!("series/{}", self.id),
        }
    }

    /// Its path in Orthanc's REST API.
    pub fn uri(&self) -> String {
        format!("/{}", self.path())
    }

    /// The refusal of a resource that is not there.
    pub fn absent(&self) -> Refusal {
        Refusal::not_found(format!("there is no {} {} in this Orthanc", self.level.word(), self.id))
    }
}

/// A series.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Series {
    /// Orthanc identifier.
    #[serde(rename = "ID")]
    pub id: String,
    /// Orthanc identifiers of its instances.
    pub instances: Vec<String>,
    main_dicom_tags: MainDicomTags,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MainDicomTags {
    #[serde(rename = "SeriesInstanceUID", default)]
    series_instance_uid: String,
    #[serde(default)]
    modality: String,
    #[serde(default)]
    manufacturer: String,
    #[serde(default)]
    body_part_examined: String,
    #[serde(default)]
    series_description: String,
}

impl Series {
    /// Series Instance UID.
    pub fn uid(&self) -> &str {
        self.main_dicom_tags.series_instance_uid.trim_end_matches(['\0', ' '])
    }

    /// Modality (0008,0060), `none` where it is absent.
    pub fn modality(&self) -> &str {
        match self.main_dicom_tags.modality.trim() {
            "" => "none",
            modality => modality,
        }
    }

    /// Body Part Examined (0018,0015); empty where it is absent.
    pub fn body_part(&self) -> &str {
        self.main_dicom_tags.body_part_examined.trim()
    }

    /// Series Description (0008,103E); empty where it is absent.
    pub fn description(&self) -> &str {
        self.main_dicom_tags.series_description.trim()
    }

    /// All series of a study, in Orthanc's order; `None` where there is no such study.
    pub fn of_study(archive: &dyn Archive, study: &str) -> Result<Option<Vec<Series>>, Refusal> {
        let reply = archive.call(Method::Get, &format!("/studies/{study}/series"), &[], b"")?;
        let series = reply.json().map(serde_json::from_value).transpose();
        series.map_err(|error| Refusal::internal(format!("Orthanc's list of series is not understood: {error}")))
    }

    /// The two instances that lie farthest apart, which tell what the series covers; the first, where no position is known.
    pub fn outermost(&self, archive: &dyn Archive) -> Result<Vec<String>, Refusal> {
        let reply = archive.call(Method::Get, &format!("/series/{}/instances", self.id), &[], b"")?.json().unwrap_or_default();
        let instances: Vec<Instance> = serde_json::from_value(reply)
            .map_err(|error| Refusal::internal(format!("Orthanc's list of instances is not understood: {error}")))?;
        let pair = farthest_apart(&instances).unwrap_or_else(|| self.instances.iter().take(1).cloned().collect());
        Ok(pair)
    }

    /// Whether it is a CT, and not one of our results.
    pub fn is_ct(&self) -> bool {
        self.modality() == "CT" && !self.is_own()
    }

    /// Whether it holds radiographs (Computed Radiography, Digital X-Ray). No result of ours is one, but simulated films are.
    pub fn is_film(&self) -> bool {
        matches!(self.modality(), "CR" | "DX")
    }

    /// Whether BoneMuscle wrote it.
    pub fn is_own(&self) -> bool {
        self.main_dicom_tags.manufacturer.trim() == OWN_MANUFACTURER
    }
}

/// An instance of a series, with its position.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    #[serde(rename = "ID")]
    id: String,
    main_dicom_tags: InstanceTags,
}

#[derive(Debug, Deserialize)]
struct InstanceTags {
    #[serde(rename = "ImagePositionPatient", default)]
    position: String,
}

impl Instance {
    fn position(&self) -> Option<[f64; 3]> {
        let numbers: Option<Vec<f64>> =
            self.main_dicom_tags.position.split('\\').map(|text| text.trim().parse().ok()).collect();
        <[f64; 3]>::try_from(numbers?).ok()
    }
}

/// The slices of a series lie on a line: the farthest from any of them is one end, the farthest from there the other.
fn farthest_apart(instances: &[Instance]) -> Option<Vec<String>> {
    let placed: Vec<(&Instance, [f64; 3])> = instances.iter().filter_map(|one| Some((one, one.position()?))).collect();
    let distance = |a: [f64; 3], b: [f64; 3]| (0..3).map(|axis| (a[axis] - b[axis]).powi(2)).sum::<f64>();
    let farthest = |from: [f64; 3]| placed.iter().max_by(|a, b| distance(a.1, from).total_cmp(&distance(b.1, from)));
    let one = farthest(placed.first()?.1)?;
    let other = farthest(one.1)?;
    Some(if one.0.id == other.0.id { vec![one.0.id.clone()] } else { vec![one.0.id.clone(), other.0.id.clone()] })
}

/// A study with its series.
#[derive(Debug)]
pub struct Study {
    /// Orthanc identifier.
    pub id: String,
    /// All series, in Orthanc's order.
    pub series: Vec<Series>,
}

impl Study {
    /// The study that `resource` is or belongs to.
    pub fn load(archive: &dyn Archive, resource: &Resource) -> Result<Study, Refusal> {
        let reply = archive.call(Method::Get, &resource.uri(), &[], b"")?.json().ok_or_else(|| resource.absent())?;
        let id = match resource.level {
            Level::Study => resource.id.clone(),
            Level::Series => reply.get("ParentStudy").and_then(|id| id.as_str()).unwrap_or_default().to_owned(),
        };
        let series = Series::of_study(archive, &id)?.ok_or_else(|| resource.absent())?;
        Ok(Study { id, series })
    }

    /// What the study holds, for sentences: `CT, MR, MR`.
    pub fn modalities(&self) -> String {
        let mut modalities: Vec<&str> = self.series.iter().map(Series::modality).collect();
        modalities.sort_unstable();
        modalities.join(", ")
    }
}

/// Whether a text has the letters of a UID (PS3.5 9.1).
pub fn is_uid(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identifiers_become_paths() {
        let id = "0a9b3153-2512774b-2d9580de-1fc3dcf6-3bd83918";
        assert_eq!(Resource::new("series", id).unwrap().uri(), format!("/series/{id}"));
        assert_eq!(Resource::new("studies", &id.to_uppercase()).unwrap().id, id);
        for bad in ["", "x", "..", "0a9b3153", &format!("{id}?x=1"), &format!("{id}-"), &id.replace('a', "é"), &id[1..]] {
            assert_eq!(Resource::new("studies", bad).unwrap_err().http_status, 404, "{bad}");
        }
    }

    #[test]
    fn series_of_orthanc_are_read() {
        let text = r#"[{"ID": "a", "Instances": ["i"], "ParentStudy": "s", "Type": "Series",
            "MainDicomTags": {"Modality": "SEG", "Manufacturer": "BoneMuscle ", "SeriesInstanceUID": "1.2"}},
            {"ID": "b", "Instances": [], "MainDicomTags": {}}]"#;
        let series: Vec<Series> = serde_json::from_str(text).unwrap();
        assert_eq!((series[0].uid(), series[0].modality(), series[0].is_own()), ("1.2", "SEG", true));
        assert_eq!((series[1].modality(), series[1].is_own()), ("none", false));
    }

    #[test]
    fn images_are_ct_and_films_of_others() {
        let kind = |modality: &str, manufacturer: &str| {
            let tags = serde_json::json!({"Modality": modality, "Manufacturer": manufacturer});
            let text = serde_json::json!({"ID": "a", "Instances": [], "MainDicomTags": tags});
            let series: Series = serde_json::from_value(text).unwrap();
            (series.is_ct(), series.is_film())
        };
        assert_eq!(kind("CT", "Scanner"), (true, false));
        assert_eq!([kind("CR", ""), kind("DX ", "Maker"), kind("DX", OWN_MANUFACTURER)], [(false, true); 3]);
        assert_eq!([kind("CT", OWN_MANUFACTURER), kind("RF", "Maker"), kind("dx", "Maker")], [(false, false); 3]);
    }

    #[test]
    fn the_outermost_slices_tell_what_a_series_covers() {
        let instance = |id: &str, position: &str| Instance {
            id: id.to_owned(),
            main_dicom_tags: InstanceTags { position: position.to_owned() },
        };
        let shuffled = ["0\\0\\4", "0\\0\\-8", "", "0\\1\\10", "0\\0\\2"];
        let instances: Vec<_> = ["a", "b", "c", "d", "e"].iter().zip(shuffled).map(|(id, at)| instance(id, at)).collect();
        assert_eq!(farthest_apart(&instances).unwrap(), ["b", "d"]);
        assert_eq!(farthest_apart(&instances[..1]).unwrap(), ["a"]);
        assert_eq!(farthest_apart(&instances[2..3]), None);
    }
}
