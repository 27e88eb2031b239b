//! Memory of the process that Orthanc and the plugin share.

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    fn malloc_trim(pad: usize) -> std::ffi::c_int;
}

/// Gives freed memory back to the system, as Orthanc does by itself every half minute from 1.11.3 on: storing a large file leaves tens
/// of megabytes in each of the C library's arenas.
pub fn return_freed_memory() {
    // SAFETY: it may be called at any time from any thread.
    #[cfg(target_env = "gnu")]
    unsafe {
        malloc_trim(0)
    };
}
