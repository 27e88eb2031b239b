//! A measurement as Orthanc's jobs page shows it: a view, which starts and stops nothing by being shown.

use crate::admission;
use crate::measurement::Measurement;
use crate::plugin::Plugin;
use crate::queue::Admission;
use crate::record::State;
use crate::sdk::{JobView, Step};
use crate::study::Level;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a step waits for news; Orthanc shows progress only between steps.
const STEP: Duration = Duration::from_millis(200);

/// The view of a measurement, and after a resubmission of the next one.
pub struct MeasurementJob {
    plugin: Arc<Plugin>,
    current: Mutex<Arc<Measurement>>,
}

impl MeasurementJob {
    /// Shows `measurement`.
    pub fn new(plugin: Arc<Plugin>, measurement: Arc<Measurement>) -> MeasurementJob {
        MeasurementJob { plugin, current: Mutex::new(measurement) }
    }

    fn current(&self) -> Arc<Measurement> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl JobView for MeasurementJob {
    fn progress(&self) -> f32 {
        self.current().progress().1
    }

    fn content(&self) -> Value {
        let measurement = self.current();
        let record = measurement.record();
        let key = match measurement.plan.resource.level {
            Level::Study => "Study",
            Level::Series => "Series",
        };
        let mut content = json!({
            key: measurement.plan.resource.id,
            "Description": "Measurement of bone and muscle",
            "State": record.state,
            "Stage": measurement.progress().0,
        });
        if let (Some(error), Some(keys)) = (record.error, content.as_object_mut()) {
            keys.insert("ErrorDetails".into(), error.details.into());
        }
        content
    }

    fn step(&self) -> Step {
        let measurement = self.current();
        let ended = measurement.wait(STEP);
        if !ended {
            // Last in the step, so that the pause takes effect at once: a cancel or a pause of the user's that comes between the
            // request and the end of the step would be lost in Orthanc.
            measurement.park();
        }
        match (ended, measurement.state()) {
            (false, _) => Step::Continue,
            (true, State::Done) => Step::Success,
            (true, _) => Step::Failure,
        }
    }

    fn cancelled(&self) {
        self.current().cancel();
    }

    fn restart(&self) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let again = Measurement::new(current.plan.clone(), self.plugin.origin());
        if let Some(job) = current.record().job {
            again.set_job(&job);
        }
        // Refused where another measurement of the same resource is here, Orthanc stops or cannot be written: the job fails again then.
        match self.plugin.queue.admit(again) {
            Ok(Admission::New(measurement)) if admission::accept(&self.plugin, &measurement).is_ok() => *current = measurement,
            Ok(Admission::Existing(measurement)) => *current = measurement,
            _ => {}
        }
    }
}
