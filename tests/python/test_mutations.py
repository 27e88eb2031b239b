"""Spoilt inputs for each parser: none ends the process, none is an error of the program's own, none takes much memory or time.

How many each gets is MUTATIONS in the environment; 1000 where it is not set.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from enhanced_ct import enhanced
from environment import ROOT, built
from films import example
from make_study import Options, Study, ct_slices, segmentation
from pydicom.uid import JPEG2000Lossless

import mutations

COUNT = int(os.environ.get("MUTATIONS", 1000))
# What still is a film runs a network, what still is a table draws a page; that takes seconds.
SHARE = {"film": 20, "pairs": 20}
# Of the whole process with its libraries; inputs are of some kilobytes, but one may honestly state a volume of a thousand times that.
MOST_MEGABYTES = 600
# One input may be a volume of some million voxels.
MOST_SECONDS = 10

OK, INPUT_ERRORS = "0", {"2", "3", "4", "8"}

# OpenJPEG encodes no less than 32 pixels each way.
SHAPE = (6, 36, 32)


def small_study() -> Study:
    """A block of L3 and one of back muscle in a patient of a few centimetres."""
    hu, labels = np.full(SHAPE, -1000, np.int16), np.zeros(SHAPE, np.uint16)
    hu[:, 4:32, 4:28] = 40
    hu[:, 10:20, 12:20], labels[:, 10:20, 12:20] = 180, 29
    labels[:, 22:30, 6:14] = 87
    return Study(hu, labels, np.array([-20.0, -30.0, 100.0]), np.array([3.0, 4.0, 4.0]))


def written(dataset: pydicom.Dataset, file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(file, enforce_file_format=True)
    return file


def other_transfer_syntaxes(plain: Path, folder: Path) -> None:
    """The same slice, encoded by dcmtk and OpenJPEG."""
    for name, command in {
        "rle.dcm": ["dcmcrle"],
        "jpeg.dcm": ["dcmcjpeg", "+e1"],
        "jpeg-ls.dcm": ["dcmcjpls"],
        "implicit.dcm": ["dcmconv", "+ti"],
        "big-endian.dcm": ["dcmconv", "+tb"],
        "deflated.dcm": ["dcmconv", "+td"],
    }.items():
        subprocess.run([*command, plain, folder / name], check=True)
    dataset = pydicom.dcmread(plain)
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    written(dataset, folder / "jpeg-2000.dcm")


def label_maps(study: Study, folder: Path) -> None:
    image = sitk.GetImageFromArray(study.labels.astype(np.uint8))
    image.SetSpacing(study.spacing[::-1].tolist())
    image.SetOrigin(study.origin.tolist())
    for name in ("nrrd", "nifti", "nifti-gzip"):
        (folder / name).mkdir()
    sitk.WriteImage(image, folder / "nrrd" / "raw.nrrd", useCompression=False)
    sitk.WriteImage(image, folder / "nrrd" / "gzip.nrrd", useCompression=True)
    sitk.WriteImage(image, folder / "nifti" / "map.nii")
    plain = (folder / "nifti" / "map.nii").read_bytes()
    (folder / "nifti-gzip" / "map.nii.gz").write_bytes(gzip.compress(plain))


def texts(folder: Path) -> None:
    settings = {
        "measurements": ["lumbar-bmd", "muscle"],
        "segmentation": {"source": "model", "name": "bonemuscle-ct"},
        "model": {"passes": 4, "seed": 3, "engine": "onnx-runtime"},
        "patient": {"height_m": 1.6, "weight_kg": 55.0},
        "femur": {"neck": "osaka_10mm", "pose": "neck_shaft_frame", "distal_mm": 20.0},
        "xray": {"side": "left", "magnification": 1.1},
        "mass_models": ["constant", "physics"],
        "site": json.loads((ROOT / "examples" / "site.json").read_text()),
        "outputs": ["sr"],
        "started": "2026-01-31T13:45:00+09:00",
    }
    for name, content in {
        "settings/all.json": json.dumps(settings),
        "names/names.json": json.dumps({"29": "l3", "87": "deep_back_muscle_right"}),
        "manifest/ct.json": (ROOT / "models" / "ct" / "manifest.json").read_text(),
        "manifest/film.json": (ROOT / "models" / "xray" / "manifest.json").read_text(),
        "pairs/pairs.csv": "".join((ROOT / "examples" / "validate" / "pairs.csv").read_text().splitlines(True)[:40]),
    }.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> Path:
    """A folder of good inputs for each parser, and `ct-others`, the slices that the first of `ct` belongs to."""
    folder = tmp_path_factory.mktemp("seeds")
    study = small_study()
    slices = ct_slices(study, Options())
    for number, one in enumerate(slices):
        written(one, folder / "ct-others" / f"{number}.dcm")
    plain = shutil.copy(folder / "ct-others" / "0.dcm", written(slices[0], folder / "ct" / "plain.dcm"))
    other_transfer_syntaxes(plain, folder / "ct")
    written(enhanced(slices), folder / "enhanced" / "enhanced.dcm")
    for kind in ("BINARY", "LABELMAP"):
        seg = segmentation(study, slices, Options(type=kind), [29, 87], 0)
        seg.SeriesInstanceUID = mutations.SEG_SERIES
        written(seg, folder / "seg" / f"{kind}.dcm")
    film = pydicom.dcmread(example())
    film.decompress()
    film.PixelData = np.ascontiguousarray(film.pixel_array[::8, ::8]).tobytes()
    film.Rows, film.Columns = film.Rows // 8 + (film.Rows % 8 > 0), film.Columns // 8 + (film.Columns % 8 > 0)
    film.ImagerPixelSpacing = [float(step) * 8 for step in film.ImagerPixelSpacing]
    written(film, folder / "film" / "film.dcm")
    label_maps(study, folder)
    texts(folder)
    return folder


@pytest.mark.parametrize("parser", mutations.PARSERS)
def test_no_spoilt_input_ends_the_process(parser, seeds, tmp_path):
    library, count = built("libbonemuscle.so"), COUNT // SHARE.get(parser, 1)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        # A thread's own arena would map 64 MB each, of which nothing is used.
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"}
        command = [sys.executable, mutations.__file__, library, parser, str(count), seeds, scratch]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=COUNT)
        if run.returncode != 0:
            kept = shutil.copytree(scratch, tmp_path / "killed-by")
            pytest.fail(f"ended with {run.returncode} by the input in {kept}: {run.stderr[-2000:]}")
    found = json.loads(run.stdout)
    print(parser, found)
    statuses = found["statuses"]
    assert not found["internal"]
    assert sum(statuses.values()) == count
    assert set(map(str, found["whole"])) == {OK}, "a seed that is not understood tests little"
    # The list of models names what is wrong with one of them, and is a list nevertheless.
    assert parser == "manifest" or INPUT_ERRORS & set(statuses), "no change did any harm: the seeds are not what is read"
    assert found["peak_mb"] < MOST_MEGABYTES and found["slowest"] < MOST_SECONDS
