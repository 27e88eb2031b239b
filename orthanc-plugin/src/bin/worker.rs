//! Measures one study that the plugin sends over standard input, and answers on standard output.
//!
//! `bonemuscle-worker MEGABYTES [FOLDER…]` closes what it has inherited, bounds its own memory and gives up what computing does not take
//! ([`OrthancBoneMuscle::confinement`]) before it reads anything; it may read the folders, which hold models.
//!
//! `bonemuscle-worker --queue FILE` serves the queue of several Orthancs, from any machine, and starts the former for each measurement;
//! with `--prepare` it makes the tables of that queue instead.

use OrthancBoneMuscle::confinement::{confine, library_folders};
use OrthancBoneMuscle::protocol::Status;
use OrthancBoneMuscle::sdk::{Body, close_inherited};
use OrthancBoneMuscle::serve::{Core, Failure, Outcome, Progress, serve};
use OrthancBoneMuscle::shared::service;
use OrthancBoneMuscle::store::ResultFile;
use bonemuscle_client::{Error, Inputs, Library};
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The archive goes first.
const NICENESS: i32 = 10;

struct Loaded(Library);

fn failure(error: Error) -> Failure {
    use bonemuscle_client::Status as Kind;
    let status = match error.status {
        Kind::InvalidArgument | Kind::Settings => Status::Settings,
        Kind::Input => Status::Input,
        Kind::Labels => Status::Labels,
        Kind::Cancelled => Status::Cancelled,
        Kind::Write => Status::Write,
        Kind::Model => Status::Unavailable,
        _ => Status::Internal,
    };
    Failure { status, message: error.message }
}

impl Core for Loaded {
    type Inputs<'a> = Inputs;

    fn version(&self) -> String {
        self.0.version()
    }

    fn inputs(&self) -> Result<Inputs, Failure> {
        Inputs::new(&self.0).map_err(failure)
    }

    fn add(inputs: &mut Inputs, name: &str, data: &[u8]) -> Result<(), Failure> {
        inputs.add_buffer(name, data).map_err(failure)
    }

    fn choose(&self, inputs: &Inputs, settings: &Value, counts: &BTreeMap<String, usize>) -> Result<Value, Failure> {
        self.0.choose(inputs, settings, counts).map_err(failure)
    }

    fn models(&self, settings: &Value) -> Result<Value, Failure> {
        self.0.models(settings).map_err(failure)
    }

    fn check(&self, settings: &Value) -> Result<(), Failure> {
        self.0.check_settings(settings).map_err(failure)
    }

    fn measure(&self, inputs: &Inputs, settings: &Value, progress: &Progress<'_>) -> Result<Outcome, Failure> {
        self.0.measure(inputs, settings, progress).map(outcome).map_err(failure)
    }

    fn segment(&self, inputs: &Inputs, settings: &Value, progress: &Progress<'_>) -> Result<Outcome, Failure> {
        self.0.segment(inputs, settings, progress).map(outcome).map_err(failure)
    }
}

fn outcome(outcome: bonemuscle_client::Outcome) -> Outcome {
    let file =
        |file: bonemuscle_client::File| ResultFile { name: file.name, media_type: file.media_type, data: Body::Own(file.data) };
    Outcome { report: outcome.report, files: outcome.files.into_iter().map(file).collect() }
}

/// Data segment and private mappings: everything that is allocated, but not the libraries. Nor is any of it written to disk when the
/// worker crashes, for it holds a patient's images.
fn bound_memory(megabytes: u64) -> rustix::io::Result<()> {
    let at_most = |bytes| Rlimit { current: Some(bytes), maximum: Some(bytes) };
    setrlimit(Resource::Core, at_most(0))?;
    setrlimit(Resource::Data, at_most(megabytes.saturating_mul(1 << 20)))
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map_while(|word| word.to_str()).collect();
    let outcome = match (words.as_slice(), arguments.as_slice()) {
        (["--queue", file, "--prepare"], _) => service::prepare(Path::new(file)).map(|sentence| println!("{sentence}")),
        (["--queue", file], _) => service::serve(Path::new(file)),
        ([megabytes, ..], [_, folders @ ..]) if megabytes.parse::<u64>().is_ok() => {
            let folders: Vec<PathBuf> = folders.iter().map(PathBuf::from).collect();
            return measure_one(megabytes.parse().unwrap_or_default(), &folders);
        }
        _ => Err("usage: bonemuscle-worker --queue FILE [--prepare]\n\
                  serves the queue of several Orthancs, or makes its tables. For a single measurement the plugin starts: \
                  bonemuscle-worker MEGABYTES [FOLDER…]"
            .to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

fn measure_one(megabytes: u64, models: &[PathBuf]) -> ExitCode {
    // Before anything of our own is open.
    let inherited = close_inherited().map_err(|error| format!("it holds files that Orthanc had open when it began: {error}"));
    if let Err(error) = bound_memory(megabytes) {
        eprintln!("the memory limit cannot be set: {error}");
        return ExitCode::FAILURE;
    }
    // Not allowed everywhere, and no reason not to measure.
    let _ = nice(NICENESS);
    let library = Library::find().map_err(|error| Failure { status: Status::Unavailable, message: error.to_string() });
    let libraries = library.as_ref().map_or(Vec::new(), |library| library_folders(library.folder()));
    let unconfined = inherited.err().into_iter().chain(confine(&libraries, models)).collect();
    match serve(library.map(Loaded), unconfined, std::io::stdin(), std::io::stdout(), || std::process::exit(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
