//! Broken and malicious files: refused with a sentence, without a panic, an abort or memory they did not bring.

use super::ct_file::{CtFile, RLE, SEQUENCE_END, Spoilt, element, group, item};
use super::{bytes, contents, inputs, volume};
use flate2::{Compress, Compression, FlushCompress};
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

/// `file` with its data set deflated, followed by `chunks` times 64 KiB of zeros that deflate to nothing much.
fn deflated(file: &CtFile, tail: &[u8], chunks: usize) -> Vec<u8> {
    let whole = file.bytes();
    let start = 132 + element(0x0002_0010, "UI", b"1.2.840.10008.1.2.1\0").len();
    let mut deflating = Compress::new(Compression::best(), false);
    let mut flushed = |bytes: &[u8]| {
        let mut out = Vec::with_capacity(bytes.len() + 1024);
        deflating.compress_vec(bytes, &mut out, FlushCompress::Full).expect("deflates");
        out
    };
    let content = flushed(&[&whole[start..], tail].concat());
    // After a full flush the bytes do not depend on what went before: one chunk is as good as any other.
    let zeros = flushed(&[0; 1 << 16]).repeat(chunks);
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    bytes.extend(element(0x0002_0010, "UI", b"1.2.840.10008.1.2.1.99"));
    let end = vec![3, 0];
    [bytes, content, zeros, end].concat()
}

/// An element of which only the heading is there; its value comes in zeros.
fn heading(tag: u32, length: u32) -> Vec<u8> {
    let mut bytes = element(tag, "OB", &[]);
    bytes[8..12].copy_from_slice(&length.to_le_bytes());
    bytes
}

#[test]
fn a_deflated_slice_is_inflated_no_further_than_its_pixels() {
    // Two gigabytes of trailing padding, in two megabytes.
    let bombs = CtFile::stack(3).iter().map(|file| deflated(file, &heading(0xFFFC_FFFC, u32::MAX - 1), 1 << 15)).collect();
    assert_eq!(volume(&bytes(bombs)).expect("a volume").hu([2, 1, 1]), 7.0 - 1024.0);
}

#[test]
fn a_deflated_header_without_end_is_refused() {
    let mut file = CtFile::slice(0.0);
    file.elements.remove(&0x7FE0_0010);
    let bomb = deflated(&file, &heading(0x7001_0010, u32::MAX - 1), 1 << 12);
    let refused = contents(&bytes(vec![bomb])).refused;
    assert!(refused[0].reason.contains("it ends in the middle of element (7001,0010)"), "{refused:?}");
}

#[test]
fn a_deflated_slice_without_all_its_pixels_is_refused() {
    let mut file = CtFile::slice(0.0);
    file.elements.remove(&0x7FE0_0010);
    let short = [heading(0x7FE0_0010, 8), vec![7; 6]].concat();
    let refused = contents(&bytes(vec![deflated(&file, &short, 0)])).refused;
    assert!(refused[0].reason.contains("Pixel Data (7FE0,0010) is 6 bytes long; accepted: 8 bytes"), "{refused:?}");
}

#[test]
fn more_deflated_pixels_than_are_inflated_are_refused() {
    let measures = group(0x0028_9110, &element(0x0028_0030, "DS", b"1\\1 "));
    let mut file = CtFile::enhanced(&vec![measures; 9], &[]);
    file.short(0x0028_0010, 4096).short(0x0028_0011, 4096);
    file.elements.remove(&0x7FE0_0010);
    let bomb = deflated(&file, &heading(0x7FE0_0010, 9 << 25), 1 << 13);
    let refused = contents(&bytes(vec![bomb])).refused;
    assert!(refused[0].reason.contains("its deflated data set is larger than 256 MiB"), "{refused:?}");
}

#[test]
fn more_elements_than_any_object_has_are_refused() {
    let data = [CtFile::slice(0.0).bytes()[..132].to_vec(), element(0x0002_0010, "UI", b"1.2.840.10008.1.2.1\0")].concat();
    let empty = element(0x0009_0010, "LO", &[]).repeat(8193);
    let refused = contents(&bytes(vec![[data, empty].concat()])).refused;
    assert!(refused[0].reason.contains("more than 8192 elements"), "{refused:?}");
}

/// Each would take some hundred bytes in the full parser: a gigabyte and more, deflated to some kilobytes.
#[test]
fn millions_of_empty_items_in_a_segmentation_are_refused() {
    let mut file = CtFile::slice(0.0);
    file.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.66.4");
    file.elements.insert(0x5200_9230, ("SQ", item(&[]).repeat((1 << 22) + 1)));
    let contents = contents(&inputs(&[file]));
    assert!(
        contents.unusable_segmentations[0].reason.contains("more than 4194304 elements or items"),
        "{:?}",
        contents.refused
    );
}

/// Once for every frame would be two billion items.
#[test]
fn what_frames_share_is_read_once() {
    let seconds = |items: usize| {
        let measures = [item(&element(0x0028_0030, "DS", b"1\\1 ")), item(&[]).repeat(items)].concat();
        let file = CtFile::enhanced(&vec![Vec::new(); 40_000], &element(0x0028_9110, "SQ", &measures));
        let inputs = inputs(&[file]);
        let began = std::time::Instant::now();
        assert_eq!(contents(&inputs).series[0].slices.len(), 40_000);
        began.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(1), seconds(50_000));
    assert!(many < 10.0 * few, "{many} s in place of {few} s");
}

/// Headers are read in parts: one that ends where an element does is not the whole header.
#[test]
fn a_header_of_just_the_first_part_is_read_on() {
    let pixels_at =
        |file: &CtFile| file.bytes().windows(4).rposition(|bytes| bytes == [0xE0, 0x7F, 0x10, 0x00]).expect("pixels");
    let folder = tempfile::tempdir().expect("a folder");
    for (number, file) in CtFile::stack(3).iter_mut().enumerate() {
        file.elements.insert(0x0029_0010, ("OB", Vec::new()));
        let missing = (32 << 10) - pixels_at(file);
        file.elements.insert(0x0029_0010, ("OB", vec![0; missing]));
        assert_eq!(pixels_at(file), 32 << 10);
        std::fs::write(folder.path().join(number.to_string()), file.bytes()).expect("written");
    }
    let inputs = plugin_core::read::Inputs::from_folder(folder.path()).expect("a folder");
    assert_eq!(volume(&inputs).expect("a volume").grid.shape, [3, 2, 2]);
}
