"""A folder of DICOM files as a volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError
from trame_slicer.core import SlicerApp

_CT = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1")
_SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")


@dataclass
class Study:
    """A CT and what belongs to it."""

    volume: object
    #: The files of the CT, and of segmentations in the same folder.
    files: list[str]
    #: Series Description and size.
    description: str


class NoStudy(Exception):
    """Why the folder cannot be shown, in a sentence."""


def load(application: SlicerApp, folder: Path) -> Study:
    """Reads the CT series with most slices in the folder."""
    series: dict[str, list[tuple[Path, object]]] = {}
    segmentations = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            header = pydicom.dcmread(file, stop_before_pixels=True)
        except (InvalidDicomError, OSError):
            continue
        if header.get("SOPClassUID") in _CT:
            series.setdefault(header.SeriesInstanceUID, []).append((file, header))
        elif header.get("SOPClassUID") in _SEGMENTATION:
            segmentations.append(str(file))
    if not series:
        raise NoStudy(f"{folder} holds no CT; give a folder with the DICOM files of one")
    largest = max(series.values(), key=len)
    files = [str(file) for file, _ in largest]
    volumes = application.io_manager.load_volumes(files)
    if not volumes:
        raise NoStudy(f"Slicer could not read the {len(files)} CT files in {folder} as a volume")
    volume = volumes[0]
    volume.SetName(largest[0][1].get("SeriesDescription") or "CT")
    return Study(volume, files + segmentations, _described(volume))


def _described(volume) -> str:
    columns, rows, slices = volume.GetImageData().GetDimensions()
    spacing = " × ".join(f"{step:.3g}" for step in volume.GetSpacing())
    return f"{volume.GetName()}: {columns} × {rows} × {slices} voxels of {spacing} mm"
