"""Proximal femora as signed distances in the frame of a DXA scan, with their landmarks.

The frame is that of `neck_shaft_frame`: the origin is the centre of the head, z up the shaft, the neck's axis in the plane of x and z,
x lateral, y posterior, millimetres; every femur is a LEFT one, right ones are mirrored. A DXA scan looks along y.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..anatomy import person
from ..filling import Lattice, inside, solid
from ..surfaces import archive
from .grids import Field

SPACING = 1.0
LOW = np.array([-45.0, -55.0, -190.0])
SIZE = (145, 110, 240)
"""The grid of every femur: from the head's centre 45 mm medial, 100 lateral, 55 to both sides, 190 down."""


@dataclass(frozen=True)
class Femur:
    """One femur in its own frame."""

    name: str
    distance: Field
    """Signed distance to the periosteum, mm, negative inside."""
    radius: float
    """Of the head, mm."""
    neck: NDArray[np.float64]
    """`[3]`: direction of the neck's axis, from the head to the shaft."""
    junction: float
    """Where the sphere of the head meets the neck, mm along the axis (methods: sqrt(r^2 - r_n^2))."""
    narrowest: float
    """Where the neck's section is smallest, mm along the axis."""
    shaft: NDArray[np.float64]
    """`[2]`: x and y of the shaft's axis."""
    lesser_trochanter: float
    """z of the lesser trochanter's apex."""


def sphere(points: NDArray[np.float64], rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """Centre and radius of the sphere of 18 to 32 mm that most points lie on within 1 mm."""
    best, answer = 0, (points.mean(0), 24.0)
    for _ in range(4000):
        centre, radius = least_squares_sphere(points[rng.choice(len(points), 4, replace=False)])
        if 18 < radius < 32:
            near = np.abs(np.linalg.norm(points - centre, axis=1) - radius) < 1.0
            if near.sum() > best:
                best, answer = int(near.sum()), least_squares_sphere(points[near])
    return answer


def least_squares_sphere(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The sphere for which the sum of squared |p|^2 - 2 c p - d is least."""
    system = np.column_stack([2 * points, np.ones(len(points))])
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    return solution[:3], float(np.sqrt(max(solution[3] + solution[:3] @ solution[:3], 0.0)))


def signed_distance(mask: NDArray[np.bool_], spacing: float) -> NDArray[np.float32]:
    """Millimetres to the surface, negative inside, the steps between voxels smoothed."""
    distance = ndimage.distance_transform_edt(~mask) - ndimage.distance_transform_edt(mask)
    distance -= 0.5 * np.sign(distance)
    return (ndimage.gaussian_filter(distance.astype(np.float32), 0.7) * spacing).astype(np.float32)


def frame(mask: NDArray[np.bool_], lattice: Lattice, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Head centre, rotation whose rows are the frame's axes, radius of the head, from a left femur with z roughly upwards (LPS)."""
    shell = np.argwhere(mask & ~ndimage.binary_erosion(mask)) * lattice.spacing + lattice.origin
    inner = np.argwhere(mask) * lattice.spacing + lattice.origin
    top = inner[:, 2].max()
    near = shell[shell[:, 2] > top - 55]
    near = near[near[:, 0] < np.quantile(near[:, 0], 0.6)]
    centre, radius = sphere(near, rng)
    bottom = inner[:, 2].min()
    levels = np.arange(bottom + 6, min(bottom + 60, centre[2] - 85), 2.0)
    if len(levels) > 7:
        middles = np.array([inner[np.abs(inner[:, 2] - level) < 1.0].mean(0) for level in levels])
        up = np.linalg.svd(middles - middles.mean(0))[2][0]
        up *= np.sign(up[2])
        on_shaft = middles.mean(0)
    else:
        up, on_shaft = np.array([0.0, 0, 1]), inner[inner[:, 2] < bottom + 8].mean(0)
    axis = neck_axis(inner, centre, radius, on_shaft, up)
    x = axis - up * (axis @ up)
    x /= np.linalg.norm(x)
    return centre, np.stack([x, np.cross(up, x), up]), radius


def neck_axis(inner: np.ndarray, centre: np.ndarray, radius: float, on_shaft: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Direction from the head's centre through the middles of the neck's sections, found by turns."""
    foot = on_shaft + up * ((centre - on_shaft) @ up) - up * 25.0
    axis = (foot - centre) / np.linalg.norm(foot - centre)
    for _ in range(12):
        along = (inner - centre) @ axis
        aside = np.linalg.norm(inner - centre - along[:, None] * axis, axis=1)
        neck = (along > 0.85 * radius) & (along < 1.45 * radius) & (aside < 1.15 * radius)
        new = inner[neck].mean(0) - centre
        axis = new / np.linalg.norm(new)
    return axis


def sections(inner: NDArray[np.float64], axis: NDArray[np.float64], radius: float) -> tuple[float, float]:
    """Where the neck is narrowest and where the head ends, mm along the axis; voxels of 1 mm3."""
    along = inner @ axis
    aside = np.linalg.norm(inner - along[:, None] * axis, axis=1)
    steps = np.arange(0.6 * radius, 1.7 * radius)
    areas = np.array([((np.abs(along - step) < 1.5) & (aside < 1.2 * radius)).sum() / 3.0 for step in steps])
    least = int(np.argmin(ndimage.gaussian_filter1d(areas, 1.0)))
    return float(steps[least]), float(np.sqrt(max(radius**2 - areas[least] / np.pi, (0.3 * radius) ** 2)))


def lesser_trochanter(inner: NDArray[np.float64]) -> float:
    """Level of the bulge at the back of the femur, 30 to 78 mm below the head's centre, over the line between its ends."""
    levels = np.arange(-78.0, -29.0)
    back = np.array([inner[np.abs(inner[:, 2] - level) < 0.6][:, 1].max() for level in levels])
    back = ndimage.gaussian_filter1d(back, 2.0)
    line = np.interp(levels, levels[[0, -1]], back[[0, -1]])
    return float(levels[int(np.argmax(back - line))])


def measured(name: str, mask: NDArray[np.bool_], lattice: Lattice) -> Femur:
    """Frame and landmarks of a left femur, LPS."""
    centre, turn, radius = frame(mask, lattice, np.random.default_rng(0))
    source = Field(signed_distance(mask, lattice.spacing), lattice.origin, lattice.spacing)
    grid = LOW + np.stack(np.meshgrid(*map(np.arange, SIZE), indexing="ij"), -1) * SPACING
    values = carried_on(source.at(grid.reshape(-1, 3) @ turn + centre, outside=60.0).reshape(SIZE))
    inner = np.argwhere(values < 0) * SPACING + LOW
    shaft = inner[np.abs(inner[:, 2] + 130) < 10][:, :2].mean(0)
    axis = neck_axis(inner, np.zeros(3), radius, np.array([*shaft, -60.0]), np.array([0.0, 0, 1]))
    axis[1] = 0
    axis /= np.linalg.norm(axis)
    narrowest, junction = sections(inner, axis, radius)
    return Femur(name, Field(values, LOW, SPACING), radius, axis, junction, narrowest, shaft, lesser_trochanter(inner))


def carried_on(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Below the end of a surface that was cut off the shaft goes on: from its lowest whole section to a round shaft 40 mm below."""
    area = (values < 0).sum((0, 1)) * SPACING**2
    level = int(np.round((-60 - LOW[2]) / SPACING))
    while level > 0 and area[level - 1] > 0.97 * np.median(area[level : level + 6]) - 4:
        level -= 1
    answer = values.copy()
    if level > 0:
        level += 1
        section = values[:, :, level]
        x, y = np.meshgrid(*(np.arange(size) for size in section.shape), indexing="ij")
        middle = np.argwhere(section < 0).mean(0)
        rim = np.hypot(x - middle[0], y - middle[1]) * SPACING - min(float(np.sqrt(area[level] / np.pi)), 15.0)
        share = np.clip((level - np.arange(level)) * SPACING / 40.0, 0, 1)
        answer[:, :, :level] = section[:, :, None] * (1 - share) + rim[:, :, None] * share
    return answer


def published(data: Path) -> Iterator[Femur]:
    """The seven femora of libhip, of four persons."""
    for name, surface in archive(data / "femur_meshes" / "libhip_femurs.zip", "stl").items():
        if "_rfemur" in name:
            surface.vertices = surface.vertices * [-1, 1, 1]
        low, high = surface.bounds
        lattice = Lattice(low - 6, SPACING, tuple(np.ceil(high - low + 12).astype(int)))
        yield measured(name.removesuffix("_mm"), inside(surface, lattice), lattice)


def visible(data: Path) -> Iterator[Femur]:
    """The right femora of the Visible Humans, mirrored: their left ones have the same shape. RAS+ turned to LPS."""
    for sex, name in (("F", "woman"), ("M", "man")):
        surface = person(data, sex).femora["Right"].copy()
        surface.vertices = surface.vertices * [1, -1, 1]
        low, high = surface.bounds
        low = np.array([low[0], low[1], high[2] - 230])
        lattice = Lattice(low - 6, SPACING, tuple(np.ceil(high - low + 12).astype(int)))
        yield measured(name, solid([surface], lattice, axial=True), lattice)


def collected(data: Path, workspace: Path) -> dict[str, Femur]:
    """All femora by name, kept in `workspace`."""
    folder = workspace / "femora"
    if not folder.exists():
        made = workspace / f"femora.{os.getpid()}"
        made.mkdir(parents=True)
        for femur in chain(published(data), visible(data)):
            values = {key: value for key, value in vars(femur).items() if key not in ("name", "distance")}
            np.savez_compressed(made / f"{femur.name}.npz", distance=femur.distance.values.astype(np.float16), **values)
        try:
            made.rename(folder)
        except OSError:
            shutil.rmtree(made)
    return {file.stem: read(file) for file in sorted(folder.glob("*.npz"))}


def read(file: Path) -> Femur:
    """A femur that `collected` kept."""
    with np.load(file) as kept:
        numbers = {key: float(kept[key]) for key in ("radius", "junction", "narrowest", "lesser_trochanter")}
        distance = Field(kept["distance"].astype(np.float32), LOW, SPACING)
        return Femur(file.stem, distance, neck=kept["neck"], shaft=kept["shaft"], **numbers)
