//! Refuses what cannot be measured while the caller still listens, and before a job exists.

use crate::archive::Archive;
use crate::measurement::Plan;
use crate::models;
use crate::plugin::Plugin;
use crate::protocol::{Choice, News, Order};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::sdk::InProcess;
use crate::site;
use crate::study::{Level, Resource, Series, Study};
use crate::worker::{Launcher, Watch, Worker};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Headers are judged in far less; this bounds how long an HTTP thread can be held.
const PATIENCE: Duration = Duration::from_secs(60);
/// Radiographs of one study that are looked at. They are sent whole, and no examination of a hip has so many.
const MOST_FILMS: usize = 50;

/// Decides what a measurement would read.
pub fn plan(
    resource: &Resource,
    request: Request,
    plugin: &Plugin,
    stopped: &dyn Fn() -> Option<Refusal>,
) -> Result<Plan, Refusal> {
    let study = Study::load(&InProcess, resource)?;
    let image = asked_image(&study, resource, &request)?;
    let segmentation = request.segmentation.series.as_deref().map(|asked| asked_seg(&study, asked)).transpose()?;
    let site = site::settings(plugin)?;
    let series = (image.map(Series::uid), segmentation.map(Series::uid));
    let mut settings = request.settings(series, &plugin.config, site);
    let candidates = study.series.iter().filter(|series| is_candidate(series, &request, image, segmentation));
    let candidates = bounded(candidates.collect(), &request)?;
    let order = Order::Choose {
        settings: settings.clone(),
        instances_in_series: candidates
            .iter()
            .map(|series| (series.uid().to_owned(), series.instances.len()))
            .collect::<BTreeMap<_, _>>(),
    };
    let watch = Watch { deadline: Instant::now() + PATIENCE, limit: "60 seconds to look at the headers", stopped };
    let choice = choose(&candidates, &order, &plugin.launcher, &watch)?;
    let Choice { ct_series, film_series, model, other_ct_series, .. } = choice;
    if model.is_some() {
        models::need_engine(plugin)?;
    }
    if film_series.is_none() {
        // Only the chosen CT goes along, so the core cannot see the others.
        settings["other_ct_series"] = other_ct_series.into();
    }
    // All segmentations of a CT go along, and all radiographs where one is measured: the core then chooses knowing them whole, and
    // says in the report which it did not use.
    let chosen = |series: &&&Series| match film_series {
        Some(_) => series.is_film(),
        None => Some(series.uid()) == ct_series.as_deref() || series.modality() == "SEG",
    };
    let instances: Vec<String> = candidates.iter().filter(chosen).flat_map(|series| series.instances.clone()).collect();
    Ok(Plan { resource: resource.clone(), request, settings, instances })
}

/// The series that was POSTed to; `None` for a study, which must hold one that would do.
fn asked_image<'a>(study: &'a Study, resource: &Resource, request: &Request) -> Result<Option<&'a Series>, Refusal> {
    let would_do = |series: &&Series| (series.is_ct() && request.wants_ct()) || (series.is_film() && request.wants_film());
    let (lacking, needed) = match (request.wants_ct(), request.wants_film()) {
        (true, true) => ("CT series and no radiographs (CR, DX)", "a CT, or radiographs of a hip, can be measured".to_owned()),
        (true, false) => ("CT series", format!("{} can be measured on a CT", request.measurements.join(", "))),
        (false, _) => {
            ("radiographs (CR, DX)", format!("{} can be measured on radiographs of a hip", request.measurements.join(", ")))
        }
    };
    match resource.level {
        Level::Study if study.series.iter().any(|series| would_do(&series)) => Ok(None),
        Level::Study => {
            Err(Refusal::unsuitable(format!("the study has no {lacking}; found: {}; {needed}", study.modalities())))
        }
        Level::Series => {
            let series = study.series.iter().find(|series| series.id == resource.id).ok_or_else(|| resource.absent())?;
            let refused =
                || Refusal::unsuitable(format!("Modality (0008,0060) of the series is {}; {needed}", series.modality()));
            would_do(&series).then_some(Some(series)).ok_or_else(refused)
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
fn is_candidate(series: &Series, request: &Request, image: Option<&Series>, segmentation: Option<&Series>) -> bool {
    let is = |chosen: Option<&Series>| chosen.is_none_or(|chosen| chosen.id == series.id);
    let fits = match series.modality() {
        "SEG" => {
            // Of a radiograph that was POSTed to, no segmentation is used.
            let of_ct = request.wants_ct() && !image.is_some_and(Series::is_film);
            of_ct && is(segmentation) && (segmentation.is_some() || !series.is_own())
        }
        _ => is(image) && ((series.is_ct() && request.wants_ct()) || (series.is_film() && request.wants_film())),
    };
    fits && !series.instances.is_empty()
}

/// Leaves out the radiographs where there are too many to look at and a CT would do; refuses where none would.
fn bounded<'a>(candidates: Vec<&'a Series>, request: &Request) -> Result<Vec<&'a Series>, Refusal> {
    let films = || candidates.iter().filter(|series| series.is_film());
    let count: usize = films().map(|series| series.instances.len()).sum();
    if count <= MOST_FILMS {
        return Ok(candidates);
    }
    match request.wants_ct() && candidates.iter().any(|series| series.is_ct()) {
        true => Ok(candidates.into_iter().filter(|series| !series.is_film()).collect()),
        false => Err(Refusal::unsuitable(format!(
            "{count} radiographs in {} series would have to be looked at; at most {MOST_FILMS} are: POST to the series that holds the \
             film of the hip, or store that film in one of its own",
            films().count()
        ))),
    }
}

/// What would be measured.
fn choose(candidates: &[&Series], order: &Order, launcher: &Launcher, watch: &Watch<'_>) -> Result<Choice, Refusal> {
    let mut worker = Worker::start(launcher, watch)?;
    worker.send(order, b"", watch)?;
    let several = candidates.iter().filter(|series| series.is_ct()).count() > 1;
    for series in candidates {
        let instances = match (several && series.is_ct(), series.is_film()) {
            (true, _) => series.outermost(&InProcess)?,
            // Each radiograph is a view of its own.
            (false, true) => series.instances.clone(),
            (false, false) => series.instances.iter().take(1).cloned().collect(),
        };
        for instance in instances {
            worker.send(&Order::Instance { name: instance.clone() }, &InProcess.dicom(&instance)?, watch)?;
        }
    }
    worker.send(&Order::End {}, b"", watch)?;
    match worker.receive(watch)?.0 {
        News::Choice(choice) => Ok(choice),
        News::Error { status, message } => Err(Refusal::from_worker(status, message)),
        other => Err(Refusal::internal(format!("the worker answers a choice with {other:?}"))),
    }
}
