//! Reference values and cut-offs, each with its source, device, population, and who verified it.

use serde::{Deserialize, Serialize};

/// All tables. A site may replace them as a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceTables {}
