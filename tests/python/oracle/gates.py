"""What withholds values: `plugin-core/src/measure/gates.rs`."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from oracle.ct import Ct, Masks
from oracle.muscle import MUSCLES
from oracle.vertebral_body import SPINE


COLUMN = (*SPINE, "sacrum")


def general_codes(ct: Ct, masks: Masks, label: tuple[str, str]) -> list[str]:
    """Of the gates that any structure meets."""
    codes = ["LATERALITY"] if misplaced(ct, masks, label) else []
    return codes + (["LABEL_GAP"] if has_gap(masks[label]) else [])


def leaves_image(ct: Ct, mask: np.ndarray) -> bool:
    inner = tuple(slice(3, -3) for _ in range(3))
    return bool(mask.sum() != mask[inner].sum() or np.mean(ct.hu[mask] <= -1024) > 0.001)


def has_gap(mask: np.ndarray) -> bool:
    counts = mask.sum(axis=(1, 2))
    below, above = np.cumsum(counts) / counts.sum(), np.cumsum(counts[::-1])[::-1] / counts.sum()
    return bool(np.any((counts == 0) & (below > 0.01) & (above > 0.01)))


def metal_positions(ct: Ct) -> np.ndarray:
    """Voxel centres of all groups of more than 100 mm3 of 2500 HU or more, or at 2000 HU or more where the CT was clipped."""
    brightest = ct.hu.max()
    groups, _ = ndimage.label(ct.hu >= (brightest if 2000 <= brightest < 2500 else 2500))
    sizes = np.bincount(groups.ravel()) * ct.voxel_cm3 * 1000
    sizes[0] = 0
    return ct.positions((sizes > 100)[groups])


def near_metal(ct: Ct, mask: np.ndarray, metal: np.ndarray) -> bool:
    if len(metal) == 0:
        return False
    distance, _ = cKDTree(metal).query(ct.positions(mask))
    return bool(distance.min() <= 20)


def holds_cement(ct: Ct, mask: np.ndarray) -> bool:
    return bool((ct.hu[mask] > 1500).sum() * ct.voxel_cm3 * 1000 > 100)


def deep(ct: Ct, mask: np.ndarray) -> np.ndarray:
    """Voxels that have others of the mask 8 mm away in all six directions."""
    part = mask.copy()
    for axis, step in enumerate(ct.steps):
        far = int(np.ceil(8 / np.linalg.norm(step)))
        padded = np.pad(mask, [(far, far) if other == axis else (0, 0) for other in range(3)])
        last = mask.shape[axis]
        part &= padded.take(range(last), axis) & padded.take(range(2 * far, 2 * far + last), axis)
    return part


def misplaced(ct: Ct, masks: Masks, label: tuple[str, str]) -> bool:
    """Whether a structure that comes in pairs lies on the wrong side, or on both."""
    name, side = label
    if name not in (*MUSCLES, "femur"):
        return False
    if side == "none":
        return True
    x = {one: ct.positions(mask)[:, 0].mean() for one, mask in masks.items() if one[0] in (*COLUMN, name)}
    left = 1 if side == "left" else -1
    column = [x[name, "none"] for name in COLUMN if (name, "none") in x]
    if column and (x[label] - np.mean(column)) * left <= 0:
        return True
    twin = name, "right" if side == "left" else "left"
    if twin not in masks:
        return False
    return bool((x[label] - x[twin]) * left <= 0 or np.mean(masks[twin][masks[label]]) > 0.1)


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
