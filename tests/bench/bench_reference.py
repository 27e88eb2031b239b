"""The reference model on a whole abdomen and pelvis, beside a script that runs the same network. Called by scripts/bench.sh segmentation.

    python bench_reference.py BUILD_FOLDER WORK_FOLDER SHARED_DATA

The CT is the real example of the shared data, brought to 512 x 512 pixels of 0.8 mm and continued upwards by its mirror image to 160
slices of 3 mm. Ours is timed from DICOM files to the label map in a file, with ten passes for the uncertainty and with none. The
script does what a research script does: SimpleITK to 3 mm, every tile of the whole image to ONNX Runtime once, through both parts of the
network, softmax, Gaussian weights, labels at 3 mm. Two threads each. Exits 1 when ours takes longer than its bar.
"""

import itertools
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from bench import run

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from nnunet_cts import Place, write_series  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
THREADS = "2"
SHAPE, SPACING = (160, 512, 512), (3.0, 0.8, 0.8)
# Passes with dropout and seconds.
BARS = {10: 180, 0: 40}
ENGINES = ("onnx-runtime", "open-vino")
AIR = -1024


def whole_body(data: Path) -> np.ndarray:
    """`[slice, row, column]`, HU."""
    example = sitk.DICOMOrient(sitk.ReadImage(str(data / "totalsegmentator_example_ct" / "example_ct.nii.gz")), "LPS")
    finer = sitk.ResampleImageFilter()
    size = [int(length * spacing / new) for length, spacing, new in zip(example.GetSize(), example.GetSpacing(), SPACING[::-1])]
    finer.SetSize(size)
    finer.SetOutputSpacing(SPACING[::-1])
    finer.SetOutputDirection(example.GetDirection())
    finer.SetOutputOrigin(example.GetOrigin())
    finer.SetDefaultPixelValue(AIR)
    hu = sitk.GetArrayFromImage(finer.Execute(example))
    hu = np.concatenate([hu, hu[::-1]])[: SHAPE[0]]
    around = [(0, 0)] + [((full - have) // 2, full - have - (full - have) // 2) for full, have in zip(SHAPE[1:], hu.shape[1:])]
    return np.pad(hu, around, constant_values=AIR).astype(np.int16)


def script(hu_file: str, model: str) -> None:
    """The anchor, in a process of its own; prints its seconds."""
    import onnxruntime

    hu = np.load(hu_file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(THREADS)
    start = time.perf_counter()
    parts = [f"{model}/stem.onnx", f"{model}/model.onnx"]
    stem, session = [onnxruntime.InferenceSession(part, options, providers=["CPUExecutionProvider"]) for part in parts]
    features = [output.name for output in stem.get_outputs()]
    image = sitk.GetImageFromArray(hu.astype(np.float32))
    image.SetSpacing(SPACING[::-1])
    coarse = sitk.ResampleImageFilter()
    coarse.SetSize([round(length * spacing / 3) for length, spacing in zip(hu.shape[::-1], SPACING[::-1])])
    coarse.SetOutputSpacing([3.0] * 3)
    coarse.SetDefaultPixelValue(AIR)
    volume = sitk.GetArrayFromImage(coarse.Execute(sitk.SmoothingRecursiveGaussian(image, 1.2)))
    # Slices upwards, rows backwards, columns to the left become right, front, up.
    volume = np.ascontiguousarray((volume.clip(-300, 1000) - 150) / 300).transpose(2, 1, 0)[::-1, ::-1]
    edge = 96
    bell = np.exp(-(((np.arange(edge) - edge // 2) / (edge / 8)) ** 2) / 2).astype(np.float32)
    weight = np.maximum(bell[:, None, None] * bell[:, None] * bell, 1e-4)
    masks = {one.name: np.ones(one.shape, np.float32) for one in session.get_inputs() if one.name not in features}
    sums, weights = None, np.zeros(volume.shape, np.float32)
    starts = [np.linspace(0, length - edge, int(np.ceil((length - edge) / (edge / 2))) + 1).round().astype(int) for length in volume.shape]
    for corner in np.stack(np.meshgrid(*starts, indexing="ij"), -1).reshape(-1, 3):
        box = tuple(slice(one, one + edge) for one in corner)
        seen = stem.run(features, {"image": np.ascontiguousarray(volume[box])[None, None]})
        logits = session.run(None, dict(zip(features, seen)) | masks)[0][0]
        shares = np.exp(logits - logits.max(0))
        shares /= shares.sum(0)
        sums = np.zeros((len(shares), *volume.shape), np.float32) if sums is None else sums
        sums[(slice(None), *box)] += shares * weight
        weights[box] += weight
    labels = (sums / weights).argmax(0)
    print(f"seconds {time.perf_counter() - start:.2f} ({np.count_nonzero(labels)} voxels)")


def main(build: str, work: str, data: str) -> int:
    folder = Path(work) / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    hu = whole_body(Path(data))
    np.save(folder / "ct.npy", hu)
    if not (folder / "series").exists():
        write_series(folder / "series", hu, Place(SPACING))
    print(f"\n{date.today()}  the reference model on {' x '.join(map(str, SHAPE))}, {SPACING[0]} mm slices")
    seconds, memory, _ = run(sys.executable, __file__, "--script", str(folder / "ct.npy"), str(ROOT / "models" / "ct"))
    print(f"  {'':28}{'seconds':>9}{'bar':>6}{'peak MB':>9}{'ratio':>8}")
    print(f"  {'a script, one pass':28}{seconds:9.1f}{'':6}{memory:9.0f}")
    good = True
    for engine, (passes, bar) in itertools.product(ENGINES, BARS.items()):
        output, given = str(folder / f"{engine}-{passes}"), ["--passes", str(passes), "--engine", engine, "--threads", THREADS]
        _, peak, whole = run(f"{build}/bonemuscle", "models", "run", "bonemuscle-ct", str(folder / "series"), *given, "--output", output)
        print(f"  {f'{engine}, {passes} passes':28}{whole:9.1f}{bar:6}{peak:9.0f}{seconds / whole:8.2f}", flush=True)
        good &= whole <= bar
    return 0 if good else 1


if __name__ == "__main__":
    if sys.argv[1] == "--script":
        script(*sys.argv[2:])
    else:
        sys.exit(main(*sys.argv[1:]))
