"""Surfaces of real femora: seven from clinical CT (STL) and the four of the Visible Human (GLB), LPS millimetres."""

from __future__ import annotations

import json
import struct
import zipfile
from collections import Counter

import numpy as np

from environment import SHARED, skip_or_fail

CLINICAL = ("m3_l", "m3_r", "m4_l", "m4_r", "m7_l", "m7_r", "m8_l")
VISIBLE_HUMAN = ("F_L", "F_R", "M_L", "M_R")


def triangles(name: str) -> np.ndarray:
    """`[triangle, corner, axis]` of one of `CLINICAL` or `VISIBLE_HUMAN`, closed."""
    clinical = SHARED / "data" / "femur_meshes" / "libhip_femurs.zip"
    if not clinical.exists():
        skip_or_fail("no shared data")
    if name in CLINICAL:
        return from_stl(zipfile.ZipFile(clinical).read(f"{name}femur_mm.stl"))
    person, side = name.split("_")
    file = SHARED / "data" / "hubmap_vh_bones_skin" / f"VH_{person}_Knee_{side}.glb"
    return closed(from_glb(file.read_bytes(), f"VH_{person}_femur_{side}"))


def from_stl(data: bytes) -> np.ndarray:
    """Binary STL: 80 bytes, the number of triangles, and for each a normal, three corners and two bytes."""
    count = struct.unpack_from("<I", data, 80)[0]
    record = np.dtype([("normal", "<3f4"), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    return np.frombuffer(data, record, count, 84)["corners"].astype(float)


def from_glb(data: bytes, node: str) -> np.ndarray:
    """The mesh of one node of a binary glTF 2.0 file whose x points left, y up and z forward, in metres."""
    length = struct.unpack_from("<I", data, 12)[0]
    scene, binary = json.loads(data[20 : 20 + length]), data[28 + length :]

    def array(accessor: int) -> np.ndarray:
        accessor = scene["accessors"][accessor]
        view = scene["bufferViews"][accessor["bufferView"]]
        kind = {5123: "<u2", 5125: "<u4", 5126: "<f4"}[accessor["componentType"]]
        width = {"SCALAR": 1, "VEC3": 3}[accessor["type"]]
        offset = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        return np.frombuffer(binary, kind, accessor["count"] * width, offset).reshape(-1, width)

    mesh = next(one["mesh"] for one in scene["nodes"] if one.get("name") == node)
    part = scene["meshes"][mesh]["primitives"][0]
    left, up, forward = array(part["attributes"]["POSITION"]).astype(float).T * 1000
    return np.stack([left, -forward, up], axis=1)[array(part["indices"]).ravel().astype(int)].reshape(-1, 3, 3)


def closed(corners: np.ndarray) -> np.ndarray:
    """Every hole closed with triangles to the middle of its rim: the condyles' cartilage is drawn apart."""
    points, index = np.unique(corners.reshape(-1, 3).round(3), axis=0, return_inverse=True)
    faces = index.reshape(-1, 3)
    edges = Counter(map(tuple, np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()))
    onward: dict[int, list[int]] = {}
    for start, end in edges:
        if (end, start) not in edges:
            onward.setdefault(end, []).append(start)
    lids = []
    while onward:
        rim = [next(iter(onward))]
        while True:
            exits = onward[rim[-1]]
            following = exits.pop()
            if not exits:
                del onward[rim[-1]]
            if following == rim[0]:
                break
            rim.append(following)
        around = points[rim]
        lids += [[around.mean(axis=0), a, b] for a, b in zip(around, np.roll(around, -1, axis=0))]
    return np.concatenate([corners, np.array(lids)]) if lids else corners


def voxels(corners: np.ndarray, spacing: float, margin: float = 12.0) -> tuple[np.ndarray, np.ndarray]:
    """Voxels `[slice, row, column]` whose centres lie inside, and the centre of the first: what an upward ray crosses is counted."""
    # An odd fraction, so that no ray runs along an edge.
    origin = np.floor(corners.reshape(-1, 3).min(axis=0)) - margin + 0.0137
    shape = np.ceil((corners.reshape(-1, 3).max(axis=0) + margin - origin) / spacing).astype(int) + 1
    crossings = np.zeros((shape[2] + 1, shape[1], shape[0]), np.int16)
    for a, b, c in (corners - origin) / spacing:
        low = np.ceil(np.min([a, b, c], axis=0)).astype(int)
        high = np.floor(np.max([a, b, c], axis=0)).astype(int)
        x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if area == 0 or x.size == 0:
            continue
        u = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
        v = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
        met = (u >= 0) & (v >= 0) & (u + v <= 1)
        above = np.ceil((a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2]))[met]).astype(int)
        np.add.at(crossings, (np.clip(above, 0, shape[2]), y[met], x[met]), 1)
    odd = np.cumsum(crossings, axis=0) % 2 == 1
    assert not odd[-1].any(), "the surface is open"
    return odd[:-1], origin
