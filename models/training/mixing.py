"""People between the two Visible Humans: every region's signed distance interpolated, the nearest region taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .anatomy import BODY, BONES, Atlas


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Voxels to the surface, negative inside."""
    return (ndimage.distance_transform_edt(~mask) - ndimage.distance_transform_edt(mask)).astype(np.float32)


def landmarks(regions: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Ends of the box around hip bones and femora, in voxels, `[low or high, axis]`: pelvis for x and y, both for z."""
    pelvis = np.argwhere(regions == BONES["hip_bone"])
    femur = np.argwhere(regions == BONES["femur"])
    low = [*pelvis.min(0)[:2], femur[:, 2].min()]
    high = [*pelvis.max(0)[:2], pelvis[:, 2].max()]
    return np.array([low, high], float)


def fitted(
    regions: NDArray[np.uint8], shape: tuple[int, ...], source: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """`regions` stretched along the axes so that `source` lies on `target`."""
    scale = (source[1] - source[0]) / (target[1] - target[0])
    return ndimage.affine_transform(regions, scale, source[0] - scale * target[0], output_shape=shape, order=0)


def bounds(mask: NDArray[np.bool_]) -> tuple[slice, ...] | None:
    """The box around a mask with a voxel to spare; none where it is empty."""
    found = ndimage.find_objects(mask.astype(np.uint8))
    return tuple(slice(max(0, side.start - 1), side.stop + 1) for side in found[0]) if found else None


def mixed(first: Atlas, second: Atlas, share: float) -> Atlas:
    """A person with `share` of the second; regions that one of them lacks are the other's, while share is on his side."""
    target = (1 - share) * landmarks(first.regions) + share * landmarks(second.regions)
    shape = tuple(np.maximum(first.regions.shape, second.regions.shape))
    people = [fitted(atlas.regions, shape, landmarks(atlas.regions), target) for atlas in (first, second)]
    shares = (1 - share, share)
    body = sum(part * signed_distance(regions > 0) for part, regions in zip(shares, people, strict=True)) < 0
    answer = np.where(body, BODY, 0).astype(np.uint8)
    nearest = np.zeros(shape, np.float32)
    for region in np.unique(np.concatenate([np.unique(regions) for regions in people])):
        masks = [regions == region for regions in people]
        if region in (0, BODY):
            continue
        if not all(mask.any() for mask in masks):
            masks = [masks[int(share >= 0.5)]] * 2
        box = bounds(masks[0] | masks[1])
        if box is None:
            continue
        distance = sum(part * signed_distance(mask[box]) for part, mask in zip(shares, masks, strict=True))
        deeper = distance < nearest[box]
        answer[box][deeper], nearest[box][deeper] = region, distance[deeper]
    return Atlas(answer, first.spacing)
