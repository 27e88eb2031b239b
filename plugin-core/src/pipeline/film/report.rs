//! What the report says of a film.

use crate::calibration::Calibration;
use crate::measure::HipOnFilm;
use crate::pipeline::{Error, summary};
use crate::read::{Laterality, RadiographHeader};
use crate::report::{
    Finding, GateCode, HipPlace, HipScale, ImageSummary, MagnificationOrigin, Quality, RadiographSummary, Report, SCHEMA,
    SeenView, SeriesSummary, Severity, six_digits,
};
use crate::segmentation::decomposition::{HipManifest, HipNetworks};
use crate::segmentation::film::{MagnificationSource, Scale};
use crate::settings::Settings;
use dicom_dictionary_std::tags;

/// What was judged of a film.
#[derive(Default)]
pub(super) struct Judged {
    pub quality: Vec<Quality>,
    pub scale: Option<Scale>,
    pub view: Option<SeenView>,
}

/// What every reader of values from the model must know, and why nothing was calibrated.
pub(super) fn of_model(manifest: &HipManifest) -> impl Iterator<Item = Quality> {
    let caveats = manifest.caveats.iter();
    let caveats = caveats.map(|caveat| Quality::warning(GateCode::SimulatedOnly, caveat.clone(), None));
    let message = "a film has no CT number that could be calibrated: its densities come from the model's own line".to_owned();
    let uncalibrated = Quality { code: GateCode::NotCalibrated, severity: Severity::Info, message, found: None };
    caveats.chain([uncalibrated])
}

/// What of the settings can change a result.
pub(super) fn identity(settings: &Settings) -> serde_json::Value {
    let mut identity = settings.identity();
    identity["xray"] = serde_json::json!({"side": settings.xray.side, "magnification": settings.xray.magnification});
    identity
}

pub(super) fn report(
    header: &RadiographHeader,
    judged: Judged,
    findings: Vec<Finding>,
    hips: &[HipOnFilm],
    (networks, settings, started): (&HipNetworks<'_>, &Settings, String),
) -> Result<Report, Error> {
    let hips = hips.iter().map(|hip| HipPlace { side: hip.side, head_centre: hip.head_centre.map(six_digits) });
    let radiograph = RadiographSummary {
        sop_instance_uid: header.sop_instance_uid.clone(),
        rows: header.size[0],
        columns: header.size[1],
        tube_voltage_kv: header.tube_voltage,
        view_position: header.view.position.clone(),
        laterality: laterality(header),
        view: judged.view,
        scale: judged.scale.as_ref().map(of_scale),
        hips: hips.collect(),
    };
    Ok(Report {
        schema: SCHEMA.to_owned(),
        notice: crate::RESEARCH_USE_ONLY.to_owned(),
        software: summary::software(),
        started,
        series: SeriesSummary {
            study_instance_uid: Some(header.context.text(tags::STUDY_INSTANCE_UID).unwrap_or_default().to_owned()),
            series_instance_uid: Some(header.series_instance_uid.clone()),
            description: header.view.series_description.clone(),
            image: ImageSummary::Radiograph { radiograph },
            instances_sha256: header.instances_sha256.clone(),
        },
        patient: summary::patient(&header.context, &settings.patient)?,
        calibration: Calibration::None,
        segmentation: networks.origin(),
        quality: judged.quality,
        findings,
        references: Vec::new(),
    })
}

fn laterality(header: &RadiographHeader) -> Option<String> {
    let names = header.view.lateralities.iter().map(|laterality| match laterality {
        Laterality::One(side) => side.name(),
        Laterality::Both => "both",
    });
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn of_scale(scale: &Scale) -> HipScale {
    HipScale {
        detector_spacing_mm: scale.detector_pixel_mm.map(|spacing| spacing.map(six_digits)),
        magnification: scale.magnification.factor.map(six_digits),
        magnification_from: match scale.magnification.source {
            MagnificationSource::Given => MagnificationOrigin::Given,
            MagnificationSource::PixelSpacing => MagnificationOrigin::Calibrated,
            MagnificationSource::EstimatedFactor => MagnificationOrigin::Header,
            MagnificationSource::Distances => MagnificationOrigin::Geometry,
            MagnificationSource::Assumed => MagnificationOrigin::Assumed,
        },
        spacing_mm: scale.pixel_mm.map(six_digits),
    }
}
