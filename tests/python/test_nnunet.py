"""A network that nnU-Net v2 runs and that BoneMuscle runs from its export: the same voxels, class by class."""

import dataclasses
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

from environment import ROOT, bonemuscle, skip_or_fail
from make_study import Options, Study, ct_slices

LEAST_DICE = 0.999

STEPS = 250
"""Of the training; half a minute on two cores."""


@dataclasses.dataclass
class Case:
    """A CT, `[slice, row, column]`, feet to head, front to back, right to left, and how it lies in the patient."""

    model: str
    shape: tuple[int, int, int] = (62, 76, 84)
    spacing: tuple[float, float, float] = (1.5, 1.4, 1.4)
    turn: tuple[float, float] = (0, 0)
    """Degrees about the patient's left-right and feet-head axes."""
    margin: int = 0
    """Voxels of exactly 0 HU on every side."""
    upside_down: bool = False
    """Slices from the head down, rows and columns the other way."""


CASES = {
    "resampled both ways": Case("plain"),
    "without resampling": Case("plain", (61, 66, 58), (2, 2, 2)),
    "every mirror": Case("mirrored", (50, 60, 52)),
    "two folds": Case("folds"),
    "slices of 7 mm": Case("plain", (18, 90, 84), (7, 1.3, 1.3)),
    "oblique": Case("plain", turn=(14, 8)),
    "zero margins": Case("plain", margin=9),
    "smaller than the patch": Case("plain", (30, 34, 40)),
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
    import torch

    import nnunet_training

    torch.set_num_threads(2)
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
            options = ["--orientation", orientation, "--structures", folder / "structures.json"]
            Path(options[-1]).write_text(json.dumps({"region 4": {"structure": "gluteus_maximus", "side": "right"}}))
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


@pytest.mark.parametrize("name", CASES)
def test_the_voxels_are_nnunets(name, training, models, tmp_path):
    case = CASES[name]
    model = models(case.model)
    hu, truth = training.draw(case.shape, case.spacing, 77)
    if case.margin:
        inside = tuple(slice(case.margin, -case.margin) for _ in range(3))
        hu, whole = np.zeros_like(hu), hu
        hu[inside] = whole[inside]
    theirs = nnunet(model, hu, case.spacing)
    write_series(tmp_path / "ct", hu, case)
    run = [bonemuscle(), "models", "run", model.exported, tmp_path / "ct", "--output", tmp_path / "ours"]
    subprocess.run(run, check=True, capture_output=True)
    ours, values = labels(tmp_path / "ours", case)
    for number, (label, meaning) in enumerate(training.CLASSES.items()):
        if meaning is None:
            continue
        found = dice(theirs == number, ours == values[meaning])
        assert found >= LEAST_DICE, f"{label}: Dice {found:.5f}"
        assert dice(theirs == number, truth == number) > 0.5 or case.margin, f"{label}: nothing is segmented"


def nnunet(model: Model, hu: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Label values of nnU-Net's own predictor, `[slice, row, column]`."""
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(use_mirroring=model.mirrored, device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(model.trained), None)
    backwards = tuple(slice(None, None, 1 if letter in "SPL" else -1) for letter in model.orientation)
    image = np.ascontiguousarray(hu[backwards][None], np.float32)
    return predictor.predict_single_npy_array(image, {"spacing": list(spacing)})[backwards]


def directions(case: Case) -> np.ndarray:
    """Unit vectors of slices, rows downwards and columns in LPS, as rows of a matrix."""
    about_x, about_z = np.radians(case.turn)
    first = np.array([[1, 0, 0], [0, np.cos(about_x), -np.sin(about_x)], [0, np.sin(about_x), np.cos(about_x)]])
    second = np.array([[np.cos(about_z), -np.sin(about_z), 0], [np.sin(about_z), np.cos(about_z), 0], [0, 0, 1]])
    return (second @ first).T[::-1]


def write_series(folder: Path, hu: np.ndarray, case: Case) -> None:
    steps, origin = directions(case) * np.array(case.spacing)[:, None], np.zeros(3)
    if case.upside_down:
        origin, steps, hu = (np.array(hu.shape) - 1) @ steps, -steps, hu[::-1, ::-1, ::-1]
    slices = ct_slices(Study(hu, hu, origin, np.array(case.spacing)), Options())
    folder.mkdir()
    for number, one in enumerate(slices):
        row, column = steps[2] / case.spacing[2], steps[1] / case.spacing[1]
        one.ImageOrientationPatient = np.round([*row, *column], 9).tolist()
        one.ImagePositionPatient = np.round(origin + number * steps[0], 6).tolist()
        one.save_as(folder / f"{number}.dcm", enforce_file_format=True)


def labels(folder: Path, case: Case) -> tuple[np.ndarray, dict]:
    """The label map at the voxels of the case, and the value of every structure and side."""
    image = nibabel.load(folder / "labels.nii.gz")
    steps = directions(case) * np.array(case.spacing)[:, None]
    to_index = np.linalg.inv(image.affine) @ np.diag([-1, -1, 1, 1])
    place = np.indices(case.shape).reshape(3, -1).T @ steps
    index = place @ to_index[:3, :3].T + to_index[:3, 3]
    assert np.abs(index - np.rint(index)).max() < 1e-2, "the label map lies on other voxels than the CT"
    values = np.asanyarray(image.dataobj)[tuple(np.rint(index).astype(int).T)].reshape(case.shape)
    structures = json.loads((folder / "segmentation.json").read_text())["structures"]
    return values, {(one["structure"], one["side"]): one["value"] for one in structures}


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))
