"""Calibration by the phantom in a real scan, as `bonemuscle measure` finds it by itself, against rods read by hand."""

import json
import subprocess

import numpy as np
import pytest
import scipy.io

import make_study
from environment import SHARED, bonemuscle, real_ct_files, skip_or_fail
from make_study import Options, Study

PIXEL = 0.703125
# Density: row and column of the middle of the rod, seen in the picture; the rod of 0 mg/cm3 is as dark as the plastic around.
RODS = {0: (402.0, 285.0), 50: (399.0, 327.5), 100: (402.3, 242.5), 150: (394.5, 370.0), 200: (401.5, 200.0)}
GLUTEUS_MAXIMUS_LEFT = 80


@pytest.fixture(scope="module")
def hip_slice():
    file = SHARED / "data" / "naist_qct_phantom_slice" / "sample_1.mat"
    if not file.exists():
        skip_or_fail("no shared data")
    sample = scipy.io.loadmat(file, squeeze_me=True, struct_as_record=False)["sample"]
    assert sample.pixel_size * 10 == PIXEL
    return np.maximum(sample.image, -1024).astype(np.int16)


def study(hip_slice):
    """The slice five times, with a block of buttock for a label."""
    hu = np.repeat(hip_slice[None], 5, axis=0)
    labels = np.zeros(hu.shape, np.uint16)
    labels[:, 320:335, 380:440] = GLUTEUS_MAXIMUS_LEFT
    return Study(hu, labels, np.zeros(3), np.array([2.0, PIXEL, PIXEL]))


def measure(study, folder):
    make_study.write_study(folder / "in", study, Options())
    run = subprocess.run([bonemuscle(), "measure", folder / "in", "--output", folder / "out"], capture_output=True, text=True)
    assert run.returncode in (0, 3), run.stderr
    return json.loads((folder / "out" / "report.json").read_text())


def by_hand(hip_slice):
    """Mean HU of circles of 5 mm by density."""
    rows, columns = np.indices(hip_slice.shape)
    return {
        density: hip_slice[np.hypot(rows - row, columns - column) * PIXEL <= 5].mean() for density, (row, column) in RODS.items()
    }


def test_the_phantom_under_a_real_patient_is_found(tmp_path, hip_slice):
    report = measure(study(hip_slice), tmp_path)
    calibration = report["calibration"]
    assert (calibration["method"], calibration["phantom"], calibration["rods_from"]) == ("phantom", "b-mas200", "detected")
    assert calibration["conversion"]["material"] == "hydroxyapatite"
    expected = by_hand(hip_slice)
    for rod in calibration["rods"]:
        # One per cent of the range of HU.
        assert abs(rod["hu"] - expected[rod["density"]]) < 2.4, rod
    slope, intercept = np.polyfit(list(expected.values()), list(expected.keys()), 1)
    conversion = calibration["conversion"]
    assert abs(conversion["slope"] / slope - 1) < 0.01
    for hu in (0, 100, 200):
        assert abs(conversion["slope"] * hu + conversion["intercept"] - slope * hu - intercept) < 2
    # The line that comes with the data: HU = 1.203 rho - 3.2.
    assert abs(1 / conversion["slope"] / 1.203 - 1) < 0.01
    codes = [line["code"] for line in report["quality"]]
    assert "CAL_UNCONFIRMED" in codes and calibration["confirmed_by"] is None


def test_a_real_patient_without_a_phantom_is_not_calibrated(tmp_path):
    report = measure(make_study.load(*real_ct_files()), tmp_path)
    assert report["calibration"] == {"method": "none"}
    assert not [line for line in report["quality"] if line["code"].startswith(("CAL", "PHANTOM"))]
