use crate::arguments::Phantom;
use crate::failure::Failure;
use crate::terminal::tell;
use crate::{folder, settings};
use bonemuscle_client::Library;
use std::process::ExitCode;

pub fn run(arguments: &Phantom) -> Result<ExitCode, Failure> {
    let library = Library::find()?;
    let mut phantom = library.phantom(&settings::of_phantom(arguments))?;
    phantom.files.retain(|file| !(arguments.without_labels && file.name == "seg.dcm"));
    folder::create(&arguments.output)?;
    folder::write(&arguments.output, &phantom.files)?;
    let (count, folder) = (phantom.files.len(), arguments.output.display());
    tell(&format!("{count} files in {folder}; truth.json holds the true values"));
    Ok(ExitCode::SUCCESS)
}
