//! Series whose answers are known because they were written for it.

use super::ct_file::{CtFile, RLE, SEQUENCE_END, Spoilt, element, group, item};
use super::{contents, inputs, refusal, volume};
use plugin_core::progress::{Progress, Stage};
use plugin_core::read::{ReadError, scan};
use plugin_core::volume::{AssembleError, assemble};
use std::sync::atomic::{AtomicUsize, Ordering};

/// HU of the first slice of a stack whose slices all hold `values`.
fn hu(bits_stored: u16, signed: u16, values: &[u16; 4]) -> Vec<f32> {
    let mut files = CtFile::stack(3);
    files.iter_mut().for_each(|file| {
        file.pixels(16, bits_stored, signed, values);
    });
    let volume = volume(&inputs(&files)).expect("a volume");
    volume.stored.iter().take(4).map(|&stored| volume.to_hu(stored)).collect()
}

#[test]
fn unsigned_values_of_all_16_bits_are_exact() {
    assert_eq!(hu(16, 0, &[0, 32767, 32768, 65535]), [-1024.0, 31743.0, 31744.0, 64511.0]);
}

#[test]
fn bits_above_bits_stored_are_dropped() {
    assert_eq!(hu(12, 0, &[0xF123, 0x0FFF, 0x8000, 1]), [-733.0, 3071.0, -1024.0, -1023.0]);
    assert_eq!(hu(12, 1, &[0x7FFF, 0x0800, 0xF7FF, 1]), [-1025.0, -3072.0, 1023.0, -1023.0]);
}

#[test]
fn slices_come_in_order_and_where_they_lie() {
    let mut files = CtFile::stack(5);
    for (number, file) in files.iter_mut().enumerate() {
        file.pixels(16, 16, 1, &[1024 + number as u16; 4]);
    }
    files.swap(0, 3);
    files.swap(1, 4);
    let volume = volume(&inputs(&files)).expect("a volume");
    assert_eq!(volume.grid.shape, [5, 2, 2]);
    assert_eq!(volume.grid.origin, [-10.0, -20.0, 0.0]);
    assert_eq!(volume.grid.steps, [[0.0, 0.0, 1.0], [0.0, 0.5, 0.0], [0.75, 0.0, 0.0]]);
    let heights: Vec<f32> = (0..5).map(|slice| volume.hu([slice, 1, 1])).collect();
    assert_eq!(heights, [0.0, 1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn slices_of_different_scales_get_the_finest() {
    let mut files = CtFile::stack(3);
    files[1].text(0x0028_1053, "DS", "0.5").text(0x0028_1052, "DS", "-1000");
    let volume = volume(&inputs(&files)).expect("a volume");
    assert_eq!((volume.slope, volume.intercept), (0.5, -1000.0));
    assert_eq!([0, 1, 2].map(|slice| volume.hu([slice, 0, 0])), [-1017.0, -996.5, -1017.0]);
}

#[test]
fn a_missing_slice_is_named_with_its_gap() {
    let mut files = CtFile::stack(6);
    files.remove(3);
    let error = volume(&inputs(&files)).expect_err("a gap").to_string();
    assert!(error.contains("2.000 mm instead of 1.000 mm between slices 3 and 4 of 5"), "{error}");
    assert!(error.contains("1.2.3.1004000"), "{error}");
}

#[test]
fn a_gap_may_deviate_by_one_percent_and_no_more() {
    let at = |heights: [f64; 5]| volume(&inputs(&heights.map(CtFile::slice))).is_ok();
    assert!(at([0.0, 2.0, 4.019, 6.019, 8.019]));
    assert!(!at([0.0, 2.0, 4.021, 6.021, 8.021]));
}

#[test]
fn positions_rounded_to_hundredths_are_even() {
    let stack = |gap: f64, digits: f64| -> Vec<CtFile> {
        (0..60).map(|number| CtFile::slice((f64::from(number) * gap * digits).round() / digits)).collect()
    };
    assert_eq!(volume(&inputs(&stack(0.625, 100.0))).expect("a volume").grid.shape[0], 60);
    let error = volume(&inputs(&stack(0.625, 10.0))).expect_err("tenths are no rounding").to_string();
    assert!(error.contains("0.700 mm instead of 0.600 mm"), "{error}");
}

#[test]
fn small_deviations_must_not_add_up() {
    let height = |number: usize| number as f64 + 0.009 * number.min(30) as f64;
    let files: Vec<CtFile> = (0..60).map(|number| CtFile::slice(height(number))).collect();
    let error = volume(&inputs(&files)).expect_err("no grid").to_string();
    assert!(error.contains("deviations that add up to"), "{error}");
}

#[test]
fn a_slice_shifted_sideways_is_refused() {
    let mut files = CtFile::stack(5);
    files[2].text(0x0020_0032, "DS", "-9.9\\-20\\2");
    let error = volume(&inputs(&files)).expect_err("no stack").to_string();
    assert!(error.contains("a sideways shift that differs by 0.100 mm"), "{error}");
}

#[test]
fn two_slices_are_too_few() {
    let error = volume(&inputs(&CtFile::stack(2)));
    assert!(matches!(error, Err(AssembleError::TooFewSlices { found: 2, least: 3 })));
}

#[test]
fn the_same_instance_twice_is_used_once() {
    let mut files = CtFile::stack(3);
    files.push(files[1].clone());
    let inputs = inputs(&files);
    assert_eq!(volume(&inputs).expect("a volume").grid.shape[0], 3);
    let refused = contents(&inputs).refused;
    assert_eq!(refused.len(), 1);
    assert!(refused[0].reason.contains("SOP Instance UID (0008,0018) is the same as that of 1"), "{refused:?}");
}

#[test]
fn two_slices_at_one_place_void_the_series() {
    let mut files = CtFile::stack(4);
    files[3].text(0x0020_0032, "DS", "-10\\-20\\1");
    let refused = refusal(&inputs(&files));
    assert!(refused.contains("1 of its 4 slices lie where another one lies"), "{refused}");
}

#[test]
fn a_defective_slice_voids_its_series_and_no_other() {
    let cases: [Spoilt; 14] = [
        (
            |file| {
                file.text(0x0008_0018, "UI", "");
            },
            "SOP Instance UID (0008,0018) is empty or absent",
        ),
        (
            |file| {
                file.elements.remove(&0x0020_0032);
            },
            "Image Position (Patient) (0020,0032) is absent",
        ),
        (
            |file| {
                file.text(0x0020_0037, "DS", "1\\0\\0\\1\\0\\0");
            },
            "Image Orientation (Patient) (0020,0037) is 1\\0\\0\\1\\0\\0",
        ),
        (
            |file| {
                file.text(0x0028_0030, "DS", "0\\1");
            },
            "Pixel Spacing (0028,0030) is 0\\1",
        ),
        (
            |file| {
                file.text(0x0028_1053, "DS", "0");
            },
            "Rescale Slope (0028,1053) is 0",
        ),
        (
            |file| {
                file.text(0x0028_1053, "DS", "1e-50");
            },
            "Rescale Slope (0028,1053) is 1e-50; accepted: a number from 0.001 to 1000",
        ),
        (
            |file| {
                file.text(0x0020_0032, "DS", "0\\0\\1e300");
            },
            "Image Position (Patient) (0020,0032) is 0\\0\\1e300",
        ),
        (
            |file| {
                file.text(0x0028_1052, "DS", "-inf");
            },
            "Rescale Intercept (0028,1052) is -inf",
        ),
        (
            |file| {
                file.text(0x0028_1053, "DS", "NaN");
            },
            "Rescale Slope (0028,1053) is NaN",
        ),
        (
            |file| {
                file.short(0x0028_0010, 0);
            },
            "Rows (0028,0010) is 0",
        ),
        (
            |file| {
                file.short(0x0028_0010, 3);
            },
            "Pixel Data (7FE0,0010) is 8 bytes long; accepted: 12 bytes",
        ),
        (
            |file| {
                file.short(0x0028_0100, 32);
            },
            "Bits Allocated (0028,0100) is 32",
        ),
        (
            |file| {
                file.short(0x0028_0103, 2);
            },
            "Pixel Representation (0028,0103) is 2",
        ),
        (
            |file| {
                file.text(0x0028_1054, "LO", "Z_EFF");
            },
            "Rescale Type (0028,1054) is Z_EFF",
        ),
    ];
    for (spoil, expected) in cases {
        let mut files = CtFile::stack(4);
        spoil(&mut files[2]);
        let mut others = CtFile::stack(3);
        for (number, other) in others.iter_mut().enumerate() {
            other.text(0x0020_000E, "UI", "1.2.3.9").text(0x0008_0018, "UI", &format!("1.9.{number}"));
        }
        let contents = contents(&inputs(&[files, others].concat()));
        assert_eq!(contents.series.len(), 1, "{expected}");
        assert_eq!(contents.series[0].series_instance_uid, "1.2.3.9");
        let refused = &contents.refused[0].reason;
        assert!(refused.contains(expected) && refused.starts_with("one of its slices cannot be used, 2: "), "{refused}");
    }
}

#[test]
fn what_is_no_slice_is_left_out_in_one_sentence() {
    let cases: [Spoilt; 4] = [
        (
            |file| {
                file.text(0x0008_0060, "CS", "MR");
            },
            "Modality (0008,0060) is MR; accepted: CT",
        ),
        (
            |file| {
                file.text(0x0008_0008, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER");
            },
            "Image Type (0008,0008) is ORIGINAL\\PRIMARY\\LOCALIZER",
        ),
        (
            |file| {
                file.text(0x0008_0008, "CS", "DERIVED\\PRIMARY\\AXIAL\\MIP");
            },
            "Image Type (0008,0008) is DERIVED\\PRIMARY\\AXIAL\\MIP",
        ),
        (
            |file| {
                file.text(0x0008_0016, "UI", "1.2.840.10008.5.1.4.1.1.7");
            },
            "SOP Class UID (0008,0016) is 1.2.840.10008.5.1.4.1.1.7",
        ),
    ];
    for (change, expected) in cases {
        let mut files = CtFile::stack(5);
        files[3..].iter_mut().for_each(change);
        let inputs = inputs(&files);
        assert_eq!(volume(&inputs).expect("the rest is a volume").grid.shape[0], 3);
        let refused = contents(&inputs).refused;
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0].name, "3 and 1 more of the same series");
        assert!(refused[0].reason.contains(expected), "{refused:?}");
    }
}

#[test]
fn two_stacks_in_one_series_are_refused() {
    let cases: [(u32, &'static str, &str, &str); 4] = [
        (0x0020_0037, "DS", "0\\1\\0\\0\\0\\-1", "Image Orientation (Patient) (0020,0037)"),
        (0x0010_0020, "LO", "P2", "Patient ID (0010,0020)"),
        (0x0020_0052, "UI", "1.2.3.6", "Frame of Reference UID (0020,0052)"),
        (0x0008_0008, "CS", "DERIVED\\PRIMARY\\AXIAL", "Image Type (0008,0008)"),
    ];
    for (tag, vr, value, expected) in cases {
        let mut files = CtFile::stack(6);
        files[3..].iter_mut().for_each(|file| {
            file.text(tag, vr, value);
        });
        let refused = refusal(&inputs(&files));
        assert!(refused.contains("its slices differ in") && refused.contains(expected), "{refused}");
    }
}

#[test]
fn frames_of_several_fragments_are_found_by_the_offset_table() {
    // 2 x 2 pixels of 16 bits in RLE: two segments, high then low bytes, each a run of four; the stream is cut in two fragments.
    let frame = |high: u8, low: u8| {
        let mut stream = vec![0; 64];
        for (at, word) in [(0, 2u32), (4, 64), (8, 66)] {
            stream[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        stream.extend([253, high, 253, low]);
        [item(&stream[..40]), item(&stream[40..])].concat()
    };
    let frames = [frame(0, 7), frame(1, 8), frame(2, 9)];
    let offsets: Vec<u8> =
        [0, frames[0].len(), 2 * frames[0].len()].iter().flat_map(|&offset| (offset as u32).to_le_bytes()).collect();
    let measures = group(0x0028_9110, &element(0x0028_0030, "DS", b"1\\1 "));
    let mut file = CtFile::enhanced(&vec![measures; 3], &[]);
    file.elements.insert(0x7FE0_0010, ("OB", [item(&offsets), frames.concat(), SEQUENCE_END.to_vec()].concat()));
    file.transfer_syntax = RLE;
    let volume = volume(&inputs(&[file])).expect("a volume");
    assert_eq!([0, 1, 2].map(|slice| volume.hu([slice, 1, 0])), [7.0 - 1024.0, 264.0 - 1024.0, 521.0 - 1024.0]);
}

#[test]
fn the_host_hears_of_every_slice_and_can_stop() {
    let inputs = inputs(&CtFile::stack(8));
    let heard = AtomicUsize::new(0);
    let listen = |stage: Stage, fraction: f32| {
        assert!(stage == Stage::Read && (0.0..=1.0).contains(&fraction));
        heard.fetch_add(1, Ordering::Relaxed);
        true
    };
    let found = scan(&inputs, Progress::new(&listen)).expect("not cancelled");
    assert_eq!(heard.load(Ordering::Relaxed), 8);
    let stop = |_: Stage, _: f32| false;
    let stopped = Progress::new(&stop);
    assert!(matches!(scan(&inputs, stopped), Err(ReadError::Cancelled(_))));
    assert!(matches!(assemble(&found.series[0], &inputs, stopped), Err(AssembleError::Cancelled(_))));
}
