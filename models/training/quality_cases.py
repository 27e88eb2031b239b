"""Perturbed cases, what the network says of them, and how right it is: one JSON line per case, kept between runs."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .network_onnx import ExportedNetwork
from .perturbations import PERTURBATIONS
from .silver import Labelled, dice, phantom, structures, totalsegmentator
from .volume import Labels

STRENGTHS = (0.15, 0.6, 1.0, 0.35)
FEWEST_VOXELS = 200
"""5.4 cm3; Dice of less is chance."""


class Plan(NamedTuple):
    """A case to make."""

    anatomy: str
    group: str
    strength: float

    @property
    def name(self) -> str:
        return f"{self.anatomy}-{self.group}-{self.strength:g}"

    @property
    def seed(self) -> int:
        return zlib.crc32(self.name.encode())


def plans() -> Iterator[Plan]:
    """All cases, those first that tell most: every group mildly or moderately, on both anatomies, then the other strengths."""
    for strength in STRENGTHS:
        for anatomy in ("totalsegmentator", "phantom"):
            yield from (Plan(anatomy, group, strength) for group in PERTURBATIONS)


def random_offset(shape: tuple[int, ...], patch: tuple[int, ...], generator: np.random.Generator) -> tuple[int, int, int]:
    """Of a tile inside the image, in voxels."""
    x, y, z = (int(generator.integers(max(0, size - length) + 1)) for size, length in zip(shape, patch, strict=True))
    return x, y, z


def scores(found: Labels, truth: Labels, known: tuple[int, ...]) -> dict[str, float]:
    """Dice of every known structure that is large enough in either."""
    return {
        name: round(dice(found, truth, class_), 4)
        for name, class_ in structures(known).items()
        if max((found == class_).sum(), (truth == class_).sum()) >= FEWEST_VOXELS
    }


def examine(plan: Plan, case: Labelled, network: ExportedNetwork, counts: tuple[int, ...], compare: bool) -> dict[str, Any]:
    """Runs the network on one tile of one perturbed case with dropout; `compare`: also without, plain and mirrored."""
    generator = np.random.default_rng(plan.seed)
    hounsfield, labels = PERTURBATIONS[plan.group](case.hounsfield, case.labels, plan.strength, generator)
    offset = random_offset(hounsfield.shape, network.patch, generator)
    tile = network.tile(hounsfield, offset)
    inside = tuple(slice(start, start + length) for start, length in zip(offset, network.patch, strict=True))
    truth = labels[inside]
    visible = tuple(slice(0, size) for size in truth.shape)
    answer: dict[str, Any] = plan._asdict()
    for mirrored in (False, True) if compare else ():
        found = network.deterministic(tile, mirrored=mirrored).argmax(0)[visible]
        answer["dice_mirrored" if mirrored else "dice_plain"] = scores(found, truth, case.known)
    rate = network.manifest["dropout"]["rate"]
    for sampled, count in zip(network.sampled(tile, counts, rate, plan.seed), counts, strict=True):
        found, variance = sampled.mean.argmax(0)[visible], sampled.variance[visible]
        answer[f"dice_{count}"] = scores(found, truth, case.known)
        answer[f"uncertainty_{count}"] = {
            name: float(variance[found == class_].mean())
            for name, class_ in structures(case.known).items()
            if (found == class_).any()
        }
    return answer


def collect(data: Path, model: Path, cache: Path, *, counts: tuple[int, ...], compare: bool, limit: int) -> list[dict[str, Any]]:
    """The first `limit` cases; those in `cache` are not run again."""
    done = [json.loads(line) for line in cache.read_text().splitlines()] if cache.exists() else []
    names = {(entry["anatomy"], entry["group"], entry["strength"]) for entry in done}
    network = ExportedNetwork(model, int(os.environ.get("OMP_NUM_THREADS", "1")))
    anatomies: dict[str, Labelled] = {}
    cache.parent.mkdir(parents=True, exist_ok=True)
    for plan in list(plans())[:limit]:
        if tuple(plan) in names:
            continue
        if plan.anatomy not in anatomies:
            anatomies[plan.anatomy] = totalsegmentator(data) if plan.anatomy == "totalsegmentator" else phantom(cache.parent / "phantom")
        entry = examine(plan, anatomies[plan.anatomy], network, counts, compare)
        done.append(entry)
        with cache.open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(plan.name, flush=True)
    return done
