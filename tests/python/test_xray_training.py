"""The training line of the hip X-ray: a tiny run from films to an evaluated model folder, and its parts against known answers."""

import csv
import json
import math

import numpy as np
import pytest
from environment import ROOT, models_importable

models_importable("jsonschema", "onnxruntime", "torch")

import jsonschema  # noqa: E402
import onnxruntime  # noqa: E402
import torch  # noqa: E402

from training import onnx_file  # noqa: E402
from training.xray import card, channels, evaluate, exported, losses, model_folder, program, statistics  # noqa: E402
from training.xray.channels import CHANNELS, IMAGES, INDEX, REGIONS, VIEWS  # noqa: E402
from training.xray.examples import cropped, dxa_image, heat  # noqa: E402
from training.xray.intensities import CENTRE, SIZE, WHOLE, letterboxed, normalised  # noqa: E402
from training.xray.network import Decomposition  # noqa: E402
from training.xray.sites import MAKERS  # noqa: E402
from training.xray.supply import crossed  # noqa: E402
from training.xray.train import DecompositionRun, LocatorRun, Recipe  # noqa: E402

TINY = Recipe((4, 4, 6, 8), batch=2, dropout=0.2, learning_rate=1e-3)
SCHEMA = json.loads((ROOT / "models" / "xray-manifest.schema.json").read_text())


class Discs:
    """Hips that are discs: the head's centre, the neck and the trochanter's density are known to the pixel."""

    def hip(self, rng, density=None):
        density = rng.uniform(0.4, 1.2) if density is None else density
        rows, columns = np.ogrid[: SIZE[0] + 32, : SIZE[1] + 32]
        distance = np.hypot(rows - CENTRE[0] - 16, columns - CENTRE[1] - 16)
        targets = {channel.name: np.zeros(distance.shape, np.float32) for channel in CHANNELS}
        for name in ("bone", "proximal_femur"):
            targets[name] = np.where(distance < 40, density, 0).astype(np.float32)
        for channel in CHANNELS[INDEX["proximal_femur_thickness"] : IMAGES]:
            targets[channel.name] = np.where(distance < 40, 0.6 * channel.scale, 0).astype(np.float32)
        targets["femoral_neck"], targets["total_hip"] = ((distance < radius).astype(np.float32) for radius in (15, 30))
        film = 1000 * (targets["bone"] + rng.normal(0, 0.02, distance.shape)).astype(np.float32)
        return {"film": film, "targets": targets, "truth": {name: self.scan(density) for name in REGIONS}}

    @staticmethod
    def scan(density):
        return {"abmd": density, "bmc": 5 * density, "area": 5.0, "vbmd": 300.0}

    def repeats(self, rng, count):
        density = rng.uniform(0.4, 0.8)
        return [self.hip(rng, density) for _ in range(count)]

    def whole_film(self, rng):
        film = rng.normal(0, 0.1, (120, 150)).astype(np.float32)
        heads = [(float(rng.uniform(40, 80)), float(rng.uniform(*columns))) for columns in ((20, 60), (90, 130))]
        rows, columns = np.ogrid[:120, :150]
        for row, column in heads:
            film += np.hypot(rows - row, columns - column) < 9
        return {"film": film, "heads": heads, "view": VIEWS[rng.integers(2)]}


def run(kind, folder, steps, spent=0.5):
    training = kind(TINY, Discs(), folder)
    for _ in range(steps):
        training.one_step(spent)
    training.save()
    return training


def test_a_tiny_run_becomes_a_model_folder_with_its_evaluation(tmp_path):
    decomposition, locator = run(DecompositionRun, tmp_path / "d", 3).averaged(), run(LocatorRun, tmp_path / "l", 3).averaged()
    folder = tmp_path / "model"
    model_folder.write(decomposition, locator, folder, "own-hip-xray", "0.1.0", TINY.dropout, Discs(), 6)
    networks = exported.ExportedNetworks(folder)
    jsonschema.validate(networks.manifest, SCHEMA)
    if any(region not in networks.manifest["calibration"] for region in REGIONS):
        pytest.fail("a region has no line")
    sites = {"a": Discs()}, {"b": Discs()}
    figures, rows = evaluate.evaluated(networks, *sites, (6, 2, 3), 3.0)
    assert len(rows) == 2 * (6 + 2 * 3) and figures["sites"] == {"a": "in_house", "b": "unseen"}
    assert figures["femoral_neck"]["in_house"]["patients"] == 6
    assert sum(map(sum, figures["locator"]["confusion"])) == 6
    evaluate.write_pairs(rows, "femoral_neck", {"b"}, tmp_path / "pairs.csv")
    pairs = list(csv.DictReader((tmp_path / "pairs.csv").open()))
    assert [(pair["patient"], pair["repeat"]) for pair in pairs[:5]] == [("a-000", str(n)) for n in (1, 2, 3, 4)] + [("a-001", "1")]
    assert {(pair["site"], pair["group"]) for pair in pairs} == {("a", "in-house"), ("b", "external")}
    once = evaluate.caveats(networks.manifest, figures)
    assert len(once) == len(networks.manifest["caveats"]) + 1
    assert evaluate.caveats({"caveats": once}, figures) == once
    found = {"evaluation": evaluate.summary(evaluate.rounded(figures)), "errors": figures["root_mean_square_errors"]["unseen"]}
    jsonschema.validate(networks.manifest | found, SCHEMA)
    card.figures(networks.manifest | found, figures, None)


def test_errors_are_root_mean_squares_of_first_films_in_the_units_of_reports():
    def row(repeat, off):
        right = {region: {"areal_density": 0.7, "mineral_content": 3.5, "area": 5.0, "density_mean": 300.0} for region in REGIONS}
        right |= {muscle: {"volume": 200.0, "lean_mass": 190.0} for muscle in channels.MUSCLES}
        found = {name: {quantity: value + off for quantity, value in values.items()} for name, values in right.items()}
        return evaluate.Row("a", str(off), repeat, right, found, dict.fromkeys(REGIONS, 0.01))

    stated = evaluate.errors([row(1, 0.3), row(1, -0.4), row(2, 100.0)])
    assert stated["regions"]["femoral_neck"]["areal_density"] == pytest.approx(math.sqrt((0.09 + 0.16) / 2))
    assert stated["muscles"]["iliopsoas"]["volume"] == pytest.approx(math.sqrt((0.09 + 0.16) / 2))
    missing = row(1, 0.3)
    missing.measured["total_hip"]["areal_density"] = math.nan
    assert evaluate.errors([missing, row(1, 0.2)])["regions"]["total_hip"]["areal_density"] == pytest.approx(0.2)


def test_a_reports_values_are_those_of_the_left_hip_and_missing_ones_are_no_numbers():
    def finding(structure, side, **values):
        measurements = [{"region": "total_hip", "quantity": quantity, "value": value} for quantity, value in values.items()]
        return {"structure": structure, "side": side, "measurements": measurements}

    findings = [finding("femur", "right", area=40.0), finding("femur", "left", area=41.0), finding("iliopsoas", "left", volume=200.0)]
    found = program.given({"findings": findings})
    assert found["total_hip"]["area"] == 41.0 and found["iliopsoas"]["volume"] == 200.0
    assert math.isnan(found["total_hip"]["areal_density"]) and math.isnan(found["femoral_neck"]["area"])


def test_what_withheld_a_total_hip_is_a_block_or_a_gate_of_its_density():
    def gate(region, quantity, code):
        return {"region": region, "quantities": [quantity], "code": code}

    gates = [gate("total_hip", "areal_density", "BORDER_MASK"), gate("total_hip", "t_score", "SIMULATED_ONLY"),
             gate("femoral_neck", "areal_density", "REGION_SHAPE")]  # fmt: skip
    remarks = [{"code": "VIEW", "severity": "block"}, {"code": "AGE", "severity": "warning"}]
    findings = [{"structure": "femur", "not_measured": gates}, {"structure": "iliopsoas", "not_measured": gates[2:]}]
    assert program.withholding({"quality": remarks, "findings": findings}) == {"VIEW", "BORDER_MASK"}


def test_ill_is_who_measures_at_most_the_cut():
    def row(right, measured):
        values = {region: {"areal_density": measured} for region in REGIONS}
        return evaluate.Row("a", str(right), 1, {region: {"areal_density": right} for region in REGIONS}, values, {})

    # Of two ill ones one is found, of three healthy ones two.
    rows = [row(0.50, 0.55), row(0.55, 0.60), row(0.57, 0.55), row(0.80, 0.80), row(0.90, 0.70)]
    assert program.at_the_cut(rows, "femoral_neck") == pytest.approx({"sensitivity": 1 / 2, "specificity": 2 / 3})
    assert program.at_the_cut(rows[:2], "femoral_neck")["specificity"] is None


def test_a_film_is_measured_in_the_units_of_reports():
    images = np.zeros((len(CHANNELS), *SIZE), np.float32)
    # 64 pixels of 1.25 mm are 1 cm2; 50 mm of 5 g/cm2 over them are 5 cm3 and 5 g.
    images[INDEX["iliopsoas_thickness"], :8, :8], images[INDEX["iliopsoas_lean"], :8, :8] = 50, 5
    assert evaluate.muscles(images)["iliopsoas"] == pytest.approx({"volume": 5.0, "lean_mass": 5.0})


def test_the_committed_card_says_what_the_evaluation_found():
    folder = ROOT / "models" / "xray"
    manifest, evaluation, whole = card.read(folder)
    text = (folder / "CARD.md").read_text()
    assert card.replaced(text, card.figures(manifest, evaluation, whole)) == text
    assert whole["model"] == evaluation["model"]
    assert manifest["errors"] == evaluation["root_mean_square_errors"]["unseen"]
    assert "Trained on simulated films only" in text


@pytest.mark.parametrize(("kind", "spent"), [(DecompositionRun, 0.0), (DecompositionRun, 0.5), (LocatorRun, 0.5)])
def test_a_run_that_stops_and_continues_is_the_run_that_did_not(tmp_path, kind, spent):
    whole = run(kind, tmp_path / "whole", 4, spent)
    run(kind, tmp_path / "parts", 2, spent)
    torch.manual_seed(99)
    continued = kind(TINY, Discs(), tmp_path / "parts")
    continued.resume()
    for _ in range(2):
        continued.one_step(spent)
    assert all(torch.equal(value, continued.average[name]) for name, value in whole.average.items())


def test_the_first_stage_learns_from_the_bones_only():
    film, truth = torch.rand(2, 1, *SIZE), torch.rand(2, len(CHANNELS), *SIZE)
    network = Decomposition(TINY.widths).train()
    losses.bone_loss(network(film, *network.masks(2, 0)), truth)[0].backward()
    touched = network.output.weight.grad.view(len(CHANNELS), -1).abs().sum(1) > 0
    assert touched[INDEX["bone"]] and touched.sum() == 1


def test_what_is_no_region_is_never_negative_once_trained():
    network = Decomposition(TINY.widths).eval()
    with torch.no_grad():
        assert network(torch.rand(1, 1, *SIZE), *network.masks(1, 0))[:, :IMAGES].min() >= 0


def test_gradient_correlation_knows_the_same_and_the_opposite():
    image = torch.rand(3, 2, 40, 30, generator=torch.Generator().manual_seed(1))
    assert losses.gradient_correlation(3 * image + 1, image).item() == pytest.approx(0, abs=1e-4)
    assert losses.gradient_correlation(-image, image).item() == pytest.approx(2, abs=1e-4)


def test_a_perfect_answer_costs_nothing_and_a_brighter_one_its_share():
    hip = cropped(Discs().hip(np.random.default_rng(0), 0.8), np.zeros(2))
    scales = np.array([channel.scale for channel in CHANNELS], np.float32)[:, None, None]
    truth = torch.from_numpy(hip.truth / scales)[None]
    found = truth.clone()
    found[:, IMAGES:] = 40 * truth[:, IMAGES:] - 20
    total, parts = losses.decomposition_loss(found, truth)
    assert total.item() == pytest.approx(0, abs=1e-3)
    found[:, INDEX["proximal_femur_dxa"]] *= 1.1
    assert losses.decomposition_loss(found, truth)[1]["density"] == pytest.approx(0.08, rel=1e-3)
    found[:, :IMAGES] = 1.1 * truth[:, :IMAGES]
    assert losses.decomposition_loss(found, truth)[1]["sums"] == pytest.approx(0.1, rel=1e-3)


def test_the_crop_holds_the_head_where_the_manifest_says():
    hip = Discs().hip(np.random.default_rng(0))
    for shift in ((0, 0), (5, -3)):
        truth = cropped(hip, np.array(shift, float)).truth[INDEX["femoral_neck"]]
        rows, columns = np.nonzero(truth)
        assert (rows.mean(), columns.mean()) == (CENTRE[0] - shift[0], CENTRE[1] - shift[1])


def test_what_the_film_does_not_show_is_zero_and_counts_in_no_percentile():
    hip = Discs().hip(np.random.default_rng(0))
    whole = cropped(hip, np.zeros(2)).film
    hip["film"][:36] = 1e6
    part = cropped(hip, np.zeros(2), np.s_[20:, :]).film
    assert not part[:20].any() and np.abs(part[20:] - whole[20:]).max() < 0.1


def test_the_image_of_the_dxa_pose_has_the_truth_as_its_means():
    hip = Discs().hip(np.random.default_rng(0), 0.8)
    hip["truth"] = {"femoral_neck": {"abmd": 0.6}, "total_hip": {"abmd": 0.7}}
    image = dxa_image(hip)
    means = [image[hip["targets"][region] > 0].mean() for region in REGIONS]
    assert means == pytest.approx([0.6, 0.7]) and image[72 + 16 + 35, 64 + 16] == pytest.approx(0.8)


def test_percentiles_become_zero_and_one_and_one_grey_value_nothing():
    film = np.arange(10001, dtype=np.float32).reshape(1, -1)
    answer = normalised(3 * film + 7)
    assert answer[0, 100] == pytest.approx(0, abs=1e-5) and answer[0, 9900] == pytest.approx(1, abs=1e-5)
    assert not normalised(np.full((4, 4), 5, np.float32)).any()


@pytest.mark.parametrize("shape", [(300, 200), (90, 128), (64, 40), (500, 500)])
def test_a_place_on_the_film_is_found_again_through_the_letterbox(shape):
    place = np.array([0.4 * shape[0], 0.6 * shape[1]])
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    reach = 3 * max(1.0, max(shape) / 128)
    film = np.exp(-((rows - place[0]) ** 2 + (columns - place[1]) ** 2) / (2 * reach**2)).astype(np.float32)
    square, scale, offset = letterboxed(film)
    row, column, _ = exported.centre_of_peak(square)
    assert square.shape == WHOLE and max(np.array(shape) * scale) == pytest.approx(128)
    assert ((row - offset[0]) / scale, (column - offset[1]) / scale) == pytest.approx(tuple(place), abs=0.15 * reach)


def test_a_crossed_maker_does_nothing_that_no_maker_does():
    makers = [MAKERS[name] for name in "abc"]
    rng = np.random.default_rng(0)
    found = [crossed(makers, rng).maker for _ in range(40)]
    for part in ("curve", "steepness", "window", "masks", "compression", "detail", "bits", "quality"):
        assert {getattr(maker, part) for maker in found} == {getattr(maker, part) for maker in makers}
    assert len(set(found)) > len(makers)


def test_heads_lie_in_their_halves():
    target = heat([(30.0, 20.0), (40.0, 100.0)])
    assert [np.unravel_index(side.argmax(), WHOLE) for side in target] == [(30, 20), (40, 100)]
    assert not heat([(40.0, 100.0)])[0].any()


def test_a_regions_density_is_the_mean_of_its_pixels_and_deviates_with_the_passes():
    passes = np.zeros((2, len(CHANNELS), *SIZE), np.float32)
    passes[:, INDEX["femoral_neck"], :10, :10] = 0.9
    passes[0, INDEX["femoral_neck"], 10:20, :10] = 0.9
    passes[0, INDEX["proximal_femur_dxa"]], passes[1, INDEX["proximal_femur_dxa"]] = 0.7, 0.9
    found = exported.regions(passes)
    assert found["femoral_neck"] == pytest.approx((0.8, 0.1, 100))
    assert found["total_hip"].pixels == 0 and math.isnan(found["total_hip"].density)


def test_figures_have_the_values_that_were_computed_by_hand():
    a = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    r, low, high = statistics.pearson(a, np.array([2.0, 1.0, 4.0, 3.0, 5.0]))
    assert r == pytest.approx(0.8) and low == pytest.approx(-0.2796, abs=1e-3) and high == pytest.approx(0.9862, abs=1e-3)
    assert statistics.area_under_curve(np.array([0.4, 0.6, 0.6, 0.9]), np.array([True, True, False, False])) == 0.875
    assert statistics.area_under_curve(a, np.zeros(5, bool)) is None
    assert statistics.root_mean_square_cv([np.array([0.9, 1.1]), np.array([1.0, 1.0])]) == pytest.approx(10.0)
    assert statistics.least_squares(a, 2 * a + 1) == pytest.approx((2, 1, 0))


def test_the_committed_model_is_what_its_manifest_says():
    folder = ROOT / "models" / "xray"
    manifest = json.loads((folder / "manifest.json").read_text())
    jsonschema.validate(manifest, SCHEMA)
    assert any("simulated" in caveat for caveat in manifest["caveats"])
    for part, size in (("decomposition", SIZE), ("locator", WHOLE)):
        entry = manifest[part]
        file = folder / entry["network"]["file"]
        assert onnx_file.entry(file) == entry["network"]
        session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
        shapes = {node.name: node.shape for node in session.get_inputs()}
        expected = {entry["input"]: [1, 1, *size]} | {mask["name"]: [1, mask["channels"], 1, 1] for mask in entry["dropout"]["inputs"]}
        assert shapes == expected
    assert [channel["name"] for channel in manifest["decomposition"]["channels"]] == [channel.name for channel in CHANNELS]
