//! What is integrated.

use crate::anatomy::{Side, Structure};
use crate::calibration::Conversion;
use crate::geometry::{Grid, Lps};
use crate::pipeline::Error;
use crate::projection::{View, project, project_as, thickness};
use crate::segmentation::{Labels, StructureMask};
use crate::units::{Hu, Unit};
use crate::volume::CtVolume;
use ndarray::{Array2, Array3};
use serde::Serialize;

/// g/cm2 per mg/cm3 times millimetre.
const GRAM_PER_CM2: f64 = 1e-4;

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Subject {
    Whole,
    Structure { structure: Structure, side: Side, thickness: bool },
}

/// What a pixel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DrrQuantity {
    /// Mass of the calibration's material along the ray, per area across it.
    ArealDensity,
    /// Length of water in millimetres that attenuates as much: `mu / mu_water = 1 + HU / 1000`, not below 0, along the ray.
    WaterEquivalentLength,
    /// Length of the ray inside the structure.
    Thickness,
}

/// A field of voxels, and what becomes of them.
pub(super) struct Field<'a> {
    voxels: Voxels<'a>,
    grid: Grid,
    centre: Lps,
    quantity: (DrrQuantity, Unit),
}

enum Voxels<'a> {
    /// By a conversion from HU.
    Whole(&'a CtVolume<'a>, Option<&'a Conversion>),
    /// 0 outside of the structure.
    Masked(Array3<f32>),
    Mask(&'a StructureMask),
}

impl<'a> Field<'a> {
    pub fn new(
        subject: Subject,
        volume: &'a CtVolume<'a>,
        labels: Option<&'a Labels>,
        conversion: Option<&'a Conversion>,
    ) -> Result<Field<'a>, Error> {
        let quantity = match conversion {
            Some(conversion) => (DrrQuantity::ArealDensity, Unit::ArealDensity(Some(conversion.material))),
            None => (DrrQuantity::WaterEquivalentLength, Unit::Millimetre),
        };
        let Subject::Structure { structure, side, thickness } = subject else {
            let grid = volume.grid.clone();
            let centre = grid.to_patient(grid.shape.map(|count| (count as f64 - 1.0) / 2.0));
            return Ok(Field { voxels: Voxels::Whole(volume, conversion), grid, centre, quantity });
        };
        let mask = find(labels, structure, side)?;
        let grid = Grid {
            shape: mask.voxels.dim().into(),
            origin: volume.grid.to_patient(mask.corner.map(|index| index as f64)),
            steps: volume.grid.steps,
        };
        let centre = mask.centroid(&volume.grid);
        if thickness {
            let quantity = (DrrQuantity::Thickness, Unit::Millimetre);
            return Ok(Field { voxels: Voxels::Mask(mask), grid, centre, quantity });
        }
        let mut values = Array3::zeros(mask.voxels.raw_dim());
        for index in mask.indices() {
            let place: [usize; 3] = std::array::from_fn(|axis| index[axis] - mask.corner[axis]);
            values[place] = inside(conversion, volume.hu(index));
        }
        Ok(Field { voxels: Voxels::Masked(values), grid, centre, quantity })
    }

    /// The point that the film is centred on: the middle of the CT, or the centroid of the structure.
    pub fn centre(&self) -> Lps {
        self.centre
    }

    pub fn quantity(&self) -> (DrrQuantity, Unit) {
        self.quantity
    }

    pub fn project(&self, view: &View) -> Array2<f32> {
        match &self.voxels {
            Voxels::Mask(mask) => thickness(mask.voxels.view(), &self.grid, view),
            Voxels::Masked(values) => project(values.view(), &self.grid, view),
            // Fat and air have less attenuation than water, and hold no mineral: a body around the bone must not take away from it.
            Voxels::Whole(volume, conversion) => {
                project_as(volume.stored.view(), &self.grid, view, |stored| inside(*conversion, volume.to_hu(stored)).max(0.0))
            }
        }
    }
}

/// What a voxel of this CT number adds per millimetre. In a structure the fat of the marrow counts as the calibration has it, as in
/// every areal density that is measured.
fn inside(conversion: Option<&Conversion>, hu: f32) -> f32 {
    match conversion {
        Some(conversion) => (conversion.density(Hu(f64::from(hu))).0 * GRAM_PER_CM2) as f32,
        None => (1.0 + hu / 1000.0).max(0.0),
    }
}

fn find(labels: Option<&Labels>, structure: Structure, side: Side) -> Result<&StructureMask, Error> {
    let masks = labels.map_or(&[][..], |labels| labels.masks.as_slice());
    masks.iter().find(|mask| (mask.structure, mask.side) == (structure, side)).ok_or_else(|| {
        let named = |structure: Structure, side: Side| match side {
            Side::None => structure.name().to_owned(),
            side => format!("{}_{}", structure.name(), side.name()),
        };
        let found: Vec<String> = masks.iter().map(|mask| named(mask.structure, mask.side)).collect();
        Error::Settings(format!(
            "structure is {}, which the labels lack; they hold: {}",
            named(structure, side),
            found.join(", ")
        ))
    })
}
