#!/usr/bin/env python3
"""Makes a DICOM study (CT series and SEG) from a NIfTI CT and a label map of TotalSegmentator v2's task `total`.

    python make_study.py OUT --ct ct.nii.gz --labels labels.nii.gz [--type LABELMAP] [--grid crop] [--japanese] ...

The files are named `ct-0001.dcm` ... and `seg.dcm` (`seg-1.dcm` ... when split). Written with pydicom and highdicom only.
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import uuid
from pathlib import Path

import highdicom as hd
import nibabel
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sr.coding import Code
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from oracle import Ct, Masks

# Label value: TotalSegmentator's name, our structure and side, SNOMED CT code and meaning of the Segmented Property Type.
CLASSES = {
    25: ("sacrum", "sacrum", "none", "54735007", "Sacrum"),
    27: ("vertebrae_L5", "l5", "none", "49668003", "L5 vertebra"),
    28: ("vertebrae_L4", "l4", "none", "11994002", "L4 vertebra"),
    29: ("vertebrae_L3", "l3", "none", "36470004", "L3 vertebra"),
    30: ("vertebrae_L2", "l2", "none", "14293000", "L2 vertebra"),
    31: ("vertebrae_L1", "l1", "none", "66794005", "L1 vertebra"),
    32: ("vertebrae_T12", "t12", "none", "23215003", "T12 vertebra"),
    75: ("femur_left", "femur", "left", "71341001", "Femur"),
    76: ("femur_right", "femur", "right", "71341001", "Femur"),
    77: ("hip_left", "hip_bone", "left", "29836001", "Hip"),
    78: ("hip_right", "hip_bone", "right", "29836001", "Hip"),
    80: ("gluteus_maximus_left", "gluteus_maximus", "left", "206007", "Gluteus maximus muscle"),
    81: ("gluteus_maximus_right", "gluteus_maximus", "right", "206007", "Gluteus maximus muscle"),
    82: ("gluteus_medius_left", "gluteus_medius", "left", "78333006", "Gluteus medius muscle"),
    83: ("gluteus_medius_right", "gluteus_medius", "right", "78333006", "Gluteus medius muscle"),
    84: ("gluteus_minimus_left", "gluteus_minimus", "left", "75297007", "Gluteus minimus muscle"),
    85: ("gluteus_minimus_right", "gluteus_minimus", "right", "75297007", "Gluteus minimus muscle"),
    86: ("autochthon_left", "deep_back_muscle", "left", "244849004", "Deep muscle of back"),
    87: ("autochthon_right", "deep_back_muscle", "right", "244849004", "Deep muscle of back"),
    88: ("iliopsoas_left", "iliopsoas", "left", "68455001", "Iliopsoas muscle"),
    89: ("iliopsoas_right", "iliopsoas", "right", "68455001", "Iliopsoas muscle"),
}


def names() -> dict[int, str]:
    """The name table of the label map that the study is made from."""
    return {value: structure if side == "none" else f"{structure}_{side}" for value, (_, structure, side, *_) in CLASSES.items()}


HEIGHT = 1.55
"""Of the patient, in metres."""

SIDES = {"left": Code("7771000", "SCT", "Left"), "right": Code("24028007", "SCT", "Right")}


@dataclasses.dataclass
class Study:
    """A CT and its labels, `[slice, row, column]`, feet to head, front to back, right to left."""

    hu: np.ndarray
    labels: np.ndarray
    origin: np.ndarray
    """LPS millimetres."""
    spacing: np.ndarray

    def ct(self) -> Ct:
        z, y, x = self.spacing
        return Ct(self.hu.astype(np.float32), self.origin, np.array([[0, 0, z], [0, y, 0], [x, 0, 0]]), z, HEIGHT)

    def masks(self) -> Masks:
        return {
            (structure, side): self.labels == value
            for value, (_, structure, side, *_) in CLASSES.items()
            if np.any(self.labels == value)
        }


@dataclasses.dataclass
class Options:
    """How the study is written."""

    type: str = "BINARY"
    """BINARY or LABELMAP."""
    grid: str = "same"
    """Geometry of the SEG: `same` as the CT, `crop` (the labelled box only), `fine` (three pixels for one, each way)."""
    split: int = 1
    """Number of SEG objects among which the segments are dealt out."""
    shuffle: bool = False
    """Frames of the SEG in random order (BINARY only)."""
    other_study: bool = False
    """The SEG refers to a study, series and frame of reference that are not the CT's."""
    japanese: bool = False
    """Patient's name in three component groups and ISO 2022 IR 87."""


def load(ct_file: Path, labels_file: Path) -> Study:
    """Reads the NIfTI pair; both must lie on one axial grid with axes along the patient's."""
    image, labels = nibabel.as_closest_canonical(nibabel.load(ct_file)), nibabel.as_closest_canonical(nibabel.load(labels_file))
    assert image.shape == labels.shape and np.allclose(image.affine, labels.affine), "CT and labels differ in geometry"
    spacing = np.diag(image.affine)[:3]
    assert np.allclose(image.affine[:3, :3], np.diag(spacing)), "the grid is oblique"
    # Canonical NIfTI runs to the right, front and head (RAS); DICOM's rows run to the left and its columns to the back.
    turn = lambda array: np.ascontiguousarray(np.asanyarray(array)[::-1, ::-1].transpose(2, 1, 0))
    last = image.affine[:3, 3] + spacing * (np.array(image.shape) - 1)
    origin = np.array([-last[0], -last[1], image.affine[2, 3]])
    hu = np.clip(np.rint(turn(image.get_fdata())), -2048, 30000).astype(np.int16)
    return Study(hu, turn(labels.dataobj).astype(np.uint16), origin.round(4), spacing[::-1].round(4))


def uid(*words: object) -> str:
    """Name-based, so that the same options give the same study (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, repr(words)).int}"


def ct_headers(study: Study, options: Options) -> Dataset:
    head = Dataset()
    head.SpecificCharacterSet = ["", "ISO 2022 IR 87"] if options.japanese else "ISO_IR 100"
    head.PatientName = "Yamamoto^Hanako=山本^花子=やまもと^はなこ" if options.japanese else "Test^Real CT"
    head.PatientID, head.PatientBirthDate, head.PatientSex = "REAL-1", "19550101", "F"
    head.PatientAge, head.PatientSize, head.PatientWeight = "070Y", str(HEIGHT), "52"
    head.StudyInstanceUID, head.StudyID, head.StudyDescription = uid("study"), "1", "Abdomen and pelvis"
    head.StudyDate = head.SeriesDate = head.AcquisitionDate = head.ContentDate = "20250401"
    head.StudyTime = head.SeriesTime = head.AcquisitionTime = head.ContentTime = "120000"
    head.AccessionNumber, head.ReferringPhysicianName = "A1", ""
    head.SOPClassUID, head.Modality = CTImageStorage, "CT"
    head.SeriesInstanceUID, head.SeriesNumber, head.SeriesDescription = uid("ct"), 2, "Abdomen pelvis 3.0"
    head.Manufacturer, head.ManufacturerModelName, head.DeviceSerialNumber = "Example", "Scanner", "1"
    head.SoftwareVersions, head.InstitutionName = "1", "Example Hospital"
    head.ImageType, head.KVP, head.ConvolutionKernel = ["ORIGINAL", "PRIMARY", "AXIAL"], "120", "B30f"
    head.BodyPartExamined, head.PatientPosition, head.AcquisitionNumber = "ABDOMENPELVIS", "HFS", 1
    head.FrameOfReferenceUID, head.PositionReferenceIndicator = uid("frame of reference"), ""
    head.SliceThickness = float(study.spacing[0])
    head.PixelSpacing = [float(study.spacing[1]), float(study.spacing[2])]
    head.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    head.SamplesPerPixel, head.PhotometricInterpretation = 1, "MONOCHROME2"
    head.Rows, head.Columns = study.hu.shape[1:]
    head.BitsAllocated, head.BitsStored, head.HighBit, head.PixelRepresentation = 16, 16, 15, 1
    head.RescaleIntercept, head.RescaleSlope, head.RescaleType = -1024, 1, "HU"
    head.WindowCenter, head.WindowWidth = 40, 400
    return head


def ct_slices(study: Study, options: Options) -> list[FileDataset]:
    head, slices = ct_headers(study, options), []
    for number, plane in enumerate(study.hu):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = CTImageStorage, ExplicitVRLittleEndian
        one = FileDataset("", copy.deepcopy(head), file_meta=meta, preamble=b"\0" * 128)
        one.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = uid("ct", number)
        one.InstanceNumber = number + 1
        one.ImagePositionPatient = [*study.origin[:2], round(float(study.origin[2] + number * study.spacing[0]), 4)]
        one.PixelData = (plane + 1024).astype("<i2").tobytes()
        slices.append(one)
    return slices


def seg_sources(slices: list[FileDataset], options: Options) -> list[FileDataset]:
    """The slices as the SEG's writer sees them."""
    sources = copy.deepcopy(slices)
    for one in sources:
        # highdicom refuses multi-valued character sets; the text is decoded first, so it stays the same.
        one.decode()
        one.SpecificCharacterSet = "ISO_IR 192"
        if options.other_study:
            one.StudyInstanceUID, one.SeriesInstanceUID = uid("other study"), uid("other ct")
            one.FrameOfReferenceUID, one.SOPInstanceUID = uid("other frame of reference"), uid("other", one.SOPInstanceUID)
    return sources


def segment_description(number: int, value: int) -> hd.seg.SegmentDescription:
    name, structure, side, code, meaning = CLASSES[value]
    algorithm = hd.AlgorithmIdentificationSequence(
        name="TotalSegmentator", family=Code("123110", "DCM", "Artificial Intelligence"), version="2"
    )
    description = hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=name,
        segmented_property_category=Code("91723000", "SCT", "Anatomical Structure"),
        segmented_property_type=Code(code, "SCT", meaning),
        algorithm_type="AUTOMATIC",
        algorithm_identification=algorithm,
        tracking_id=name,
        tracking_uid=uid("tracking", name),
    )
    if side in SIDES:
        modifier = hd.sr.CodedConcept.from_code(SIDES[side])
        description.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [modifier]
    return description


def seg_geometry(study: Study, options: Options) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, origin and spacing of the SEG."""
    labels, origin, spacing = study.labels, study.origin, study.spacing
    if options.grid == "crop":
        box = np.argwhere(np.isin(labels, list(CLASSES)))
        first, last = box.min(axis=0), box.max(axis=0) + 1
        labels = labels[tuple(slice(a, b) for a, b in zip(first, last))]
        origin = origin + (first * spacing)[::-1]
    elif options.grid == "fine":
        # Three for one in plane: every third pixel lies where the CT's does.
        labels = labels.repeat(3, axis=1).repeat(3, axis=2)
        origin = origin - np.array([spacing[2] / 3, spacing[1] / 3, 0])
        spacing = spacing / np.array([1, 3, 3])
    return labels, origin, spacing


def segmentation(study: Study, slices: list[FileDataset], options: Options, values: list[int], part: int) -> hd.seg.Segmentation:
    labels, origin, spacing = seg_geometry(study, options)
    numbered = np.zeros(labels.shape, np.uint16)
    for number, value in enumerate(values, 1):
        numbered[labels == value] = number
    placing = {}
    if options.grid != "same":
        places = [origin + np.array([0, 0, number * spacing[0]]) for number in range(len(labels))]
        placing = {
            "plane_positions": [hd.PlanePositionSequence("PATIENT", place.round(6).tolist()) for place in places],
            "plane_orientation": hd.PlaneOrientationSequence("PATIENT", [1, 0, 0, 0, 1, 0]),
            "pixel_measures": hd.PixelMeasuresSequence(spacing[1:].tolist(), float(study.spacing[0]), float(study.spacing[0])),
        }
    seg = hd.seg.Segmentation(
        source_images=seg_sources(slices, options),
        pixel_array=numbered,
        segmentation_type=options.type,
        segment_descriptions=[segment_description(number, value) for number, value in enumerate(values, 1)],
        series_instance_uid=uid("seg", options),
        series_number=100,
        sop_instance_uid=uid("seg", options, part),
        instance_number=part + 1,
        manufacturer="Example",
        manufacturer_model_name="make_study.py",
        software_versions="1",
        device_serial_number="1",
        series_description="TotalSegmentator",
        **placing,
    )
    if options.shuffle:
        shuffle_frames(seg)
    return seg


def shuffle_frames(seg: Dataset) -> None:
    assert seg.SegmentationType == "BINARY", "only BINARY frames are shuffled"
    frames, pixels = int(seg.NumberOfFrames), seg.Rows * seg.Columns
    bits = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")[: frames * pixels].reshape(frames, pixels)
    order = np.random.default_rng(1).permutation(frames)
    seg.PerFrameFunctionalGroupsSequence = [seg.PerFrameFunctionalGroupsSequence[i] for i in order]
    packed = np.packbits(bits[order].ravel(), bitorder="little").tobytes()
    seg.PixelData = packed + b"\0" * (len(packed) % 2)


def write_study(folder: Path, study: Study, options: Options) -> None:
    """Writes the CT series and the SEG."""
    folder.mkdir(parents=True, exist_ok=True)
    slices = ct_slices(study, options)
    for number, one in enumerate(slices, 1):
        one.save_as(folder / f"ct-{number:04}.dcm", enforce_file_format=True)
    present = [value for value in CLASSES if np.any(study.labels == value)]
    for part in range(options.split):
        name = "seg.dcm" if options.split == 1 else f"seg-{part + 1}.dcm"
        segmentation(study, slices, options, present[part :: options.split], part).save_as(folder / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--ct", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--type", choices=["BINARY", "LABELMAP"], default="BINARY")
    parser.add_argument("--grid", choices=["same", "crop", "fine"], default="same")
    parser.add_argument("--split", type=int, default=1, metavar="N")
    for flag in ("--shuffle", "--other-study", "--japanese"):
        parser.add_argument(flag, action="store_true")
    given = vars(parser.parse_args())
    out, ct, labels = (given.pop(name) for name in ("out", "ct", "labels"))
    write_study(out, load(ct, labels), Options(**given))


if __name__ == "__main__":
    main()
