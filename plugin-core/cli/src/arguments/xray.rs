use super::{Inference, positive};
use clap::Args;
use std::path::PathBuf;

pub const EXAMPLE: &str = "\
Examples:
  bonemuscle xray film.dcm --output results/
  bonemuscle xray hip/ --output results/ --side left --magnification 1.2
The model has seen simulated films only: its values are no DXA measurement and have no T-score.";

#[derive(Args)]
pub struct Xray {
    /// Folders or files with the films of one study; of several, the newest AP film that nothing speaks against is measured
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub inputs: Vec<PathBuf>,
    /// Folder for the results; files of the same name are replaced, others left alone
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Series Instance UID of the film [default: the newest that can be measured]
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
    /// SOP Instance UID of the film, where a series holds several [default: the newest that can be measured]
    #[arg(long, value_name = "UID")]
    pub film: Option<String>,
    /// Which hips the film shows, where the headers lack it; both: lying as an AP film is read, unless Patient Orientation says else
    #[arg(long, value_name = "SIDE", value_parser = ["left", "right", "both"])]
    pub side: Option<String>,
    /// How much larger than the hip its image at the detector is, 1 to 1.5 [default: by the headers, else 1.15]
    #[arg(long, value_name = "FACTOR", value_parser = positive)]
    pub magnification: Option<f64>,
    /// Model that takes the film apart [default: `bonemuscle-hip-xray`]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    #[command(flatten)]
    pub inference: Inference,
    /// Language of the page [default: en]
    #[arg(long, value_name = "LANGUAGE", value_parser = ["en", "ja"])]
    pub language: Option<String>,
    /// Threads to compute with; changes no value [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// When measuring started, ISO 8601 with offset; fixing it makes every byte repeatable [default: now]
    #[arg(long, value_name = "ISO")]
    pub started: Option<String>,
}
