use crate::bonemuscle_status;
use crate::boundary::{Output, exclusive, fallible, free, text};
use crate::status::Failure;
use plugin_core::read::{Inputs, Instance};
use std::ffi::c_char;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

/// What is measured: the DICOM instances of one study, in any order, among which other files do no harm; or one CT as an image that is not
/// DICOM; or both of one CT.
pub struct bonemuscle_inputs {
    /// The memory that it borrows outlives it, as bonemuscle_inputs_set_volume demands.
    pub(crate) inputs: Inputs<'static>,
}

/// Makes empty inputs, to be freed with bonemuscle_inputs_free.
///
/// # Safety
/// `inputs` is NULL or a place for a pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_new(inputs: *mut *mut bonemuscle_inputs) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let output = unsafe { Output::new("inputs", inputs, null_mut()) }?;
        output.set(Box::into_raw(Box::new(bonemuscle_inputs { inputs: Inputs::default() })));
        Ok(())
    })
}

/// Frees inputs. NULL does nothing.
///
/// # Safety
/// `inputs` is NULL or from bonemuscle_inputs_new, and not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_free(inputs: *mut bonemuscle_inputs) {
    // SAFETY: this function's contract; bonemuscle_inputs_new gives boxes.
    unsafe { free(inputs) }
}

/// Adds one file. It is opened now and then, but not held: it must stay until the run has ended.
///
/// # Safety
/// `inputs` is NULL or from bonemuscle_inputs_new, and no other thread uses it; `path` is NULL or text ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_add_file(inputs: *mut bonemuscle_inputs, path: *const c_char) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (inputs, path) = unsafe { (exclusive("inputs", inputs)?, PathBuf::from(text("path", path)?)) };
        check_file(&path)?;
        inputs.inputs.instances.push(Instance::File(path));
        Ok(())
    })
}

/// Adds all regular files below a folder.
///
/// # Safety
/// As for bonemuscle_inputs_add_file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_add_folder(
    inputs: *mut bonemuscle_inputs,
    path: *const c_char,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (inputs, path) = unsafe { (exclusive("inputs", inputs)?, text("path", path)?) };
        let found = Inputs::from_folder(path.as_ref()).map_err(unreadable)?;
        inputs.inputs.instances.extend(found.instances);
        Ok(())
    })
}

/// Adds the `size` bytes of one DICOM file (preamble, meta header, data set). They are copied. `name` is what errors call it.
///
/// # Safety
/// As for bonemuscle_inputs_add_file; `data` is NULL or points to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_add_buffer(
    inputs: *mut bonemuscle_inputs,
    name: *const c_char,
    data: *const u8,
    size: usize,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (inputs, name) = unsafe { (exclusive("inputs", inputs)?, text("name", name)?.to_owned()) };
        if data.is_null() {
            return Err(Failure::argument("data is NULL"));
        }
        if isize::try_from(size).is_err() {
            return Err(Failure::argument(format!("size is {size}, more than memory can hold")));
        }
        let mut copy = Vec::new();
        copy.try_reserve_exact(size).map_err(|_| unreadable(format!("{name}: no memory for its {size} bytes")))?;
        // SAFETY: this function's contract, and `size` fits an isize.
        copy.extend_from_slice(unsafe { std::slice::from_raw_parts(data, size) });
        inputs.inputs.instances.push(Instance::Bytes { name, data: copy });
        Ok(())
    })
}

/// Whether there is such a file.
pub(crate) fn check_file(path: &Path) -> Result<(), Failure> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(unreadable(format!("{}: not a file", path.display()))),
        Err(error) => Err(unreadable(format!("{}: {error}", path.display()))),
    }
}

fn unreadable(sentence: impl ToString) -> Failure {
    Failure::new(bonemuscle_status::Input, sentence)
}
