"""Random numbers, smooth random fields and random places, all from one generator so that a run can be repeated."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Chance:
    """Draws on one device for patches of one size."""

    def __init__(self, patch: int, device: torch.device, seed: int) -> None:
        self.patch = patch
        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float) -> float:
        """One number."""
        return low + (high - low) * float(torch.rand((), generator=self.generator, device=self.device))

    def hit(self, probability: float) -> bool:
        """Whether something happens."""
        return self.uniform(0, 1) < probability

    def pick(self, choices: tuple[int, ...], weights: tuple[float, ...] | None = None) -> int:
        """One of some."""
        chances = torch.tensor(weights or [1.0] * len(choices), dtype=torch.float32, device=self.device)
        return choices[int(torch.multinomial(chances, 1, generator=self.generator))]

    def normal(self, *shape: int) -> Tensor:
        """Independent normal numbers."""
        return torch.randn(shape, generator=self.generator, device=self.device)

    def numbers(self, count: int, low: float, high: float) -> Tensor:
        """Independent uniform numbers."""
        return low + (high - low) * torch.rand(count, generator=self.generator, device=self.device)

    def white(self) -> Tensor:
        """White noise on the patch."""
        return self.normal(*(self.patch,) * 3)

    def smooth(self, knots: int, channels: int = 1) -> Tensor:
        """`[channels, x, y, z]`: normal numbers at `knots`^3 places, interpolated linearly."""
        coarse = self.normal(1, channels, *(min(knots, self.patch),) * 3)
        return functional.interpolate(coarse, size=(self.patch,) * 3, mode="trilinear", align_corners=True)[0]


class Place(NamedTuple):
    """Where in a source the voxels of a patch lie."""

    grid: Tensor
    """For `grid_sample`, `[1, x, y, z, 3]`."""
    inside: Tensor
    """`[x, y, z]`: whether the voxel lies in the source."""


def rotation(angles: Tensor) -> Tensor:
    """Turns about x, then y, then z, in radians."""
    turn = torch.eye(3)
    for axis, angle in enumerate(angles.tolist()):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        step = torch.eye(3)
        cosine, sine = torch.cos(torch.tensor(angle)), torch.sin(torch.tensor(angle))
        step[a, a], step[a, b], step[b, a], step[b, b] = cosine, -sine, sine, cosine
        turn = step @ turn
    return turn


def random_place(chance: Chance, shape: tuple[int, ...], spacing: float, network_spacing: float) -> Place:
    """A patch turned by up to 17 degrees, scaled by 0.65 to 1.51, mirrored half the time and bent smoothly."""
    size = torch.tensor(shape, device=chance.device, dtype=torch.float32)
    centre = size * torch.stack([chance.numbers(1, low, high)[0] for low, high in ((0.2, 0.8), (0.25, 0.75), (0.1, 0.9))])
    scales = chance.uniform(0.74, 1.34) * chance.numbers(3, 0.88, 1.13)
    if chance.hit(0.5):
        scales[0] = -scales[0]
    matrix = rotation(chance.numbers(3, -0.3, 0.3).cpu()).to(chance.device) * scales
    axis = (torch.arange(chance.patch, device=chance.device) - (chance.patch - 1) / 2) * network_spacing
    offsets = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1)
    knots = chance.pick((4, 6, 9))
    bend = chance.smooth(knots, 3).permute(1, 2, 3, 0) * chance.uniform(0, 100 / knots)
    position = (offsets + bend) @ matrix.T / spacing + centre
    unit = position / (size - 1) * 2 - 1
    return Place(unit.flip(-1)[None], (unit.abs() <= 1).all(-1))


def nearest(volume: Tensor, place: Place) -> Tensor:
    """Whole numbers of `volume` at `place`; 0 outside."""
    sampled = functional.grid_sample(volume.float(), place.grid, mode="nearest", align_corners=True)
    return sampled[0, 0].round().long() * place.inside


def linear(volume: Tensor, place: Place, outside: float = 0.0) -> Tensor:
    """Values of `volume` at `place`; `outside` beyond it."""
    sampled = functional.grid_sample(volume.float(), place.grid, mode="bilinear", padding_mode="border", align_corners=True)
    return torch.where(place.inside, sampled[0, 0], torch.full_like(sampled[0, 0], outside))


def averaged(image: Tensor) -> Tensor:
    """Mean over the 27 voxels around."""
    return functional.avg_pool3d(image[None, None], 3, 1, 1, count_include_pad=False)[0, 0]
