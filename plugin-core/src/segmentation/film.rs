//! From a radiograph to what a model sees of a hip, and the reasons not to look.
//!
//! [`attenuation`](attenuation()) resolves the greyscale so that more attenuation is a larger value; [`Orientation`] turns the film
//! upright; [`Scale`] gives millimetres at the hip; [`film`](film()), [`metal`](metal()) and [`implant`](implant()) say what cannot be measured; [`crop`](crop()) cuts a hip out as the
//! canonical left one, with the exact way back to the film.

mod attenuation;
mod crop;
mod gates;
mod implant;
mod orientation;
mod resample;
mod scale;

pub use attenuation::{Attenuation, attenuation};
pub use crop::{Crop, CropShape, Mapping, crop, whole_film};
pub use gates::{Film, Hips, film, orientation_assumed};
pub use implant::{Metal, implant, metal};
pub use orientation::Orientation;
pub use scale::{Magnification, MagnificationSource, Scale, scale};
