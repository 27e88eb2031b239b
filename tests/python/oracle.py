"""An independent computation of every value that BoneMuscle reports.

Written from the recipe in the documentation of `plugin-core/src/measure/`, with numpy and scipy and none of our code, so that an
error would have to be made twice to go unseen. Arrays are `[slice, row, column]`, positions LPS in millimetres.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pydicom
from scipy import ndimage
from scipy.spatial import cKDTree

LUMBAR = ("l1", "l2", "l3", "l4", "l5")
SPINE = ("t12", *LUMBAR)
MUSCLES = (
    "erector_spinae deep_back_muscle quadratus_lumborum iliopsoas psoas_major gluteus_maximus gluteus_medius gluteus_minimus"
    " piriformis tensor_fasciae_latae sartorius quadriceps_femoris hamstrings adductors gracilis pectineus"
).split()

Masks = dict[tuple[str, str], np.ndarray]


class NotMeasured(Exception):
    """A gate's code, in place of a value."""


@dataclasses.dataclass(frozen=True)
class Ct:
    """CT numbers in HU and where they lie."""

    hu: np.ndarray
    origin: np.ndarray
    """Centre of voxel [0, 0, 0]."""
    steps: np.ndarray
    """Rows: the displacement to the next slice, row and column. Slices may lean (gantry tilt)."""
    slice_thickness: float | None = None
    height: float | None = None
    """Of the patient, in metres."""

    @property
    def voxel_cm3(self) -> float:
        return abs(np.linalg.det(self.steps)) / 1000

    def positions(self, mask: np.ndarray) -> np.ndarray:
        return self.origin + np.argwhere(mask) @ self.steps

    def nearest(self, points: np.ndarray) -> np.ndarray:
        return np.floor((points - self.origin) @ np.linalg.inv(self.steps) + 0.5).astype(int)


def read_ct(folder: Path) -> Ct:
    """The only CT series of a folder of single-frame objects."""
    slices = [pydicom.dcmread(path) for path in sorted(Path(folder).rglob("*.dcm"))]
    slices = [one for one in slices if one.get("Modality") == "CT"]
    series = {one.SeriesInstanceUID for one in slices}
    assert len(series) == 1, f"{folder} holds {len(series)} CT series"
    row, column = np.reshape(slices[0].ImageOrientationPatient, (2, 3)).astype(float)
    normal = np.cross(row, column)
    slices.sort(key=lambda one: normal @ np.array(one.ImagePositionPatient, float))
    places = np.array([one.ImagePositionPatient for one in slices], float)
    row_spacing, column_spacing = map(float, slices[0].PixelSpacing)
    hu = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in slices])
    steps = np.array([(places[-1] - places[0]) / (len(slices) - 1), column * row_spacing, row * column_spacing])
    height = slices[0].get("PatientSize")
    return Ct(hu.astype(np.float32), places[0], steps, float(slices[0].SliceThickness), height and float(height))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


# --- Muscles --------------------------------------------------------------------------------------------------------------------


def is_fat(hu: np.ndarray) -> np.ndarray:
    return (hu >= -190) & (hu <= -30)


def is_muscle(hu: np.ndarray) -> np.ndarray:
    return (hu > -30) & (hu <= 150)


def muscle_values(ct: Ct, mask: np.ndarray) -> dict:
    hu = ct.hu[mask].astype(np.float64)
    volume = hu.size * ct.voxel_cm3
    fat = np.clip((50 - hu.mean()) / 150, 0, 1)
    lean_mass, fat_mass = 1.06 * (1 - fat) * volume, 0.92 * fat * volume
    values = {
        "volume": volume,
        "attenuation_mean": hu.mean(),
        "attenuation_median": np.median(hu),
        "attenuation_sd": hu.std(),
        "fat_voxel_share": 100 * np.mean(is_fat(hu)),
        "muscle_voxel_share": 100 * np.mean(is_muscle(hu)),
        "muscle_attenuation": hu[is_muscle(hu)].mean(),
        "mass": lean_mass + fat_mass,
        "lean_mass": lean_mass,
        "fat_mass": fat_mass,
    }
    return {("whole", quantity): value for quantity, value in values.items()}


# --- The slice through L3 ------------------------------------------------------------------------------------------------------

Pixels = np.ndarray | str
"""A slice of a mask, or the code of the gate that withholds it."""

EDGE_NEIGHBOURS = ndimage.generate_binary_structure(2, 1)


def l3_slice(ct: Ct, l3: np.ndarray) -> tuple[int, float]:
    """Its number, and its z where it passes the body."""
    points = ct.positions(largest_component(l3))
    body = points[points[:, 1] < points[:, 1].mean()].mean(axis=0)
    index = (body - ct.origin) @ np.linalg.inv(ct.steps)
    index[0] = np.floor(index[0] + 0.5)
    return int(index[0]), (ct.origin + index @ ct.steps)[2]


def section(ct: Ct, masks: Masks, label: tuple[str, str], number: int) -> Pixels:
    pixels = masks[label][number] if label in masks else np.zeros(1, bool)
    if not pixels.any():
        return "NOT_LABELLED"
    empty = ndimage.binary_erosion(ct.hu[number] <= -1024, EDGE_NEIGHBOURS, border_value=1)
    end = np.pad(np.zeros(np.subtract(pixels.shape, 2), bool), 1, constant_values=True)
    contact = pixels & (end | ndimage.binary_dilation(empty, EDGE_NEIGHBOURS))
    return "FOV_TRUNC" if contact.sum() * np.sqrt(pixel_cm2(ct) * 100) > 10 else pixels


def pixel_cm2(ct: Ct) -> float:
    return np.linalg.norm(np.cross(ct.steps[1], ct.steps[2])) / 100


def body_values(ct: Ct, masks: Masks, codes: list[str]) -> dict:
    """`codes` are those of the gates that withhold L3."""
    codes = [*codes] or ([] if ("l3", "none") in masks else ["NOT_LABELLED"])
    number, position = (0, 0.0) if codes else l3_slice(ct, masks["l3", "none"])
    hu = ct.hu[number].astype(np.float64)

    def pixels(name: str, side: str = "none") -> Pixels:
        return codes[0] if codes else section(ct, masks, (name, side), number)

    def area(pixels: Pixels, of=lambda hu: True) -> float | str:
        return pixels if isinstance(pixels, str) else (pixels & of(hu)).sum() * pixel_cm2(ct)

    def both(combine, *values: float | str) -> float | str:
        refusals = [value for value in values if isinstance(value, str)]
        return refusals[0] if refusals else combine(*values)

    muscle = pixels("skeletal_muscle")
    major = any(name == "psoas_major" for name, _ in masks)
    left, right = (pixels("psoas_major" if major else "iliopsoas", side) for side in ("left", "right"))
    psoas = both(np.logical_or, left, right)
    subcutaneous, visceral = (area(pixels(name), is_fat) for name in ("subcutaneous_fat", "visceral_fat"))
    muscle_area, psoas_area = area(muscle, is_muscle), area(psoas)
    attenuation = both(lambda muscle: hu[muscle & is_muscle(hu)].mean(), muscle)
    height = ct.height or "HEIGHT_MISSING"
    index = both(lambda area, height: area / height**2, muscle_area, height)
    here = {
        "slice_position": codes[0] if codes else position,
        "skeletal_muscle_area": muscle_area,
        "skeletal_muscle_attenuation": attenuation,
        "skeletal_muscle_index": index,
        "skeletal_muscle_gauge": both(lambda index, hu: index * hu, index, attenuation),
        "intermuscular_fat_area": area(muscle, is_fat),
        "subcutaneous_fat_area": subcutaneous,
        "visceral_fat_area": visceral,
        "psoas_area": psoas_area,
        "psoas_muscle_index": both(lambda area, height: area / height**2, psoas_area, height),
    }
    whole = {
        "body_fat_free_mass": both(lambda area: 0.30 * area + 6.06, muscle_area),
        "body_fat_mass": both(lambda one, other: 0.042 * (one + other) + 11.2, subcutaneous, visceral),
    }
    answer = {("l3_slice", name): value for name, value in here.items()} | {("whole", name): value for name, value in whole.items()}
    return {key: {value} if isinstance(value, str) else value for key, value in answer.items()}


# --- The trabecular region of a lumbar vertebra --------------------------------------------------------------------------------


def largest_component(mask: np.ndarray) -> np.ndarray:
    groups, count = ndimage.label(mask)
    if count == 0:
        return mask
    # Groups are numbered in scan order, and argmax takes the first of equals.
    return groups == 1 + np.argmax(np.bincount(groups.ravel())[1:])


class Cells:
    """The vertebra on cells of one millimetre along its own axes."""

    def __init__(self, ct: Ct, component: np.ndarray, centre: np.ndarray, superior: np.ndarray):
        front = np.array([0.0, -1.0, 0.0])
        anterior = unit(front - (front @ superior) * superior)
        self.centre, self.axes = centre, np.array([superior, anterior, np.cross(superior, anterior)])
        local = self.local(ct.positions(component))
        if np.any(np.ptp(local, axis=0) > 250):
            raise NotMeasured("BODY_NOT_FOUND")
        # A cell may lie half a voxel diagonal away from the outermost voxel centre.
        margin = np.ceil(np.abs(ct.steps).sum()) + 1
        self.first = np.floor(local.min(axis=0) - margin).astype(int)
        shape = np.ceil(local.max(axis=0) + margin).astype(int) - self.first + 1
        cells = np.indices(shape).reshape(3, -1).T + self.first
        index = ct.nearest(centre + cells @ self.axes)
        inside = np.all((index >= 0) & (index < component.shape), axis=1)
        mask = np.zeros(len(cells), bool)
        mask[inside] = component[tuple(index[inside].T)]
        self.mask = mask.reshape(shape)
        self.i, self.j, self.k = (np.arange(n) + f for n, f in zip(shape, self.first))

    def local(self, points: np.ndarray) -> np.ndarray:
        return (points - self.centre) @ self.axes.T


@dataclasses.dataclass
class Body:
    cells: Cells
    wall: int
    front: int
    mask: np.ndarray
    top: np.ndarray
    bottom: np.ndarray

    @property
    def depth(self) -> int:
        return self.front - self.wall + 1


def find_body(cells: Cells) -> Body:
    wall, front = posterior_wall(cells)
    if not 15 <= front - wall + 1 <= 50:
        raise NotMeasured("BODY_NOT_FOUND")
    mask = cells.mask & (cells.j >= wall)[None, :, None]
    top, bottom = end_plates(cells, mask, wall, front)
    body = Body(cells, wall, front, mask, top, bottom)
    height = np.array([1, (wall + front) / 2, 0]) @ (top - bottom) + 1
    if not 8 <= height <= 45:
        raise NotMeasured("BODY_NOT_FOUND")
    return body


def posterior_wall(cells: Cells) -> tuple[int, int]:
    # Along each line from front to back: the first run of mask cells.
    lines = cells.mask[:, ::-1, np.abs(cells.k) <= 4].transpose(0, 2, 1).reshape(-1, len(cells.j))
    lines = lines[lines.any(axis=1)]
    padded = np.pad(lines, ((0, 0), (0, 1)))
    start = np.argmax(padded, axis=1)
    begun = np.maximum.accumulate(padded, axis=1)
    end = np.argmax(begun & ~padded, axis=1)
    start, end = start[end - start >= 10], end[end - start >= 10]
    keep = start <= start.min(initial=10**6) + 15
    start, end = start[keep], end[keep]
    if len(start) < 10:
        raise NotMeasured("BODY_NOT_FOUND")
    backwards = cells.j[::-1]
    lower_median = (len(start) - 1) // 2
    return int(np.sort(backwards[end - 1])[lower_median]), int(np.sort(backwards[start])[lower_median])


def end_plates(cells: Cells, mask: np.ndarray, wall: int, front: int) -> tuple[np.ndarray, np.ndarray]:
    columns = mask[:, (cells.j >= wall + 4) & (cells.j <= front - 4)][:, :, np.abs(cells.k) <= 10]
    j = cells.j[(cells.j >= wall + 4) & (cells.j <= front - 4)]
    k = cells.k[np.abs(cells.k) <= 10]
    run = np.zeros(columns.shape[1:], int)
    best, top = run.copy(), run.copy()
    for number, plane in zip(cells.i, columns):
        run = np.where(plane, run + 1, 0)
        longer = run > best
        best[longer], top[longer] = run[longer], number
    found = best > 0
    if found.sum() < 50:
        raise NotMeasured("BODY_NOT_FOUND")
    jj, kk = np.meshgrid(j, k, indexing="ij")
    design = np.column_stack([np.ones(found.sum()), jj[found], kk[found]])
    fit = lambda heights: np.linalg.lstsq(design, heights.astype(float), rcond=None)[0]
    return fit(top[found]), fit((top - best + 1)[found])


def first_axis(ct: Ct, components: dict[str, np.ndarray], level: str) -> np.ndarray:
    centre = {name: ct.positions(component).mean(axis=0) for name, component in components.items()}
    place = SPINE.index(level)
    above = [name for name in SPINE[:place] if name in centre][-1:]
    below = [name for name in SPINE[place + 1 :] if name in centre][:1]
    if not above and not below:
        return np.array([0.0, 0.0, 1.0])
    return unit(centre[(above or [level])[0]] - centre[(below or [level])[0]])


def trabecular_region(ct: Ct, components: dict[str, np.ndarray], level: str) -> np.ndarray:
    """Indices of the voxels of the region, before focal dense bone is left out."""
    component = components[level]
    centre = ct.positions(component).mean(axis=0)
    superior = first_axis(ct, components, level)
    draft = find_body(Cells(ct, component, centre, superior))
    anterior, left = draft.cells.axes[1:]
    normals = [unit(superior - plane[1] * anterior - plane[2] * left) for plane in (draft.top, draft.bottom)]
    body = find_body(Cells(ct, component, centre, unit(sum(normals))))

    cells = body.cells
    y, x = np.ogrid[-4:5, -4:5]
    core = ndimage.binary_erosion(body.mask, (y * y + x * x <= 16)[None])
    voxels = np.argwhere(component)
    i, j, k = cells.local(ct.origin + voxels @ ct.steps).T
    nearest = np.floor(np.column_stack([i, j, k]) + 0.5).astype(int) - cells.first
    plane = lambda p: p[0] + p[1] * j + p[2] * k
    top, bottom = plane(body.top), plane(body.bottom)
    height = (i - bottom + 0.5) / (top - bottom + 1)
    vein = (k**2 + (i - (top + bottom) / 2) ** 2 <= 36) & (j - (body.wall - 0.5) <= 0.4 * body.depth)
    return voxels[core[tuple(nearest.T)] & (height >= 0.25) & (height <= 0.75) & ~vein]


def trabecular_values(ct: Ct, components: dict[str, np.ndarray], level: str) -> dict:
    hu = ct.hu[tuple(trabecular_region(ct, components, level).T)].astype(np.float64)
    if hu.size:
        middle = np.median(hu)
        deviation = 1.4826 * np.median(np.abs(hu - middle))
        if deviation > 0:
            hu = hu[hu <= middle + 3 * deviation]
    volume = hu.size * ct.voxel_cm3
    if volume < 2:
        raise NotMeasured("ROI_SMALL")
    return {
        ("trabecular", "volume"): volume,
        ("trabecular", "attenuation_mean"): hu.mean(),
        ("trabecular", "attenuation_median"): np.median(hu),
        ("trabecular", "attenuation_sd"): hu.std(),
    }


# --- Gates ----------------------------------------------------------------------------------------------------------------------


def touches_border(mask: np.ndarray) -> bool:
    inner = tuple(slice(3, -3) for _ in range(3))
    return mask.sum() != mask[inner].sum()


def metal_positions(ct: Ct) -> np.ndarray:
    """Voxel centres of all groups above 2500 HU of more than 100 mm3."""
    groups, _ = ndimage.label(ct.hu > 2500)
    sizes = np.bincount(groups.ravel()) * ct.voxel_cm3 * 1000
    sizes[0] = 0
    return ct.positions((sizes > 100)[groups])


def near_metal(ct: Ct, mask: np.ndarray, metal: np.ndarray, vertebra: bool) -> bool:
    if vertebra and (ct.hu[mask] > 1500).sum() * ct.voxel_cm3 * 1000 > 100:
        return True
    if len(metal) == 0:
        return False
    distance, _ = cKDTree(metal).query(ct.positions(mask))
    return bool(distance.min() <= 20)


def misplaced_sides(ct: Ct, masks: Masks) -> set[str]:
    wrong = set()
    for name in {name for name, _ in masks if name in MUSCLES}:
        x = {side: ct.positions(masks[name, side])[:, 0].mean() for side in ("left", "right", "none") if (name, side) in masks}
        if "none" in x or ("left" in x and "right" in x and x["left"] <= x["right"]):
            wrong.add(name)
    return wrong


def levels_in_order(ct: Ct, masks: Masks) -> bool:
    heights = [ct.positions(masks[name, "none"])[:, 2].mean() for name in SPINE if (name, "none") in masks]
    return all(above > below for above, below in zip(heights, heights[1:]))


# --- All of it ------------------------------------------------------------------------------------------------------------------


def expected(ct: Ct, masks: Masks) -> dict[tuple[str, str], dict]:
    """For each structure and side: `(region, quantity)` to a value, or to the code of the gate that withholds it."""
    masks = {label: mask for label, mask in masks.items() if mask.any()}
    components = {name: largest_component(masks[name, "none"]) for name in SPINE if (name, "none") in masks}
    metal, ordered, misplaced = metal_positions(ct), levels_in_order(ct, masks), misplaced_sides(ct, masks)
    thickness = max(ct.slice_thickness or 0, np.linalg.norm(ct.steps[0]))
    answers, l3_codes = {}, []
    for (name, side), mask in masks.items():
        if name not in LUMBAR and name not in MUSCLES:
            continue
        codes = []
        if touches_border(mask):
            codes.append("BORDER_MASK")
        if near_metal(ct, mask, metal, name in LUMBAR):
            codes.append("METAL")
        if name in misplaced:
            codes.append("LATERALITY")
        if name in LUMBAR and not ordered:
            codes.append("LEVEL_ORDER")
        answers[name, side] = (
            vertebra_answer(ct, components, mask, name, codes, thickness) if name in LUMBAR else muscle_answer(ct, mask, codes)
        )
        if name == "l3":
            l3_codes = codes
    names = {name for name, _ in masks}
    if "skeletal_muscle" in names or ("l3" in names and names & {"psoas_major", "iliopsoas"}):
        answers["body", "none"] = body_values(ct, masks, l3_codes)
    return answers


def muscle_answer(ct: Ct, mask: np.ndarray, codes: list[str]) -> dict:
    values = muscle_values(ct, mask)
    return {key: set(codes) for key in values} if codes else values


def vertebra_answer(ct: Ct, components: dict, mask: np.ndarray, level: str, codes: list[str], thickness: float) -> dict:
    answer: dict = {("whole", "volume"): set(codes) if codes else mask.sum() * ct.voxel_cm3}
    trabecular = [("trabecular", q) for q in ("volume", "attenuation_mean", "attenuation_median", "attenuation_sd")]
    if thickness > 5.001:
        codes = [*codes, "SLICE_THICK"]
    if codes:
        return answer | {key: set(codes) for key in trabecular}
    try:
        return answer | trabecular_values(ct, components, level)
    except NotMeasured as refusal:
        return answer | {key: {str(refusal)} for key in trabecular}
