"""Training of the CT's network: batches from the synthesis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .network import WIDTHS, BayesianUNet, load_first_version
from .partial_labels import allowed_classes, loss
from .running import Run, reduced_precision
from .sources import Source
from .synthesis import Synthesis


@dataclass(frozen=True)
class Recipe:
    """What decides the weights."""

    widths: tuple[int, ...] = WIDTHS
    patch: int = 96
    batch: int = 7
    dropout: float = 0.3
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    seed: int = 0


class Training(Run):
    """Training in a folder."""

    network: BayesianUNet

    def __init__(self, recipe: Recipe, sources: list[Source], folder: Path, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        super().__init__(recipe, BayesianUNet(recipe.widths), folder, device)
        self.synthesis = Synthesis(sources, recipe.patch, device, recipe.seed)
        self.masks = torch.Generator().manual_seed(recipe.seed)
        self.allowed = allowed_classes(device)

    def start_from(self, weights: Path) -> None:
        """Starts from weights of version 0.1 or of a finished run."""
        state = torch.load(weights, map_location=self.device, weights_only=True)
        if any(name.startswith("e.") for name in state):
            load_first_version(self.network, state)
        else:
            self.network.load_state_dict({name: value.float() for name, value in state.items()})
        self.start_average()

    def loss(self, spent: float) -> tuple[Tensor, dict[str, float]]:
        """Cross entropy and Dice loss of a batch of the synthesis."""
        with torch.no_grad():
            images, codes = self.synthesis.batch(self.recipe.batch)
        masks = self.network.masks(self.recipe.batch, self.recipe.dropout, self.masks)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=reduced_precision(self.device)):
            logits = self.network(images, *masks)
        cross_entropy, dice = loss(logits.float(), codes, self.allowed)
        return cross_entropy + dice, {"cross_entropy": cross_entropy.item(), "dice_loss": dice.item()}

    def chance(self) -> dict[str, Tensor]:
        """Of the synthesis and of the masks."""
        return {"chance": self.synthesis.chance.generator.get_state(), "masks": self.masks.get_state()}

    def restore_chance(self, state: dict[str, Tensor]) -> None:
        """Continues from them."""
        self.synthesis.chance.generator.set_state(state["chance"])
        self.masks.set_state(state["masks"])

    def averaged(self) -> tuple[BayesianUNet, dict[str, Tensor]]:
        """The network with the running average of its weights, on the CPU, and these weights."""
        network = BayesianUNet(self.recipe.widths)
        weights = {name: value.cpu() for name, value in self.average.items()}
        network.load_state_dict(weights)
        return network.eval(), weights
