use crate::arguments::Measure;
use crate::failure::Failure;
use crate::progress::shown;
use crate::terminal::show;
use crate::{folder, settings, summary};
use bonemuscle_client::{Inputs, Library};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub fn run(arguments: &Measure) -> Result<ExitCode, Failure> {
    measured(&arguments.inputs, &arguments.output, &settings::of_measure(arguments)?)
}

/// Measures what lies in `inputs` as `settings` say, and writes the results into the folder `output`.
pub fn measured(inputs: &[PathBuf], output: &Path, settings: &Value) -> Result<ExitCode, Failure> {
    check_apart(inputs, output)?;
    let library = Library::find()?;
    library.check_settings(settings)?;
    let inputs = read_inputs(&library, inputs)?;
    folder::create(output)?;

    let outcome = shown(|hear| library.measure(&inputs, settings, hear))?;
    folder::deliver(output, &outcome.files)?;
    show(&summary::of(&outcome.report));
    Ok(match summary::value_count(&outcome.report) {
        0 => ExitCode::from(3),
        _ => ExitCode::SUCCESS,
    })
}

/// What lies in folders and files.
pub fn read_inputs(library: &Library, paths: &[impl AsRef<Path>]) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::new(library)?;
    let mut images = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        match path.is_file() {
            true if is_image(path) => images.push(path),
            true => inputs.add_file(path)?,
            false => inputs.add_folder(path)?,
        }
    }
    match images.as_slice() {
        [] => {}
        [image] => inputs.set_volume_file(image)?,
        several => return Err(Failure::usage(format!("{} NIfTI or NRRD files were given; give one CT", several.len()))),
    }
    Ok(inputs)
}

/// Whether a file is a CT that is not DICOM, by its name; DICOM files have any.
fn is_image(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    [".nii", ".nii.gz", ".nrrd"].iter().any(|ending| name.ends_with(ending))
}

/// Results must not become input of the next run.
pub fn check_apart(inputs: &[PathBuf], output: &Path) -> Result<(), Failure> {
    let output = resolve(output);
    match inputs.iter().find(|input| output.starts_with(resolve(input))) {
        None => Ok(()),
        Some(input) => Err(Failure::usage(format!(
            "the output folder {} lies in the input folder {}, whose next measurement would read the results; choose another",
            output.display(),
            input.display()
        ))),
    }
}

/// `path` without links, also where its end does not exist yet.
fn resolve(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = absolute.ancestors().find_map(|ancestor| {
        let rest = absolute.strip_prefix(ancestor).ok()?;
        Some(ancestor.canonicalize().ok()?.join(rest))
    });
    resolved.unwrap_or(absolute)
}
