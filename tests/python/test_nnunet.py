"""A network that nnU-Net v2 runs and that BoneMuscle runs from its export: the same voxels, class by class."""

import dataclasses
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from environment import ROOT, bonemuscle, skip_or_fail
from make_study import CLASSES
from nnunet_cts import Place, dice, draw, read_labels, write_series

LEAST_DICE = 0.999

NAME = "drawn"
"""Of every exported model."""

CAVEAT = "drawn by a program, never by a person"

STEPS = 250
"""Of the training; half a minute on two cores."""


@dataclasses.dataclass
class Case:
    """A CT and the model that is run on it."""

    model: str
    shape: tuple[int, int, int] = (61, 76, 84)
    spacing: tuple[float, float, float] = (1.5, 1.4, 1.4)
    turn: tuple[float, float] = (0, 0)
    upside_down: bool = False
    margin: int = 0
    """Voxels of exactly 0 HU on every side."""


CASES = {
    "resampled both ways": Case("plain"),
    "without resampling": Case("plain", (61, 66, 58), (2, 2, 2)),
    "every mirror": Case("mirrored", (50, 60, 52)),
    "two folds": Case("folds"),
    "slices of 7 mm": Case("plain", (18, 90, 84), (7, 1.3, 1.3)),
    "oblique": Case("plain", turn=(14, 8)),
    "zero margins": Case("plain", margin=9),
    "smaller than the patch": Case("plain", (50, 62, 42)),
    "prone, from the head down": Case("plain", upside_down=True),
    "axes transposed": Case("transposed", upside_down=True),
    "network of thick slices": Case("thick"),
    "network and CT of thick slices": Case("thick", (26, 70, 84), (5, 1.3, 1.3)),
}


@pytest.fixture(scope="module")
def training():
    """The module that trains, which needs torch."""
    if importlib.util.find_spec("nnunetv2") is None:
        skip_or_fail("nnunetv2 is not installed; see tests/requirements-models.txt")
    import nnunet_training

    return nnunet_training


@pytest.fixture(scope="module")
def weights(training):
    return training.train(STEPS, seed=1)


@dataclasses.dataclass
class Model:
    trained: Path
    exported: Path
    orientation: str
    mirrored: bool


@pytest.fixture(scope="module")
def models(training, weights, tmp_path_factory):
    """Trained folders and what `python -m export` made of them, by name."""
    folder, known = tmp_path_factory.mktemp("models"), {}
    variants = {
        "plain": (training.Plan(), [weights], "SPL", False),
        "mirrored": (training.Plan(), [weights], "SPL", True),
        "folds": (training.Plan(mirror_axes=None), [weights, disturbed(weights)], "SPL", False),
        "transposed": (training.Plan((1.8, 2.2, 2.0), (32, 40, 48), (1, 2, 0), mirror_axes=(0, 2)), [weights], "SAR", True),
        "thick": (training.Plan((6.5, 2.0, 2.0), (8, 48, 40)), [weights], "SPL", False),
    }

    def get(name: str) -> Model:
        if name not in known:
            plan, folds, orientation, mirrored = variants[name]
            trained = training.write(folder / name / "trained", plan, folds)
            structures = folder / "structures.json"
            structures.write_text(json.dumps({"region 4": {"structure": "gluteus_maximus", "side": "right"}}))
            options = ["--name", NAME, "--orientation", orientation, "--structures", structures, "--least-age", "18", "--caveat", CAVEAT]
            options += [] if mirrored else ["--no-mirroring"]
            export(trained, folder / name / "exported", *options)
            known[name] = Model(trained, folder / name / "exported", orientation, mirrored)
        return known[name]

    return get


def disturbed(weights: dict) -> dict:
    """The weights of another fold."""
    import torch

    generator = torch.Generator().manual_seed(2)
    return {name: value * (1 + 0.02 * torch.randn(value.shape, generator=generator)) for name, value in weights.items()}


def export(trained: Path, output: Path, *options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "export", trained, "--output", output, *options]
    return subprocess.run(command, cwd=ROOT / "models", check=True, capture_output=True, text=True)


def test_the_network_finds_what_was_drawn(training, models):
    """Without which there would be nothing to compare."""
    case = CASES["resampled both ways"]
    hu, truth = draw(case.shape, case.spacing, 77)
    found = nnunet(models("plain"), hu, case.spacing)
    for number, label in enumerate(training.CLASSES):
        assert dice(found == number, truth == number) > 0.7, label


@pytest.mark.parametrize(("name", "engine"), [*((name, "onnx-runtime") for name in CASES), ("resampled both ways", "open-vino")])
def test_the_voxels_are_nnunets(name, engine, training, models, tmp_path):
    program = bonemuscle() if engine == "onnx-runtime" else beside_openvino(tmp_path / "program")
    case = CASES[name]
    model = models(case.model)
    hu, _ = draw(case.shape, case.spacing, 77)
    hu[outside(case)] = 0
    theirs = nnunet(model, hu, case.spacing)
    write_series(tmp_path / "ct", hu, Place(case.spacing, case.turn, case.upside_down))
    where = ["--models", model.exported, "--output", tmp_path / "ours", "--engine", engine]
    subprocess.run([program, "models", "run", NAME, tmp_path / "ct", *where], check=True, capture_output=True)
    ours, values = read_labels(tmp_path / "ours")
    for number, (label, meaning) in enumerate(training.CLASSES.items()):
        if meaning is None:
            continue
        assert np.count_nonzero(theirs == number) > 200, f"{label}: too little to compare"
        found = dice(theirs == number, ours == values[meaning])
        assert found >= LEAST_DICE, f"{label}: Dice {found:.5f}"


def beside_openvino(folder: Path) -> Path:
    """The program with OpenVINO beside it, which scripts/setup.sh fetches to where it disturbs nobody."""
    build = bonemuscle().parent
    libraries = build.parent / "openvino"
    if not libraries.is_dir():
        skip_or_fail("OpenVINO was not fetched")
    folder.mkdir()
    for name in ["bonemuscle", "libbonemuscle.so"]:
        shutil.copy(build / name, folder / name)
    (folder / "openvino").symlink_to(libraries)
    return folder / "bonemuscle"


def outside(case: Case) -> np.ndarray:
    inside = tuple(slice(case.margin, size - case.margin) for size in case.shape)
    margin = np.ones(case.shape, bool)
    margin[inside] = False
    return margin


def nnunet(model: Model, hu: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Label values of nnU-Net's own predictor, `[slice, row, column]`."""
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(use_mirroring=model.mirrored, device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(model.trained), None)
    backwards = tuple(slice(None, None, 1 if letter in "SPL" else -1) for letter in model.orientation)
    image = np.ascontiguousarray(hu[backwards][None], np.float32)
    return predictor.predict_single_npy_array(image, {"spacing": list(spacing)})[backwards]


def changed(file: str, *steps, to) -> tuple:
    return file, steps, to


CONFIGURATION = ("configurations", "3d_fullres")

REFUSED = {
    "2 images": changed("dataset.json", "channel_names", to={"0": "CT", "1": "PET"}),
    "are regions": changed("dataset.json", "labels", "fat", to=[1, 2]),
    "without gaps": changed("dataset.json", "labels", "fat", to=9),
    "ZScoreNormalization": changed("plans.json", *CONFIGURATION, "normalization_schemes", to=["ZScoreNormalization"]),
    "resample_torch_fornnunet": changed("plans.json", *CONFIGURATION, "resampling_fn_data", to="resample_torch_fornnunet"),
    "'order': 0": changed("plans.json", *CONFIGURATION, "resampling_fn_probabilities_kwargs", "order", to=0),
    "OwnPreprocessor": changed("plans.json", *CONFIGURATION, "preprocessor_name", to="OwnPreprocessor"),
    "cannot load": changed("plans.json", *CONFIGURATION, "architecture", "arch_kwargs", "features_per_stage", to=[8, 16, 24]),
    "leave --orientation out": changed("plans.json", "image_reader_writer", to="NibabelIOWithReorient"),
}


@pytest.fixture
def trained(training, tmp_path):
    """An untrained training."""
    weights = training.build(training.FEATURES).state_dict()
    return training.write(tmp_path / "trained", training.Plan(), [weights])


@pytest.fixture
def reader(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "models")
    return importlib.import_module("export.trained")


@pytest.mark.parametrize("words", REFUSED)
def test_what_we_would_run_otherwise_is_refused(words, trained, reader):
    file, steps, to = REFUSED[words]
    content = json.loads((trained / file).read_text())
    inner = content
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = to
    (trained / file).write_text(json.dumps(content))
    with pytest.raises(reader.CannotExport, match=words):
        reader.read(trained, None, "checkpoint_final.pth", "SPL")


def test_cascades_and_flat_networks_are_refused(training, reader):
    plans = training.plans_of(training.Plan())
    for words, change in ("answer of another", {"previous_stage": "3d_lowres"}), ("2D", {"patch_size": [64, 64]}):
        with pytest.raises(reader.CannotExport, match=words):
            reader.check_configuration(plans["configurations"]["3d_fullres"] | change, plans)


def test_missing_files_and_orientations_are_named(trained, reader):
    for arguments, words in [
        ((["3"], "checkpoint_final.pth", "SPL"), "fold_3/checkpoint_final.pth is missing"),
        ((None, "checkpoint_best.pth", "SPL"), "holds no fold_"),
        ((None, "checkpoint_final.pth", None), "Say --orientation SAR"),
        ((None, "checkpoint_final.pth", "SPA"), 'the orientation is "SPA"'),
    ]:
        with pytest.raises(reader.CannotExport, match=words):
            reader.read(trained, *arguments)
    (trained / "plans.json").unlink()
    with pytest.raises(reader.CannotExport, match="plans.json is missing"):
        reader.read(trained, None, "checkpoint_final.pth", "SPL")


def test_the_manifest_holds_what_the_plan_says(models):
    manifest = json.loads((models("transposed").exported / "manifest.json").read_text())
    # SAR with its axes in the order 1, 2, 0.
    expected = {"orientation": "ARS", "spacing_mm": [1.8, 2.2, 2.0], "patch": [32, 40, 48], "mirror_axes": [0, 2]}
    assert {key: manifest[key] for key in expected} == expected
    assert manifest["normalisation"] == {"clip": [-512.0, 1298.0], "mean": 310.5, "standard_deviation": 402.25}
    assert [one.get("structure") for one in manifest["classes"]] == [None, "l3", "femur", None, "gluteus_maximus"]
    assert [one.get("side") for one in manifest["classes"]] == [None, "none", "left", None, "right"]
    assert (manifest["refinements"], manifest["least_age_years"], manifest["caveats"]) == ([], 18, [CAVEAT])


def test_a_class_that_is_left_and_right_in_one_is_divided(reader, capsys):
    manifest, main = (importlib.import_module(f"export.{name}") for name in ("manifest", "__main__"))
    entries = manifest.classes(["background", "sacrum", "femur", "iliopsoas_left", "aorta", "lung"], {})
    assert manifest.refinements(entries) == ["sides"]
    assert manifest.refinements([entry for entry in entries if entry["name"] != "femur"]) == []
    content = dict.fromkeys(("name", "version", "description", "networks", "patch", "spacing_mm", "orientation", "mirror_axes", "licence"), "")
    main.describe({**content, "classes": entries, "refinements": ["sides"], "least_age_years": None}, Path("folder"))
    said = capsys.readouterr().out
    assert "where these tell no middle: femur\n" in said and "measures patients of any age\n" in said


def test_class_names_are_read_as_names_of_segments_are(reader):
    structures = importlib.import_module("export.structures")
    schema = json.loads((ROOT / "plugin-core" / "schema" / "report.schema.json").read_text())
    known = set(schema["$defs"]["finding"]["properties"]["structure"]["enum"])
    assert set(structures.STRUCTURES) == known - {"lumbar_spine", "body"}
    for name, structure, side, *_ in CLASSES.values():
        assert structures.meaning(name) == (structure, side), name
    for name in ("L3_disc", "vertebrae_S1", "hip vertebra", "femur head left", "gluteus", "L3 left", "femur left right", ""):
        assert structures.meaning(name) is None, name
