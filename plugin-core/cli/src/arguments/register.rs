use super::{finite, not_negative, positive};
use clap::Args;
use std::path::PathBuf;

pub const EXAMPLE: &str = "\
Examples:
  bonemuscle register ct/ hip.dcm --output pose/
      writes registration.json, the pose of the patient on the film, and overlay.png, the film with the edges of the bones
  bonemuscle register ct/ hip.dcm --output pose/ --at 812,1040 --of 92,-14,-310
      starts where the point 92,-14,-310 of the CT (LPS, millimetres) lies on row 812, column 1040 of the film";

#[derive(Args)]
pub struct Register {
    /// Folder (or single file) with the DICOM files of the CT
    #[arg(value_name = "CT")]
    pub ct: PathBuf,
    /// The film, CR or DX, antero-posterior
    #[arg(value_name = "XRAY")]
    pub xray: PathBuf,
    /// Folder for the results; files of the same name are replaced, others left alone
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Series Instance UID of the CT [default: the best of the study]
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
    /// SOP Instance UID of the film, where there are several
    #[arg(long, value_name = "UID")]
    pub film: Option<String>,
    /// Distance from source to detector in millimetres [default: Distance Source to Detector, else 1100]
    #[arg(long, value_name = "MM", value_parser = positive)]
    pub source_detector: Option<f64>,
    /// Distance from source to hips in millimetres [default: from the magnification in the header, else from 1.15]
    #[arg(long, value_name = "MM", value_parser = positive)]
    pub source_hip: Option<f64>,
    /// How film and projection are compared [default: gradient-correlation]
    #[arg(long, value_name = "MEASURE",
          value_parser = ["gradient-correlation", "normalised-cross-correlation", "gradient-information"])]
    pub similarity: Option<String>,
    /// A pose that is less like the film is refused [default: 0.22 of gradient-correlation; needed with the others]
    #[arg(long, value_name = "NUMBER", value_parser = not_negative)]
    pub least_similarity: Option<f64>,
    /// CT number at which bone begins [default: 100]
    #[arg(long, value_name = "HU", value_parser = not_negative)]
    pub bone_threshold: Option<f64>,
    /// Pixel of the film, row and column from 0, on which the search puts --of
    #[arg(long, value_name = "ROW,COLUMN", value_delimiter = ',', requires = "of", value_parser = finite)]
    pub at: Vec<f64>,
    /// Point of the CT that lies at --at, LPS in millimetres [default: found]
    #[arg(long, value_name = "X,Y,Z", value_delimiter = ',', requires = "at", value_parser = finite,
          allow_hyphen_values = true)]
    pub of: Vec<f64>,
    /// Searches with different random steps, at most; a third must agree, at least two, and if the first three do, no more are run
    /// [default: 6]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=16))]
    pub restarts: Option<u16>,
    /// Seed of the random steps [default: 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads to compute with; changes no value [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}
