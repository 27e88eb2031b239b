"""Surfaces of the Visible Humans and of single bones, in millimetres, RAS+, from the archives they are published in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import trimesh
from trimesh import Trimesh

SIDES = ("Left", "Right")

SPELLINGS = {
    "Semitendonosus": "Semitendinosus", "QuadratisFemoris": "QuadratusFemoris", "Illiacus": "Iliacus",
    "BicepsFemorisLongus": "BicepsFemorisLong", "BicepsFemorisShortHead": "BicepsFemorisShort",
}  # fmt: skip
"""Names that the files spell in more than one way."""


def archive(file: Path, extension: str) -> dict[str, Trimesh]:
    """Surfaces of an archive by the stem of their file names."""
    with zipfile.ZipFile(file) as content:
        names = [name for name in content.namelist() if name.endswith("." + extension)]
        return {Path(name).stem: trimesh.load(io.BytesIO(content.read(name)), file_type=extension, process=True) for name in names}


def muscles(data: Path, sex: str) -> dict[str, dict[str, Trimesh]]:
    """`{side: {kind_name: surface}}` of the University of Denver, such as `Muscle_Gracilis`; the frame of all that follows.

    The man's files have x to the left and z downwards.
    """
    found: dict[str, dict[str, Trimesh]] = {side: {} for side in SIDES}
    for stem, surface in archive(data / "visible_human_muscles" / f"VH{sex}_surfaces_hip_thigh.zip", "ply").items():
        _, side, kind, name, *_ = stem.split("_")
        if sex == "M":
            surface.vertices = surface.vertices * [-1, 1, -1]
        found[side][f"{kind}_{SPELLINGS.get(name, name)}"] = surface
    return found


def hubmap(data: Path, sex: str, part: str) -> dict[str, Trimesh]:
    """Surfaces of one HuBMAP file: metres, x to the left, y up, z to the front."""
    scene = trimesh.load(data / "hubmap_vh_bones_skin" / f"VH_{sex}_{part}.glb")
    found = {}
    for node in scene.graph.nodes_geometry:
        transform, name = scene.graph[node]
        surface = scene.geometry[name].copy()
        surface.apply_transform(transform)
        x, y, z = surface.vertices.T * 1000
        surface.vertices = np.stack([-x, z, y], 1)
        found[name] = surface
    return found


def lumbar(data: Path) -> dict[str, Trimesh]:
    """L1 to L5 and S1 of the man: metres, x to the front, y to the left, z up."""
    found = {}
    for name in ("S1", "L1", "L2", "L3", "L4", "L5"):
        surface = trimesh.load(data / "remus_vhm_lumbar" / f"{name}_Schrumpfverpacken.obj")
        x, y, z = surface.vertices.T * 1000
        surface.vertices = np.stack([-y, x, z], 1)
        found[name] = surface
    return found


def femur_surfaces(data: Path) -> dict[str, Trimesh]:
    """Seven proximal femora from CT; LPS millimetres, turned to RAS+."""
    found = archive(data / "femur_meshes" / "libhip_femurs.zip", "stl")
    for surface in found.values():
        surface.apply_transform(np.diag([-1.0, -1, 1, 1]))
    return found


def points(surface: Trimesh, count: int) -> np.ndarray:
    """Places on a surface, always the same ones."""
    return trimesh.sample.sample_surface(surface, count, seed=0)[0]


def moved(surface: Trimesh, turn: np.ndarray, shift: np.ndarray) -> Trimesh:
    """A copy, turned and then shifted."""
    return Trimesh(surface.vertices @ turn.T + shift, surface.faces, process=False)
