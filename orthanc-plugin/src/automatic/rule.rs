//! `"Automatic"` of the configuration: which studies are measured without being asked for, and with which request.

use super::pattern::Pattern;
use crate::refusal::Refusal;
use crate::request::{Request, object, unknown, wrong};
use serde_json::{Map, Value};

/// More rules than anybody can oversee.
const MOST_RULES: usize = 100;
/// Their identifiers are kept in one text of Orthanc's database, and MySQL keeps 64 kilobytes.
const MOST_IN_QUEUE: usize = 300;
/// What can be measured at all.
const MODALITIES: [&str; 3] = ["CT", "CR", "DX"];
/// What holds for one patient, or for one call, and so for no rule.
const NOT_FOR_RULES: [&str; 4] = ["Patient", "Priority", "Synchronous", "Asynchronous"];

/// The section as the administrator wrote it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// `Enable`: studies are measured when they become stable, and back-fills are allowed.
    pub enable: bool,
    /// `InQueue`: how many of the trigger, and of a back-fill, are queued or run at a time.
    pub in_queue: Option<usize>,
    /// `Rules`: the first one that a study fulfils gives the request.
    pub rules: Vec<Rule>,
}

/// A study fulfils a rule where one of its series, which BoneMuscle did not write, fulfils all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// `Modality` (0008,0060), one of these.
    pub modalities: Vec<String>,
    /// `BodyPart` (0018,0015), one of these; empty: any, or none.
    pub body_parts: Vec<String>,
    /// `Description` (0008,103E), like one of these; empty: any, or none.
    pub descriptions: Vec<Pattern>,
    /// `Instances` of the series.
    pub instances: Option<Range>,
    /// `Age` in completed years.
    pub age_years: Option<Range>,
    /// `SliceThickness` (0018,0050).
    pub slice_thickness_mm: Option<Range>,
    /// What is asked for.
    pub request: Request,
}

/// From `Least` to `Most`, both included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    least: f64,
    most: f64,
}

impl Range {
    /// Whether a value lies within.
    pub fn holds(&self, value: f64) -> bool {
        (self.least..=self.most).contains(&value)
    }

    fn read(place: &str, value: &Value) -> Result<Range, Refusal> {
        let refused = || wrong(place, value, "{\"Least\": number, \"Most\": number}, or one of them");
        let keys = value.as_object().ok_or_else(refused)?;
        let mut range = Range { least: 0.0, most: f64::INFINITY };
        for (key, value) in keys {
            let number = value.as_f64().filter(|number| *number >= 0.0).ok_or_else(refused)?;
            match key.as_str() {
                "Least" => range.least = number,
                "Most" => range.most = number,
                _ => return Err(refused()),
            }
        }
        if keys.is_empty() || range.least > range.most { Err(refused()) } else { Ok(range) }
    }
}

impl Settings {
    /// Reads the section, which `place` names.
    pub fn read(place: &str, value: &Value) -> Result<Settings, Refusal> {
        let mut settings = Settings::default();
        for (key, value) in object(place, value)? {
            let place = format!("{place}.{key}");
            match key.as_str() {
                "Enable" => settings.enable = value.as_bool().ok_or_else(|| wrong(&place, value, "true or false"))?,
                "InQueue" => settings.in_queue = Some(in_queue(&place, value)?),
                "Rules" => settings.rules = rules(&place, value)?,
                _ => {
                    return Err(unknown(
                        &format!("\"{}\"", place.trim_end_matches(&format!(".{key}"))),
                        key,
                        "Enable, InQueue, Rules",
                    ));
                }
            }
        }
        match settings.enable && settings.rules.is_empty() {
            true => Err(Refusal::request(format!(
                "\"{place}\" is enabled without \"Rules\", so that nothing would be measured; give one, such as \
                 {{\"Modality\": [\"CT\"], \"Request\": {{}}}}"
            ))),
            false => Ok(settings),
        }
    }
}

fn in_queue(place: &str, value: &Value) -> Result<usize, Refusal> {
    let number =
        value.as_u64().and_then(|number| usize::try_from(number).ok()).filter(|number| (1..=MOST_IN_QUEUE).contains(number));
    number.ok_or_else(|| wrong(place, value, &format!("a whole number from 1 to {MOST_IN_QUEUE}")))
}

/// Reads a list of rules, which `place` names.
pub fn rules(place: &str, value: &Value) -> Result<Vec<Rule>, Refusal> {
    let items = value.as_array().filter(|items| items.len() <= MOST_RULES);
    let items = items.ok_or_else(|| wrong(place, value, &format!("a list of at most {MOST_RULES} rules")))?;
    items.iter().enumerate().map(|(index, item)| Rule::read(&format!("{place}[{index}]"), item)).collect()
}

impl Rule {
    fn read(place: &str, value: &Value) -> Result<Rule, Refusal> {
        let keys = object(place, value)?;
        let request = request(&format!("{place}.Request"), keys)?;
        let mut rule = Rule {
            modalities: measurable(&request),
            body_parts: Vec::new(),
            descriptions: Vec::new(),
            instances: None,
            age_years: None,
            slice_thickness_mm: None,
            request,
        };
        for (key, value) in keys {
            let place = format!("{place}.{key}");
            match key.as_str() {
                "Modality" => rule.modalities = modalities(&place, value, &rule.modalities)?,
                "BodyPart" => rule.body_parts = texts(&place, value)?,
                "Description" => rule.descriptions = descriptions(&place, value)?,
                "Instances" => rule.instances = Some(Range::read(&place, value)?),
                "Age" => rule.age_years = Some(Range::read(&place, value)?),
                "SliceThickness" => rule.slice_thickness_mm = Some(Range::read(&place, value)?),
                "Request" => {}
                _ => {
                    let accepted = "Modality, BodyPart, Description, Instances, Age, SliceThickness, Request";
                    return Err(unknown(&format!("\"{}\"", place.trim_end_matches(&format!(".{key}"))), key, accepted));
                }
            }
        }
        Ok(rule)
    }
}

fn request(place: &str, keys: &Map<String, Value>) -> Result<Request, Refusal> {
    let body = keys.get("Request").ok_or_else(|| {
        Refusal::request(format!("\"{place}\" is missing; give the body of a POST, {{}} for what a POST without a body does"))
    })?;
    let of_one = |key: &&&str| body.get(**key).is_some();
    let nested = [("Segmentation", "Series"), ("HipXray", "Side"), ("HipXray", "Film")];
    let of_one = NOT_FOR_RULES.iter().find(of_one).map(|key| (*key).to_owned()).or_else(|| {
        nested.iter().find(|(outer, inner)| body[*outer].get(*inner).is_some()).map(|(outer, inner)| format!("{outer}.{inner}"))
    });
    if let Some(key) = of_one {
        return Err(Refusal::request(format!(
            "\"{place}.{key}\" holds for one patient or one call, and a rule is for many; leave it out"
        )));
    }
    let text = body.to_string();
    Request::read(text.as_bytes()).map_err(|refusal| Refusal::request(format!("\"{place}\": {}", refusal.details)))
}

/// The modalities that a request can be carried out on.
fn measurable(request: &Request) -> Vec<String> {
    let fits = |modality: &&&str| if **modality == "CT" { request.wants_ct() } else { request.wants_film() };
    MODALITIES.iter().filter(fits).map(|modality| (*modality).to_owned()).collect()
}

fn modalities(place: &str, value: &Value, measurable: &[String]) -> Result<Vec<String>, Refusal> {
    let accepted = format!("a list of {}, which the measurements of \"Request\" can be made on", measurable.join(", "));
    let given = texts(place, value)?;
    let all_fit = given.iter().all(|modality| measurable.contains(modality));
    if all_fit { Ok(given) } else { Err(wrong(place, value, &accepted)) }
}

fn descriptions(place: &str, value: &Value) -> Result<Vec<Pattern>, Refusal> {
    let one = value.as_str().map(|text| Value::from(vec![text]));
    let patterns = texts(place, one.as_ref().unwrap_or(value))?;
    Ok(patterns.iter().filter_map(|text| Pattern::read(text)).collect())
}

/// Texts with something in them, in capitals, as Code Strings are; at least one, or the rule would be for everything.
fn texts(place: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let refused = || wrong(place, value, "a list of texts with at least one in it");
    let items = value.as_array().filter(|items| !items.is_empty()).ok_or_else(refused)?;
    let text = |item: &Value| item.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_uppercase);
    items.iter().map(|item| text(item).ok_or_else(refused)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Vec<Rule>, Refusal> {
        rules("Rules", &value)
    }

    #[test]
    fn a_rule_says_all_it_can() {
        let value = json!([{"Modality": ["CT"], "BodyPart": ["abdomen", "PELVIS"], "Description": "*thin*", "Age": {"Least": 50},
            "SliceThickness": {"Most": 3.0}, "Instances": {"Least": 20, "Most": 2000}, "Request": {"Measurements": ["muscle"]}}]);
        let rule = &read(value).unwrap()[0];
        assert_eq!(rule.modalities, ["CT"]);
        assert_eq!(rule.body_parts, ["ABDOMEN", "PELVIS"]);
        assert_eq!(rule.descriptions, [Pattern::read("*thin*").unwrap()]);
        let holds = |range: Option<Range>, value| range.unwrap().holds(value);
        assert_eq!([49.0, 50.0, 120.0].map(|age| holds(rule.age_years, age)), [false, true, true]);
        assert_eq!([0.5, 3.0, 3.1].map(|mm| holds(rule.slice_thickness_mm, mm)), [true, true, false]);
        assert_eq!([19.0, 20.0, 2001.0].map(|count| holds(rule.instances, count)), [false, true, false]);
        assert_eq!(rule.request.measurements, ["muscle"]);
    }

    #[test]
    fn without_a_modality_it_is_what_the_request_can_be_made_on() {
        let of = |request: Value| read(json!([{"Request": request}])).unwrap()[0].modalities.clone();
        assert_eq!(of(json!({})), ["CT", "CR", "DX"]);
        assert_eq!(of(json!({"Measurements": ["muscle"]})), ["CT"]);
        assert_eq!(of(json!({"Measurements": ["hip-xray"]})), ["CR", "DX"]);
    }

    #[test]
    fn off_unless_enabled_and_never_enabled_without_rules() {
        let read = |value: Value| Settings::read("BoneMuscle.Automatic", &value);
        assert_eq!(read(json!({})).unwrap(), Settings::default());
        assert!(!read(json!({"Rules": [{"Request": {}}]})).unwrap().enable);
        assert!(read(json!({"Enable": true, "Rules": [{"Request": {}}]})).unwrap().enable);
        let refusal = read(json!({"Enable": true})).unwrap_err();
        assert!(refusal.details.contains("BoneMuscle.Automatic") && refusal.details.contains("Rules"), "{refusal}");
        assert_eq!(read(json!({"InQueue": 40})).unwrap().in_queue, Some(40));
        assert!(read(json!({"InQueue": 0})).unwrap_err().details.contains("1 to 300"));
        assert!(read(json!({"Enabled": true})).unwrap_err().details.contains("Enable, InQueue, Rules"));
    }

    #[test]
    fn wrong_rules_are_named_with_what_would_do() {
        for (rule, parts) in [
            (json!({}), ["Rules[0].Request", "missing"]),
            (
                json!({"Request": {}, "Modalities": ["CT"]}),
                ["\"Rules[0]\" has the unknown key \"Modalities\"", "Modality, BodyPart"],
            ),
            (json!({"Request": {}, "Modality": ["MR"]}), ["Rules[0].Modality", "CT, CR, DX"]),
            (json!({"Request": {"Measurements": ["hip-xray"]}, "Modality": ["CT"]}), ["Rules[0].Modality", "CR, DX"]),
            (json!({"Request": {}, "BodyPart": []}), ["Rules[0].BodyPart", "at least one"]),
            (json!({"Request": {}, "BodyPart": "HIP"}), ["Rules[0].BodyPart", "a list"]),
            (json!({"Request": {}, "Description": " "}), ["Rules[0].Description", "at least one"]),
            (json!({"Request": {}, "Age": 50}), ["Rules[0].Age", "Least"]),
            (json!({"Request": {}, "Age": {}}), ["Rules[0].Age", "Least"]),
            (json!({"Request": {}, "Age": {"Least": 60, "Most": 50}}), ["Rules[0].Age", "60"]),
            (json!({"Request": {}, "SliceThickness": {"Most": "3 mm"}}), ["Rules[0].SliceThickness", "3 mm"]),
            (json!({"Request": {}, "SliceThickness": {"Max": 3}}), ["Rules[0].SliceThickness", "Max"]),
            (json!({"Request": {"Measurements": ["bmi"]}}), ["Rules[0].Request", "bmi"]),
            (json!({"Request": {"Patient": {"HeightMeters": 1.7}}}), ["Rules[0].Request.Patient", "one patient"]),
            (json!({"Request": {"Priority": 1}}), ["Rules[0].Request.Priority", "leave it out"]),
            (json!({"Request": {"HipXray": {"Side": "left"}}}), ["Rules[0].Request.HipXray.Side", "one patient"]),
            (json!({"Request": {"Segmentation": {"Series": "1.2"}}}), ["Rules[0].Request.Segmentation.Series", "one patient"]),
            (json!({"Request": []}), ["Rules[0].Request", "an object"]),
            (json!("CT"), ["Rules[0]", "an object"]),
        ] {
            let refusal = read(json!([rule.clone()])).unwrap_err();
            assert!(parts.iter().all(|part| refusal.details.contains(part)), "{rule}: {refusal}");
        }
        assert!(read(json!({})).unwrap_err().details.contains("a list"));
    }
}
