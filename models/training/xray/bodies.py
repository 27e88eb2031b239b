"""What lies around the femur: muscles, fat, viscera and pelvis of the Visible Humans, about the centre of a hip.

Frame: origin at the centre of the head, LPS axes of the person as modelled, millimetres, always a LEFT hip: the right half of a person
is mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy import BONES, MUSCLES, atlases
from ..filling import Lattice
from ..visible import CAVITY, pelvic_cavity
from .femora import frame, signed_distance
from .grids import Field

SPACING = 2.0
LOW = np.array([-230.0, -170.0, -260.0])
SIZE = (230, 190, 240)
"""The grid of every body."""


class Tissue(IntEnum):
    """Labels of a body."""

    AIR = 0
    FAT = 1
    MUSCLE = 2
    VISCERA = 3
    GLUTEUS_MEDIUS = 4
    GLUTEUS_MAXIMUS = 5
    GLUTEUS_MINIMUS = 6
    ILIOPSOAS = 7


_NAMED = {
    "GluteusMedius": Tissue.GLUTEUS_MEDIUS, "GluteusMaximus": Tissue.GLUTEUS_MAXIMUS, "GluteusMinimus": Tissue.GLUTEUS_MINIMUS,
    "Iliacus": Tissue.ILIOPSOAS, "PsoasMajor": Tissue.ILIOPSOAS,
}  # fmt: skip


@dataclass(frozen=True)
class Body:
    """One side of a person."""

    name: str
    tissue: Field
    """`Tissue` of every voxel; where a bone lies, that of the nearest soft voxel. Muscles of the other side have no name."""
    pelvis: Field
    """Signed distance to hip bones, sacrum and lumbar vertebrae, mm."""
    turn: NDArray[np.float64]
    """Rows: axes of the femur's frame in this one, as the person was modelled."""
    radius: float
    """Of the femur's head, mm."""
    midline: float
    """x of the middle of the pelvis: negative."""


def tissue_of_regions() -> NDArray[np.uint8]:
    """`Tissue` of every region of an atlas."""
    table = np.full(256, Tissue.FAT, np.uint8)
    table[0], table[CAVITY] = Tissue.AIR, Tissue.VISCERA
    for name, region in MUSCLES.items():
        table[region] = _NAMED.get(name, Tissue.MUSCLE)
    return table


def without_bones(tissue: NDArray[np.uint8], bone: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Soft tissue grown into the bones, so that another bone may stand there."""
    nearest = ndimage.distance_transform_edt(bone | (tissue == Tissue.AIR), return_distances=False, return_indices=True)
    grown = tissue[tuple(nearest)]
    return np.where(bone, grown, tissue)


def about_the_hip(values: NDArray, centre_index: NDArray[np.float64], order: int, outside: float) -> Field:
    """A person's grid cut to the bodies' one."""
    offset = centre_index + LOW / SPACING
    return Field(ndimage.affine_transform(values, np.ones(3), offset, output_shape=SIZE, order=order, cval=outside), LOW, SPACING)


def body(name: str, regions: NDArray[np.uint8]) -> Body:
    """The left half of a person whose regions are in LPS order at 2 mm."""
    middle = np.argwhere(regions == BONES["sacrum"])[:, 0].mean()
    femur = regions == BONES["femur"]
    femur[: int(middle)] = False
    top = np.argwhere(femur)[:, 2].max()
    upper = femur.copy()
    upper[:, :, : max(0, top - 115)] = False
    centre, turn, radius = frame(upper, Lattice(np.zeros(3), SPACING, regions.shape), np.random.default_rng(0))
    bone = np.isin(regions, [BONES[part] for part in ("hip_bone", "sacrum", "coccyx", "L1", "L2", "L3", "L4", "L5")])
    soft = without_bones(tissue_of_regions()[regions], bone | (regions == BONES["femur"]))
    soft[: int(middle)][soft[: int(middle)] > Tissue.VISCERA] = Tissue.MUSCLE
    index = centre / SPACING
    return Body(
        name, about_the_hip(soft, index, 0, 0), about_the_hip(signed_distance(bone, SPACING), index, 1, 60.0), turn, radius,
        float((middle - index[0]) * SPACING),
    )  # fmt: skip


def visible(data: Path, workspace: Path) -> dict[str, Body]:
    """Both sides of both persons."""
    found = {}
    for person, atlas in atlases(data, workspace).items():
        regions = atlas.regions[::-1, ::-1].copy()
        pelvic_cavity(regions)
        found[f"{person}_left"] = body(f"{person}_left", regions)
        found[f"{person}_right"] = body(f"{person}_right", regions[::-1])
    return found
