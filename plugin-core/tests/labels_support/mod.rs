//! A CT of known geometry, and small SEG objects written element by element.

// Each test file uses a part of this.
#![allow(dead_code)]

use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
use plugin_core::anatomy::{Side, Structure};
use plugin_core::geometry::{Grid, Lps};
use plugin_core::progress::Progress;
use plugin_core::read::{Acquisition, Contents, CopiedAttribute, CtSeries, Equipment, Inputs, Instance, StudyContext, scan};
use plugin_core::segmentation::{Labels, StructureMask};
use std::path::PathBuf;

pub const STUDY: &str = "2.25.1";
pub const SERIES: &str = "2.25.2";
pub const FRAME_OF_REFERENCE: &str = "2.25.3";

/// A file of the shared data; `None` where they are absent, which a build server must not accept.
pub fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is absent", file.display());
    println!("skipped: no shared data");
    None
}

pub fn scan_bytes(data: Vec<u8>) -> (Inputs, Contents) {
    let inputs = Inputs::from_iter([Instance::Bytes { name: "seg".into(), data }]);
    let contents = scan(&inputs, Progress::silent()).expect("not cancelled");
    (inputs, contents)
}

/// Every voxel of the segment `label` set, in square frames of four pixels at the given heights.
pub fn block(label: (&'static str, &'static str), heights: &[f64], slice_spacing: Option<f64>) -> Seg {
    Seg {
        uid: "2.25.9",
        size: [4, 4],
        orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        spacing: [1.0, 1.0],
        slice_spacing,
        segments: vec![label],
        frames: heights.iter().map(|height| (1, [0.0, 0.0, *height])).collect(),
        pixels: vec![true; 16 * heights.len()],
        referenced_series: Some(SERIES),
    }
}

pub fn scan_file(path: PathBuf) -> (Inputs, Contents) {
    let inputs = Inputs::from_iter([Instance::File(path)]);
    let contents = scan(&inputs, Progress::silent()).expect("not cancelled");
    (inputs, contents)
}

/// Axial grid; `spacing` and `shape` as `[slice, row, column]`.
pub fn axial(shape: [usize; 3], origin: Lps, spacing: [f64; 3]) -> Grid {
    Grid { shape, origin, steps: [[0.0, 0.0, spacing[0]], [0.0, spacing[1], 0.0], [spacing[2], 0.0, 0.0]] }
}

/// What is known of a CT on `grid` in the given study, series and frame of reference.
pub fn ct(grid: &Grid, study: &str, series: &str, frame_of_reference: &str) -> CtSeries {
    let study = CopiedAttribute { tag: tags::STUDY_INSTANCE_UID, vr: VR::UI, value: study.into() };
    CtSeries {
        context: StudyContext { attributes: vec![study] },
        series_instance_uid: series.into(),
        series_number: None,
        description: None,
        frame_of_reference_uid: Some(frame_of_reference.into()),
        position_reference_indicator: None,
        equipment: Equipment::default(),
        acquisition: Acquisition::default(),
        size: [grid.shape[1], grid.shape[2]],
        pixel_spacing: [grid.spacing()[1], grid.spacing()[2]],
        orientation: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
        slices: Vec::new(),
    }
}

/// A BINARY SEG in the study and frame of reference of these tests.
pub struct Seg {
    pub uid: &'static str,
    pub size: [u16; 2],
    pub orientation: [f64; 6],
    /// Rows and columns.
    pub spacing: [f64; 2],
    /// As stated.
    pub slice_spacing: Option<f64>,
    /// Label and SNOMED CT type; numbered from 1.
    pub segments: Vec<(&'static str, &'static str)>,
    /// Segment Number and position.
    pub frames: Vec<(u16, Lps)>,
    /// One per pixel of all frames.
    pub pixels: Vec<bool>,
    pub referenced_series: Option<&'static str>,
}

fn sequence(tag: Tag, items: Vec<InMemDicomObject>) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

fn object<const N: usize>(elements: [DataElement<InMemDicomObject>; N]) -> InMemDicomObject {
    InMemDicomObject::from_element_iter(elements)
}

fn text(tag: Tag, vr: VR, value: impl Into<String>) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, vr, PrimitiveValue::from(value.into()))
}

fn number(tag: Tag, value: u16) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, VR::US, PrimitiveValue::from(value))
}

fn decimals(tag: Tag, values: &[f64]) -> DataElement<InMemDicomObject> {
    text(tag, VR::DS, values.iter().map(f64::to_string).collect::<Vec<_>>().join("\\"))
}

impl Seg {
    pub fn data_set(&self) -> InMemDicomObject {
        let segment = |(index, (label, code)): (usize, &(&str, &str))| {
            let code = object([
                text(tags::CODE_VALUE, VR::SH, *code),
                text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, "SCT"),
                text(tags::CODE_MEANING, VR::LO, *label),
            ]);
            object([
                number(tags::SEGMENT_NUMBER, index as u16 + 1),
                text(tags::SEGMENT_LABEL, VR::LO, *label),
                text(tags::SEGMENT_ALGORITHM_NAME, VR::LO, "by hand"),
                sequence(tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![code]),
            ])
        };
        let frame = |(number_of_segment, position): &(u16, Lps)| {
            let identification = object([number(tags::REFERENCED_SEGMENT_NUMBER, *number_of_segment)]);
            object([
                sequence(tags::PLANE_POSITION_SEQUENCE, vec![object([decimals(tags::IMAGE_POSITION_PATIENT, position)])]),
                sequence(tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![identification]),
            ])
        };
        let mut measures = object([decimals(tags::PIXEL_SPACING, &self.spacing)]);
        if let Some(spacing) = self.slice_spacing {
            measures.put(decimals(tags::SPACING_BETWEEN_SLICES, &[spacing]));
        }
        let orientation = object([decimals(tags::IMAGE_ORIENTATION_PATIENT, &self.orientation)]);
        let shared = object([
            sequence(tags::PLANE_ORIENTATION_SEQUENCE, vec![orientation]),
            sequence(tags::PIXEL_MEASURES_SEQUENCE, vec![measures]),
        ]);
        let mut bits = vec![0_u8; self.pixels.len().div_ceil(16) * 2];
        for pixel in (0..self.pixels.len()).filter(|pixel| self.pixels[*pixel]) {
            bits[pixel / 8] |= 1 << (pixel % 8);
        }
        let mut seg = object([
            text(tags::SOP_CLASS_UID, VR::UI, uids::SEGMENTATION_STORAGE),
            text(tags::SOP_INSTANCE_UID, VR::UI, self.uid),
            text(tags::STUDY_INSTANCE_UID, VR::UI, STUDY),
            text(tags::SERIES_INSTANCE_UID, VR::UI, "2.25.8"),
            text(tags::FRAME_OF_REFERENCE_UID, VR::UI, FRAME_OF_REFERENCE),
            text(tags::MODALITY, VR::CS, "SEG"),
            text(tags::SEGMENTATION_TYPE, VR::CS, "BINARY"),
            text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2"),
            text(tags::NUMBER_OF_FRAMES, VR::IS, self.frames.len().to_string()),
            number(tags::SAMPLES_PER_PIXEL, 1),
            number(tags::BITS_ALLOCATED, 1),
            number(tags::BITS_STORED, 1),
            number(tags::HIGH_BIT, 0),
            number(tags::PIXEL_REPRESENTATION, 0),
            number(tags::ROWS, self.size[0]),
            number(tags::COLUMNS, self.size[1]),
            sequence(tags::SEGMENT_SEQUENCE, self.segments.iter().enumerate().map(segment).collect()),
            sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![shared]),
            sequence(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, self.frames.iter().map(frame).collect()),
            DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::from(bits)),
        ]);
        if let Some(series) = self.referenced_series {
            let item = object([text(tags::SERIES_INSTANCE_UID, VR::UI, series)]);
            seg.put(sequence(tags::REFERENCED_SERIES_SEQUENCE, vec![item]));
        }
        seg
    }
}

/// `data_set` as a file in Explicit VR Little Endian.
pub fn file(data_set: InMemDicomObject) -> Vec<u8> {
    file_in(data_set, uids::EXPLICIT_VR_LITTLE_ENDIAN)
}

/// `data_set` as a file in a transfer syntax that fits its pixel data.
pub fn file_in(data_set: InMemDicomObject, transfer_syntax: &str) -> Vec<u8> {
    let meta = FileMetaTableBuilder::new().transfer_syntax(transfer_syntax);
    let file = data_set.with_meta(meta).expect("a SOP class and instance");
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).expect("memory");
    bytes
}

pub fn count(mask: &StructureMask) -> usize {
    mask.voxels.iter().filter(|member| **member).count()
}

/// Every voxel of every mask: `(name, side, [slice, row, column])`, sorted.
pub fn voxels(labels: &Labels) -> Vec<(String, String, [usize; 3])> {
    let of_mask = |mask: &StructureMask| {
        let (name, side, corner) = (mask.structure.name(), mask.side.name(), mask.corner);
        let place = move |(slice, row, column): (usize, usize, usize)| {
            (name.to_owned(), side.to_owned(), [slice + corner[0], row + corner[1], column + corner[2]])
        };
        mask.voxels.indexed_iter().filter(|(_, member)| **member).map(move |(index, _)| place(index)).collect::<Vec<_>>()
    };
    let mut voxels: Vec<_> = labels.masks.iter().flat_map(of_mask).collect();
    voxels.sort();
    voxels
}

/// Structures whose labels lack slices in their middle, with the number of those.
pub fn gaps(labels: &Labels) -> Vec<(Structure, Side, usize)> {
    let lost = |mask: &StructureMask| (mask.structure, mask.side, mask.lost_slices());
    labels.masks.iter().map(lost).filter(|(_, _, slices)| *slices > 0).collect()
}
