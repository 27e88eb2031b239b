"""Names, colours and codes of the structures, as in plugin-core/src/anatomy/structure.rs; a test compares both."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

#: SNOMED CT, as DICOM's Segmented Property Category.
CATEGORY = ("SCT", "123037004", "Anatomical Structure")
SIDES = {"left": ("SCT", "7771000", "Left"), "right": ("SCT", "24028007", "Right")}

#: The context by which Slicer finds categories and types again.
_CONTEXT = "Segmentation category and type - 3D Slicer General Anatomy list"
_NO_REGION = "Anatomic codes - DICOM master list~^^~^^"


@dataclass(frozen=True)
class Structure:
    #: As reports and name tables call it, with the side: `gluteus_maximus_left`.
    name: str
    #: As people say it: `Left gluteus maximus`.
    label: str
    #: Scheme, value, meaning.
    code: tuple[str, str, str]
    #: `left`, `right` or empty.
    side: str
    #: sRGB, 0 to 1.
    color: tuple[float, float, float]

    def terminology(self) -> str:
        """The segment's tag `TerminologyEntry`: category, type and laterality, so that a SEG that Slicer writes is understood."""
        modifier = SIDES.get(self.side, ("", "", ""))
        parts = [_CONTEXT, *("^".join(code) for code in (CATEGORY, self.code, modifier)), _NO_REGION]
        return "~".join(parts)


def _read() -> dict[str, Structure]:
    rows = json.loads((Path(__file__).parent / "structures.json").read_text(encoding="utf-8"))
    found = {}
    for row in rows:
        for side in ("", "left", "right") if row["paired"] else ("",):
            english = row["english"]
            # A proper name such as L1 keeps its capital.
            rest = english if english[1:2].isdigit() else english[0].lower() + english[1:]
            value, scheme, meaning = row["code"]
            name = f"{row['name']}_{side}" if side else row["name"]
            color = tuple(channel / 255 for channel in row["color"])
            label = f"{side.capitalize()} {rest}" if side else english
            found[name] = Structure(name, label, (scheme, value, meaning), side, color)
    return found


#: By name with side.
STRUCTURES = _read()
_BY_NAME = {key.lower(): one for one in STRUCTURES.values() for key in (one.name, one.label)}


def named(segment_name: str) -> Structure | None:
    """The structure that a segment of this name is, by our own names and labels."""
    return _BY_NAME.get(segment_name.strip().lower())


def label(structure: str, side: str) -> str:
    """As people say it; a name that is not known is said as it stands."""
    known = STRUCTURES.get(f"{structure}_{side}" if side in SIDES else structure)
    return known.label if known else " ".join([structure.replace("_", " "), side]).strip()
