//! Calibrating a scan that holds a density phantom, and learning from such scans.

use super::ct::{self, Ct};
use super::{Error, choice};
use crate::calibration::tissue::{LearningScan, MappingScope, TISSUES, TissueMapping, learn, read_tissue};
use crate::calibration::{Calibration, StoredCalibration, Tissue, TissueReading, stored_from_scan};
use crate::progress::Progress;
use crate::read::{Inputs, scan};
use crate::report::Quality;
use crate::segmentation::labels_from_seg;
use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// What to calibrate, and as what to keep it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalibrationRequest {
    /// Name of the stored calibration.
    pub id: String,
    /// Days for which it may be used.
    pub valid_days: u16,
    /// The phantom (`calibration`), the series, and the site's phantoms (`site`).
    pub settings: Settings,
}

/// What one scan of a phantom says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanCalibration {
    /// For the site's stored calibrations.
    pub stored: StoredCalibration,
    /// With every rod.
    pub calibration: Calibration,
    /// The patient's own tissues, where labels tell them.
    pub tissues: Vec<TissueReading>,
    /// Warnings.
    pub quality: Vec<Quality>,
}

/// Calibrates a scan that holds a phantom, and reads the patient's tissues where labels tell them.
pub fn calibrate_scan(
    inputs: &Inputs<'_>,
    request: &CalibrationRequest,
    progress: Progress<'_>,
) -> Result<ScanCalibration, Error> {
    super::check(&request.settings)?;
    let contents = scan(inputs, progress)?;
    let choose = || choice::choose_ct(&contents, &request.settings);
    let Ct { series, volume, objects, .. } = ct::read(inputs, &request.settings, choose, progress)?;
    let labels = match series.filter(|_| !objects.is_empty()) {
        None => None,
        Some(series) => Some(labels_from_seg(&objects, inputs, series, &volume.grid, progress)?),
    };
    let evidence = super::evidence(series, &volume, labels.as_ref());
    let id = Some(request.id.as_str()).filter(|id| !id.is_empty());
    let (stored, calibrated) = stored_from_scan(&request.settings, &evidence, id, request.valid_days)?;
    let tissues = match labels {
        None => Vec::new(),
        Some(_) => TISSUES.iter().filter_map(|tissue| read_tissue(&evidence, *tissue).ok()).collect(),
    };
    Ok(ScanCalibration { stored, calibration: calibrated.calibration, tissues, quality: calibrated.quality })
}

/// What to learn from, and as what to keep it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearningRequest {
    /// Name of the mapping.
    pub id: String,
    /// Tissues to learn from.
    pub tissues: Vec<Tissue>,
    /// Answers of [`calibrate_scan`], all of one scanner model and tube voltage.
    pub scans: Vec<ScanCalibration>,
}

/// Learns a mapping from the patients' own tissues to the line of the phantom below them.
pub fn learn_mapping(request: &LearningRequest) -> Result<TissueMapping, Error> {
    let first = request.scans.first().map(|scan| &scan.stored);
    let of = |scan: &ScanCalibration| {
        let StoredCalibration { manufacturer, model, tube_voltage_kv, .. } = scan.stored.clone();
        (manufacturer, model, tube_voltage_kv)
    };
    if let Some((number, _)) = (1..).zip(&request.scans).find(|(_, scan)| of(scan) != of(&request.scans[0])) {
        return Err(Error::Settings(format!(
            "scan {number} is of another scanner model or tube voltage than scan 1; a mapping holds for one"
        )));
    }
    let scope = MappingScope {
        id: request.id.clone(),
        manufacturer: first.and_then(|one| one.manufacturer.clone()),
        model: first.and_then(|one| one.model.clone()),
        tube_voltage_kv: first.and_then(|one| one.tube_voltage_kv),
    };
    let scans: Vec<LearningScan> = request
        .scans
        .iter()
        .map(|scan| LearningScan {
            readings: scan.tissues.clone(),
            conversion: scan.stored.conversion,
            r_squared: scan.stored.r_squared,
        })
        .collect();
    learn(scope, &request.tissues, &scans).map_err(|error| Error::Settings(error.to_string()))
}
