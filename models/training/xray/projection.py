"""Cone-beam projections of a hip as a stack of basis maps.

Film frame: origin at the head's centre, x to the patient's left (columns), y from the tube to the detector, z up (rows run down).
Pixels are measured in the plane y = 0, so that a map is in millimetres at the hip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from . import compartments
from .bodies import Tissue
from .hips import Hip, displacement

SURROUNDINGS = (
    "pelvis_shell", "pelvis_inner_shell", "pelvis_core", "fat", "muscle", "viscera",
    "gluteus_medius", "gluteus_maximus", "gluteus_minimus", "iliopsoas",
)  # fmt: skip
"""Maps of thickness, mm, of all but the femur."""
_ORDER = (
    Tissue.FAT,
    Tissue.MUSCLE,
    Tissue.VISCERA,
    Tissue.GLUTEUS_MEDIUS,
    Tissue.GLUTEUS_MAXIMUS,
    Tissue.GLUTEUS_MINIMUS,
    Tissue.ILIOPSOAS,
)
SMOOTHING = 1.0
"""Standard deviation, mm, by which maps of soft tissue are smoothed: labels are 2 mm coarse."""
KNOTS = 25.0
"""Depths, mm apart, between which the bent body is taken to go straight."""
REGIONS = ("femoral_neck", "total_hip")


@dataclass(frozen=True)
class Window:
    """Pixels of a projection, in the plane of the head's centre."""

    rows: int
    columns: int
    pitch: float
    centre: tuple[float, float]
    """Row and column of the head's centre."""

    def points(self) -> NDArray[np.float32]:
        """`[pixels, 3]` places of the pixels' centres in the film frame."""
        row, column = np.mgrid[: self.rows, : self.columns]
        x, z = (column - self.centre[1]) * self.pitch, (self.centre[0] - row) * self.pitch
        return np.stack([x, np.zeros_like(x), z], -1).reshape(-1, 3).astype(np.float32)


@dataclass(frozen=True)
class Pose:
    """How the patient lies and where the tube stands."""

    femur: NDArray[np.float64]
    """Turns the femur's frame into the film's."""
    body: NDArray[np.float64]
    source: NDArray[np.float64]
    """Place of the focal spot, film frame, mm."""


@dataclass(frozen=True)
class Stack:
    """Basis maps of one window."""

    femur: NDArray[np.float32]
    """`[len(compartments.NAMES), rows, columns]`, mm along the ray."""
    surroundings: NDArray[np.float32]
    """`[len(SURROUNDINGS), rows, columns]`, mm along the ray."""
    regions: NDArray[np.float32]
    """`[len(REGIONS), rows, columns]`, mm of the femur's region along the ray."""


def film_pose(rng: np.random.Generator, midline: float, *, flexion: float = 0.0, abduction: float = 0.0, turning: float = 0.0) -> Pose:
    """An AP film: the neck within 13 degrees of the film's plane (anteversion less internal rotation, sd 6), flexion sd 4,
    adduction 4 (sd 4), the pelvis tilted by sd 7 degrees; tube at 1000 to 1150 mm from the detector, the hip 60 to 250 mm above it.

    `flexion`, `abduction` and `turning` (outward rotation) in degrees are added for other views. Ranges: assumptions but for the
    distances, which methods 1.6 gives.
    """
    turn = np.clip(rng.normal(0, 6), -13, 13) + turning
    femur = Rotation.from_euler("zxy", [turn, np.clip(rng.normal(0, 4), -10, 10) - flexion, rng.normal(4, 4) - abduction], degrees=True)
    body = Rotation.from_euler("xyz", [rng.normal(0, 7), rng.normal(0, 2), rng.normal(0, 3)], degrees=True)
    distance = rng.uniform(1000, 1150) - rng.uniform(60, 250)
    on_hip = rng.random() < 0.5
    across = rng.normal(0, 20) if on_hip else midline + rng.normal(0, 15)
    height = rng.normal(0, 25) if on_hip else rng.normal(20, 30)
    return Pose(femur.as_matrix(), body.as_matrix(), np.array([across, -distance, height]))


def soft_points(hip: Hip, pose: Pose, points: NDArray) -> NDArray[np.float32]:
    """Where the person that the body comes from is read: below the hip the muscles go with the femur."""
    body = points @ pose.body
    leg = points @ pose.femur @ hip.body.turn
    share = np.clip((-20 - points[:, 2]) / 70, 0, 1)[:, None]
    own = ((1 - share) * body + share * leg) / hip.stretch
    return (own + displacement(hip.wander, own)).astype(np.float32)


def project(hip: Hip, pose: Pose, window: Window, *, step: float = 0.7, soft_step: float = 2.5) -> Stack:
    """Ray integrals of all maps by sums over equal steps in depth."""
    pixels = window.points()
    slope = (pixels - pose.source) / -pose.source[1]
    stretch = np.linalg.norm(slope, axis=1)
    femur, regions = project_femur(hip, pose, pixels, slope, stretch, step)
    surroundings = project_surroundings(hip, pose, pixels, slope, stretch, soft_step)
    shape = (window.rows, window.columns)
    blur = (0, SMOOTHING / window.pitch, SMOOTHING / window.pitch)
    surroundings[3:] = ndimage.gaussian_filter(surroundings[3:].reshape(-1, *shape), blur).reshape(-1, len(pixels))
    return Stack(*(maps.reshape(len(maps), *shape).astype(np.float32) for maps in (femur, surroundings, regions)))


def project_femur(hip: Hip, pose: Pose, pixels: NDArray, slope: NDArray, stretch: NDArray, step: float) -> tuple[NDArray, NDArray]:
    """Maps of the femur and of its regions; first it is asked coarsely which rays meet it."""
    femur, count = hip.femur, len(pixels)
    reach = np.linalg.norm(femur.distance.origin) + 20
    maps, regions = np.zeros((len(compartments.NAMES), count)), np.zeros((len(REGIONS), count))
    depths = np.arange(-min(reach, 110), min(reach, 110), step)
    for block in np.array_split(depths, max(1, len(depths) // 8)):
        middle = block.mean()
        probe = femur.distance.at((pixels + slope * middle) @ pose.femur, outside=60.0)
        near = np.flatnonzero(probe < (block[-1] - block[0]) + 2)
        if not len(near):
            continue
        points = (pixels[near, None] + slope[near, None] * block[:, None]).reshape(-1, 3) @ pose.femur
        where = np.repeat(near, len(block))
        depth = -femur.distance.at(points.astype(np.float32), outside=60.0)
        inside = depth > -0.6 * step
        points, where, depth = points[inside].astype(np.float32), where[inside], depth[inside]
        groups, parts = compartments.shares(hip, points, depth, max(step, 1.0))
        parts *= (step * stretch[where])[:, None].astype(np.float32)
        maps += compartments.summed(groups, parts, where, count)
        whole = parts[:, : len(compartments.SHELLS)].sum(1)
        for region, held in enumerate((compartments.in_neck(femur, points), compartments.in_total_hip(femur, points))):
            regions[region] += np.bincount(where[held], whole[held], count)
    return maps, regions


def project_surroundings(hip: Hip, pose: Pose, pixels: NDArray, slope: NDArray, stretch: NDArray, step: float) -> NDArray:
    """Maps of pelvis and soft tissue; where the femur stands there is nothing else."""
    maps = np.zeros((len(SURROUNDINGS), len(pixels)))
    rays = np.arange(len(pixels))
    knots = np.arange(-175.0, 201.0, KNOTS)
    warped = [soft_points(hip, pose, pixels + slope * knot) for knot in knots]
    for depth in np.arange(-175.0, 176.0, step):
        points = (pixels + slope * depth).astype(np.float32)
        free = np.clip(hip.femur.distance.at(points @ pose.femur.astype(np.float32), outside=60.0) / step + 0.5, 0, 1)
        between, share = divmod((depth - knots[0]) / KNOTS, 1)
        own = warped[int(between)] * np.float32(1 - share) + warped[int(between) + 1] * np.float32(share)
        pelvis = -hip.body.pelvis.at(own, outside=60.0)
        length = step * stretch * free
        passed = [np.clip((pelvis - edge) / step + 0.5, 0, 1) for edge in (0.0, 1.0, 2.0)]
        maps[0] += (passed[0] - passed[1]) * length
        maps[1] += (passed[1] - passed[2]) * length
        maps[2] += passed[2] * length
        tissue = hip.body.tissue.at(own, outside=0, order=0).astype(np.int64)
        soft = np.bincount(tissue * len(rays) + rays, (1 - passed[0]) * length, 8 * len(rays)).reshape(8, -1)
        maps[3:] += soft[[int(label) for label in _ORDER]]
    return maps
