"""`bonemuscle measure` on a real CT: every value against the oracle, and every face of the report against the others."""

import json
import subprocess
from pathlib import Path

import nibabel
import numpy
import pydicom
import pytest

import make_study
from comparison import compare_csv, compare_report, compare_sr
from environment import bonemuscle, real_ct_files
from make_study import Options

AORTA, VENA_CAVA = 52, 63


@pytest.fixture(scope="module")
def study():
    return make_study.load(*real_ct_files())


def measure(folder: Path, output: Path, *arguments: object) -> dict:
    subprocess.run([bonemuscle(), "measure", folder, "--output", output, *map(str, arguments)], check=True)
    return json.loads((output / "report.json").read_text())


WAYS = {
    "binary": Options(),
    "labelmap": Options(type="LABELMAP"),
    "shuffled": Options(shuffle=True),
    "crop": Options(grid="crop"),
    "fine": Options(grid="fine"),
    "japanese": Options(japanese=True),
}


@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_values_from_a_seg_agree_with_the_oracle(tmp_path, study, options):
    make_study.write_study(tmp_path / "in", study, options)
    report = measure(tmp_path / "in", tmp_path / "out")
    # Twelve values of each of five vertebrae, whose voxels are too coarse for ratios of heights; two of L1 to L4; ten of each of the
    # two muscles that neither metal nor border touches; three of the slice through L3, where psoas alone is labelled.
    assert compare_report(report, study.ct(), study.masks()) == 85
    compare_csv(report, (tmp_path / "out" / "results.csv").read_text())
    compare_sr(report, pydicom.dcmread(tmp_path / "out" / "sr.dcm"))


def test_values_from_a_label_map_agree_with_the_oracle(tmp_path, study):
    make_study.write_study(tmp_path / "in", study, Options())
    (tmp_path / "in" / "seg.dcm").unlink()
    report = measure(tmp_path / "in", tmp_path / "out", "--labels", real_ct_files()[1], "--names", "totalsegmentator")
    assert compare_report(report, study.ct(), study.masks()) == 85


@pytest.mark.parametrize("raised", [0, 90])
def test_bright_vessels_before_the_spine_are_seen_where_no_aorta_is_labelled(tmp_path, raised):
    """Two vessels of a plain CT made brighter; labels of TotalSegmentator 2, of which the program is told the vertebrae alone."""
    ct, labels = real_ct_files()
    image = nibabel.load(ct)
    values = numpy.asarray(image.dataobj).copy()
    vessels = numpy.isin(numpy.rint(numpy.asarray(nibabel.load(labels).dataobj)), [AORTA, VENA_CAVA])
    blood = numpy.median(values[vessels]) + raised
    values[vessels] += raised
    nibabel.save(nibabel.Nifti1Image(values, image.affine, image.header), tmp_path / "ct.nii.gz")
    (tmp_path / "names.json").write_text(json.dumps({"31": "l1", "30": "l2", "29": "l3", "28": "l4", "27": "l5"}))
    report = measure(tmp_path / "ct.nii.gz", tmp_path / "out", "--labels", labels, "--names", tmp_path / "names.json")
    found = [one["found"] for one in report["quality"] if one["code"] == "CONTRAST"]
    assert found == ([] if raised == 0 else [pytest.approx(blood, abs=15)])


def test_a_seg_of_another_study_that_was_asked_for_is_refused(tmp_path, study):
    options = Options(other_study=True)
    make_study.write_study(tmp_path / "in", study, options)
    run = subprocess.run(
        [bonemuscle(), "measure", tmp_path / "in", "--output", tmp_path / "out", "--seg", make_study.uid("seg", options)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2, run.stderr
