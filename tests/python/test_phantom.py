"""The digital phantom, measured, against its own truth and against the oracle."""

import dataclasses
import json
import subprocess
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest

from comparison import compare_csv, compare_report, landmarks, report_gates, report_values
from environment import bonemuscle
from oracle import MUSCLES, Ct, FemurSettings, Masks, read_ct

USUAL = ()
FINE = ("--pixel-spacing", "1", "--slice-spacing", "1", "--noise", "0")
COARSE = ("--slice-spacing", "3", "--noise", "15")
TURNED = ("--tilt", "12", "--oblique", "7", "--mirrored")
WAYS = {"usual": USUAL, "fine": FINE, "coarse": COARSE, "turned": TURNED}

SLOPE, INTERCEPT = 1 / 1.2, 3 / 1.2
"""The phantom is drawn with HU = 1.2 density - 3."""
LESSER_TROCHANTER_RADIUS = 9
"""Of its ellipsoid, across the shaft."""


@dataclasses.dataclass
class Measured:
    folder: Path
    output: Path
    report: dict
    truth: dict

    def compare(self, ct: Ct, femur: FemurSettings = FemurSettings()) -> int:
        return compare_report(self.report, ct, masks_of(self.folder, ct, self.truth), femur)


def measure(folder: Path, output: Path, *arguments: str) -> Measured:
    subprocess.run([bonemuscle(), "measure", folder, "--output", output, *arguments], check=True, capture_output=True)
    report, truth = (json.loads(file.read_text()) for file in (output / "report.json", folder / "truth.json"))
    return Measured(folder, output, report, truth)


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """A phantom made in one of `WAYS` and measured."""
    known = {}

    def get(way: str) -> Measured:
        if way not in known:
            folder = tmp_path_factory.mktemp(way)
            subprocess.run([bonemuscle(), "phantom", folder, *WAYS[way]], check=True, capture_output=True)
            known[way] = measure(folder, tmp_path_factory.mktemp(f"{way}-results"))
        return known[way]

    return get


def masks_of(folder: Path, ct: Ct, truth: dict) -> Masks:
    """The SEG by highdicom, in the order of the truth, which is the order of its segments."""
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in folder.glob("ct-*.dcm")]
    place = {one.SOPInstanceUID: ct.nearest(np.array(one.ImagePositionPatient, float))[0] for one in headers}
    uids = sorted(place, key=place.get)
    seg = hd.seg.segread(folder / "seg.dcm")
    stack = seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)
    masks = {}
    for number, one in enumerate(truth["structures"]):
        mask = masks[one["structure"], one["side"]] = stack[..., number] > 0
        assert mask.sum() == one["voxels"], f"{seg.get_segment_description(number + 1).segment_label} is not {one}"
    return masks


@pytest.mark.parametrize("way", WAYS)
def test_values_agree_with_the_truth(phantom, way):
    truth, report = phantom(way).truth, phantom(way).report
    values, gates = report_values(report), report_gates(report)
    noise = truth["settings"]["noise_hu"]
    compared = 0
    for one in truth["structures"]:
        key = one["structure"], one["side"], "whole"
        if one["structure"] not in MUSCLES:
            continue
        if one["cut"]:
            assert "BORDER_MASK" in gates[*key, "volume"] and (*key, "volume") not in values
            continue
        compared += 1
        assert values[*key, "volume"] == pytest.approx(one["analytic_cm3"], rel=0.01)
        assert values[*key, "attenuation_mean"] == pytest.approx(one["mean_hu"], abs=5 * noise / one["voxels"] ** 0.5 + 0.01)
        assert values[*key, "fat_voxel_share"] == pytest.approx(one["analytic_fat_share"], abs=0.5)
    assert compared == 10


@pytest.mark.parametrize("way, relative", [("usual", 0.01), ("fine", 0.01), ("coarse", 0.03), ("turned", 0.01)])
def test_calibrated_densities_are_those_that_were_drawn(phantom, way, relative):
    one = phantom(way)
    values = report_values(one.report)
    for vertebra in one.truth["vertebrae"]:
        if vertebra["structure"] != "t12":
            density = SLOPE * vertebra["trabecular_hu"] + INTERCEPT
            key = vertebra["structure"], "none", "trabecular"
            assert values[*key, "density_mean"] == pytest.approx(density, rel=relative, abs=1)
            assert values[*key, "attenuation_mean"] == pytest.approx(vertebra["trabecular_hu"], rel=relative, abs=1)


@pytest.mark.parametrize("way", WAYS)
def test_the_calibration_is_the_line_that_was_drawn(phantom, way):
    calibration, truth = phantom(way).report["calibration"], phantom(way).truth
    conversion, noise = calibration["conversion"], truth["settings"]["noise_hu"]
    assert (calibration["method"], conversion["material"], conversion["curvature"]) == ("phantom", "hydroxyapatite", 0)
    assert conversion["slope"] == pytest.approx(SLOPE, rel=0.005)
    # An offset so near to zero has no half per cent; that of the middle rod has.
    assert conversion["slope"] * 117 + conversion["intercept"] == pytest.approx(100, rel=0.005)
    assert calibration["r_squared"] > 0.9999
    fit = np.polyfit(*([rod[key] for rod in calibration["rods"]] for key in ("hu", "density")), 1)
    # Six digits of 237 HU are half a thousandth of a HU.
    assert [conversion["slope"], conversion["intercept"]] == pytest.approx(fit, rel=1e-5, abs=1e-3)
    rods = {rod["density"]: rod for rod in calibration["rods"]}
    assert set(rods) == {rod["density"] for rod in truth["rods"]}
    for rod in truth["rods"]:
        found = rods[rod["density"]]
        assert np.linalg.norm(np.subtract(found["centre_mm"][:2], rod["centre_mm"])) < 1
        assert found["hu"] == pytest.approx(rod["hu"], abs=5 * noise / found["voxels"] ** 0.5 + 0.05)


@pytest.mark.parametrize("way", WAYS)
def test_landmarks_of_femora_are_those_that_were_drawn(phantom, way):
    one = phantom(way)
    found = landmarks(one.report)
    assert set(found) == {"left", "right"}
    for femur in one.truth["femora"]:
        here = found[femur["side"]]
        head, base, end, trochanter = (
            np.array(femur[name]) for name in ("head_centre_mm", "neck_base_mm", "shaft_end_mm", "lesser_trochanter_mm")
        )
        assert np.linalg.norm(here["head_centre"] - head) < 1
        assert off_axis(here["neck_centre"], head, base) < 1
        assert off_axis(here["shaft_20mm"], base, end) < 1 and off_axis(here["shaft_50mm"], base, end) < 1
        away = trochanter - nearest_on_axis(trochanter, base, end)
        tip = trochanter + LESSER_TROCHANTER_RADIUS * away / np.linalg.norm(away)
        assert np.linalg.norm(here["lesser_trochanter"] - tip) < 3
    figures = [
        (finding["side"], figure)
        for finding in one.report["findings"]
        for landmark in finding["landmarks"]
        for figure in landmark["figures"]
    ]
    for name, key, limit in (("head_radius_mm", "head_radius_mm", 1), ("neck_shaft_angle_degrees", "neck_shaft_degrees", 1)):
        stated = {side: figure["value"] for side, figure in figures if figure["name"] == name}
        assert stated == {femur["side"]: pytest.approx(femur[key], abs=limit) for femur in one.truth["femora"]}


def nearest_on_axis(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    axis = (end - start) / np.linalg.norm(end - start)
    return start + ((point - start) @ axis) * axis


def off_axis(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    return np.linalg.norm(point - nearest_on_axis(point, start, end))


@pytest.mark.parametrize("way, values", [("usual", 277), ("fine", 277), ("coarse", 262), ("turned", 274)])
def test_values_agree_with_the_oracle(phantom, way, values):
    one = phantom(way)
    assert one.compare(read_ct(one.folder)) == values
    compare_csv(one.report, (one.output / "results.csv").read_text())


OTHER_WAYS = {
    "other femur": ({"neck": "hologic_like", "pose": "uemura2022", "distal_mm": 12.5}, ()),
    "not calibrated": ({}, ("--calibration", "none")),
    "every mass": ({}, ("--mass-model", "constant", "--mass-model", "two-component", "--mass-model", "physics")),
}


@pytest.mark.parametrize("femur, arguments", OTHER_WAYS.values(), ids=OTHER_WAYS)
def test_other_settings_agree_with_the_oracle(phantom, tmp_path, femur, arguments):
    options = {"neck": "--neck", "pose": "--pose", "distal_mm": "--distal"}
    given = [word for name, value in femur.items() for word in (options[name], str(value))]
    one = measure(phantom("usual").folder, tmp_path, *given, *arguments)
    one.compare(read_ct(one.folder), FemurSettings(**femur))
    compare_csv(one.report, (tmp_path / "results.csv").read_text())
