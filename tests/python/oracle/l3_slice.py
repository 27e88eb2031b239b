"""The slice through L3: `plugin-core/src/measure/body_composition/`."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from oracle.ct import Ct, Masks, largest_component
from oracle.muscle import is_fat, is_muscle

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
