//! Series that hold more than one thing: refused where the values would be measured as one, accepted where they are one.

use super::ct_file::{CtFile, element, group};
use super::{contents, inputs, refusal, volume};

const KVP: u32 = 0x0018_0060;
const KERNEL: u32 = 0x0018_1210;
const AGENT: u32 = 0x0018_0010;
const THICKNESS: u32 = 0x0018_0050;

/// A stack whose slices all have `first` and every second one `second`; nothing where a text is empty.
fn alternating(tag: u32, vr: &'static str, first: &str, second: &str) -> Vec<CtFile> {
    let mut files = CtFile::stack(6);
    for (number, file) in files.iter_mut().enumerate() {
        let value = if number % 2 == 0 { first } else { second };
        if !value.is_empty() {
            file.text(tag, vr, value);
        }
    }
    files
}

#[test]
fn two_scans_in_one_series_are_refused_with_both_values() {
    for (tag, vr, first, second, expected) in [
        (KVP, "DS", "120", "80", "KVP (0018,0060): 120 and 80"),
        (KERNEL, "SH", "Br38f", "Br69", "Convolution Kernel (0018,1210): Br38f and Br69"),
        (AGENT, "LO", "IOMERON 350", "", "Contrast/Bolus Agent (0018,0010): IOMERON 350 and absent"),
        (AGENT, "LO", "", "IOMERON 350", "Contrast/Bolus Agent (0018,0010): absent and IOMERON 350"),
        (AGENT, "LO", "NONE", "IOMERON 350", "Contrast/Bolus Agent (0018,0010): NONE and IOMERON 350"),
    ] {
        let refused = refusal(&inputs(&alternating(tag, vr, first, second)));
        assert!(refused.contains(&format!("its slices differ in {expected}; accepted: one stack")), "{refused}");
    }
}

#[test]
fn a_voltage_that_the_first_slice_does_not_state_is_compared_too() {
    let mut files = CtFile::stack(4);
    files[1].text(KVP, "DS", "100");
    files[3].text(KVP, "DS", "140");
    let refused = refusal(&inputs(&files));
    assert!(refused.contains("KVP (0018,0060): 100 and 140"), "{refused}");
}

#[test]
fn what_may_change_within_one_scan_is_accepted() {
    for (tag, vr, first, second) in [
        (KVP, "DS", "120", "120.0"),
        (KVP, "DS", "120", ""),
        (KERNEL, "SH", "", "STANDARD"),
        (AGENT, "LO", "IOMERON 350", "IOMERON"),
        (AGENT, "LO", "NONE", ""),
        (0x0020_0012, "IS", "1", "2"),
        (0x0018_1151, "IS", "240", "310"),
    ] {
        let files = alternating(tag, vr, first, second);
        assert_eq!(volume(&inputs(&files)).expect("one scan").grid.shape[0], 6, "{first} and {second}");
    }
}

#[test]
fn the_thickness_is_that_of_the_thickest_slice() {
    let mut files = CtFile::stack(4);
    for (file, thickness) in files.iter_mut().zip(["2", "10", "3"]) {
        file.text(THICKNESS, "DS", thickness);
    }
    let found = contents(&inputs(&files));
    assert_eq!(found.series[0].acquisition.slice_thickness.expect("stated").0, 10.0);
}

/// Pixel Measures with a thickness.
fn measures(thickness: &str) -> Vec<u8> {
    let thickness = element(THICKNESS, "DS", thickness.as_bytes());
    group(0x0028_9110, &[thickness, element(0x0028_0030, "DS", b"1\\1 ")].concat())
}

#[test]
fn the_thickness_of_an_enhanced_object_is_that_of_its_thickest_frame() {
    let own = CtFile::enhanced(&["2 ", "10", "3 "].map(measures), &[]);
    let shared = CtFile::enhanced(&vec![Vec::new(); 3], &measures("10"));
    for file in [own, shared] {
        let found = contents(&inputs(&[file]));
        assert_eq!(found.series[0].slices.len(), 3);
        assert_eq!(found.series[0].acquisition.slice_thickness.expect("stated").0, 10.0);
    }
}

#[test]
fn frames_of_two_scans_are_refused() {
    let voltage = |text: &str| group(0x0018_9325, &element(KVP, "DS", text.as_bytes()));
    let kernel = |text: &str| group(0x0018_9314, &element(KERNEL, "SH", text.as_bytes()));
    for (own, expected) in [
        (["120 ", "120 ", "80"].map(voltage), "KVP (0018,0060): 120 and 80"),
        (["BONE", "SOFT", "BONE"].map(kernel), "Convolution Kernel (0018,1210): BONE and SOFT"),
    ] {
        let refused = refusal(&inputs(&[CtFile::enhanced(&own, &measures("1 "))]));
        assert!(refused.contains(&format!("its frames differ in {expected}")), "{refused}");
    }
}

#[test]
fn two_contents_under_one_uid_void_the_series() {
    let mut files = CtFile::stack(4);
    let mut other = files[1].clone();
    other.pixels(16, 16, 1, &[7, 7, 7, 67]);
    files.push(other);
    let refused = refusal(&inputs(&files));
    assert!(refused.contains("SOP Instance UID (0008,0018) is the same in 1 and 4, whose contents differ"), "{refused}");
}

#[test]
fn one_uid_in_two_series_voids_both() {
    let mut files = CtFile::stack(4);
    let mut other = files[1].clone();
    other.text(0x0020_000E, "UI", "1.2.3.9");
    files.push(other);
    let found = contents(&inputs(&files));
    let names: Vec<&str> = found.refused.iter().map(|refused| refused.name.as_str()).collect();
    assert!(found.series.is_empty());
    assert_eq!(names, ["series 1.2.3.4", "series 1.2.3.9"]);
}

#[test]
fn the_same_instance_from_two_archives_is_used_once() {
    let mut files: Vec<Vec<u8>> = CtFile::stack(3).iter().map(CtFile::bytes).collect();
    // Source Application Entity Title, which the receiving archive writes into the file meta information.
    let mut again = files[1].clone();
    let start = again.windows(4).position(|bytes| bytes == [8, 0, 8, 0]).expect("Image Type");
    again.splice(start..start, element(0x0002_0016, "AE", b"ARCHIVE2"));
    files.push(again);
    let inputs = super::bytes(files);
    assert_eq!(volume(&inputs).expect("a volume").grid.shape[0], 3);
    assert_eq!(contents(&inputs).refused.len(), 1);
}
