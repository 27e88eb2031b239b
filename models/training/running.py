"""A training run in a folder: its budget, the running average of the weights, a checkpoint that continues where it stopped."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

AVERAGE_KEEPS = 0.998
"""Share of the running average that each step leaves, once there have been many."""


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


class Run(ABC):
    """A run in a folder: `checkpoint.pt` and `log.jsonl`."""

    def __init__(self, recipe: Any, network: nn.Module, folder: Path, device: torch.device) -> None:
        """`recipe`: a dataclass with `learning_rate` and `weight_decay`."""
        self.recipe, self.folder, self.device = recipe, folder, device
        self.network = network.to(device)
        self.optimiser = torch.optim.AdamW(self.network.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
        self.step, self.seconds = 0, 0.0
        self.start_average()

    @abstractmethod
    def loss(self, spent: float) -> tuple[Tensor, dict[str, float]]:
        """Loss of the next batch and what of it is logged; `spent` is the share of the budget that is used up."""

    def chance(self) -> dict[str, Tensor]:
        """States of the random generators, for the checkpoint."""
        return {}

    def restore_chance(self, state: dict[str, Tensor]) -> None:
        """Continues from them."""

    def start_average(self) -> None:
        """Begins the running average with the weights as they are."""
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
        total, values = self.loss(spent)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 12)
        self.optimiser.step()
        self.step += 1
        self.update_average()
        return {"rate": rate} | values

    @torch.no_grad()
    def update_average(self) -> None:
        """Exponential running average of the weights; short at first."""
        keep = min(AVERAGE_KEEPS, (1 + self.step) / (10 + self.step))
        for name, value in self.network.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - keep)
            else:
                self.average[name].copy_(value)

    def save(self) -> None:
        """Writes beside the old checkpoint, then takes its place: a run that is killed loses ten minutes, never all."""
        state: dict[str, Any] = {
            "recipe": asdict(self.recipe), "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
            "average": self.average, "step": self.step, "seconds": self.seconds,
        }  # fmt: skip
        part = self.folder / "checkpoint.part"
        torch.save(state | self.chance(), part)
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
        self.restore_chance(state)
