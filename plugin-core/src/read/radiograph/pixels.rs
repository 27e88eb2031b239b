//! Pixel data of a radiograph to values.

use super::{Radiograph, RadiographHeader};
use crate::read::pixels::decode_stored;
use crate::read::{Inputs, ReadError};
use ndarray::{Array2, Zip};
use rayon::prelude::*;

/// Decodes the pixels of `header`, one of those that [`crate::read::scan`] found in the same `inputs`.
pub fn read_radiograph(inputs: &Inputs<'_>, header: &RadiographHeader) -> Result<Radiograph, ReadError> {
    let mut decoded = Array2::<i16>::zeros(header.size);
    let out = decoded.as_slice_mut().expect("a new array is in standard layout");
    let place = (header.instance, header.sop_instance_uid.as_str());
    decode_stored(inputs, place, &header.layout, header.size, out)?;
    // Unsigned values with all 16 bits in use were shifted to fit.
    let offset = header.layout.offset() as i32;
    let modality = &header.greyscale.modality;
    let pixels = decoded.mapv(|value| modality.apply(i32::from(value) + offset) as f32);
    let mut exposed = Array2::from_elem(header.size, true);
    exposed.outer_iter_mut().into_par_iter().enumerate().for_each(|(row, mut line)| {
        for (column, pixel) in line.iter_mut().enumerate() {
            *pixel = header.fields.iter().all(|field| field.contains([row as f64, column as f64]));
        }
    });
    if let Some(padding) = &header.padding {
        let is_padding = |value: i16| padding.contains(&(i32::from(value) + offset));
        Zip::from(&mut exposed).and(&decoded).for_each(|pixel, &value| *pixel &= !is_padding(value));
    }
    Ok(Radiograph { header: header.clone(), pixels, exposed })
}
