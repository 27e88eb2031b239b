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


def final_body(ct: Ct, components: dict[str, np.ndarray], level: str) -> Body:
    """The body in the frame of its own end plates."""
    component = components[level]
    centre = ct.positions(component).mean(axis=0)
    superior = first_axis(ct, components, level)
    draft = find_body(Cells(ct, component, centre, superior))
    return find_body(Cells(ct, component, centre, unit(sum(plate_normals(draft)))))


def plate_normals(body: Body) -> list[np.ndarray]:
    superior, anterior, left = body.cells.axes
    return [unit(superior - plane[1] * anterior - plane[2] * left) for plane in (body.top, body.bottom)]


def trabecular_region(ct: Ct, component: np.ndarray, body: Body) -> np.ndarray:
    """Indices of the voxels of the region, before focal dense bone is left out."""
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


def density(hu: np.ndarray, conversion: dict) -> np.ndarray:
    return np.polyval([conversion.get("curvature", 0), conversion["slope"], conversion["intercept"]], hu)


def trabecular_values(ct: Ct, component: np.ndarray, body: Body, conversion: dict | None = None) -> dict:
    hu = ct.hu[tuple(trabecular_region(ct, component, body).T)].astype(np.float64)
    if hu.size:
        middle = np.median(hu)
        deviation = 1.4826 * np.median(np.abs(hu - middle))
        if deviation > 0:
            hu = hu[hu <= middle + 3 * deviation]
    volume = hu.size * ct.voxel_cm3
    if volume < 2:
        raise NotMeasured("ROI_SMALL")
    values = {
        ("trabecular", "volume"): volume,
        ("trabecular", "attenuation_mean"): hu.mean(),
        ("trabecular", "attenuation_median"): np.median(hu),
        ("trabecular", "attenuation_sd"): hu.std(),
    }
    if conversion is None:
        return values | refused("trabecular", "density_mean density_median density_sd", "NOT_CALIBRATED")
    rho = density(hu, conversion)
    return values | {
        ("trabecular", "density_mean"): rho.mean(),
        ("trabecular", "density_median"): np.median(rho),
        ("trabecular", "density_sd"): rho.std(),
    }


def refused(region: str, quantities: str, *codes: str) -> dict:
    return {(region, quantity): set(codes) for quantity in quantities.split()}


# --- The whole of a lumbar vertebra ---------------------------------------------------------------------------------------------

TRABECULAR = "volume attenuation_mean attenuation_median attenuation_sd density_mean density_median density_sd"
BODY = "attenuation_mean density_mean mineral_content"
HEIGHTS = "anterior_height middle_height posterior_height"
RATIOS = "anterior_height_ratio middle_height_ratio neighbour_height_ratio"
SHAPE = f"volume {HEIGHTS} {RATIOS}"
WHOLE = "attenuation_mean density_mean mineral_content area areal_density"


def contents(ct: Ct, region: str, mask: np.ndarray, conversion: dict | None) -> dict:
    hu = ct.hu[mask].astype(np.float64)
    values = {(region, "attenuation_mean"): hu.mean()}
    if conversion is None:
        return values | refused(region, "density_mean mineral_content", "NOT_CALIBRATED")
    rho = density(hu, conversion)
    return values | {(region, "density_mean"): rho.mean(), (region, "mineral_content"): rho.sum() * ct.voxel_cm3 / 1000}


def before_wall(ct: Ct, component: np.ndarray, body: Body) -> np.ndarray:
    part = np.zeros_like(component)
    part[component] = body.cells.local(ct.positions(component))[:, 1] >= body.wall - 0.5
    return part


def body_heights(body: Body) -> np.ndarray:
    """Anterior, middle, posterior."""
    cells, wall, front = body.cells, body.wall, body.front
    height = np.zeros(cells.mask.shape[1:], int)
    run = height.copy()
    for plane in cells.mask:
        run = np.where(plane, run + 1, 0)
        height = np.maximum(height, run)
    deep = (cells.j >= wall + 3) & (cells.j <= front - 3)
    part = height[deep][:, np.abs(cells.k) <= 5]
    places = np.broadcast_to(cells.j[deep, None], part.shape)[part > 0]
    if len(np.unique(places)) < 3:
        raise NotMeasured("BODY_NOT_FOUND")
    parabola = np.polynomial.Polynomial.fit(places, part[part > 0], 2)
    heights = parabola(np.array([front + 0.5, (wall + front) / 2, wall - 0.5]))
    if heights.min() <= 0:
        raise NotMeasured("BODY_NOT_FOUND")
    return heights


def footprint_cm2(ct: Ct, component: np.ndarray, body: Body) -> float:
    """Area of the projection along the anterior axis, the ends of its columns weighted by thickness."""
    cells = body.cells
    local = cells.local(ct.positions(component))
    reach = np.abs(ct.steps).sum() + 1
    low, high = np.floor(local.min(axis=0) - reach), np.ceil(local.max(axis=0) + reach)
    rows, depths, columns = np.arange(low[0], high[0], 0.25), np.arange(low[1], high[1]), np.arange(low[2], high[2], 0.25)
    thickness = np.zeros((len(rows), len(columns)))
    for row, i in enumerate(rows):
        j, k = np.meshgrid(depths, columns, indexing="ij")
        points = np.column_stack([np.full(j.size, i), j.ravel(), k.ravel()])
        index = ct.nearest(cells.centre + points @ cells.axes)
        inside = np.all((index >= 0) & (index < component.shape), axis=1)
        member = np.zeros(len(index), bool)
        member[inside] = component[tuple(index[inside].T)]
        thickness[row] = member.reshape(j.shape).sum(axis=0)
    edge = int(np.floor(4 * voxel_height(ct, body) + 0.5))
    pixels = 0.0
    for column in thickness.T:
        groups, count = ndimage.label(column > 0)
        for number in range(1, count + 1):
            (places,) = np.nonzero(groups == number)
            first, last = places[0], places[-1]
            middle = first + (last - first) // 2
            inner = np.clip(places, min(first + edge, middle), max(last - edge, middle))
            pixels += np.minimum(1, column[places] / column[inner]).sum()
    return pixels / 1600


def voxel_height(ct: Ct, body: Body) -> float:
    """Extent of a voxel along the vertebra."""
    return np.abs(ct.steps @ body.cells.axes[0]).sum()


def height_loss(heights: np.ndarray, neighbours: list[np.ndarray], error: float) -> bool:
    lost = lambda height, against: height + error < 0.8 * (against - error)
    anterior, middle, posterior = heights
    if lost(min(anterior, middle), posterior):
        return True
    usual = np.mean(neighbours, axis=0) if neighbours else np.zeros(3)
    return bool(lost(anterior, usual[0]) and lost(posterior, usual[2]))


def shape_values(ct: Ct, component: np.ndarray, body: Body, heights: np.ndarray, neighbours: list[np.ndarray]) -> dict:
    values = {("vertebral_body", name): height for name, height in zip(HEIGHTS.split(), heights)}
    values["vertebral_body", "volume"] = before_wall(ct, component, body).sum() * ct.voxel_cm3
    if voxel_height(ct, body) > 2.5:
        return values | refused("vertebral_body", RATIOS, "SLICE_THICK")
    values["vertebral_body", "anterior_height_ratio"] = heights[0] / heights[2]
    values["vertebral_body", "middle_height_ratio"] = heights[1] / heights[2]
    ratio = ("vertebral_body", "neighbour_height_ratio")
    values[ratio] = heights[2] / np.mean([one[2] for one in neighbours]) if neighbours else {"LEVELS_FEW"}
    return values


def vertebra_values(ct: Ct, component: np.ndarray, body: Body, conversion: dict | None, lost_height: bool) -> dict:
    """All but the shape."""
    try:
        trabecular = trabecular_values(ct, component, body, conversion)
    except NotMeasured as refusal:
        trabecular = refused("trabecular", TRABECULAR, str(refusal))
    mean = trabecular["trabecular", "attenuation_mean"]
    impossible = not isinstance(mean, set) and not -150 <= mean <= 800
    if lost_height or impossible:
        code = "VERT_FX" if lost_height else "HU_RANGE"
        return (
            refused("trabecular", TRABECULAR, code) | refused("vertebral_body", BODY, code) | refused("whole", WHOLE, code)
        )
    values = trabecular | contents(ct, "vertebral_body", before_wall(ct, component, body), conversion)
    values |= contents(ct, "whole", component, conversion)
    area = values["whole", "area"] = footprint_cm2(ct, component, body)
    areal = ("whole", "areal_density")
    values[areal] = {"NOT_CALIBRATED"} if conversion is None else values["whole", "mineral_content"] / area
    return values


def lumbar_answers(ct: Ct, masks: Masks, components: dict, codes: dict[str, list[str]], conversion: dict | None) -> dict:
    """L1 to L5 and their summary; `codes` are the gates that withhold everything of a level."""
    thick = max(ct.slice_thickness or 0, np.linalg.norm(ct.steps[0])) > 5.001
    answers, bodies = {}, {}
    for level in (name for name in LUMBAR if (name, "none") in masks):
        refusals = codes[level]
        volume = set(refusals) if refusals else masks[level, "none"].sum() * ct.voxel_cm3
        answers[level] = {("whole", "volume"): volume}
        if thick:
            refusals = [*refusals, "SLICE_THICK"]
        if not refusals:
            try:
                body = final_body(ct, components, level)
                bodies[level] = body, body_heights(body)
                continue
            except NotMeasured as refusal:
                refusals = [str(refusal)]
        answers[level] |= refused("trabecular", TRABECULAR, *refusals) | refused("whole", WHOLE, *refusals)
        answers[level] |= refused("vertebral_body", f"{BODY} {SHAPE}", *refusals)
    for level, (body, heights) in bodies.items():
        place = LUMBAR.index(level)
        beside = [name for name in (*LUMBAR[max(place - 1, 0) : place], *LUMBAR[place + 1 : place + 2]) if name in bodies]
        neighbours = [bodies[name][1] for name in beside]
        component = components[level]
        answers[level] |= shape_values(ct, component, body, heights, neighbours)
        answers[level] |= vertebra_values(ct, component, body, conversion, height_loss(heights, neighbours, voxel_height(ct, body)))
    summary = lumbar_summary([answers.get(level, {}) for level in LUMBAR[:4]], conversion)
    return {(level, "none"): answer for level, answer in answers.items()} | {("lumbar_spine", "none"): summary}


def lumbar_summary(levels: list[dict], conversion: dict | None) -> dict:
    def measured(region: str, quantity: str) -> list[float]:
        found = (level.get((region, quantity), set()) for level in levels)
        return [value for value in found if not isinstance(value, set)]

    trabecular = {}
    for quantity in ("attenuation_mean", "density_mean"):
        values = measured("trabecular", quantity)
        few = len(measured("trabecular", "attenuation_mean")) < 2
        trabecular["trabecular", quantity] = (
            {"LEVELS_FEW"} if few else np.mean(values) if quantity == "attenuation_mean" or conversion else {"NOT_CALIBRATED"}
        )
    areas, contents_g = measured("whole", "area"), measured("whole", "mineral_content")
    if len(areas) < 2:
        return trabecular | refused("l1_l4", "area mineral_content areal_density", "LEVELS_FEW")
    trabecular["l1_l4", "area"] = sum(areas)
    if conversion is None:
        return trabecular | refused("l1_l4", "mineral_content areal_density", "NOT_CALIBRATED")
    trabecular["l1_l4", "mineral_content"] = sum(contents_g)
    trabecular["l1_l4", "areal_density"] = sum(contents_g) / sum(areas)
    return trabecular


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


def levels_numbered(ct: Ct, masks: Masks) -> bool:
    """No sixth lumbar vertebra, none left out, none twice as far from the next as usual."""
    there = [place for place, name in enumerate(SPINE) if (name, "none") in masks]
    centres = np.array([ct.positions(masks[SPINE[place], "none"]).mean(axis=0) for place in there])
    if ("l6", "none") in masks or np.any(np.diff(there) > 1):
        return False
    if len(there) < 2:
        return True
    apart = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    ratios = apart / np.sort(apart)[(len(apart) - 1) // 2]
    return bool(np.all((ratios >= 0.6) & (ratios <= 1.6)))


# --- All of it ------------------------------------------------------------------------------------------------------------------


def expected(ct: Ct, masks: Masks, conversion: dict | None = None) -> dict[tuple[str, str], dict]:
    """For each structure and side: `(region, quantity)` to a value, or to the code of the gate that withholds it.

    `conversion` is that of the report's calibration; none where there is none.
    """
    masks = {label: mask for label, mask in masks.items() if mask.any()}
    components = {name: largest_component(masks[name, "none"]) for name in SPINE if (name, "none") in masks}
    metal, ordered, misplaced = metal_positions(ct), levels_in_order(ct, masks), misplaced_sides(ct, masks)
    numbered = levels_numbered(ct, masks)
    answers, lumbar = {}, {}
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
        if name in LUMBAR and not numbered:
            codes.append("LEVEL_AMBIG")
        if name in LUMBAR:
            lumbar[name] = codes
        else:
            answers[name, side] = muscle_answer(ct, mask, codes)
    if lumbar:
        answers |= lumbar_answers(ct, masks, components, lumbar, conversion)
    names = {name for name, _ in masks}
    if "skeletal_muscle" in names or ("l3" in names and names & {"psoas_major", "iliopsoas"}):
        answers["body", "none"] = body_values(ct, masks, lumbar.get("l3", []))
    return answers


def muscle_answer(ct: Ct, mask: np.ndarray, codes: list[str]) -> dict:
    values = muscle_values(ct, mask)
    return {key: set(codes) for key in values} if codes else values
