//! `BoneMuscleCLI`: the module as a program.

use BoneMuscleLib::arguments::Request;
use BoneMuscleLib::failure::Failure;
use BoneMuscleLib::filter::Filter;
use BoneMuscleLib::run::run;
use bonemuscle_client::Library;
use std::env::args_os;
use std::io::{self, Write, stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Request::read(args_os()) {
        Ok(Request::Show(text)) => {
            let _nobody_reads = stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Ok(Request::Measure(arguments)) => {
            let unheard = |error: io::Error| Failure::Machine(format!("signals cannot be listened for: {error}"));
            let filter = match Filter::start(stdout()).map_err(unheard) {
                Ok(filter) => filter,
                Err(failure) => return fail(&failure),
            };
            let answer = Library::find().map_err(Failure::from).and_then(|library| run(&arguments, &library, &filter));
            match answer {
                Ok(answer) => {
                    filter.end(&answer.status());
                    ExitCode::SUCCESS
                }
                Err(failure) if failure.is_cancelled() => filter.exit_code().unwrap_or(failure.exit_code()).into(),
                Err(failure) => fail(&failure),
            }
        }
        Err(failure) => fail(&failure),
    }
}

/// One sentence on stderr, which hosts show as the error.
fn fail(failure: &Failure) -> ExitCode {
    let sentence: String = failure.to_string().chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    let _nobody_reads = writeln!(stderr(), "{sentence}");
    failure.exit_code().into()
}
