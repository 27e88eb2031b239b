//! Made-up CT objects, encoded by hand so that any element may be wrong.

use std::collections::BTreeMap;

pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const RLE: &str = "1.2.840.10008.1.2.5";

/// How a good file is spoilt, and what the refusal must say.
pub type Spoilt = (fn(&mut CtFile), &'static str);

/// One object: elements by tag with VR and value.
#[derive(Clone)]
pub struct CtFile {
    pub transfer_syntax: &'static str,
    pub elements: BTreeMap<u32, (&'static str, Vec<u8>)>,
}

impl CtFile {
    /// A slice of 2 x 2 pixels, 16 bits signed, all 7, at height `z`.
    pub fn slice(z: f64) -> CtFile {
        let mut file = CtFile { transfer_syntax: EXPLICIT, elements: BTreeMap::new() };
        let uid = format!("1.2.3.{}", (z * 1000.0) as i64 + 1_000_000);
        for (tag, vr, value) in [
            (0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\AXIAL"),
            (0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2"),
            (0x0008_0018, "UI", &uid),
            (0x0008_0060, "CS", "CT"),
            (0x0010_0020, "LO", "P1"),
            (0x0020_000D, "UI", "1.2.3"),
            (0x0020_000E, "UI", "1.2.3.4"),
            (0x0020_0032, "DS", &format!("-10\\-20\\{z}")),
            (0x0020_0037, "DS", "1\\0\\0\\0\\1\\0"),
            (0x0020_0052, "UI", "1.2.3.5"),
            (0x0028_0004, "CS", "MONOCHROME2"),
            (0x0028_0030, "DS", "0.5\\0.75"),
            (0x0028_1052, "DS", "-1024"),
            (0x0028_1053, "DS", "1"),
        ] {
            file.text(tag, vr, value);
        }
        for (tag, value) in [(0x0028_0002, 1), (0x0028_0010, 2), (0x0028_0011, 2)] {
            file.short(tag, value);
        }
        file.pixels(16, 16, 1, &[7, 7, 7, 7]);
        file
    }

    /// An enhanced object with a frame of 2 x 2 pixels, all 7, per item of `own`, at heights 0, 1 ...; `own` and `shared` are
    /// functional groups beside those that every frame needs.
    pub fn enhanced(own: &[Vec<u8>], shared: &[u8]) -> CtFile {
        let groups = [
            group(0x0018_9329, &element(0x0008_9007, "CS", b"ORIGINAL\\PRIMARY\\AXIAL\\NONE ")),
            group(0x0020_9116, &element(0x0020_0037, "DS", b"1\\0\\0\\0\\1\\0 ")),
            group(0x0028_9145, &[element(0x0028_1052, "DS", b"-1024 "), element(0x0028_1053, "DS", b"1 ")].concat()),
            shared.to_vec(),
        ];
        let frame = |(z, own): (usize, &Vec<u8>)| {
            let position = group(0x0020_9113, &element(0x0020_0032, "DS", format!("0\\0\\{z} ").as_bytes()));
            item(&[position, own.clone()].concat())
        };
        let mut file = CtFile::slice(0.0);
        file.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2.1").text(0x0028_0008, "IS", &own.len().to_string());
        file.elements.insert(0x5200_9229, ("SQ", item(&groups.concat())));
        file.elements.insert(0x5200_9230, ("SQ", own.iter().enumerate().flat_map(frame).collect()));
        file.pixels(16, 16, 1, &vec![7; 4 * own.len()]);
        file
    }

    pub fn stack(count: usize) -> Vec<CtFile> {
        (0..count).map(|number| CtFile::slice(number as f64)).collect()
    }

    pub fn text(&mut self, tag: u32, vr: &'static str, value: &str) -> &mut CtFile {
        let mut value = value.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(2), if vr == "UI" { 0 } else { b' ' });
        self.elements.insert(tag, (vr, value));
        self
    }

    pub fn short(&mut self, tag: u32, value: u16) -> &mut CtFile {
        self.elements.insert(tag, ("US", value.to_le_bytes().to_vec()));
        self
    }

    pub fn pixels(&mut self, allocated: u16, stored: u16, signed: u16, values: &[u16]) -> &mut CtFile {
        self.short(0x0028_0100, allocated).short(0x0028_0101, stored).short(0x0028_0102, stored - 1).short(0x0028_0103, signed);
        self.elements.insert(0x7FE0_0010, ("OW", values.iter().flat_map(|value| value.to_le_bytes()).collect()));
        self
    }

    /// The file; pixel data of compressed transfer syntaxes gets undefined length.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes.extend(b"DICM");
        let mut syntax = self.transfer_syntax.as_bytes().to_vec();
        syntax.resize(syntax.len().next_multiple_of(2), 0);
        bytes.extend(element(0x0002_0010, "UI", &syntax));
        for (&tag, (vr, value)) in &self.elements {
            let start = bytes.len();
            bytes.extend(element(tag, vr, value));
            if tag == 0x7FE0_0010 && self.transfer_syntax != EXPLICIT {
                bytes[start + 8..start + 12].fill(0xFF);
            }
        }
        bytes
    }
}

/// One element in explicit VR little endian.
pub fn element(tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    let mut bytes = [((tag >> 16) as u16).to_le_bytes(), (tag as u16).to_le_bytes()].concat();
    bytes.extend(vr.as_bytes());
    if ["OB", "OW", "SQ", "UN", "UT"].contains(&vr) {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

/// A sequence of one item, as functional groups are.
pub fn group(tag: u32, inner: &[u8]) -> Vec<u8> {
    element(tag, "SQ", &item(inner))
}

/// One item, of a sequence or of encapsulated pixel data.
pub fn item(content: &[u8]) -> Vec<u8> {
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(content.len() as u32).to_le_bytes(), content].concat()
}

/// The delimiter of a sequence of undefined length.
pub const SEQUENCE_END: [u8; 8] = [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
