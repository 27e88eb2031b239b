mod drr;
mod register;
mod validate;
mod xray;

pub use drr::Drr;
pub use register::Register;
pub use validate::Validate;
pub use xray::Xray;

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const ABOUT: &str = "Measures bone and muscle on CT, and hips on X-ray films. Research use only. Not for diagnosis.";

const EXIT_CODES: &str = "\
Exit codes:
  0    at least one value was measured (drr, phantom: it was written; register: a pose was found; validate: agreement was
       computed)
  1    this machine failed: library missing, disk full, internal error
  2    wrong usage, or input that cannot be used
  3    the input was understood, but nothing could be measured, or no pose is to be trusted; the report says why
  130  stopped by Ctrl-C";

const MEASURE_EXAMPLE: &str = "\
Examples:
  bonemuscle measure study/ --output results/
      with the segmentation in the study; where it holds none, with the reference model
  bonemuscle measure study/ --output results/ --model my-model --models models/
  bonemuscle measure study/ --output results/ --labels labels.nii.gz --names totalsegmentator
  bonemuscle measure CT.nii.gz --output results/ --labels segmentation.seg.nrrd --names segments --sex F --age 71
      an image that is not DICOM: a report and a page, no DICOM objects";

const MODELS_EXAMPLE: &str = "\
Examples:
  bonemuscle models list --models models/
  bonemuscle models check models/my-model
  bonemuscle models run bonemuscle-ct study/ --output labels/
      writes labels.nii.gz and labels.json; after correcting the labels in an editor:
      bonemuscle measure study/ --output results/ --labels labels/labels.nii.gz --names labels/labels.json";

const LIST_EXAMPLE: &str = "\
Example:
  bonemuscle models list --models models/";

const CHECK_EXAMPLE: &str = "\
Example:
  bonemuscle models check models/my-model";

const RUN_EXAMPLE: &str = "\
Example:
  bonemuscle models run bonemuscle-ct study/ --output labels/";

const CALIBRATE_EXAMPLE: &str = "\
Examples:
  bonemuscle calibrate qa-scan/ --id ct1-120kv-b30 --site site.json
      adds the line of the phantom in this scan to site.json; `measure --site site.json` then uses it for scans of the
      same scanner, tube voltage, kernel and slice thickness, until it expires
  bonemuscle calibrate --learn patient1/ patient2/ ... --id ct1-120kv --site site.json
      learns from scans of patients over a phantom how their own tissues tell the line (studies need labels)";

const PHANTOM_EXAMPLE: &str = "\
Example:
  bonemuscle phantom phantom/ && bonemuscle measure phantom/ --output results/";

#[derive(Parser)]
#[command(name = "bonemuscle", version, about = ABOUT, after_help = EXIT_CODES, max_term_width = 110)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Measure a CT study and write report, table and DICOM objects
    #[command(after_help = MEASURE_EXAMPLE)]
    Measure(Box<Measure>),
    /// Measure a film of the hip (CR, DX) and write report, table and DICOM objects
    #[command(after_help = xray::EXAMPLE)]
    Xray(Box<Xray>),
    /// List, check or run the networks that label a CT or take a film apart
    #[command(subcommand, after_help = MODELS_EXAMPLE)]
    Models(Models),
    /// Calibrate HU to density from scans that hold a density phantom
    #[command(after_help = CALIBRATE_EXAMPLE)]
    Calibrate(Calibrate),
    /// Draw a radiograph of a CT, or of one of its structures: exact line integrals
    #[command(after_help = drr::EXAMPLE)]
    Drr(Box<Drr>),
    /// Find where the patient of a CT lay when a hip film was taken
    #[command(after_help = register::EXAMPLE)]
    Register(Box<Register>),
    /// Write a small digital CT study with known answers
    #[command(after_help = PHANTOM_EXAMPLE)]
    Phantom(Phantom),
    /// Compare measured values with a reference: agreement, ROC, precision, with figures and a page
    #[command(after_help = validate::COLUMNS)]
    Validate(Validate),
}

#[derive(Args)]
pub struct Measure {
    /// Folders (or single files) with the DICOM files of one study: CT, and a SEG if there is one; or a CT as .nii, .nii.gz or .nrrd
    #[arg(required = true, value_name = "FOLDER|IMAGE")]
    pub inputs: Vec<PathBuf>,
    /// Folder for the results; files of the same name are replaced, others left alone
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub given: GivenLabels,
    /// Series Instance UID of the CT to measure [default: the best of the study]
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
    /// Model that labels the CT, also where the study holds a SEG [default: `bonemuscle-ct` where it holds none]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    #[command(flatten)]
    pub inference: Inference,
    /// What to measure [default: all that the labels allow]
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = ["lumbar-bmd", "femur-bmd", "muscle"])]
    pub only: Vec<String>,
    /// How HU become density [default: a phantom in the scan, else a stored calibration or mapping of --site, else not at all]
    #[arg(long, value_name = "METHOD", value_parser = ["auto", "none", "phantom", "stored", "internal", "physics"])]
    pub calibration: Option<String>,
    #[command(flatten)]
    pub phantom: InScan,
    /// JSON file with what the site supplies: phantoms, calibrations, mappings, references, dxa_smi
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// Where the femoral neck is read [default: osaka_10mm]
    #[arg(long, value_name = "REGION", value_parser = ["osaka_10mm", "hologic_like", "min_bmd_scan"])]
    pub neck: Option<String>,
    /// How the femur is turned before it is projected [default: neck_shaft_frame]
    #[arg(long, value_name = "POSE", value_parser = ["neck_shaft_frame", "uemura2022", "as_scanned"])]
    pub pose: Option<String>,
    /// How far below the lesser trochanter the total hip ends, in millimetres [default: 20]
    #[arg(long, value_name = "MM", value_parser = positive)]
    pub distal: Option<f64>,
    /// How grams of muscle are computed; every model gives values of its own [default: two-component]
    #[arg(long, value_name = "MODEL", value_delimiter = ',',
          value_parser = ["constant", "two-component", "physics", "internal-two-point"])]
    pub mass_model: Vec<String>,
    /// Language of the page [default: en]
    #[arg(long, value_name = "LANGUAGE", value_parser = ["en", "ja"])]
    pub language: Option<String>,
    /// Height of the patient in metres, where the headers lack it
    #[arg(long, value_name = "M", value_parser = positive)]
    pub height: Option<f64>,
    /// Weight of the patient in kilograms, where the headers lack it
    #[arg(long, value_name = "KG", value_parser = positive)]
    pub weight: Option<f64>,
    /// Sex of the patient, where the headers lack it
    #[arg(long, value_name = "F|M", value_parser = ["F", "M"])]
    pub sex: Option<String>,
    /// Age of the patient in whole years at the time of the scan, where the headers lack it
    #[arg(long, value_name = "YEARS")]
    pub age: Option<u32>,
    /// Threads to compute with; changes no value [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// When measuring started, ISO 8601 with offset; fixing it makes every byte repeatable [default: now]
    #[arg(long, value_name = "ISO")]
    pub started: Option<String>,
}

/// Labels that somebody else made.
#[derive(Args)]
pub struct GivenLabels {
    /// Label map on the CT, NIfTI or NRRD, instead of a SEG or a model
    #[arg(long, value_name = "FILE", requires = "names", conflicts_with_all = ["seg", "model"])]
    pub labels: Option<PathBuf>,
    /// What the label values mean: `totalsegmentator`; `segments`, the names in a segmentation file of 3D Slicer; or a JSON file
    /// {"1": "l1", "2": "gluteus_maximus_left"}
    #[arg(long, value_name = "totalsegmentator|segments|FILE", requires = "labels")]
    pub names: Option<String>,
    /// Series Instance UID of the SEG to use [default: the one that fits the CT]
    #[arg(long, value_name = "UID", conflicts_with = "model")]
    pub seg: Option<String>,
}

/// How a model is run.
#[derive(Args)]
pub struct Inference {
    /// Folder of a model, or of several; may be repeated
    #[arg(long, value_name = "FOLDER")]
    pub models: Vec<PathBuf>,
    /// Passes with dropout, two or more, which tell how sure the model is; 0: none, for labels to look at: the reference model's are then not measured [default: as the model says]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=100))]
    pub passes: Option<u16>,
    /// Seed of the dropout [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Library that runs networks [default: auto, OpenVINO where it is installed]
    #[arg(long, value_name = "LIBRARY", value_parser = ["auto", "onnx-runtime", "open-vino"])]
    pub engine: Option<String>,
}

#[derive(Subcommand)]
pub enum Models {
    /// List the models that --model may name
    #[command(after_help = LIST_EXAMPLE)]
    List(ListModels),
    /// Verify the files of a model and run it on one tile
    #[command(after_help = CHECK_EXAMPLE)]
    Check(CheckModel),
    /// Label a CT and write a label map that an editor can correct; nothing is measured
    #[command(after_help = RUN_EXAMPLE)]
    Run(Box<RunModel>),
}

#[derive(Args)]
pub struct ListModels {
    #[command(flatten)]
    pub inference: Inference,
    /// JSON, with everything that is known of each
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct CheckModel {
    /// Folder of the model, or of several
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Library that runs networks [default: auto, OpenVINO where it is installed]
    #[arg(long, value_name = "LIBRARY", value_parser = ["auto", "onnx-runtime", "open-vino"])]
    pub engine: Option<String>,
}

#[derive(Args)]
pub struct RunModel {
    /// The model, as `models list` names it
    #[arg(value_name = "NAME")]
    pub model: String,
    /// Folders (or single files) with the DICOM files of one study
    #[arg(required = true, value_name = "FOLDER")]
    pub inputs: Vec<PathBuf>,
    /// Folder for the labels; files of the same name are replaced, others left alone
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Series Instance UID of the CT to label [default: the best of the study]
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
    #[command(flatten)]
    pub inference: Inference,
    /// Threads to compute with [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// A density phantom in the scan.
#[derive(Args)]
pub struct InScan {
    /// Definition of the phantom in the scan, of --site or built in, such as `b-mas200` [default: the one that fits]
    #[arg(long, value_name = "ID")]
    pub phantom: Option<String>,
    /// Label map of the phantom's rods on the CT, NIfTI or NRRD: value 1 is the first rod of its definition [default: found]
    #[arg(long, value_name = "FILE", requires = "phantom")]
    pub rods: Option<PathBuf>,
}

#[derive(Args)]
pub struct Calibrate {
    /// Folders with DICOM files: one scan, or with --learn one folder for every scan
    #[arg(required = true, value_name = "FOLDER")]
    pub inputs: Vec<PathBuf>,
    /// Name under which the calibration or mapping is kept: letters, digits, `-`, `_`, `.`
    #[arg(long, value_name = "ID")]
    pub id: String,
    /// Learn a mapping from the patients' own tissues
    #[arg(long)]
    pub learn: bool,
    /// Tissues to learn from
    #[arg(long, value_name = "TISSUE", value_delimiter = ',', requires = "learn", default_value = "air,blood",
          value_parser = ["air", "fat", "blood", "muscle", "cortical_bone"])]
    pub tissues: Vec<String>,
    #[command(flatten)]
    pub phantom: InScan,
    /// Series Instance UID of the CT [default: the best of the study]
    #[arg(long, value_name = "UID", conflicts_with = "learn")]
    pub series: Option<String>,
    /// Days for which the calibration may be used
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub valid_days: u16,
    /// JSON file of the site: its phantoms are used, and the result is added to it [default: print the result]
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
}

#[derive(Args)]
pub struct Phantom {
    /// Folder for the study; files of the same name are replaced, others left alone
    #[arg(value_name = "DIR")]
    pub output: PathBuf,
    /// Pixel spacing in millimetres
    #[arg(long, value_name = "MM", value_parser = positive)]
    pub pixel_spacing: Option<f64>,
    /// Slice thickness and spacing in millimetres
    #[arg(long, value_name = "MM", value_parser = positive)]
    pub slice_spacing: Option<f64>,
    /// Standard deviation of the noise in HU
    #[arg(long, value_name = "HU", value_parser = not_negative)]
    pub noise: Option<f64>,
    /// Seed of the noise
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Gantry tilt in degrees: the slices lean, the table moves straight on
    #[arg(long, value_name = "DEGREES", value_parser = finite, allow_negative_numbers = true)]
    pub tilt: Option<f64>,
    /// Turn of the image about the long axis of the patient, in degrees
    #[arg(long, value_name = "DEGREES", value_parser = finite, allow_negative_numbers = true)]
    pub oblique: Option<f64>,
    /// Write no SEG
    #[arg(long)]
    pub without_labels: bool,
    /// Write AP films of the pelvis as well, as a detector counts and as people see them
    #[arg(long)]
    pub film: bool,
    /// Swap left and right of the whole patient
    #[arg(long)]
    pub mirrored: bool,
    /// Patient's Name as DICOM writes it, component groups included: `Yamada^Tarou=山田^太郎=やまだ^たろう`
    #[arg(long, value_name = "NAME")]
    pub patient_name: Option<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    number(text).filter(|value| *value > 0.0).ok_or_else(|| "give a number above 0".to_owned())
}

fn not_negative(text: &str) -> Result<f64, String> {
    number(text).filter(|value| *value >= 0.0).ok_or_else(|| "give a number, 0 or above".to_owned())
}

fn finite(text: &str) -> Result<f64, String> {
    number(text).ok_or_else(|| "give a number".to_owned())
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_size_is_a_finite_number_above_zero() {
        assert_eq!(positive("1.72"), Ok(1.72));
        for text in ["0", "-1", "nan", "inf", "1,72", ""] {
            assert!(positive(text).is_err(), "{text}");
        }
        assert_eq!(not_negative("0"), Ok(0.0));
    }
}
