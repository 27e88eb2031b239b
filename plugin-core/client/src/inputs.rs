use crate::error::{Error, Status};
use crate::functions::Opaque;
use crate::library::{Library, Loaded, c_text};
use std::path::Path;
use std::ptr::null_mut;
use std::sync::Arc;

/// What is measured: the DICOM instances of one study, in any order, among which other files do no harm; or one CT as an image that is not
/// DICOM; or both of one CT.
pub struct Inputs {
    pub(crate) raw: *mut Opaque,
    pub(crate) loaded: Arc<Loaded>,
}

// SAFETY: the object belongs to no thread; changing it needs `&mut`, and const functions may run at once (`bonemuscle.h`).
unsafe impl Send for Inputs {}
// SAFETY: as above.
unsafe impl Sync for Inputs {}

impl Inputs {
    /// Makes empty inputs.
    pub fn new(library: &Library) -> Result<Inputs, Error> {
        let loaded = Arc::clone(&library.loaded);
        let mut raw = null_mut();
        // SAFETY: `raw` is a place for a pointer.
        loaded.check(unsafe { (loaded.functions.inputs_new)(&mut raw) })?;
        Ok(Inputs { raw, loaded })
    }

    /// Adds one file, which must stay until the run has ended.
    pub fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let path = c_path(path)?;
        // SAFETY: `raw` is from inputs_new and not freed, `path` is ended by NUL.
        self.loaded.check(unsafe { (self.loaded.functions.inputs_add_file)(self.raw, path.as_ptr()) })
    }

    /// Adds all regular files below a folder.
    pub fn add_folder(&mut self, path: &Path) -> Result<(), Error> {
        let path = c_path(path)?;
        // SAFETY: `raw` is from inputs_new and not freed, `path` is ended by NUL.
        self.loaded.check(unsafe { (self.loaded.functions.inputs_add_folder)(self.raw, path.as_ptr()) })
    }

    /// Adds the bytes of one DICOM file, which are copied; `name` is what errors call it.
    pub fn add_buffer(&mut self, name: &str, data: &[u8]) -> Result<(), Error> {
        let name = c_text("the name", name)?;
        let add = self.loaded.functions.inputs_add_buffer;
        // SAFETY: `raw` is from inputs_new and not freed, `name` is ended by NUL, `data` has as many bytes as it says.
        self.loaded.check(unsafe { add(self.raw, name.as_ptr(), data.as_ptr(), data.len()) })
    }

    /// Sets the CT, as Hounsfield units in a NIfTI-1 (`.nii`, `.nii.gz`) or NRRD file (`.nrrd`), which must stay until the run has ended.
    /// Beside DICOM instances it must be the image in them.
    pub fn set_volume_file(&mut self, path: &Path) -> Result<(), Error> {
        let path = c_path(path)?;
        // SAFETY: `raw` is from inputs_new and not freed, `path` is ended by NUL.
        self.loaded.check(unsafe { (self.loaded.functions.inputs_set_volume_file)(self.raw, path.as_ptr()) })
    }
}

impl Drop for Inputs {
    fn drop(&mut self) {
        // SAFETY: `raw` is from inputs_new and not used again.
        unsafe { (self.loaded.functions.inputs_free)(self.raw) }
    }
}

fn c_path(path: &Path) -> Result<std::ffi::CString, Error> {
    let text = path.to_str();
    let not_text = || Error::new(Status::InvalidArgument, format!("the path {} is not UTF-8", path.display()));
    c_text("the path", text.ok_or_else(not_text)?)
}
