//! CTs that are not DICOM, as files and in memory: the same numbers as from DICOM, and nothing from what is no CT.

mod hostile;
mod outputs;
mod same_numbers;
mod together;

use plugin_core::geometry::Grid;
use plugin_core::phantom::{PhantomSettings, phantom};
use plugin_core::pipeline::{Error, Outcome, measure, segment};
use plugin_core::progress::Progress;
use plugin_core::read::{HostVolume, Inputs, Instance, MemoryLabels, MemoryVolume, Voxels};
use plugin_core::report::Finding;
use plugin_core::segmentation::Installation;
use plugin_core::volume::{CtVolume, from_host};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A phantom as DICOM files, and as volumes in a folder: `image.nrrd`, `labels.nrrd`, `labels.json`.
struct Study {
    dicom: Inputs<'static>,
    truth: Value,
    folder: tempfile::TempDir,
}

impl Study {
    /// Coarse and without noise, tilted and turned: a sheared, oblique grid.
    fn sheared() -> Study {
        Study::of(&PhantomSettings { tilt_degrees: 12.0, oblique_degrees: -7.0, ..coarse() })
    }

    fn of(settings: &PhantomSettings) -> Study {
        let (mut dicom, mut truth) = (Inputs::default(), Value::Null);
        for (name, data) in phantom(settings).expect("the phantom is drawn").files {
            match name.as_str() {
                "truth.json" => truth = serde_json::from_slice(&data).expect("JSON"),
                _ => dicom.instances.push(Instance::Bytes { name, data }),
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        for format in ["nrrd", "nifti"] {
            let settings = serde_json::from_value(json!({"outputs": ["image"], "volume_format": format})).expect("settings");
            let files = segment(&dicom, &settings, &nowhere(), Progress::silent()).expect("labels").files;
            files.iter().for_each(|file| std::fs::write(folder.path().join(file.name), &file.bytes).expect("a file"));
        }
        Study { dicom, truth, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Settings that take the labels of the file, and say of the patient what DICOM alone would tell.
    fn labels(&self, file: &str) -> Value {
        let segmentation = json!({"source": "label-map", "file": self.path(file), "names": self.path("labels.json")});
        json!({"segmentation": segmentation, "patient": patient(), "outputs": []})
    }

    fn names(&self) -> String {
        std::fs::read_to_string(self.path("labels.json")).expect("a name table")
    }
}

fn coarse() -> PhantomSettings {
    PhantomSettings { pixel_spacing_mm: 3.0, slice_spacing_mm: 4.0, noise_hu: 0.0, ..PhantomSettings::default() }
}

fn patient() -> Value {
    json!({"sex": "F", "age_years": 70, "height_m": 1.58, "weight_kg": 55.0})
}

/// Fails with the first value that differs, and where anything else does, also in what was not measured.
fn assert_same(found: &[Finding], expected: &[Finding], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(
            found.measurements.len(),
            expected.measurements.len(),
            "{what}: {:?} {:?}",
            expected.structure,
            expected.side
        );
        let pairs = found.measurements.iter().zip(&expected.measurements);
        pairs.for_each(|(found, wanted)| assert_eq!(found, wanted, "{what}: {:?} {:?}", expected.structure, expected.side));
    }
    let other = found.iter().zip(expected).find(|(found, expected)| found != expected);
    assert!(other.is_none(), "{what}: {:?} differs in more than values", other.map(|(found, _)| (found.structure, found.side)));
}

/// No engine is needed where labels are given.
fn nowhere() -> Installation {
    Installation { folder: PathBuf::new() }
}

fn run(inputs: &Inputs<'_>, settings: Value) -> Result<Outcome, Error> {
    let settings = serde_json::from_value(settings).expect("settings");
    measure(inputs, &settings, &nowhere(), Progress::silent())
}

fn findings(inputs: &Inputs<'_>, settings: Value) -> Vec<Finding> {
    run(inputs, settings).expect("a report").report.findings
}

fn file(path: PathBuf) -> Inputs<'static> {
    Inputs { volume: Some(HostVolume::File(path)), ..Inputs::default() }
}

/// The voxels of a volume file, as a host would hold them.
fn loaded(path: &Path) -> CtVolume<'static> {
    let image = HostVolume::File(path.to_owned());
    let read = from_host(&image, Progress::silent()).expect("a volume");
    CtVolume { grid: read.grid, stored: read.stored.into_owned().into(), slope: read.slope, intercept: read.intercept }
}

/// `voxels` of `grid` as a host hands them over.
fn memory<'a>(grid: &Grid, voxels: Voxels<'a>) -> MemoryVolume<'a> {
    let ([slices, rows, columns], [slice, row, column]) = (grid.shape, grid.steps);
    MemoryVolume::new(voxels, [columns, rows, slices], grid.origin, [column, row, slice])
        .expect("as many voxels as the grid has")
}

fn in_memory<'a>(volume: MemoryVolume<'a>, labels: Option<MemoryLabels<'a>>) -> Inputs<'a> {
    Inputs { volume: Some(HostVolume::Memory(volume)), labels, ..Inputs::default() }
}

fn sentence(result: Result<Outcome, Error>) -> String {
    result.expect_err("a refusal").to_string()
}
