"""Ways in which a CT can be worse than, or other than, those that a network was trained on; labels move with the anatomy.

Each takes HU, labels, a strength from 0 (mild) to 1 (severe) and a generator, on the network's grid, and gives both anew.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from .classes import BONES
from .volume import AIR, Image, Labels, body

Pair = tuple[Image, Labels]
Perturbation = Callable[[Image, Labels, float, Generator], Pair]


def moved(hounsfield: Image, labels: Labels, positions: np.ndarray) -> Pair:
    """Both sampled at `positions` `[3, x, y, z]` in voxels; air and background outside."""
    warped = ndimage.map_coordinates(hounsfield, positions, order=1, cval=AIR, output=np.float32)
    return warped, ndimage.map_coordinates(labels, positions, order=0, cval=0)


def linear(hounsfield: Image, labels: Labels, matrix: np.ndarray) -> Pair:
    """Both under a linear map about the centre; `matrix` leads from the new place to the old."""
    grid = np.indices(hounsfield.shape, dtype=np.float32)
    centre = (np.array(hounsfield.shape, np.float32) - 1)[:, None, None, None] / 2
    return moved(hounsfield, labels, np.tensordot(matrix.astype(np.float32), grid - centre, 1) + centre)


def nothing(hounsfield: Image, labels: Labels, _strength: float, _generator: Generator) -> Pair:
    """As it is."""
    return hounsfield, labels


def noise(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """White noise of 20 to 120 HU at 3 mm."""
    sigma = 20 + 100 * strength
    return hounsfield + generator.normal(0, sigma, hounsfield.shape).astype(np.float32), labels


def blur(hounsfield: Image, labels: Labels, strength: float, _generator: Generator) -> Pair:
    """A soft kernel: Gaussian of 3 to 9 mm."""
    return ndimage.gaussian_filter(hounsfield, 1 + 2 * strength), labels


def thick_slices(hounsfield: Image, labels: Labels, strength: float, _generator: Generator) -> Pair:
    """Slices of 6 to 15 mm, interpolated again."""
    slab = 2 + round(3 * strength)
    depth = hounsfield.shape[2] // slab * slab
    means = hounsfield[:, :, :depth].reshape(*hounsfield.shape[:2], -1, slab).mean(3)
    columns, rows, slices = np.indices(hounsfield.shape, np.float32)
    thick = ndimage.map_coordinates(means, [columns, rows, (slices - (slab - 1) / 2) / slab], order=1, mode="nearest")
    return thick.astype(np.float32), labels


def shift(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """A scanner out of calibration: 20 to 120 HU up or down, and the scale by up to 15 %."""
    offset = generator.choice([-1, 1]) * (20 + 100 * strength)
    scale = 1 + generator.uniform(-0.15, 0.15) * strength
    return np.where(hounsfield > -900, (hounsfield * scale + offset), hounsfield).astype(np.float32), labels


def contrast(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """Soft tissue without labels enhances in patches by 50 to 250 HU; muscles by a tenth of it."""
    patches = ndimage.gaussian_filter(generator.normal(size=hounsfield.shape), 4)
    patches = np.clip(patches / patches.std(), 0, 1.5) / 1.5
    soft = (hounsfield > -20) & (hounsfield < 120)
    gain = np.where(labels == 0, patches, 0.1) * (50 + 200 * strength)
    return np.where(soft, hounsfield + gain, hounsfield).astype(np.float32), labels


def metal(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """A ball of 12 to 30 mm of metal in a bone, with streaks in its slices."""
    bones = np.argwhere(np.isin(labels, BONES))
    if not len(bones):
        return hounsfield, labels
    centre = bones[generator.integers(len(bones))]
    x, y, z = np.ogrid[tuple(slice(-c, n - c) for c, n in zip(centre, hounsfield.shape, strict=True))]
    radius = 2 + 3 * strength
    angle, distance = np.arctan2(y, x), np.sqrt(x**2 + y**2)
    streaks = 600 * (0.5 + strength) * np.cos(7 * angle + generator.uniform(0, 6)) * np.exp(-distance / 15) * (np.abs(z) <= radius)
    answer = np.where(hounsfield > -900, hounsfield + streaks, hounsfield)
    return np.where(x**2 + y**2 + z**2 <= radius**2, 3000, answer).astype(np.float32), labels


def crop(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """A short scan: 60 to 25 % of the slices are left."""
    keep = int(hounsfield.shape[2] * (0.6 - 0.35 * strength))
    start = int(generator.integers(hounsfield.shape[2] - keep + 1))
    outside = np.ones(hounsfield.shape[2], bool)
    outside[start : start + keep] = False
    return np.where(outside, AIR, hounsfield).astype(np.float32), np.where(outside, 0, labels).astype(np.uint8)


def rotation(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """Lying askew: 15 to 60 degrees about a random axis."""
    axis = generator.normal(size=3)
    axis /= np.linalg.norm(axis)
    angle = np.radians(15 + 45 * strength)
    cross = np.cross(np.eye(3), axis)
    return linear(hounsfield, labels, np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def scale(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """A wrong voxel size: smaller or larger by 1.2 to 1.8."""
    factor = 1.2 + 0.6 * strength
    return linear(hounsfield, labels, np.eye(3) * (factor if generator.random() < 0.5 else 1 / factor))


def missing_half(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """One side outside the field of view, up to the middle."""
    width = int(hounsfield.shape[0] * (0.3 + 0.2 * strength))
    outside = np.zeros(hounsfield.shape, bool)
    outside[:width] = True
    outside = outside if generator.random() < 0.5 else outside[::-1]
    return np.where(outside, AIR, hounsfield).astype(np.float32), np.where(outside, 0, labels).astype(np.uint8)


def wrong_orientation(hounsfield: Image, labels: Labels, strength: float, _generator: Generator) -> Pair:
    """Front and back swapped; when severe, head and feet."""
    axis = 1 if strength < 0.5 else 2
    return np.ascontiguousarray(np.flip(hounsfield, axis)), np.ascontiguousarray(np.flip(labels, axis))


def occlusion(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """Boxes of 30 to 90 mm inside the body filled with one value, as an anonymiser or a lesion may."""
    answer = hounsfield.copy()
    places = np.argwhere(body(hounsfield))
    for _ in range(3):
        half = int(5 + 10 * strength)
        centre = places[generator.integers(len(places))]
        box = tuple(slice(max(0, c - half), c + half) for c in centre)
        answer[box] = generator.uniform(-100, 100)
    return answer, labels


def deformation(hounsfield: Image, labels: Labels, strength: float, generator: Generator) -> Pair:
    """Smooth: displacements of 10 to 35 mm (standard deviation) over some 60 mm."""
    fields = np.stack([ndimage.gaussian_filter(generator.normal(size=hounsfield.shape), 12) for _ in range(3)])
    fields *= (10 + 25 * strength) / 3 / fields.std()
    return moved(hounsfield, labels, np.indices(hounsfield.shape) + fields)


PERTURBATIONS: dict[str, Perturbation] = {
    "none": nothing,
    "noise": noise,
    "rotation": rotation,
    "contrast": contrast,
    "deformation": deformation,
    "thick_slices": thick_slices,
    "crop": crop,
    "metal": metal,
    "shift": shift,
    "missing_half": missing_half,
    "scale": scale,
    "wrong_orientation": wrong_orientation,
    "occlusion": occlusion,
    "blur": blur,
}
"""Names are the groups that are left out in turn when predicted Dice is judged."""
