"""What the scanner and the table add: metal, blur, thick slices, noise, a field of view that ends."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .classes import BONES
from .fields import Chance, averaged
from .volume import AIR


def with_table(chance: Chance, image: Tensor, body: Tensor) -> Tensor:
    """A slab of two voxels behind the body."""
    rows = torch.nonzero(body.any(0).any(1))
    back = int(rows.min()) if len(rows) else 1
    row = int(chance.uniform(0, max(1, back)))
    slab = torch.zeros_like(body)
    slab[:, row : row + 2] = True
    return torch.where(slab & ~body, chance.uniform(-400, 300), image)


def with_metal(chance: Chance, image: Tensor, codes: Tensor) -> Tensor:
    """A rod or ball of metal at a bone, with a halo of artefacts."""
    places = torch.nonzero((codes >= BONES.start) & (codes < BONES.stop))
    if not len(places):
        return image
    centre = places[int(chance.uniform(0, len(places)))].float()
    axis = torch.arange(chance.patch, device=chance.device).float()
    away = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1) - centre
    direction = functional.normalize(chance.normal(3), dim=0)
    along = away @ direction
    radius = (away - along[..., None] * direction).norm(dim=-1)
    reached = along.abs() < chance.uniform(2, 18)
    halo = torch.exp(-radius / 8) * reached * chance.smooth(24)[0] * chance.uniform(0, 150)
    return torch.where((radius < chance.uniform(1, 4)) & reached, 2500.0, image + halo)


def blurred(image: Tensor, sigma: float) -> Tensor:
    """Gaussian with `sigma` in voxels."""
    kernel = torch.exp(-((torch.arange(-2, 3, device=image.device) / sigma) ** 2) / 2)
    kernel = kernel / kernel.sum()
    volume = image[None, None]
    for axis in range(3):
        shape, padding = [1] * 5, [0] * 3
        shape[2 + axis], padding[axis] = 5, 2
        volume = functional.conv3d(functional.pad(volume, _edges(padding), mode="replicate"), kernel.view(shape))
    return volume[0, 0]


def _edges(padding: list[int]) -> list[int]:
    """As `functional.pad` wants them: last axis first, both ends."""
    return [side for width in reversed(padding) for side in (width, width)]


def thick_slices(image: Tensor, slab: int) -> Tensor:
    """Slices of `slab` voxels, interpolated again."""
    means = functional.avg_pool3d(image[None, None], (1, 1, slab))
    return functional.interpolate(means, size=image.shape, mode="trilinear", align_corners=False)[0, 0]


def truncated(chance: Chance, image: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """Nothing beyond a plane: most often above or below."""
    axis = chance.pick((0, 1, 2), (0.2, 0.2, 0.6))
    width = int(chance.uniform(0.08, 0.5) * chance.patch)
    beyond = [slice(None)] * 3
    beyond[axis] = slice(0, width) if chance.hit(0.5) else slice(chance.patch - width, None)
    image, codes = image.clone(), codes.clone()
    image[tuple(beyond)] = AIR
    codes[tuple(beyond)] = 0
    return image, codes


def acquired(chance: Chance, image: Tensor, codes: Tensor) -> tuple[Tensor, Tensor]:
    """The image as a scanner gives it, with the codes that still hold."""
    if chance.hit(0.12):
        image = with_metal(chance, image, codes)
    image = image + chance.uniform(-12, 12)
    if chance.hit(0.25):
        image = blurred(image, chance.uniform(0.4, 1.1))
    if chance.hit(0.35):
        image = thick_slices(image, chance.pick((2, 3)))
    if chance.hit(0.75):
        noise = chance.white()
        noise = 3 * averaged(noise) if chance.hit(0.4) else noise
        image = image + noise * chance.uniform(0, 45)
    return truncated(chance, image, codes) if chance.hit(0.35) else (image, codes)
