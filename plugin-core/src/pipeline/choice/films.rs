//! Whether a CT or a film is measured, and the order in which films are tried.

use super::{described, listed};
use crate::pipeline::Error;
use crate::read::{Contents, RadiographHeader, ReadError};
use crate::report::MeasurementKind;
use crate::settings::Settings;
use crate::volume::LEAST_SLICES;
use dicom_dictionary_std::tags;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What a run measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) enum Wanted {
    Ct,
    Film,
}

/// The image that a series or a kind of measurement names; else a CT that is long enough to be measured, before a film.
pub(in crate::pipeline) fn wanted(
    contents: &Contents,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Wanted {
    let kinds = &settings.measurements;
    let of_film = kinds.contains(&MeasurementKind::HipXray);
    let of_ct = kinds.iter().any(|kind| *kind != MeasurementKind::HipXray);
    let named = settings.series_instance_uid.as_deref();
    let names_film = || contents.radiographs.iter().any(|film| Some(film.series_instance_uid.as_str()) == named);
    let has_ct = || contents.series.iter().any(|series| super::slices(series, instances_in_series) >= LEAST_SLICES);
    match (of_ct, of_film) {
        (true, false) => Wanted::Ct,
        (false, true) => Wanted::Film,
        _ if named.is_some() => {
            if names_film() {
                Wanted::Film
            } else {
                Wanted::Ct
            }
        }
        _ if has_ct() || contents.radiographs.is_empty() => Wanted::Ct,
        _ => Wanted::Film,
    }
}

/// The films of one study, the newest first; of a series, where one is named, or the one that is named.
pub(in crate::pipeline) fn films<'a>(contents: &'a Contents, settings: &Settings) -> Result<Vec<&'a RadiographHeader>, Error> {
    let named = settings.series_instance_uid.as_deref();
    let film = settings.xray.film.as_deref();
    let is_named = |one: &&RadiographHeader| {
        named.is_none_or(|uid| one.series_instance_uid == uid) && film.is_none_or(|uid| one.sop_instance_uid == uid)
    };
    let mut films: Vec<&RadiographHeader> = contents.radiographs.iter().filter(is_named).collect();
    if films.is_empty() {
        return Err(none(contents, named, film));
    }
    let studies: BTreeSet<_> = films.iter().filter_map(|film| film.context.text(tags::STUDY_INSTANCE_UID)).collect();
    if studies.len() > 1 {
        return Err(Error::Settings(format!(
            "the input holds films of {} studies; give one study, or name the series by series_instance_uid: {}",
            studies.len(),
            listed(series_of(&films).into_iter())
        )));
    }
    films.sort_by(|a, b| newest(a).cmp(&newest(b)).then_with(|| a.sop_instance_uid.cmp(&b.sop_instance_uid)));
    Ok(films)
}

fn newest(film: &RadiographHeader) -> Reverse<(Option<&str>, Option<i32>, Option<i32>)> {
    Reverse((film.acquired.as_deref(), film.series_number, film.instance_number))
}

/// Every series of `films` once, in their order.
pub(in crate::pipeline) fn series_of(films: &[&RadiographHeader]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let of = |film: &&RadiographHeader| described(&film.series_instance_uid, film.view.series_description.as_deref());
    films.iter().filter(|film| seen.insert(film.series_instance_uid.as_str())).map(of).collect()
}

/// Every film by its SOP Instance UID, in their order.
pub(in crate::pipeline) fn films_of(films: &[&RadiographHeader]) -> Vec<String> {
    films.iter().map(|film| described(&film.sop_instance_uid, film.view.series_description.as_deref())).collect()
}

fn none(contents: &Contents, named: Option<&str>, film: Option<&str>) -> Error {
    let films: Vec<&RadiographHeader> = contents.radiographs.iter().collect();
    match (film, named) {
        _ if films.is_empty() => {
            let mut reasons: Vec<String> = contents.refused.iter().map(|refused| refused.reason.clone()).collect();
            reasons.dedup();
            Error::Read(ReadError::NoRadiograph { found: listed(reasons.into_iter()) })
        }
        (Some(uid), _) => {
            Error::Settings(format!("xray.film is {uid}; the films of the input are {}", listed(films_of(&films).into_iter())))
        }
        (None, named) => Error::Settings(format!(
            "series_instance_uid is {}; the series of films of the input are {}",
            named.unwrap_or_default(),
            listed(series_of(&films).into_iter())
        )),
    }
}
