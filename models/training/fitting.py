"""Bones of one collection put where another collection of the same person has them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation
from trimesh import Trimesh

from .surfaces import SIDES, points


class Pose(NamedTuple):
    """`turn @ x + shift`, and the median distance left, in millimetres."""

    turn: np.ndarray
    shift: np.ndarray
    residual: float


def rigid(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn and shift that bring paired points together (Kabsch)."""
    a, b = source.mean(0), target.mean(0)
    u, _, v = np.linalg.svd((source - a).T @ (target - b))
    turn = v.T @ np.diag([1, 1, np.sign(np.linalg.det(v.T @ u.T))]) @ u.T
    return turn, b - turn @ a


def onto(source: np.ndarray, target: np.ndarray, turn: np.ndarray, keep: float = 0.85) -> Pose:
    """Iterated closest points, from centres together; the farthest pairs do not count."""
    shift = target.mean(0) - turn @ source.mean(0)
    tree = cKDTree(target)
    distance = np.zeros(len(source))
    for _ in range(60):
        distance, nearest = tree.query(source @ turn.T + shift)
        near = distance <= np.quantile(distance, keep)
        turn, shift = rigid(source[near], target[nearest[near]])
    return Pose(turn, shift, float(np.median(distance)))


def best_onto(source: np.ndarray, target: np.ndarray) -> Pose:
    """From several turns about x, the best: a vertebra slides along its neighbour's slope."""
    starts = [Rotation.from_euler("x", angle).as_matrix() for angle in (-0.5, -0.25, 0, 0.25, 0.5)]
    return min((onto(source, target, start, 0.8) for start in starts), key=lambda pose: pose.residual)


def landmarks(surface: Trimesh) -> np.ndarray:
    """Centre of a surface and centres of four of its slices."""
    height = surface.vertices[:, 2]
    slices = [surface.vertices[np.abs(height - np.quantile(height, share)) < 4].mean(0) for share in (0.1, 0.35, 0.65, 0.9)]
    return np.array([surface.vertices.mean(0), *slices])


def mirror_missing(parts: dict[str, dict[str, Trimesh]]) -> list[tuple[str, str]]:
    """Adds muscles that one side lacks: the other side's, by an affine map fitted to the parts nearby that both sides have."""
    made = []
    for side, other in (SIDES, SIDES[::-1]):
        both = [name for name in parts[other] if name in parts[side] and name.startswith(("Muscle", "Bone_Patella"))]
        there = np.concatenate([landmarks(parts[other][name]) for name in both])
        here = np.concatenate([landmarks(parts[side][name]) for name in both])
        for name in [name for name in parts[other] if name not in parts[side] and name.startswith("Muscle")]:
            distance = cKDTree(landmarks(parts[other][name])).query(there)[0]
            weight = np.sqrt(np.exp(-((distance / 60) ** 2)) + 1e-3)[:, None]
            affine = np.linalg.lstsq(np.c_[there, np.ones(len(there))] * weight, here * weight, rcond=None)[0]
            copy = parts[other][name].copy()
            copy.vertices = np.c_[copy.vertices, np.ones(len(copy.vertices))] @ affine
            copy.invert()
            parts[side][name] = copy
            made.append((side, name))
    return made
