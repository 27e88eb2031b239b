//! Files and bytes in, ordered series out.

mod codec;
mod ct_image;
mod digest;
mod elements;
mod enhanced;
mod frame;
mod header;
mod host_volume;
mod image_type;
mod kernel;
mod label_map;
mod pixels;
mod radiograph;
mod run_lengths;
mod scan;
mod segmentation_object;
mod series;
mod source;
mod text;
mod volume_file;

pub(crate) use digest::{hexadecimal, sha256, sha256_of_voxels};
pub use header::{Acquisition, CopiedAttribute, Equipment, StudyContext};
pub use host_volume::{Block, HostVolume, MemoryLabels, MemoryVolume, Voxels};
pub use label_map::{LabelMap, label_map_in_memory, read_label_map};
pub use pixels::{PixelLayout, decode_slice};
pub use radiograph::{
    Field, Greyscale, IntensityRelationship, Laterality, ModalityTransform, Radiograph, RadiographGeometry, RadiographHeader,
    RadiographView, SpacingCalibration, read_radiograph,
};
pub(crate) use scan::HEADERS_SHARE;
pub use scan::{Contents, Refused, scan};
pub use segmentation_object::{
    Segment, SegmentFrame, SegmentationObject, SegmentationPixels, SegmentationType, decode_segmentation,
};
pub use series::{CtSeries, Slice};
pub use text::decode_text;

use std::path::{Path, PathBuf};

/// What a host hands over: DICOM instances, as files or as bytes; or an image that is not DICOM; or both of one CT.
#[derive(Debug, Default)]
pub struct Inputs<'a> {
    /// In any order; other files among them are reported, not fatal.
    pub instances: Vec<Instance>,
    /// A CT as a file that is not DICOM, or in memory. Beside DICOM instances it must be the image that they hold.
    pub volume: Option<HostVolume<'a>>,
    /// Labels in memory.
    pub labels: Option<MemoryLabels<'a>>,
}

/// One DICOM instance.
#[derive(Debug)]
pub enum Instance {
    /// A DICOM file.
    File(PathBuf),
    /// The bytes of a DICOM file.
    Bytes {
        /// What errors call it.
        name: String,
        /// Preamble, meta header and data set, as in a file.
        data: Vec<u8>,
    },
}

impl Instance {
    /// What errors call it: the file name or the given name.
    pub fn name(&self) -> String {
        match self {
            Instance::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
            Instance::Bytes { name, .. } => name.clone(),
        }
    }
}

impl FromIterator<Instance> for Inputs<'_> {
    fn from_iter<I: IntoIterator<Item = Instance>>(instances: I) -> Self {
        Inputs { instances: instances.into_iter().collect(), ..Inputs::default() }
    }
}

impl Inputs<'_> {
    /// All regular files below `folder`, in order of path.
    pub fn from_folder(folder: &Path) -> Result<Inputs<'static>, ReadError> {
        let mut pending = vec![folder.to_path_buf()];
        let mut files = Vec::new();
        while let Some(next) = pending.pop() {
            let failed = |source| ReadError::File { path: next.clone(), source };
            for entry in std::fs::read_dir(&next).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                match entry.file_type().map_err(failed)? {
                    kind if kind.is_dir() => pending.push(entry.path()),
                    kind if kind.is_file() => files.push(entry.path()),
                    _ => {}
                }
            }
        }
        files.sort();
        Ok(files.into_iter().map(Instance::File).collect())
    }
}

/// Input that cannot be read. Every sentence names what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a DICOM file, or a broken one.
    #[error("{name} is not a readable DICOM file: {detail}")]
    NotDicom {
        /// File or given name.
        name: String,
        /// What the parser says.
        detail: String,
    },
    /// An attribute has a value that is not supported.
    #[error("{name}: {keyword} {tag} is {found}; accepted: {accepted}")]
    Attribute {
        /// File or given name.
        name: String,
        /// Keyword of PS3.6.
        keyword: &'static str,
        /// `(gggg,eeee)`.
        tag: String,
        /// The value found, or `absent`.
        found: String,
        /// What would do.
        accepted: String,
    },
    /// Pixel data cannot be decoded.
    #[error("{name}: the pixel data cannot be decoded (Transfer Syntax UID (0002,0010) is {transfer_syntax}): {detail}")]
    Pixels {
        /// File or given name.
        name: String,
        /// UID and, where known, name.
        transfer_syntax: String,
        /// What the decoder says.
        detail: String,
    },
    /// No CT series was found among the inputs.
    #[error("no CT series that can be measured: {found}")]
    NoCtSeries {
        /// What was found instead.
        found: String,
    },
    /// No radiograph was found among the inputs.
    #[error("no radiograph (CR, DX) that can be measured: {found}")]
    NoRadiograph {
        /// What was found instead.
        found: String,
    },
    /// A CT that is not DICOM cannot be read.
    #[error("{name} is not a readable CT image: {detail}")]
    Volume {
        /// [`HostVolume::name`].
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// Labels cannot be read.
    #[error("{name} is not a readable label map: {detail}")]
    LabelMap {
        /// File name, or that they lie in memory.
        name: String,
        /// What is wrong.
        detail: String,
    },
    /// The host asked to stop.
    #[error(transparent)]
    Cancelled(#[from] crate::progress::Cancelled),
}
