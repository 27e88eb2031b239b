//! NIfTI-1 in one file. Layout, datatypes and both transforms: the header `nifti1.h` of the NIfTI data format working group.

use super::element::{Element, Encoding, Endian, Scaling};
use super::{Header as VolumeHeader, grid};
use crate::geometry::Lps;
use std::collections::BTreeMap;
use std::io::Read;

const HEADER_BYTES: usize = 348;

/// Where voxels lie, in NIfTI's RAS+ coordinates.
struct Transform {
    origin: [f64; 3],
    /// Step along x, y and z of the file.
    axes: [[f64; 3]; 3],
}

/// Reads what stands before the voxels.
pub(super) fn header(source: &mut dyn Read) -> Result<VolumeHeader, String> {
    let mut bytes = [0; HEADER_BYTES];
    source.read_exact(&mut bytes).map_err(|error| format!("its NIfTI header cannot be read: {error}"))?;
    let header = Header::new(bytes)?;
    let transform = header.transform()?;
    let grid = grid(header.sizes()?, to_lps(transform.origin), transform.axes.map(to_lps))?;
    let encoding = Encoding { element: header.element()?, endian: header.endian, scaling: header.scaling() };
    skip(source, header.data_offset()?)?;
    Ok(VolumeHeader { grid, encoding, is_gzip: false, keys: BTreeMap::new() })
}

/// NIfTI's x points to the right and y to the front, DICOM's to the left and the back.
fn to_lps([x, y, z]: [f64; 3]) -> Lps {
    [-x, -y, z]
}

fn skip(source: &mut dyn Read, data_offset: u64) -> Result<(), String> {
    let between = data_offset - HEADER_BYTES as u64;
    let skipped = std::io::copy(&mut source.take(between), &mut std::io::sink()).map_err(|error| error.to_string())?;
    if skipped == between { Ok(()) } else { Err(format!("it ends before its data, at vox_offset {data_offset}")) }
}

struct Header {
    bytes: [u8; HEADER_BYTES],
    endian: Endian,
}

impl Header {
    fn new(bytes: [u8; HEADER_BYTES]) -> Result<Header, String> {
        // sizeof_hdr is 348 in the byte order of the file; NIfTI-2 says 540.
        let endian = match bytes[..4] {
            [0x5C, 0x01, 0, 0] => Endian::Little,
            [0, 0, 0x01, 0x5C] => Endian::Big,
            [0x1C, 0x02, 0, 0] | [0, 0, 0x02, 0x1C] => return Err("it is NIfTI-2; NIfTI-1 is accepted".into()),
            _ => return Err("it does not begin with a NIfTI-1 header".into()),
        };
        match &bytes[344..348] {
            b"n+1\0" => Ok(Header { bytes, endian }),
            b"ni1\0" => Err("its data are in a separate .img file; one .nii file is accepted".into()),
            magic => Err(format!("its magic is {magic:?}, not n+1")),
        }
    }

    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut field = [0; N];
        field.copy_from_slice(&self.bytes[at..at + N]);
        if self.endian == Endian::Big {
            field.reverse();
        }
        field
    }

    fn short(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.field(at))
    }

    fn float(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.field(at)))
    }

    fn floats<const N: usize>(&self, at: usize) -> [f64; N] {
        std::array::from_fn(|index| self.float(at + 4 * index))
    }

    /// x, y, z; a fourth and later dimension must be one.
    fn sizes(&self) -> Result<[usize; 3], String> {
        let dim: [i16; 8] = std::array::from_fn(|index| self.short(40 + 2 * index));
        let more = usize::try_from(dim[0]).ok().filter(|used| (3..=7).contains(used)).map(|used| &dim[4..=used.max(3)]);
        match (more, [dim[1], dim[2], dim[3]].map(usize::try_from)) {
            (Some(more), [Ok(x), Ok(y), Ok(z)]) if more.iter().all(|size| *size == 1) => Ok([x, y, z]),
            _ => Err(format!("its dim is {dim:?}; one volume of three dimensions is accepted")),
        }
    }

    fn element(&self) -> Result<Element, String> {
        match self.short(70) {
            2 => Ok(Element::U8),
            4 => Ok(Element::I16),
            8 => Ok(Element::I32),
            16 => Ok(Element::F32),
            64 => Ok(Element::F64),
            256 => Ok(Element::I8),
            512 => Ok(Element::U16),
            768 => Ok(Element::U32),
            1024 => Ok(Element::I64),
            1280 => Ok(Element::U64),
            colours @ (128 | 2304) => Err(format!("its datatype is {colours}, colours; one number for each voxel is accepted")),
            other => Err(format!("its datatype is {other}; integers and floats of 8 to 64 bits are accepted")),
        }
    }

    /// A slope of zero, or not a number as some writers put it, means no scaling.
    fn scaling(&self) -> Scaling {
        match (self.float(112), self.float(116)) {
            (slope, _) if slope == 0.0 || !slope.is_finite() => Scaling::NONE,
            (slope, intercept) => Scaling { slope, intercept: if intercept.is_finite() { intercept } else { 0.0 } },
        }
    }

    fn data_offset(&self) -> Result<u64, String> {
        let offset = self.float(108);
        // 1 MiB leaves room for any extension.
        if (352.0..=1048576.0).contains(&offset) && offset.fract() == 0.0 {
            Ok(offset as u64)
        } else {
            Err(format!("its vox_offset is {offset}; 352 or more is expected"))
        }
    }

    /// sform if there is one, else qform.
    fn transform(&self) -> Result<Transform, String> {
        let unit = self.bytes[123] & 7;
        if unit != 0 && unit != 2 {
            return Err(format!("its unit of length has the code {unit}; 2, millimetre, is accepted"));
        }
        if self.short(254) > 0 {
            let [x, y, z]: [[f64; 4]; 3] = [self.floats(280), self.floats(296), self.floats(312)];
            let column = |index: usize| [x[index], y[index], z[index]];
            return Ok(Transform { origin: column(3), axes: [column(0), column(1), column(2)] });
        }
        if self.short(252) > 0 {
            return Ok(self.quaternion());
        }
        Err("it has neither sform nor qform, so nothing says where it lies in the patient".into())
    }

    fn quaternion(&self) -> Transform {
        let [b, c, d]: [f64; 3] = self.floats(256);
        let a = (1.0 - (b * b + c * c + d * d)).max(0.0).sqrt();
        let pixdim: [f64; 4] = self.floats(76);
        let handedness = if pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        let [dx, dy, dz] = [pixdim[1], pixdim[2], pixdim[3] * handedness];
        let x = [a * a + b * b - c * c - d * d, 2.0 * (b * c + a * d), 2.0 * (b * d - a * c)];
        let y = [2.0 * (b * c - a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d + a * b)];
        let z = [2.0 * (b * d + a * c), 2.0 * (c * d - a * b), a * a + d * d - b * b - c * c];
        Transform { origin: self.floats(268), axes: [x.map(|v| v * dx), y.map(|v| v * dy), z.map(|v| v * dz)] }
    }
}
