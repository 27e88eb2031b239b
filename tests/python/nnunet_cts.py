"""CTs for a network to find things in, as DICOM series, and label maps read back."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import SimpleITK
from scipy import ndimage

from make_study import Options, Study, ct_slices

BRIGHTNESS = [40, 320, 720, -200, 1250]
"""HU of soft tissue and of what is drawn into it, far enough apart to be told in any mirror."""

BLOB_EVERY = 25e3
"""Cubic millimetres; so dense that any patch holds some of everything, on which instance normalisation relies."""


@dataclasses.dataclass
class Place:
    """How an array `[slice, row, column]` (feet to head, front to back, right to left) lies in the patient and in its series."""

    spacing: tuple[float, float, float]
    turn: tuple[float, float] = (0, 0)
    """Degrees about the patient's left-right and feet-head axes."""
    upside_down: bool = False
    """Slices from the head down, rows and columns the other way."""

    def steps(self) -> np.ndarray:
        """From voxel to voxel along slices, rows downwards and columns: LPS millimetres, as rows of a matrix."""
        about_x, about_z = np.radians(self.turn)
        first = np.array([[1, 0, 0], [0, np.cos(about_x), -np.sin(about_x)], [0, np.sin(about_x), np.cos(about_x)]])
        second = np.array([[np.cos(about_z), -np.sin(about_z), 0], [np.sin(about_z), np.cos(about_z), 0], [0, 0, 1]])
        return (second @ first).T[::-1] * np.array(self.spacing)[:, None]


def draw(shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A CT in HU (int16) and what is in it: ellipsoids of every class in soft tissue."""
    random = np.random.default_rng(seed)
    spacing, extent = np.array(spacing), np.array(shape) * spacing
    labels, hu = np.zeros(shape, np.uint8), np.full(shape, BRIGHTNESS[0], np.float32)
    for number in range(int(np.prod(extent) / BLOB_EVERY)):
        value = 1 + number % (len(BRIGHTNESS) - 1)
        centre, radii = extent * random.uniform(0.1, 0.9, 3), random.uniform(7, 16, 3).clip(max=extent / 4)
        first = ((centre - radii) / spacing).astype(int).clip(0)
        box = tuple(slice(*ends) for ends in zip(first, ((centre + radii) / spacing).astype(int) + 1))
        offsets = (np.indices(labels[box].shape).T + first + 0.5) * spacing - centre
        blob = (np.square(offsets / radii).sum(-1) < 1).T
        labels[box][blob], hu[box][blob] = value, BRIGHTNESS[value]
    # A scanner's blur of about a millimetre, and its noise.
    hu = ndimage.gaussian_filter(hu, 1 / spacing) + random.normal(0, 12, shape).astype(np.float32)
    return np.clip(np.rint(hu), -1024, 3071).astype(np.int16), labels


def write_series(folder: Path, hu: np.ndarray, place: Place) -> None:
    steps, origin = place.steps(), np.zeros(3)
    if place.upside_down:
        origin, steps, hu = (np.array(hu.shape) - 1) @ steps, -steps, hu[::-1, ::-1, ::-1]
    row, column = steps[2] / place.spacing[2], steps[1] / place.spacing[1]
    folder.mkdir()
    for number, one in enumerate(ct_slices(Study(hu, hu, origin, np.array(place.spacing)), Options())):
        one.ImageOrientationPatient = np.round([*row, *column], 9).tolist()
        one.ImagePositionPatient = np.round(origin + number * steps[0], 6).tolist()
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def read_labels(folder: Path) -> tuple[np.ndarray, dict[tuple[str, str], int]]:
    """What `bonemuscle models run` wrote, as the array that was drawn, and the value of every structure and side."""
    image = SimpleITK.DICOMOrient(SimpleITK.ReadImage(folder / "labels.nii.gz"), "LPS")
    assert np.allclose(image.GetOrigin(), 0, atol=1e-3), f"the first voxel lies at {image.GetOrigin()}"
    structures = json.loads((folder / "segmentation.json").read_text())["structures"]
    values = {(one["structure"], one["side"]): one["value"] for one in structures}
    return SimpleITK.GetArrayFromImage(image), values


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))
