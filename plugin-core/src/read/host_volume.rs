//! Volumes that are not DICOM: a file, or voxels in the memory of a host.

use super::ReadError;
use super::volume_file;
use crate::geometry::{Grid, Lps};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

/// A CT that is not DICOM; its voxels are Hounsfield units.
#[derive(Debug)]
pub enum HostVolume<'a> {
    /// NIfTI-1 (`.nii`, `.nii.gz`) or NRRD with attached data (`.nrrd`; raw or gzip).
    File(PathBuf),
    /// In the memory of the host.
    Memory(MemoryVolume<'a>),
}

/// One number for each voxel, in the memory of a host.
#[derive(Debug)]
pub struct MemoryVolume<'a> {
    /// As many as the grid has, columns fastest, slices slowest.
    pub voxels: Voxels<'a>,
    /// Where they lie.
    pub grid: Grid,
}

/// Label values in the memory of a host.
#[derive(Debug)]
pub struct MemoryLabels<'a> {
    /// Whole numbers from 0 to 65535; 0 is background.
    pub volume: MemoryVolume<'a>,
    /// The name table, JSON: `{"1": "l1", "2": "gluteus_maximus_left"}`.
    pub names: String,
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

/// Values of some voxels, one after another.
#[derive(Debug)]
pub enum Block<'b> {
    /// Stored as 16-bit integers without a scale.
    Shorts(&'b [i16]),
    /// Of any other type.
    Numbers(&'b [f64]),
}

impl Voxels<'_> {
    /// How many.
    fn len(self) -> usize {
        match self {
            Voxels::I8(all) => all.len(),
            Voxels::U8(all) => all.len(),
            Voxels::I16(all) => all.len(),
            Voxels::U16(all) => all.len(),
            Voxels::I32(all) => all.len(),
            Voxels::U32(all) => all.len(),
            Voxels::F32(all) => all.len(),
            Voxels::F64(all) => all.len(),
        }
    }

    /// Passes on every number, in order, until one is refused.
    pub(super) fn each_number<E>(self, take: impl FnMut(f64) -> Result<(), E>) -> Result<(), E> {
        match self {
            Voxels::I8(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::U8(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::I16(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::U16(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::I32(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::U32(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::F32(all) => all.iter().map(|one| f64::from(*one)).try_for_each(take),
            Voxels::F64(all) => all.iter().copied().try_for_each(take),
        }
    }
}

impl<'a> MemoryVolume<'a> {
    /// What errors call labels in memory.
    pub(super) const LABELS: &'static str = "the labels in memory";

    /// `sizes` and `steps` in the order of the voxels, fastest first; LPS millimetres, `origin` is the centre of the first voxel.
    /// Refused in a sentence are axes that span no volume, and another number of voxels than `sizes` say.
    pub fn new(voxels: Voxels<'a>, sizes: [usize; 3], origin: Lps, steps: [Lps; 3]) -> Result<Self, String> {
        let grid = volume_file::grid(sizes, origin, steps)?;
        match voxels.len() == grid.len() {
            true => Ok(MemoryVolume { voxels, grid }),
            false => Err(format!("its size is {sizes:?}, and it holds {} voxels", voxels.len())),
        }
    }
}

impl HostVolume<'_> {
    /// What errors call it: the file name, or that it lies in memory.
    pub fn name(&self) -> String {
        match self {
            HostVolume::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            HostVolume::Memory(_) => "the volume in memory".to_owned(),
        }
    }

    /// Passes on the values of all voxels in order, with the grid that they lie on, which is also returned.
    pub fn read(&self, mut take: impl FnMut(&Grid, Block<'_>) -> Result<(), ReadError>) -> Result<Grid, ReadError> {
        match self {
            HostVolume::File(path) => {
                let file = File::open(path).map_err(|source| ReadError::File { path: path.clone(), source })?;
                let (mut shorts, mut numbers) = (Vec::new(), Vec::new());
                let read = volume_file::read(&self.name(), &mut BufReader::new(file), |header, bytes| -> Result<(), Stop> {
                    let encoding = header.encoding;
                    let block = if encoding.is_plain_i16() {
                        shorts.clear();
                        shorts.extend(encoding.shorts(bytes));
                        Block::Shorts(&shorts)
                    } else {
                        numbers.clear();
                        numbers.extend(encoding.numbers(bytes));
                        Block::Numbers(&numbers)
                    };
                    Ok(take(&header.grid, block)?)
                });
                match read {
                    Ok(header) => Ok(header.grid),
                    Err(Stop::Taker(error)) => Err(error),
                    Err(Stop::File(detail)) => Err(ReadError::Volume { name: self.name(), detail }),
                }
            }
            HostVolume::Memory(MemoryVolume { voxels: Voxels::I16(voxels), grid }) => {
                take(grid, Block::Shorts(voxels))?;
                Ok(grid.clone())
            }
            HostVolume::Memory(MemoryVolume { voxels, grid }) => {
                let mut block = Vec::with_capacity(BLOCK);
                voxels.each_number(|number| {
                    block.push(number);
                    if block.len() == BLOCK {
                        take(grid, Block::Numbers(&block))?;
                        block.clear();
                    }
                    Ok::<(), ReadError>(())
                })?;
                take(grid, Block::Numbers(&block))?;
                Ok(grid.clone())
            }
        }
    }
}

/// Numbers that are passed on at once.
const BLOCK: usize = 1 << 13;

/// Why a file was not read to its end.
enum Stop {
    /// The file is not one that can be read.
    File(String),
    /// Who takes the values does not want more.
    Taker(ReadError),
}

impl From<String> for Stop {
    fn from(detail: String) -> Stop {
        Stop::File(detail)
    }
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Stop {
        Stop::Taker(error)
    }
}
