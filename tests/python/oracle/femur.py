"""Proximal femora: the recipe `femur-projection/1` of `plugin-core/src/measure/femur/mod.rs`.

Landmarks come from the report; that they are right is tested by phantoms and surfaces whose truth is known.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import ndimage

from oracle.ct import Ct, NotMeasured, density, largest_component, refused, unit
from oracle.gates import deep, holds_cement, leaves_image, near_metal

REGIONS = ("total_hip", "femoral_neck", "trochanter", "intertrochanter")
DENSITIES = "areal_density mineral_content density_mean"
ALL = f"area volume attenuation_mean {DENSITIES}"

LANDMARK_CODES = ("NECK_QC", "SHAFT_TRUNC", "LATERALITY", "METAL", "FOV_TRUNC")

STEP = 0.5
"""Of pixels and of points along rays, in millimetres."""


@dataclasses.dataclass(frozen=True)
class FemurSettings:
    neck: str = "osaka_10mm"
    pose: str = "neck_shaft_frame"
    distal_mm: float = 20.0


Landmarks = dict[str, np.ndarray]
"""Of a left femur, LPS."""


def femur_answer(
    ct: Ct,
    mask: np.ndarray,
    side: str,
    codes: list[str],
    landmarks: Landmarks | None,
    settings: FemurSettings,
    metal: np.ndarray,
    conversion: dict | None,
) -> dict:
    """Values of every region, or the codes that withhold them all; `codes` are those of gates that do so already."""
    if codes or not landmarks:
        # Why the program found no landmarks cannot be told without looking for them.
        return withheld(*(codes or LANDMARK_CODES))
    component = largest_component(mask)
    if side == "right":
        mirror = np.array([-1, 1, 1])
        ct = dataclasses.replace(ct, origin=ct.origin * mirror, steps=ct.steps * mirror)
        metal = metal * mirror
        landmarks = {name: position * mirror for name, position in landmarks.items()}
    pose = Pose(settings.pose, landmarks)
    cut = pose.project(landmarks["lesser_trochanter"])[1] - settings.distal_mm
    heights = pose.project(ct.positions(component))[:, 1]
    hip = component.copy()
    hip[component] = heights > cut
    if near_metal(ct, hip, metal) or holds_cement(ct, deep(ct, hip)):
        return withheld("METAL")
    if leaves_image(ct, hip):
        return withheld("FOV_TRUNC")
    if heights.min() > cut - 5:
        return withheld("SHAFT_TRUNC")
    picture = Picture(ct, component, pose, cut, conversion)
    try:
        parts = divide(picture, pose, landmarks, cut, settings)
    except NotMeasured as refusal:
        return withheld(str(refusal))
    if any((picture.outline & part).sum() * STEP**2 / 100 < 1 for part in parts.values()):
        return withheld("ROI_SMALL")
    answer = {}
    for region in REGIONS:
        answer |= picture.values(region, parts[region]) if region in parts else refused(region, ALL, "SHAFT_TRUNC")
    return answer if -150 <= answer["total_hip", "attenuation_mean"] <= 1000 else withheld("HU_RANGE")


def withheld(*codes: str) -> dict:
    answer = {}
    for region in REGIONS:
        answer |= refused(region, ALL, *codes)
    return answer


class Pose:
    """Lateral, posterior and superior unit vectors around the centre of the neck."""

    def __init__(self, mode: str, landmarks: Landmarks):
        self.origin = landmarks["neck_centre"]
        neck = self.origin - landmarks["head_centre"]
        shaft = landmarks["shaft_20mm"] - landmarks["shaft_50mm"]
        if mode == "neck_shaft_frame":
            superior = unit(shaft)
            posterior = unit(np.cross(superior, neck))
        elif mode == "uemura2022":
            posterior = unit(np.cross([0, 0, 1], neck))
            superior = unit(shaft - (shaft @ posterior) * posterior)
        else:
            posterior, superior = np.array([0.0, 1, 0]), np.array([0.0, 0, 1])
        self.axes = np.array([np.cross(posterior, superior), posterior, superior])

    def local(self, points: np.ndarray) -> np.ndarray:
        return (points - self.origin) @ self.axes.T

    def project(self, points: np.ndarray) -> np.ndarray:
        """`(x', z')`"""
        return self.local(points)[..., [0, 2]]


class Picture:
    """Sums along rays; rows go up, columns lateral."""

    def __init__(self, ct: Ct, component: np.ndarray, pose: Pose, cut: float, conversion: dict | None):
        box = tuple(slice(max(one.start - 1, 0), one.stop + 1) for one in ndimage.find_objects(component.astype(int))[0])
        member = component[box].astype(float)
        hu = ct.hu[box].astype(float)
        first = ct.origin + np.array([one.start for one in box]) @ ct.steps
        corners = first + (np.indices((2, 2, 2)).reshape(3, -1).T * (np.array(member.shape) - 1)) @ ct.steps
        # Gradients look at pixels next to those of the total hip.
        local = pose.local(corners)
        low, high = np.floor(local.min(axis=0) / STEP), np.ceil(local.max(axis=0) / STEP)
        low[2] = np.floor(cut / STEP) - 2
        x, y, z = (np.arange(start, end + 1) * STEP for start, end in zip(low, high))
        volumes = [member, member * hu] + ([] if conversion is None else [member * density(hu, conversion)])
        sums = np.zeros((len(volumes), len(z), len(x)))
        across, along = np.meshgrid(x, y, indexing="ij")
        to_index = np.linalg.inv(ct.steps)
        for row, height in enumerate(z):
            points = np.stack([across, along, np.full_like(across, height)], axis=-1) @ pose.axes + pose.origin
            index = np.moveaxis((points - first) @ to_index, -1, 0)
            for number, volume in enumerate(volumes):
                sums[number, row] = ndimage.map_coordinates(volume, index, order=1, mode="grid-constant").sum(axis=-1) * STEP
        self.thickness, self.attenuation = sums[:2]
        self.content = sums[2] * 1e-4 if conversion is not None else None
        self.places = np.stack(np.meshgrid(x, z), axis=-1)
        self.outline = outline(self.thickness, ct.steps @ pose.axes[[0, 2]].T)

    def values(self, region: str, part: np.ndarray) -> dict:
        area = (self.outline & part).sum() * STEP**2 / 100
        thickness = self.thickness[part].sum()
        volume = thickness * STEP**2 / 1000
        values = {
            (region, "area"): area,
            (region, "volume"): volume,
            (region, "attenuation_mean"): self.attenuation[part].sum() / thickness,
        }
        if self.content is None:
            return values | refused(region, DENSITIES, "NOT_CALIBRATED")
        content = self.content[part].sum() * STEP**2 / 100
        return values | {
            (region, "mineral_content"): content,
            (region, "areal_density"): content / area,
            (region, "density_mean"): 1000 * content / volume,
        }


def outline(thickness: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """`steps` of the grid in the plane of the projection."""
    dz, dx = np.gradient(thickness)
    slope = np.hypot(dx, dz)
    flat = slope == 0
    normal = np.stack([dx, dz], axis=-1) / np.where(flat, 1, slope)[..., None]
    width = np.sqrt(((normal @ steps.T) ** 2).sum(axis=-1))
    return thickness > np.where(flat, 0, 4 / 15 * np.sqrt(8 * 15 * width))


class Line:
    """`beyond` is the distance beyond it."""

    def __init__(self, normal: np.ndarray, offset: float):
        self.normal, self.offset = normal, offset

    def beyond(self, places: np.ndarray) -> np.ndarray:
        return places @ self.normal + self.offset


def head_neck_line(junction: np.ndarray) -> Line:
    middle = junction.mean(axis=0)
    normal = np.linalg.svd(junction - middle)[2][1]
    # The centre of the neck is the origin.
    return Line(normal, -middle @ normal) if middle @ normal < 0 else Line(-normal, middle @ normal)


def divide(picture: Picture, pose: Pose, landmarks: Landmarks, cut: float, settings: FemurSettings) -> dict[str, np.ndarray]:
    junction = [landmarks[f"junction_{name}"] for name in ("superior", "inferior", "anterior", "posterior")]
    line = head_neck_line(pose.project(np.array(junction)))
    neck_axis = -unit(pose.project(landmarks["head_centre"]))
    beyond, along = line.beyond(picture.places), picture.places @ neck_axis
    hip = (picture.thickness > 0) & (beyond > 0) & (picture.places[..., 1] > cut)
    slope = line.normal @ neck_axis
    if settings.neck == "osaka_10mm":
        strip, end = beyond <= 10, (10 - line.offset) / slope
    else:
        up = np.array([-neck_axis[1], neck_axis[0]])
        begin = (20 * abs(line.normal @ up) - line.offset) / slope
        length = find_notch(begin, along[hip & picture.outline], (picture.places @ up)[hip & picture.outline])
        if settings.neck == "hologic_like":
            end = begin + length
            start = end - 15
        else:
            start = lowest_window(picture, hip, along, begin, length)
            end = start + 10
        hip &= along > start
        strip = along <= end
    total = largest_group(hip)
    neck = largest_group(total & strip)
    if "greater_trochanter_base" not in landmarks:
        return {"total_hip": total, "femoral_neck": neck}
    middle, base = end * neck_axis, pose.project(landmarks["greater_trochanter_base"])
    lateral, superior = base - middle
    offset = picture.places - middle
    above = lateral * offset[..., 1] > superior * offset[..., 0]
    return {
        "total_hip": total,
        "femoral_neck": neck,
        "trochanter": total & ~neck & above,
        "intertrochanter": total & ~neck & ~above,
    }


def find_notch(begin: float, along: np.ndarray, height: np.ndarray) -> int:
    """Whole millimetres from the begin of the free neck."""
    bins = np.floor(along - begin).astype(int)
    lowest = np.inf
    for number in range(int(60 - begin)):
        here = height[bins == number]
        if not here.size:
            continue
        if here.max() > 2 + lowest:
            return number
        lowest = min(lowest, here.max())
    raise NotMeasured("NECK_QC")


def lowest_window(picture: Picture, hip: np.ndarray, along: np.ndarray, begin: float, length: int) -> float:
    """Where the 10 mm of the free neck with the lowest mean begin."""
    if length < 10:
        raise NotMeasured("NECK_QC")
    amount = picture.attenuation if picture.content is None else picture.content

    def mean(start: float) -> float:
        window = hip & (along > start) & (along <= start + 10)
        return amount[window].sum() / (window & picture.outline).sum()

    return min(begin + np.arange(0, length - 10 + STEP, STEP), key=mean)


def largest_group(pixels: np.ndarray) -> np.ndarray:
    # The program's rows go down.
    return largest_component(pixels[::-1])[::-1]
