"""The Python package: images of numpy measured where they lie, refusals, progress."""

import gzip
import json
import threading

import nibabel
import numpy as np
import pytest

import make_study
from cpp_package import run
from environment import bonemuscle as program
from environment import python_package, real_ct_files

bonemuscle, _ = python_package()

LEFT, RIGHT = 2, 1
NAMES = {RIGHT: "gluteus_maximus_right", LEFT: "gluteus_maximus_left"}
STEPS = ((1.5, 0, 0), (0, 2, 0), (0, 0, 3))
ORIGIN = (-44.25, -40, 100)
ONLY_VALUES = {"measurements": ["muscle"], "outputs": []}


@pytest.fixture(scope="module")
def library():
    return python_package()[1]


def patient(kind=np.int16):
    """Two muscles in fat in air: 1000 voxels of 40 and 60 HU on the right, 1200 of 30 HU on the left; a voxel is 9 mm3."""
    hu, labels = np.full((30, 40, 60), -1000, kind), np.zeros((30, 40, 60), np.uint8)
    hu[:, 4:36, 4:56] = -100
    hu[10:20, 15:25, 10:20], labels[10:20, 15:25, 10:20] = 40, RIGHT
    hu[15:20, 15:25, 10:20] = 60
    hu[10:20, 15:25, 40:52], labels[10:20, 15:25, 40:52] = 30, LEFT
    return hu, labels


def values(report):
    return {
        (finding["side"], value["quantity"]): (value["value"], value["unit"])
        for finding in report["findings"]
        for value in finding["measurements"]
        if finding["structure"] == "gluteus_maximus"
    }


def is_known(report):
    found = values(report)
    assert found["right", "volume"] == (9.0, "cm3") and found["left", "volume"] == (10.8, "cm3")
    assert found["right", "attenuation_mean"] == (50.0, "[hnsf'U]") and found["left", "attenuation_mean"] == (30.0, "[hnsf'U]")


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64])
def test_images_in_memory_give_the_known_values(library, kind):
    hu, labels = patient(kind)
    ct, segments = bonemuscle.Image(hu, ORIGIN, STEPS), bonemuscle.Image(labels, ORIGIN, STEPS)
    assert ct._c.voxels == hu.ctypes.data
    result = library.measure(ct, segments, NAMES, settings=ONLY_VALUES)
    is_known(result.report)
    assert json.loads(result.files["report.json"]) == result.report


def test_a_left_handed_grid_is_the_same_patient(library):
    hu, labels = (np.ascontiguousarray(array[:, :, ::-1]) for array in patient())
    origin, steps = (ORIGIN[0] + 59 * 1.5, *ORIGIN[1:]), ((-1.5, 0, 0), *STEPS[1:])
    ct, segments = bonemuscle.Image(hu, origin, steps), bonemuscle.Image(labels, origin, steps)
    is_known(library.measure(ct, segments, NAMES, settings=ONLY_VALUES).report)


def test_arrays_give_what_files_give(library, tmp_path):
    hu, labels = patient()
    affine = np.diag([-1.5, -2, 3, 1.0])
    affine[:3, 3] = 44.25, 40, 100
    for name, array in (("ct", hu), ("labels", labels)):
        nibabel.save(nibabel.Nifti1Image(array.transpose(2, 1, 0), affine), tmp_path / f"{name}.nii.gz")
    (tmp_path / "names.json").write_text(json.dumps(NAMES))
    segmentation = {"source": "label-map", "file": str(tmp_path / "labels.nii.gz"), "names": str(tmp_path / "names.json")}
    of_file = library.measure(tmp_path / "ct.nii.gz", settings={**ONLY_VALUES, "segmentation": segmentation}).report
    is_known(of_file)
    of_array = library.measure(bonemuscle.Image(hu, ORIGIN, STEPS), bonemuscle.Image(labels, ORIGIN, STEPS), NAMES, settings=ONLY_VALUES)
    assert of_array.report["findings"] == of_file["findings"]


def test_the_real_ct_in_memory_is_measured_as_the_command_line_measures_the_file(library, tmp_path):
    files = real_ct_files()
    names = make_study.names()
    (tmp_path / "names.json").write_text(json.dumps(names))
    run(program(), "measure", files[0], "--labels", files[1], "--names", tmp_path / "names.json", "--output", tmp_path)

    def image(file, kind):
        read = nibabel.load(file)
        to_lps = np.diag([-1, -1, 1, 1]) @ read.affine
        return bonemuscle.Image(np.ascontiguousarray(np.asanyarray(read.dataobj).astype(kind).T), to_lps[:3, 3], to_lps[:3, :3].T)

    ours = library.measure(image(files[0], np.int16), image(files[1], np.uint8), names, settings={"outputs": []}).report
    assert ours["findings"] == json.loads((tmp_path / "report.json").read_text())["findings"]


@pytest.mark.parametrize("array, part", [
    (np.zeros((4, 4), np.int16), "2 dimensions"),
    (np.zeros((4, 4, 4, 3), np.int16), "4 dimensions"),
    (np.zeros((4, 4, 4), np.int64), "<i8"),
    (np.zeros((4, 4, 4), ">i2"), ">i2"),
    (np.zeros((4, 4, 4), bool), "|b1"),
    (np.zeros((4, 4, 8), np.int16)[:, :, ::2], "not contiguous"),
    (np.asfortranarray(np.zeros((4, 5, 6), np.int16)), "not contiguous"),
    ([[[1]]], "list"),
])  # fmt: skip
def test_what_is_no_image_is_refused_where_it_is_made(array, part):
    with pytest.raises(bonemuscle.Error, match=part.replace("|", r"\|")) as refused:
        bonemuscle.Image(array, ORIGIN, STEPS)
    assert refused.value.status is bonemuscle.Status.INVALID_ARGUMENT


@pytest.mark.parametrize("origin, steps, part", [
    ((0, 0), STEPS, "origin has 2"),
    ("abc", STEPS, "origin"),
    (ORIGIN, STEPS[:2], "three vectors"),
    (ORIGIN, ((1, 0), (0, 1), (0, 0)), "a step has 2"),
])  # fmt: skip
def test_what_is_no_place_is_refused(origin, steps, part):
    with pytest.raises(bonemuscle.Error, match=part):
        bonemuscle.Image(np.zeros((4, 4, 4), np.int16), origin, steps)


def test_refusals_are_the_sentences_of_the_library(library, tmp_path):
    hu, labels = patient()
    ct, segments = bonemuscle.Image(hu, ORIGIN, STEPS), bonemuscle.Image(labels, ORIGIN, STEPS)
    Status = bonemuscle.Status
    for status, part, arguments in [
        (Status.SETTINGS, "heigth", {"volume": ct, "settings": {"heigth": 1}}),
        (Status.SETTINGS, "JSON", {"volume": ct, "settings": {"patient": {"height_m": float("nan")}}}),
        (Status.SETTINGS, "JSON", {"volume": ct, "settings": {"threads": object()}}),
        (Status.INPUT, "absent.nrrd", {"volume": tmp_path / "absent.nrrd"}),
        (Status.INPUT, "absent", {"folder": tmp_path / "absent"}),
        (Status.INPUT, "", {}),
        (Status.LABELS, "", {"volume": ct, "labels": segments, "names": {"one": "l3"}}),
        (Status.INVALID_ARGUMENT, "NUL", {"files": ["a\0b"]}),
        (Status.INVALID_ARGUMENT, "UTF-8", {"files": ["a\udcff"]}),
        (Status.INVALID_ARGUMENT, "", {"volume": bonemuscle.Image(hu, ORIGIN, ((0, 0, 0), *STEPS[1:]))}),
        (Status.INVALID_ARGUMENT, "", {"volume": bonemuscle.Image(hu[:0], ORIGIN, STEPS)}),
    ]:
        with pytest.raises(bonemuscle.Error, match=part or None) as refused:
            library.measure(**arguments)
        assert refused.value.status == status and refused.value.sentence == str(refused.value), arguments


def test_progress_is_told_alone_and_can_cancel(library):
    hu, labels = patient()
    images = bonemuscle.Image(hu, ORIGIN, STEPS), bonemuscle.Image(labels, ORIGIN, STEPS), NAMES
    told, inside = [], threading.Semaphore(1)

    def listen(stage, fraction):
        assert inside.acquire(blocking=False)
        told.append((stage, fraction))
        inside.release()

    library.measure(*images, settings=ONLY_VALUES, progress=listen)
    assert told[-1][1] == 1.0 and {"read", "measure"} <= {stage for stage, _ in told}

    with pytest.raises(bonemuscle.Error) as refused:
        library.measure(*images, settings=ONLY_VALUES, progress=lambda stage, fraction: False)
    assert refused.value.status is bonemuscle.Status.CANCELLED

    def fail(stage, fraction):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        library.measure(*images, settings=ONLY_VALUES, progress=fail)


def test_other_threads_go_on_while_one_measures(library):
    hu, labels = patient()
    images = bonemuscle.Image(hu, ORIGIN, STEPS), bonemuscle.Image(labels, ORIGIN, STEPS), NAMES
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(library.measure(*images, settings=ONLY_VALUES).report)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reports) == 4
    for report in reports:
        is_known(report)


def test_labels_come_back_as_an_output(library):
    hu, labels = patient()
    settings = {**ONLY_VALUES, "outputs": ["label-map"]}
    result = library.measure(bonemuscle.Image(hu, ORIGIN, STEPS), bonemuscle.Image(labels, ORIGIN, STEPS), NAMES, settings=settings)
    names = json.loads(result.files["labels.json"])
    map_ = np.asanyarray(nibabel.Nifti1Image.from_bytes(gzip.decompress(result.files["labels.nii.gz"])).dataobj).T
    given = {name: value for value, name in NAMES.items()}
    assert set(names.values()) == set(given)
    for value, name in names.items():
        assert np.array_equal(map_ == int(value), labels == given[name])


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("BONEMUSCLE_LIBRARY", raising=False)
    with pytest.raises(bonemuscle.LoadError, match="libbonemuscle.so is not part of this installation"):
        bonemuscle.Library()
    with pytest.raises(bonemuscle.LoadError, match="nothing.so"):
        bonemuscle.Library(tmp_path / "nothing.so")
    with pytest.raises(bonemuscle.LoadError, match="BoneMuscleCLI"):
        bonemuscle.program()
