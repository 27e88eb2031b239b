//! The functions of `bonemuscle.h`, by name.

use crate::image::RawImage;
use std::ffi::{c_char, c_void};

/// `bonemuscle_progress`.
pub(crate) type ProgressFunction = Option<unsafe extern "C" fn(*const c_char, f32, *mut c_void) -> u8>;

/// A type of which only pointers are known here.
#[repr(C)]
pub(crate) struct Opaque {
    _private: [u8; 0],
}

macro_rules! functions {
    ($($name:ident: $type:ty,)*) => {
        /// Every function that is used here. Generic over inputs, result, status and image, so that a test can fill the table with
        /// the functions of the C ABI crate itself and the compiler compares every type.
        pub(crate) struct Functions<I = Opaque, R = Opaque, S = u32, M = RawImage> {
            $(pub(crate) $name: $type,)*
        }

        impl<I, R, S, M> Functions<I, R, S, M> {
            /// Looks up every function.
            ///
            /// # Safety
            /// `library` is a libbonemuscle of the ABI version this table was written for, and outlives the table.
            pub(crate) unsafe fn load(library: &libloading::Library) -> Result<Self, libloading::Error> {
                Ok(Functions {
                    $(
                        // SAFETY: a library of that version has this function with this type.
                        $name: unsafe { *library.get::<$type>(concat!("bonemuscle_", stringify!($name), "\0").as_bytes())? },
                    )*
                })
            }
        }
    };
}

functions! {
    version: unsafe extern "C" fn() -> *const c_char,
    last_error: unsafe extern "C" fn() -> *const c_char,
    inputs_new: unsafe extern "C" fn(*mut *mut I) -> S,
    inputs_free: unsafe extern "C" fn(*mut I),
    inputs_add_file: unsafe extern "C" fn(*mut I, *const c_char) -> S,
    inputs_add_folder: unsafe extern "C" fn(*mut I, *const c_char) -> S,
    inputs_add_buffer: unsafe extern "C" fn(*mut I, *const c_char, *const u8, usize) -> S,
    inputs_set_volume_file: unsafe extern "C" fn(*mut I, *const c_char) -> S,
    inputs_set_volume: unsafe extern "C" fn(*mut I, *const M) -> S,
    inputs_set_labels: unsafe extern "C" fn(*mut I, *const M, *const c_char) -> S,
    choose: unsafe extern "C" fn(*const I, *const c_char, *const c_char, *mut *mut R) -> S,
    measure: unsafe extern "C" fn(*const I, *const c_char, ProgressFunction, *mut c_void, *mut *mut R) -> S,
    segment: unsafe extern "C" fn(*const I, *const c_char, ProgressFunction, *mut c_void, *mut *mut R) -> S,
    models: unsafe extern "C" fn(*const c_char, *mut *mut R) -> S,
    check_model: unsafe extern "C" fn(*const c_char, *mut *mut R) -> S,
    check_settings: unsafe extern "C" fn(*const c_char) -> S,
    calibrate: unsafe extern "C" fn(*const I, *const c_char, ProgressFunction, *mut c_void, *mut *mut R) -> S,
    drr: unsafe extern "C" fn(*const I, *const c_char, ProgressFunction, *mut c_void, *mut *mut R) -> S,
    learn_mapping: unsafe extern "C" fn(*const c_char, *mut *mut R) -> S,
    register: unsafe extern "C" fn(*const I, *const c_char, ProgressFunction, *mut c_void, *mut *mut R) -> S,
    phantom: unsafe extern "C" fn(*const c_char, *mut *mut R) -> S,
    validate: unsafe extern "C" fn(*const c_char, *mut *mut R) -> S,
    result_json: unsafe extern "C" fn(*const R) -> *const c_char,
    result_file_count: unsafe extern "C" fn(*const R) -> usize,
    result_file: unsafe extern "C" fn(*const R, usize, *mut *const c_char, *mut *const c_char, *mut *const u8, *mut usize) -> S,
    result_free: unsafe extern "C" fn(*mut R),
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonemuscle::*;

    /// Compiles only while each type above is that of the C ABI crate, but for the objects, of which only the address crosses,
    /// and the status, which is a `u32` there.
    #[test]
    fn the_types_are_those_of_the_c_abi() {
        let _table: Functions<bonemuscle_inputs, bonemuscle_result, bonemuscle_status, bonemuscle_image> = Functions {
            version: bonemuscle_version,
            last_error: bonemuscle_last_error,
            inputs_new: bonemuscle_inputs_new,
            inputs_free: bonemuscle_inputs_free,
            inputs_add_file: bonemuscle_inputs_add_file,
            inputs_add_folder: bonemuscle_inputs_add_folder,
            inputs_add_buffer: bonemuscle_inputs_add_buffer,
            inputs_set_volume_file: bonemuscle_inputs_set_volume_file,
            inputs_set_volume: bonemuscle_inputs_set_volume,
            inputs_set_labels: bonemuscle_inputs_set_labels,
            choose: bonemuscle_choose,
            measure: bonemuscle_measure,
            segment: bonemuscle_segment,
            models: bonemuscle_models,
            check_model: bonemuscle_check_model,
            check_settings: bonemuscle_check_settings,
            calibrate: bonemuscle_calibrate,
            drr: bonemuscle_drr,
            learn_mapping: bonemuscle_learn_mapping,
            register: bonemuscle_register,
            phantom: bonemuscle_phantom,
            validate: bonemuscle_validate,
            result_json: bonemuscle_result_json,
            result_file_count: bonemuscle_result_file_count,
            result_file: bonemuscle_result_file,
            result_free: bonemuscle_result_free,
        };
        let _progress: ProgressFunction = None::<unsafe extern "C" fn(_, _, _) -> _> as bonemuscle_progress;
        assert_eq!(size_of::<bonemuscle_status>(), size_of::<u32>());
        assert_eq!(bonemuscle_abi_version(), crate::library::ABI_VERSION);
    }

    #[test]
    fn statuses_have_the_same_numbers() {
        use crate::Status;
        for (code, status) in [
            (bonemuscle_status::InvalidArgument, Status::InvalidArgument),
            (bonemuscle_status::Settings, Status::Settings),
            (bonemuscle_status::Input, Status::Input),
            (bonemuscle_status::Labels, Status::Labels),
            (bonemuscle_status::Cancelled, Status::Cancelled),
            (bonemuscle_status::Write, Status::Write),
            (bonemuscle_status::Internal, Status::Internal),
            (bonemuscle_status::Model, Status::Model),
        ] {
            assert_eq!(Status::from_code(code as u32), Err(status));
        }
        assert_eq!(Status::from_code(bonemuscle_status::Ok as u32), Ok(()));
    }
}
