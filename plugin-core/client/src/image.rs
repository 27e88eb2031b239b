use crate::error::{Error, Status};
use std::ffi::c_void;

/// One number for each voxel, in the caller's memory, and where the voxels lie.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// As many as `size` says; columns follow each other, then rows, then slices.
    pub voxels: Voxels<'a>,
    /// Columns, rows, slices.
    pub size: [usize; 3],
    /// Centre of the first voxel, LPS millimetres.
    pub origin: [f64; 3],
    /// LPS millimetres from a voxel to the next along the column index, the row index, the slice index: three vectors one after another.
    pub steps: [f64; 9],
}

/// Numbers of one type.
#[derive(Debug, Clone, Copy)]
pub enum Voxels<'a> {
    /// 8-bit integers.
    I8(&'a [i8]),
    /// Unsigned 8-bit integers.
    U8(&'a [u8]),
    /// 16-bit integers.
    I16(&'a [i16]),
    /// Unsigned 16-bit integers.
    U16(&'a [u16]),
    /// 32-bit integers.
    I32(&'a [i32]),
    /// Unsigned 32-bit integers.
    U32(&'a [u32]),
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 64-bit floats.
    F64(&'a [f64]),
}

/// `bonemuscle_image`.
#[repr(C)]
pub(crate) struct RawImage {
    pub(crate) voxels: *const c_void,
    pub(crate) voxel: u32,
    pub(crate) size: [usize; 3],
    pub(crate) origin: [f64; 3],
    pub(crate) steps: [f64; 9],
}

impl Image<'_> {
    /// The image as it crosses: with as many voxels as its size says, and valid for as long as the voxels are borrowed.
    pub(crate) fn raw(&self) -> Result<RawImage, Error> {
        let (voxels, voxel, count) = self.voxels.raw();
        let said = self.size.iter().try_fold(1_usize, |said, size| said.checked_mul(*size));
        if said != Some(count) {
            let message = format!("the image's size is {:?}, but it has {count} voxels", self.size);
            return Err(Error::new(Status::InvalidArgument, message));
        }
        Ok(RawImage { voxels, voxel, size: self.size, origin: self.origin, steps: self.steps })
    }
}

impl Voxels<'_> {
    /// The first voxel, the number of its type (`bonemuscle_voxel`), and how many there are.
    fn raw(self) -> (*const c_void, u32, usize) {
        match self {
            Voxels::I8(all) => (all.as_ptr().cast(), 1, all.len()),
            Voxels::U8(all) => (all.as_ptr().cast(), 2, all.len()),
            Voxels::I16(all) => (all.as_ptr().cast(), 3, all.len()),
            Voxels::U16(all) => (all.as_ptr().cast(), 4, all.len()),
            Voxels::I32(all) => (all.as_ptr().cast(), 5, all.len()),
            Voxels::U32(all) => (all.as_ptr().cast(), 6, all.len()),
            Voxels::F32(all) => (all.as_ptr().cast(), 7, all.len()),
            Voxels::F64(all) => (all.as_ptr().cast(), 8, all.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonemuscle::{bonemuscle_image, bonemuscle_voxel};
    use std::mem::offset_of;

    #[test]
    fn the_image_lies_as_that_of_the_c_abi() {
        assert_eq!(size_of::<RawImage>(), size_of::<bonemuscle_image>());
        assert_eq!(offset_of!(RawImage, voxels), offset_of!(bonemuscle_image, voxels));
        assert_eq!(offset_of!(RawImage, voxel), offset_of!(bonemuscle_image, r#type));
        assert_eq!(offset_of!(RawImage, size), offset_of!(bonemuscle_image, size));
        assert_eq!(offset_of!(RawImage, origin), offset_of!(bonemuscle_image, origin));
        assert_eq!(offset_of!(RawImage, steps), offset_of!(bonemuscle_image, steps));
    }

    #[test]
    fn types_have_the_same_numbers() {
        for (voxels, voxel) in [
            (Voxels::I8(&[0]), bonemuscle_voxel::I8),
            (Voxels::U8(&[0]), bonemuscle_voxel::U8),
            (Voxels::I16(&[0]), bonemuscle_voxel::I16),
            (Voxels::U16(&[0]), bonemuscle_voxel::U16),
            (Voxels::I32(&[0]), bonemuscle_voxel::I32),
            (Voxels::U32(&[0]), bonemuscle_voxel::U32),
            (Voxels::F32(&[0.0]), bonemuscle_voxel::F32),
            (Voxels::F64(&[0.0]), bonemuscle_voxel::F64),
        ] {
            assert_eq!(voxels.raw().1, voxel as u32, "{voxels:?}");
        }
    }

    #[test]
    fn an_image_has_as_many_voxels_as_its_size_says() {
        let image = |size| Image { voxels: Voxels::I16(&[0; 24]), size, origin: [0.0; 3], steps: [0.0; 9] };
        assert!(image([2, 3, 4]).raw().is_ok());
        for size in [[2, 3, 5], [2, 3, 3], [0, 3, 4], [usize::MAX, 2, 12]] {
            assert_eq!(image(size).raw().map(|_| ()).map_err(|error| error.status), Err(Status::InvalidArgument), "{size:?}");
        }
    }
}
