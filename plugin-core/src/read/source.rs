//! Access to the bytes of an instance: its elements before the pixel data, parts of the pixel data, or the whole object.

use super::elements::{self, Coding, Cursor, DataSet, Defect, Heading};
use super::{Instance, ReadError};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Explicit VR Big Endian: retired in 2006, still in archives.
pub(super) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Bytes read of a file at first; the headers of most CT slices fit.
const FIRST_READ: u64 = 32 << 10;
/// Elements before the pixel data may take this much: an enhanced CT of 10 000 frames needs about 20 MB.
const LARGEST_HEAD: u64 = 64 << 20;
/// A deflated data set may inflate to this much, 2000 slices of 512 x 512.
const LARGEST_INFLATED: u64 = 1 << 30;
/// Preamble and prefix (PS3.10 7.1).
const PREFIX_END: usize = 132;

/// Where the bytes of a data set come from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    File { file: File, size: u64 },
    Memory(Cow<'a, [u8]>),
}

impl Source<'_> {
    /// Number of bytes.
    pub(super) fn size(&self) -> u64 {
        match self {
            Source::File { size, .. } => *size,
            Source::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// Fills `out` from byte `offset` on.
    pub(super) fn read_at(&mut self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        match self {
            Source::File { file, .. } => {
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(out)
            }
            Source::Memory(bytes) => {
                let from = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
                let from = from.and_then(|rest| rest.get(..out.len())).ok_or(std::io::ErrorKind::UnexpectedEof)?;
                out.copy_from_slice(from);
                Ok(())
            }
        }
    }
}

/// What stands before the pixel data.
#[derive(Debug)]
pub(super) struct Head<'a> {
    /// Transfer Syntax UID (0002,0010).
    pub transfer_syntax: &'a str,
    pub elements: DataSet<'a>,
    /// Heading of Pixel Data (7FE0,0010) and the place of its value.
    pub pixel_data: Option<(Heading, u64)>,
}

/// Opens the data set of `instance` for [`Source::read_at`]; a deflated one is inflated, so that offsets count from its start.
pub(super) fn open<'a>(instance: &'a Instance, deflated: bool) -> Result<Source<'a>, ReadError> {
    match instance {
        _ if deflated => Ok(Source::Memory(Cow::Owned(inflated(instance)?))),
        Instance::Bytes { data, .. } => Ok(Source::Memory(Cow::Borrowed(data))),
        Instance::File(path) => {
            let failed = |source| ReadError::File { path: path.clone(), source };
            let file = File::open(path).map_err(failed)?;
            let size = file.metadata().map_err(failed)?.len();
            Ok(Source::File { file, size })
        }
    }
}

/// Calls `read` with the elements before the pixel data, reading no more of a file than they take.
pub(super) fn with_head<T>(
    instance: &Instance,
    read: impl FnOnce(&Head<'_>, &mut Source<'_>) -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    let mut source = open(instance, false)?;
    let mut wanted = FIRST_READ;
    loop {
        let bytes = first_bytes(instance, &mut source, wanted)?;
        let more = wanted < source.size().min(LARGEST_HEAD);
        let defect = match file_meta(&bytes) {
            Ok((uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, _)) => {
                let content = inflated(instance)?;
                let head = data_set(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &content, 0);
                let head = head.map_err(|defect| unreadable(instance, defect))?;
                return read(&head, &mut Source::Memory(Cow::Borrowed(&content)));
            }
            Ok((transfer_syntax, start)) => match data_set(transfer_syntax, &bytes, start) {
                Ok(head) => return read(&head, &mut source),
                Err(defect) => MetaDefect::Elements(defect),
            },
            Err(defect) => defect,
        };
        match defect {
            MetaDefect::Elements(Defect::Truncated(_) | Defect::TruncatedHeader) if more => wanted *= 8,
            other => return Err(unreadable(instance, other)),
        }
    }
}

/// Up to `wanted` bytes from the start of a file; all of an instance that is in memory anyway.
fn first_bytes<'a>(instance: &'a Instance, source: &mut Source<'_>, wanted: u64) -> Result<Cow<'a, [u8]>, ReadError> {
    let wanted = wanted.min(source.size());
    match (instance, source) {
        (Instance::File(path), Source::File { file, .. }) => {
            let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or(0));
            let read = file.rewind().and_then(|()| file.take(wanted).read_to_end(&mut bytes));
            read.map_err(|source| ReadError::File { path: path.clone(), source })?;
            Ok(Cow::Owned(bytes))
        }
        (Instance::Bytes { data, .. }, _) => Ok(Cow::Borrowed(data)),
        (Instance::File(_), Source::Memory(_)) => Err(unreadable(instance, "it was opened as bytes in memory")),
    }
}

fn all_bytes(instance: &Instance) -> Result<Cow<'_, [u8]>, ReadError> {
    let mut source = open(instance, false)?;
    first_bytes(instance, &mut source, u64::MAX)
}

/// The data set of an instance in Deflated Explicit VR Little Endian (PS3.5 A.5).
fn inflated(instance: &Instance) -> Result<Vec<u8>, ReadError> {
    let bytes = all_bytes(instance)?;
    let (_, start) = file_meta(&bytes).map_err(|defect| unreadable(instance, defect))?;
    inflate(&bytes[start..]).map_err(|error| unreadable(instance, error))
}

/// The whole object, for what is not a CT image. Its nesting and lengths are checked before it is parsed.
pub(super) fn whole_object(instance: &Instance) -> Result<DefaultDicomObject, ReadError> {
    let bytes = all_bytes(instance)?;
    let (transfer_syntax, start) = file_meta(&bytes).map_err(|defect| unreadable(instance, defect))?;
    let content = match transfer_syntax {
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => Cow::Owned(inflated(instance)?),
        _ => Cow::Borrowed(&bytes[start..]),
    };
    elements::check(&content, coding(transfer_syntax)).map_err(|defect| unreadable(instance, defect))?;
    dicom_object::from_reader(&*bytes).map_err(|error| unreadable(instance, error))
}

fn unreadable(instance: &Instance, detail: impl std::fmt::Display) -> ReadError {
    ReadError::NotDicom { name: instance.name(), detail: detail.to_string() }
}

/// Why the start of a file is not that of a DICOM file.
#[derive(Debug, thiserror::Error)]
enum MetaDefect {
    #[error("the letters DICM do not stand at byte 128")]
    NoPrefix,
    #[error("Transfer Syntax UID (0002,0010) is absent")]
    NoTransferSyntax,
    #[error(transparent)]
    Elements(#[from] Defect),
}

/// Transfer Syntax UID and the place where the data set begins (PS3.10 7.1).
fn file_meta(bytes: &[u8]) -> Result<(&str, usize), MetaDefect> {
    if bytes.get(PREFIX_END - 4..PREFIX_END) != Some(b"DICM") {
        return Err(MetaDefect::NoPrefix);
    }
    let mut cursor = Cursor { bytes, position: PREFIX_END };
    let mut end = cursor.position;
    let mut transfer_syntax = None;
    while bytes.get(end..end + 2) == Some(&[0x02, 0x00]) {
        let heading = cursor.heading(Coding::EXPLICIT_LITTLE)?;
        let value = cursor.value(heading)?;
        if heading.tag == tags::TRANSFER_SYNTAX_UID {
            transfer_syntax = std::str::from_utf8(value).ok().map(|uid| uid.trim_matches([' ', '\0']));
        }
        end = cursor.position;
    }
    if end + 2 > bytes.len() {
        return Err(Defect::TruncatedHeader.into());
    }
    Ok((transfer_syntax.filter(|uid| !uid.is_empty()).ok_or(MetaDefect::NoTransferSyntax)?, end))
}

fn data_set<'a>(transfer_syntax: &'a str, bytes: &'a [u8], start: usize) -> Result<Head<'a>, Defect> {
    let mut cursor = Cursor { bytes, position: start };
    let (elements, pixel_data) = DataSet::read(&mut cursor, coding(transfer_syntax), tags::PIXEL_DATA)?;
    Ok(Head { transfer_syntax, elements, pixel_data: pixel_data.map(|heading| (heading, cursor.position as u64)) })
}

fn coding(transfer_syntax: &str) -> Coding {
    match transfer_syntax {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => Coding::IMPLICIT_LITTLE,
        EXPLICIT_VR_BIG_ENDIAN => Coding::EXPLICIT_BIG,
        _ => Coding::EXPLICIT_LITTLE,
    }
}

fn inflate(bytes: &[u8]) -> Result<Vec<u8>, std::io::Error> {
    let mut content = Vec::new();
    flate2::read::DeflateDecoder::new(bytes).take(LARGEST_INFLATED + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST_INFLATED {
        return Err(std::io::Error::other(format!("its deflated data set is larger than {} MiB", LARGEST_INFLATED >> 20)));
    }
    Ok(content)
}

/// `(gggg,eeee)`, as sentences name a tag.
pub(super) fn tag_text(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.group(), tag.element())
}
