use super::{finite, positive};
use clap::Args;
use std::path::PathBuf;

pub const COLUMNS: &str = "\
The table is CSV in UTF-8 (commas or semicolons, decimals by a point); line 1 names its columns, in any order:
  patient    who; tells repeats of one patient from other patients, and is written nowhere; of two hips give one, or their mean
  site       which hospital or scanner
  reference  the value to be met, such as that of DXA
  measured   the value under test, in the same unit
  repeat     optional: which measurement of this patient at this site
  quantity   optional: what was measured
  unit       optional: unit of both values
  group      optional: in-house or external, one per site
  device     only with --standardize: DXA of the reference: hologic, lunar or norland

Examples:
  bonemuscle validate pairs.csv --output validation/
  bonemuscle validate pairs.csv --output validation/ --reference-cut 0.558 --cut 0.558
      with ROC curve, sensitivity and specificity; cuts are set before the data are seen, and none is ever chosen from them";

#[derive(Args)]
pub struct Validate {
    /// Table of pairs, CSV; its columns are listed below
    #[arg(value_name = "PAIRS")]
    pub pairs: PathBuf,
    /// Folder for numbers, figures and page; files of the same name are replaced, others left alone
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Which quantity of the table [default: the only one]
    #[arg(long, value_name = "NAME")]
    pub quantity: Option<String>,
    /// Cut on the reference, in the unit of the table, in mg/cm2 with `--standardize`: who is diseased [default: no ROC curve]
    #[arg(long, value_name = "VALUE", value_parser = finite, allow_negative_numbers = true)]
    pub reference_cut: Option<f64>,
    /// Cut on the measured value, in the same unit, set before the data were seen [default: no sensitivity and specificity]
    #[arg(long, value_name = "VALUE", value_parser = finite, allow_negative_numbers = true, requires = "reference_cut")]
    pub cut: Option<f64>,
    /// On which side of either cut disease lies [default: at_or_below]
    #[arg(long, value_name = "SIDE", value_parser = ["at_or_below", "at_or_above"])]
    pub diseased: Option<String>,
    /// Share of diseased in the population that predictive values are wanted for, 0 to 1 [default: that of the table]
    #[arg(long, value_name = "SHARE", value_parser = positive)]
    pub prevalence: Option<f64>,
    /// Confidence of intervals, 0.5 to 0.999 [default: 0.95]
    #[arg(long, value_name = "SHARE", value_parser = positive)]
    pub confidence: Option<f64>,
    /// Compare as standardised BMD: where both values were measured
    #[arg(long, value_name = "SITE", value_parser = ["femoral_neck", "trochanter", "total_hip", "spine"], requires = "measured_as")]
    pub standardize: Option<String>,
    /// As whose DXA measured values were calibrated
    #[arg(long, value_name = "DEVICE", value_parser = ["hologic", "lunar", "norland"], requires = "standardize")]
    pub measured_as: Option<String>,
}
