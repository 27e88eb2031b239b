//! `bonemuscle`, the command line. It enters through the client as every host does.

mod arguments;
mod calibrate;
mod drr;
mod failure;
mod folder;
mod json;
mod measure;
mod models;
mod phantom;
mod progress;
mod register;
mod registration;
mod settings;
mod site;
mod summary;
mod terminal;
mod validate;
mod xray;

use arguments::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = parse().and_then(|arguments| match arguments.command {
        Command::Measure(arguments) => measure::run(&arguments),
        Command::Xray(arguments) => xray::run(&arguments),
        Command::Models(arguments) => models::run(&arguments),
        Command::Calibrate(arguments) => calibrate::run(&arguments),
        Command::Drr(arguments) => drr::run(&arguments),
        Command::Register(arguments) => register::run(&arguments),
        Command::Phantom(arguments) => phantom::run(&arguments),
        Command::Validate(arguments) => validate::run(&arguments),
    });
    outcome.unwrap_or_else(|failure| {
        terminal::tell(&format!("bonemuscle: {}", failure.sentence));
        failure.exit.into()
    })
}

fn parse() -> Result<Arguments, Failure> {
    Arguments::try_parse().map_err(|error| {
        if !error.use_stderr() {
            // Help and version are asked for, not wrong.
            error.exit();
        }
        let text = error.to_string();
        Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
    })
}
