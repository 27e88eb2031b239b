//! Broken and malicious files: refused with a sentence, without a panic, an abort or memory they did not bring.

use super::ct_file::{CtFile, RLE, SEQUENCE_END, Spoilt, element, item};
use super::{bytes, contents, inputs, volume};
use plugin_core::progress::Progress;
use plugin_core::read::scan;

#[test]
fn a_file_cut_anywhere_never_gives_a_slice() {
    let whole = CtFile::slice(0.0).bytes();
    let cuts: Vec<Vec<u8>> = (0..whole.len()).map(|length| whole[..length].to_vec()).collect();
    let contents = contents(&bytes(cuts));
    assert!(contents.series.is_empty(), "{}", contents.series.len());
    assert!(contents.refused.iter().all(|refused| !refused.reason.is_empty()));
}

#[test]
fn noise_is_refused() {
    let mut state = 1u64;
    let mut noise = |length: usize| -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    };
    let files = (0..300).map(|number| {
        let mut file = if number % 3 == 0 { vec![0; 128] } else { CtFile::slice(0.0).bytes() };
        match number % 3 {
            0 => file.extend([&b"DICM"[..], &noise(1000)].concat()),
            // Noise over one stretch of a good file.
            _ => {
                let start = 132 + (number * 7) % (file.len() - 140);
                let stretch = noise(8);
                file[start..start + 8].copy_from_slice(&stretch);
            }
        }
        file
    });
    // Whatever is found, nothing may panic; a slice that still reads must also decode or fail in words.
    let inputs = bytes(files.collect());
    let contents = contents(&inputs);
    assert!(contents.series.len() + contents.refused.len() > 0);
    for series in &contents.series {
        for slice in &series.slices {
            let mut out = vec![0; series.size[0] * series.size[1]];
            let _ = plugin_core::read::decode_slice(&inputs, series, slice, &mut out);
        }
    }
}

/// Sequences of undefined length, one in another.
fn nested(depth: usize) -> Vec<u8> {
    let open = [element(0x0040_A730, "SQ", &[]), vec![0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]].concat();
    let mut open = open.repeat(depth);
    for level in 0..depth {
        open[level * 20 + 8..level * 20 + 12].fill(0xFF);
    }
    open
}

#[test]
fn a_hundred_thousand_nested_sequences_do_not_exhaust_the_stack() {
    for class in ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"] {
        let mut file = CtFile::slice(0.0);
        file.text(0x0008_0016, "UI", class);
        // After the pixels too, where only the full parser of segmentations would come.
        for pixels in [true, false] {
            let mut data = if pixels { file.bytes() } else { CtFile { elements: Default::default(), ..file.clone() }.bytes() };
            data.extend(nested(100_000));
            let found = scan(&bytes(vec![data]), Progress::silent()).expect("not cancelled");
            assert!(found.segmentations.is_empty());
        }
    }
}

#[test]
fn lengths_beyond_the_file_are_refused() {
    for (tag, vr) in [(0x0009_0010, "OB"), (0x0009_0010, "SQ"), (0x0009_0010, "UN")] {
        let mut data = CtFile { elements: Default::default(), ..CtFile::slice(0.0) }.bytes();
        let start = data.len();
        data.extend(element(tag, vr, &[1, 2, 3, 4]));
        data[start + 8..start + 12].copy_from_slice(&0xFFFF_FFF0u32.to_le_bytes());
        let refused = contents(&bytes(vec![data])).refused;
        assert!(refused[0].reason.contains("it ends in the middle of element (0009,0010)"), "{refused:?}");
    }
}

#[test]
fn sizes_that_the_pixels_do_not_have_are_refused_before_memory_is_taken() {
    let cases: [Spoilt; 3] = [
        (
            |file| {
                file.short(0x0028_0010, 65535).short(0x0028_0011, 65535);
            },
            "Rows (0028,0010) is 65535",
        ),
        (
            |file| {
                file.short(0x0028_0010, 4096).short(0x0028_0011, 4096);
            },
            "8 bytes long; accepted: 33554432 bytes",
        ),
        (
            |file| {
                file.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.2.1").text(0x0028_0008, "IS", "2147483647");
            },
            "Number of Frames (0028,0008) is 2147483647; accepted: 0, the number of items",
        ),
    ];
    for (spoil, expected) in cases {
        let mut files = CtFile::stack(1);
        spoil(&mut files[0]);
        let refused = contents(&inputs(&files)).refused;
        assert!(refused[0].reason.contains(expected), "{refused:?}");
    }
}

#[test]
fn uncompressed_pixels_without_a_length_are_refused() {
    let mut data = CtFile::slice(0.0).bytes();
    let length = data.len() - 12;
    data[length..length + 4].fill(0xFF);
    let refused = contents(&bytes(vec![data])).refused;
    assert!(refused[0].reason.contains("Pixel Data (7FE0,0010) is of undefined length"), "{refused:?}");
}

#[test]
fn short_run_lengths_are_an_error_and_never_zeros() {
    let good = [&[2, 0, 0, 0, 64, 0, 0, 0, 66, 0, 0, 0][..], &[0; 52], &[253, 1, 253, 2]].concat();
    let spoilt = [good[..66].to_vec(), good[..10].to_vec(), Vec::new(), {
        let mut far = good.clone();
        far[4..8].fill(0xFF);
        far
    }];
    let stack = |stream: &[u8]| {
        let mut files = CtFile::stack(3);
        for file in &mut files {
            file.transfer_syntax = RLE;
            file.elements.insert(0x7FE0_0010, ("OB", [item(&[]), item(stream), SEQUENCE_END.to_vec()].concat()));
        }
        volume(&inputs(&files))
    };
    assert_eq!(stack(&good).expect("a volume").stored[[2, 1, 1]], 0x0102);
    for stream in spoilt {
        let error = stack(&stream).expect_err("short").to_string();
        assert!(error.contains("Transfer Syntax UID (0002,0010) is 1.2.840.10008.1.2.5, RLE Lossless"), "{error}");
    }
}
