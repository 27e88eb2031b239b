//! A file of ours as memory: several answers may send it at once, and it costs Orthanc the page cache only.

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::ptr;

/// A private file that nobody else can open, mapped for reading.
#[derive(Debug)]
pub struct Mapping {
    address: *mut c_void,
    length: usize,
    _file: File,
}

// SAFETY: the memory is only read, and lives until the one owner is dropped.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Writes `bytes` into a file without a name, below the folder for temporary files, and maps it. It is gone when this is dropped,
    /// and also when Orthanc is killed.
    pub fn new(bytes: &[u8]) -> io::Result<Mapping> {
        let mut file = tempfile::tempfile()?;
        io::Write::write_all(&mut file, bytes)?;
        let length = bytes.len();
        if length == 0 {
            return Ok(Mapping { address: ptr::null_mut(), length, _file: file });
        }
        // SAFETY: a new mapping, at an address that the kernel chooses. The file has no name, so nobody cuts it short while it is
        // read.
        let address = unsafe { mmap(ptr::null_mut(), length, ProtFlags::READ, MapFlags::PRIVATE, &file, 0) }?;
        Ok(Mapping { address, length, _file: file })
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.address.is_null() {
            return &[];
        }
        // SAFETY: `length` bytes are mapped at `address` until `self` is dropped, and nobody writes them.
        unsafe { std::slice::from_raw_parts(self.address.cast(), self.length) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if !self.address.is_null() {
            // SAFETY: mapped in `new` with this length, and never used again. It cannot fail for such a range.
            let _ = unsafe { munmap(self.address, self.length) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_by_several_at_once() {
        let bytes: Vec<u8> = (0..100_000u32).map(|number| number as u8).collect();
        let mapping = Mapping::new(&bytes).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(mapping[..], bytes[..]));
            }
        });
        assert!(Mapping::new(b"").unwrap().is_empty());
    }
}
