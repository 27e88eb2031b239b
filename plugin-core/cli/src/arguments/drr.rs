use super::{GivenLabels, InScan, Inference, number, positive};
use clap::Args;
use std::path::PathBuf;

pub const EXAMPLE: &str = "\
Examples:
  bonemuscle drr study/ --output drr/
      an antero-posterior film of the whole CT, in millimetres of water, or in g/cm2 where there is a calibration
  bonemuscle drr study/ --output drr/ --structure femur_left --rotation 0,0,15 --calibration phantom
  bonemuscle drr study/ --output drr/ --structure femur_left --thickness --parallel
  bonemuscle drr ct/ --output drr/ --structure femur_left --pose pose/registration.json
      the femur as it lay on the film that `register` found the pose of: the same rows and columns as the film held upright; a joint
      that was bent otherwise than in the CT is not followed";

#[derive(Args)]
pub struct Drr {
    /// Folders (or single files) with the DICOM files of one study: CT, and a SEG if there is one
    #[arg(required = true, value_name = "FOLDER")]
    pub inputs: Vec<PathBuf>,
    /// Folder for drr.nrrd (32-bit floats), drr.png and drr.json; files of the same name are replaced, others left alone
    #[arg(long, value_name = "DIR")]
    pub output: PathBuf,
    /// Structure to show alone, such as `femur_left` [default: the whole CT]
    #[arg(long, value_name = "NAME")]
    pub structure: Option<String>,
    /// Show how thick the structure is, in millimetres
    #[arg(long, requires = "structure")]
    pub thickness: bool,
    #[command(flatten)]
    pub given: GivenLabels,
    /// Model that labels the CT [default: `bonemuscle-ct` where a structure is named and the study holds no SEG]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    #[command(flatten)]
    pub inference: Inference,
    /// Series Instance UID of the CT [default: the best of the study]
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
    /// How HU become density [default: as for `measure`; without one, millimetres of water are shown]
    #[arg(long, value_name = "METHOD", value_parser = ["auto", "none", "phantom", "stored", "internal", "physics"])]
    pub calibration: Option<String>,
    #[command(flatten)]
    pub phantom: InScan,
    /// JSON file with what the site supplies: phantoms, calibrations, mappings
    #[arg(long, value_name = "FILE")]
    pub site: Option<PathBuf>,
    /// Rows of the detector
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub rows: usize,
    /// Columns of the detector
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub columns: usize,
    /// Distance of the detector's pixels, in millimetres
    #[arg(long, value_name = "MM", default_value_t = 0.9, value_parser = positive)]
    pub pixel_spacing: f64,
    /// Distance from the source to the detector, in millimetres
    #[arg(long, value_name = "MM", default_value_t = 1000.0, value_parser = positive, conflicts_with = "parallel")]
    pub sdd: f64,
    /// Distance from the source to the middle of the CT or of the structure, on which the film is centred, in millimetres
    #[arg(long, value_name = "MM", default_value_t = 850.0, value_parser = positive, conflicts_with = "parallel")]
    pub sad: f64,
    /// Parallel rays
    #[arg(long)]
    pub parallel: bool,
    /// Turn of the patient about x (to the left), then y (to the back), then z (to the head), in degrees
    #[arg(long, value_name = "X,Y,Z", value_parser = three, allow_hyphen_values = true)]
    pub rotation: Option<[f64; 3]>,
    /// Shift of the patient to the left, to the back, to the head, in millimetres
    #[arg(long, value_name = "X,Y,Z", value_parser = three, allow_hyphen_values = true)]
    pub translation: Option<[f64; 3]>,
    /// registration.json of `register`: detector, source and patient as on that film, which the image then covers pixel by pixel
    #[arg(long, value_name = "FILE", conflicts_with_all = SET_UP)]
    pub pose: Option<PathBuf>,
    /// Threads to compute with [default: one per core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// What a registration says already.
const SET_UP: [&str; 9] = ["series", "rows", "columns", "pixel_spacing", "sdd", "sad", "parallel", "rotation", "translation"];

fn three(text: &str) -> Result<[f64; 3], String> {
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| "give three numbers, such as 0,-5,10".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_are_three_numbers() {
        assert_eq!(three("0,-5,10.5"), Ok([0.0, -5.0, 10.5]));
        for text in ["0,1", "0,1,2,3", "0,1,nan", "0,,1", ""] {
            assert!(three(text).is_err(), "{text}");
        }
    }
}
