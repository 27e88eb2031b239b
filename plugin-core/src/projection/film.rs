//! The set-up of a film in the words of its DICOM tags.

use super::{Beam, Detector, View, ViewError};
use crate::geometry::Lps;
use crate::units::Mm;
use serde::{Deserialize, Serialize};

/// How the rays of a film run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum FilmBeam {
    /// From a focal spot.
    Cone {
        /// Distance Source to Detector (0018,1110), 100 to 10000 mm.
        source_detector_distance_mm: Mm,
        /// Distance from the source to the point that the film is centred on; less than that to the detector. Not DICOM's Distance
        /// Source to Patient (0018,1111), which on a film of a patient ends at the table behind that point (PS3.3 Table C.8-72).
        source_axis_distance_mm: Mm,
    },
    /// All along one direction.
    Parallel,
}

/// Detector and distances of a film.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FilmGeometry {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Imager Pixel Spacing (0018,1164): between rows, between columns, on the detector, 0.01 to 100 mm.
    pub pixel_spacing_mm: [Mm; 2],
    /// Where the central ray, which is perpendicular to the detector, meets it: row and column, from the centre of the first
    /// pixel; none: the middle.
    pub principal_point: Option<[f64; 2]>,
    /// How the rays run.
    pub beam: FilmBeam,
}

/// Half a metre of film at 0.9 mm and a focal spot at 1 m, with the patient 150 mm before the film.
impl Default for FilmGeometry {
    fn default() -> Self {
        FilmGeometry {
            rows: 512,
            columns: 512,
            pixel_spacing_mm: [Mm(0.9); 2],
            principal_point: None,
            beam: FilmBeam::Cone { source_detector_distance_mm: Mm(1000.0), source_axis_distance_mm: Mm(850.0) },
        }
    }
}

impl FilmGeometry {
    /// The antero-posterior view: rays enter from the front (LPS y runs to the back), the film lies behind the patient and shows
    /// the patient's left at its right (columns along +x) and the feet at its bottom (rows along -z). The central ray runs
    /// through `centre`, which lies at the source-axis distance from the source.
    pub fn antero_posterior(&self, centre: Lps) -> Result<View, ViewError> {
        let [between_rows, between_columns] = self.pixel_spacing_mm.map(|spacing| spacing.0);
        accept("the pixel spacing in mm", between_rows, 0.01, 100.0, "0.01 to 100")?;
        accept("the pixel spacing in mm", between_columns, 0.01, 100.0, "0.01 to 100")?;
        let middle = [self.rows, self.columns].map(|side| (side as f64 - 1.0) / 2.0);
        let [row, column] = self.principal_point.unwrap_or(middle);
        let [x, y, z] = centre;
        let (beam, behind) = match self.beam {
            FilmBeam::Parallel => (Beam::Parallel { direction: [0.0, 1.0, 0.0] }, 0.0),
            FilmBeam::Cone { source_detector_distance_mm: Mm(detector), source_axis_distance_mm: Mm(axis) } => {
                accept("the source-detector distance in mm", detector, 100.0, 10_000.0, "100 to 10000")?;
                accept("the source-axis distance in mm", axis, 1.0, detector, "1 to the source-detector distance")?;
                (Beam::Cone { source: [x, y - axis, z] }, detector - axis)
            }
        };
        let detector = Detector {
            rows: self.rows,
            columns: self.columns,
            first: [x - column * between_columns, y + behind, z + row * between_rows],
            row_step: [0.0, 0.0, -between_rows],
            column_step: [between_columns, 0.0, 0.0],
        };
        let view = View { beam, detector };
        view.check().map(|()| view)
    }
}

fn accept(name: &'static str, value: f64, least: f64, most: f64, accepted: &'static str) -> Result<(), ViewError> {
    match (least..=most).contains(&value) {
        true => Ok(()),
        false => Err(ViewError::Value { name, value, accepted }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film() -> FilmGeometry {
        FilmGeometry {
            rows: 5,
            columns: 7,
            pixel_spacing_mm: [Mm(2.0), Mm(3.0)],
            principal_point: None,
            beam: FilmBeam::Cone { source_detector_distance_mm: Mm(1000.0), source_axis_distance_mm: Mm(800.0) },
        }
    }

    #[test]
    fn the_film_shows_left_at_its_right_and_lies_behind_the_patient() {
        let view = film().antero_posterior([10.0, 20.0, 30.0]).unwrap();
        assert_eq!(view.beam, Beam::Cone { source: [10.0, -780.0, 30.0] });
        assert_eq!(view.detector.to_patient([2.0, 3.0]), [10.0, 220.0, 30.0]);
        assert_eq!(view.detector.to_patient([0.0, 6.0]), [19.0, 220.0, 34.0]);
        assert_eq!(view.detector.pixel_area_mm2(), 6.0);
    }

    #[test]
    fn a_principal_point_moves_the_detector_alone() {
        let view = FilmGeometry { principal_point: Some([0.0, 1.0]), ..film() }.antero_posterior([0.0; 3]).unwrap();
        assert_eq!(view.beam, Beam::Cone { source: [0.0, -800.0, 0.0] });
        assert_eq!(view.detector.to_patient([0.0, 1.0]), [0.0, 200.0, 0.0]);
    }

    #[test]
    fn impossible_machines_are_refused_with_what_is_accepted() {
        let refusal = |film: FilmGeometry| film.antero_posterior([0.0; 3]).unwrap_err().to_string();
        let large = refusal(FilmGeometry { rows: 20_000, columns: 20_000, ..film() });
        assert_eq!(large, "the detector has 20000 rows and 20000 columns; accepted: 1 to 8192 each");
        let behind = FilmBeam::Cone { source_detector_distance_mm: Mm(1000.0), source_axis_distance_mm: Mm(1200.0) };
        assert!(refusal(FilmGeometry { beam: behind, ..film() }).contains("source-axis distance"));
        assert!(refusal(FilmGeometry { pixel_spacing_mm: [Mm(f64::NAN), Mm(1.0)], ..film() }).contains("NaN"));
        assert!(refusal(FilmGeometry { principal_point: Some([f64::INFINITY, 0.0]), ..film() }).contains("plane"));
    }
}
