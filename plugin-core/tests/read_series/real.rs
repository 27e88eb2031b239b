//! Real files of many makers, from the shared data folder.

use super::{contents, refusal, volume};
use plugin_core::geometry::Lps;
use plugin_core::read::{Inputs, Instance, decode_slice};
use std::path::{Path, PathBuf};

/// A folder of the shared data; none (the test is skipped) where it is absent, but on CI it must be there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if !root.exists() {
        assert!(std::env::var_os("CI").is_none(), "the shared data must be present on CI");
        println!("skipped: no shared data");
        return None;
    }
    Some(root.join(folder))
}

fn folder(folder: &str) -> Option<Inputs<'static>> {
    Some(Inputs::from_folder(&shared(folder)?).expect("a folder"))
}

fn awkward(name: &str) -> Option<Inputs<'static>> {
    folder(&format!("data/dicom_awkward/{name}"))
}

fn assert_close(found: Lps, expected: Lps) {
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?} instead of {expected:?}");
}

/// Sums of stored values and of stored values times (index mod 1009), by pydicom 3.0.2 `pixel_array`; those of JPEG after
/// `dcmdjpeg` of dcmtk 3.6.7.
#[test]
fn every_transfer_syntax_gives_the_values_other_tools_give() {
    let Some(root) = shared("data/dicom_awkward") else { return };
    let set = "cornerstone3D_CTImage_transfer_syntaxes_MIT";
    let lossless = (19640763, 10553354239);
    let name = |rest: &str| format!("{set}/CTImage.dcm{rest}");
    let cases = [
        (name(""), lossless),
        (name("_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm"), lossless),
        (name("_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm"), lossless),
        (name("_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm"), lossless),
        (name("_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm"), lossless),
        (name("_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm"), lossless),
        (name("_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm"), lossless),
        (name("_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm"), lossless),
        (name("_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm"), lossless),
        (name("_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm"), lossless),
        (name("_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm"), (19673724, 10569714060)),
        (name("_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm"), (19626368, 10546209341)),
        (format!("{set}/CT1_J2KR"), (40028413, 20673305016)),
        ("pydicom/explicit_VR-UN.dcm".to_owned(), (-175887460, -88070798168)),
        ("vhf_pelvis_5slices_mdai/humanct_0002_1000_1004/vhf.1000.dcm".to_owned(), (102206874, 51642259984)),
    ];
    for (file, expected) in cases {
        let (sum, weighted, _) = sums(&root.join(&file));
        assert_eq!((sum, weighted), expected, "{file}");
    }
}

/// The two sums of the first slice, and the number of its pixels.
fn sums(file: &Path) -> (i64, i64, usize) {
    let inputs = Inputs::from_iter([Instance::File(file.to_owned())]);
    let contents = contents(&inputs);
    assert_eq!(contents.series.len(), 1, "{:?}", contents.refused);
    let series = &contents.series[0];
    let mut out = vec![0; series.size[0] * series.size[1]];
    decode_slice(&inputs, series, &series.slices[0], &mut out).expect("decodes");
    let weigh = |(index, &value): (usize, &i16)| i64::from(value) * (index % 1009) as i64;
    (out.iter().map(|&value| i64::from(value)).sum(), out.iter().enumerate().map(weigh).sum(), out.len())
}

/// Lossy 8-bit JPEG may round differently from decoder to decoder: the mean agrees with dcmtk's to a tenth of a grey value.
#[test]
fn baseline_jpeg_agrees_with_dcmtk() {
    let Some(root) = shared("data/dicom_awkward/cornerstone3D_CTImage_transfer_syntaxes_MIT") else { return };
    let (sum, _, pixels) = sums(&root.join("CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm"));
    assert!((sum - 25128768).abs() < pixels as i64 / 10, "{sum}");
}

#[test]
fn what_no_decoder_reads_is_named() {
    let Some(root) = shared("data/dicom_awkward/cornerstone3D_CTImage_transfer_syntaxes_MIT") else { return };
    for (process, uid) in [("2_4", "51"), ("6_8", "53"), ("10_12", "55")] {
        let file = root.join(format!("CTImage.dcm_JPEGProcess{process}TransferSyntax_1.2.840.10008.1.2.4.{uid}.dcm"));
        let inputs = Inputs::from_iter([Instance::File(file)]);
        let series = &contents(&inputs).series[0];
        let mut out = vec![0; 512 * 512];
        let error = decode_slice(&inputs, series, &series.slices[0], &mut out).expect_err("12 bits").to_string();
        assert!(error.contains(&format!("Transfer Syntax UID (0002,0010) is 1.2.840.10008.1.2.4.{uid}")), "{error}");
    }
}

#[test]
fn half_a_code_stream_is_an_error_and_noise_in_it_no_panic() {
    let Some(root) = shared("data/dicom_awkward/cornerstone3D_CTImage_transfer_syntaxes_MIT") else { return };
    let endings = ["5.dcm", "4.50.dcm", "4.57.dcm", "4.70.dcm", "4.80.dcm", "4.81.dcm", "4.90.dcm", "4.91.dcm"];
    for file in std::fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        if !endings.iter().any(|ending| name.ends_with(&format!("_1.2.840.10008.1.2.{ending}"))) {
            continue;
        }
        let mut data = std::fs::read(&file).expect("a file");
        let inputs = Inputs::from_iter([Instance::Bytes { name: name.clone(), data: data.clone() }]);
        let series = &contents(&inputs).series[0];
        let mut out = vec![0; 512 * 512];
        let mut half = series.slices[0].clone();
        let part = half.layout.parts[0].clone();
        half.layout.parts[0].end -= (part.end - part.start) / 2;
        assert!(decode_slice(&inputs, series, &half, &mut out).is_err(), "{name}");
        for step in 1..12 {
            let at = part.start as usize + step * (part.end - part.start) as usize / 13;
            data[at] ^= 0x55;
            let spoilt = Inputs::from_iter([Instance::Bytes { name: name.clone(), data: data.clone() }]);
            let _ = decode_slice(&spoilt, series, &series.slices[0], &mut out);
        }
    }
}

#[test]
fn a_tilted_gantry_gives_a_sheared_grid() {
    let Some(inputs) = awkward("Philips_Ingenuity_tilt_BSD2/S3010") else { return };
    let volume = volume(&inputs).expect("a volume");
    assert_eq!(volume.grid.shape, [24, 512, 512]);
    assert_close(volume.grid.origin, [-104.0, 6.62545582653073, 680.489685881986]);
    assert_close(volume.grid.steps[0], [0.0, 0.0, 2.5]);
    assert_close(volume.grid.steps[1], [0.0, 0.40625 * 0.9588197, 0.40625 * 0.2840153]);
    assert!((volume.grid.voxel_volume().0 - 0.40625 * 0.40625 * 2.3970492).abs() < 1e-6);
    // Sum of stored values by pydicom, less 1024 per pixel.
    let sum: f64 = volume.stored.iter().map(|&stored| f64::from(volume.to_hu(stored))).sum();
    assert_eq!(sum, -4683589305.0);
}

#[test]
fn uneven_and_missing_slices_are_named() {
    for (name, expected) in [
        ("GE_HiSpeed_tilt18.5_variable_spacing_BSD2", "1.081 mm instead of 4.002 mm between slices 14 and 15 of 28"),
        ("dicom2nifti_failing_MIT/sliceincrement/001", "10.000 mm instead of 5.000 mm between slices 3 and 4 of 4"),
        ("dicom2nifti_failing_MIT/sliceincrement/002", "1.499 mm instead of 0.750 mm between slices 3 and 4 of 4"),
    ] {
        let Some(inputs) = awkward(name) else { return };
        let error = volume(&inputs).expect_err(name).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_no_volume_is_refused() {
    for (name, expected) in [
        ("dicom2nifti_failing_MIT/notavolume", "3 of its 4 slices lie where another one lies"),
        ("dicom2nifti_failing_MIT/slicecount/001", "Modality (0008,0060) is MR; accepted: CT"),
        ("dicom2nifti_failing_MIT/sliceorientation", "Modality (0008,0060) is MR; accepted: CT"),
        ("pydicom/bad_sequence.dcm", "SOP Instance UID (0008,0018) is not a UID"),
        ("Philips_Ingenuity_tilt_BSD2/S1000/I10", "Image Type (0008,0008) is ORIGINAL\\PRIMARY\\LOCALIZER"),
        (
            "../totalsegmentator_example_ct/dicom_20slices_j2k_emptyUIDs",
            "19 more of the same series: SOP Instance UID (0008,0018) is empty",
        ),
    ] {
        let Some(path) = shared(&format!("data/dicom_awkward/{name}")) else { return };
        let inputs = match path.is_file() {
            true => Inputs::from_iter([Instance::File(path)]),
            false => Inputs::from_folder(&path).expect("a folder"),
        };
        let refused = contents(&inputs);
        assert!(refused.series.is_empty());
        let sentences: Vec<String> = refused.refused.iter().map(|one| format!("{}: {}", one.name, one.reason)).collect();
        assert!(sentences.iter().any(|sentence| sentence.contains(expected)), "{sentences:?}");
    }
}

#[test]
fn screen_saves_beside_the_slices_do_not_matter() {
    let Some(inputs) = awkward("Philips_Ingenuity_tilt_BSD2") else { return };
    assert_eq!(volume(&inputs).expect("a volume").grid.shape, [24, 512, 512]);
    let reasons: Vec<String> = contents(&inputs).refused.into_iter().map(|refused| refused.reason).collect();
    assert_eq!(reasons.len(), 3, "directories, secondary captures, localizer: {reasons:?}");
}

#[test]
fn perfusion_maps_are_no_ct_numbers() {
    let Some(path) = shared("data/dicom_awkward/pydicom/eCT_Supplemental.dcm") else { return };
    let refused = refusal(&Inputs::from_iter([Instance::File(path)]));
    assert!(refused.contains("Image Type (0008,0008) is DERIVED\\PRIMARY\\PERFUSION\\RCBF"), "{refused}");
}

/// dcmqi's three slices exist as single frames and as a legacy converted multi-frame object: the volumes are the same.
#[test]
fn frames_and_files_give_the_same_volume() {
    let (Some(files), Some(frames)) = (awkward("dcmqi/24x38x3/image"), awkward("dcmqi/24x38x3/multiframe")) else { return };
    let (files, frames) = (volume(&files).expect("files"), volume(&frames).expect("frames"));
    assert_eq!(files.grid.shape, [3, 38, 24]);
    assert_close(files.grid.origin, [46.4649, 5.01881, -177.75]);
    assert_close(files.grid.steps[0], [0.0, 0.0, 2.5]);
    assert!(files.grid.coincides_with(&frames.grid));
    assert_eq!(files.stored, frames.stored);
    // Stored as 16 bits unsigned: 315 voxels of 1 HU, 2421 of 0.
    assert_eq!(files.stored.iter().map(|&stored| f64::from(files.to_hu(stored))).sum::<f64>(), 315.0);
}

/// The answers are pydicom's.
#[test]
fn japanese_names_come_out_whole() {
    let Some(root) = shared("samples/dicom/ct") else { return };
    for (file, name, study) in [
        ("ir87_ct000", "Yamada^Tarou=山田^太郎=やまだ^たろう", "ABDOMEN-PELVIS"),
        ("ja_ir87", "Yamamoto^Tarou=山本^太郎=やまもと^たろう", "本態性 表面"),
        ("ja_ir13_87", "ﾔﾏﾓﾄ^ﾀﾛｳ=山本^太郎=やまもと^たろう", "本態性 表面"),
        ("ja_ir6_87", "Yamamoto^Tarou=山本^太郎=やまもと^たろう", "本態性 表面"),
        ("ja_utf8", "Yamamoto^Tarou=山本^太郎=やまもと^たろう", "本態性 表面"),
    ] {
        let inputs = Inputs::from_iter([Instance::File(root.join(format!("{file}.dcm")))]);
        let context = &contents(&inputs).series[0].context;
        assert_eq!(context.text(dicom_dictionary_std::tags::PATIENT_NAME), Some(name), "{file}");
        assert_eq!(context.text(dicom_dictionary_std::tags::STUDY_DESCRIPTION), Some(study), "{file}");
    }
}
