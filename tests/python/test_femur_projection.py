"""Real femora, projected in every pose with every region of the neck, against the oracle.

Surfaces hold no CT numbers; those given here need not be real, only uneven.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import femur_surfaces
import make_study
from comparison import compare_report
from environment import bonemuscle
from oracle import FemurSettings

# The neck of m4_l is too short for a window of 10 mm.
CASES = [
    ("m4_l", FemurSettings()),
    ("m4_l", FemurSettings("hologic_like", "as_scanned", 15)),
    ("F_R", FemurSettings("osaka_10mm", "as_scanned")),
    ("F_R", FemurSettings("hologic_like", "uemura2022")),
    ("F_R", FemurSettings("min_bmd_scan", "neck_shaft_frame", 10)),
    ("F_R", FemurSettings("min_bmd_scan", "uemura2022")),
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Folder and study of a femur."""
    known = {}

    def get(name: str) -> tuple[Path, make_study.Study]:
        if name not in known:
            inside, origin = femur_surfaces.voxels(femur_surfaces.triangles(name), 1.25)
            uneven = gaussian_filter(np.random.default_rng(1).normal(0, 400, inside.shape), 1)
            hu = np.where(inside, 300 + uneven, 40).astype(np.int16)
            labels = np.where(inside, 76 if name.lower().endswith("r") else 75, 0).astype(np.uint16)
            one = make_study.Study(hu, labels, origin.round(4), np.full(3, 1.25))
            folder = tmp_path_factory.mktemp(name)
            make_study.write_study(folder, one, make_study.Options())
            known[name] = folder, one
        return known[name]

    return get


@pytest.mark.parametrize("name, settings", CASES, ids=lambda one: getattr(one, "neck", one))
def test_projections_agree_with_the_oracle(study, tmp_path, name, settings):
    folder, one = study(name)
    chosen = ["--neck", settings.neck, "--pose", settings.pose, "--distal", str(settings.distal_mm)]
    subprocess.run([bonemuscle(), "measure", folder, "--output", tmp_path, *chosen], check=True, capture_output=True)
    report = json.loads((tmp_path / "report.json").read_text())
    # Area, volume and attenuation of four regions.
    assert compare_report(report, one.ct(), one.masks(), settings) == 12
