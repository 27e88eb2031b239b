use crate::error::Error;
use crate::image::Image;
use crate::inputs::Inputs;
use crate::library::c_text;
use serde_json::Value;
use std::marker::PhantomData;

/// Inputs with images in the caller's memory, which are borrowed for as long as these live.
pub struct ImageInputs<'a> {
    /// Only lent out shared: moved away from here, it could outlive what it borrows.
    inputs: Inputs,
    borrowed: PhantomData<Image<'a>>,
}

impl<'a> ImageInputs<'a> {
    /// Images beside what `inputs` hold.
    pub fn new(inputs: Inputs) -> Self {
        ImageInputs { inputs, borrowed: PhantomData }
    }

    /// Sets the CT, in Hounsfield units. Integers of 16 bits on a grid that runs as DICOM's axial slices do are never copied. Beside DICOM
    /// instances it must be the image in them.
    pub fn set_volume(&mut self, image: Image<'a>) -> Result<(), Error> {
        let (raw, loaded) = (image.raw()?, &self.inputs.loaded);
        // SAFETY: `inputs.raw` is from inputs_new and not freed; the image has as many voxels as its size says, which stay borrowed for
        // `'a`, and `self`, which frees the inputs, does not outlive that.
        loaded.check(unsafe { (loaded.functions.inputs_set_volume)(self.inputs.raw, &raw) })
    }

    /// Sets the labels, as integers on a grid of their own; 0 is background. `names` says what the values are: `{"1": "l1"}`. They are taken
    /// before those of a DICOM SEG or a model.
    pub fn set_labels(&mut self, image: Image<'a>, names: &Value) -> Result<(), Error> {
        let (raw, loaded) = (image.raw()?, &self.inputs.loaded);
        let names = c_text("the names of the labels", names.to_string())?;
        // SAFETY: as in `set_volume`; the text is ended by NUL.
        loaded.check(unsafe { (loaded.functions.inputs_set_labels)(self.inputs.raw, &raw, names.as_ptr()) })
    }

    /// What [`Library::measure`](crate::Library::measure) and the others take.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }
}
