use crate::error::{Error, Status};
use crate::functions::Opaque;
use crate::library::Loaded;
use serde_json::Value;
use std::ffi::{CStr, c_char};
use std::ptr::null;

/// What a run gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The report of a measurement (`plugin-core/schema/report.schema.json`), the true values of a phantom, what was labelled, or the
    /// numbers of a validation (`plugin-core/schema/validation.schema.json`).
    pub report: Value,
    /// The report and the table as files, DICOM objects and pages; the files of a phantom, or a label map.
    pub files: Vec<File>,
}

/// One file of an [`Outcome`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Such as `report.json` or `sr.dcm`.
    pub name: String,
    /// Such as `application/dicom`.
    pub media_type: String,
    /// Its content.
    pub data: Vec<u8>,
}

/// A result that still lies in the library's memory; freed when dropped.
pub(crate) struct RawResult<'a> {
    pub(crate) raw: *mut Opaque,
    pub(crate) loaded: &'a Loaded,
}

impl RawResult<'_> {
    pub(crate) fn json(&self) -> Result<Value, Error> {
        // SAFETY: `raw` is from a run and not freed; the text lives as long.
        let json = unsafe { CStr::from_ptr((self.loaded.functions.result_json)(self.raw)) };
        serde_json::from_slice(json.to_bytes())
            .map_err(|error| Error::new(Status::Internal, format!("the library's answer is not JSON: {error}")))
    }

    pub(crate) fn outcome(&self) -> Result<Outcome, Error> {
        // SAFETY: `raw` is from a run and not freed.
        let count = unsafe { (self.loaded.functions.result_file_count)(self.raw) };
        let files = (0..count).map(|index| self.file(index)).collect::<Result<_, _>>()?;
        Ok(Outcome { report: self.json()?, files })
    }

    fn file(&self, index: usize) -> Result<File, Error> {
        let (mut name, mut media_type, mut data, mut size) = (null(), null(), null(), 0);
        let file = self.loaded.functions.result_file;
        // SAFETY: `raw` is from a run and not freed, the outputs are places for their types.
        self.loaded.check(unsafe { file(self.raw, index, &mut name, &mut media_type, &mut data, &mut size) })?;
        // SAFETY: after success `data` has `size` bytes, which live as long as the result.
        let data = unsafe { std::slice::from_raw_parts(data, size) }.to_vec();
        // SAFETY: after success both are ended by NUL and live as long as the result.
        let (name, media_type) = unsafe { (owned(name), owned(media_type)) };
        Ok(File { name, media_type, data })
    }
}

impl Drop for RawResult<'_> {
    fn drop(&mut self) {
        // SAFETY: `raw` is from a run and not used again.
        unsafe { (self.loaded.functions.result_free)(self.raw) }
    }
}

/// # Safety
/// `text` is ended by NUL.
unsafe fn owned(text: *const c_char) -> String {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
