"""A trained network as an ONNX file, opset 17."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn


def halved(model: onnx.ModelProto) -> None:
    """Stores large weights in half precision; a Cast gives them back, so that the arithmetic stays in single."""
    weights, casts = [], []
    for weight in model.graph.initializer:
        array = numpy_helper.to_array(weight)
        if array.dtype == np.float32 and array.size > 500:
            weights.append(numpy_helper.from_array(array.astype(np.float16), weight.name + "_half"))
            casts.append(helper.make_node("Cast", [weight.name + "_half"], [weight.name], to=TensorProto.FLOAT))
        else:
            weights.append(weight)
    nodes = casts + list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(weights)
    model.graph.node.extend(nodes)


def traced(network: nn.Module, inputs: dict[str, Tensor], outputs: list[str]) -> onnx.ModelProto:
    """The network for inputs of these sizes."""
    file = io.BytesIO()
    names = {"input_names": list(inputs), "output_names": outputs}
    torch.onnx.export(network, tuple(inputs.values()), file, opset_version=17, dynamo=False, **names)
    return onnx.load_model_from_string(file.getvalue())


def save(model: onnx.ModelProto, file: Path) -> None:
    """Writes the model with halved weights."""
    halved(model)
    onnx.checker.check_model(model)
    onnx.save(model, file)


def entry(file: Path) -> dict[str, str]:
    """A file as manifests name it."""
    return {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
