"""What handing over a large CT costs: BoneMuscleCLI under Slicer's own logic beside measuring the same voxels where they lie.

    python bench_slicer.py BUILD

A CT of 512 x 512 x 500 voxels with a label map goes to the program as files, and a label map and a table come back into the scene; the
same arrays are measured through the C ABI in this process. The difference is the cost of the bridge.
"""

import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
os.environ["BONEMUSCLE_BUILD"] = sys.argv[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/slicer", "tests/python", "slicer-bridge/wheel/python")]

import bonemuscle  # noqa: E402
import numpy as np  # noqa: E402
import slicer  # noqa: E402
import slicer_cli  # noqa: E402
import studies  # noqa: E402
from environment import built  # noqa: E402

SHAPE = (500, 512, 512)
NAMES = {1: "l3", 2: "gluteus_maximus_left"}
RUNS = 3
TARGET_S = 2.0


def scan() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A body with noise, a vertebra and a muscle in it, their labels, and the matrix to RAS."""
    voxels = np.random.default_rng(1).normal(0, 12, SHAPE).astype(np.int16)
    labels = np.zeros(SHAPE, np.uint8)
    _, rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    voxels[np.broadcast_to((columns - 256) ** 2 / 230**2 + (rows - 256) ** 2 / 160**2 > 1, SHAPE)] -= 1000
    labels[240:270, 230:280, 230:285] = 1
    labels[60:160, 300:360, 320:430] = 2
    voxels[labels == 1] += 150
    voxels[labels == 2] += 50
    return voxels, labels, np.array([[-0.8, 0, 0, 205], [0, -0.8, 0, 205], [0, 0, 1.0, -250], [0, 0, 0, 1]], float)


def through_slicer(module, volume, segmentation) -> tuple[float, float]:
    """Seconds until Apply returns, and until label map and table are in the scene."""
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "table")
    arguments = {"inputVolume": volume, "labels": segmentation, "outputLabels": labels, "outputTable": table}
    began = time.perf_counter()
    node = slicer_cli.run(module, None, arguments, update_display=False)
    returned = time.perf_counter() - began
    slicer_cli.wait(node)
    ended = time.perf_counter() - began
    assert node.GetStatusString() == "Completed" and table.GetNumberOfRows() and labels.GetImageData(), node.GetErrorText()
    for one in (labels, table, node):
        slicer.mrmlScene.RemoveNode(one)
    return returned, ended


def in_memory(library, voxels, labels, ijk_to_ras) -> float:
    """Seconds to measure the same arrays through the C ABI."""
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ ijk_to_ras
    image = lambda array: bonemuscle.Image(array, to_lps[:3, 3], to_lps[:3, :3].T)  # noqa: E731
    began = time.perf_counter()
    library.measure(volume=image(voxels), labels=image(labels), names=NAMES, settings={"outputs": []})
    return time.perf_counter() - began


def main() -> None:
    voxels, labels, ijk_to_ras = scan()
    volume = studies.node_of("vtkMRMLScalarVolumeNode", voxels, ijk_to_ras)
    label_map = studies.node_of("vtkMRMLLabelMapVolumeNode", labels, ijk_to_ras)
    segmentation = studies.segmentation_node(label_map, NAMES, volume)
    module = slicer_cli.program_module(built("BoneMuscleCLI"))
    library = bonemuscle.Library(built("libbonemuscle.so"))
    returned, total = min((through_slicer(module, volume, segmentation) for _ in range(RUNS)), key=lambda one: one[1])
    alone = min(in_memory(library, voxels, labels, ijk_to_ras) for _ in range(RUNS))
    print(f"{' x '.join(map(str, SHAPE[::-1]))} voxels, label map in, label map and table out; best of {RUNS}")
    print(f"Apply returns after               {returned:6.2f} s")
    print(f"BoneMuscleCLI under Slicer's logic {total:5.2f} s")
    print(f"measuring in memory               {alone:6.2f} s")
    print(f"overhead of the bridge            {total - alone:6.2f} s   (target: under {TARGET_S:g} s)")


if __name__ == "__main__":
    main()
