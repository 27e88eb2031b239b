use crate::ffi;
use bonemuscle_client::{Error, Image, Status, Voxels};
use bytemuck::AnyBitPattern;

/// The image that lies where C++ says, if it says so. `what` is how sentences call it.
pub(crate) fn read<'a>(what: &str, image: &ffi::Image<'a>) -> Result<Option<Image<'a>>, Error> {
    let voxels = match image.voxel {
        0 => return Ok(None),
        1 => Voxels::I8(typed(what, image.bytes)?),
        2 => Voxels::U8(image.bytes),
        3 => Voxels::I16(typed(what, image.bytes)?),
        4 => Voxels::U16(typed(what, image.bytes)?),
        5 => Voxels::I32(typed(what, image.bytes)?),
        6 => Voxels::U32(typed(what, image.bytes)?),
        7 => Voxels::F32(typed(what, image.bytes)?),
        8 => Voxels::F64(typed(what, image.bytes)?),
        other => return Err(refused(format!("the voxels of {what} have type {other}; known: 1 to 8"))),
    };
    Ok(Some(Image { voxels, size: image.size, origin: image.origin, steps: image.steps }))
}

/// The bytes as numbers, where they lie.
fn typed<'a, T: AnyBitPattern>(what: &str, bytes: &'a [u8]) -> Result<&'a [T], Error> {
    bytemuck::try_cast_slice(bytes).map_err(|_| {
        let address = bytes.as_ptr().addr();
        refused(format!("{what} lies at {address:#x}, which is no multiple of {}, the size of its voxels", size_of::<T>()))
    })
}

fn refused(message: String) -> Error {
    Error { status: Status::InvalidArgument, message }
}
