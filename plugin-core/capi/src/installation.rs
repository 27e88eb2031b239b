//! Where this library lies, and with it the libraries that run networks.

use plugin_core::segmentation::Installation;
use std::ffi::{CStr, OsStr};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The folder that the loader took this library from; where it is linked into a program, the program's folder.
pub(crate) fn installation() -> Installation {
    Installation { folder: own_file().as_deref().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_path_buf) }
}

fn own_file() -> Option<PathBuf> {
    let mut found = MaybeUninit::<libc::Dl_info>::uninit();
    let here: fn() -> Installation = installation;
    // SAFETY: `here` is an address of this library, and `found` is a place for the answer.
    let known = unsafe { libc::dladdr(here as *const libc::c_void, found.as_mut_ptr()) };
    if known == 0 {
        return None;
    }
    // SAFETY: a result other than 0 says that `found` was filled in.
    let name = unsafe { found.assume_init() }.dli_fname;
    if name.is_null() {
        return None;
    }
    // SAFETY: the loader's name of a loaded object ends in NUL and lives as long as the object, which is this one.
    let name = OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes());
    Path::new(name).canonicalize().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_folder_is_that_of_the_running_file() {
        let program = std::env::current_exe().expect("a running program").canonicalize().expect("its file exists");
        assert_eq!(super::installation().folder, program.parent().expect("a folder"));
    }
}
