"""Values of lumbar vertebrae and of L1 to L4: `plugin-core/src/measure/lumbar/`."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from oracle.ct import HALF, Ct, Masks, NotMeasured, density, refused
from oracle.vertebral_body import LUMBAR, Body, final_body

TRABECULAR = "volume attenuation_mean attenuation_median attenuation_sd density_mean density_median density_sd"
BODY = "attenuation_mean density_mean mineral_content"
HEIGHTS = "anterior_height middle_height posterior_height"
RATIOS = "anterior_height_ratio middle_height_ratio neighbour_height_ratio"
SHAPE = f"volume {HEIGHTS} {RATIOS}"
WHOLE = "attenuation_mean density_mean mineral_content area areal_density"


def trabecular_region(ct: Ct, component: np.ndarray, body: Body) -> np.ndarray:
    """Indices of the voxels of the region, before focal dense bone is left out."""
    cells = body.cells
    y, x = np.ogrid[-4:5, -4:5]
    core = ndimage.binary_erosion(body.mask, (y * y + x * x <= 16)[None])
    voxels = np.argwhere(component)
    i, j, k = cells.local(ct.origin + voxels @ ct.steps).T
    nearest = np.floor(np.column_stack([i, j, k]) + HALF).astype(int) - cells.first
    plane = lambda p: p[0] + p[1] * j + p[2] * k
    top, bottom = plane(body.top), plane(body.bottom)
    height = (i - bottom + 0.5) / (top - bottom + 1)
    vein = (k**2 + (i - (top + bottom) / 2) ** 2 <= 36) & (j - (body.wall - 0.5) <= 0.4 * body.depth)
    return voxels[core[tuple(nearest.T)] & (height >= 0.25) & (height <= 0.75) & ~vein]


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
    thick = ct.thickness > 5.001
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
