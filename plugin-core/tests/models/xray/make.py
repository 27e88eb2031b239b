"""Draws the hip film model that the tests run, a few kilobytes whose answers are known. Needs the package `onnx`; run it in this folder.

Of a pixel x of the crop, 0 to 1, the decomposition gives: areal density x (of all bones x too), thickness 25 x mm of the femur and 50 x mm
of gluteus medius, whose lean mass is 5 x g/cm2; femoral neck above 0.75, total hip above 0.25. Dropout multiplies the density of the
femur by its first channel and the muscle by its second.
Of a pixel of the whole film, the locator gives logits of 40 (x - 0.9), in the left half for the first head and in the right half for
the second; a film whose mean is above one half is lateral, any other AP.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

SIZE = [96, 80]
WHOLE = [64, 64]


def port(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def draw(file, nodes, inputs, outputs, constants):
    tensors = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, file.split(".")[0], inputs, outputs, tensors)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)


node = helper.make_node
half = np.where(np.arange(WHOLE[1]) < WHOLE[1] / 2, 0, -100)
draw(
    "locator.onnx",
    [
        node("Conv", ["film", "forty", "minus36"], ["peaks"]),
        node("Add", ["peaks", "halves"], ["heads"]),
        node("ReduceMean", ["film"], ["mean"], axes=[2, 3], keepdims=0),
        node("Gemm", ["mean", "slopes", "offsets"], ["view"]),
    ],
    [port("film", [1, 1, *WHOLE])],
    [port("heads", [1, 2, *WHOLE]), port("view", [1, 2])],
    {
        "forty": np.full((2, 1, 1, 1), 40),
        "minus36": [-36, -36],
        "halves": np.broadcast_to(np.stack([half, half[::-1]])[None, :, None], [1, 2, *WHOLE]),
        "slopes": [[0, 40]],
        "offsets": [0, -20],
    },
)
draw(
    "decomposition.onnx",
    [
        node("Conv", ["film", "ones", "zeros"], ["density"]),
        node("Mul", ["density", "mask"], ["dropped"]),
        node("Split", ["dropped"], ["femur", "muscle"], axis=1),
        node("Conv", ["film", "sixteen", "thresholds"], ["regions"]),
        node("Concat", ["film", "femur", "film", "muscle", "muscle", "regions"], ["images"], axis=1),
    ],
    [port("film", [1, 1, *SIZE]), port("mask", [1, 2, 1, 1])],
    [port("images", [1, 7, *SIZE])],
    {
        "ones": np.ones((2, 1, 1, 1)),
        "zeros": [0, 0],
        "sixteen": np.full((2, 1, 1, 1), 16),
        "thresholds": [-12, -4],
    },
)


def image(name, kind, unit, scale, **of):
    return {"name": name, "kind": kind, **of, "unit": unit, "scale": scale}


def network(file):
    return {"file": file, "sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest()}


normalisation = {"lower_percentile": 1, "upper_percentile": 99}
manifest = {
    "schema": "bonemuscle-xray-model/1",
    "name": "tiny-hip-xray",
    "version": "1",
    "description": "A hip film model for tests.",
    "licence": "CC0-1.0",
    "caveats": ["tiny-hip-xray was never trained: it is for tests only"],
    "locator": {
        "network": network("locator.onnx"),
        "input": "film",
        "size": WHOLE,
        "outputs": {"heads": "heads", "view": "view"},
        "views": ["ap", "lateral"],
        "normalisation": normalisation,
    },
    "decomposition": {
        "network": network("decomposition.onnx"),
        "input": "film",
        "output": "images",
        "size": SIZE,
        "pixel_spacing_mm": 1.25,
        "centre": [48, 40],
        "normalisation": normalisation,
        "channels": [
            image("bone", "areal_density", "g/cm2", 1, structure="bone"),
            image("proximal_femur", "areal_density", "g/cm2", 1, structure="proximal_femur"),
            image("proximal_femur_thickness", "thickness", "mm", 25, structure="proximal_femur"),
            image("gluteus_medius_thickness", "thickness", "mm", 50, structure="gluteus_medius"),
            image("gluteus_medius_lean", "lean", "g/cm2", 5, structure="gluteus_medius"),
            image("femoral_neck", "region", "1", 1, region="femoral_neck"),
            image("total_hip", "region", "1", 1, region="total_hip"),
        ],
        "dropout": {"rate": 0.5, "inputs": [{"name": "mask", "channels": 2}], "passes": 8},
    },
    "calibration": {
        "femoral_neck": {"slope": 0.5, "intercept": 0.1},
        "total_hip": {"slope": 0.25, "intercept": 0.2},
    },
    "errors": {"regions": {"femoral_neck": {"areal_density": 0.125}}, "muscles": {}},
}
Path("manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
