//! Where the elements of a data set lie (PS3.5 7), found without copying and without recursion.
//!
//! Headers of CT slices are read through this instead of a full parser for three reasons: text must be decoded from its raw
//! bytes (a multi-byte character may hold a backslash), pixels are read later from their place in the file straight into the
//! volume, and a hostile file must not exhaust the stack or claim more memory than it has bytes.

use dicom_core::dictionary::{DataDictionary, VirtualVr};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};

/// Item and delimiters (PS3.5 7.5); the dictionary of PS3.6 does not list them.
pub(super) const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_DELIMITATION: Tag = Tag(0xFFFE, 0xE00D);
pub(super) const SEQUENCE_DELIMITATION: Tag = Tag(0xFFFE, 0xE0DD);

/// Nesting beyond this is refused: real objects stay below ten, and the full parser recurses once per level.
const DEEPEST: usize = 32;
/// Items of a sequence: an enhanced CT has one per frame. Each costs more memory than the eight bytes that an empty one takes in a
/// file.
const MOST_ITEMS: usize = 1 << 16;
/// Elements of a data set, through which every look-up goes; real ones have hundreds.
const MOST_ELEMENTS: usize = 1 << 13;
/// Elements and items in all of what goes to the full parser, of which each takes some hundred bytes of memory: 50 in each of 65536
/// frames, and more. Four megabytes of deflated nothing would be four gigabytes otherwise.
const MOST_IN_ALL: usize = 1 << 22;
/// A value length that stands for "until the delimiter" (PS3.5 7.1.1).
pub(super) const UNDEFINED: u32 = u32::MAX;

/// How elements are written, as the transfer syntax says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Coding {
    /// Value representations are written.
    pub explicit: bool,
    /// Numbers are written most significant byte first.
    pub big_endian: bool,
}

impl Coding {
    pub(super) const EXPLICIT_LITTLE: Coding = Coding { explicit: true, big_endian: false };
    pub(super) const IMPLICIT_LITTLE: Coding = Coding { explicit: false, big_endian: false };
    pub(super) const EXPLICIT_BIG: Coding = Coding { explicit: true, big_endian: true };

    pub(super) fn u16(self, bytes: [u8; 2]) -> u16 {
        if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    }

    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// Why elements cannot be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Defect {
    /// More bytes are needed; fatal only where there are none.
    #[error("it ends in the middle of element {0}")]
    Truncated(Tag),
    #[error("it ends in the middle of an element")]
    TruncatedHeader,
    #[error("element {0} has no valid value representation")]
    Vr(Tag),
    #[error("sequence {0} is nested deeper than {DEEPEST} levels")]
    TooDeep(Tag),
    #[error("it has more than {1} elements or items, up to {0}")]
    TooMany(Tag, usize),
    #[error("{0} stands where an item or a delimiter is expected")]
    NotAnItem(Tag),
    #[error("the {1} bytes of element {0} are no whole number of values")]
    Broken(Tag, u32),
}

/// Tag, value representation and length of one element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heading {
    pub tag: Tag,
    /// None in implicit coding and for items and delimiters.
    pub vr: Option<VR>,
    pub length: u32,
}

/// Reads headings and steps over values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub position: usize,
}

impl<'a> Cursor<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Defect> {
        let array = self.bytes.get(self.position..).and_then(|rest| rest.first_chunk::<N>()).ok_or(Defect::TruncatedHeader)?;
        self.position += N;
        Ok(*array)
    }

    pub(super) fn at_end(&self) -> bool {
        self.position >= self.bytes.len()
    }

    pub(super) fn heading(&mut self, coding: Coding) -> Result<Heading, Defect> {
        let tag = Tag(coding.u16(self.take()?), coding.u16(self.take()?));
        if !coding.explicit || tag.group() == 0xFFFE {
            return Ok(Heading { tag, vr: None, length: coding.u32(self.take()?) });
        }
        let vr = VR::from_binary(self.take()?).ok_or(Defect::Vr(tag))?;
        let length = match vr {
            VR::OB
            | VR::OD
            | VR::OF
            | VR::OL
            | VR::OV
            | VR::OW
            | VR::SQ
            | VR::SV
            | VR::UC
            | VR::UN
            | VR::UR
            | VR::UT
            | VR::UV => {
                self.take::<2>()?;
                coding.u32(self.take()?)
            }
            _ => u32::from(coding.u16(self.take()?)),
        };
        Ok(Heading { tag, vr: Some(vr), length })
    }

    /// The value of `heading`, which must have a defined length.
    pub(super) fn value(&mut self, heading: Heading) -> Result<&'a [u8], Defect> {
        let end = usize::try_from(heading.length).ok().and_then(|length| self.position.checked_add(length));
        let value = end.and_then(|end| self.bytes.get(self.position..end)).ok_or(Defect::Truncated(heading.tag))?;
        self.position += value.len();
        Ok(value)
    }

    /// Steps over the items of a sequence of undefined length, up to and with its delimiter.
    fn skip_undefined(&mut self, heading: Heading, coding: Coding) -> Result<(), Defect> {
        let mut open = vec![Open::sequence(heading, coding)];
        while let Some(level) = open.last().copied() {
            if open.len() > 2 * DEEPEST {
                return Err(Defect::TooDeep(heading.tag));
            }
            let inner = self.heading(level.coding)?;
            match (level.is_item, inner.tag) {
                (false, SEQUENCE_DELIMITATION) | (true, ITEM_DELIMITATION) => {
                    open.pop();
                }
                (false, ITEM) if inner.length == UNDEFINED => {
                    open.push(Open { is_item: true, opaque: false, coding: level.coding })
                }
                (false, ITEM) => {
                    self.value(inner)?;
                }
                (false, tag) => return Err(Defect::NotAnItem(tag)),
                (true, _) if inner.length == UNDEFINED => open.push(Open::sequence(inner, level.coding)),
                (true, _) => {
                    self.value(inner)?;
                }
            }
        }
        Ok(())
    }
}

/// A sequence or item whose end is not yet seen.
#[derive(Debug, Clone, Copy)]
struct Open {
    is_item: bool,
    /// Its items are fragments of pixel data, not elements.
    opaque: bool,
    coding: Coding,
}

impl Open {
    fn sequence(heading: Heading, coding: Coding) -> Open {
        let opaque = heading.tag == tags::PIXEL_DATA || matches!(heading.vr, Some(VR::OB | VR::OW));
        Open { is_item: false, opaque, coding: inner_coding(heading, coding) }
    }
}

/// UN of undefined length holds a sequence in implicit VR little endian (PS3.5 6.2.2 note 4).
fn inner_coding(heading: Heading, coding: Coding) -> Coding {
    if heading.vr == Some(VR::UN) { Coding::IMPLICIT_LITTLE } else { coding }
}

/// One element of a data set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub tag: Tag,
    /// Its value; that of a sequence with all its items.
    pub value: &'a [u8],
    coding: Coding,
}

/// The elements of a data set or item, without those of nested items.
#[derive(Debug, Clone, Default)]
pub(super) struct DataSet<'a> {
    pub elements: Vec<Element<'a>>,
}

impl<'a> DataSet<'a> {
    /// Reads elements up to the end of `cursor` or up to `stop`, whose heading is returned with `cursor` behind it.
    pub(super) fn read(cursor: &mut Cursor<'a>, coding: Coding, stop: Tag) -> Result<(DataSet<'a>, Option<Heading>), Defect> {
        let mut elements = Vec::new();
        while !cursor.at_end() {
            let heading = cursor.heading(coding)?;
            if heading.tag == stop {
                return Ok((DataSet { elements }, Some(heading)));
            }
            if elements.len() == MOST_ELEMENTS {
                return Err(Defect::TooMany(heading.tag, MOST_ELEMENTS));
            }
            let start = cursor.position;
            let value = if heading.length == UNDEFINED {
                cursor.skip_undefined(heading, coding)?;
                &cursor.bytes[start..cursor.position]
            } else {
                cursor.value(heading)?
            };
            let coding = if heading.length == UNDEFINED { inner_coding(heading, coding) } else { coding };
            elements.push(Element { tag: heading.tag, value, coding });
        }
        Ok((DataSet { elements }, None))
    }

    /// The raw value of `tag`.
    pub(super) fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.value)
    }

    fn element(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().find(|element| element.tag == tag)
    }

    /// A value whose characters are ASCII by its VR (CS, UI, DS, IS, DA ...), without padding; none when absent or empty.
    pub(super) fn ascii(&self, tag: Tag) -> Option<&'a str> {
        let text = std::str::from_utf8(self.bytes(tag)?).ok()?.trim_matches([' ', '\0']);
        (!text.is_empty()).then_some(text)
    }

    /// Decimal strings; none unless every one is a finite number.
    pub(super) fn decimals(&self, tag: Tag) -> Option<Vec<f64>> {
        let parts = self.ascii(tag)?.split('\\').map(|part| part.trim().parse().ok().filter(|number: &f64| number.is_finite()));
        parts.collect()
    }

    /// An unsigned short (US).
    pub(super) fn unsigned(&self, tag: Tag) -> Option<u16> {
        let element = self.element(tag)?;
        element.value.first_chunk().map(|bytes| element.coding.u16(*bytes))
    }

    /// All unsigned shorts (US or OW) of a value, none when it is absent.
    pub(super) fn unsigneds(&self, tag: Tag) -> Vec<u16> {
        let Some(element) = self.element(tag) else { return Vec::new() };
        element.value.as_chunks().0.iter().map(|bytes| element.coding.u16(*bytes)).collect()
    }

    /// The items of a sequence, none when it is absent.
    pub(super) fn items(&self, tag: Tag) -> Result<Vec<DataSet<'a>>, Defect> {
        let Some(element) = self.element(tag) else { return Ok(Vec::new()) };
        let mut cursor = Cursor { bytes: element.value, position: 0 };
        let mut items = Vec::new();
        while !cursor.at_end() {
            let heading = cursor.heading(element.coding)?;
            let content = match heading.tag {
                SEQUENCE_DELIMITATION => break,
                ITEM if heading.length == UNDEFINED => &cursor.bytes[cursor.position..],
                ITEM => cursor.value(heading)?,
                other => return Err(Defect::NotAnItem(other)),
            };
            let mut inside = Cursor { bytes: content, position: 0 };
            if items.len() == MOST_ITEMS {
                return Err(Defect::TooMany(tag, MOST_ITEMS));
            }
            let (item, _) = DataSet::read(&mut inside, element.coding, ITEM_DELIMITATION)?;
            items.push(item);
            if heading.length == UNDEFINED {
                cursor.position += inside.position;
            }
        }
        Ok(items)
    }
}

/// Checks a whole data set, all nested items included: every length lies within the bytes, nesting and number are bounded, so that
/// the full parser, which recurses and trusts lengths, may be let loose on it.
pub(super) fn check(bytes: &[u8], coding: Coding) -> Result<(), Defect> {
    struct Level {
        open: Open,
        /// None: until its delimiter.
        end: Option<usize>,
    }
    let mut cursor = Cursor { bytes, position: 0 };
    let mut seen = 0;
    let mut levels = vec![Level { open: Open { is_item: true, opaque: false, coding }, end: Some(bytes.len()) }];
    while let Some(Level { open, end }) = levels.last() {
        let (open, end) = (*open, *end);
        if end.is_some_and(|end| cursor.position >= end) {
            levels.pop();
            continue;
        }
        let heading = cursor.heading(open.coding)?;
        seen += 1;
        if levels.len() > 2 * DEEPEST {
            return Err(Defect::TooDeep(heading.tag));
        }
        if seen > MOST_IN_ALL {
            return Err(Defect::TooMany(heading.tag, MOST_IN_ALL));
        }
        let inside = match (open.is_item, heading.tag) {
            // Where the length says the end, a delimiter would let this check and the parser see different ends.
            (_, SEQUENCE_DELIMITATION | ITEM_DELIMITATION) if end.is_some() => return Err(Defect::NotAnItem(heading.tag)),
            (false, SEQUENCE_DELIMITATION) | (true, ITEM_DELIMITATION) => {
                levels.pop();
                continue;
            }
            (false, ITEM) if open.opaque => None,
            (false, ITEM) => Some(Open { is_item: true, opaque: false, coding: open.coding }),
            (false, other) => return Err(Defect::NotAnItem(other)),
            (true, _) if heading.length == UNDEFINED || is_sequence(heading) => Some(Open::sequence(heading, open.coding)),
            (true, _) => None,
        };
        let defined = (heading.length != UNDEFINED).then(|| cursor.position.saturating_add(heading.length as usize));
        if defined.is_some_and(|end| end > bytes.len()) {
            return Err(Defect::Truncated(heading.tag));
        }
        // The parser goes on behind the last whole value, and takes what follows for other elements.
        if inside.is_none() && heading.length % size_of_value(heading) != 0 {
            return Err(Defect::Broken(heading.tag, heading.length));
        }
        match (inside, defined) {
            (Some(open), end) => levels.push(Level { open, end }),
            (None, Some(end)) => cursor.position = end,
            (None, None) => return Err(Defect::Truncated(heading.tag)),
        }
    }
    Ok(())
}

fn is_sequence(heading: Heading) -> bool {
    representation(heading) == Some(VR::SQ)
}

/// As it is written, or as PS3.6 has it.
fn representation(heading: Heading) -> Option<VR> {
    heading.vr.or_else(|| match StandardDataDictionary.by_tag(heading.tag)?.vr {
        VirtualVr::Exact(vr) => Some(vr),
        VirtualVr::Xs => Some(VR::US),
        VirtualVr::Ox | VirtualVr::Px | VirtualVr::Lt => Some(VR::OW),
        _ => None,
    })
}

/// Bytes of one number (PS3.5 Table 6.2-1); 1 of what holds none. Undefined lengths are not asked.
fn size_of_value(heading: Heading) -> u32 {
    match representation(heading) {
        Some(VR::US | VR::SS | VR::OW) => 2,
        Some(VR::UL | VR::SL | VR::FL | VR::OF | VR::OL | VR::AT) => 4,
        Some(VR::FD | VR::OD | VR::OV | VR::SV | VR::UV) => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(bytes: &[u8]) -> Result<(), Defect> {
        check(bytes, Coding::EXPLICIT_LITTLE)
    }

    #[test]
    fn half_a_number_is_refused() {
        let of_longs =
            |length: u8| [&[0x20, 0, 0x22, 0x92, b'O', b'L', 0, 0, length, 0, 0, 0][..], &vec![0; length.into()]].concat();
        assert_eq!(checked(&of_longs(8)), Ok(()));
        assert_eq!(checked(&of_longs(6)), Err(Defect::Broken(Tag(0x0020, 0x9222), 6)));
        // Number of Frames, which has no value representation of its own in implicit coding: text of any length.
        let implicit = |tag: [u8; 4]| [&tag[..], &[3, 0, 0, 0, b'1', b'2', b'3']].concat();
        assert_eq!(check(&implicit([0x28, 0, 8, 0]), Coding::IMPLICIT_LITTLE), Ok(()));
        assert_eq!(check(&implicit([0x28, 0, 0x10, 0]), Coding::IMPLICIT_LITTLE), Err(Defect::Broken(tags::ROWS, 3)));
    }

    #[test]
    fn a_delimiter_where_a_length_says_the_end_is_refused() {
        let delimiter = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0];
        assert_eq!(checked(&delimiter), Err(Defect::NotAnItem(ITEM_DELIMITATION)));
        let item = |length: u8| {
            [&[8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, length + 8, 0, 0, 0, 0xFE, 0xFF, 0, 0xE0, length, 0, 0, 0][..], &delimiter]
                .concat()
        };
        assert_eq!(checked(&item(8)), Err(Defect::NotAnItem(ITEM_DELIMITATION)));
    }
}
