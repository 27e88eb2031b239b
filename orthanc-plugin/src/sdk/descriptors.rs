//! Descriptors that a program has from whoever started it.

use std::ffi::{c_int, c_uint};
use std::{fs, io};

/// The first after standard input, output and errors.
const FIRST: c_int = 3;

/// Closes all but standard input, output and errors. Orthanc opens the files that it stores without close-on-exec, so what is started
/// meanwhile holds them too, open for writing, and no confinement forbids the use of what is open already.
///
/// For the very beginning of a program: what it has opened itself would be closed as well.
pub fn close_inherited() -> io::Result<()> {
    // By number, because the C library's own function is younger than the call.
    // SAFETY: it touches no memory, and nobody in the process uses a descriptor yet.
    match unsafe { libc::syscall(libc::SYS_close_range, FIRST, c_uint::MAX, 0) } {
        0 => Ok(()),
        // Linux before 5.9, or a container whose filter is older.
        _ => close_listed(),
    }
}

fn close_listed() -> io::Result<()> {
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse::<c_int>().ok();
    let open: Vec<c_int> = fs::read_dir("/proc/self/fd")?.flatten().filter_map(number).collect();
    for descriptor in open.into_iter().filter(|descriptor| *descriptor >= FIRST) {
        // That of the list itself is closed by now, which is told and does no harm.
        // SAFETY: as above.
        unsafe { libc::close(descriptor) };
    }
    Ok(())
}
