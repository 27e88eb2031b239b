use crate::bonemuscle_inputs;
use crate::bonemuscle_status;
use crate::boundary::{exclusive, fallible, reference, text};
use crate::status::Failure;
use plugin_core::read::{HostVolume, MemoryLabels, MemoryVolume, Voxels};
use plugin_core::segmentation::NameTable;
use std::ffi::{c_char, c_void};
use std::path::PathBuf;

/// The type of one voxel. A number is never given to another meaning.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum bonemuscle_voxel {
    /// Integer of 8 bits.
    I8 = 1,
    /// Unsigned integer of 8 bits.
    U8 = 2,
    /// Integer of 16 bits.
    I16 = 3,
    /// Unsigned integer of 16 bits.
    U16 = 4,
    /// Integer of 32 bits.
    I32 = 5,
    /// Unsigned integer of 32 bits.
    U32 = 6,
    /// Floating point number of 32 bits.
    F32 = 7,
    /// Floating point number of 64 bits.
    F64 = 8,
}

/// A volume in the memory of the host: one number for each voxel, and where the voxels lie.
///
/// Voxels stand column by column in a row, row by row in a slice, slice by slice, without gaps. Patient coordinates are DICOM's: x to the
/// left, y to the back, z to the head, in millimetres. Any directions are accepted, mirrored and sheared ones as well.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct bonemuscle_image {
    /// The first voxel, aligned as its type needs.
    pub voxels: *const c_void,
    /// Which type, a `bonemuscle_voxel`.
    pub r#type: u32,
    /// Columns, rows, slices.
    pub size: [usize; 3],
    /// Centre of the first voxel.
    pub origin: [f64; 3],
    /// From a voxel to the next along the column index, the row index, the slice index: three vectors one after another.
    pub steps: [f64; 9],
}

/// Sets the CT, as Hounsfield units in the host's memory. It replaces one that was set before.
///
/// The voxels are borrowed and must stay unchanged until `inputs` is freed. Integers of 16 bits whose columns run to the left, rows to
/// the back and slices to the head (each more than to any other side), as those of a patient who lies on the back, are never copied. Other
/// whole numbers that fit into 16 bits are kept as they are; other floating point numbers are rounded to the smallest power of two with
/// which 16 bits reach from the lowest to the highest, 1/16 HU for the usual 4096 values.
///
/// Beside DICOM files it must be the image in them: a run compares the two, measures the files, and refuses where they differ. Without
/// DICOM files there are a report and a page, but no DICOM objects.
///
/// # Safety
/// `inputs` is NULL or from bonemuscle_inputs_new, and no other thread uses it; `image` is NULL or points to an image whose `voxels` is
/// NULL or points to as many voxels of its type as `size` says, which live and stay unchanged until `inputs` is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_set_volume(
    inputs: *mut bonemuscle_inputs,
    image: *const bonemuscle_image,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (inputs, image) = unsafe { (exclusive("inputs", inputs)?, reference("image", image)?) };
        // SAFETY: this function's contract.
        let volume = unsafe { borrow("image", image) }?;
        inputs.inputs.volume = Some(HostVolume::Memory(volume));
        Ok(())
    })
}

/// Sets the CT, as Hounsfield units in a file: NIfTI-1 (.nii, .nii.gz) or NRRD with attached data (.nrrd, raw or gzip). It replaces one
/// that was set before. The file is read by each run, and must stay until it has ended; what bonemuscle_inputs_set_volume says of other
/// types than integers of 16 bits, and of DICOM files beside it, holds here as well.
///
/// # Safety
/// As for bonemuscle_inputs_add_file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_set_volume_file(
    inputs: *mut bonemuscle_inputs,
    path: *const c_char,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (inputs, path) = unsafe { (exclusive("inputs", inputs)?, PathBuf::from(text("path", path)?)) };
        crate::inputs::check_file(&path)?;
        inputs.inputs.volume = Some(HostVolume::File(path));
        Ok(())
    })
}

/// Sets the labels of the CT, as whole numbers from 0 (background) to 65535 in the host's memory. They replace those that were set before.
///
/// They may lie on another grid than the CT. `names_json` says what the values are, such as `{"1": "l1", "2": "gluteus_maximus_left"}`;
/// names such as "vertebrae_L3", "L3 vertebra", "gluteus_maximus_left" and "Left gluteus maximus" are understood. A run takes these labels
/// before those of a DICOM SEG or a model; settings that name others are refused. The voxels are borrowed and must stay unchanged until
/// `inputs` is freed.
///
/// # Safety
/// As for bonemuscle_inputs_set_volume; `names_json` is NULL or ended by NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bonemuscle_inputs_set_labels(
    inputs: *mut bonemuscle_inputs,
    image: *const bonemuscle_image,
    names_json: *const c_char,
) -> bonemuscle_status {
    fallible(|| {
        // SAFETY: this function's contract.
        let (inputs, image) = unsafe { (exclusive("inputs", inputs)?, reference("image", image)?) };
        // SAFETY: this function's contract.
        let (volume, names) = unsafe { (borrow("image", image)?, text("names_json", names_json)?) };
        if matches!(volume.voxels, Voxels::F32(_) | Voxels::F64(_)) {
            return Err(Failure::argument("image.type is a floating point number; labels are integers"));
        }
        NameTable::from_json(names.as_bytes(), "names_json").map_err(|error| Failure::new(bonemuscle_status::Labels, error))?;
        inputs.inputs.labels = Some(MemoryLabels { volume, names: names.to_owned() });
        Ok(())
    })
}

/// The volume that `image` describes.
///
/// # Safety
/// `image.voxels` is NULL or points to as many voxels of its type as `size` says, which live and stay unchanged for `'a`.
unsafe fn borrow<'a>(argument: &str, image: &bonemuscle_image) -> Result<MemoryVolume<'a>, Failure> {
    let refuse = |what: String| Failure::argument(format!("{argument}.{what}"));
    let count = image.size.iter().try_fold(1_usize, |count, size| count.checked_mul(*size));
    let count = count.ok_or_else(|| refuse(format!("size is {:?}, more voxels than memory can hold", image.size)))?;
    // SAFETY: the caller's promise, for the type that stands there.
    let voxels = unsafe {
        match image.r#type {
            voxel if voxel == bonemuscle_voxel::I8 as u32 => Voxels::I8(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::U8 as u32 => Voxels::U8(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::I16 as u32 => Voxels::I16(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::U16 as u32 => Voxels::U16(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::I32 as u32 => Voxels::I32(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::U32 as u32 => Voxels::U32(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::F32 as u32 => Voxels::F32(slice(image.voxels, count).map_err(refuse)?),
            voxel if voxel == bonemuscle_voxel::F64 as u32 => Voxels::F64(slice(image.voxels, count).map_err(refuse)?),
            other => return Err(refuse(format!("type is {other}; accepted: 1 to 8, a bonemuscle_voxel"))),
        }
    };
    let [columns, rows, slices] = [0, 3, 6].map(|at| [image.steps[at], image.steps[at + 1], image.steps[at + 2]]);
    MemoryVolume::new(voxels, image.size, image.origin, [columns, rows, slices])
        .map_err(|detail| Failure::argument(format!("{argument} cannot be used: {detail}")))
}

/// The `count` voxels at `voxels`.
///
/// # Safety
/// `voxels` is NULL or points to `count` values of type `T`, which live and stay unchanged for `'a`.
unsafe fn slice<'a, T>(voxels: *const c_void, count: usize) -> Result<&'a [T], String> {
    let first: *const T = voxels.cast();
    if first.is_null() {
        return Err("voxels is NULL".to_owned());
    }
    if !first.is_aligned() {
        return Err(format!("voxels is {voxels:?}, and its type needs an address that {} divides", align_of::<T>()));
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(format!("voxels are {count}, more than memory can hold"));
    }
    // SAFETY: the caller's promise; the address is aligned, and the bytes fit an isize.
    Ok(unsafe { std::slice::from_raw_parts(first, count) })
}
