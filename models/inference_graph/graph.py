"""A graph that is rewritten node by node."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

Shapes = dict[str, list[int]]
"""Extents of every tensor; 0 where they are open."""


class Graph:
    """A model's nodes in order, and its weights by name."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.weights = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
        self.nodes = []
        for one in model.graph.node:
            # Exporters write equal weights, such as biases that are still zero, once.
            if one.op_type == "Identity" and one.input[0] in self.weights:
                self.weights[one.output[0]] = self.weights[one.input[0]]
            else:
                self.nodes.append(one)
        self.shapes = shapes(model)

    def uses(self) -> Counter[str]:
        """How many nodes and outputs read each tensor."""
        read = Counter(name for node in self.nodes for name in node.input)
        read.update(output.name for output in self.model.graph.output)
        return read

    def add_weight(self, name: str, values: NDArray) -> str:
        """A new weight, and its name."""
        if name in self.weights:
            raise ValueError(f"{name} is there already")
        self.weights[name] = np.ascontiguousarray(values)
        return name

    def finished(self) -> onnx.ModelProto:
        """The model with these nodes and those of the weights that they read."""
        read = self.uses()
        del self.model.graph.node[:], self.model.graph.initializer[:], self.model.graph.value_info[:]
        self.model.graph.node.extend(self.nodes)
        kept = ((name, values) for name, values in self.weights.items() if read[name])
        self.model.graph.initializer.extend(numpy_helper.from_array(values, name) for name, values in kept)
        onnx.checker.check_model(self.model, full_check=True)
        return self.model


def shapes(model: onnx.ModelProto) -> Shapes:
    """Extents of inputs, outputs and everything between them."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    tensors = [*graph.value_info, *graph.input, *graph.output]
    return {tensor.name: [extent.dim_value for extent in tensor.type.tensor_type.shape.dim] for tensor in tensors}


def node(operator: str, inputs: list[str], output: str, **attributes) -> NodeProto:
    """A node that is called after its output."""
    return helper.make_node(operator, inputs, [output], name=output, **attributes)


def attributes(of: NodeProto) -> dict:
    """A node's attributes by name."""
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in of.attribute}
