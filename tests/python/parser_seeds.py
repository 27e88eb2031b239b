#!/usr/bin/env python3
"""Small good inputs for every parser, from phantoms of our own: what test_mutations.py spoils and what fuzzing starts from.

    python parser_seeds.py FUZZ_FOLDER

writes `corpus/TARGET/` and `study/` of `fuzz/`.
"""

import gzip
import json
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from enhanced_ct import enhanced
from environment import ROOT
from films import example
from make_study import Options, Study, ct_slices, segmentation
from pydicom.uid import JPEG2000Lossless, RLELossless

import mutations

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


def encoded(folder: Path) -> None:
    """A label map with a code stream per frame."""
    for name, syntax in {"rle.dcm": RLELossless, "jpeg-2000.dcm": JPEG2000Lossless}.items():
        dataset = pydicom.dcmread(folder / "LABELMAP.dcm")
        dataset.compress(syntax, generate_instance_uid=False)
        written(dataset, folder / name)


def film_of(step: int) -> pydicom.Dataset:
    """The film of the examples in pixels of `step` times the size."""
    film = pydicom.dcmread(example())
    film.decompress()
    pixels = np.ascontiguousarray(film.pixel_array[::step, ::step])
    (film.Rows, film.Columns), film.PixelData = pixels.shape, pixels.tobytes()
    film.ImagerPixelSpacing = [float(side) * step for side in film.ImagerPixelSpacing]
    return film


def write(folder: Path) -> Path:
    """A folder of good inputs for each parser, and `ct-others`, the slices that the first of `ct` belongs to."""
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
    encoded(folder / "seg")
    written(film_of(8), folder / "film" / "film.dcm")
    label_maps(study, folder)
    texts(folder)
    return folder


def frames() -> dict[str, bytes]:
    """What plugin and worker say to each other."""

    def frame(header: dict, payload: bytes = b"") -> bytes:
        text = json.dumps(header).encode()
        return struct.pack("<II", len(text), len(payload)) + text + payload

    settings = {"measurements": ["muscle"], "segmentation": {"source": "auto"}}
    return {
        "order": frame({"kind": "measure", "settings": settings})
        + frame({"kind": "instance", "name": "1.2.3"}, b"DICM")
        + frame({"kind": "end"}),
        "choose": frame({"kind": "choose", "settings": settings, "instances_in_series": {"1.2": 3}}) + frame({"kind": "end"}),
        "news": frame({"kind": "hello", "worker": "1", "core": "2"})
        + frame({"kind": "progress", "stage": "read", "fraction": 0.5})
        + frame({"kind": "choice", "ct_series": "1.2", "other_ct_series": ["1.3"]})
        + frame({"kind": "report"}, b"{}")
        + frame({"kind": "file", "name": "results.csv", "media_type": "text/csv"}, b"a,b")
        + frame({"kind": "done"}),
        "error": frame({"kind": "error", "status": "labels", "message": "no"}),
    }


def requests() -> dict[str, bytes]:
    """Bodies of a POST."""
    everything = {
        "Measurements": ["lumbar-bmd", "hip-xray"],
        "Segmentation": {"Model": "bonemuscle-ct", "Passes": 4, "Seed": 3},
        "Calibration": {"Method": "phantom", "Phantom": "mindways-model3-ct"},
        "Femur": {"Neck": "osaka_10mm", "Pose": "as_scanned", "DistalMillimeters": 20},
        "HipXray": {"Side": "left", "Magnification": 1.1},
        "MassModels": ["constant"],
        "Patient": {"HeightMeters": 1.6, "WeightKilograms": 55.5},
        "Language": "ja",
        "Outputs": ["sr", "pdf"],
        "Synchronous": True,
        "Priority": 5,
    }
    series = {"Segmentation": {"Series": "-".join(["deadbeef"] * 5)}, "Calibration": "none", "Asynchronous": True}
    return {"everything.json": json.dumps(everything).encode(), "series.json": json.dumps(series).encode()}


def corpora(fuzz: Path) -> None:
    """The seeds of `fuzz/`; what is there already is replaced."""
    corpus, study = fuzz / "corpus", fuzz / "study"
    for folder in (corpus, study):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        seeds = write(Path(scratch))
        # One that a network understands is 15 times larger.
        written(film_of(32), seeds / "film" / "film.dcm")
        for target, parsers in {
            "dicom": ["ct", "enhanced", "film"],
            "seg": ["seg"],
            "nrrd": ["nrrd"],
            "nifti": ["nifti", "nifti-gzip"],
            "manifest": ["manifest"],
            "names": ["names"],
            "pairs": ["pairs"],
            "settings": ["settings"],
        }.items():
            for parser in parsers:
                shutil.copytree(seeds / parser, corpus / target, dirs_exist_ok=True)
        shutil.copytree(seeds / "ct-others", study)
    for target, inputs in {"protocol": frames(), "request": requests()}.items():
        (corpus / target).mkdir()
        for name, data in inputs.items():
            (corpus / target / name).write_bytes(data)


if __name__ == "__main__":
    corpora(Path(sys.argv[1]))
