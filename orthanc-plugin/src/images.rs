//! The measured CT and its labels as volumes, for the page to draw: made by a worker from what the archive holds, when somebody looks.
//!
//! Making them takes seconds, so a thread of its own does it, one study at a time; calls wait a while for it, and all that ask for
//! the same measurement wait for the same worker. What was made is kept in files without names, the latest up to
//! `ImageCacheMegabytes`, and forgotten with the study and with Orthanc.

use crate::archive::Archive;
use crate::image_cache::{Files, Key, Source};
use crate::measurement::interrupted;
use crate::plugin::Plugin;
use crate::protocol::{News, Order};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::sdk::{InProcess, Mapping};
use crate::study::{Resource, Series, Study};
use crate::worker::{Watch, Worker};
use serde_json::{Value, json};
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

/// The files with their media types, by the names that the core gives them.
pub const FILES: [(&str, &CStr); 3] =
    [("image.nii.gz", c"application/gzip"), ("labels.nii.gz", c"application/gzip"), ("labels.json", c"application/json")];

/// When the measurement of `record` ended: as ETag it tells one set of images from the next.
pub fn tag(record: &Record) -> String {
    format!("\"{}\"", record.finished.map(|end| end.to_string()).unwrap_or_default())
}

/// One of [`FILES`] of the measurement in `record`.
pub fn file(plugin: &Plugin, resource: &Resource, record: &Record, name: &str) -> Result<Arc<Mapping>, Refusal> {
    let key = Key { resource: resource.clone(), finished: tag(record) };
    plugin.images.get(&key, name, || source(resource, record, plugin.config.threads))
}

/// Finds the measured CT, and the SEG that holds what was measured: ours, or the one that was used as it is.
fn source(resource: &Resource, record: &Record, threads: usize) -> Result<Source, Refusal> {
    let report = record.report.as_ref().unwrap_or(&Value::Null);
    let uid = |place: &str| report[place]["series_instance_uid"].as_str();
    let study = Study::load(&InProcess, resource)?;
    let gone = |what: &str| {
        Refusal::not_found(format!("the {what} is no longer stored in this Orthanc; POST again to measure what is"))
    };
    let image = study
        .series
        .iter()
        .find(|series| Some(series.uid()) == uid("series"))
        .ok_or_else(|| gone("series that was measured"))?;
    if image.is_film() {
        return Err(Refusal::not_found("a radiograph was measured, which is no volume; report.png shows it"));
    }
    let (seg, instances) = match record.instances.get("seg.dcm") {
        Some(own) => {
            let holds = |series: &&Series| series.instances.contains(&own.id);
            (study.series.iter().find(holds).ok_or_else(|| gone("segmentation that was made"))?, vec![own.id.clone()])
        }
        None => {
            let used = uid("segmentation").ok_or_else(|| {
                Refusal::not_found("the labels that were measured are not stored; POST with \"Outputs\" containing \"seg\"")
            })?;
            let seg = study.series.iter().find(|series| series.uid() == used);
            let seg = seg.ok_or_else(|| gone("segmentation that was used"))?;
            (seg, seg.instances.clone())
        }
    };
    let settings = json!({
        "series_instance_uid": image.uid(),
        "segmentation": {"source": "dicom-seg", "series_instance_uid": seg.uid()},
        "outputs": ["image", "label-map"],
        "threads": threads,
    });
    let series = vec![image.id.clone(), seg.id.clone()];
    Ok(Source { settings, instances: [image.instances.clone(), instances].concat(), series })
}

/// Makes images until Orthanc stops.
pub fn run(plugin: &Plugin) {
    while let Some((key, source)) = plugin.images.next() {
        // A fault here must cost these images only, not the thread that serves all others.
        let made = catch_unwind(AssertUnwindSafe(|| make(plugin, &source)));
        let fault = || Err(Refusal::internal("a fault in the plugin was contained; see Orthanc's log"));
        plugin.images.keep(&key, made.unwrap_or_else(|_| fault()));
    }
}

fn make(plugin: &Plugin, source: &Source) -> Result<Files, Refusal> {
    let stopped = || plugin.queue.is_stopping().then(interrupted);
    let limit = format!("{} seconds (\"BoneMuscle.TimeoutSeconds\")", plugin.config.timeout.as_secs());
    let watch = Watch { deadline: Instant::now() + plugin.config.timeout, limit: &limit, stopped: &stopped };
    let mut worker = Worker::start(&plugin.launcher, &watch)?;
    worker.send(&Order::Segment { settings: source.settings.clone() }, b"", &watch)?;
    for instance in &source.instances {
        worker.send(&Order::Instance { name: instance.clone() }, &InProcess.dicom(instance)?, &watch)?;
    }
    worker.send(&Order::End {}, b"", &watch)?;
    let mut files = Files::new();
    loop {
        match worker.receive(&watch)? {
            (News::Progress { .. } | News::Report {}, _) => {}
            (News::File { name, .. }, data) if FILES.iter().any(|(known, _)| *known == name) => {
                let file = Mapping::new(&data).map_err(|error| {
                    Refusal::internal(format!("{name} cannot be kept in {}: {error}", std::env::temp_dir().display()))
                })?;
                files.insert(name, Arc::new(file));
            }
            (News::File { .. }, _) => {}
            (News::Done {}, _) => return Ok(files),
            (News::Error { status, message }, _) => return Err(Refusal::from_worker(status, message)),
            (other, _) => return Err(Refusal::internal(format!("the worker answers an order for images with {other:?}"))),
        }
    }
}
