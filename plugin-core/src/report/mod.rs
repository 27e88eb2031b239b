//! The one result model; JSON, CSV, SR and page all derive from it.

mod csv;
mod model;

pub use csv::to_csv;
pub use model::*;
