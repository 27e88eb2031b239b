"""From trained weights to a model folder: both networks as ONNX, checked against PyTorch, and their manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor

from .. import onnx_file
from ..export_onnx import ATTRIBUTION
from .calibration import fitted
from .channels import CHANNELS, VIEWS
from .examples import Supply
from .exported import ExportedNetworks
from .intensities import CENTRE, LOWER, SIZE, SPACING, UPPER, WHOLE
from .network import Decomposition, Locator

TOLERANCE = 0.02
"""Largest difference from PyTorch's, in the networks' scale, on noise; storing the weights in half precision gives about 0.003."""
PASSES = 10
CAVEATS = [
    "bonemuscle-hip-xray was trained on simulated films only: no film of a person and no DXA scan has ever been compared with it",
    "the density is that of a simulated DXA scan and is not to be compared with reference values of any scanner",
    "iliopsoas, gluteus medius, maximus and minimus are measured inside the field of 240 x 200 mm about the hip only",
]


def exported(network: Decomposition | Locator, film: Tensor, outputs: list[str], file: Path) -> float:
    """Writes a network; the largest difference from PyTorch, without and with dropout."""
    names = ["film", *(f"mask{number}" for number in range(len(network.mask_channels)))]
    onnx_file.save(onnx_file.traced(network, dict(zip(names, (film, *network.masks(1, 0)), strict=True)), outputs), file)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    worst = 0.0
    for rate in (0.0, 0.2):
        inputs = dict(zip(names, (film, *network.masks(1, rate, torch.Generator().manual_seed(1))), strict=True))
        with torch.no_grad():
            expected = network(*inputs.values())
        found = session.run(outputs, {name: value.numpy() for name, value in inputs.items()})
        for right, answer in zip(expected if isinstance(expected, tuple) else (expected,), found, strict=True):
            worst = max(worst, float(np.abs(answer - right.numpy()).max()))
    if not worst <= TOLERANCE:
        raise ValueError(f"{file.name} differs from the trained network by {worst:.1e}, allowed are {TOLERANCE:.0e}")
    return worst


def dropout_entry(network: Decomposition | Locator, rate: float, passes: int) -> dict[str, Any]:
    """Rate, mask inputs and passes."""
    inputs = [{"name": f"mask{number}", "channels": channels} for number, channels in enumerate(network.mask_channels)]
    return {"rate": rate, "inputs": inputs, "passes": passes}


def manifest(decomposition: Decomposition, locator: Locator, folder: Path, name: str, version: str, dropout: float) -> dict[str, Any]:
    """What `manifest.json` says before calibration."""
    normalisation = {"lower_percentile": LOWER, "upper_percentile": UPPER}
    return {
        "schema": "bonemuscle-xray-model/1",
        "name": name,
        "version": version,
        "description": "Areal density of the proximal femur and hip muscles from an AP film of the hip; trained on simulated films only.",
        "licence": "CC-BY-4.0",
        "attribution": ATTRIBUTION["visible-humans"] + ATTRIBUTION["femora"],
        "caveats": CAVEATS,
        "locator": {
            "network": onnx_file.entry(folder / "locator.onnx"),
            "input": "film",
            "size": list(WHOLE),
            "outputs": {"heads": "heads", "view": "view"},
            "views": list(VIEWS),
            "normalisation": normalisation,
            "dropout": dropout_entry(locator, dropout, 0),
        },
        "decomposition": {
            "network": onnx_file.entry(folder / "decomposition.onnx"),
            "input": "film",
            "output": "images",
            "size": list(SIZE),
            "pixel_spacing_mm": SPACING,
            "centre": list(CENTRE),
            "normalisation": normalisation,
            "channels": [channel.entry() for channel in CHANNELS],
            "dropout": dropout_entry(decomposition, dropout, PASSES),
        },
    }


def write_json(value: dict[str, Any], file: Path) -> None:
    """Indented, with a newline at the end."""
    file.write_text(json.dumps(value, indent=2) + "\n")


def write(
    decomposition: Decomposition, locator: Locator, folder: Path, name: str, version: str, dropout: float, validation: Supply, count: int
) -> float:
    """Writes the model folder, calibrated on `count` hips of the validation split; the largest difference from PyTorch is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(0)
    crop, whole = (torch.rand((1, 1, *size), generator=generator) for size in (SIZE, WHOLE))
    difference = max(
        exported(decomposition, crop, ["images"], folder / "decomposition.onnx"),
        exported(locator, whole, ["heads", "view"], folder / "locator.onnx"),
    )
    found = manifest(decomposition, locator, folder, name, version, dropout)
    write_json(found, folder / "manifest.json")
    write_json(found | fitted(ExportedNetworks(folder), validation, count, seed=0), folder / "manifest.json")
    return difference
