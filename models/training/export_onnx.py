"""From trained weights to a model folder: the network as ONNX, checked against PyTorch, and its manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from inference_graph import decoder, stem

from . import onnx_file
from .classes import CLASSES, SPACING, UNCHECKED
from .network import CLIP, MEAN, STANDARD_DEVIATION, BayesianUNet
from .network_onnx import ExportedNetwork

ATTRIBUTION: dict[str, list[str]] = {
    "example": ["TotalSegmentator example CT and labels (github.com/wasserth/TotalSegmentator), Apache-2.0"],
    "visible-humans": [
        "Visible Human muscle surfaces, University of Denver (Andreassen et al., doi:10.1038/s41597-022-01905-2), CC BY 4.0",
        "HuBMAP CCF 3D Reference Object Library (github.com/hubmapconsortium), CC BY 4.0",
        "artisynth_lumbosacralSpineModel (github.com/RemusR9), BSD-3-Clause",
    ],
    "chest": ["LIDC-IDRI-0314, The Cancer Imaging Archive, CC BY 3.0"],
    "pelves": ["FracSegNet pelvic CTs (doi:10.5281/zenodo.10927452), CC BY 4.0"],
    "femora": ["libhip femora (github.com/diku-dk/libhip), MIT"],
    "phantom": [],
    "lumbar": ["TPTBox sample from VerSe, CC BY-SA 4.0"],
}
"""Whom the licences of each group of cases ask to name."""

TOLERANCE = 1e-3
"""Largest difference of any probability from PyTorch's; storing the weights in half precision gives about 4e-4."""


def write_networks(network: BayesianUNet, folder: Path, patch: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ONNX files, what dropout does not touch and the rest, and their entries of the manifest."""
    masks = {f"mask{number}": mask for number, mask in enumerate(network.masks(1, 0))}
    whole = onnx_file.traced(network, {"image": torch.zeros(1, 1, *(patch,) * 3)} | masks, ["logits"])
    first, rest = stem.divided(decoder.rearranged(whole), list(masks))
    outputs = stem.outputs(first, patch)
    for model, name in ((first, "stem.onnx"), (rest, "model.onnx")):
        onnx_file.save(model, folder / name)
    return onnx_file.entry(folder / "stem.onnx") | {"outputs": outputs}, onnx_file.entry(folder / "model.onnx")


def check(network: BayesianUNet, folder: Path, patch: int, dropout: float) -> float:
    """Largest difference of probabilities from PyTorch's, without and with dropout, on one random patch."""
    exported = ExportedNetwork(folder)
    generator = torch.Generator().manual_seed(0)
    image = torch.randn((1, 1, *(patch,) * 3), generator=generator)
    worst = 0.0
    for rate in (0.0, dropout):
        masks = network.masks(1, rate, generator)
        with torch.no_grad():
            expected = network(image, *masks).softmax(1)
        found = exported.run(image.numpy()[0, 0], {f"mask{number}": mask.numpy() for number, mask in enumerate(masks)})
        worst = max(worst, float((expected[0] - torch.from_numpy(found)).abs().max()))
    if not worst <= TOLERANCE:
        raise ValueError(f"the exported network differs from the trained one by {worst:.1e} in probability, allowed are {TOLERANCE:.0e}")
    return worst


def manifest(
    network: BayesianUNet, files: tuple[dict[str, Any], dict[str, Any]], name: str, version: str, patch: int, dropout: float,
    groups: tuple[str, ...],
) -> dict[str, Any]:
    """What `manifest.json` says; quality is fitted later, on cases."""
    inputs = [{"name": f"mask{number}", "channels": channels} for number, channels in enumerate(network.mask_channels)]
    share_alike = "lumbar" in groups
    return {
        "schema": "bonemuscle-model/1",
        "name": name,
        "version": version,
        "description": "Bones and muscles from L1 to the thighs on CT; a Bayesian 3D U-Net at 3 mm.",
        "licence": "CC-BY-SA-4.0" if share_alike else "CC-BY-4.0",
        "attribution": [text for group in groups for text in ATTRIBUTION[group]],
        "networks": [files[1]],
        "stem": files[0],
        "input": "image",
        "output": "logits",
        "orientation": "RAS",
        "spacing_mm": [SPACING] * 3,
        "patch": [patch] * 3,
        "tile_step": 0.5,
        "mirror_axes": [],
        "normalisation": {"clip": list(CLIP), "mean": MEAN, "standard_deviation": STANDARD_DEVIATION},
        "low_pass": True,
        "classes": [{"name": name} | ({"structure": structure} if structure else {}) for name, structure in CLASSES],
        "dropout": {"rate": dropout, "inputs": inputs, "passes": 10},
        "refinements": ["vertebral-column", "sides", "largest-component", "bone-edges"],
        "unchecked": list(UNCHECKED),
        "least_age_years": 18,
        "caveats": [f"{name} was compared with other labels on the CT of its training only"],
    }


def export(network: BayesianUNet, folder: Path, name: str, version: str, patch: int, dropout: float, groups: tuple[str, ...]) -> float:
    """Writes the model folder; the largest difference from PyTorch is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    files = write_networks(network, folder, patch)
    text = json.dumps(manifest(network, files, name, version, patch, dropout, groups), indent=2)
    (folder / "manifest.json").write_text(text + "\n")
    return check(network, folder, patch, dropout)
