//! `bonemuscle xray`: a film of the hip, measured.

use crate::arguments::Xray;
use crate::failure::Failure;
use crate::{measure, settings};
use std::process::ExitCode;

pub fn run(arguments: &Xray) -> Result<ExitCode, Failure> {
    measure::measured(&arguments.inputs, &arguments.output, &settings::of_xray(arguments)?)
}
