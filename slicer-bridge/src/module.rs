//! The module as a library that Slicer loads: two C symbols, and the memory in which Slicer is told of progress.
//!
//! Slicer calls the entry point from a thread of its own, polls what is written into the [`ProcessInformation`], and sets its `abort`.

use crate::DESCRIPTION;
use crate::arguments::Request;
use crate::failure::Failure;
use crate::run::{Host, run};
use bonemuscle_client::{Library, own_file};
use std::ffi::{CStr, OsStr, OsString, c_char, c_int, c_void};
use std::io::{Write, stderr, stdout};
use std::os::unix::ffi::OsStrExt;
use std::panic::catch_unwind;
use std::sync::{Mutex, PoisonError};

/// The description of the module, ended by NUL.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
pub static XMLModuleDescription: [u8; DESCRIPTION.len() + 1] = {
    let (mut text, mut index) = ([0; DESCRIPTION.len() + 1], 0);
    while index < DESCRIPTION.len() {
        text[index] = DESCRIPTION.as_bytes()[index];
        index += 1;
    }
    text
};

/// `ModuleProcessInformation` of the Slicer Execution Model.
#[repr(C)]
pub struct ProcessInformation {
    /// Not 0: the host wants the module to stop.
    pub abort: u8,
    /// Of the whole run, 0 to 1.
    pub progress: f32,
    /// Of one stage, 0 to 1.
    pub stage_progress: f32,
    /// Ended by NUL.
    pub message: [c_char; 1024],
    /// To be called when any of these has changed.
    pub callback: Option<unsafe extern "C" fn(*mut c_void)>,
    /// What it is called with.
    pub client_data: *mut c_void,
    /// In seconds.
    pub elapsed: f64,
}

/// Runs the module. `arguments` are those of `BoneMuscleCLI`, and `--processinformationaddress ADDRESS`. Answers 0, or the exit code of
/// the program; the sentence that goes with it stands in the message. A cancelled run answers 0, because Slicer knows that it
/// cancelled it and would call anything else an error.
///
/// # Safety
/// `arguments` points to `count` texts ended by NUL; the address, where one is given, is that of a [`ProcessInformation`] that outlives
/// the call.
#[unsafe(no_mangle)]
#[allow(non_snake_case)]
pub unsafe extern "C" fn ModuleEntryPoint(count: c_int, arguments: *const *const c_char) -> c_int {
    let texts = (0..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY: the caller's promise.
        OsStr::from_bytes(unsafe { CStr::from_ptr(*arguments.add(index)) }.to_bytes()).to_owned()
    });
    let (arguments, address) = without_address(texts.collect());
    let slicer = Slicer::new(address as *mut ProcessInformation);
    let ended = catch_unwind(|| enter(arguments, &slicer))
        .unwrap_or_else(|_| Err(Failure::Machine("BoneMuscle ended by an error of its own".to_owned())));
    match ended {
        Ok(()) => 0,
        Err(failure) if failure.is_cancelled() => 0,
        Err(failure) => {
            let sentence = failure.to_string();
            slicer.write(&sentence, None);
            let _nobody_reads = writeln!(stderr(), "{sentence}");
            failure.exit_code().into()
        }
    }
}

fn enter(arguments: Vec<OsString>, slicer: &Slicer) -> Result<(), Failure> {
    match Request::read(arguments)? {
        Request::Show(text) => {
            let _nobody_reads = stdout().write_all(text.as_bytes());
        }
        Request::Measure(arguments) => {
            let library = Library::find_beside(&own_file().unwrap_or_default())?;
            let answer = run(&arguments, &library, slicer)?;
            slicer.write(&answer.status(), Some(1.0));
        }
    }
    Ok(())
}

/// The arguments without `--processinformationaddress` and the number that follows it; 0 where there is none.
fn without_address(mut arguments: Vec<OsString>) -> (Vec<OsString>, usize) {
    let Some(place) = arguments.iter().position(|argument| argument == "--processinformationaddress") else {
        return (arguments, 0);
    };
    let given: Vec<OsString> = arguments.drain(place..arguments.len().min(place + 2)).collect();
    let number = given.get(1).and_then(|text| text.to_str()).unwrap_or_default();
    (arguments, usize::from_str_radix(number.trim_start_matches("0x"), 16).unwrap_or(0))
}

/// The host in whose memory this library runs.
struct Slicer {
    /// NULL, or what the host gave. The lock keeps the threads of a run from writing at once.
    information: Mutex<*mut ProcessInformation>,
}

// SAFETY: the pointer is used only under the lock, and the host reads from other threads by its own design.
unsafe impl Sync for Slicer {}
// SAFETY: what it points to belongs to no thread.
unsafe impl Send for Slicer {}

impl std::panic::RefUnwindSafe for Slicer {}

impl Slicer {
    fn new(information: *mut ProcessInformation) -> Slicer {
        Slicer { information: Mutex::new(information) }
    }

    /// Tells the host; whether to go on.
    fn write(&self, message: &str, progress: Option<f32>) -> bool {
        let information = self.information.lock().unwrap_or_else(PoisonError::into_inner);
        let place = *information;
        if place.is_null() {
            return true;
        }
        let text = nul_ended(message);
        // SAFETY: the host's promise to ModuleEntryPoint; it changes `abort` and reads the rest at any time, which is why nothing is
        // borrowed, and its callback may be called from any thread.
        unsafe {
            if let Some(progress) = progress {
                (&raw mut (*place).progress).write_volatile(progress);
            }
            (&raw mut (*place).message).write_volatile(text);
            if let Some(callback) = (*place).callback {
                callback((*place).client_data);
            }
            (&raw const (*place).abort).read_volatile() == 0
        }
    }
}

impl Host for Slicer {
    fn tell(&self, comment: &str, fraction: f32) -> bool {
        self.write(comment, Some(fraction))
    }
}

/// As much of `text` as fits.
fn nul_ended(text: &str) -> [c_char; 1024] {
    let mut end = text.len().min(1023);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut bytes = [0; 1024];
    for (place, byte) in bytes.iter_mut().zip(&text.as_bytes()[..end]) {
        *place = *byte as c_char;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::ptr::null_mut;

    fn information() -> ProcessInformation {
        let (callback, client_data) = (None, null_mut());
        ProcessInformation {
            abort: 0,
            progress: 0.0,
            stage_progress: 0.0,
            message: [0; 1024],
            callback,
            client_data,
            elapsed: 0.0,
        }
    }

    fn message(information: &ProcessInformation) -> String {
        // SAFETY: the module ends what it writes by NUL.
        unsafe { CStr::from_ptr(information.message.as_ptr()) }.to_string_lossy().into_owned()
    }

    #[test]
    fn the_description_is_a_c_string() {
        let text = CStr::from_bytes_with_nul(&XMLModuleDescription).expect("one NUL, at the end");
        assert_eq!(text.to_str().expect("UTF-8"), DESCRIPTION);
    }

    #[test]
    fn a_failure_is_a_code_and_a_sentence_in_the_message() {
        let mut information = information();
        let address = format!("{:p}", &raw mut information);
        let texts = ["BoneMuscleLib", "--processinformationaddress", &address, "--height", "172", "ct.nrrd"];
        let texts = texts.map(|text| CString::new(text).expect("no NUL"));
        let pointers = texts.each_ref().map(|text| text.as_ptr());
        // SAFETY: the texts and the information outlive the call.
        let code = unsafe { ModuleEntryPoint(6, pointers.as_ptr()) };
        assert_eq!(code, 2);
        assert!(message(&information).contains("to 3"), "{}", message(&information));
    }

    #[test]
    fn the_host_hears_and_stops() {
        unsafe extern "C" fn count(data: *mut c_void) {
            // SAFETY: the test passes a number that lives.
            unsafe { *data.cast::<u32>() += 1 };
        }
        let mut heard = 0u32;
        let mut information =
            ProcessInformation { callback: Some(count), client_data: (&raw mut heard).cast(), ..information() };
        let slicer = Slicer::new(&raw mut information);
        assert!(slicer.tell("Measuring", 0.5));
        assert_eq!((information.progress, message(&information).as_str()), (0.5, "Measuring"));
        information.abort = 1;
        assert!(!Slicer::new(&raw mut information).tell("Measuring", 0.6));
        assert_eq!(heard, 2);
        assert!(Slicer::new(null_mut()).tell("Measuring", 0.6));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let text = nul_ended(&"骨".repeat(400));
        assert_eq!(text.iter().position(|byte| *byte == 0), Some(1023 / 3 * 3));
    }
}
