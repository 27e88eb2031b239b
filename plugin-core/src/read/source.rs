//! Access to the bytes of an instance: its elements before the pixel data, parts of the pixel data, or the whole object.

use super::elements::{self, Coding, Cursor, DataSet, Defect, Heading};
use super::{Instance, ReadError};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use flate2::read::DeflateDecoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Explicit VR Big Endian: retired in 2006, still in archives.
pub(super) const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
/// Bytes read of a file at first; the headers of most CT slices fit.
const FIRST_READ: u64 = 32 << 10;
/// Elements before the pixel data may take this much: an enhanced CT of 10 000 frames needs about 20 MB.
const LARGEST_HEAD: u64 = 64 << 20;
/// File meta information may take this much; it holds a few UIDs and titles.
const LARGEST_META: u64 = 1 << 20;
/// Deflated CT images are read up to here, 512 slices of 512 x 512: to reach a frame, all before it are inflated again.
const LARGEST_DEFLATED_CT: u64 = 256 << 20;
/// Any other deflated object may inflate to this much, a label map of 2000 slices of 512 x 512.
const LARGEST_INFLATED: u64 = 512 << 20;
/// Bytes that are compared or inflated at a time.
const CHUNK: usize = 64 << 10;
/// Preamble and prefix (PS3.10 7.1).
const PREFIX_END: usize = 132;

/// Where the bytes of a data set come from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    File {
        file: File,
        size: u64,
    },
    Memory(&'a [u8]),
    /// Inflated anew at every access, so that no more is held than is asked for: four megabytes may inflate to four gigabytes.
    Deflated {
        instance: &'a Instance,
        /// Where the data set begins; offsets count in what it inflates to.
        start: u64,
    },
}

impl Source<'_> {
    /// Number of bytes; of a deflated data set, which does not tell before it is inflated, the most that is read.
    pub(super) fn size(&self) -> u64 {
        match self {
            Source::File { size, .. } => *size,
            Source::Memory(bytes) => bytes.len() as u64,
            Source::Deflated { .. } => LARGEST_DEFLATED_CT,
        }
    }

    /// How many bytes there are from byte `offset` on, counted up to `most`; an error where that many would not be read.
    pub(super) fn present(&self, offset: u64, most: u64) -> std::io::Result<u64> {
        let wanted = offset.saturating_add(most);
        let end = self.size().min(wanted);
        let counted = match self {
            Source::Deflated { .. } if end < wanted => return Err(too_large(LARGEST_DEFLATED_CT)),
            Source::Deflated { instance, start } => {
                let mut inflating = inflating(instance, *start)?.take(end);
                let mut chunk = [0; CHUNK];
                let mut counted = 0;
                // A stream that breaks off is one that ends here.
                while let Ok(more @ 1..) = inflating.read(&mut chunk) {
                    counted += more as u64;
                }
                counted
            }
            _ => end,
        };
        Ok(counted.saturating_sub(offset))
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
            Source::Deflated { instance, start } => {
                let mut inflating = inflating(instance, *start)?.take(LARGEST_DEFLATED_CT);
                std::io::copy(&mut inflating.by_ref().take(offset), &mut std::io::sink())?;
                inflating.read_exact(out)
            }
        }
    }
}

fn too_large(most: u64) -> std::io::Error {
    std::io::Error::other(format!("its deflated data set is larger than {} MiB", most >> 20))
}

/// What the data set of a deflated instance inflates to, `start` bytes into it.
fn inflating(instance: &Instance, start: u64) -> std::io::Result<Box<dyn Read + '_>> {
    Ok(match instance {
        Instance::File(path) => {
            let mut file = File::open(path)?;
            file.seek(SeekFrom::Start(start))?;
            Box::new(DeflateDecoder::new(file))
        }
        Instance::Bytes { data, .. } => {
            let deflated = usize::try_from(start).ok().and_then(|start| data.get(start..));
            Box::new(DeflateDecoder::new(deflated.ok_or(std::io::ErrorKind::UnexpectedEof)?))
        }
    })
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
pub(super) fn open(instance: &Instance, deflated: bool) -> Result<Source<'_>, ReadError> {
    match instance {
        _ if deflated => Ok(Source::Deflated { instance, start: data_set_start(instance)? }),
        Instance::Bytes { data, .. } => Ok(Source::Memory(data)),
        Instance::File(path) => {
            let failed = |source| ReadError::File { path: path.clone(), source };
            let file = File::open(path).map_err(failed)?;
            let size = file.metadata().map_err(failed)?.len();
            Ok(Source::File { file, size })
        }
    }
}

/// Where the data set begins, after the file meta information.
fn data_set_start(instance: &Instance) -> Result<u64, ReadError> {
    let bytes = first_bytes(instance, &mut open(instance, false)?, LARGEST_META)?;
    let (_, start) = file_meta(&bytes).map_err(|defect| unreadable(instance, defect))?;
    Ok(start as u64)
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
        let head = match (&source, file_meta(&bytes)) {
            (Source::Deflated { .. }, _) => {
                data_set(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, &bytes, 0).map_err(MetaDefect::from)
            }
            (_, Ok((uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, _))) => {
                source = open(instance, true)?;
                continue;
            }
            (_, Ok((transfer_syntax, start))) => data_set(transfer_syntax, &bytes, start).map_err(MetaDefect::from),
            (_, Err(defect)) => Err(defect),
        };
        let is_cut = match &head {
            // Without pixel data the bytes may just end between two elements.
            Ok(head) => head.pixel_data.is_none(),
            Err(defect) => matches!(defect, MetaDefect::Elements(Defect::Truncated(_) | Defect::TruncatedHeader)),
        };
        if is_cut && wanted < LARGEST_HEAD && bytes.len() as u64 == wanted {
            wanted = (8 * wanted).min(LARGEST_HEAD);
            continue;
        }
        return read(&head.map_err(|defect| unreadable(instance, defect))?, &mut source);
    }
}

/// Up to `wanted` bytes from the start of a file or of what a deflated data set inflates to; all of what is in memory anyway.
fn first_bytes<'a>(instance: &Instance, source: &mut Source<'a>, wanted: u64) -> Result<Cow<'a, [u8]>, ReadError> {
    let wanted = wanted.min(source.size());
    let mut bytes = Vec::new();
    let read = match source {
        Source::Memory(bytes) => return Ok(Cow::Borrowed(bytes)),
        Source::File { file, .. } => file.rewind().and_then(|()| read_up_to(file, wanted, &mut bytes)),
        Source::Deflated { instance, start } => {
            inflating(instance, *start).and_then(|inflating| read_up_to(inflating, wanted, &mut bytes))
        }
    };
    read.map_err(|error| unreadable(instance, error))?;
    Ok(Cow::Owned(bytes))
}

fn read_up_to(from: impl Read, wanted: u64, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    bytes.reserve_exact(usize::try_from(wanted).unwrap_or(0));
    from.take(wanted).read_to_end(bytes)
}

fn all_bytes(instance: &Instance) -> Result<Cow<'_, [u8]>, ReadError> {
    first_bytes(instance, &mut open(instance, false)?, u64::MAX)
}

/// Whether the data sets of two instances are the same, byte by byte. The file meta information before them is not compared: every
/// archive writes its own.
pub(super) fn same_data_set(a: &Instance, b: &Instance) -> Result<bool, ReadError> {
    let [mut at_a, mut at_b] = [data_set_start(a)?, data_set_start(b)?];
    let [mut source_a, mut source_b] = [open(a, false)?, open(b, false)?];
    let mut left = source_a.size().saturating_sub(at_a);
    if left != source_b.size().saturating_sub(at_b) {
        return Ok(false);
    }
    let [mut chunk_a, mut chunk_b] = [vec![0; CHUNK], vec![0; CHUNK]];
    while left > 0 {
        let size = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        source_a.read_at(at_a, &mut chunk_a[..size]).map_err(|error| unreadable(a, error))?;
        source_b.read_at(at_b, &mut chunk_b[..size]).map_err(|error| unreadable(b, error))?;
        if chunk_a[..size] != chunk_b[..size] {
            return Ok(false);
        }
        (at_a, at_b, left) = (at_a + size as u64, at_b + size as u64, left - size as u64);
    }
    Ok(true)
}

/// The data set of an instance in Deflated Explicit VR Little Endian (PS3.5 A.5). It is counted before memory is taken.
fn inflated(instance: &Instance) -> Result<Vec<u8>, ReadError> {
    let start = data_set_start(instance)?;
    let failed = |error| unreadable(instance, error);
    let mut counted = inflating(instance, start).map_err(failed)?.take(LARGEST_INFLATED + 1);
    let size = std::io::copy(&mut counted, &mut std::io::sink()).map_err(failed)?;
    if size > LARGEST_INFLATED {
        return Err(unreadable(instance, too_large(LARGEST_INFLATED)));
    }
    let mut content = Vec::new();
    read_up_to(inflating(instance, start).map_err(failed)?, size, &mut content).map_err(failed)?;
    Ok(content)
}

/// The whole object, for what is not a CT image. Its nesting and lengths are checked before it is parsed.
pub(super) fn whole_object(instance: &Instance) -> Result<DefaultDicomObject, ReadError> {
    let bytes = all_bytes(instance)?;
    let (transfer_syntax, start) = file_meta(&bytes).map_err(|defect| unreadable(instance, defect))?;
    let checked = match transfer_syntax {
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => elements::check(&inflated(instance)?, coding(transfer_syntax)),
        _ => elements::check(&bytes[start..], coding(transfer_syntax)),
    };
    checked.map_err(|defect| unreadable(instance, defect))?;
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

/// `(gggg,eeee)`, as sentences name a tag.
pub(super) fn tag_text(tag: Tag) -> String {
    format!("({:04X},{:04X})", tag.group(), tag.element())
}
