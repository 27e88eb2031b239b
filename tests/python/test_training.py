"""The training line: the whole command on a tiny network, and its parts against answers known beforehand."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from environment import ROOT, SHARED, models_importable, skip_or_fail

models_importable("jsonschema", "torch", "trimesh")

import jsonschema  # noqa: E402
import torch  # noqa: E402
import trimesh  # noqa: E402

from training import anatomy, evaluate, filling, mixing, partial_labels, predicted_dice  # noqa: E402
from training.classes import COUNT, index  # noqa: E402
from training.network import BayesianUNet, load_first_version  # noqa: E402
from training.network_onnx import ExportedNetwork  # noqa: E402
from training.perturbations import PERTURBATIONS  # noqa: E402
from training.quality_cases import random_offset  # noqa: E402
from training.sources import Source  # noqa: E402
from training.running import Budget  # noqa: E402
from training.train import Recipe, Training  # noqa: E402

MODEL = ROOT / "models" / "ct"
TINY = ["--widths", "4", "6", "8", "8", "8", "--patch", "32", "--batch", "2", "--device", "cpu", "--cases", "example", "chest"]


def train(run, *options):
    if not (SHARED / "data" / "chest_negative").exists():
        skip_or_fail("no shared data")
    command = [sys.executable, "-m", "training", "--data", SHARED / "data", "--output", run, "--hours", "1", *TINY, *options]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "models"), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)


def test_one_command_makes_a_model_folder_and_continues(tmp_path):
    first = train(tmp_path, "--steps", "3")
    assert first.returncode == 0, first.stderr
    refused = train(tmp_path, "--steps", "5")
    assert refused.returncode != 0 and "--resume" in refused.stderr
    second = train(tmp_path, "--steps", "5", "--resume")
    assert second.returncode == 0, second.stderr
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [entry["step"] for entry in log] == [1, 2, 3, 4, 5]
    assert all(math.isfinite(entry["cross_entropy"]) and 0 <= entry["dice_loss"] <= 1 for entry in log)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    jsonschema.validate(manifest, json.loads((ROOT / "models" / "manifest.schema.json").read_text()))
    exported = ExportedNetwork(tmp_path / "model")
    probabilities = exported.run(np.zeros((32, 32, 32), np.float32), exported.masks(0.0, np.random.default_rng(0)))
    assert probabilities.shape == (len(manifest["classes"]), 32, 32, 32) and np.allclose(probabilities.sum(0), 1)


def ball(radius, shape=(40, 40, 40), centre=(20, 20, 20)):
    return sum((axis - middle) ** 2 for axis, middle in zip(np.ogrid[tuple(map(slice, shape))], centre, strict=True)) <= radius**2


def tiny_source():
    regions = np.where(ball(12), 2, np.where(ball(18), 1, 0)).astype(np.uint8)
    codes = np.where(regions == 2, index("femur"), 0).astype(np.uint8)
    tissues = np.zeros(256, np.uint8)
    tissues[[1, 2]] = 1, 3
    return Source("ball", 1.0, 3.0, codes, regions, tissues)


def test_a_run_that_stops_and_continues_is_the_run_that_did_not(tmp_path):
    recipe = Recipe(widths=(2, 2, 2, 2, 2), patch=32, batch=1)
    runs = []
    for stop in (False, True):
        folder = tmp_path / str(stop)
        folder.mkdir()
        training = Training(recipe, [tiny_source()], folder, torch.device("cpu"))
        for step in range(4):
            if stop and step == 2:
                training.save()
                torch.manual_seed(99)
                training = Training(recipe, [tiny_source()], folder, torch.device("cpu"))
                training.resume()
            training.one_step(step / 4)
        runs.append(training.average)
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    Training(Recipe(widths=(2, 2, 2, 2, 2), patch=32), [tiny_source()], tmp_path, torch.device("cpu")).save()
    other = Training(Recipe(widths=(2, 2, 2, 2, 2), patch=48), [tiny_source()], tmp_path, torch.device("cpu"))
    with pytest.raises(ValueError, match="asked for"):
        other.resume()


def test_budget_ends_by_hours_or_steps():
    assert Budget(2.0).spent(10**6, 3600) == 0.5
    assert Budget(2.0, 10).spent(9, 0) == 0.9


def test_loss_of_a_set_is_minus_the_logarithm_of_its_share():
    allowed = partial_labels.allowed_classes(torch.device("cpu"))
    for name, classes in partial_labels.SETS.items():
        codes = torch.full((1, 4, 4, 4), partial_labels.CODES[name])
        entropy, dice = partial_labels.loss(torch.zeros(1, COUNT, 4, 4, 4), codes, allowed)
        expected = 0.0 if name == "anything" else math.log(COUNT / len(classes))
        assert entropy.item() == pytest.approx(expected, abs=1e-5) and dice.item() == 0


def test_a_perfect_answer_has_no_dice_loss_and_unknown_voxels_do_not_count():
    codes = torch.zeros(1, 8, 8, 8, dtype=torch.long)
    codes[:, :4] = index("femur")
    logits = 40.0 * torch.nn.functional.one_hot(codes, COUNT).permute(0, 4, 1, 2, 3).float()
    codes[:, :, :, 6:] = partial_labels.ANYTHING
    logits[:, :, :, :, 6:] = torch.randn(1, COUNT, 8, 8, 2)
    entropy, dice = partial_labels.loss(logits, codes, partial_labels.allowed_classes(torch.device("cpu")))
    assert entropy.item() < 1e-6 and dice.item() < 1e-6


def test_the_first_weights_load_and_answer_as_their_onnx():
    weights = SHARED / "models" / "ct_v0" / "weights_fp16.pt"
    if not weights.exists():
        skip_or_fail("no shared data")
    network = BayesianUNet().eval()
    load_first_version(network, torch.load(weights, weights_only=True))
    exported = ExportedNetwork(MODEL, threads=2)
    generator = torch.Generator().manual_seed(1)
    image, masks = torch.randn((1, 1, *exported.patch), generator=generator), network.masks(1, 0.3, generator)
    with torch.no_grad():
        expected = network(image, *masks).softmax(1)
    found = exported.run(image.numpy()[0, 0], {f"mask{k}": mask.numpy() for k, mask in enumerate(masks)})
    assert (torch.from_numpy(found) - expected[0]).abs().max() < 1e-3


def test_a_sphere_has_its_volume_closed_or_filled():
    sphere = trimesh.creation.icosphere(subdivisions=4, radius=20)
    where = filling.around(sphere, 2.0, 10)
    assert filling.inside(sphere, where).sum() * 8 == pytest.approx(sphere.volume, rel=0.02)
    assert filling.solid([sphere], where).sum() * 8 == pytest.approx(sphere.volume, rel=0.1)


def test_between_two_people_muscles_are_between_theirs():
    def person(radius):
        regions = np.where(ball(18), anatomy.BODY, 0).astype(np.uint8)
        regions[5:9, 18:22, 18:30] = anatomy.BONES["hip_bone"]
        regions[30:34, 18:22, 18:30] = anatomy.BONES["hip_bone"]
        regions[18:22, 5:9, 8:20] = anatomy.BONES["femur"]
        regions[ball(radius)] = anatomy.MUSCLES["Gracilis"]
        return anatomy.Atlas(regions, 3.0)

    middle = mixing.mixed(person(4), person(8), 0.5).regions == anatomy.MUSCLES["Gracilis"]
    assert ball(5.5).sum() < middle.sum() < ball(6.5).sum()


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_perturbed_cases_keep_shape_and_are_repeatable(name):
    generator = np.random.default_rng(3)
    hounsfield = np.where(ball(16), generator.normal(50, 20, (40, 40, 40)), -1000).astype(np.float32)
    labels = np.where(ball(6), index("L3"), 0).astype(np.uint8)
    for strength in (0.15, 1.0):
        first, second = (PERTURBATIONS[name](hounsfield, labels, strength, np.random.default_rng(7)) for _ in range(2))
        assert first[0].shape == first[1].shape == hounsfield.shape
        assert set(np.unique(first[1])) <= {0, index("L3")}
        assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        assert (name == "none") == np.array_equal(first[0], hounsfield)


def test_tiles_lie_inside_the_image():
    generator = np.random.default_rng(0)
    offsets = np.array([random_offset((122, 90, 112), (96, 96, 96), generator) for _ in range(200)])
    assert (offsets.min(0) >= 0).all() and (offsets.max(0) == (26, 0, 16)).all()


def test_tiles_cover_the_axis_and_surfaces_lie_as_far_apart_as_they_do():
    assert evaluate.starts(90, 96, 0.5) == [0] and evaluate.starts(122, 96, 0.5) == [0, 26] and evaluate.starts(200, 96, 0.5)[-1] == 104
    first, second = np.zeros((2, 30, 30, 30), bool)
    first[10:20, 5:25, 5:25] = True
    second[12:22, 5:25, 5:25] = True
    mean, high = evaluate.surface_distances(first, second)
    assert high == 6.0 and 0 < mean < 6
    assert evaluate.surface_distances(first, first) == (0, 0)


def test_predicted_dice_finds_the_line_and_the_bad_ones():
    generator = np.random.default_rng(5)
    uncertainty = generator.uniform(0, 0.02, 60)
    dice = 0.95 - 30 * uncertainty
    dice[:5] = 0.95
    found = predicted_dice.judged(predicted_dice.Points(uncertainty, dice, np.repeat(list("abcdef"), 10), np.repeat(["x"], 60)))
    intercept, slope = found.line
    assert intercept == pytest.approx(0.95, abs=0.01) and slope == pytest.approx(-30, abs=1)
    assert found.error < 0.01
    bad = np.array([True, False, True, False])
    assert predicted_dice.area_under_curve(np.array([0.9, 0.1, 0.4, 0.5]), bad) == 0.75
    assert predicted_dice.fitted(uncertainty, 0.5 + uncertainty) is None


def test_fewer_passes_are_scaled_to_the_expected_number():
    cases = [{"uncertainty_5": {"l1": 0.8}, "dice_5": {"l1": 0.5}, "group": "noise", "anatomy": "phantom"}]
    assert predicted_dice.points(cases, 5, 10, "l1").uncertainty[0] == pytest.approx(0.9)
