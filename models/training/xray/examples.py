"""Examples for the networks: simulated hips and films as tensors, made beside the training by processes of their own.

Every example has a number, from which all its chance comes: a run that continues at a step sees what it would have seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from .channels import CHANNELS, REGIONS, VIEWS
from .intensities import SIZE, WHOLE, Film, crop, letterboxed, normalised

SHIFT = 3.5
"""Standard deviation of the crop's place, pixels: what the locator and a hand may miss the head's centre by."""
BUMP = 1.5
"""Standard deviation of a head's bump in the locator's target, pixels."""


Exposed = tuple[slice, slice]
"""Rows and columns of a crop that the film shows."""
EVERYWHERE: Exposed = np.s_[:, :]


class Hip(TypedDict):
    """A hip's film in the plane of its head, with margin, and the truth about it."""

    film: Film
    targets: dict[str, Film]
    truth: dict[str, Any]


class WholeFilm(TypedDict):
    """A whole film, the heads in it, and its view."""

    film: Film
    heads: list[tuple[float, float]]
    view: str


class Supply(Protocol):
    """Whoever makes hips and films."""

    def hip(self, rng: np.random.Generator) -> Hip:
        """A new virtual patient."""

    def whole_film(self, rng: np.random.Generator) -> WholeFilm:
        """A new film."""


class Cropped(NamedTuple):
    """A hip as the decomposition sees it."""

    film: Film
    """`[192, 160]`, normalised."""
    truth: NDArray[np.float32]
    """`[channel, 192, 160]` in the units of `CHANNELS`."""


def dxa_image(hip: Hip) -> Film:
    """The femur's image, scaled so that its mean in each region is the truth of the DXA scan; as it is outside them."""
    image = hip["targets"]["proximal_femur"].copy()
    neck, whole = (hip["targets"][region] > 0 for region in REGIONS)
    rest = whole & ~neck
    right_neck, right_whole = (hip["truth"][region]["abmd"] for region in REGIONS)
    for region, total in ((neck, right_neck * neck.sum()), (rest, right_whole * whole.sum() - right_neck * neck.sum())):
        if (mass := image[region].sum()) > 0:
            image[region] *= total / mass
    return image


def cropped(hip: Hip, shift: NDArray[np.float64], exposed: Exposed = EVERYWHERE) -> Cropped:
    """The crop `shift` (row, column) pixels off the head's centre, as far as the margin lets it; nothing outside `exposed`."""
    margin = (np.array(hip["film"].shape) - SIZE) // 2
    row, column = np.clip(np.rint(margin + shift), 0, 2 * margin).astype(int)
    images = hip["targets"] | {"proximal_femur_dxa": dxa_image(hip)}
    truth = crop(np.stack([images[channel.name] for channel in CHANNELS]), row, column).astype(np.float32)
    film = np.zeros(SIZE, np.float32)
    film[exposed] = normalised(crop(hip["film"], row, column)[exposed])
    return Cropped(film, truth)


def field(rng: np.random.Generator) -> Exposed:
    """What of a crop the film shows: mostly all; else the film or its collimator ends up to 32 mm above, or beside it."""
    if rng.random() < 0.7:
        return EVERYWHERE
    upper, left, right = (rng.integers(0, 26, 3) * (rng.random(3) < 0.5)).tolist()
    return np.s_[upper:, left : SIZE[1] - right]


def heat(heads: list[tuple[float, float]]) -> NDArray[np.float32]:
    """The locator's target `[2, 128, 128]`: a bump for the head in the left half and one for that in the right half."""
    answer = np.zeros((2, *WHOLE), np.float32)
    rows, columns = np.ogrid[: WHOLE[0], : WHOLE[1]]
    for row, column in heads:
        side = answer[int(column > (WHOLE[1] - 1) / 2)]
        bump = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * BUMP**2))
        np.maximum(side, bump.astype(np.float32), out=side)
    return answer


class Hips(Dataset):
    """Films and images for the decomposition."""

    def __init__(self, supply: Supply, seed: int) -> None:
        self.supply, self.seed = supply, seed
        self.scales = np.array([channel.scale for channel in CHANNELS], np.float32)[:, None, None]

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """`[1, 192, 160]` and `[channel, 192, 160]` in the network's scale."""
        rng = np.random.default_rng((self.seed, 0, number))
        film, truth = cropped(self.supply.hip(rng), rng.normal(0, SHIFT, 2), field(rng))
        return torch.from_numpy(film)[None], torch.from_numpy(truth / self.scales)


class Films(Dataset):
    """Whole films for the locator."""

    def __init__(self, supply: Supply, seed: int) -> None:
        self.supply, self.seed = supply, seed

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, int]:
        """`[1, 128, 128]`, target of the heads `[2, 128, 128]` and number of the view."""
        whole = self.supply.whole_film(np.random.default_rng((self.seed, 1, number)))
        square, scale, offset = letterboxed(normalised(whole["film"]))
        heads = [(row * scale + offset[0], column * scale + offset[1]) for row, column in whole["heads"]]
        return torch.from_numpy(square)[None], torch.from_numpy(heat(heads)), VIEWS.index(whole["view"])


def batches(dataset: Dataset, first: int, size: int, workers: int) -> Iterator[tuple[Tensor, ...]]:
    """Batches from step `first` on, without end."""

    class Numbers:
        def __iter__(self) -> Iterator[list[int]]:
            step = first
            while True:
                yield list(range(step * size, (step + 1) * size))
                step += 1

    return iter(DataLoader(dataset, batch_sampler=Numbers(), num_workers=workers, prefetch_factor=4 if workers else None))
