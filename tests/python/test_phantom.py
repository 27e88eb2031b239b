"""The digital phantom, measured, against its own truth and against the oracle."""

import json
import subprocess

import highdicom as hd
import numpy as np
import pytest

from comparison import compare_csv, compare_report, report_gates, report_values
from environment import bonemuscle
from oracle import MUSCLES, Ct, Masks, read_ct


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder, output = tmp_path_factory.mktemp("phantom"), tmp_path_factory.mktemp("results")
    subprocess.run([bonemuscle(), "phantom", folder], check=True)
    subprocess.run([bonemuscle(), "measure", folder, "--output", output], check=True)
    return folder, output, json.loads((output / "report.json").read_text())


def masks_of(folder, ct: Ct, truth: dict) -> Masks:
    """The SEG by highdicom, in the order of the truth, which is the order of its segments."""
    seg = hd.seg.segread(folder / "seg.dcm")
    masks = {}
    for number, one in enumerate(truth["structures"], 1):
        volume = seg.get_volume(segment_numbers=[number], combine_segments=True)
        mask = np.zeros(ct.hu.shape, bool)
        inside = np.argwhere(volume.array > 0)
        mask[tuple(ct.nearest(volume.map_indices_to_reference(inside)).T)] = True
        assert mask.sum() == one["voxels"], f"{seg.get_segment_description(number).segment_label} is not {one}"
        masks[one["structure"], one["side"]] = mask
    return masks


def test_values_agree_with_the_truth(measured):
    folder, _, report = measured
    truth, values, gates = json.loads((folder / "truth.json").read_text()), report_values(report), report_gates(report)
    noise = truth["settings"]["noise_hu"]
    compared = 0
    for one in truth["structures"]:
        key = one["structure"], one["side"], "whole"
        if one["structure"] not in MUSCLES:
            continue
        if one["cut"]:
            assert gates[*key, "volume"] == {"BORDER_MASK"} and (*key, "volume") not in values
            continue
        compared += 1
        assert values[*key, "volume"] == pytest.approx(one["analytic_cm3"], rel=0.01)
        assert values[*key, "attenuation_mean"] == pytest.approx(one["mean_hu"], abs=5 * noise / one["voxels"] ** 0.5 + 0.01)
        assert values[*key, "fat_voxel_share"] == pytest.approx(one["analytic_fat_share"], abs=0.5)
    assert compared == 10
    for one in truth["vertebrae"]:
        if one["structure"] != "t12":
            assert values[one["structure"], "none", "trabecular", "attenuation_mean"] == pytest.approx(one["trabecular_hu"], abs=1)


def test_values_agree_with_the_oracle(measured):
    folder, output, report = measured
    ct = read_ct(folder)
    assert compare_report(report, ct, masks_of(folder, ct, json.loads((folder / "truth.json").read_text()))) == 128
    compare_csv(report, (output / "results.csv").read_text())
