"""The exported networks as the program runs them: passes with dropout, their mean, what the regions' pixels say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .channels import IMAGES, INDEX, REGIONS
from .intensities import Film, letterboxed, normalised

Images = NDArray[np.float32]


class Region(NamedTuple):
    """What a film says of a region, before calibration."""

    density: float
    """Mean density of the DXA pose in the region's pixels of the mean image, g/cm2; not a number where no pixel was found."""
    deviation: float
    """Population standard deviation, over the passes, of the mean in the same pixels."""
    pixels: int


class Located(NamedTuple):
    """What the locator says."""

    heads: list[tuple[float, float, float]]
    """Row and column on the film, and probability, of the likeliest place in the left and in the right half."""
    view: NDArray[np.float32]
    """Probability of every view."""


def sigmoid(logits: Images) -> Images:
    """Probabilities."""
    return 1 / (1 + np.exp(-logits))


def centre_of_peak(heat: Images) -> tuple[float, float, float]:
    """Row, column and height of the highest place, its centre weighed over five by five pixels."""
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    rows, columns = (slice(max(0, middle - 2), middle + 3) for middle in (row, column))
    part = heat[rows, columns]
    r, c = np.mgrid[rows, columns][:, : part.shape[0], : part.shape[1]]
    return float((r * part).sum() / part.sum()), float((c * part).sum() / part.sum()), float(heat[row, column])


class ExportedNetworks:
    """A model folder."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        files = [self.manifest[part]["network"]["file"] for part in ("decomposition", "locator")]
        self.decomposition, self.locator = (
            onnxruntime.InferenceSession(str(folder / file), options, providers=["CPUExecutionProvider"]) for file in files
        )

    def masks(self, part: str, rate: float, generator: np.random.Generator) -> dict[str, Images]:
        """One mask per input; all ones where the rate is 0."""
        inputs = self.manifest[part]["dropout"]["inputs"]
        return {
            entry["name"]: ((generator.random((1, entry["channels"], 1, 1)) >= rate) / (1 - rate)).astype(np.float32) for entry in inputs
        }

    def passes(self, film: Film, seed: int = 0) -> Images:
        """`[pass, channel, row, column]` of a normalised crop in the channels' units; regions as probabilities."""
        rule = self.manifest["decomposition"]
        scales = np.array([channel["scale"] for channel in rule["channels"]], np.float32)[:, None, None]
        generator = np.random.default_rng(seed)
        answers = []
        for _ in range(rule["dropout"]["passes"]):
            masks = self.masks("decomposition", rule["dropout"]["rate"], generator)
            answers.append(self.decomposition.run([rule["output"]], {rule["input"]: film[None, None], **masks})[0][0] * scales)
        images = np.stack(answers)
        images[:, IMAGES:] = sigmoid(images[:, IMAGES:])
        return images

    def locate(self, film: Film) -> Located:
        """Heads and view of a whole film that is not normalised yet, without dropout."""
        square, scale, offset = letterboxed(normalised(film))
        masks = self.masks("locator", 0.0, np.random.default_rng(0))
        rule = self.manifest["locator"]
        heads, view = self.locator.run([rule["outputs"]["heads"], rule["outputs"]["view"]], {rule["input"]: square[None, None], **masks})
        places = [centre_of_peak(heat) for heat in sigmoid(heads[0])]
        found = [((row - offset[0]) / scale, (column - offset[1]) / scale, height) for row, column, height in places]
        odds = np.exp(view[0] - view[0].max())
        return Located(found, odds / odds.sum())


def regions(passes: Images) -> dict[str, Region]:
    """What the passes say of every region."""
    mean = passes.mean(0)
    answer = {}
    for name in REGIONS:
        mask = mean[INDEX[name]] > 0.5
        values = passes[:, INDEX["proximal_femur_dxa"], mask].astype(np.float64)
        if mask.any():
            answer[name] = Region(float(values.mean()), float(values.mean(1).std()), int(mask.sum()))
        else:
            answer[name] = Region(float("nan"), float("nan"), 0)
    return answer
