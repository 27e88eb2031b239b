"""The Visible Humans as label maps: muscles of the University of Denver, bones and skin of HuBMAP, the man's lumbar spine of Remus.

The same two persons were modelled by three groups in three frames. HuBMAP's pelvis is brought onto Denver's sacrum, the lumbar spine
onto the sacrum by its S1, and each femur by a pose that was fitted to the cartilage of Denver's full collection.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation
from trimesh import Trimesh

from . import surfaces
from .filling import Lattice, Mask, around, inside, solid
from .fitting import best_onto, mirror_missing, onto
from .surfaces import SIDES, moved, points

SPACING = 2.0
BODY = 100
"""Region inside the skin that has no name: fat, mostly."""

BONES = {"femur": 1, "hip_bone": 2, "sacrum": 3, "coccyx": 4, "patella": 5, "tibia": 6, "L1": 7, "L2": 8, "L3": 9, "L4": 10, "L5": 11}
MUSCLES = {
    "GluteusMaximus": 20, "GluteusMedius": 21, "GluteusMinimus": 22, "Iliacus": 23, "PsoasMajor": 24, "RectusFemoris": 25,
    "VastusLateralis": 26, "VastusMedialis": 27, "VastusIntermedius": 28, "Sartorius": 29, "TensorFasciaeLatae": 30,
    "AdductorBrevis": 31, "AdductorLongus": 32, "AdductorMagnus": 33, "Gracilis": 34, "Pectineus": 35, "BicepsFemorisLong": 36,
    "BicepsFemorisShort": 37, "Semitendinosus": 38, "Semimembranosus": 39, "Piriformis": 40, "ObturatorExternus": 41,
    "ObturatorInternus": 42, "SuperiorGemellus": 43, "InferiorGemellus": 44, "QuadratusFemoris": 45,
}  # fmt: skip
"""Regions of the atlases."""

FEMUR_POSES: dict[tuple[str, str], tuple[list[float], list[float]]] = {
    ("F", "Left"): ([-0.04958, -0.14929, 0.01961], [144.65, -52.95, -28.77]),
    ("F", "Right"): ([-0.05262, 0.118, -0.09811], [-145.93, 20.37, 109.42]),
    ("M", "Left"): ([0.00147, -0.0477, 0.31263], [13.12, 138.03, 24.08]),
    ("M", "Right"): ([-0.01352, 0.02006, -0.09759], [-10.72, -21.74, -0.44]),
}
"""Rotation vector and shift (mm) of HuBMAP's femora, applied after the pelvis's pose: HuBMAP shows the legs in another posture.

Fitted to the cartilage of head and condyles, which only Denver's full collection holds (median distance 1.3 to 1.6 mm).
"""


class Atlas(NamedTuple):
    """A person's regions, RAS+."""

    regions: NDArray[np.uint8]
    spacing: float


class Person(NamedTuple):
    """Surfaces of one Visible Human in Denver's frame."""

    parts: dict[str, dict[str, Trimesh]]
    made: list[tuple[str, str]]
    """Muscles that were mirrored from the other side."""
    hips: dict[str, list[Trimesh]]
    femora: dict[str, Trimesh]
    lumbar: dict[str, Trimesh]
    skin: Trimesh


def person(data: Path, sex: str) -> Person:
    """All surfaces in one frame."""
    parts = surfaces.muscles(data, sex)
    made = mirror_missing(parts)
    pelvis = surfaces.hubmap(data, sex, "Pelvis")
    sacrum = points(parts["Left"]["Bone_Sacrum"], 12000)
    pose = onto(points(pelvis[f"VH_{sex}_sacrum"], 6000), sacrum, np.eye(3))
    hips, femora = {}, {}
    for side in SIDES:
        hips[side] = [moved(s, pose.turn, pose.shift) for name, s in pelvis.items() if "compact" in name and name.endswith("_" + side[0])]
        femur = moved(femur_of_knee(data, sex, side), pose.turn, pose.shift)
        turn, shift = FEMUR_POSES[sex, side]
        femora[side] = moved(femur, Rotation.from_rotvec(turn).as_matrix(), np.array(shift))
    lumbar = {}
    if sex == "M":
        vertebrae = surfaces.lumbar(data)
        spine = best_onto(points(vertebrae.pop("S1"), 6000), sacrum)
        lumbar = {name: moved(surface, spine.turn, spine.shift) for name, surface in vertebrae.items()}
    skin = surfaces.hubmap(data, sex, "Skin")[f"VH_{sex}_skin"]
    return Person(parts, made, hips, femora, lumbar, moved(skin, pose.turn, pose.shift))


def femur_of_knee(data: Path, sex: str, side: str) -> Trimesh:
    """HuBMAP's knee holds the whole femur, its condyles as surfaces of their own."""
    others = ("fibula", "tibia", f"patella_{side[0]}", "cartilage", "meniscus")
    knee = surfaces.hubmap(data, sex, f"Knee_{side[0]}")
    return trimesh.util.concatenate([s for name, s in knee.items() if not any(word in name for word in others)])


def lattice(someone: Person, spacing: float) -> Lattice:
    """From 25 mm below the femora to 15 mm above the highest muscle, as wide as the hips' skin."""
    flesh = np.concatenate([s.vertices for side in someone.parts.values() for name, s in side.items() if name.startswith("Muscle")])
    bottom = min(femur.bounds[0, 2] for femur in someone.femora.values()) - 25
    top = flesh[:, 2].max() + 15
    skin = someone.skin.vertices
    near = (skin[:, 2] > bottom) & (skin[:, 2] < top) & (np.abs(skin[:, 0] - flesh[:, 0].mean()) < 260)
    low = np.minimum(flesh.min(0), skin[near].min(0)) - 12
    high = np.maximum(flesh.max(0), skin[near].max(0)) + 12
    low[2], high[2] = bottom, top
    return Lattice(low, spacing, tuple(np.ceil((high - low) / spacing).astype(int)))


def build(data: Path, sex: str, spacing: float = SPACING) -> Atlas:
    """Regions of one person; bone wins overlaps, then measured muscles, then mirrored ones."""
    someone = person(data, sex)
    where = lattice(someone, spacing)
    regions = np.zeros(where.shape, np.uint8)

    def put(mask: Mask, region: int) -> None:
        regions[mask & (regions == 0)] = region

    put(inside(someone.parts["Left"]["Bone_Sacrum"], where), BONES["sacrum"])
    put(inside(someone.parts["Left"]["Bone_Coccyx"], where), BONES["coccyx"])
    for side in SIDES:
        put(solid([someone.femora[side]], where, axial=True), BONES["femur"])
        put(solid(someone.hips[side], where), BONES["hip_bone"])
        for name in ("Patella", "Tibia"):
            if f"Bone_{name}" in someone.parts[side]:
                put(inside(someone.parts[side][f"Bone_{name}"], where), BONES[name.lower()])
    for name, surface in someone.lumbar.items():
        put(solid([surface], where, closing=2), BONES[name])
    for mirrored in (False, True):
        for side in SIDES:
            for name, region in MUSCLES.items():
                key = f"Muscle_{name}"
                if key in someone.parts[side] and ((side, key) in someone.made) == mirrored:
                    put(inside(someone.parts[side][key], where), region)
    flesh = regions > 0
    put(widened(inside(someone.skin, where), flesh, spacing), BODY)
    return Atlas(trunk(regions), spacing)


def widened(body: Mask, flesh: Mask, spacing: float) -> Mask:
    """The skin stands in another pose: 7 mm around all that is labelled belong to the body too."""
    reach = round(12 / spacing)
    closed = ndimage.binary_closing(np.pad(flesh, 2 * reach), iterations=reach)[(slice(2 * reach, -2 * reach),) * 3]
    near = ndimage.distance_transform_edt(~closed) * spacing < 7
    return ndimage.binary_fill_holes(body | near)


def trunk(regions: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Without hands and forearms: above the sacrum only the largest part of a slice."""
    answer = regions.copy()
    for k in range(int(np.argwhere(regions == BONES["sacrum"])[:, 2].max()), regions.shape[2]):
        parts, count = ndimage.label(regions[:, :, k] > 0)
        if count > 1:
            sizes = ndimage.sum_labels(parts > 0, parts, range(1, count + 1))
            answer[:, :, k][parts != 1 + int(np.argmax(sizes))] = 0
    return answer


def atlases(data: Path, workspace: Path, spacing: float = SPACING) -> dict[str, Atlas]:
    """Both persons, kept in `workspace` because they take minutes to make."""
    found = {}
    for sex, name in (("F", "woman"), ("M", "man")):
        file = workspace / f"{name}_{spacing:g}mm.npz"
        if not file.exists():
            np.savez_compressed(file, regions=build(data, sex, spacing).regions)
        found[name] = Atlas(np.load(file)["regions"], spacing)
    return found


def femora(data: Path) -> list[tuple[str, Mask]]:
    """Seven proximal femora at the network's spacing."""
    found = []
    for name, surface in surfaces.femur_surfaces(data).items():
        found.append((name, inside(surface, around(surface, 3.0, 45.0))))
    return found
