"""Segmentation beside nnU-Net v2 and MONAI: the same network, CTs and machine, in one run. Called by scripts/bench.sh segmentation.

    python bench_segmentation.py BUILD_FOLDER WORK_FOLDER [--small]

The network is nnU-Net's plain U-Net of five stages (16 to 256 channels), patches of 128 voxels each way at 1.5 mm, five classes,
trained for a few minutes on drawn CTs. Ours is timed from DICOM files to the label map in a file, as a whole process; theirs from
the array in memory to the labels in memory, without reading, writing and the seconds of their imports. Memory is that of the
process, as the kernel counted it. Everything except the network is the same run with a pointwise convolution in its place; it lasts
seconds, so that the middle of three counts.
Two threads each, in turns of seconds. Above them stands what the network's multiplications and additions alone would take at the speed
of a large matrix product on this machine: no arithmetic in single precision is much faster. Exits 1 when a ratio is below its bar.
"""

import json
import math
import statistics
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np

from in_turns import in_turns
from machine import matrix_product, processor

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from nnunet_cts import Place, dice, draw, read_labels, write_series  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent

THREADS = "2"
TRAINING_STEPS = 300
LEAST_AGREEMENT = 0.999
# Shape, spacing, least speed ratio with ONNX Runtime and with OpenVINO, of all but the network, greatest memory in MB, and whether MONAI
# can run it. Without resampling all but the network is mostly the answers of 48 tiles, 2 GB that both read and add: no bar.
CASES = {
    "300 x 300 x 200 at 1.5 mm": ((200, 300, 300), (1.5, 1.5, 1.5), (1.7, 3.0), 0, 1000, True),
    "512 x 512 x 300 at 0.879 x 0.879 x 1 mm, to 1.5 mm and back": (
        (300, 512, 512), (1.0, 0.87890625, 0.87890625), (2.0, 3.5), 15, 1200, False,
    ),
}
SMALL_CASES = {"160 x 150 x 140 at 1.3 x 1.3 x 1.5 mm": ((140, 150, 160), (1.5, 1.3, 1.3), (0, 0), 0, 1000, False)}

# What each runs with, and the seconds of its turn, about in proportion to what it needs.
ENGINES = {"ONNX Runtime": ("onnx-runtime", 2), "OpenVINO f32": ("open-vino", 1)}
ANCHORS = {"nnU-Net v2": "nnunet", "MONAI": "monai"}
ANCHOR_TURN = 4
REST_RUNS = 3


def make_models(work: Path) -> None:
    """The trained network as nnU-Net's weights and as our folder, and the pointwise one beside it."""
    if (work / "pointwise" / "manifest.json").exists():
        return
    import torch

    import nnunet_training as training
    import segmentation_anchors as anchors

    weights = training.train(TRAINING_STEPS, 1, anchors.FEATURES)
    torch.save(weights, work / "weights.pt")
    plan = training.Plan(anchors.SPACING, anchors.PATCH, mirror_axes=None, features=anchors.FEATURES)
    training.write(work / "trained", plan, [weights])
    structures = work / "structures.json"
    structures.write_text(json.dumps({"region 4": {"structure": "gluteus_maximus", "side": "right"}}))
    options = ["--name", "model", "--orientation", "SPL", "--structures", structures, "--output", work / "model"]
    subprocess.run([sys.executable, "-m", "export", work / "trained", *options], cwd=ROOT / "models", check=True)
    export_pointwise(work, anchors)


def export_pointwise(work: Path, anchors) -> None:
    import hashlib

    import torch

    (work / "pointwise").mkdir()
    file = work / "pointwise" / "pointwise.onnx"
    names = {"input_names": ["image"], "output_names": ["logits"], "opset_version": 17, "dynamo": False}
    torch.onnx.export(anchors.pointwise(), (torch.zeros(1, 1, *anchors.PATCH),), file, **names)
    manifest = json.loads((work / "model" / "manifest.json").read_text())
    manifest["name"] = "pointwise"
    manifest["networks"] = [{"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}]
    (work / "pointwise" / "manifest.json").write_text(json.dumps(manifest))


def sums_of_a_tile(work: Path) -> float:
    """Multiplications and additions of the network's convolutions, in units of 1e9."""
    import onnx

    sys.path.insert(0, str(ROOT / "models"))
    from inference_graph.graph import Graph

    graph = Graph(onnx.load(work / "model" / "fold_0.onnx"))
    convolutions = (one for one in graph.nodes if one.op_type == "Conv")
    return sum(2 * math.prod(graph.shapes[one.output[0]]) * graph.weights[one.input[1]][0].size for one in convolutions) / 1e9


def tiles(shape, spacing) -> int:
    """How many nnU-Net shows to the network."""
    from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window
    from nnunetv2.preprocessing.resampling.default_resampling import compute_new_shape

    import segmentation_anchors as anchors

    resampled = compute_new_shape(shape, spacing, anchors.SPACING)
    return math.prod(map(len, compute_steps_for_sliding_window(resampled, anchors.PATCH, 0.5)))


def make_ct(folder: Path, shape, spacing) -> None:
    if not (folder / "ct.npy").exists():
        folder.mkdir(exist_ok=True)
        hu, _ = draw(shape, spacing, 5)
        write_series(folder / "series", hu, Place(spacing))
        np.save(folder / "ct.npy", hu)


def anchor(tool: str, model, folder: Path, spacing) -> list:
    """The command; the labels lie in `{tool}.npy` of the folder then."""
    return [sys.executable, HERE / "segmentation_anchors.py", tool, model, folder / "ct.npy", *spacing, folder / f"{tool}.npy"]


def ours(build: Path, model: Path, folder: Path, engine: str) -> list:
    """The command; the labels lie in `{model}-{engine}` of the folder then."""
    output = folder / f"{model.name}-{engine}"
    command = [build / "bonemuscle", "models", "run", model.name, folder / "series", "--models", model, "--output", output]
    return [*command, "--engine", engine, "--threads", THREADS]


def agreement(theirs: np.ndarray, output: Path) -> tuple[float, float]:
    """Share of voxels with the same label, and the least Dice of a class; what is not measured counts as background."""
    from nnunet_training import CLASSES

    mine, values = read_labels(output)
    expected = np.zeros_like(mine)
    for number, what in enumerate(CLASSES.values()):
        if what is not None:
            expected[theirs == number] = values[what]
    found = [dice(expected == values[what], mine == values[what]) for what in CLASSES.values() if what is not None]
    return float((expected == mine).mean()), min(found)


def without_network(build: Path, work: Path, folder: Path, spacing) -> dict[str, float]:
    """Seconds of nnU-Net and of ours with each engine."""
    model = work / "pointwise"
    programs = {name: (ours(build, model, folder, engine), 0.5) for name, (engine, _) in ENGINES.items()}
    programs["nnU-Net v2"] = (anchor("nnunet", "pointwise", folder, spacing), ANCHOR_TURN)
    runs = [in_turns(programs) for _ in range(REST_RUNS)]
    return {name: statistics.median(run[name].seconds for run in runs) for name in programs}


def compare(build: Path, work: Path, title: str, case, tile_seconds: float) -> bool:
    shape, spacing, bars, least_rest, most_memory, with_monai = case
    folder = work / "x".join(map(str, shape))
    make_ct(folder, shape, spacing)
    rest = without_network(build, work, folder, spacing)
    tools = {name: tool for name, tool in ANCHORS.items() if with_monai or name != "MONAI"}
    anchors = {name: (anchor(tool, work / "weights.pt", folder, spacing), ANCHOR_TURN) for name, tool in tools.items()}
    found = in_turns(anchors | {name: (ours(build, work / "model", folder, engine), turn) for name, (engine, turn) in ENGINES.items()})
    labels = np.load(folder / "nnunet.npy")

    theirs = found["nnU-Net v2"]
    print(f"\n{title}\n  {'':16}{'seconds':>9}{'ratio':>8}{'bar':>6}{'peak MB':>9}{'same':>9}{'Dice':>9}{'rest s':>9}{'ratio':>8}{'bar':>5}")
    print(f"  {'sums alone':16}{tiles(shape, spacing) * tile_seconds:9.1f}")
    print(f"  {'nnU-Net v2':16}{theirs.seconds:9.1f}{'':14}{theirs.megabytes:9.0f}{'':18}{rest['nnU-Net v2']:9.2f}")
    if with_monai:
        print(f"  {'MONAI':16}{found['MONAI'].seconds:9.1f}{'':14}{found['MONAI'].megabytes:9.0f}")
    good = True
    for (name, (engine, _)), bar in zip(ENGINES.items(), bars):
        whole, without = found[name].seconds, rest[name]
        same, least = agreement(labels, folder / f"model-{engine}")
        faster, rest_faster = theirs.seconds / whole, rest["nnU-Net v2"] / without
        good &= faster >= bar and found[name].megabytes <= most_memory and min(same, least) >= LEAST_AGREEMENT
        good &= rest_faster >= least_rest
        print(
            f"  {name:16}{whole:9.1f}{faster:8.2f}{bar:6.1f}{found[name].megabytes:9.0f}{same:9.5f}{least:9.5f}{without:9.2f}"
            f"{rest_faster:8.1f}{least_rest:5}",
            flush=True,
        )
    return good


def main(build: str, work: str, size: str = "") -> int:
    folder = Path(work)
    folder.mkdir(parents=True, exist_ok=True)
    make_models(folder)
    speed = matrix_product(THREADS)
    print(f"{date.today()}  scripts/bench.sh segmentation {size}")
    print(f"{processor()}: a matrix product on {THREADS} threads reaches {speed:.0f} GFLOP/s")
    tile_seconds = sums_of_a_tile(folder) / speed
    cases = SMALL_CASES if size == "--small" else CASES
    return 0 if all([compare(Path(build), folder, title, case, tile_seconds) for title, case in cases.items()]) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
