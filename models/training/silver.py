"""CTs with a label for every voxel that the network knows: TotalSegmentator's example and the digital phantom."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
import SimpleITK as sitk

from .classes import COUNT, NAMES, STRUCTURES, index
from .volume import Image, Labels, read_series, to_network

TOTALSEGMENTATOR = {
    25: "sacrum", 26: "sacrum", 27: "L5", 28: "L4", 29: "L3", 30: "L2", 31: "L1", **dict.fromkeys(range(32, 51), "other_vertebra"),
    75: "femur", 76: "femur", 77: "hip_bone", 78: "hip_bone", 80: "gluteus_maximus", 81: "gluteus_maximus",
    82: "gluteus_medius", 83: "gluteus_medius", 84: "gluteus_minimus", 85: "gluteus_minimus",
    86: "erector_spinae_group", 87: "erector_spinae_group", 88: "iliopsoas", 89: "iliopsoas",
}  # fmt: skip
"""Label values of TotalSegmentator v2's task `total` and our classes."""

PHANTOM = {f"{name} vertebra": name for name in ("L1", "L2", "L3", "L4", "L5")} | {
    "T12 vertebra": "other_vertebra", "Sacrum": "sacrum", "Hip bone": "hip_bone", "Femur": "femur",
    "Deep back muscle": "erector_spinae_group", "Iliopsoas": "iliopsoas", "Gluteus maximus": "gluteus_maximus",
    "Gluteus medius": "gluteus_medius", "Gluteus minimus": "gluteus_minimus", "Quadriceps femoris": "quadriceps",
}  # fmt: skip
"""Segment labels of the phantom's SEG without their sides, and our classes."""


class Labelled(NamedTuple):
    """A CT with labels, both on the network's grid."""

    hounsfield: Image
    labels: Labels
    known: tuple[int, ...]
    """Classes that the labels would show if they were there."""
    original: Labels | None = None
    """The labels as their author numbers them."""


def totalsegmentator(data: Path) -> Labelled:
    """TotalSegmentator's example: a real CT, labelled by that model and not by hand."""
    folder = data / "totalsegmentator_example_ct"
    hounsfield = to_network(sitk.ReadImage(str(folder / "example_ct.nii.gz")), labels=False)
    segmentation = sitk.ReadImage(str(folder / "example_seg_v2_117class_fullFOV.nii.gz"))
    original = to_network(segmentation, labels=True).astype(np.uint8)
    table = np.zeros(256, np.uint8)
    for value, name in TOTALSEGMENTATOR.items():
        table[value] = index(name)
    known = tuple(sorted({index(name) for name in TOTALSEGMENTATOR.values()}))
    return Labelled(hounsfield, table[original], known, original)


def phantom_segments(file: Path, reference: sitk.Image) -> sitk.Image:
    """The binary SEG as a label map on the grid of its CT; axial slices without a turn, as the phantom's are."""
    dataset = pydicom.dcmread(file)
    names = {segment.SegmentNumber: segment.SegmentLabel.split(",")[0] for segment in dataset.SegmentSequence}
    frames = np.unpackbits(np.frombuffer(dataset.PixelData, np.uint8), bitorder="little")
    frames = frames[: dataset.NumberOfFrames * dataset.Rows * dataset.Columns].reshape(-1, dataset.Rows, dataset.Columns)
    labels = np.zeros(reference.GetSize()[::-1], np.uint8)
    for frame, groups in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        position = [float(value) for value in groups.PlanePositionSequence[0].ImagePositionPatient]
        column, row, slice_ = reference.TransformPhysicalPointToIndex(position)
        target = labels[slice_, row : row + frame.shape[0], column : column + frame.shape[1]]
        target[frame > 0] = index(PHANTOM[names[number]])
    image = sitk.GetImageFromArray(labels)
    image.CopyInformation(reference)
    return image


def phantom(folder: Path, *, low_pass: bool = True) -> Labelled:
    """The digital phantom of `bonemuscle phantom`, written to `folder` unless it is there."""
    if not (folder / "seg.dcm").exists():
        subprocess.run([os.environ.get("BONEMUSCLE", "bonemuscle"), "phantom", str(folder)], check=True, capture_output=True)
    ct = read_series(folder)
    hounsfield = to_network(ct, labels=False, low_pass=low_pass)
    labels = to_network(phantom_segments(folder / "seg.dcm", ct), labels=True).astype(np.uint8)
    return Labelled(hounsfield, labels, tuple(sorted({index(name) for name in PHANTOM.values()})))


def dice(found: Labels, truth: Labels, class_: int) -> float:
    """Dice coefficient of one class; not a number where neither has it."""
    a, b = found == class_, truth == class_
    total = int(a.sum() + b.sum())
    return 2 * int((a & b).sum()) / total if total else float("nan")


def structures(known: tuple[int, ...]) -> dict[str, int]:
    """Structures of the manifest among the known classes, with their channels."""
    return {STRUCTURES[k] or NAMES[k]: k for k in known if 0 < k < COUNT and STRUCTURES[k] is not None}
