//! NRRD with attached data. Fields: "Definition of NRRD File Format", teem.sourceforge.net/nrrd/format.html.

use super::element::{Element, Encoding, Endian, Scaling};
use super::{Header, check_count, grid};
use crate::geometry::Lps;
use std::collections::BTreeMap;
use std::io::Read;

/// Values by name.
type Texts = BTreeMap<String, String>;

/// A header longer than this is none.
const LONGEST_HEADER: usize = 1 << 20;

/// Reads what stands before the voxels.
pub(super) fn header(source: &mut dyn Read) -> Result<Header, String> {
    let (fields, keys) = lines(source)?;
    let fields = Fields(fields);
    fields.check_layout()?;
    let sizes = fields.sizes()?;
    check_count(sizes)?;
    let [x, y, z] = fields.signs_to_lps()?;
    let to_lps = |[a, b, c]: Lps| [a * x, b * y, c * z];
    let axes = fields.vectors::<3>("space directions")?.map(to_lps);
    let [origin] = fields.vectors::<1>("space origin")?.map(to_lps);
    let encoding = Encoding { element: fields.element()?, endian: fields.endian()?, scaling: Scaling::NONE };
    Ok(Header { grid: grid(sizes, origin, axes)?, encoding, is_gzip: fields.is_gzip()?, keys })
}

/// The `field: value` lines and the `key:=value` lines up to the empty line, which is consumed.
fn lines(source: &mut dyn Read) -> Result<(Texts, Texts), String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\n\n") && !bytes.ends_with(b"\n\r\n") {
        let mut byte = [0];
        source.read_exact(&mut byte).map_err(|_| "its NRRD header has no end: an empty line before the data is expected")?;
        bytes.push(byte[0]);
        if bytes.len() > LONGEST_HEADER || (bytes.len() == 4 && bytes != b"NRRD") {
            return Err("it does not begin with an NRRD header".into());
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let (mut fields, mut keys) = (BTreeMap::new(), BTreeMap::new());
    for line in text.lines().skip(1).filter(|line| !line.starts_with('#')) {
        // A key may hold ": ", a field no ":=".
        if let Some((key, value)) = line.split_once(":=") {
            keys.insert(key.to_owned(), value.to_owned());
        } else if let Some((field, value)) = line.split_once(": ") {
            fields.insert(field.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    Ok((fields, keys))
}

struct Fields(Texts);

impl Fields {
    fn optional(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    fn get(&self, key: &str) -> Result<&str, String> {
        self.optional(key).ok_or_else(|| format!("its NRRD header has no field '{key}'"))
    }

    fn check_layout(&self) -> Result<(), String> {
        if self.optional("data file").or(self.optional("datafile")).is_some() {
            return Err("its data are in a separate file; an NRRD with attached data is accepted".into());
        }
        for key in ["line skip", "lineskip", "byte skip", "byteskip"] {
            if let Some(skip) = self.optional(key).filter(|skip| *skip != "0") {
                return Err(format!("its '{key}' is {skip}; 0 is accepted"));
            }
        }
        match self.get("dimension")? {
            "3" => Ok(()),
            other => Err(format!(
                "its dimension is {other}; 3 is accepted: one number for each voxel, and of segments a label map in which none overlap"
            )),
        }
    }

    fn is_gzip(&self) -> Result<bool, String> {
        match self.get("encoding")? {
            "raw" => Ok(false),
            "gzip" | "gz" => Ok(true),
            other => Err(format!("its encoding is {other}; raw and gzip are accepted")),
        }
    }

    fn sizes(&self) -> Result<[usize; 3], String> {
        let text = self.get("sizes")?;
        let sizes: Option<Vec<usize>> = text.split_whitespace().map(|size| size.parse().ok()).collect();
        sizes
            .and_then(|sizes| sizes.try_into().ok())
            .ok_or_else(|| format!("its sizes are '{text}'; three numbers are expected"))
    }

    /// What each axis of the file's space is multiplied by to give LPS.
    fn signs_to_lps(&self) -> Result<Lps, String> {
        match self.get("space")?.to_ascii_lowercase().as_str() {
            "left-posterior-superior" | "lps" => Ok([1.0, 1.0, 1.0]),
            "right-anterior-superior" | "ras" => Ok([-1.0, -1.0, 1.0]),
            "left-anterior-superior" | "las" => Ok([1.0, -1.0, 1.0]),
            other => Err(format!("its space is {other}; LPS, RAS and LAS are accepted")),
        }
    }

    /// `N` vectors written as `(a,b,c)`.
    fn vectors<const N: usize>(&self, key: &str) -> Result<[Lps; N], String> {
        let text = self.get(key)?;
        let vector = |part: &str| -> Option<Lps> {
            let numbers: Option<Vec<f64>> =
                part.trim().strip_prefix('(')?.split(',').map(|number| number.trim().parse().ok()).collect();
            numbers?.try_into().ok()
        };
        let parts = text.trim().strip_suffix(')').unwrap_or_default().split(')');
        let vectors: Option<Vec<Lps>> = parts.map(vector).collect();
        vectors
            .and_then(|vectors| vectors.try_into().ok())
            .ok_or_else(|| format!("its {key} are '{text}'; {N} vectors of three numbers are expected"))
    }

    fn element(&self) -> Result<Element, String> {
        match self.get("type")? {
            "uchar" | "unsigned char" | "uint8" | "uint8_t" => Ok(Element::U8),
            "signed char" | "int8" | "int8_t" => Ok(Element::I8),
            "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Ok(Element::U16),
            "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => Ok(Element::I16),
            "uint" | "unsigned int" | "uint32" | "uint32_t" => Ok(Element::U32),
            "int" | "signed int" | "int32" | "int32_t" => Ok(Element::I32),
            "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => Ok(Element::U64),
            "longlong" | "long long" | "long long int" | "signed long long" | "signed long long int" | "int64" | "int64_t" => {
                Ok(Element::I64)
            }
            "float" => Ok(Element::F32),
            "double" => Ok(Element::F64),
            other => Err(format!("its type is {other}; integers and floats of 8 to 64 bits are accepted")),
        }
    }

    fn endian(&self) -> Result<Endian, String> {
        match (self.optional("endian"), self.element()?) {
            (Some("little"), _) | (None, Element::U8 | Element::I8) => Ok(Endian::Little),
            (Some("big"), _) => Ok(Endian::Big),
            (found, _) => Err(format!("its endian is {}; little and big are accepted", found.unwrap_or("absent"))),
        }
    }
}
