"""Which CT is measured and where its labels come from when a folder holds several, and what is refused rather than guessed."""

import json
import subprocess

import pydicom
import pytest
from pydicom.uid import generate_uid

from environment import bonemuscle


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    draw(folder)
    return folder


def draw(folder, seed=1):
    coarse = ["--pixel-spacing", "3", "--slice-spacing", "3", "--noise", "0", "--seed", str(seed)]
    subprocess.run([bonemuscle(), "phantom", folder, *coarse], check=True, stderr=subprocess.DEVNULL)


def measure(folders, tmp_path, *arguments):
    """Exit code, sentence of the refusal, report."""
    output = tmp_path / "out"
    run = subprocess.run(
        [bonemuscle(), "measure", *folders, "--output", output, *arguments], capture_output=True, text=True
    )
    sentence = next((line for line in run.stderr.splitlines() if line.startswith("bonemuscle:")), "")
    report = json.loads((output / "report.json").read_text()) if run.returncode in (0, 3) else None
    return run.returncode, sentence, report


def another_series(phantom, folder, hu=0):
    """The same CT as a second series of the study, every value raised by `hu`."""
    series = generate_uid(entropy_srcs=["another series"])
    folder.mkdir()
    for file in phantom.glob("ct-*.dcm"):
        ds = pydicom.dcmread(file)
        ds.SeriesInstanceUID, ds.SeriesDescription = series, "another series"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[file.name])
        ds.RescaleIntercept = ds.RescaleIntercept + hu
        ds.save_as(folder / file.name)
    return series


def another_seg(phantom, folder, time, drop):
    """The same SEG as a second series, later or earlier, with one segment renamed so that it names nothing."""
    ds = pydicom.dcmread(phantom / "seg.dcm")
    ds.SeriesInstanceUID, ds.SeriesDescription = generate_uid(entropy_srcs=["another seg"]), "another segmentation"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["seg"])
    ds.ContentTime = time
    if drop:
        segment = ds.SegmentSequence[0]
        segment.SegmentLabel = "nothing"
        segment.SegmentedPropertyTypeCodeSequence[0].CodeValue = "0"
        segment.SegmentedPropertyTypeCodeSequence[0].CodeMeaning = "Nothing"
    folder.mkdir()
    ds.save_as(folder / "seg.dcm")
    return ds.SeriesInstanceUID


def test_the_segmented_series_is_measured_and_not_its_neighbour(phantom, tmp_path):
    another_series(phantom, tmp_path / "other", hu=100)
    _, _, alone = measure([phantom], tmp_path)
    code, _, report = measure([phantom, tmp_path / "other"], tmp_path)
    assert code == 0 and report["findings"] == alone["findings"]


def test_a_named_segmentation_of_a_series_that_is_missing_is_not_used_for_another(phantom, tmp_path):
    series = another_series(phantom, tmp_path / "other", hu=100)
    (tmp_path / "other" / "seg.dcm").write_bytes((phantom / "seg.dcm").read_bytes())
    named = pydicom.dcmread(phantom / "seg.dcm").SeriesInstanceUID
    code, sentence, _ = measure([tmp_path / "other"], tmp_path, "--seg", named)
    assert code == 2 and series in sentence and "give a segmentation made on this series" in sentence


def test_two_studies_are_refused(phantom, tmp_path):
    draw(tmp_path / "second", seed=2)
    code, sentence, _ = measure([phantom, tmp_path / "second"], tmp_path)
    assert code == 2 and "CT series of 2 studies" in sentence


def test_a_label_map_needs_to_know_its_series(phantom, tmp_path):
    import nibabel
    import numpy

    series = another_series(phantom, tmp_path / "other")
    nibabel.save(nibabel.Nifti1Image(numpy.ones((4, 4, 4), numpy.uint8), numpy.eye(4)), tmp_path / "labels.nii")
    labels = ["--labels", tmp_path / "labels.nii", "--names", "totalsegmentator"]
    code, sentence, _ = measure([phantom, tmp_path / "other"], tmp_path, *labels)
    assert code == 2 and "holds 2 CT series" in sentence and series in sentence
    # Named, the next thing that is wrong is said: class 1 is the spleen.
    code, sentence, _ = measure([phantom, tmp_path / "other"], tmp_path, *labels, "--series", series)
    assert code == 2 and "names a structure that can be measured" in sentence


def test_the_segmentation_with_most_structures_is_taken_and_the_other_named(phantom, tmp_path):
    _, _, alone = measure([phantom], tmp_path)
    poorer = another_seg(phantom, tmp_path / "poorer", "235959", drop=True)
    code, _, report = measure([phantom, tmp_path / "poorer"], tmp_path)
    assert code == 0 and report["findings"] == alone["findings"]
    said = [(one["code"], poorer in one["message"]) for one in report["quality"]]
    # The other warning is about the phantom that the study holds.
    assert said == [("LABELS_NOT_USED", True), ("CAL_UNCONFIRMED", False)]


def test_the_newest_of_equal_segmentations_is_taken(phantom, tmp_path):
    newer = another_seg(phantom, tmp_path / "newer", "235959", drop=False)
    _, _, report = measure([phantom, tmp_path / "newer"], tmp_path)
    assert report["segmentation"]["series_instance_uid"] == newer
    code, _, report = measure([phantom, tmp_path / "newer"], tmp_path, "--seg", pydicom.dcmread(phantom / "seg.dcm").SeriesInstanceUID)
    assert code == 0 and report["segmentation"]["series_instance_uid"] != newer


@pytest.mark.parametrize("option", ["--series", "--seg"])
def test_a_series_that_is_not_there_is_said_with_those_that_are(phantom, tmp_path, option):
    code, sentence, _ = measure([phantom], tmp_path, option, "1.2.3")
    assert code == 2 and "1.2.3" in sentence and "2.25." in sentence


# --- without labels


def chosen(folders, tmp_path, *arguments):
    """Series that a model labels, and what is said of the choice."""
    output = tmp_path / "labels"
    run = subprocess.run(
        [bonemuscle(), "models", "run", "bonemuscle-ct", *folders, "--output", output, "--passes", "0", *arguments],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    summary = json.loads((output / "segmentation.json").read_text())
    return summary["series"]["series_instance_uid"], summary["quality"]


def plain(phantom, folder):
    """The lower half of the CT alone: the fewer slices, the sooner a model has seen them."""
    folder.mkdir()
    for file in sorted(phantom.glob("ct-*.dcm"))[:75]:
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_without_a_segmentation_the_better_series_is_taken_and_the_other_named(phantom, tmp_path):
    ct = plain(phantom, tmp_path / "ct")
    other = another_series(ct, tmp_path / "other")
    for file in (tmp_path / "other").glob("*.dcm"):
        ds = pydicom.dcmread(file)
        ds.ContrastBolusAgent = "Iohexol"
        ds.save_as(file)
    taken, quality = chosen([ct, tmp_path / "other"], tmp_path)
    said = [one["message"] for one in quality if one["code"] == "SERIES_NOT_MEASURED"]
    assert taken != other and len(said) == 1 and f'{other} "another series"' in said[0]
    taken, quality = chosen([ct, tmp_path / "other"], tmp_path, "--series", other)
    assert taken == other and not [one for one in quality if one["code"] == "SERIES_NOT_MEASURED"]


def test_a_segmentation_of_something_else_does_not_stop_a_model(phantom, tmp_path):
    ct = plain(phantom, tmp_path / "ct")
    seg = another_seg(phantom, tmp_path / "seg", "120000", drop=False)
    ds = pydicom.dcmread(tmp_path / "seg" / "seg.dcm")
    ds.ReferencedSeriesSequence[0].SeriesInstanceUID = generate_uid(entropy_srcs=["elsewhere"])
    ds.save_as(tmp_path / "seg" / "seg.dcm")
    code, _, report = measure([ct, tmp_path / "seg"], tmp_path, "--passes", "0")
    # Without passes the reference model's labels are not measured.
    assert code == 3 and report["segmentation"]["source"] == "model"
    assert [seg in one["message"] for one in report["quality"] if one["code"] == "LABELS_NOT_USED"] == [True]


def test_our_own_segmentation_is_no_reason_to_refuse_and_the_repeat_is_the_same(phantom, tmp_path):
    ct = plain(phantom, tmp_path / "ct")
    code, _, first = measure([ct], tmp_path, "--passes", "0")
    assert code == 3 and first["segmentation"]["source"] == "model"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "seg.dcm").write_bytes((tmp_path / "out" / "seg.dcm").read_bytes())
    code, _, again = measure([ct, tmp_path / "own"], tmp_path, "--passes", "0")
    assert code == 3 and (again["findings"], again["quality"]) == (first["findings"], first["quality"])
