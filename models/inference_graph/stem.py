"""What dropout does not touch, as a network of its own: it is run once per tile, the rest once per pass."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from .graph import Graph, shapes


def divided(model: onnx.ModelProto, masks: list[str]) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """The part before `masks`, whose outputs are called feature0, feature1 and so on, and the rest, which takes these and the masks."""
    graph = Graph(model)
    inputs = {tensor.name: tensor for tensor in model.graph.input}
    images = [tensor for name, tensor in inputs.items() if name not in masks]
    touched, seeing = downstream(graph, set(masks)), downstream(graph, {image.name for image in images})
    after = [node for node in graph.nodes if touched.intersection(node.output)]
    before = [node for node in graph.nodes if seeing.intersection(node.output) and not touched.intersection(node.output)]
    seen = dict.fromkeys(name for node in after for name in node.input if name in seeing - touched)
    if seen.keys() & inputs.keys():
        raise ValueError(f"dropout touches {', '.join(seen.keys() & inputs.keys())} itself, before which nothing is to be computed")
    names = {name: f"feature{number}" for number, name in enumerate(seen)}
    for nodes in (before, after):
        for node in nodes:
            node.input[:] = [names.get(name, name) for name in node.input]
            node.output[:] = [names.get(name, name) for name in node.output]
    features = [helper.make_tensor_value_info(names[name], TensorProto.FLOAT, graph.shapes[name]) for name in names]
    stem = part(graph, before, images, features)
    return stem, part(graph, after, [*features, *(inputs[name] for name in masks)], list(model.graph.output))


def downstream(graph: Graph, names: set[str]) -> set[str]:
    """Tensors that depend on those of these names, themselves among them."""
    found = set(names)
    for node in graph.nodes:
        if found.intersection(node.input):
            found.update(node.output)
    return found


def part(whole: Graph, nodes: list, inputs: list, outputs: list) -> onnx.ModelProto:
    """Some of the nodes as a model, with what they read that depends on no input."""
    model = onnx.ModelProto()
    model.CopyFrom(whole.model)
    graph = Graph(model)
    seeing = downstream(whole, {tensor.name for tensor in whole.model.graph.input})
    read = {name for node in nodes for name in node.input}
    graph.nodes = [node for node in whole.nodes if read.intersection(node.output) and not seeing.intersection(node.output)] + nodes
    del model.graph.input[:], model.graph.output[:]
    model.graph.input.extend(inputs)
    model.graph.output.extend(outputs)
    return graph.finished()


def outputs(stem: onnx.ModelProto, patch: int) -> list[dict]:
    """What a manifest says of a stem's outputs."""
    extents = shapes(stem)
    names = [output.name for output in stem.graph.output]
    return [{"name": name, "channels": extents[name][1], "stride": patch // extents[name][2]} for name in names]
