//! From the films of a study to the measured hips of one.
//!
//! Films are tried from the newest on, and the first that nothing speaks against is measured. Where none is, the report is about the
//! newest that can be read and says why, for a film that was looked at and not measured is an answer, too. Films that gave way to an
//! older one are named with the reason: what speaks against a newer film, such as an implant, may speak against the older one's values.

mod heads;
mod look;
mod report;

use super::choice::{self, Choice, described, films_of, series_of};
use super::{Error, Outcome, files, identity};
use crate::measure::{DecomposedHip, HipOnFilm, measure_hip, withheld_hip};
use crate::progress::{Progress, Stage};
use crate::read::{Contents, Inputs, RadiographHeader};
use crate::report::{Block, Finding, GateCode, Quality};
use crate::results::{FilmImage, Image, Source};
use crate::segmentation::decomposition::{HipModel, HipNetworks};
use crate::segmentation::film::{crop, film};
use crate::segmentation::{Installation, LabelError, ModelError};
use crate::settings::Settings;
use look::{Look, Looked, Seen, as_given};
use report::Judged;

/// The film that would be measured by what the headers say: the newest that they do not speak against.
pub(super) fn choose(contents: &Contents, settings: &Settings) -> Result<Choice, Error> {
    let films = choice::films(contents, settings)?;
    let model = HipModel::choose(settings.xray.model.as_deref(), &settings.site.models).map_err(of_model)?;
    let passes = |header: &&&RadiographHeader| film(&as_given(header, &settings.xray)).is_ok();
    // There is always a newest.
    let chosen = films.iter().find(passes).or(films.first());
    let uid = chosen.map(|header| header.series_instance_uid.clone());
    let others: Vec<&RadiographHeader> =
        films.iter().copied().filter(|other| Some(&other.series_instance_uid) != uid.as_ref()).collect();
    Ok(Choice {
        ct_series: None,
        film_series: uid,
        seg_series: None,
        model: Some(model.manifest.name),
        other_ct_series: series_of(&others),
    })
}

/// Measures one film of the study.
pub(super) fn measure(
    inputs: &Inputs<'_>,
    contents: &Contents,
    settings: &Settings,
    installation: &Installation,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let model = HipModel::choose(settings.xray.model.as_deref(), &settings.site.models).map_err(of_model)?;
    let started = super::summary::started(settings)?;
    let films = choice::films(contents, settings)?;
    let mut networks = HipNetworks::load(&model, installation, &settings.model).map_err(of_model)?;
    let mut newest = None;
    let mut passed_over = Vec::new();
    let mut chosen = None;
    let mut unreadable: Vec<(&RadiographHeader, Error)> = Vec::new();
    for (number, header) in films.iter().enumerate() {
        progress.report(Stage::Read, number as f32 / films.len() as f32)?;
        match look::look(inputs, header, &mut networks, &settings.xray) {
            Ok(looked) if looked.look.is_ok() => {
                chosen = Some(looked);
                break;
            }
            Ok(looked) => {
                passed_over.push(of_passed_over(&looked));
                // Of those behind it only what is said stays: their pixels would fill the memory.
                newest = newest.or(Some(looked));
            }
            // Another film of the study may do.
            Err(error @ Error::Read(_)) => unreadable.push((header, error)),
            Err(error) => return Err(error),
        }
    }
    if chosen.is_none() {
        passed_over.clear();
    }
    let Some(Looked { header, radiograph, judged, look }) = chosen.or(newest) else {
        let none = || Error::Read(crate::read::ReadError::NoRadiograph { found: "none".to_owned() });
        return Err(unreadable.into_iter().next().map_or_else(none, |(_, error)| error));
    };
    let mut found = Hips::default();
    let mut quality = judged.quality.clone();
    match look {
        Ok(look) => found = hips(&look, &model, &mut networks, progress)?,
        Err(blocks) => {
            quality.extend(blocks.into_iter().map(|Block { code, reason, found }| Quality::block(code, reason, found)))
        }
    }
    quality.extend(passed_over);
    quality.extend(contents.unusable_radiographs.iter().map(|one| of_unreadable(&one.name, &one.reason)));
    quality.extend(unreadable.iter().map(|(header, error)| {
        let series = described(&header.series_instance_uid, header.view.series_description.as_deref());
        of_unreadable(&format!("series {series}"), &error.to_string())
    }));
    quality.extend(report::of_model(&model.manifest));
    quality.extend(found.quality);
    let others: Vec<&RadiographHeader> =
        films.iter().copied().filter(|other| other.sop_instance_uid != header.sop_instance_uid).collect();
    let (beside, elsewhere): (Vec<&RadiographHeader>, _) =
        others.into_iter().partition(|other| other.series_instance_uid == header.series_instance_uid);
    // A series is fetched by itself; within it a film has no other name than its own.
    let left_out = [films_of(&beside), series_of(&elsewhere), settings.other_ct_series.clone()].concat();
    quality.extend(choice::not_measured("radiographs", &left_out));
    let judged = Judged { quality, ..judged };
    let report = report::report(&header, judged, found.findings, &found.on_film, (&networks, settings, started))?;
    let identity = identity(&report, &report::identity(settings))?;
    let source = Source {
        image: Image::Film(FilmImage { film: &radiograph, hips: &found.on_film }),
        language: settings.language,
        report: &report,
        identity: &identity,
    };
    let files = files(source, settings, progress)?;
    Ok(Outcome { report, files })
}

/// What was found of the hips of a film.
#[derive(Default)]
struct Hips {
    findings: Vec<Finding>,
    quality: Vec<Quality>,
    on_film: Vec<HipOnFilm>,
}

/// Takes the hips apart one after the other and measures them.
fn hips(look: &Look, model: &HipModel, networks: &mut HipNetworks<'_>, progress: Progress<'_>) -> Result<Hips, Error> {
    let mut all = Hips::default();
    let count = look.hips.len() as f32;
    let shape = networks.crop_shape();
    let (rows, columns) = look.attenuation.pixels.dim();
    for (number, (side, seen)) in look.hips.iter().enumerate() {
        let report = |share: f32| progress.report(Stage::Segment, (number as f32 + share) / count);
        report(0.0)?;
        let cropped = match seen {
            Err(block) => Err(block.clone()),
            Ok(Seen { head }) => {
                crop(&look.attenuation, look.orientation, &look.scale, (*side, *head), &shape).map(|crop| (crop, *head))
            }
        };
        match cropped {
            Err(block) => all.findings.extend(withheld_hip(*side, &block)),
            Ok((crop, head_centre)) => {
                let images = networks.decompose(&crop, &report).map_err(of_model)?;
                let hip = DecomposedHip { side: *side, head_centre, crop: &crop, images: &images, manifest: &model.manifest };
                let measured = measure_hip(&hip, [rows, columns]);
                all.findings.extend(measured.findings);
                all.quality.extend(measured.quality);
                all.on_film.push(measured.on_film);
            }
        }
    }
    progress.report(Stage::Measure, 1.0)?;
    Ok(all)
}

/// A newer film that was looked at and gave way.
fn of_passed_over(looked: &Looked) -> Quality {
    let reasons: Vec<&str> = looked.look.as_ref().err().into_iter().flatten().map(|block| block.reason.as_str()).collect();
    let film = described(&looked.header.sop_instance_uid, looked.header.view.series_description.as_deref());
    let message = format!("the radiograph {film} was passed over: {}", reasons.join("; "));
    Quality::warning(GateCode::SeriesNotMeasured, message, None)
}

/// A film that was passed over because it cannot be had.
fn of_unreadable(series: &str, reason: &str) -> Quality {
    Quality::warning(GateCode::SeriesNotMeasured, format!("a radiograph of the {series} cannot be read: {reason}"), None)
}

fn of_model(error: ModelError) -> Error {
    LabelError::from(error).into()
}
