"""The Visible Humans, and people between them, as sources: what of them is known, and which tissue every region is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, Delaunay

from .anatomy import BODY, BONES, MUSCLES, Atlas, atlases
from .classes import index
from .mixing import mixed
from .partial_labels import ANYTHING, CODES
from .sources import Source, Tissue

CAVITY, BACK, WALL = 101, 102, 103
"""Regions made here: viscera; the unlabelled muscle of the back; that of the abdominal wall."""

_GROUPS = {
    "gluteus_maximus": ("GluteusMaximus",), "gluteus_medius": ("GluteusMedius",), "gluteus_minimus": ("GluteusMinimus",),
    "iliopsoas": ("Iliacus", "PsoasMajor"), "quadriceps": ("RectusFemoris", "VastusLateralis", "VastusMedialis", "VastusIntermedius"),
    "sartorius": ("Sartorius",), "tensor_fasciae_latae": ("TensorFasciaeLatae",), "gracilis": ("Gracilis",),
    "pectineus": ("Pectineus",), "adductors": ("AdductorBrevis", "AdductorLongus", "AdductorMagnus"),
    "hamstrings": ("BicepsFemorisLong", "BicepsFemorisShort", "Semitendinosus", "Semimembranosus"),
    "short_hip_rotators": (
        "Piriformis", "ObturatorExternus", "ObturatorInternus", "SuperiorGemellus", "InferiorGemellus", "QuadratusFemoris",
    ),
}  # fmt: skip
"""Classes and the muscles they are made of."""

MIXTURES = (0.33, 0.67)


def code_table(has_spine: bool) -> np.ndarray:
    """Code of every region."""
    table = np.zeros(256, np.uint8)
    for name in ("femur", "sacrum", "hip_bone", "L1", "L2", "L3", "L4", "L5"):
        table[BONES[name]] = index(name)
    table[BONES["coccyx"]] = ANYTHING
    for name, muscles in _GROUPS.items():
        table[[MUSCLES[muscle] for muscle in muscles]] = index(name)
    table[BACK] = CODES["background_or_upper_spine" if has_spine else "background_or_spine"]
    return table


def tissue_table() -> np.ndarray:
    """Tissue of every region."""
    table = np.zeros(256, np.uint8)
    table[list(BONES.values())] = Tissue.BONE
    table[[*MUSCLES.values(), BACK, WALL]] = Tissue.MUSCLE
    table[BODY], table[CAVITY] = Tissue.FAT, Tissue.VISCERA
    return table


def with_trunk(atlas: Atlas) -> np.ndarray:
    """Regions with pelvic and abdominal viscera, the muscle of the back and the abdominal wall, guessed from bones and skin."""
    regions, spacing = atlas.regions.copy(), atlas.spacing
    sacrum, hips = np.argwhere(regions == BONES["sacrum"]), np.argwhere(regions == BONES["hip_bone"])
    middle, top, hip_top = sacrum[:, 0].mean(), int(sacrum[:, 2].max()), int(hips[:, 2].max())
    lumbar = (regions >= BONES["L1"]) & (regions <= BONES["L5"])
    pelvic_cavity(regions)
    x, y = np.arange(regions.shape[0])[:, None], np.arange(regions.shape[1])[None]
    along = None
    for k in range(int(sacrum[:, 2].min() + 25 / spacing), regions.shape[2]):
        slice_ = regions[:, :, k]
        deep = ndimage.distance_transform_edt(slice_ > 0) * spacing
        free = (slice_ == BODY) | (slice_ == CAVITY)
        bones = np.argwhere((slice_ == BONES["sacrum"]) | lumbar[:, :, k])
        along = bones[:, 1].mean() if len(bones) else along
        if along is None:
            continue
        half_width = (50 if k <= top else 75) / spacing
        back = free & (y < along) & (np.abs(x - middle) < half_width) & (deep > 15)
        slice_[back] = BACK
        if k > top - 20 / spacing:
            slice_[free & ~back & (deep > 34) & (y > along - 24 / spacing)] = CAVITY
        if k > hip_top - 30 / spacing:
            slice_[(slice_ == BODY) & (deep > 20)] = WALL
    return regions


def pelvic_cavity(regions: np.ndarray) -> None:
    """Free voxels in the convex hull of pelvis and sacrum are viscera."""
    pelvis = np.argwhere(np.isin(regions, [BONES["hip_bone"], BONES["sacrum"], BONES["coccyx"]])).astype(float)
    hull = pelvis[ConvexHull(pelvis).vertices]
    free = np.argwhere(regions == BODY)
    free = free[((free >= hull.min(0)) & (free <= hull.max(0))).all(1)]
    regions[tuple(free[Delaunay(hull).find_simplex(free) >= 0].T)] = CAVITY


def source(name: str, share: float, atlas: Atlas) -> Source:
    """An atlas with codes; where the spine was not modelled nothing is known of what lies there."""
    has_spine = bool((atlas.regions == BONES["L3"]).any())
    regions = with_trunk(atlas)
    top = int(np.argwhere(regions == BONES["sacrum"])[:, 2].max())
    codes = code_table(has_spine)[regions]
    if not has_spine:
        above = np.arange(regions.shape[2]) > top - 25 / atlas.spacing
        codes[((regions == CAVITY) | (regions == BODY)) & above] = CODES["background_or_spine"]
        keep = top + round(30 / atlas.spacing)
        regions, codes = regions[:, :, :keep], codes[:, :, :keep]
    return Source(name, share, atlas.spacing, codes, regions, tissue_table())


def visible_humans(data: Path, workspace: Path) -> list[Source]:
    """The woman, the man, and two between them."""
    people = atlases(data, workspace)
    found = [source(name, 1.0, atlas) for name, atlas in people.items()]
    found += [source(f"mixed-{share:g}", 0.5, mixed(people["woman"], people["man"], share)) for share in MIXTURES]
    return found
