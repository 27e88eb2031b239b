//! What is to be done, as it travels: no name, no birth date, nothing that the measurement does not need.

use crate::measurement::Plan;
use crate::refusal::Refusal;
use crate::study::Resource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Name and version of the JSON form.
const SCHEMA: &str = "bonemuscle-plan/1";

/// A plan without its request, which the row of the request holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    schema: String,
    /// As [`Resource::path`].
    pub resource: String,
    /// The core's settings.
    pub settings: Value,
    /// Orthanc identifiers of the instances to hand over.
    pub instances: Vec<String>,
}

impl Message {
    /// Of a plan.
    pub fn new(plan: &Plan) -> Message {
        Message {
            schema: SCHEMA.to_owned(),
            resource: plan.resource.path(),
            settings: plan.settings.clone(),
            instances: plan.instances.clone(),
        }
    }

    /// Reads one; a later BoneMuscle may have written it.
    pub fn read(value: Value) -> Result<Message, Refusal> {
        let schema = value["schema"].as_str().unwrap_or_default().to_owned();
        let not_understood = |problem: &str| {
            Refusal::internal(format!(
                "the message in the queue is not understood ({problem}); do all Orthancs and workers run the same version?"
            ))
        };
        if schema != SCHEMA {
            return Err(not_understood(&format!("its form is {schema:?}, {SCHEMA:?} is known")));
        }
        let message: Message = serde_json::from_value(value).map_err(|error| not_understood(&error.to_string()))?;
        // They become part of paths.
        match message.instances.iter().all(|id| Resource::new("instances", id).is_ok()) {
            true => Ok(message),
            false => Err(not_understood("an instance has no Orthanc identifier")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;
    use serde_json::json;

    const ID: &str = "0a9b3153-2512774b-2d9580de-1fc3dcf6-3bd83918";

    #[test]
    fn a_plan_travels() {
        let resource = Resource::new("series", ID).unwrap();
        let settings = json!({"threads": 2});
        let plan = Plan { resource: resource.clone(), request: Request::default(), settings, instances: vec![ID.into()] };
        let message = Message::new(&plan);
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(Message::read(serde_json::from_str(&text).unwrap()).unwrap(), message);
        assert_eq!(Resource::from_path(&message.resource).unwrap(), resource);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let with =
            |schema: &str, instance: &str| json!({"schema": schema, "resource": "x", "settings": {}, "instances": [instance]});
        for value in [json!(null), json!({}), with("bonemuscle-plan/2", ID), with(SCHEMA, "../../system"), with(SCHEMA, "")] {
            assert!(Message::read(value).unwrap_err().details.contains("not understood"));
        }
        for key in ["", "patients/x", "studies", "studies/..", &format!("instances/{ID}")] {
            assert!(Resource::from_path(key).is_err(), "{key}");
        }
    }
}
