"""Areas of muscle and fat in a slice that the user chose.

The core measures the slice through the middle of L3 (`l3-slice/1`, plugin-core/src/measure/body_composition), and only that one enters
report and DICOM. Where the user means another slice, this is what the same definition of areas gives there, and it is shown as what it
is: the slice of the user. At the core's own slice both give the same areas; a test compares them.
"""

from __future__ import annotations

import numpy as np

from . import report, structures, volume, words
from .refused import Refused
from .segmentation import LabelMap

METHOD = "l3-slice/1, slice chosen by the user"
REGION = "Your slice"

#: Degrees; a section at a larger angle is not the one that areas are published for.
LARGEST_LEAN = 30.0
#: Millimetres; a label that meets the end of the field of view over more than this is cut.
LONGEST_CONTACT = 10.0
#: HU; what a scanner writes where it did not measure.
FIELD_OF_VIEW = -1024

_AREAS = (
    ("skeletal_muscle_area", ("skeletal_muscle",), "muscle"),
    ("skeletal_muscle_attenuation", ("skeletal_muscle",), "mean"),
    ("intermuscular_fat_area", ("skeletal_muscle",), "fat"),
    ("subcutaneous_fat_area", ("subcutaneous_fat",), "fat"),
    ("visceral_fat_area", ("visceral_fat",), "fat"),
)


def own_index(found: dict, node) -> int | None:
    """The slice of `node` through the middle of L3 that the core measured; None where it measured none."""
    position = report.value(found, "body", "l3_slice", "slice_position")
    if position is None:
        return None
    origin, steps = volume.grid_lps(node)
    columns, rows, _ = node.GetImageData().GetDimensions()
    # The core gives z where the slice passes the vertebra; slices that do not lean have one z.
    middle = origin + steps[0] * (columns - 1) / 2 + steps[1] * (rows - 1) / 2
    if abs(steps[2][2]) < 1e-6:
        return None
    index = int(round((position - middle[2]) / steps[2][2]))
    return index if 0 <= index < node.GetImageData().GetDimensions()[2] else None


def position_mm(node, index: int) -> float:
    """z in millimetres LPS of the middle of a slice."""
    origin, steps = volume.grid_lps(node)
    columns, rows, _ = node.GetImageData().GetDimensions()
    return float((origin + steps[0] * (columns - 1) / 2 + steps[1] * (rows - 1) / 2 + steps[2] * index)[2])


def measure(node, labels: LabelMap, index: int, found: dict | None) -> list[tuple[str, ...]]:
    """Rows for the table. What the model doubted in `found`, the core's report, is withheld here as well."""
    _, steps = volume.grid_lps(node)
    normal = np.cross(steps[0], steps[1])
    pixel_mm2 = float(np.linalg.norm(normal))
    lean = float(np.degrees(np.arccos(min(1.0, abs(normal[2]) / pixel_mm2))))
    if lean > LARGEST_LEAN:
        raise Refused(
            f"The slices lean {lean:.0f} degrees against the axial plane, and areas of muscle and fat are those of an axial slice; at most "
            f"{LARGEST_LEAN:.0f} degrees would do."
        )
    hu, values = volume.voxels(node)[index].astype(float), labels.voxels[index]
    withheld = _doubted(found)
    rows = []
    for quantity, names, what in (*_AREAS, ("psoas_area", _psoas(labels), "all")):
        section = np.isin(values, [value for value, name in labels.names.items() if _is(name, names)])
        reason = withheld.get(quantity) or _why_not(section, hu, names, pixel_mm2)
        number = None if reason else _value(section, hu, what, pixel_mm2)
        if number is None and not reason:
            reason = "no pixel lies in the range of muscle, above -30 and up to 150 HU"
        rows.append(_row(quantity, number, reason, position_mm(node, index)))
    return rows


def _value(section: np.ndarray, hu: np.ndarray, what: str, pixel_mm2: float) -> float | None:
    muscle = section & (hu > -30) & (hu <= 150)
    if what == "mean":
        return float(hu[muscle].mean()) if muscle.any() else None
    if what == "muscle" and not muscle.any():
        return None
    fat = section & (hu >= -190) & (hu <= -30)
    counted = {"muscle": muscle, "fat": fat, "all": section}[what]
    return float(np.count_nonzero(counted)) * pixel_mm2 / 100


def _why_not(section: np.ndarray, hu: np.ndarray, names: tuple[str, ...], pixel_mm2: float) -> str:
    said = " or ".join(sorted({structures.STRUCTURES[name].label.split(" ", 1)[-1] if "_left" in name or "_right" in name
                               else structures.STRUCTURES[name].label.lower() for name in names}))
    if not section.any():
        return f"the slice holds no pixel of a segment of {said}"
    contact = np.count_nonzero(section & _at_end(hu)) * pixel_mm2**0.5
    return f"the field of view cuts the {said} over {contact:.0f} mm" if contact > LONGEST_CONTACT else ""


def _at_end(hu: np.ndarray) -> np.ndarray:
    """Pixels at the edge of the image, or beside one outside the field of view: empty, with four empty neighbours."""
    empty = np.pad(hu <= FIELD_OF_VIEW, 1, constant_values=True)
    outside = empty[1:-1, 1:-1] & _neighbours(empty, np.logical_and)
    return _neighbours(np.pad(outside, 1, constant_values=True), np.logical_or)


def _neighbours(padded: np.ndarray, both) -> np.ndarray:
    """What the four pixels that share an edge are together."""
    vertical = both(padded[:-2, 1:-1], padded[2:, 1:-1])
    return both(vertical, both(padded[1:-1, :-2], padded[1:-1, 2:]))


def _psoas(labels: LabelMap) -> tuple[str, ...]:
    """Psoas major; where no segment is one, iliopsoas, which is psoas alone at this level."""
    sides = lambda name: (f"{name}_left", f"{name}_right")  # noqa: E731
    present = {structure.name for structure in map(structures.named, labels.names.values()) if structure}
    return sides("iliopsoas") if present.isdisjoint(sides("psoas_major")) and not present.isdisjoint(sides("iliopsoas")) else sides("psoas_major")


def _is(segment_name: str, names: tuple[str, ...]) -> bool:
    structure = structures.named(segment_name)
    return structure is not None and structure.name in names


#: Gates that speak of the model, whatever the slice.
_OF_THE_MODEL = {"UNCERT", "CHILD"}


def _doubted(found: dict | None) -> dict[str, str]:
    body = [one for one in (found or {"findings": []})["findings"] if one["structure"] == "body"]
    doubts = [one for finding in body for one in finding["not_measured"] if one["code"] in _OF_THE_MODEL]
    return {quantity: one["reason"] for one in doubts for quantity in one["quantities"]}


def _row(quantity: str, number: float | None, reason: str, z: float) -> tuple[str, ...]:
    unit = "HU" if quantity.endswith("attenuation") else "cm²"
    value = "" if number is None else f"{number:.6g}"
    remark = f"not measured: {reason}" if reason else "not in the report, not in DICOM"
    return ("Body", f"{REGION}, z {z:.1f} mm", words.quantity(quantity), value, unit, METHOD, remark)
