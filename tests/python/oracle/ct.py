"""A CT and labels on it, and what all measurements share."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pydicom
from scipy import ndimage

Masks = dict[tuple[str, str], np.ndarray]

HALF = 0.5 + 1e-6
"""Added before rounding: half-way is beyond, on every processor."""


class NotMeasured(Exception):
    """A gate's code, in place of a value."""


@dataclasses.dataclass(frozen=True)
class Ct:
    """CT numbers in HU and where they lie."""

    hu: np.ndarray
    origin: np.ndarray
    """Centre of voxel [0, 0, 0]."""
    steps: np.ndarray
    """Rows: the displacement to the next slice, row and column. Slices may lean (gantry tilt)."""
    slice_thickness: float | None = None
    height: float | None = None
    """Of the patient, in metres."""

    @property
    def thickness(self) -> float:
        """The larger of what the header says and the distance of slices."""
        return max(self.slice_thickness or 0, np.linalg.norm(self.steps[0]))

    @property
    def voxel_cm3(self) -> float:
        return abs(np.linalg.det(self.steps)) / 1000

    def positions(self, mask: np.ndarray) -> np.ndarray:
        return self.origin + np.argwhere(mask) @ self.steps

    def nearest(self, points: np.ndarray) -> np.ndarray:
        return np.floor((points - self.origin) @ np.linalg.inv(self.steps) + HALF).astype(int)


def read_ct(folder: Path) -> Ct:
    """The only CT series of a folder of single-frame objects."""
    slices = [pydicom.dcmread(path) for path in sorted(Path(folder).rglob("*.dcm"))]
    slices = [one for one in slices if one.get("Modality") == "CT"]
    series = {one.SeriesInstanceUID for one in slices}
    assert len(series) == 1, f"{folder} holds {len(series)} CT series"
    row, column = np.reshape(slices[0].ImageOrientationPatient, (2, 3)).astype(float)
    normal = np.cross(row, column)
    slices.sort(key=lambda one: normal @ np.array(one.ImagePositionPatient, float))
    places = np.array([one.ImagePositionPatient for one in slices], float)
    row_spacing, column_spacing = map(float, slices[0].PixelSpacing)
    hu = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])
    steps = np.array([(places[-1] - places[0]) / (len(slices) - 1), column * row_spacing, row * column_spacing])
    height = slices[0].get("PatientSize")
    return Ct(hu.astype(np.float32), places[0], steps, float(slices[0].SliceThickness), height and float(height))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def largest_component(mask: np.ndarray) -> np.ndarray:
    groups, count = ndimage.label(mask)
    if count == 0:
        return mask
    # Groups are numbered in scan order, and argmax takes the first of equals.
    return groups == 1 + np.argmax(np.bincount(groups.ravel())[1:])


def density(hu: np.ndarray, conversion: dict) -> np.ndarray:
    return np.polyval([conversion.get("curvature", 0), conversion["slope"], conversion["intercept"]], hu)


def refused(region: str, quantities: str, *codes: str) -> dict:
    return {(region, quantity): set(codes) for quantity in quantities.split()}
