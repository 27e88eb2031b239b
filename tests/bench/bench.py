"""Speed and peak memory beside their anchors, in one run on one machine. Called by scripts/bench.sh.

    python bench.py BUILD_FOLDER WORK_FOLDER

Every figure comes from a process of its own: seconds as it prints them (best of several, warm cache), memory as the kernel counted it.
Exits 1 when a ratio is below its bar.
"""
import json
import math
import os
import re
import subprocess
import sys
import tempfile

from in_turns import launcher

REPEATS = "5"
HERE = os.path.dirname(os.path.abspath(__file__))


def run(*command):
    """Seconds (as printed, else of the whole process), peak memory in MB, and the whole process's seconds."""
    with tempfile.NamedTemporaryFile("r") as figures:
        process = subprocess.run([*launcher(figures.name), *command], stdout=subprocess.PIPE, text=True)
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed: {process.stdout}")
        whole, peak = map(float, figures.read().split())
    printed = re.search(r"seconds ([\d.]+)", process.stdout)
    return float(printed.group(1)) if printed else whole, peak / 1024, whole


def compare(title, ours, anchors):
    """Prints one table; `anchors` is (name, figures, least speed ratio, least memory ratio)."""
    print(f"\n{title}\n  {'':24}{'seconds':>9}{'ratio':>8}{'bar':>6}{'peak MB':>9}{'ratio':>8}{'bar':>6}")
    print(f"  {'BoneMuscle':24}{ours[0]:9.3f}{'':14}{ours[1]:9.0f}")
    good = True
    for name, figures, faster, smaller in anchors:
        speed, memory = figures[0] / ours[0], figures[1] / ours[1]
        bar = lambda least: f"{least:6.1f}" if least else f"{'':6}"
        print(f"  {name:24}{figures[0]:9.3f}{speed:8.1f}{bar(faster)}{figures[1]:9.0f}{memory:8.1f}{bar(smaller)}")
        good &= speed >= (faster or 0) and memory >= (smaller or 0)
    return good


def measure_whole(build, work, anchor):
    """A study of 512 x 512 x 600 voxels' size with every label, from files to SR, SEG, PDF and SC."""
    bonemuscle, study = os.path.join(build, "bonemuscle"), os.path.join(work, "study")
    if not os.path.isdir(study):
        subprocess.check_call([bonemuscle, "phantom", study, "--pixel-spacing", "0.6", "--slice-spacing", "0.8"])
    with open(os.path.join(study, "truth.json")) as file:
        voxels = math.prod(json.load(file)["shape"])
    ours = run(bonemuscle, "measure", study, "--output", os.path.join(work, "results"), "--threads", "2")
    compare(
        f"A study of {voxels / 1e6:.0f} million voxels with all labels, from files to results",
        ours,
        [("SimpleITK, highdicom, numpy: means only", run(*anchor, "statistics", study), None, None)],
    )
    # 512 x 512 x 600 voxels take so many seconds; the CT itself is held as 2 bytes a voxel.
    seconds, beside = ours[0] * 512 * 512 * 600 / voxels, ours[1] * 2**20 / voxels - 2
    print(f"  512 x 512 x 600: {seconds:.1f} s (bar 10); {beside:.2f} bytes a voxel beside the input (bar 3)")
    return seconds < 10 and beside < 3


def main(build, work):
    ct, seg = os.path.join(work, "ct"), os.path.join(work, "seg")
    anchor = [sys.executable, os.path.join(HERE, "anchors.py")]
    if not os.path.isdir(ct) or len(os.listdir(ct)) < 400:
        subprocess.check_call([*anchor, "make-ct", ct])
    subprocess.check_call([*anchor, "write-labels", ct, seg])
    reading = compare(
        "400 raw slices of 512 x 512 to a volume",
        run(os.path.join(build, "examples", "read_series"), ct, REPEATS),
        [
            ("SimpleITK", run(*anchor, "read-simpleitk", ct, REPEATS), 15, 3),
            ("dcmtk (C++, one thread)", run(os.path.join(work, "read_dcmtk"), ct, REPEATS), 1.6, None),
        ],
    )
    dcmqi = os.path.join(os.path.dirname(sys.executable), "itkimage2segimage")
    writing = compare(
        "BINARY SEG of 400 x 512 x 512, five labels in 300 slices",
        run(os.path.join(build, "examples", "write_seg"), os.path.join(seg, "ours.dcm"), REPEATS),
        [
            ("highdicom", run(*anchor, "write-highdicom", ct, os.path.join(seg, "highdicom.dcm"), "2"), 10, 3),
            ("dcmqi (whole process)", run(dcmqi, "--inputDICOMDirectory", ct, "--inputImageList", os.path.join(seg, "labels.nrrd"),
             "--inputMetadata", os.path.join(seg, "meta.json"), "--outputDICOM", os.path.join(seg, "dcmqi.dcm")), 10, 3),
        ],
    )
    whole = measure_whole(build, work, anchor)
    return 0 if reading and writing and whole else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
