"""A hip film, and the same film with other headers or pixels."""

import io
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from environment import ROOT, skip_or_fail

EXAMPLES = ROOT / "examples" / "films"


def example() -> Path:
    """The film that lies in the repository."""
    found = sorted(EXAMPLES.glob("*.dcm"))
    if not found:
        skip_or_fail(f"{EXAMPLES} holds no film")
    return found[0]


def changed(film: Path, change=None, study: str | None = None) -> bytes:
    """`film` in a study of its own (or in `study`), under new UIDs, after `change` has altered its data set."""
    dataset = pydicom.dcmread(film)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress()
    dataset.StudyInstanceUID = study or generate_uid()
    dataset.SeriesInstanceUID, dataset.SOPInstanceUID = generate_uid(), generate_uid()
    if change:
        change(dataset)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def largest(dataset) -> int:
    return (1 << dataset.BitsStored) - 1


def set_pixels(dataset, pixels) -> None:
    dtype = np.uint16 if dataset.BitsAllocated == 16 else np.uint8
    dataset.Rows, dataset.Columns = pixels.shape
    data = np.ascontiguousarray(pixels, dtype).tobytes()
    dataset.PixelData = data + bytes(len(data) % 2)


def inverted(dataset) -> None:
    """What is bright becomes dark in the file and is shown as before (PS3.3 C.7.6.3.1.2, C.8.11.3.1.2)."""
    set_pixels(dataset, largest(dataset) - dataset.pixel_array.astype(np.int64))
    other = {"MONOCHROME1": "MONOCHROME2", "MONOCHROME2": "MONOCHROME1"}
    dataset.PhotometricInterpretation = other[dataset.PhotometricInterpretation]
    if "PresentationLUTShape" in dataset:
        dataset.PresentationLUTShape = "INVERSE" if dataset.PhotometricInterpretation == "MONOCHROME1" else "IDENTITY"
    if "PixelIntensityRelationshipSign" in dataset:
        dataset.PixelIntensityRelationshipSign = -dataset.PixelIntensityRelationshipSign


def garbage(dataset) -> None:
    """Noise with the headers of a hip film."""
    noise = np.random.default_rng(1).integers(0, largest(dataset) + 1, (dataset.Rows, dataset.Columns))
    set_pixels(dataset, noise)


def even(dataset) -> None:
    set_pixels(dataset, np.full((dataset.Rows, dataset.Columns), largest(dataset) // 2))


def huge(dataset) -> None:
    """As many rows and columns as a header can state, and the pixels of a small film."""
    dataset.Rows = dataset.Columns = 65535


def without_spacing(dataset) -> None:
    for keyword in ("ImagerPixelSpacing", "PixelSpacing", "NominalScannedPixelSpacing"):
        if keyword in dataset:
            delattr(dataset, keyword)


def without_side(dataset) -> None:
    """One hip, and nobody says which."""
    dataset.BodyPartExamined = "HIP"
    for keyword in ("ImageLaterality", "Laterality", "AnatomicRegionSequence", "AnatomicRegionModifierSequence"):
        if keyword in dataset:
            delattr(dataset, keyword)


def unnamed(dataset) -> None:
    """One hip, and nothing says so but the film: no part, no region, no side."""
    without_side(dataset)
    del dataset.BodyPartExamined


def child(dataset) -> None:
    dataset.PatientAge = "008Y"


def viewed(position: str | None = None, description: str | None = None, code: tuple[str, str] | None = None):
    """A film whose headers name a view."""

    def change(dataset):
        for keyword in ("ViewPosition", "ViewCodeSequence"):
            if keyword in dataset:
                delattr(dataset, keyword)
        if position is not None:
            dataset.ViewPosition = position
        if description is not None:
            dataset.SpecificCharacterSet = "ISO_IR 192"
            dataset.SeriesDescription = description
        if code is not None:
            item = Dataset()
            item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code[0], "SCT", code[1]
            dataset.ViewCodeSequence = Sequence([item])

    return change


# What the headers speak against, and the gate that says so.
NOT_MEASURED = {
    "lateral by position": (viewed(position="LL"), "VIEW"),
    "lateral by code": (viewed(code=("399067008", "lateral")), "VIEW"),
    "frog leg by description": (viewed(description="Hip frog leg"), "VIEW"),
    "axial in Japanese": (viewed(description="股関節軸位"), "VIEW"),
    "child": (child, "CHILD"),
    "no spacing": (without_spacing, "SPACING_UNKNOWN"),
    "no side": (without_side, "LATERALITY"),
    "nothing but a film": (unnamed, "LATERALITY"),
}
