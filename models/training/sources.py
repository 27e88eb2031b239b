"""Anatomies as the synthesis takes them: what every voxel may be, of which tissue it is, and its real intensity where there is one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from .volume import Image


class Tissue(IntEnum):
    """What a region is made of."""

    AIR = 0
    FAT = 1
    MUSCLE = 2
    BONE = 3
    VISCERA = 4
    ORGAN = 5
    VESSEL = 6
    KIDNEY = 7
    GAS = 8


@dataclass(frozen=True)
class Source:
    """One anatomy on a grid of its own; arrays are `[x, y, z]`."""

    name: str
    share: float
    """How often it is drawn, relative to the others."""
    spacing: float
    codes: NDArray[np.uint8]
    """See `partial_labels`."""
    regions: NDArray[np.uint8]
    """Number of the part of the body; 0 is outside."""
    tissues: NDArray[np.uint8]
    """`[256]`: tissue of every region."""
    hounsfield: Image | None = None
    """Real intensities; none: they are always painted."""
    paintable: bool = True
    """Whether the regions are complete enough for intensities to be painted."""


class Loaded:
    """A source on the device, with the distances that the synthesis needs."""

    def __init__(self, source: Source, device: torch.device) -> None:
        def tensor(array: np.ndarray) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(array)).to(device)[None, None]

        self.source = source
        self.shape = source.regions.shape
        self.codes, self.regions = tensor(source.codes), tensor(source.regions)
        self.tissues = torch.from_numpy(source.tissues.astype(np.int64)).to(device)
        tissue = source.tissues[source.regions]
        self.depth = tensor(depths(source, tissue))
        outside = np.isin(tissue, (Tissue.AIR, Tissue.FAT))
        self.fat_depth = tensor(ndimage.distance_transform_edt(outside, source.spacing).astype(np.float16))
        self.hounsfield = None if source.hounsfield is None else tensor(source.hounsfield.astype(np.float32))


def depths(source: Source, tissue: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Distance in millimetres of every voxel of bone or muscle to the surface of its region."""
    depth = np.zeros(source.regions.shape, np.float16)
    solid = np.isin(tissue, (Tissue.BONE, Tissue.MUSCLE))
    for region, box in enumerate(ndimage.find_objects(np.where(solid, source.regions, 0)), 1):
        if box is not None:
            wide = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in box)
            mask = source.regions[wide] == region
            depth[wide][mask] = ndimage.distance_transform_edt(mask, source.spacing)[mask]
    return depth


def mirrored(source: Source) -> Source:
    """The same anatomy with sides swapped, for sources that hold one side of a paired structure."""
    flip = None if source.hounsfield is None else source.hounsfield[::-1]
    return replace(source, name=source.name + "-mirrored", codes=source.codes[::-1], regions=source.regions[::-1], hounsfield=flip)
