"""Training of the two networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..running import Run, reduced_precision
from .examples import Films, Hips, Supply, batches
from .losses import bone_loss, decomposition_loss, locator_loss
from .network import DECOMPOSITION_WIDTHS, LOCATOR_WIDTHS, Decomposition, Locator

BONES_FIRST = 0.15
"""Share of the decomposition's budget in which it learns the bones only (stage 1 of BMD-GAN, Gu et al. 2022)."""


@dataclass(frozen=True)
class Recipe:
    """What decides the weights."""

    widths: tuple[int, ...]
    batch: int
    dropout: float
    learning_rate: float
    weight_decay: float = 1e-4
    seed: int = 0


DECOMPOSITION = Recipe(DECOMPOSITION_WIDTHS, batch=8, dropout=0.2, learning_rate=2e-3)
LOCATOR = Recipe(LOCATOR_WIDTHS, batch=16, dropout=0.2, learning_rate=2e-3)


class XrayRun(Run):
    """What both have in common: numbered examples, and masks from the step's number, so that no state of chance is kept."""

    def __init__(self, recipe: Recipe, network: Decomposition | Locator, supply: Supply, folder: Path, workers: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(recipe, network.to(memory_format=torch.channels_last), folder, torch.device("cpu"))
        self.supply, self.workers = supply, workers
        self.examples: Iterator[tuple[Tensor, ...]] | None = None

    def dataset(self) -> Hips | Films:
        """Where the examples come from."""
        raise NotImplementedError

    def batch(self) -> tuple[Tensor, ...]:
        """The step's examples."""
        if self.examples is None:
            self.examples = batches(self.dataset(), self.step, self.recipe.batch, self.workers)
        return next(self.examples)

    def answer(self, film: Tensor) -> Tensor | tuple[Tensor, ...]:
        """The network's, with dropout."""
        generator = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + self.step)
        masks = self.network.masks(len(film), self.recipe.dropout, generator)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=reduced_precision(self.device)):
            return self.network.train()(film.contiguous(memory_format=torch.channels_last), *masks)

    def averaged(self) -> Decomposition | Locator:
        """The network with the running average of its weights."""
        network = type(self.network)(self.recipe.widths)
        network.load_state_dict(self.average)
        return network.eval()


class DecompositionRun(XrayRun):
    """From films to images."""

    def __init__(self, recipe: Recipe, supply: Supply, folder: Path, workers: int = 0) -> None:
        torch.manual_seed(recipe.seed)
        super().__init__(recipe, Decomposition(recipe.widths), supply, folder, workers)

    def dataset(self) -> Hips:
        return Hips(self.supply, self.recipe.seed)

    def loss(self, spent: float) -> tuple[Tensor, dict[str, float]]:
        film, truth = self.batch()
        found = self.answer(film).float()
        return bone_loss(found, truth) if spent < BONES_FIRST else decomposition_loss(found, truth)


class LocatorRun(XrayRun):
    """From whole films to heads and views."""

    def __init__(self, recipe: Recipe, supply: Supply, folder: Path, workers: int = 0) -> None:
        torch.manual_seed(recipe.seed)
        super().__init__(recipe, Locator(recipe.widths), supply, folder, workers)

    def dataset(self) -> Films:
        return Films(self.supply, self.recipe.seed)

    def loss(self, spent: float) -> tuple[Tensor, dict[str, float]]:
        film, heat, view = self.batch()
        heads, views = self.answer(film)
        return locator_loss(heads.float(), views.float(), heat, view)
