"""What a model doubts stays with its labels when they leave the program and come back, until somebody corrects them.

The reference model does not recognise the digital phantom well (`models/ct/CARD.md`), so that it doubts most of what it labels there.
"""

import hashlib
import json
import shutil
import struct
import subprocess

import jsonschema
import nibabel
import numpy
import pydicom
import pytest

from environment import ROOT, bonemuscle

SCHEMA = json.loads((ROOT / "plugin-core" / "schema" / "label-names.schema.json").read_text())
PASSES = ["--passes", "2"]
FEMUR = ("femur", "right")


def measured(*arguments, output):
    run = subprocess.run([bonemuscle(), "measure", *arguments, "--output", output], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads((output / "report.json").read_text())


@pytest.fixture(scope="module")
def ct(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ct")
    coarse = ["--pixel-spacing", "3", "--slice-spacing", "3", "--noise", "0", "--seed", "1"]
    subprocess.run([bonemuscle(), "phantom", folder, *coarse], check=True, capture_output=True)
    for file in folder.glob("*.dcm"):
        if not file.name.startswith("ct-"):
            file.unlink()
    return folder


@pytest.fixture(scope="module")
def direct(ct, tmp_path_factory):
    """Folder of what the model gives in one go, and its report."""
    folder = tmp_path_factory.mktemp("direct")
    return folder, measured(ct, *PASSES, output=folder)


@pytest.fixture(scope="module")
def labels(ct, tmp_path_factory):
    """`labels.nii.gz` and `labels.json` of the same model."""
    folder = tmp_path_factory.mktemp("labels")
    run = [bonemuscle(), "models", "run", "bonemuscle-ct", ct, "--output", folder, *PASSES]
    subprocess.run(run, check=True, capture_output=True)
    return folder


def given(folder):
    return ["--labels", folder / "labels.nii.gz", "--names", folder / "labels.json"]


def finding(report, structure, side):
    return next(one for one in report["findings"] if (one["structure"], one["side"]) == (structure, side))


def said(report):
    return [one["message"] for one in report["quality"] if one["code"] == "UNCERT"]


def withheld(report):
    return {(one["structure"], one["side"]) for one in report["findings"] for gate in one["not_measured"] if gate["code"] == "UNCERT"}


def value_of(folder, name):
    names = json.loads((folder / "labels.json").read_text())
    return next(int(value) for value, one in names.items() if one == name)


def test_labels_that_nobody_changed_are_doubted_as_the_model_doubted_them(ct, direct, labels, tmp_path):
    _, model = direct
    report = measured(ct, *given(labels), output=tmp_path)
    assert report["segmentation"]["source"] == "label_map"
    assert withheld(model) and report["findings"] == model["findings"]
    ours, theirs = said(report), said(model)
    assert "unchanged" in ours[0] and ours[1:] == theirs and len(theirs) > 1


def test_our_own_segmentation_is_doubted_as_the_model_doubted_it(ct, direct, tmp_path):
    folder, model = direct
    study = shutil.copytree(ct, tmp_path / "study")
    seg = shutil.copy(folder / "seg.dcm", study)
    uid = pydicom.dcmread(seg).SeriesInstanceUID
    report = measured(study, "--seg", uid, output=tmp_path / "out")
    # The SEG holds the structures that have findings and no others, so gates that look at those may differ.
    uncertain = lambda one: [(finding["structure"], finding["side"], finding["uncertainty"]) for finding in one["findings"]]
    assert uncertain(report) == uncertain(model) and withheld(report) == withheld(model)
    assert "unchanged" in said(report)[0]
    # Whoever takes out comments, as de-identification does, takes out the doubts: the report says that they are missing.
    ds = pydicom.dcmread(seg)
    del ds.ImageComments
    ds.save_as(seg)
    bare = measured(study, "--seg", uid, output=tmp_path / "bare")
    assert not withheld(bare) and any("no longer says what it doubts" in message for message in said(bare))


MUSCLE = ("deep_back_muscle", "left")


@pytest.fixture
def edited(labels, tmp_path):
    """The labels after somebody took one voxel from one muscle."""
    folder = shutil.copytree(labels, tmp_path / "labels")
    image = nibabel.load(folder / "labels.nii.gz")
    values = numpy.asarray(image.dataobj).copy()
    members = numpy.argwhere(values == value_of(folder, "deep_back_muscle_left"))
    values[tuple(members[len(members) // 2])] = 0
    nibabel.save(nibabel.Nifti1Image(values, image.affine, image.header), folder / "labels.nii.gz")
    return folder


def test_a_corrected_structure_loses_its_doubts_and_the_others_keep_theirs(ct, direct, edited, tmp_path):
    _, model = direct
    report = measured(ct, *given(edited), output=tmp_path / "out")
    assert withheld(report) == withheld(model) - {MUSCLE}
    assert finding(report, *MUSCLE)["uncertainty"] == {"method": "none"}
    assert finding(report, *FEMUR) == finding(model, *FEMUR)
    assert any("corrected or added" in message and "left deep back muscle" in message for message in said(report))


def test_of_a_child_nothing_is_measured_but_what_somebody_drew(ct, edited, tmp_path):
    report = measured(ct, *given(edited), "--age", "17", output=tmp_path / "out")
    assert [(one["structure"], one["side"]) for one in report["findings"] if one["measurements"]] == [MUSCLE]
    said = {gate["code"]: gate["reason"] for one in report["findings"] for gate in one["not_measured"]}
    assert "the patient is 17 years old" in said["CHILD"]
    # 200 months are 16 years.
    study = shutil.copytree(ct, tmp_path / "study")
    for file in study.glob("*.dcm"):
        ds = pydicom.dcmread(file)
        ds.PatientAge = "200M"
        ds.save_as(file)
    by_header = measured(study, *given(edited), output=tmp_path / "by-header")
    assert [remark["found"] for remark in by_header["quality"] if remark["code"] == "CHILD"] == [16]
    assert [(one["structure"], one["side"]) for one in by_header["findings"] if one["measurements"]] == [MUSCLE]
    adult = measured(ct, *given(edited), "--age", "18", output=tmp_path / "adult")
    assert len([one for one in adult["findings"] if one["measurements"]]) > 1
    assert not any(gate["code"] == "CHILD" for one in adult["findings"] for gate in one["not_measured"])


def test_no_calibration_rests_on_labels_that_are_withheld(ct, edited, tmp_path):
    def voxels(age):
        report = measured(ct, *given(edited), "--calibration", "physics", "--age", str(age), output=tmp_path / str(age))
        return {one["tissue"]: one["voxels"] for one in report["calibration"]["tissues"]}

    adult, child = voxels(18), voxels(17)
    # Of the child only the muscle that somebody corrected may be read; air needs no label.
    assert 500 <= child["muscle"] < adult["muscle"] and child["air"] == adult["air"]


def test_label_values_of_another_program_change_nothing(ct, direct, labels, tmp_path):
    """As an editor writes them that numbers segments anew and keeps the key `doubts` as it is."""
    _, model = direct
    names = json.loads((labels / "labels.json").read_text())
    doubts = names.pop("doubts")
    values = {int(old): new for new, old in enumerate(sorted(names, key=int), start=101)}
    image = nibabel.load(labels / "labels.nii.gz")
    table = numpy.zeros(256, numpy.int16)
    for old, new in values.items():
        table[old] = new
    other = table[numpy.asarray(image.dataobj).astype(int)]
    nibabel.save(nibabel.Nifti1Image(other, image.affine), tmp_path / "labels.nii.gz")
    renumbered = {str(values[int(old)]): name for old, name in names.items()}
    (tmp_path / "labels.json").write_text(json.dumps({**renumbered, "doubts": doubts}))
    assert measured(ct, *given(tmp_path), output=tmp_path / "out")["findings"] == model["findings"]


def test_a_table_without_doubts_is_understood_and_claims_nothing(ct, labels, tmp_path):
    names = json.loads((labels / "labels.json").read_text())
    del names["doubts"]
    (tmp_path / "names.json").write_text(json.dumps(names))
    report = measured(ct, "--labels", labels / "labels.nii.gz", "--names", tmp_path / "names.json", output=tmp_path / "out")
    assert not withheld(report) and not said(report)


def test_the_table_follows_its_schema_and_the_digests_are_what_it_says(labels):
    names = json.loads((labels / "labels.json").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(names)
    image = nibabel.as_closest_canonical(nibabel.load(labels / "labels.nii.gz"))
    # Right, anterior, superior to slices upwards, rows to the back, columns to the left.
    values = numpy.asarray(image.dataobj).astype(int).transpose(2, 1, 0)[:, ::-1, ::-1]
    doubts = names["doubts"]["structures"]
    assert len(doubts) == len(names) - 1 > 10
    for name, doubt in doubts.items():
        members = values == value_of(labels, name)
        box = tuple(slice(axis.min(), axis.max() + 1) for axis in numpy.nonzero(members))
        content = struct.pack("<3I", *members[box].shape) + numpy.ascontiguousarray(members[box]).astype(numpy.uint8).tobytes()
        assert hashlib.sha256(content).hexdigest() == doubt["voxels_sha256"], name
