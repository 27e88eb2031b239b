use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};

thread_local! {
    static LAST_ERROR: RefCell<CString> = RefCell::default();
}

/// One sentence about the last call of this thread that failed; "" when none has. Valid until the next call of this thread
/// that fails, and no longer than the thread.
#[unsafe(no_mangle)]
pub extern "C" fn bonemuscle_last_error() -> *const c_char {
    const NONE: &CStr = c"";
    // A thread that is ending has already given up its sentence.
    LAST_ERROR.try_with(|last| last.borrow().as_ptr()).unwrap_or(NONE.as_ptr())
}

pub(crate) fn set_last_error(sentence: &str) {
    // NUL would end the sentence early.
    let sentence = CString::new(sentence.replace('\0', " ")).unwrap_or_default();
    let _ending_thread = LAST_ERROR.try_with(|last| *last.borrow_mut() = sentence);
}
