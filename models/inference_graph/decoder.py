"""The two steps of a U-Net's decoder that runtimes on CPUs do badly.

Upsampling. A transposed convolution whose kernel is its stride writes each input voxel to a block of its own. ONNX Runtime 1.28 computes
the blocks on one thread, a sixth of the time of nnU-Net's smaller networks on two. A pointwise convolution to one channel for each place in
the block gives the same numbers on all threads; they are then laid out in space.

Joining. What comes up and what was skipped are joined into one tensor, which is convolved. The convolution of the joined is the sum of
the convolutions of its parts, without the joined tensor, the largest of the network.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto

from .graph import Graph, attributes, node


def rearranged(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with other decoders, wherever it has such ones; the model itself is changed."""
    graph = Graph(model)
    graph.nodes = [new for old in graph.nodes for new in upsampled(graph, old)]
    join(graph)
    return graph.finished()


def upsampled(graph: Graph, old: NodeProto) -> list[NodeProto]:
    """A transposed convolution as a pointwise one and a rearrangement, where kernel and stride are equal; others as they are."""
    if old.op_type != "ConvTranspose" or old.input[1] not in graph.weights:
        return [old]
    options, weights, extents = attributes(old), graph.weights[old.input[1]], graph.shapes[old.input[0]][2:]
    block = list(weights.shape[2:])
    plain = options.get("group", 1) == 1 and not any(options.get("pads", [])) and not any(options.get("output_padding", []))
    plain &= all(step == 1 for step in options.get("dilations", [])) and options.get("auto_pad", b"NOTSET") == b"NOTSET"
    if not plain or list(options.get("strides", [])) != block or "output_shape" in options or 0 in extents:
        return [old]
    (name,) = old.output
    channels, rank = weights.shape[1], len(block)
    # The place along the last axis first, so that whole rows are moved at a time; then [channel, the other places].
    order = (rank + 1, 1, *range(2, rank + 1), 0)
    pointwise = weights.transpose(order).reshape(-1, weights.shape[0], *(1,) * rank)
    inputs = [old.input[0], graph.add_weight(f"{name}.weight", pointwise)]
    if len(old.input) > 2:
        bias = np.tile(np.repeat(graph.weights[old.input[2]], np.prod(block[:-1], dtype=int)), block[-1])
        inputs.append(graph.add_weight(f"{name}.bias", bias))
    whole = [length * extent for length, extent in zip(block, extents, strict=True)]
    split = graph.add_weight(f"{name}.split", np.array([block[-1] * channels, *block[:-1], *extents], np.int64))
    halves = graph.add_weight(f"{name}.halves", np.array([block[-1], -1], np.int64))
    laid = graph.add_weight(f"{name}.laid", np.array([1, channels, *whole], np.int64))
    # Axes: 0 channels, 1 .. rank - 1 places along all axes but the last, rank .. the axes.
    between = [axis for place in range(rank - 1) for axis in (rank + place, 1 + place)]
    return [
        node("Conv", inputs, f"{name}.blocks", kernel_shape=[1] * rank),
        node("Reshape", [f"{name}.blocks", split], f"{name}.places"),
        node("Transpose", [f"{name}.places"], f"{name}.rows", perm=[0, *between, 2 * rank - 1]),
        node("Reshape", [f"{name}.rows", halves], f"{name}.columns"),
        node("Transpose", [f"{name}.columns"], f"{name}.whole", perm=[1, 0]),
        node("Reshape", [f"{name}.whole", laid], name),
    ]


def join(graph: Graph) -> None:
    """Convolutions of joined tensors become sums of convolutions."""
    uses = graph.uses()
    joined = {
        old.output[0]: list(old.input)
        for old in graph.nodes
        if old.op_type == "Concat" and attributes(old)["axis"] == 1 and uses[old.output[0]] == 1
    }
    divided = {}
    for old in graph.nodes:
        if old.op_type == "Conv" and old.input[0] in joined and old.input[1] in graph.weights and attributes(old).get("group", 1) == 1:
            widths = [graph.shapes[part][1] for part in joined[old.input[0]]]
            if all(widths):
                divided[old.output[0]] = sum_of_parts(graph, old, joined.pop(old.input[0]), widths)
    gone = {old.input[0] for old in graph.nodes if old.output[0] in divided}
    kept = [old for old in graph.nodes if old.output[0] not in gone]
    graph.nodes = [new for old in kept for new in divided.get(old.output[0], [old])]


def sum_of_parts(graph: Graph, old: NodeProto, parts: list[str], widths: list[int]) -> list[NodeProto]:
    """One convolution per part, the first with the bias, and their sum."""
    (name,) = old.output
    ends = np.cumsum(widths)[:-1]
    new, total = [], ""
    for number, (part, weights) in enumerate(zip(parts, np.split(graph.weights[old.input[1]], ends, axis=1), strict=True)):
        bias = list(old.input[2:]) if number == 0 else []
        inputs = [part, graph.add_weight(f"{name}.{number}.weight", weights), *bias]
        new.append(node("Conv", inputs, f"{name}.{number}", **attributes(old)))
        if number > 0:
            last = name if number == len(parts) - 1 else f"{name}.{number}.sum"
            new.append(node("Add", [total, f"{name}.{number}"], last))
        total = f"{name}.{number}" if number == 0 else last
    return new
