//! The one result model; JSON, CSV, SR and page all derive from it.

mod assessment;
mod csv;
mod gate;
mod landmark;
mod model;
pub(crate) mod named;
mod quantity;
mod series;

pub use assessment::*;
pub use csv::to_csv;
pub use gate::*;
pub use landmark::*;
pub use model::*;
pub use quantity::*;
pub use series::*;
