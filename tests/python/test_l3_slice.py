"""The slice through L3 of a real CT with labels of tissues, against the oracle.

No public CT of the abdomen carries such labels, so they are made here by thresholds; they need not be right, only the same for both.
"""

import json
import subprocess

import nibabel
import numpy as np
import pytest
from scipy import ndimage

import make_study
from comparison import compare_report, report_gates
from environment import bonemuscle, real_ct_files

NAMES = {1: "l3", 2: "skeletal_muscle", 3: "subcutaneous_fat", 4: "visceral_fat"}
L3 = 29


def tissues(hu: np.ndarray, l3: np.ndarray) -> np.ndarray:
    body = ndimage.binary_fill_holes(ndimage.binary_opening(hu > -300, iterations=2))
    depth = ndimage.distance_transform_edt(body, sampling=(100, 3, 3))
    labels = np.zeros(hu.shape, np.uint8)
    labels[body & (depth > 40) & (np.abs(hu + 100) < 60)] = 4
    labels[body & (depth <= 25) & (hu < 0)] = 3
    labels[body & (depth > 10) & (np.abs(hu - 50) < 120) & (labels == 0)] = 2
    labels[l3] = 1
    return labels


@pytest.mark.parametrize("cut", [False, True])
def test_areas_agree_with_the_oracle(tmp_path, cut):
    study = make_study.load(*real_ct_files())
    make_study.write_study(tmp_path / "in", study, make_study.Options())
    (tmp_path / "in" / "seg.dcm").unlink()
    labels = tissues(study.hu, study.labels == L3)
    if not cut:
        # The image does cut this patient; without the outermost pixels the labels do not show it.
        labels[:, [0, -1]] = labels[:, :, [0, -1]] = 0
    z, y, x = study.spacing
    affine = np.diag([-x, -y, z, 1.0])
    affine[:3, 3] = study.origin * [-1, -1, 1]
    nibabel.save(nibabel.Nifti1Image(labels.transpose(2, 1, 0), affine), tmp_path / "labels.nii.gz")
    (tmp_path / "names.json").write_text(json.dumps(NAMES))
    arguments = ["--output", tmp_path / "out", "--labels", tmp_path / "labels.nii.gz", "--names", tmp_path / "names.json"]
    subprocess.run([bonemuscle(), "measure", tmp_path / "in", *map(str, arguments)], check=True)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    masks = {(name, "none"): labels == value for value, name in NAMES.items()}
    # Twelve values of L3, ten of the body but for what rests on fat that is cut.
    assert compare_report(report, study.ct(), masks) == 22 - 2 * cut
    gates = report_gates(report)
    assert gates["body", "none", "l3_slice", "psoas_area"] == {"NOT_LABELLED"}
    assert gates.get(("body", "none", "l3_slice", "subcutaneous_fat_area")) == ({"FOV_TRUNC"} if cut else None)
