//! Large blocks of memory on huge pages.
//!
//! The first touch of a fresh page costs more than decoding what goes into it: a CT volume in pages of 4 KiB takes three times as
//! long to read as one in pages of 2 MiB. Linux gives huge pages to who asks (`transparent_hugepage` is `madvise` on Debian).

use std::alloc::{GlobalAlloc, Layout, System};

/// Blocks below this gain nothing.
const LARGE: usize = 4 << 20;

/// The system's allocator, which asks for huge pages under large blocks.
struct HugePages;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

// SAFETY: every call is passed on to the system's allocator unchanged; the advice changes neither address nor content.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's duties are those of `GlobalAlloc::alloc`, and are passed on.
        advised(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as in `alloc`.
        advised(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as in `alloc`; `block` came from this allocator and hence from the system's.
        advised(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from this allocator and hence from the system's.
        unsafe { System.dealloc(block, layout) }
    }
}

/// Advises the whole pages inside a large block; returns the block.
fn advised(block: *mut u8, size: usize) -> *mut u8 {
    #[cfg(target_os = "linux")]
    if size >= LARGE && !block.is_null() {
        const PAGE: usize = 4096;
        let before = block.align_offset(PAGE).min(size);
        let length = (size - before) / PAGE * PAGE;
        // SAFETY: the range is aligned to pages and lies inside one block that this process owns. The advice does not change what
        // the memory holds, and a refusal (old kernels) leaves it as it is, so its answer is of no interest.
        unsafe { libc::madvise(block.add(before).cast(), length, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (size, LARGE);
    block
}
