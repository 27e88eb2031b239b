"""Voxels inside surfaces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from trimesh import Trimesh

from .surfaces import points

Mask = NDArray[np.bool_]


class Lattice(NamedTuple):
    """Voxel centres: `origin` + index * `spacing`, in millimetres."""

    origin: np.ndarray
    spacing: float
    shape: tuple[int, ...]


def around(surface: Trimesh, spacing: float, margin: float) -> Lattice:
    """The lattice that holds a surface."""
    low, high = surface.bounds
    return Lattice(low - margin, spacing, tuple(np.ceil((high - low + 2 * margin) / spacing).astype(int)))


def inside(surface: Trimesh, lattice: Lattice) -> Mask:
    """Parity of crossings along z; exact for closed surfaces."""
    nudge = 1e-4 * np.array([1.0, 1.37, 0.0])
    triangles = (surface.triangles - lattice.origin) / lattice.spacing + nudge
    low = np.maximum(np.ceil(triangles[:, :, :2].min(1)).astype(int), 0)
    high = np.minimum(np.floor(triangles[:, :, :2].max(1)).astype(int), np.array(lattice.shape[:2]) - 1)
    extent = np.maximum(high - low + 1, 0)
    crossings = np.zeros((lattice.shape[0] * lattice.shape[1], lattice.shape[2] + 1), np.int32)
    for dx in range(extent[:, 0].max(initial=0)):
        for dy in range(extent[:, 1].max(initial=0)):
            reached = (extent[:, 0] > dx) & (extent[:, 1] > dy)
            column = low[reached] + [dx, dy]
            hit, height = crossing(triangles[reached], column)
            place = column[hit, 0] * lattice.shape[1] + column[hit, 1]
            np.add.at(crossings, (place, np.clip(np.ceil(height), 0, lattice.shape[2]).astype(int)), 1)
    return (np.cumsum(crossings, 1)[:, :-1] % 2 == 1).reshape(lattice.shape)


def crossing(triangles: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which triangles a column along z meets, and at what height."""
    a, b, c = (triangles[:, k, :2] for k in range(3))
    ab, ac, ap = b - a, c - a, column - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = (ap[:, 0] * ac[:, 1] - ap[:, 1] * ac[:, 0]) / area
        v = (ab[:, 0] * ap[:, 1] - ab[:, 1] * ap[:, 0]) / area
        hit = (area != 0) & (u >= 0) & (v >= 0) & (u + v <= 1)
    heights = triangles[:, :, 2]
    rise = u * (heights[:, 1] - heights[:, 0]) + v * (heights[:, 2] - heights[:, 0])
    return hit, (heights[:, 0] + rise)[hit]


def solid(surfaces: list[Trimesh], lattice: Lattice, *, closing: int = 3, axial: bool = False) -> Mask:
    """Inside of surfaces with gaps or double walls: marked at 1 mm, closed, filled; `axial` also fills every slice.

    Comes out up to half a millimetre thick: not a truth for volumes.
    """
    places = np.concatenate([points(surface, int(surface.area * 4)) for surface in surfaces])
    corner = places.min(0) - 8
    fine = np.zeros(np.ceil(places.max(0) - corner + 8).astype(int), bool)
    fine[tuple(np.round(places - corner).astype(int).T)] = True
    fine = ndimage.binary_fill_holes(ndimage.binary_dilation(fine, iterations=closing))
    if axial:
        for k in range(fine.shape[2]):
            fine[:, :, k] = ndimage.binary_fill_holes(fine[:, :, k])
    fine = ndimage.binary_erosion(fine, iterations=closing)
    ends = zip(lattice.origin - corner, lattice.shape, strict=True)
    axes = [np.round(start + lattice.spacing * np.arange(size)).astype(int) for start, size in ends]
    held = [(axis >= 0) & (axis < size) for axis, size in zip(axes, fine.shape, strict=True)]
    answer = np.zeros(lattice.shape, bool)
    answer[np.ix_(*held)] = fine[np.ix_(*[axis[keep] for axis, keep in zip(axes, held, strict=True)])]
    return answer
