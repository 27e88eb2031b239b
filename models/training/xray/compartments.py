"""What a point of a femur is made of: how deep in which cortex, in which trabecular compartment.

A healthy adult's cortex has a *nominal* thickness everywhere; a patient has a multiple of it. So the depth below the periosteum is
counted in nominal thicknesses and cut into shells, and the cortex of a patient is a sum of shells.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .femora import Femur
from .hips import Hip

COMPARTMENTS = ("head", "neck", "trochanter", "shaft", "distal")
SHELLS = (0.0, 0.3, 0.5, 0.7, 0.9, 1.1, 1.4)
"""Edges of the shells in nominal thicknesses."""
CUT = 40.0
"""The proximal femur ends so far below the lesser trochanter, mm: `distal` is what follows."""
TOTAL_HIP_END = 20.0
NECK_WIDTH = 10.0

NAMES = (
    *(f"{name}_shell_{shell}" for name in COMPARTMENTS for shell in range(len(SHELLS) - 1)),
    *(f"{name}_core" for name in COMPARTMENTS),
    "compressive", "tensile", "compressive_grain", "tensile_grain",
)  # fmt: skip
"""Maps of a femur. Shells and cores are volumes and share the femur out; the last four are densities relative to it."""
VOLUMES = len(COMPARTMENTS) * len(SHELLS)
PROXIMAL = np.array([not name.startswith("distal") for name in NAMES])


def along(femur: Femur, points: NDArray) -> NDArray:
    """Millimetres along the neck's axis from the head's centre."""
    return points @ femur.neck.astype(points.dtype)


def in_neck(femur: Femur, points: NDArray) -> NDArray[np.bool_]:
    """The strip of 10 mm distal of the head-neck line (methods 1.7, `osaka_10mm`)."""
    t = along(femur, points)
    return (t >= femur.junction) & (t < femur.junction + NECK_WIDTH)


def in_total_hip(femur: Femur, points: NDArray) -> NDArray[np.bool_]:
    """From the head-neck line to 20 mm below the lesser trochanter (methods 1.7, Osaka)."""
    return (along(femur, points) >= femur.junction) & (points[:, 2] >= femur.lesser_trochanter - TOTAL_HIP_END)


def compartment(femur: Femur, points: NDArray) -> NDArray[np.int64]:
    """Index into `COMPARTMENTS`; borders are loose by 6 mm, so that density changes gradually, but that of the proximal femur is sharp."""
    t, z = along(femur, points), points[:, 2]
    neck_end = 0.62 * float(np.hypot(femur.shaft[0], femur.shaft[0] * femur.neck[2] / femur.neck[0]))
    loose = 12 * (np.modf(np.sin(points @ np.array([12.9898, 78.233, 37.719])) * 43758.5453)[0] % 1 - 0.5)
    answer = np.where(z > femur.lesser_trochanter - 5 + loose, 2, 3)
    answer[z < femur.lesser_trochanter - CUT] = 4
    answer[(t < max(neck_end, femur.junction + NECK_WIDTH) + loose) & (answer == 2)] = 1
    answer[(t < femur.junction + 0.5 * loose) & (answer == 1)] = 0
    return answer


def ramp(values: NDArray, start: float, end: float) -> NDArray:
    """0 before `start`, 1 after `end`, a line between."""
    return np.clip((values - start) / (end - start), 0, 1)


def nominal_cortex(femur: Femur, points: NDArray) -> NDArray:
    """Thickness of a healthy adult's cortex, mm.

    Assumption, after the pattern that anatomists describe: 1 mm at the head, 1.1 above and 2.6 below the neck, 1.6 at the trochanter,
    4 at the calcar, rising to 6.5 along the upper shaft.
    """
    x, z = points[:, 0], points[:, 2]
    below_trochanter = femur.lesser_trochanter - z
    across = -x * femur.neck[2] + z * femur.neck[0]
    medial = ramp(femur.shaft[0] - x, 0, 14)
    neck = 1.1 + 1.5 * ramp(-across, 0, 14)
    upper = np.where(along(femur, points) < femur.junction, 1.0, neck * medial + 1.6 * (1 - medial))
    lower = 1.9 + 2.1 * medial + (4.6 - 2.1 * medial) * ramp(below_trochanter, -5, 55)
    share = ramp(below_trochanter, -25, 0)
    return upper * (1 - share) + lower * share


def bands(femur: Femur, points: NDArray) -> tuple[NDArray, NDArray]:
    """Weight of the principal compressive and tensile groups of trabeculae, 0 to 1.

    Assumption after Singh's description: compressive from the top of the head to the medial cortex, tensile from the lateral cortex in an
    arc over the neck to the lower head.
    """
    x, z = points[:, 0], points[:, 2]
    r, shaft = femur.radius, femur.shaft[0]
    compressive = to_line(x, z, [(-0.2 * r, 0.8 * r), (0.5 * r, -0.7 * r), (shaft - 16, femur.lesser_trochanter + 10)])
    tensile = to_line(x, z, [(-0.6 * r, -0.4 * r), (0.5 * r, 0.1 * r), (shaft - 14, -4), (shaft + 4, -18), (shaft + 13, -48)])
    return np.exp(-0.5 * (compressive / 8.0) ** 2), np.exp(-0.5 * (tensile / 5.0) ** 2)


def to_line(x: NDArray, z: NDArray, corners: list[tuple[float, float]]) -> NDArray:
    """Distance to a line through corners."""
    best = np.full(x.shape, np.inf, x.dtype)
    for (ax, az), (bx, bz) in zip(corners, corners[1:], strict=False):
        dx, dz = bx - ax, bz - az
        share = np.clip(((x - ax) * dx + (z - az) * dz) / (dx * dx + dz * dz), 0, 1)
        best = np.minimum(best, np.hypot(x - ax - share * dx, z - az - share * dz))
    return best


def shares(hip: Hip, points: NDArray, depth: NDArray, width: float) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Compartment of every point, and its shares `[n, shells + core + 4]`.

    `depth` is the distance below the periosteum, mm; a point stands for `width` mm of it, so that shells thinner than a step
    keep their mass.
    """
    femur = hip.femur
    thickness = nominal_cortex(femur, points) * hip.cortex.at(points, outside=1.0)
    passed = [np.clip((depth - edge * thickness) / width + 0.5, 0, 1) for edge in SHELLS]
    parts = [outer - inner for outer, inner in zip(passed, passed[1:], strict=False)]
    trabecular = np.clip((depth - 0.6 * thickness) / width + 0.5, 0, 1)
    compressive, tensile = (band * trabecular for band in bands(femur, points))
    first = hip.grain[0].at(points + np.outer(points[:, 2], [0.35, 0, 0]).astype(points.dtype), outside=0.0)
    second = hip.grain[1].at(points[:, [1, 2, 0]] + np.outer(points[:, 0], [0, 0.3, 0]).astype(points.dtype), outside=0.0)
    spongy = trabecular * (points[:, 2] > femur.lesser_trochanter - 10)
    parts += [passed[-1], compressive, tensile, first * spongy, second * spongy]
    return compartment(femur, points), np.stack(parts, -1).astype(np.float32)


def summed(groups: NDArray[np.int64], parts: NDArray[np.float32], where: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """`[len(NAMES), size]`: shares added up per place `where` and compartment."""
    shells = len(SHELLS) - 1
    answer = np.zeros((len(NAMES), size))
    key = groups * size + where
    for shell in range(shells + 1):
        added = np.bincount(key, parts[:, shell], len(COMPARTMENTS) * size).reshape(-1, size)
        rows = range(shell, len(COMPARTMENTS) * shells, shells) if shell < shells else range(VOLUMES - len(COMPARTMENTS), VOLUMES)
        answer[list(rows)] = added
    for extra in range(4):
        answer[VOLUMES + extra] = np.bincount(where, parts[:, shells + 1 + extra], size)
    return answer
