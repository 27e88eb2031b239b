"""SR and SEG of a measurement into Slicer's DICOM database, beside the CT that was measured."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .refused import Refused

#: What a run writes: structured report, segmentation, page as PDF and as image.
OBJECTS = ("sr.dcm", "seg.dcm", "pdf.dcm", "sc.dcm")


def objects(folder: str | Path) -> list[Path]:
    """The DICOM objects that a run left in its results folder; none where DICOM was not known."""
    return [Path(folder) / name for name in OBJECTS if (Path(folder) / name).is_file()]


def add_to_database(folder: str | Path, import_folder) -> int:
    """Copies them into the database, and says how many.

    `import_folder(path)` imports a folder and copies its files, as DICOMUtils.importDicom does.
    """
    found = objects(folder)
    if not found:
        raise Refused("There is no DICOM object to export: the volume was not loaded from the DICOM database, or nothing was measured.")
    # Only these: a folder that the user chose may hold anything.
    with tempfile.TemporaryDirectory(prefix="BoneMuscle-export-") as scratch:
        for file in found:
            shutil.copy2(file, scratch)
        if import_folder(scratch) is False:
            raise Refused("Slicer's DICOM database did not take the objects; open the DICOM module and check its database folder.")
    return len(found)
