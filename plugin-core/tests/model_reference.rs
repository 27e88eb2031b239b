//! The embedded reference model from a CT to labels: what a seed, a number of threads and a host that stops change.

use ndarray::s;
use plugin_core::geometry::Index;
use plugin_core::phantom::{PhantomSettings, phantom};
use plugin_core::progress::{Progress, Sink};
use plugin_core::read::{Inputs, Instance, scan};
use plugin_core::segmentation::{Installation, LabelError, LabelOrigin, Labels, Model, StructureMask, labels_from_model};
use plugin_core::settings::{Engine, ModelSettings};
use plugin_core::volume::{CtVolume, assemble};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Voxels of the model, so that the CT is not resampled.
const SPACING_MM: f64 = 3.0;

/// Beside the build, where `scripts/setup.sh` puts ONNX Runtime; none where it was not run.
fn installation() -> Option<Installation> {
    let program = std::env::current_exe().expect("this program");
    let folder = program.parent().and_then(Path::parent).expect("the build folder").to_owned();
    if folder.join("onnxruntime").is_dir() {
        return Some(Installation { folder });
    }
    assert!(std::env::var_os("CI").is_none(), "ONNX Runtime was not put beside the build");
    println!("skipped: no onnxruntime beside the build");
    None
}

/// The digital phantom, cut to a box of `shape` voxels that begins at `corner`.
fn part_of_phantom(corner: Index, shape: Index) -> CtVolume<'static> {
    let settings = PhantomSettings { pixel_spacing_mm: SPACING_MM, slice_spacing_mm: SPACING_MM, ..PhantomSettings::default() };
    let files = phantom(&settings).expect("a phantom").files;
    let slices = files.into_iter().filter(|(name, _)| name.starts_with("ct-"));
    let inputs: Inputs<'_> = slices.map(|(name, data)| Instance::Bytes { name, data }).collect();
    let contents = scan(&inputs, Progress::silent()).expect("nobody cancels");
    let mut volume = assemble(&contents.series[0], &inputs, Progress::silent()).expect("a volume");
    let [z, y, x] = [0, 1, 2].map(|axis| corner[axis]..corner[axis] + shape[axis]);
    volume.stored = volume.stored.slice(s![z, y, x]).to_owned().into();
    volume.grid.origin = volume.grid.to_patient(corner.map(|i| i as f64));
    volume.grid.shape = shape;
    volume
}

fn run(volume: &CtVolume<'_>, settings: ModelSettings, threads: usize, sink: &Sink<'_>) -> Option<Result<Labels, LabelError>> {
    let installation = installation()?;
    let model = Model::reference().expect("the reference model");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    Some(pool.install(|| labels_from_model(&model, &installation, volume, &settings, Progress::new(sink))))
}

fn labels(volume: &CtVolume<'_>, passes: u16, seed: u64, threads: usize) -> Option<Labels> {
    let settings = ModelSettings { passes: Some(passes), seed, engine: Engine::OnnxRuntime };
    Some(run(volume, settings, threads, &|_, _| true)?.expect("structures"))
}

fn assert_equal(a: &Labels, b: &Labels) {
    assert_eq!((&a.origin, &a.doubts), (&b.origin, &b.doubts));
    let masks = |labels: &Labels| labels.masks.iter().map(|mask| (mask.structure, mask.side, mask.corner)).collect::<Vec<_>>();
    assert_eq!(masks(a), masks(b));
    assert!(a.masks.iter().zip(&b.masks).all(|(a, b)| a.voxels == b.voxels), "a mask differs");
}

/// One tile, for time; several side by side are tested where the window is.
#[test]
fn a_seed_gives_the_same_bits_on_any_number_of_threads_and_another_seed_others() {
    let volume = part_of_phantom([10, 0, 17], [90, 84, 90]);
    let Some(first) = labels(&volume, 2, 7, 1) else { return };
    assert!(matches!(first.origin, LabelOrigin::Model { passes: 2, seed: Some(7), dropout: Some(_), .. }));
    assert!(!first.doubts.structures.is_empty(), "passes give an uncertainty");
    assert!(first.doubts.structures.values().all(|found| found.variance > 0.0));
    assert_equal(&first, &labels(&volume, 2, 7, 2).expect("again"));
    let other = labels(&volume, 2, 8, 2).expect("again");
    assert_ne!(first.doubts.structures, other.doubts.structures);
}

#[test]
fn without_passes_there_is_no_uncertainty() {
    let volume = part_of_phantom([10, 0, 17], [90, 84, 90]);
    let Some(found) = labels(&volume, 0, 7, 2) else { return };
    assert!(found.doubts.structures.is_empty());
    assert!(matches!(found.origin, LabelOrigin::Model { passes: 0, seed: None, dropout: None, .. }));
    let is_unjudged = |mask: &StructureMask| found.doubts.without_passes.contains(&(mask.structure, mask.side));
    assert!(found.masks.iter().any(is_unjudged), "what passes would have judged is known");
}

#[test]
fn a_host_stops_it_between_tiles() {
    let volume = part_of_phantom([0, 0, 17], [120, 84, 90]);
    let reports = AtomicUsize::new(0);
    // Told of the start and of the first of two tiles.
    let stop = |_, _| reports.fetch_add(1, Ordering::SeqCst) == 0;
    let settings = ModelSettings { passes: Some(1), engine: Engine::OnnxRuntime, ..ModelSettings::default() };
    let Some(found) = run(&volume, settings, 1, &stop) else { return };
    assert!(matches!(found, Err(LabelError::Cancelled(_))));
    assert_eq!(reports.load(Ordering::SeqCst), 2);
}

/// One tile and ten passes: a host that has had enough after the third waits for no fourth.
#[test]
fn a_host_stops_it_between_passes() {
    let volume = part_of_phantom([10, 0, 17], [90, 84, 90]);
    let reports = AtomicUsize::new(0);
    let stop = |_, _| reports.fetch_add(1, Ordering::SeqCst) < 3;
    // OpenVINO where it is installed.
    let settings = ModelSettings { passes: Some(10), engine: Engine::Auto, ..ModelSettings::default() };
    let Some(found) = run(&volume, settings, 1, &stop) else { return };
    assert!(matches!(found, Err(LabelError::Cancelled(_))));
    assert_eq!(reports.load(Ordering::SeqCst), 4, "told of the start and of three passes");
}
