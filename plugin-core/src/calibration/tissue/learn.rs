//! How a mapping of tissues is learnt from scans that hold a phantom.
//!
//! Least squares of the phantoms' slopes, and of their intercepts, on the HU of the tissues, with a constant. Its error is
//! cross-validated: each scan in turn is left out, the others predict its line, and the predicted density at the HU where the
//! phantom says 100 mg/cm3 is compared with 100; the standard error is the root of the mean square of these differences.

use super::TissueMapping;
use crate::calibration::{Conversion, LEAST_R_SQUARED, Tissue, TissueReading};
use crate::units::Material;

/// Scans per coefficient; fewer follow their own noise.
const SCANS_PER_COEFFICIENT: usize = 3;
/// Where the error is stated, mg/cm3.
const REFERENCE_DENSITY: f64 = 100.0;
/// What remains of a tissue's variance when the tissues before it are known; below this it tells nothing of its own. In HU squared
/// for a tissue that hardly varies.
const LEAST_OWN_VARIANCE: f64 = 1e-6;

/// A scan that holds a phantom.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningScan {
    /// The tissues, as [`super::read_tissue`] gives them.
    pub readings: Vec<TissueReading>,
    /// The phantom's line.
    pub conversion: Conversion,
    /// Share of the variance that the line explains.
    pub r_squared: f64,
}

/// What a mapping is called, and what it holds for.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingScope {
    /// Name by which it is stored.
    pub id: String,
    /// Manufacturer (0008,0070) of all scans.
    pub manufacturer: Option<String>,
    /// Manufacturer's Model Name (0008,1090) of all scans.
    pub model: Option<String>,
    /// KVP (0018,0060) of all scans.
    pub tube_voltage_kv: Option<f64>,
}

/// Why no mapping was learnt. Scans are counted from 1.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// Too few scans.
    #[error("{found} scans are given; {tissues} tissues need at least {needed}")]
    TooFew {
        /// Scans that were given.
        found: usize,
        /// Tissues of the mapping.
        tissues: usize,
        /// Scans that are needed.
        needed: usize,
    },
    /// No tissue is named, or one twice.
    #[error("a mapping needs at least one tissue, and none twice")]
    Tissues,
    /// A tissue was not read.
    #[error("scan {scan} has no reading of {}", tissue.english())]
    Missing {
        /// Which scan.
        scan: usize,
        /// Which tissue.
        tissue: Tissue,
    },
    /// The phantom's line is no good.
    #[error(
        "scan {scan} has a line of slope {slope} and r2 {r_squared}; a straight line with a positive slope and an r2 of at least \
         {LEAST_R_SQUARED} is needed"
    )]
    Line {
        /// Which scan.
        scan: usize,
        /// mg/cm3 per HU.
        slope: f64,
        /// Share of the variance that the line explains.
        r_squared: f64,
    },
    /// Phantoms of different materials.
    #[error("scan {scan} is calibrated in another material than scan 1; a mapping holds for one")]
    Material {
        /// Which scan.
        scan: usize,
    },
    /// The tissues do not vary, or vary together.
    #[error("the scans cannot tell what {} does: it is the same in all of them, or follows the other tissues", tissue.english())]
    Collinear {
        /// Which tissue.
        tissue: Tissue,
    },
}

/// Learns a mapping; nobody has confirmed it yet.
pub fn learn(scope: MappingScope, tissues: &[Tissue], scans: &[LearningScan]) -> Result<TissueMapping, LearnError> {
    let needed = SCANS_PER_COEFFICIENT * (tissues.len() + 1);
    if tissues.is_empty() || tissues.iter().enumerate().any(|(i, tissue)| tissues[..i].contains(tissue)) {
        return Err(LearnError::Tissues);
    }
    let material = match scans.first() {
        Some(first) if scans.len() >= needed => first.conversion.material,
        _ => return Err(LearnError::TooFew { found: scans.len(), tissues: tissues.len(), needed }),
    };
    let rows = scans
        .iter()
        .enumerate()
        .map(|(i, scan)| Row::new(i + 1, scan, tissues, material))
        .collect::<Result<Vec<_>, LearnError>>()?;
    let mapping = |rows: &[Row]| fit_mapping(&scope, tissues, material, rows);
    let mut squares = 0.0;
    for left_out in 0..rows.len() {
        let others: Vec<Row> = rows.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, row)| row.clone()).collect();
        squares += rows[left_out].error_of(&mapping(&others)?).powi(2);
    }
    Ok(TissueMapping { standard_error: (squares / rows.len() as f64).sqrt(), ..mapping(&rows)? })
}

/// One scan: HU in the order of the mapping's tissues, and its line.
#[derive(Clone)]
struct Row {
    hu: Vec<f64>,
    slope: f64,
    intercept: f64,
}

impl Row {
    fn new(number: usize, scan: &LearningScan, tissues: &[Tissue], material: Material) -> Result<Row, LearnError> {
        let Conversion { slope, intercept, curvature, .. } = scan.conversion;
        if scan.conversion.material != material {
            return Err(LearnError::Material { scan: number });
        }
        let straight = slope > 0.0 && slope.is_finite() && intercept.is_finite() && curvature == 0.0;
        if !straight || scan.r_squared.is_nan() || scan.r_squared < LEAST_R_SQUARED {
            return Err(LearnError::Line { scan: number, slope, r_squared: scan.r_squared });
        }
        let hu_of = |tissue: &Tissue| {
            let reading = scan.readings.iter().find(|reading| reading.tissue == *tissue && reading.hu.is_finite());
            reading.map(|reading| reading.hu).ok_or(LearnError::Missing { scan: number, tissue: *tissue })
        };
        Ok(Row { hu: tissues.iter().map(hu_of).collect::<Result<_, _>>()?, slope, intercept })
    }

    /// What a mapping is wrong by, mg/cm3, where the phantom says 100.
    fn error_of(&self, mapping: &TissueMapping) -> f64 {
        let hu = crate::units::Hu((REFERENCE_DENSITY - self.intercept) / self.slope);
        mapping.predict(&self.hu).density(hu).0 - REFERENCE_DENSITY
    }
}

fn fit_mapping(
    scope: &MappingScope,
    tissues: &[Tissue],
    material: Material,
    rows: &[Row],
) -> Result<TissueMapping, LearnError> {
    let collinear = |tissue: usize| LearnError::Collinear { tissue: tissues[tissue] };
    let range = |tissue: usize| {
        let ends = |[low, high]: [f64; 2], row: &Row| [low.min(row.hu[tissue]), high.max(row.hu[tissue])];
        rows.iter().fold([f64::INFINITY, f64::NEG_INFINITY], ends)
    };
    Ok(TissueMapping {
        id: scope.id.clone(),
        manufacturer: scope.manufacturer.clone(),
        model: scope.model.clone(),
        tube_voltage_kv: scope.tube_voltage_kv,
        material,
        confirmed_by: None,
        tissues: tissues.to_vec(),
        slope: least_squares(rows, |row| row.slope).map_err(collinear)?,
        intercept: least_squares(rows, |row| row.intercept).map_err(collinear)?,
        ranges_hu: (0..tissues.len()).map(range).collect(),
        scans: rows.len(),
        standard_error: 0.0,
    })
}

/// Constant and one coefficient per tissue. Columns are made orthogonal one after the other (modified Gram-Schmidt), which keeps
/// the digits that normal equations lose. `Err` holds the position of a tissue that tells nothing of its own.
fn least_squares(rows: &[Row], target: impl Fn(&Row) -> f64) -> Result<Vec<f64>, usize> {
    let tissues = rows[0].hu.len();
    let (means, mut columns): (Vec<f64>, Vec<Vec<f64>>) =
        (0..tissues).map(|i| centred(rows.iter().map(|row| row.hu[i]).collect())).unzip();
    let (target_mean, mut rest) = centred(rows.iter().map(target).collect());
    let whole: Vec<f64> = columns.iter().map(|column| dot(column, column)).collect();
    let mut upper = vec![vec![0.0; tissues]; tissues];
    let mut coefficients = vec![0.0; tissues];
    for i in 0..tissues {
        let (done, later) = columns.split_at_mut(i + 1);
        let own = &done[i];
        let square = dot(own, own);
        if square <= LEAST_OWN_VARIANCE * whole[i].max(1.0) {
            return Err(i);
        }
        for (offset, column) in later.iter_mut().enumerate() {
            upper[i][i + 1 + offset] = take_out(column, own, square);
        }
        coefficients[i] = take_out(&mut rest, own, square);
    }
    for i in (0..tissues).rev() {
        coefficients[i] -= (i + 1..tissues).map(|j| upper[i][j] * coefficients[j]).sum::<f64>();
    }
    let constant = target_mean - dot(&coefficients, &means);
    Ok(std::iter::once(constant).chain(coefficients).collect())
}

/// Mean, and the values less their mean.
fn centred(values: Vec<f64>) -> (f64, Vec<f64>) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.into_iter().map(|value| value - mean).collect())
}

/// Takes the part along `own` out of `column`, and gives its factor.
fn take_out(column: &mut [f64], own: &[f64], square: f64) -> f64 {
    let factor = dot(column, own) / square;
    for (value, along) in column.iter_mut().zip(own) {
        *value -= factor * along;
    }
    factor
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
