//! The only ways across: every exported function that does work does it inside [`fallible`] or [`or_else`], and touches the
//! caller's memory through the other functions here.

use crate::bonemuscle_status;
use crate::last_error::set_last_error;
use crate::status::Failure;
use std::any::Any;
use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// Runs `body`; a failure or a panic becomes a status and the last error.
pub(crate) fn fallible(body: impl FnOnce() -> Result<(), Failure>) -> bonemuscle_status {
    // What a panic leaves half done is dropped with `body`; the caller's objects are only read, or pushed to.
    let outcome =
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(Failure::internal(panic_sentence(&*payload))));
    match outcome {
        Ok(()) => bonemuscle_status::Ok,
        Err(failure) => {
            set_last_error(&failure.sentence);
            failure.status
        }
    }
}

/// Runs `body`; a panic becomes `otherwise` and the last error.
pub(crate) fn or_else<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        set_last_error(&panic_sentence(&*payload));
        otherwise
    })
}

fn panic_sentence(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    format!("internal error: {}; please report it", text.unwrap_or("a panic without text"))
}

/// The object behind `pointer`.
///
/// # Safety
/// `pointer` is NULL, or points to a `T` that outlives `'a` and is not changed meanwhile.
pub(crate) unsafe fn reference<'a, T>(argument: &str, pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or_else(|| is_null(argument))
}

/// The object behind `pointer`, to change.
///
/// # Safety
/// `pointer` is NULL, or points to a `T` that outlives `'a` and that nobody else uses meanwhile.
pub(crate) unsafe fn exclusive<'a, T>(argument: &str, pointer: *mut T) -> Result<&'a mut T, Failure> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_mut() }.ok_or_else(|| is_null(argument))
}

/// The text behind `pointer`.
///
/// # Safety
/// `pointer` is NULL, or points to bytes ended by NUL that outlive `'a` and are not changed meanwhile.
pub(crate) unsafe fn text<'a>(argument: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise.
    unsafe { optional_text(argument, pointer) }?.ok_or_else(|| is_null(argument))
}

/// The text behind `pointer`; none for NULL.
///
/// # Safety
/// As for [`text`].
pub(crate) unsafe fn optional_text<'a>(argument: &str, pointer: *const c_char) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    match text.to_str() {
        Ok(text) => Ok(Some(text)),
        Err(error) => Err(Failure::argument(format!("{argument} is not UTF-8 from byte {} on", error.valid_up_to()))),
    }
}

/// Where a result goes.
pub(crate) struct Output<T>(NonNull<T>);

impl<T> Output<T> {
    /// Writes `empty` there, so that it is defined whatever follows.
    ///
    /// # Safety
    /// `pointer` is NULL, or points to memory, initialised or not, that can hold a `T` until the output is dropped.
    pub(crate) unsafe fn new(argument: &str, pointer: *mut T, empty: T) -> Result<Self, Failure> {
        let place = NonNull::new(pointer).ok_or_else(|| is_null(argument))?;
        // SAFETY: not NULL, and the caller's promise.
        unsafe { place.write(empty) };
        Ok(Output(place))
    }

    pub(crate) fn set(self, value: T) {
        // SAFETY: what `new` was promised.
        unsafe { self.0.write(value) };
    }
}

/// Drops what `Box::into_raw` gave to the caller.
///
/// # Safety
/// `pointer` is NULL, or came from `Box::into_raw` and is not used again.
pub(crate) unsafe fn free<T>(pointer: *mut T) {
    or_else((), || {
        if !pointer.is_null() {
            // SAFETY: not NULL, and the caller's promise.
            drop(unsafe { Box::from_raw(pointer) });
        }
    });
}

fn is_null(argument: &str) -> Failure {
    Failure::argument(format!("{argument} is NULL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last_error() -> String {
        // SAFETY: the text is this thread's own and is copied at once.
        unsafe { CStr::from_ptr(crate::bonemuscle_last_error()) }.to_string_lossy().into_owned()
    }

    #[test]
    fn a_panic_becomes_a_status_and_a_sentence() {
        let missing = 7;
        assert_eq!(fallible(|| panic!("no row {missing}")), bonemuscle_status::Internal);
        assert_eq!(last_error(), "internal error: no row 7; please report it");
        assert_eq!(or_else(3, || panic!("a constant text")), 3);
        assert_eq!(last_error(), "internal error: a constant text; please report it");
        assert_eq!(fallible(|| std::panic::panic_any(1)), bonemuscle_status::Internal);
        assert_eq!(last_error(), "internal error: a panic without text; please report it");
    }

    #[test]
    fn a_nul_does_not_cut_the_sentence() {
        assert_eq!(fallible(|| Err(Failure::argument("before\0after"))), bonemuscle_status::InvalidArgument);
        assert_eq!(last_error(), "before after");
    }
}
