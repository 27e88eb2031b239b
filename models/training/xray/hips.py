"""A hip that nobody has: any femur in any body, both bent and stretched by chance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .bodies import Body
from .femora import LOW, SIZE, SPACING, Femur
from .grids import Field

SPLITS = {
    "train": (("m3_lfemur", "m3_rfemur", "m7_lfemur", "m7_rfemur", "woman"), ("woman_left", "woman_right", "man_right")),
    "validation": (("m4_lfemur", "m4_rfemur"), ("woman_left", "man_right")),
    "test": (("m8_lfemur", "man"), ("man_left",)),
}
"""Femora and bodies of every split: no person's femur is in two of them.

Soft tissue exists of two persons only: the test's is the left side of the man whose right side is in the training.
"""


@dataclass(frozen=True)
class Hip:
    """A femur in its frame and what lies around it in the body's; both origins are the head's centre."""

    femur: Femur
    body: Body
    wander: Field
    """`[..., 3]`: smooth displacement by which the body is read, mm."""
    stretch: NDArray[np.float64]
    """`[3]`: the body's size relative to the person it comes from."""
    grain: tuple[Field, Field]
    """Two random fields of unit variance along the compressive and the tensile trabeculae, sheared when read."""
    cortex: Field
    """Smooth random factor of the cortex's thickness, about 1."""


def smooth_field(rng: np.random.Generator, low: NDArray, size: tuple[int, ...], spacing: float, sigma: float) -> Field:
    """Random displacement `[..., 3]` on a coarse grid with standard deviation `sigma` per axis, zero at the origin."""
    values = ndimage.gaussian_filter(rng.normal(size=(*size, 3)), (1, 1, 1, 0))
    values *= sigma / values.std()
    field = Field(values.astype(np.float32), low, spacing)
    return field._replace(values=field.values - displacement(field, np.zeros((1, 3)))[0])


def displacement(field: Field, points: NDArray) -> NDArray[np.float32]:
    """A vector field at points."""
    index = ((points - field.origin) / field.spacing).T
    axes = [ndimage.map_coordinates(field.values[..., axis], index, order=1, mode="nearest") for axis in range(3)]
    return np.stack(axes, -1)


@dataclass(frozen=True)
class Bend:
    """Where a point of the new femur lies in the old one."""

    scale: NDArray[np.float64]
    tilt: float
    """Change of the neck-shaft angle, radians."""
    hinge: NDArray[np.float64]
    """Where the neck meets the shaft."""
    neck: NDArray[np.float64]
    wander: Field

    def back(self, points: NDArray) -> NDArray:
        """New to old: scaled, shaft and neck turned against each other about the hinge, displaced."""
        scaled = points * self.scale
        share = np.clip((self.hinge - scaled) @ self.neck / np.linalg.norm(self.hinge) * 1.6, 0, 1)
        angle = self.tilt * share * share * (3 - 2 * share)
        x, z = scaled[:, 0] - self.hinge[0], scaled[:, 2] - self.hinge[2]
        turned = np.stack(
            [np.cos(angle) * x + np.sin(angle) * z + self.hinge[0], scaled[:, 1], np.cos(angle) * z - np.sin(angle) * x + self.hinge[2]], -1
        )
        return turned + displacement(self.wander, turned)

    def forth(self, points: NDArray) -> NDArray:
        """Old to new, by turns."""
        answer = points.astype(float) / self.scale
        for _ in range(40):
            answer = answer - 0.7 * (self.back(answer) - points) / self.scale
        return answer


def bent(femur: Femur, rng: np.random.Generator, size: float) -> Femur:
    """A new femur: `size` times as large, of other proportions, neck-shaft angle (drawn from 127, sd 5 degrees) and surface (sd 1.5 mm)."""
    hinge = np.array([femur.shaft[0], femur.shaft[1] * 0.5, femur.neck[2] / femur.neck[0] * femur.shaft[0]])
    wander = smooth_field(rng, LOW - 10, (8, 7, 12), 24.0, 1.5)
    scale = 1 / (size * np.clip(rng.normal(1, 0.03, 3), 0.92, 1.08))
    angle = 90 + np.degrees(np.arctan2(-femur.neck[2], femur.neck[0]))
    tilt = np.radians(np.clip(angle - rng.normal(127, 5), -11, 11))
    bend = Bend(scale, tilt, hinge, femur.neck, wander)
    marks = np.array([np.zeros(3), femur.neck * femur.narrowest, femur.neck * femur.junction,
                      [*femur.shaft, femur.lesser_trochanter], [*femur.shaft, -100], [*femur.shaft, -150]])  # fmt: skip
    head, narrowest, junction, trochanter, upper, lower = bend.forth(marks)
    up = (upper - lower) / np.linalg.norm(upper - lower)
    axis = (narrowest - head) / np.linalg.norm(narrowest - head)
    x = axis - up * (axis @ up)
    x /= np.linalg.norm(x)
    turn = np.stack([x, np.cross(up, x), up])
    grid = LOW + np.stack(np.meshgrid(*map(np.arange, SIZE), indexing="ij"), -1).reshape(-1, 3) * SPACING
    old = bend.back((grid @ turn + head).astype(np.float32))
    values = carried_below(femur.distance.at(old, outside=60.0).reshape(SIZE))
    steep = np.sqrt(sum(component**2 for component in np.gradient(ndimage.gaussian_filter(values, 1.0), SPACING)))
    values = values / np.clip(steep, 0.75, 1.3)
    narrow, joint, level, shaft = (turn @ (mark - head) for mark in (narrowest, junction, trochanter, upper))
    return replace(
        femur, distance=Field(values.astype(np.float32), LOW, SPACING),
        radius=femur.radius / float(np.prod(scale) ** (1 / 3)), neck=turn @ axis,
        junction=float(np.linalg.norm(joint)), narrowest=float(np.linalg.norm(narrow)), shaft=shaft[:2], lesser_trochanter=float(level[2]),
    )  # fmt: skip


def carried_below(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """The part of the grid that the old femur's grid did not reach repeats the lowest section that it did."""
    known = (values < 0).any((0, 1))
    level = int(np.argmax(known)) + 3
    answer = values.copy()
    if level > 3:
        answer[:, :, :level] = values[:, :, level : level + 1]
    return answer


def grain(rng: np.random.Generator) -> Field:
    """Noise of unit variance, drawn out along z: two widths, 0.8 and 2.5 mm, mixed."""
    fine = ndimage.gaussian_filter(rng.normal(size=SIZE).astype(np.float32), (0.8, 0.8, 3.0))
    coarse = ndimage.gaussian_filter(rng.normal(size=SIZE).astype(np.float32), (2.5, 2.5, 6.0))
    values = fine / fine.std() + coarse / coarse.std()
    return Field((values / values.std()).astype(np.float32), LOW, SPACING)


def draw(femora: dict[str, Femur], bodies: dict[str, Body], split: str, seed: int, number: int) -> Hip:
    """The hip `number` of a split: always the same for the same seed."""
    rng = np.random.default_rng([seed, list(SPLITS).index(split), number])
    bones, flesh = SPLITS[split]
    body = bodies[flesh[rng.integers(len(flesh))]]
    old = femora[bones[rng.integers(len(bones))]]
    size = np.clip(rng.normal(23.5, 1.6), 20.5, 27.5) / old.radius
    femur = bent(old, rng, float(size))
    stretch = femur.radius / body.radius * np.clip(rng.normal(1, 0.04, 3), 0.9, 1.1)
    wander = smooth_field(rng, np.array([-260.0, -200.0, -280.0]), (9, 7, 9), 60.0, 3.5)
    near = ndimage.gaussian_filter(rng.normal(size=(15, 12, 24)), 1.2)
    cortex = Field(np.clip(1 + 0.18 * near / near.std(), 0.6, 1.4).astype(np.float32), LOW, 10.0)
    return Hip(femur, body, wander, stretch, (grain(rng), grain(rng)), cortex)
