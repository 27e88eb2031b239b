"""Graphs that are rearranged for inference: the same answers, without the steps that cost most."""

import io
import warnings
from collections import Counter

import numpy as np
import pytest
from environment import models_importable

models_importable("onnx", "onnxruntime", "torch")

import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

from inference_graph import decoder, stem  # noqa: E402
from training.network import BayesianUNet  # noqa: E402

# Sums of float32 in another order, of numbers about 1.
ROUNDING = 1e-5


class Decoder(nn.Module):
    """Comes up, joins what was skipped, and convolves it."""

    def __init__(self, up, convolve, again=False):
        super().__init__()
        self.skip = nn.Conv3d(1, 4, 3, padding=1)
        self.down = nn.Conv3d(4, 6, 3, stride=up.stride, padding=1)
        self.up, self.convolve, self.again = up, convolve, again

    def forward(self, x):
        skipped = self.skip(x)
        joined = torch.cat([self.up(self.down(skipped)), skipped], 1)
        return self.convolve(joined) + (joined.sum(1, keepdim=True) if self.again else 0)


def traced(network, inputs, names):
    torch.manual_seed(1)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network.eval(), inputs, file, input_names=names, output_names=["out"], opset_version=17, dynamo=False)
    return onnx.load_model_from_string(file.getvalue())


def answers(model, inputs):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def operators(model):
    return Counter(node.op_type for node in model.graph.node)


def copy(model):
    return onnx.load_model_from_string(model.SerializeToString())


@pytest.mark.parametrize("block", [(2, 2, 2), (1, 2, 2), (3, 1, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_a_decoder_gives_the_same_without_its_slow_steps(block, bias):
    torch.manual_seed(0)
    network = Decoder(nn.ConvTranspose3d(6, 5, block, block, bias=bias), nn.Conv3d(9, 3, 3, padding=1, bias=bias))
    image = torch.randn(1, 1, *(4 * length for length in block))
    model = traced(network, (image,), ["image"])
    new = decoder.rearranged(copy(model))
    assert {"ConvTranspose", "Concat"} <= set(operators(model)) and not {"ConvTranspose", "Concat"} & set(operators(new))
    before, after = (answers(one, {"image": image.numpy()})["out"] for one in (model, new))
    assert before.std() > 0.01 and np.abs(after - before).max() < ROUNDING


@pytest.mark.parametrize(
    ("up", "convolve", "again", "kept"),
    [
        # Blocks that overlap, that are cut, and groups.
        (nn.ConvTranspose3d(6, 5, 4, 2, padding=1), nn.Conv3d(9, 3, 1), False, "ConvTranspose"),
        (nn.ConvTranspose3d(6, 4, 2, 2, groups=2), nn.Conv3d(8, 3, 1), False, "ConvTranspose"),
        # The joined tensor is needed elsewhere, or is convolved in groups.
        (nn.ConvTranspose3d(6, 5, 2, 2), nn.Conv3d(9, 3, 1), True, "Concat"),
        (nn.ConvTranspose3d(6, 4, 2, 2), nn.Conv3d(8, 2, 1, groups=2), False, "Concat"),
    ],
)
def test_what_is_no_such_step_stays(up, convolve, again, kept):
    image = torch.randn(1, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    model = traced(Decoder(up, convolve, again), (image,), ["image"])
    new = decoder.rearranged(copy(model))
    assert operators(new)[kept] == 1
    before, after = (answers(one, {"image": image.numpy()})["out"] for one in (model, new))
    assert np.abs(after - before).max() < ROUNDING


def test_weights_that_a_file_holds_once_for_many_are_found():
    image = torch.randn(1, 1, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    model = traced(Decoder(nn.ConvTranspose3d(6, 5, 2, 2), nn.Conv3d(9, 3, 1)), (image,), ["image"])
    (bias,) = (node.input[2] for node in model.graph.node if node.op_type == "ConvTranspose")
    (values,) = (weight for weight in model.graph.initializer if weight.name == bias)
    values.name = "shared"
    model.graph.node.insert(0, onnx.helper.make_node("Identity", ["shared"], [bias]))
    new = decoder.rearranged(copy(model))
    assert operators(model)["Identity"] == 1 and not {"Identity", "ConvTranspose"} & set(operators(new))
    before, after = (answers(one, {"image": image.numpy()})["out"] for one in (model, new))
    assert np.abs(after - before).max() < ROUNDING


def test_a_bayesian_network_in_two_parts_says_what_it_says_in_one():
    torch.manual_seed(0)
    network = BayesianUNet(widths=(4, 6, 8, 10, 12)).eval()
    image, masks = torch.randn(1, 1, 32, 32, 32), network.masks(1, 0.5, torch.Generator().manual_seed(2))
    names = [f"mask{number}" for number in range(len(masks))]
    whole = traced(network, (image, *masks), ["image", *names])
    first, rest = stem.divided(decoder.rearranged(copy(whole)), names)
    # Of the resolutions 1, 1/2 and 1/4 what was skipped, convolved, and of 1/8 what the masks multiply.
    expected = [("feature0", 10, 8), ("feature1", 8, 4), ("feature2", 6, 2), ("feature3", 4, 1)]
    assert [(output["name"], output["channels"], output["stride"]) for output in stem.outputs(first, 32)] == expected
    assert [tensor.name for tensor in first.graph.input] == ["image"]
    assert {tensor.name for tensor in rest.graph.input} == {*names, *(name for name, _, _ in expected)}
    features = answers(first, {"image": image.numpy()})
    given = dict(zip(names, (mask.numpy() for mask in masks), strict=True))
    divided = answers(rest, features | given)["out"]
    with torch.no_grad():
        in_one = network(image, *masks).numpy()
    assert np.abs(divided - in_one).max() < ROUNDING * np.abs(in_one).max()
