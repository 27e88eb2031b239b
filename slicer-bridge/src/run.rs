//! One run: reads, measures, writes.

use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::{Output, prepare_file, prepare_folder};
use crate::settings::{lines, settings};
use crate::table::tsv;
use bonemuscle_client::{Error, File, Inputs, Library, Outcome, Status};
use std::path::Path;

/// The ear of the host that started the run.
pub trait Host: Sync {
    /// Told what is being done and the fraction of the whole run done, 0 to 1, from several threads; answers `false` to stop.
    fn tell(&self, comment: &str, fraction: f32) -> bool;
}

/// Measures what `arguments` name and writes the results that they ask for. Where nothing could be measured these are written as well,
/// and the answer is a failure.
pub fn run(arguments: &Arguments, library: &Library, host: &dyn Host) -> Result<Answer, Failure> {
    let dicom = arguments.path("dicomList").map(lines).transpose()?.unwrap_or_default();
    let settings = settings(arguments, !dicom.is_empty())?;
    library.check_settings(&settings)?;
    prepare(arguments)?;

    let inputs = inputs(arguments, &dicom, library)?;
    let outcome = library.measure(&inputs, &settings, &|stage, fraction| host.tell(comment(stage), fraction))?;
    let answer = Answer::of(&outcome.report);
    let output = stage(arguments, &outcome, &answer)?;
    if !host.tell(comment("write"), 1.0) {
        return Err(Error { status: Status::Cancelled, message: "cancelled by the host".to_owned() }.into());
    }
    output.finish()?;
    match answer.measured {
        0 => Err(Failure::NothingMeasured(answer.reason())),
        _ => Ok(answer),
    }
}

fn inputs(arguments: &Arguments, dicom: &[String], library: &Library) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::new(library)?;
    if let Some(volume) = arguments.path("inputVolume") {
        inputs.set_volume_file(volume)?;
    }
    for file in dicom {
        inputs.add_file(Path::new(file))?;
    }
    Ok(inputs)
}

/// Finds out before the long work whether its results can be written. The folder is made last: a host that gave up before this
/// process came to run has removed what the files were to go into, and is left no folder that nobody would remove.
fn prepare(arguments: &Arguments) -> Result<(), Failure> {
    let files = ["outputLabels", "outputTable", "outputReport"].iter().filter_map(|name| arguments.path(name));
    files.chain(arguments.answer_file()).try_for_each(prepare_file)?;
    arguments.path("outputFolder").map_or(Ok(()), prepare_folder)
}

fn stage(arguments: &Arguments, outcome: &Outcome, answer: &Answer) -> Result<Output, Failure> {
    let is_labels = |file: &&File| matches!(file.name.as_str(), "labels.nrrd" | "labels.nii.gz");
    let mut output = Output::default();
    if let Some(target) = arguments.path("outputLabels") {
        output.stage(target, &found(outcome, "the label map", is_labels)?.data)?;
    }
    if let Some(target) = arguments.path("outputTable") {
        let results = found(outcome, "results.csv", |file| file.name == "results.csv")?;
        output.stage(target, tsv(&results.data)?.as_bytes())?;
    }
    if let Some(target) = arguments.path("outputReport") {
        output.stage(target, &found(outcome, "report.json", |file| file.name == "report.json")?.data)?;
    }
    if let Some(folder) = arguments.path("outputFolder") {
        for file in outcome.files.iter().filter(|file| !is_labels(file)) {
            output.stage(&folder.join(&file.name), &file.data)?;
        }
    }
    if let Some(target) = arguments.answer_file() {
        output.stage(target, answer.file().as_bytes())?;
    }
    Ok(output)
}

fn found<'a>(outcome: &'a Outcome, what: &str, is_it: impl Fn(&&File) -> bool) -> Result<&'a File, Failure> {
    let lacking = || Error { status: Status::Internal, message: format!("the library's results lack {what}") };
    Ok(outcome.files.iter().find(is_it).ok_or_else(lacking)?)
}

/// The stages of the library as a person reads them.
fn comment(stage: &str) -> &'static str {
    match stage {
        "read" => "Reading the CT",
        "segment" => "Finding bones and muscles",
        "measure" => "Measuring",
        _ => "Writing results",
    }
}
