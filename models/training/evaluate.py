"""How good a model folder is on whole CTs with labels: Dice and surface distances, and a list of what failed.

    PYTHONPATH=models python -m training.evaluate --data ../shared/data --model RUN/model --workspace RUN [--mirror]

The example CT is also trained on and its labels are another model's; the phantom is no patient. Neither is a validation.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .classes import NAMES, SPACING
from .network_onnx import ExportedNetwork, Probabilities
from .silver import Labelled, dice, phantom, structures, totalsegmentator
from .volume import Image, Labels

FAILED_DICE = 0.8
STRAY_VOXELS = 200


def starts(size: int, patch: int, step: float) -> list[int]:
    """Where tiles begin along one axis."""
    if size <= patch:
        return [0]
    count = int(np.ceil((size - patch) / (patch * step))) + 1
    return [round(number * (size - patch) / (count - 1)) for number in range(count)]


def whole(network: ExportedNetwork, hounsfield: Image, *, mirrored: bool) -> Labels:
    """Class of every voxel: tiles overlapping by half, blended with a Gaussian of an eighth of the tile."""
    patch = network.patch
    axes = [np.exp(-(((np.arange(n) - (n - 1) / 2) / (n / 8)) ** 2) / 2) for n in patch]
    weight = (np.einsum("i,j,k", *axes) + 1e-4).astype(np.float32)
    padded = tuple(np.maximum(hounsfield.shape, patch))
    total: Probabilities = np.zeros((len(network.manifest["classes"]), *padded), np.float32)
    for offset in product(*(starts(n, p, network.manifest["tile_step"]) for n, p in zip(padded, patch, strict=True))):
        place = tuple(slice(start, start + length) for start, length in zip(offset, patch, strict=True))
        total[:, *place] += weight * network.deterministic(network.tile(hounsfield, offset), mirrored=mirrored)
    inside = tuple(slice(0, size) for size in hounsfield.shape)
    return total.argmax(0).astype(np.uint8)[inside]


def edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels of a mask that touch its outside."""
    return mask & ~ndimage.binary_erosion(mask)


def surface_distances(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean and 95th percentile of the distances between the surfaces, both ways, in millimetres."""
    a, b = edge(found), edge(truth)
    to_truth = ndimage.distance_transform_edt(~b, SPACING)[a]
    to_found = ndimage.distance_transform_edt(~a, SPACING)[b]
    both = np.concatenate([to_truth, to_found])
    return float(both.mean()), float(np.quantile(both, 0.95))


def cubic_centimetres(mask: NDArray[np.bool_]) -> float:
    """Volume of a mask on the network's grid."""
    return round(float(mask.sum()) * SPACING**3 / 1000, 1)


def judged(case: Labelled, found: Labels) -> dict[str, dict[str, Any]]:
    """Scores of every structure that the labels know."""
    answer: dict[str, dict[str, Any]] = {}
    for name, class_ in structures(case.known).items():
        mask, truth = found == class_, case.labels == class_
        entry: dict[str, Any] = {"cm3": cubic_centimetres(mask), "true_cm3": cubic_centimetres(truth)}
        if mask.any() and truth.any():
            mean, high = surface_distances(mask, truth)
            entry |= {"dice": round(dice(found, case.labels, class_), 4), "mean_mm": round(mean, 2), "p95_mm": round(high, 2)}
        answer[name] = entry
    return answer


def failures(case: Labelled, found: Labels) -> list[str]:
    """Sentences: what is missing, badly found, or elsewhere as well."""
    sentences = []
    for class_ in case.known:
        if class_ == 0:
            continue
        mask, truth = found == class_, case.labels == class_
        score = dice(found, case.labels, class_)
        if score < FAILED_DICE:
            taken, count = np.unique(found[truth], return_counts=True)
            instead = NAMES[int(taken[np.argmax(count)])] if len(taken) else "nothing"
            sentences.append(f"{NAMES[class_]}: Dice {score:.2f}; where it is, the network mostly says {instead}")
        parts, number = ndimage.label(mask)
        sizes = np.atleast_1d(ndimage.sum_labels(mask, parts, range(1, number + 1))) if number else np.zeros(0)
        overlap = np.atleast_1d(ndimage.sum_labels(truth, parts, range(1, number + 1))) if number else np.zeros(0)
        strays = sizes[(overlap == 0) & (sizes >= STRAY_VOXELS)]
        if len(strays):
            sentences.append(f"{NAMES[class_]}: {len(strays)} strays of {strays.sum() * SPACING**3 / 1000:.0f} cm3 in all")
    return sentences


def main() -> None:
    """Prints JSON: scores and failures of every case."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--workspace", type=Path, required=True, help="where the phantom is, or is written")
    parser.add_argument("--mirror", action="store_true", help="average with the mirrored answer")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    network = ExportedNetwork(options.model, options.threads)
    report = {}
    for name, case in (("totalsegmentator", totalsegmentator(options.data)), ("phantom", phantom(options.workspace / "phantom"))):
        found = whole(network, case.hounsfield, mirrored=options.mirror)
        report[name] = {"scores": judged(case, found), "failures": failures(case, found)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
