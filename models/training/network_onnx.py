"""An exported network run by ONNX Runtime on one tile: once as it is, or many times with dropout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .volume import AIR, Image

Probabilities = NDArray[np.float32]
Features = dict[str, NDArray[np.float32]]


def softmax(logits: NDArray[np.float32]) -> Probabilities:
    """Probabilities over axis 0."""
    exponentials = np.exp(logits - logits.max(0))
    return exponentials / exponentials.sum(0)


class Sampled(NamedTuple):
    """What passes with dropout say of a tile."""

    mean: Probabilities
    """`[class, x, y, z]`, over the passes."""
    variance: NDArray[np.float32]
    """`[x, y, z]`: population variance over the passes, averaged over the classes."""


class ExportedNetwork:
    """A model folder's first network."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.manifest = json.loads((folder / "manifest.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        files = [self.manifest["stem"]["file"], self.manifest["networks"][0]["file"]]
        sessions = [onnxruntime.InferenceSession(folder / file, options, providers=["CPUExecutionProvider"]) for file in files]
        self.stem, self.session = sessions
        self.features = [output["name"] for output in self.manifest["stem"]["outputs"]]
        self.inputs = {entry["name"]: entry["channels"] for entry in self.manifest["dropout"]["inputs"]}
        self.patch = tuple(self.manifest["patch"])

    def tile(self, hounsfield: Image, offset: tuple[int, int, int]) -> Image:
        """Normalised tile from `offset`; beyond the image there is air."""
        rule = self.manifest["normalisation"]
        slices = tuple(slice(start, start + length) for start, length in zip(offset, self.patch, strict=True))
        part = hounsfield[slices]
        padding = [(0, length - size) for length, size in zip(self.patch, part.shape, strict=True)]
        part = np.pad(part, padding, constant_values=AIR)
        return ((np.clip(part, *rule["clip"]) - rule["mean"]) / rule["standard_deviation"]).astype(np.float32)

    def masks(self, rate: float, generator: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        """One mask per input; all ones where the rate is 0."""
        return {
            name: ((generator.random((1, channels, 1, 1, 1)) >= rate) / (1 - rate)).astype(np.float32)
            for name, channels in self.inputs.items()
        }

    def run(self, tile: Image, masks: dict[str, NDArray[np.float32]]) -> Probabilities:
        """Probabilities of one tile."""
        return self.rest(self.before(tile), masks)

    def before(self, tile: Image) -> Features:
        """What dropout does not touch."""
        return dict(zip(self.features, self.stem.run(self.features, {self.manifest["input"]: tile[None, None]}), strict=True))

    def rest(self, features: Features, masks: dict[str, NDArray[np.float32]]) -> Probabilities:
        """Probabilities from there on."""
        return softmax(self.session.run(None, {**features, **masks})[0][0])

    def deterministic(self, tile: Image, *, mirrored: bool) -> Probabilities:
        """Without dropout; `mirrored`: averaged with the answer to the tile's mirror image along x."""
        masks = self.masks(0.0, np.random.default_rng(0))
        plain = self.run(tile, masks)
        if not mirrored:
            return plain
        return (plain + self.run(np.ascontiguousarray(tile[::-1]), masks)[:, ::-1]) / 2

    def sampled(self, tile: Image, counts: tuple[int, ...], rate: float, seed: int) -> list[Sampled]:
        """What the first of some passes say, for every number of `counts`, which rise."""
        generator = np.random.default_rng(seed)
        total = np.zeros((len(self.manifest["classes"]), *self.patch), np.float32)
        squares = np.zeros_like(total)
        answers = []
        features = self.before(tile)
        for done in range(1, counts[-1] + 1):
            probabilities = self.rest(features, self.masks(rate, generator))
            total += probabilities
            squares += probabilities**2
            if done in counts:
                mean = total / done
                answers.append(Sampled(mean, np.maximum(squares / done - mean**2, 0).mean(0)))
        return answers
