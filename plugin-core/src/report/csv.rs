//! The report as a table.

use super::Report;

/// One row per value and per missing value: `structure,side,region,quantity,value,unit,method,not_measured,reason`.
pub fn to_csv(_report: &Report) -> String {
    unimplemented!()
}
