"""Draws the networks of a few hundred bytes that the tests of the runtime load. Needs the package `onnx`; run it in this folder.

Most take `image` of 1 x 1 x 4 x 5 x 6 and give `logits` of three classes, which are `x`, `1 - 2 x` and `2 + x / 2`.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

TILE = [1, 1, 4, 5, 6]
SCORES = [1, 3, 4, 5, 6]
OPEN_TILE = [1, 1, "a", "b", "c"]
OPEN_SCORES = [1, "k", "d", "e", "f"]
WEIGHTS = np.array([1.0, -2.0, 0.5], np.float32)
BIASES = np.array([0.0, 1.0, 2.0], np.float32)


def draw(name, nodes, inputs, outputs, rank=5, external=False):
    weights = numpy_helper.from_array(WEIGHTS.reshape([3] + [1] * (rank - 1)), "weights")
    biases = numpy_helper.from_array(BIASES, "biases")
    if external:
        weights.ClearField("raw_data")
        weights.data_location = TensorProto.EXTERNAL
        for key, value in {"location": "weights.bin", "offset": "0", "length": "12"}.items():
            entry = weights.external_data.add()
            entry.key, entry.value = key, value
    graph = helper.make_graph(nodes, name, inputs, outputs, [weights, biases])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(model, f"{name}.onnx")


def port(name, shape, element=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def conv(result="logits"):
    return helper.make_node("Conv", ["image", "weights", "biases"], [result])


IMAGE, LOGITS = port("image", TILE), port("logits", SCORES)

draw("plain", [conv()], [IMAGE], [LOGITS])
draw(
    "dropout",
    [conv("a"), helper.make_node("Mul", ["a", "mask"], ["logits"])],
    [port("image", OPEN_TILE), port("mask", [1, 3, 1, 1, 1])],
    [port("logits", OPEN_SCORES)],
)
# The same in two parts.
draw("stem", [conv("a")], [IMAGE], [port("a", SCORES)])
draw("rest", [helper.make_node("Mul", ["a", "mask"], ["logits"])], [port("a", SCORES), port("mask", [1, 3, 1, 1, 1])], [LOGITS])
# The logarithm of a negative number.
draw("nan", [conv("a"), helper.make_node("Log", ["a"], ["logits"])], [IMAGE], [LOGITS])
# Half as many voxels as the manifest says, which only a run tells.
draw(
    "halved",
    [conv("a"), helper.make_node("MaxPool", ["a"], ["logits"], kernel_shape=[2, 1, 1], strides=[2, 1, 1])],
    [port("image", OPEN_TILE)],
    [port("logits", OPEN_SCORES)],
)
draw(
    "threshold",
    [conv("a"), helper.make_node("Mul", ["a", "threshold"], ["logits"])],
    [IMAGE, port("threshold", [1])],
    [LOGITS],
)
draw("rank4", [conv()], [port("image", [1, 1, 5, 6])], [port("logits", [1, 3, 5, 6])], rank=4)
draw(
    "double",
    [helper.make_node("Cast", ["image"], ["a"], to=TensorProto.FLOAT), helper.make_node("Conv", ["a", "weights", "biases"], ["logits"])],
    [port("image", TILE, TensorProto.DOUBLE)],
    [LOGITS],
)
# Its weights lie in another file, which no digest covers.
draw("external", [conv()], [IMAGE], [LOGITS], external=True)


def layers():
    """A small network with the layers of a U-Net: 16 channels, a convolution of two parts, weights of half precision, a mask."""
    generator = np.random.default_rng(7)
    weights, nodes = [], []

    def weight(name, shape, kind=np.float32):
        weights.append(numpy_helper.from_array(generator.normal(0, 0.1, shape).astype(kind), name))
        return name

    def convolved(name, inputs, result):
        outputs = []
        for number, (part, channels) in enumerate(inputs):
            half = weight(f"{name}.{number}.half", [16, channels, 3, 3, 3], np.float16)
            nodes.append(helper.make_node("Cast", [half], [f"{name}.{number}.weight"], to=TensorProto.FLOAT))
            bias = [weight(f"{name}.{number}.bias", [16])] if number == 0 else []
            nodes.append(helper.make_node("Conv", [part, f"{name}.{number}.weight", *bias], [f"{name}.{number}"], pads=[1] * 6))
            outputs.append(f"{name}.{number}")
        total = outputs[0]
        if len(outputs) > 1:
            nodes.append(helper.make_node("Add", outputs, [f"{name}.sum"]))
            total = f"{name}.sum"
        norm = [total, weight(f"{name}.scale", [16]), weight(f"{name}.shift", [16])]
        nodes.append(helper.make_node("InstanceNormalization", norm, [f"{name}.norm"]))
        nodes.append(helper.make_node("LeakyRelu", [f"{name}.norm"], [result], alpha=0.01))

    convolved("first", [("image", 1)], "a")
    convolved("second", [("a", 16)], "b")
    nodes.append(helper.make_node("Mul", ["b", "mask"], ["c"]))
    convolved("third", [("c", 16), ("a", 16)], "d")
    nodes.append(helper.make_node("Conv", ["d", weight("last", [3, 16, 1, 1, 1])], ["logits"]))
    tile = [1, 1, 19, 5, 6]
    ports = [port("image", tile), port("mask", [1, 16, 1, 1, 1])]
    graph = helper.make_graph(nodes, "layers", ports, [port("logits", [1, 3, *tile[2:]])], weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "layers.onnx")


layers()
