"""A network as ONNX, held against itself in PyTorch."""

import contextlib
import hashlib
import io
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from inference_graph import decoder

from .trained import CannotExport, Trained

INPUT, OUTPUT = "image", "logits"

OPSET = 17
"""The newest that PyTorch writes without its dynamo exporter, and that every ONNX Runtime and OpenVINO since 2022 reads."""

TOLERANCE = 1e-3
"""Greatest difference of a logit as a share of the greatest logit; sums of float32 differ by their order."""


def export(trained: Trained, weights: dict, file: Path) -> dict:
    """Writes one fold for a batch of one patch and returns its entry of the manifest."""
    trained.network.load_state_dict(weights)
    patch = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 1, *trained.patch), np.float32))
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            trained.network, (patch,), file, opset_version=OPSET, input_names=[INPUT], output_names=[OUTPUT], dynamo=False
        )
        onnx.save(decoder.rearranged(onnx.load(file)), file)
        expected = trained.network(patch).numpy()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    compare(expected, session.run([OUTPUT], {INPUT: patch.numpy()})[0])
    if expected.shape[1] != len(trained.classes):
        raise CannotExport(f"the network has {expected.shape[1]} channels, dataset.json names {len(trained.classes)} classes")
    return {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def compare(expected: np.ndarray, found: np.ndarray) -> None:
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    if not difference < TOLERANCE:
        raise CannotExport(
            f"as ONNX the network gives logits that differ by {difference:.1e} of the greatest (accepted: {TOLERANCE:.0e}); its "
            "architecture holds something that ONNX does not express, so it cannot be exported"
        )
