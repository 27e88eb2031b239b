use crate::bonemuscle_status;
use crate::boundary::{Output, fallible, free, or_else, reference};
use crate::status::Failure;
use std::ffi::{CString, c_char};
use std::ptr::null;

/// What a run gave. It does not change any more.
pub struct bonemuscle_result {
    json: CString,
    files: Vec<File>,
}

struct File {
    name: CString,
    media_type: CString,
    bytes: Vec<u8>,
}

impl bonemuscle_result {
    pub(crate) fn new(json: String) -> Result<Self, Failure> {
        Ok(bonemuscle_result { json: c_text("the JSON", json)?, files: Vec::new() })
    }

    pub(crate) fn add_file(&mut self, name: &str, media_type: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        let (name, media_type) = (c_text("a file name", name)?, c_text("a media type", media_type)?);
        self.files.push(File { name, media_type, bytes });
        Ok(())
    }

    /// For the host, who frees it with bonemuscle_result_free.
    pub(crate) fn into_raw(self) -> *mut bonemuscle_result {
        Box::into_raw(Box::new(self))
    }
}

fn c_text(what: &str, text: impl Into<Vec<u8>>) -> Result<CString, Failure> {
    CString::new(text)
        .map_err(|error| Failure::internal(format!("internal error: {what} holds NUL at {}", error.nul_position())))
}

/// The report (measure), the choice (choose), the true values (phantom) and so on, as JSON. Valid until the result is freed.
/// NULL gives "".
///
/// # Safety
/// `result` is NULL or from a run, and not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_result_json(result: *const bonemuscle_result) -> *const c_char {
    // SAFETY: this function's contract.
    or_else(c"".as_ptr(), || unsafe { result.as_ref() }.map_or(c"".as_ptr(), |result| result.json.as_ptr()))
}

/// How many files the result holds. NULL gives 0.
///
/// # Safety
/// As for bonemuscle_result_json.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_result_file_count(result: *const bonemuscle_result) -> usize {
    // SAFETY: this function's contract.
    or_else(0, || unsafe { result.as_ref() }.map_or(0, |result| result.files.len()))
}

/// One file: its name ("report.json", "sr.dcm" ...), its media type ("application/dicom" ...), and its `size` bytes. All
/// are valid until the result is freed. `index` counts from 0.
///
/// # Safety
/// As for bonemuscle_result_json; the outputs are NULL or places for their types.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_result_file(
    result: *const bonemuscle_result,
    index: usize,
    name: *mut *const c_char,
    media_type: *mut *const c_char,
    data: *mut *const u8,
    size: *mut usize,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (name, media_type) =
            unsafe { (Output::new("name", name, null())?, Output::new("media_type", media_type, null())?) };
        // SAFETY: this function's contract.
        let (data, size) = unsafe { (Output::new("data", data, null())?, Output::new("size", size, 0)?) };
        // SAFETY: this function's contract.
        let files = &unsafe { reference("result", result) }?.files;
        let missing = || Failure::argument(format!("index is {index}; the result holds {} files", files.len()));
        let file = files.get(index).ok_or_else(missing)?;
        name.set(file.name.as_ptr());
        media_type.set(file.media_type.as_ptr());
        data.set(file.bytes.as_ptr());
        size.set(file.bytes.len());
        Ok(())
    })
}

/// Frees a result. NULL does nothing.
///
/// # Safety
/// `result` is NULL or from a run, and neither it nor what it gave is used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_result_free(result: *mut bonemuscle_result) {
    // SAFETY: this function's contract; runs give boxes.
    unsafe { free(result) }
}
