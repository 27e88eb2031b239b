//! What plugin and worker say to each other over the worker's standard input and output.
//!
//! A frame is the header's length and the payload's length (4 bytes each, little-endian), a JSON header, and the payload.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// No header is longer.
pub const MAXIMUM_HEADER: u32 = 1 << 20;
/// No payload is longer: half of what Orthanc takes in one call.
pub const MAXIMUM_PAYLOAD: u32 = 1 << 31;

/// Plugin to worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// Judge which series to measure; one instance of each follows.
    Choose {
        /// The core's settings.
        settings: Value,
        /// How many instances each series has, by Series Instance UID.
        instances_in_series: BTreeMap<String, usize>,
    },
    /// Measure; all instances follow.
    Measure {
        /// The core's settings.
        settings: Value,
    },
    /// Label as a measurement would, and measure nothing; all instances follow.
    Segment {
        /// The core's settings.
        settings: Value,
    },
    /// List models and the library that runs them; no instance follows.
    Models {
        /// The core's settings.
        settings: Value,
    },
    /// Judge settings; no instance follows.
    Check {
        /// The core's settings.
        settings: Value,
    },
    /// A DICOM file, in the payload.
    Instance {
        /// What errors call it.
        name: String,
    },
    /// All instances have been sent.
    End {},
}

/// What a measurement would use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choice {
    /// Series Instance UID of the CT; none of a radiograph.
    pub ct_series: Option<String>,
    /// Series Instance UID of the radiograph; none of a CT.
    pub film_series: Option<String>,
    /// Series Instance UID of the SEG that gives the labels.
    pub seg_series: Option<String>,
    /// The model that gives the labels.
    pub model: Option<String>,
    /// CT series that could be measured as well, as the report names them.
    pub other_ct_series: Vec<String>,
}

/// Who serves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Greeting {
    /// Version of the worker.
    pub worker: String,
    /// Version of the core.
    pub core: String,
    /// What this machine has no means to take from the worker, in sentences; see [`crate::confinement`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unconfined: Vec<String>,
}

/// Worker to plugin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum News {
    /// The first frame: the worker is ready.
    Hello(Greeting),
    /// How far the measurement is.
    Progress {
        /// One word.
        stage: String,
        /// From 0 to 1.
        fraction: f32,
    },
    /// The answer to [`Order::Choose`], the last frame.
    Choice(Choice),
    /// The answer to [`Order::Models`] as JSON, in the payload; the last frame.
    Models {},
    /// The report as JSON, in the payload; of labels, what they hold.
    Report {},
    /// A result, in the payload.
    File {
        /// File name.
        name: String,
        /// MIME type.
        media_type: String,
    },
    /// The measurement is complete, the labels are, or the settings can be used; the last frame.
    Done {},
    /// It failed, the last frame.
    Error {
        /// What kind of failure.
        status: Status,
        /// A sentence for the user.
        message: String,
    },
}

/// Kinds of failure, the core's and the worker's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The settings cannot be used.
    Settings,
    /// The images cannot be used.
    Input,
    /// The labels cannot be used.
    Labels,
    /// The results cannot be built or stored.
    Write,
    /// Somebody stopped it.
    Cancelled,
    /// The worker cannot be started, or the core, a model or the library that runs models cannot be loaded.
    Unavailable,
    /// Anything else: a fault, a crash, a limit of time or memory.
    Internal,
}

/// Writes one frame.
pub fn write_frame(output: &mut impl Write, header: &impl Serialize, payload: &[u8]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    let too_long = || io::Error::new(io::ErrorKind::InvalidInput, "the frame is too long");
    let header_length = u32::try_from(header.len()).ok().filter(|&n| n <= MAXIMUM_HEADER).ok_or_else(too_long)?;
    let payload_length = u32::try_from(payload.len()).ok().filter(|&n| n <= MAXIMUM_PAYLOAD).ok_or_else(too_long)?;
    let mut start = Vec::with_capacity(8 + header.len());
    start.extend(header_length.to_le_bytes());
    start.extend(payload_length.to_le_bytes());
    start.extend(header);
    output.write_all(&start)?;
    output.write_all(payload)?;
    output.flush()
}

/// Reads one frame; `None` at the end of the stream. Memory grows with the bytes that arrive, not with those announced.
pub fn read_frame<H: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<(H, Vec<u8>)>> {
    let mut lengths = [0u8; 8];
    match input.read(&mut lengths[..1])? {
        0 => return Ok(None),
        _ => input.read_exact(&mut lengths[1..])?,
    }
    let [a, b, c, d, e, f, g, h] = lengths;
    let header = read_bounded(input, u32::from_le_bytes([a, b, c, d]), MAXIMUM_HEADER)?;
    let payload = read_bounded(input, u32::from_le_bytes([e, f, g, h]), MAXIMUM_PAYLOAD)?;
    let header = serde_json::from_slice(&header)?;
    Ok(Some((header, payload)))
}

fn read_bounded(input: &mut impl Read, length: u32, maximum: u32) -> io::Result<Vec<u8>> {
    if length > maximum {
        let message = format!("a frame part of {length} bytes; at most {maximum} are accepted");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut bytes = Vec::new();
    input.by_ref().take(u64::from(length)).read_to_end(&mut bytes)?;
    match bytes.len() == length as usize {
        true => Ok(bytes),
        false => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(bytes: &[u8]) -> io::Result<Option<(News, Vec<u8>)>> {
        read_frame(&mut &bytes[..])
    }

    fn frame(header: &[u8], payload_length: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = (header.len() as u32).to_le_bytes().to_vec();
        bytes.extend(payload_length.to_le_bytes());
        bytes.extend(header);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn the_bytes_are_those_documented() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &Order::Instance { name: "a".into() }, b"DICM").unwrap();
        assert_eq!(bytes, frame(br#"{"kind":"instance","name":"a"}"#, 4, b"DICM"));
    }

    #[test]
    fn frames_follow_each_other_until_the_end() {
        let mut bytes = Vec::new();
        let order = Order::Measure { settings: json!({"measurements": ["muscle"]}) };
        write_frame(&mut bytes, &order, b"").unwrap();
        write_frame(&mut bytes, &Order::End {}, &[7; 100_000]).unwrap();
        let mut input = &bytes[..];
        assert_eq!(read_frame(&mut input).unwrap(), Some((order, vec![])));
        assert_eq!(read_frame(&mut input).unwrap(), Some((Order::End {}, vec![7; 100_000])));
        assert_eq!(read_frame::<Order>(&mut input).unwrap(), None);
    }

    #[test]
    fn hostile_frames_are_errors() {
        let done = br#"{"kind":"done"}"#;
        let cases: [(&str, Vec<u8>); 9] = [
            ("cut in the lengths", vec![1, 0, 0]),
            ("cut in the header", frame(done, 0, b"")[..12].to_vec()),
            ("cut in the payload", frame(done, 9, b"1234")),
            ("2 GiB announced, nothing sent", frame(done, MAXIMUM_PAYLOAD, b"")),
            ("payload over the limit", frame(done, MAXIMUM_PAYLOAD + 1, b"")),
            ("header over the limit", [0xff; 64].to_vec()),
            ("not JSON", frame(b"\xff\xfe{", 0, b"")),
            ("unknown kind", frame(br#"{"kind":"reboot"}"#, 0, b"")),
            ("unknown field", frame(br#"{"kind":"done","x":1}"#, 0, b"")),
        ];
        for (what, bytes) in cases {
            assert!(read(&bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn deeply_nested_json_is_an_error_not_a_stack_overflow() {
        assert!(read(&frame(&[b'['; 500_000], 0, b"")).is_err());
    }

    #[test]
    fn a_header_over_the_limit_is_not_written() {
        let order = Order::Instance { name: "x".repeat(MAXIMUM_HEADER as usize) };
        assert!(write_frame(&mut Vec::new(), &order, b"").is_err());
    }
}
