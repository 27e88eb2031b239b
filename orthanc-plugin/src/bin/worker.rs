//! Measures one study that the plugin sends over standard input, and answers on standard output.
//!
//! `bonemuscle-worker MEGABYTES [FOLDER…]` bounds its own memory and gives up what computing does not take
//! ([`OrthancBoneMuscle::confinement`]) before it reads anything; it may read the folders, which hold models.

use OrthancBoneMuscle::confinement::{confine, library_folders};
use OrthancBoneMuscle::protocol::Status;
use OrthancBoneMuscle::serve::{Core, Failure, Outcome, Progress, serve};
use OrthancBoneMuscle::store::ResultFile;
use bonemuscle_client::{Error, Inputs, Library};
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
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
    let file = |file: bonemuscle_client::File| ResultFile { name: file.name, media_type: file.media_type, data: file.data };
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
    let mut arguments = std::env::args_os().skip(1);
    let megabytes = arguments.next().and_then(|text| text.to_str()?.parse().ok());
    let Some(megabytes) = megabytes else {
        eprintln!("bonemuscle-worker is started by the Orthanc plugin: bonemuscle-worker MEGABYTES [FOLDER…]");
        return ExitCode::from(2);
    };
    if let Err(error) = bound_memory(megabytes) {
        eprintln!("the memory limit cannot be set: {error}");
        return ExitCode::FAILURE;
    }
    // Not allowed everywhere, and no reason not to measure.
    let _ = nice(NICENESS);
    let library = Library::find().map_err(|error| Failure { status: Status::Unavailable, message: error.to_string() });
    let libraries = library.as_ref().map_or(Vec::new(), |library| library_folders(library.folder()));
    let unconfined = confine(&libraries, &arguments.map(PathBuf::from).collect::<Vec<_>>());
    match serve(library.map(Loaded), unconfined, std::io::stdin(), std::io::stdout(), || std::process::exit(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
