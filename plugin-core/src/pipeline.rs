//! The whole flow, step by step.

mod choice;
mod ct;
mod drr;
mod film;
mod label;
mod models;
mod register;
mod scan;
mod segment;
mod summary;
mod validate;

pub use choice::Choice;
pub use drr::{Drr, DrrImage, DrrQuantity, DrrRequest, DrrSummary, PatientPose, drr};
pub use models::{CheckedModel, ListedModel, ModelList, check_model, models};
pub use register::{Found, Geometry, Registered, RegistrationRequest, RegistrationSummary, register};
pub use scan::{CalibrationRequest, LearningRequest, ScanCalibration, calibrate_scan, learn_mapping};
pub use segment::{SegmentationSummary, Segmented, SegmentedStructure, segment};
pub use validate::{ValidationRequest, validate};

use choice::Wanted;
use label::{Labelled, label, named_model};

use crate::calibration::{Calibrated, CalibrationError, Evidence, StoredCalibration, TissueMapping, calibrate, definitions};
use crate::criteria;
use crate::measure::{Measured, Subject, measure as measure_structures, relied_on};
use crate::progress::{Cancelled, Progress};
use crate::read::{CtSeries, Inputs, ReadError, scan};
use crate::registration::RegistrationError;
use crate::report::{Report, SCHEMA, to_csv};
use crate::results::{self, CtImage, Identity, Image, OutputFile, Source, WriteError};
use crate::segmentation::{Installation, LabelError, Labels, Model};
use crate::settings::{OutputKind, SegmentationChoice, Settings};
use crate::volume::{AssembleError, CtVolume};
use dicom_dictionary_std::tags;
use std::collections::{BTreeMap, BTreeSet};

/// Why a run gave no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings cannot be used.
    #[error("settings: {0}")]
    Settings(String),
    /// The input cannot be read.
    #[error(transparent)]
    Read(ReadError),
    /// The series is not a volume.
    #[error(transparent)]
    Assemble(AssembleError),
    /// DICOM files and an image that is not DICOM were given, and are not one image.
    #[error(
        "{name} is not the image in the DICOM files: {found}; it was moved, cropped or filtered, or the files are others. Hand over one \
         of the two: without DICOM the image is measured as it is"
    )]
    OtherVolume {
        /// [`crate::read::HostVolume::name`].
        name: String,
        /// What differs.
        found: String,
    },
    /// The calibration that was asked for cannot be used.
    #[error(transparent)]
    Calibration(CalibrationError),
    /// There are no usable labels.
    #[error(transparent)]
    Labels(LabelError),
    /// CT and film cannot be registered.
    #[error(transparent)]
    Registration(RegistrationError),
    /// The results cannot be written.
    #[error(transparent)]
    Write(WriteError),
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

macro_rules! from_stage {
    ($($error:ident => $variant:ident),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                match error {
                    $error::Cancelled(cancelled) => Error::Cancelled(cancelled),
                    other => Error::$variant(other),
                }
            }
        }
    )*};
}
from_stage!(ReadError => Read, AssembleError => Assemble, CalibrationError => Calibration, LabelError => Labels, RegistrationError => Registration,
    WriteError => Write);

/// What a run gives.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// `report.json`, `results.csv`, and what the settings asked for.
    pub files: Vec<OutputFile>,
}

/// Judges from the headers which series to measure; `instances_in_series` tells how many instances a series has where
/// `inputs` holds only one or a few of them.
pub fn choose(
    inputs: &Inputs<'_>,
    instances_in_series: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Result<Choice, Error> {
    settings.model.check().map_err(Error::Settings)?;
    if ct::is_without_dicom(inputs) {
        return Err(Error::Settings("the input is an image without DICOM, of which there is nothing to choose".to_owned()));
    }
    let contents = scan(inputs, Progress::silent())?;
    if choice::wanted(&contents, instances_in_series, settings) == Wanted::Film {
        return film::choose(&contents, settings);
    }
    let model = match &settings.segmentation {
        SegmentationChoice::Auto => Some(Model::reference().map_err(LabelError::from)?),
        _ => named_model(settings)?,
    };
    let chosen = choice::choose(&contents, instances_in_series, settings)?;
    Ok(Choice {
        ct_series: Some(chosen.series.series_instance_uid.clone()),
        film_series: None,
        seg_series: chosen.objects.first().map(|object| object.series_instance_uid.clone()),
        model: model.filter(|_| chosen.objects.is_empty()).map(|model| model.manifest.name),
        other_ct_series: chosen.others,
    })
}

/// Whether settings can be used: their ranges, what the site supplies, and the model that they name.
pub fn check(settings: &Settings) -> Result<(), Error> {
    check_values(settings)?;
    named_model(settings).map(drop)
}

fn check_values(settings: &Settings) -> Result<(), Error> {
    let site = &settings.site;
    settings.femur.check().map_err(Error::Settings)?;
    settings.xray.check().map_err(Error::Settings)?;
    settings.model.check().map_err(Error::Settings)?;
    definitions(&site.phantoms)?;
    site.calibrations.iter().try_for_each(StoredCalibration::validate).map_err(Error::Settings)?;
    site.mappings.iter().find_map(TissueMapping::contradiction).map_or(Ok(()), |problem| Err(Error::Settings(problem)))?;
    distinct("stored calibrations", site.calibrations.iter().map(|one| one.id.as_str()))?;
    distinct("mappings", site.mappings.iter().map(|one| one.id.as_str()))
}

fn distinct<'a>(what: &str, mut ids: impl Iterator<Item = &'a str>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match ids.find(|id| !seen.insert(*id)) {
        Some(id) => Err(Error::Settings(format!("two {what} of the site have the id {id:?}; give each its own"))),
        None => Ok(()),
    }
}

/// Measures the study in `inputs`, a CT or else a film of it, on the calling thread's rayon pool.
pub fn measure(
    inputs: &Inputs<'_>,
    settings: &Settings,
    installation: &Installation,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    check_values(settings)?;
    let model = named_model(settings)?;
    let started = summary::started(settings)?;
    let contents = scan(inputs, progress)?;
    if choice::wanted(&contents, &BTreeMap::new(), settings) == Wanted::Film {
        if let Some(image) = &inputs.volume {
            let name = image.name();
            return Err(Error::Settings(format!("a film is to be measured, and {name} is a volume; hand over one of the two")));
        }
        return film::measure(inputs, &contents, settings, installation, progress);
    }
    let Labelled { series, volume, labels, quality: choice_quality } =
        label(model, inputs, &contents, settings, installation, progress)?;
    let patient = summary::patient(ct::context(series), &settings.patient)?;
    let evidence = evidence(series, &volume, Some(&labels));
    let Calibrated { calibration, quality: calibration_quality } = calibrate(settings, &evidence)?;
    let subject = Subject {
        volume: &volume,
        acquisition: ct::acquisition(series),
        labels: &labels,
        calibration: &calibration,
        patient: &patient,
        settings,
    };
    let Measured { mut findings, quality, regions, projections } = measure_structures(subject, progress)?;
    let quality = [choice_quality, calibration_quality, quality].concat();
    let tables = settings.site.references.clone().unwrap_or_default();
    let context = criteria::Context { patient: &patient, calibration: &calibration, quality: &quality, tables: &tables };
    let references = criteria::apply(&mut findings, context);
    let report = Report {
        schema: SCHEMA.to_owned(),
        notice: crate::RESEARCH_USE_ONLY.to_owned(),
        software: summary::software(),
        started,
        series: summary::series(series, &volume),
        patient,
        calibration,
        segmentation: labels.origin.clone(),
        quality,
        findings,
        references,
    };
    let identity = identity(&report, &settings.identity())?;
    let source = Source {
        image: Image::Ct(CtImage { series, volume: &volume, labels: &labels, regions: &regions, projections: &projections }),
        language: settings.language,
        report: &report,
        identity: &identity,
    };
    let files = files(source, settings, progress)?;
    Ok(Outcome { report, files })
}

fn evidence<'a>(series: Option<&'a CtSeries>, volume: &'a CtVolume<'_>, labels: Option<&'a Labels>) -> Evidence<'a> {
    Evidence {
        volume,
        acquisition: ct::acquisition(series),
        equipment: ct::equipment(series),
        study_date: ct::context(series).text(tags::STUDY_DATE),
        labels: labels.map_or_else(Vec::new, relied_on),
    }
}

/// What the UIDs of the results are made from.
fn identity(report: &Report, settings: &serde_json::Value) -> Result<Identity, Error> {
    let found = serde_json::to_string(&(&report.segmentation, &report.calibration, &report.quality)).map_err(not_json)?;
    let series = &report.series;
    Ok(Identity::new(series.series_uid(), &series.instances_sha256, &found, &settings.to_string()))
}

fn files(source: Source<'_>, settings: &Settings, progress: Progress<'_>) -> Result<Vec<OutputFile>, Error> {
    let mut kinds = match source.report.series.series_instance_uid {
        Some(_) => vec![OutputKind::Seg, OutputKind::Sr, OutputKind::Pdf, OutputKind::Sc],
        None => vec![OutputKind::Pdf, OutputKind::Sc],
    };
    kinds.retain(|kind| settings.writes(*kind));
    let mut files = vec![
        OutputFile {
            name: "report.json",
            media_type: "application/json",
            bytes: serde_json::to_vec_pretty(source.report).map_err(not_json)?,
        },
        OutputFile { name: "results.csv", media_type: "text/csv", bytes: to_csv(source.report).into_bytes() },
    ];
    files.extend(results::write(source, &kinds, progress)?);
    files.extend(volumes(source.image, settings)?);
    Ok(files)
}

/// The CT and its labels as files.
fn volumes(image: Image<'_>, settings: &Settings) -> Result<Vec<OutputFile>, Error> {
    let [wants_image, wants_labels] = [OutputKind::Image, OutputKind::LabelMap].map(|kind| settings.writes(kind));
    let Image::Ct(ct) = image else {
        return match wants_image || wants_labels {
            true => {
                Err(Error::Settings("outputs asks for image or label-map, and a film was measured; only a CT has them".into()))
            }
            false => Ok(Vec::new()),
        };
    };
    let mut files = Vec::new();
    if wants_image {
        files.push(results::image(ct.volume, settings.volume_format)?);
    }
    if wants_labels {
        files.extend(segment::labels_and_names(ct.labels, settings.volume_format)?);
    }
    Ok(files)
}

fn not_json(error: serde_json::Error) -> Error {
    Error::Settings(error.to_string())
}
