use crate::answer::{answer, refusal};
use crate::ffi;
use crate::image;
use bonemuscle_client::{Error, ImageInputs, Inputs, Library, LoadError, Outcome, Status};
use serde_json::Value;
use std::path::Path;

/// The loaded library.
pub(crate) struct Core {
    library: Library,
}

/// Loads the library at `path`.
pub(crate) fn load(path: &str) -> Result<Box<Core>, LoadError> {
    Library::load(Path::new(path)).map(|library| Box::new(Core { library }))
}

/// Loads the library that the environment or the place of this program says, else the one at `installed`, unless that is empty.
pub(crate) fn find(installed: &str) -> Result<Box<Core>, LoadError> {
    match Library::find() {
        Err(LoadError::NotFound { .. }) if !installed.is_empty() => load(installed),
        found => found.map(|library| Box::new(Core { library })),
    }
}

/// [`Library::measure`] or [`Library::segment`].
type Run = fn(&Library, &Inputs, &Value, &(dyn Fn(&str, f32) -> bool + Sync)) -> Result<Outcome, Error>;

impl Core {
    pub(crate) fn version(&self) -> String {
        self.library.version()
    }

    pub(crate) fn measure(&self, study: &ffi::Study, settings: &str, listener: &ffi::Listener) -> ffi::Answer {
        self.run(Library::measure, study, settings, listener).map_or_else(refusal, answer)
    }

    pub(crate) fn segment(&self, study: &ffi::Study, settings: &str, listener: &ffi::Listener) -> ffi::Answer {
        self.run(Library::segment, study, settings, listener).map_or_else(refusal, answer)
    }

    fn run(&self, run: Run, study: &ffi::Study, settings: &str, listener: &ffi::Listener) -> Result<Outcome, Error> {
        let unreadable = |error| Error { status: Status::Settings, message: format!("the settings are not JSON: {error}") };
        let settings = serde_json::from_str(settings).map_err(unreadable)?;
        let inputs = self.inputs(study)?;
        run(&self.library, inputs.inputs(), &settings, &|stage, fraction| listener.hear(stage, fraction))
    }

    fn inputs<'a>(&self, study: &ffi::Study<'a>) -> Result<ImageInputs<'a>, Error> {
        let mut inputs = Inputs::new(&self.library)?;
        for path in study.files.iter().map(Path::new) {
            if path.is_dir() { inputs.add_folder(path) } else { inputs.add_file(path) }?;
        }
        let mut inputs = ImageInputs::new(inputs);
        if let Some(volume) = image::read("the volume", &study.volume)? {
            inputs.set_volume(volume)?;
        }
        if let Some(labels) = image::read("the labels", &study.labels)? {
            inputs.set_labels(labels, &names(&study.label_names))?;
        }
        Ok(inputs)
    }
}

fn names(names: &[ffi::LabelName]) -> Value {
    names.iter().map(|one| (one.value.to_string(), Value::from(one.name.as_str()))).collect()
}
