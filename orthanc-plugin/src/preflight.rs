//! Refuses what cannot be measured while the caller still listens, and before a job exists.

use crate::measurement::Plan;
use crate::models;
use crate::plugin::Plugin;
use crate::protocol::{Choice, News, Order};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk;
use crate::site;
use crate::study::{Level, Resource, Series, Study};
use crate::worker::{Launcher, Watch, Worker};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Headers are judged in far less; this bounds how long an HTTP thread can be held.
const PATIENCE: Duration = Duration::from_secs(60);

/// Decides what a measurement would read.
pub fn plan(
    resource: &Resource,
    request: Request,
    plugin: &Plugin,
    stopped: &dyn Fn() -> Option<Refusal>,
) -> Result<Plan, Refusal> {
    let study = Study::load(resource)?;
    let ct = asked_ct(&study, resource)?;
    let segmentation = request.segmentation.series.as_deref().map(|asked| asked_seg(&study, asked)).transpose()?;
    let site = site::settings(&plugin.site)?;
    let series = (ct.map(Series::uid), segmentation.map(Series::uid));
    let mut settings = request.settings(series, &plugin.config, site);
    let candidates: Vec<&Series> = study.series.iter().filter(|series| is_candidate(series, ct, segmentation)).collect();
    let order = Order::Choose {
        settings: settings.clone(),
        instances_in_series: candidates
            .iter()
            .map(|series| (series.uid().to_owned(), series.instances.len()))
            .collect::<BTreeMap<_, _>>(),
    };
    let watch = Watch { deadline: Instant::now() + PATIENCE, limit: "60 seconds to look at the headers", stopped };
    let Choice { ct_series, model, other_ct_series, .. } = choose(&candidates, &order, &plugin.launcher, &watch)?;
    if model.is_some() {
        models::need_engine(plugin)?;
    }
    // Only the chosen CT goes along, so the core cannot see the others.
    settings["other_ct_series"] = other_ct_series.into();
    // All segmentations go along: the core then chooses knowing them whole, and says in the report which it did not use.
    let chosen = |series: &&&Series| series.uid() == ct_series || series.modality() == "SEG";
    let instances: Vec<String> = candidates.iter().filter(chosen).flat_map(|series| series.instances.clone()).collect();
    Ok(Plan { resource: resource.clone(), request, settings, instances })
}

/// The CT series that was POSTed to; `None` for a study, which must have one.
fn asked_ct<'a>(study: &'a Study, resource: &Resource) -> Result<Option<&'a Series>, Refusal> {
    let is_ct = |series: &&Series| series.modality() == "CT" && !series.is_own();
    match resource.level {
        Level::Study if study.series.iter().any(|series| is_ct(&series)) => Ok(None),
        Level::Study => Err(Refusal::unsuitable(format!(
            "the study has no CT series; found: {}; a study with a CT series can be measured",
            study.modalities()
        ))),
        Level::Series => {
            let series = study.series.iter().find(|series| series.id == resource.id).ok_or_else(|| resource.absent())?;
            let refused = || {
                Refusal::unsuitable(format!(
                    "Modality (0008,0060) of the series is {}; a CT series can be measured",
                    series.modality()
                ))
            };
            is_ct(&series).then_some(Some(series)).ok_or_else(refused)
        }
    }
}

/// The SEG series that was asked for, by either of its identifiers.
fn asked_seg<'a>(study: &'a Study, asked: &str) -> Result<&'a Series, Refusal> {
    let found = study.series.iter().find(|series| series.id == asked || series.uid() == asked);
    let series = found.ok_or_else(|| {
        let known: Vec<&str> =
            study.series.iter().filter(|series| series.modality() == "SEG").map(|series| series.id.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Refusal::unsuitable(format!("the study has no series {asked:?} for \"Segmentation.Series\"; its SEG series: {known}"))
    })?;
    match series.modality() {
        "SEG" => Ok(series),
        other => Err(Refusal::unsuitable(format!(
            "Modality (0008,0060) of the series for \"Segmentation.Series\" is {other}; a SEG series is needed"
        ))),
    }
}

/// Our own results are no input, unless asked for by name. Empty series exist for a moment while Orthanc deletes.
fn is_candidate(series: &Series, ct: Option<&Series>, segmentation: Option<&Series>) -> bool {
    let is = |chosen: Option<&Series>| chosen.is_none_or(|chosen| chosen.id == series.id);
    let fits = match series.modality() {
        "CT" => is(ct) && !series.is_own(),
        "SEG" => is(segmentation) && (segmentation.is_some() || !series.is_own()),
        _ => false,
    };
    fits && !series.instances.is_empty()
}

/// What would be measured.
fn choose(candidates: &[&Series], order: &Order, launcher: &Launcher, watch: &Watch<'_>) -> Result<Choice, Refusal> {
    let mut worker = Worker::start(launcher, watch)?;
    worker.send(order, b"", watch)?;
    let several = candidates.iter().filter(|series| series.modality() == "CT").count() > 1;
    for series in candidates {
        let instances = match several && series.modality() == "CT" {
            true => series.outermost()?,
            false => series.instances.iter().take(1).cloned().collect(),
        };
        for instance in instances {
            worker.send(&Order::Instance { name: instance.clone() }, &sdk::dicom(&instance)?, watch)?;
        }
    }
    worker.send(&Order::End {}, b"", watch)?;
    match worker.receive(watch)?.0 {
        News::Choice(choice) => Ok(choice),
        News::Error { status, message } => Err(Refusal::from_worker(status, message)),
        other => Err(Refusal::internal(format!("the worker answers a choice with {other:?}"))),
    }
}
