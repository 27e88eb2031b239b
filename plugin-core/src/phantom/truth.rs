//! `truth.json`: what is known of the phantom, from the shapes and from counting voxels before noise.

use super::PhantomSettings;
use super::femur;
use super::film::FilmTruth;
use super::paint::shape_of;
use super::scene::{Part, Shape, rods};
use super::spine::VERTEBRAE;
use crate::anatomy::{Side, Structure};
use crate::geometry::{Grid, Lps};
use crate::units::{Cm3, Hu, Percent};
use ndarray::Array3;
use serde::Serialize;
use std::collections::BTreeMap;

/// The answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Truth {
    schema: &'static str,
    settings: PhantomSettings,
    /// Slices, rows, columns.
    shape: [usize; 3],
    /// Millimetres between voxel centres along slices, rows, columns.
    spacing_mm: [f64; 3],
    voxel_mm3: f64,
    pub structures: Vec<StructureTruth>,
    pub vertebrae: Vec<VertebraTruth>,
    pub femora: Vec<FemurTruth>,
    pub rods: Vec<RodTruth>,
    /// Absent where no film was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub film: Option<FilmTruth>,
}

/// One structure on one side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct StructureTruth {
    pub structure: Structure,
    pub side: Side,
    /// Of the shapes; absent where the image cuts them.
    pub analytic_cm3: Option<Cm3>,
    /// Share of the shapes' volume that is fat.
    pub analytic_fat_share: Option<Percent>,
    pub voxels: usize,
    pub voxel_cm3: Cm3,
    /// Mean over its voxels, without noise.
    pub mean_hu: Hu,
    /// Share of its voxels that are fat, without noise.
    pub fat_share: Percent,
    /// Whether it touches the edge of the image.
    pub cut: bool,
}

/// One vertebra.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct VertebraTruth {
    pub structure: Structure,
    pub trabecular_hu: Hu,
    pub trabecular_cm3: Cm3,
    /// Centre of the body, LPS millimetres.
    pub centre_mm: Lps,
    /// To the head, at right angles to the end plates.
    pub superior: Lps,
}

/// One proximal femur. Lengths in millimetres, positions in LPS.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct FemurTruth {
    pub side: Side,
    pub head_centre_mm: Lps,
    pub head_radius_mm: f64,
    pub neck_radius_mm: f64,
    pub shaft_radius_mm: f64,
    /// Where the axes of neck and shaft meet.
    pub neck_base_mm: Lps,
    pub shaft_end_mm: Lps,
    pub neck_shaft_degrees: f64,
    /// Centre of the ellipsoid that stands for it.
    pub lesser_trochanter_mm: Lps,
    pub trabecular_hu: Hu,
}

/// One rod of the density phantom.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RodTruth {
    /// mgHA/cm3.
    pub density: f64,
    pub hu: Hu,
    /// LPS millimetres; the rods run along z.
    pub centre_mm: [f64; 2],
    pub radius_mm: f64,
}

/// Counts over the voxels of one structure.
#[derive(Default)]
struct Count {
    voxels: usize,
    fat: usize,
    sum: i64,
    cut: bool,
}

pub(super) fn truth(settings: &PhantomSettings, grid: &Grid, shapes: &[Shape], painted: &Array3<u16>) -> Truth {
    let counts = count(grid, shapes, painted);
    Truth {
        schema: "bonemuscle-phantom/2",
        settings: settings.clone(),
        shape: grid.shape,
        spacing_mm: grid.spacing(),
        voxel_mm3: grid.voxel_volume().0,
        structures: counts.into_iter().map(|(label, count)| structure(grid, shapes, label, &count)).collect(),
        vertebrae: VERTEBRAE.iter().map(vertebra).collect(),
        femora: [Side::Left, Side::Right].map(|side| femur(side, settings.mirrored)).into(),
        rods: rods(settings.mirrored).iter().map(rod).collect(),
        film: None,
    }
}

fn count(grid: &Grid, shapes: &[Shape], painted: &Array3<u16>) -> BTreeMap<(Structure, Side), Count> {
    let mut counts: BTreeMap<_, Count> = BTreeMap::new();
    for ((slice, row, column), &number) in painted.indexed_iter() {
        let Some(shape) = shape_of(shapes, number) else { continue };
        let Some(label) = shape.label else { continue };
        let count = counts.entry(label).or_default();
        count.voxels += 1;
        count.fat += usize::from(shape.part == Part::Fat);
        count.sum += i64::from(shape.hu);
        count.cut |= [slice, row, column].iter().zip(grid.shape).any(|(&i, n)| i == 0 || i + 1 == n);
    }
    counts
}

fn structure(grid: &Grid, shapes: &[Shape], label: (Structure, Side), count: &Count) -> StructureTruth {
    let volume_of = |part| -> f64 {
        shapes
            .iter()
            .filter(|shape| shape.label == Some(label) && shape.part == part)
            .map(|shape| shape.placed.volume().0)
            .fold(0.0, |sum, volume| sum + volume)
    };
    let whole = volume_of(Part::Whole);
    let voxels = count.voxels as f64;
    StructureTruth {
        structure: label.0,
        side: label.1,
        analytic_cm3: (!count.cut).then_some(Cm3(whole / 1000.0)),
        analytic_fat_share: (!count.cut).then_some(Percent(100.0 * volume_of(Part::Fat) / whole)),
        voxels: count.voxels,
        voxel_cm3: Cm3(voxels * grid.voxel_volume().0 / 1000.0),
        mean_hu: Hu(count.sum as f64 / voxels),
        fat_share: Percent(100.0 * count.fat as f64 / voxels),
        cut: count.cut,
    }
}

fn vertebra(vertebra: &super::spine::Vertebra) -> VertebraTruth {
    VertebraTruth {
        structure: vertebra.structure,
        trabecular_hu: Hu(f64::from(vertebra.trabecular_hu)),
        trabecular_cm3: vertebra.trabecular().volume().into(),
        centre_mm: vertebra.centre,
        superior: vertebra.axes()[2],
    }
}

/// A femur on `side` of the image; in the mirrored patient it is the other one that has changed sides.
fn femur(side: Side, mirrored: bool) -> FemurTruth {
    let on_side = |[x, y, z]: Lps| if side == Side::Right { [-x, y, z] } else { [x, y, z] };
    FemurTruth {
        side,
        head_centre_mm: on_side(femur::HEAD),
        head_radius_mm: femur::HEAD_RADIUS,
        neck_radius_mm: femur::NECK_RADIUS,
        shaft_radius_mm: femur::SHAFT_RADIUS,
        neck_base_mm: on_side(femur::NECK_BASE),
        shaft_end_mm: on_side(femur::SHAFT_END),
        neck_shaft_degrees: femur::neck_shaft_angle(),
        lesser_trochanter_mm: on_side(femur::LESSER_TROCHANTER.0),
        trabecular_hu: Hu(f64::from(femur::TRABECULAR[usize::from((side == Side::Right) != mirrored)])),
    }
}

fn rod(rod: &super::scene::Rod) -> RodTruth {
    let [x, y, _] = rod.placed.centre;
    RodTruth { density: rod.density, hu: Hu(f64::from(rod.hu)), centre_mm: [x, y], radius_mm: super::scene::ROD_RADIUS }
}
