//! From a table of pairs to how far they agree.

use crate::validation::{self, Validated, ValidationError, ValidationSettings};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::PathBuf;

/// A table that is longer is not read to its end.
const LONGEST: u64 = (256 << 20) + 1;

/// What is to be validated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationRequest {
    /// The table, CSV; its columns stand in `plugin-core/src/validation/pairs.rs`.
    pub pairs: PathBuf,
    /// What is told beforehand.
    pub settings: ValidationSettings,
}

/// Reads the table and validates it, on the calling thread's rayon pool.
pub fn validate(request: &ValidationRequest) -> Result<Validated, ValidationError> {
    request.settings.check().map_err(ValidationError::Settings)?;
    let unreadable = |error| ValidationError::Unreadable { path: request.pairs.clone(), error };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&request.pairs).map_err(unreadable)?;
    file.take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    validation::validate(&bytes, &request.settings)
}
