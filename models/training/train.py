"""Training: batches from the synthesis, one network, its running average, a checkpoint that continues where it stopped."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .network import WIDTHS, BayesianUNet, load_first_version
from .partial_labels import allowed_classes, loss
from .sources import Source
from .synthesis import Synthesis

AVERAGE_KEEPS = 0.998
"""Share of the running average that each step leaves, once there have been many."""


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


@dataclass(frozen=True)
class Budget:
    """When to stop: after so many hours of training or so many steps, whichever comes first; the learning rate falls towards it."""

    hours: float
    steps: int | None = None

    def spent(self, step: int, seconds: float) -> float:
        """Share that is used up."""
        by_time = seconds / (self.hours * 3600)
        return max(by_time, step / self.steps) if self.steps else by_time


def reduced_precision(device: torch.device) -> bool:
    """Whether bfloat16 is the faster arithmetic there: on GPUs, and on processors that have it."""
    return device.type == "cuda" or torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


class Training:
    """A run in a folder: `checkpoint.pt` and `log.jsonl`."""

    def __init__(self, recipe: Recipe, sources: list[Source], folder: Path, device: torch.device) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.folder, self.device = recipe, folder, device
        self.network = BayesianUNet(recipe.widths).to(device)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.synthesis = Synthesis(sources, recipe.patch, device, recipe.seed)
        self.masks = torch.Generator().manual_seed(recipe.seed)
        self.allowed = allowed_classes(device)
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.step, self.seconds = 0, 0.0

    def start_from(self, weights: Path) -> None:
        """Starts from weights of version 0.1 or of a finished run."""
        state = torch.load(weights, map_location=self.device, weights_only=True)
        if any(name.startswith("e.") for name in state):
            load_first_version(self.network, state)
        else:
            self.network.load_state_dict({name: value.float() for name, value in state.items()})
        self.average = {name: value.detach().clone() for name, value in self.network.state_dict().items()}

    def run(self, budget: Budget, checkpoint_seconds: float = 600) -> None:
        """Trains until the budget is spent; logs every step, keeps a checkpoint every ten minutes and at the end."""
        saved = started = time.monotonic() - self.seconds
        with (self.folder / "log.jsonl").open("a") as log:
            while (spent := budget.spent(self.step, self.seconds)) < 1:
                values = self.one_step(spent)
                self.seconds = time.monotonic() - started
                log.write(json.dumps({"step": self.step, "seconds": round(self.seconds, 1)} | values) + "\n")
                log.flush()
                if time.monotonic() - saved > checkpoint_seconds:
                    self.save()
                    saved = time.monotonic()
        self.save()

    def one_step(self, spent: float) -> dict[str, float]:
        """One batch; the rate rises over 100 steps and falls with the budget."""
        rate = self.recipe.learning_rate * min(1.0, (self.step + 1) / 100) * (1 - spent) ** 0.9
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.no_grad():
            images, codes = self.synthesis.batch(self.recipe.batch)
        masks = self.network.masks(self.recipe.batch, self.recipe.dropout, self.masks)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=reduced_precision(self.device)):
            logits = self.network(images, *masks)
        cross_entropy, dice = loss(logits.float(), codes, self.allowed)
        self.optimiser.zero_grad(set_to_none=True)
        (cross_entropy + dice).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 12)
        self.optimiser.step()
        self.step += 1
        self.update_average()
        return {"rate": rate, "cross_entropy": cross_entropy.item(), "dice_loss": dice.item()}

    @torch.no_grad()
    def update_average(self) -> None:
        """Exponential running average of the weights; short at first."""
        keep = min(AVERAGE_KEEPS, (1 + self.step) / (10 + self.step))
        for name, value in self.network.state_dict().items():
            self.average[name].lerp_(value, 1 - keep)

    def save(self) -> None:
        """Writes beside the old checkpoint, then takes its place: a run that is killed loses ten minutes, never all."""
        state: dict[str, Any] = {
            "recipe": asdict(self.recipe), "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
            "average": self.average, "step": self.step, "seconds": self.seconds,
            "chance": self.synthesis.chance.generator.get_state(), "masks": self.masks.get_state(),
        }  # fmt: skip
        part = self.folder / "checkpoint.part"
        torch.save(state, part)
        part.replace(self.folder / "checkpoint.pt")

    def resume(self) -> None:
        """Continues a checkpoint of the same recipe; on one machine the answer is as if the run had never stopped."""
        state = torch.load(self.folder / "checkpoint.pt", map_location="cpu", weights_only=True)
        if state["recipe"] != asdict(self.recipe):
            raise ValueError(f"the checkpoint was made by the recipe {state['recipe']}, asked for: {asdict(self.recipe)}")
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.average = {name: value.to(self.device) for name, value in state["average"].items()}
        self.step, self.seconds = state["step"], state["seconds"]
        self.synthesis.chance.generator.set_state(state["chance"])
        self.masks.set_state(state["masks"])

    def averaged(self) -> tuple[BayesianUNet, dict[str, Tensor]]:
        """The network with the running average of its weights, on the CPU, and these weights."""
        network = BayesianUNet(self.recipe.widths)
        weights = {name: value.cpu() for name, value in self.average.items()}
        network.load_state_dict(weights)
        return network.eval(), weights
