"""BoneMuscleCLI, as program and as library, run by Slicer's own logic of command line modules."""

import csv
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk

import panel_scene
import slicer_cli
import studies
from environment import built

#: As scripts and saved scenes call them, in the order of the panel that Slicer draws.
PARAMETERS = [
    *("inputVolume", "labels", "labelNames", "dicomList"),
    *("measurements", "calibration", "calibrationId"),
    *("height", "weight", "age", "sex"),
    *("outputLabels", "outputTable", "outputReport", "outputFolder"),
    *("model", "modelFolders", "passes", "engine"),
    *("site", "language", "threads"),
    *("status", "measured", "notMeasured", "numbering"),
    "AllowInMemoryTransfer",
]
#: Slicer writes 1.5 mm as 1.5000000000000002 mm. The phantom is turned a little: upright it has voxels whose centre lies on the very
#: border of a region, and such a length decides on which side.
OBLIQUE = ("--oblique", "8")
SIX_DIGITS = 2e-5
TEMPORARY = Path(panel_scene.application.GetTemporaryPath())


@pytest.fixture(scope="module")
def program():
    return slicer_cli.program_module(built("BoneMuscleCLI"))


@pytest.fixture(scope="module")
def library():
    return slicer_cli.library_module(built("libBoneMuscleLib.so"))


@pytest.fixture(scope="module", params=["program", "library"])
def module(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return studies.phantom(tmp_path_factory.mktemp("phantom"), *OBLIQUE)


@pytest.fixture(scope="module")
def volume(study):
    return studies.volume_node(study)


@pytest.fixture(scope="module")
def labelled(program, study, volume, tmp_path_factory):
    """The label map of the study as the program gives it, and the names of its values."""
    folder = tmp_path_factory.mktemp("labelled")
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    arguments = {"inputVolume": volume, "dicomList": study.write_list(folder / "files.txt"), "outputLabels": labels}
    node = slicer_cli.run(program, None, {**arguments, "outputFolder": str(folder / "results")})
    slicer_cli.wait(node)
    assert node.GetErrorText() == ""
    names = {int(value): name for value, name in json.loads((folder / "results" / "labels.json").read_text()).items()}
    return labels, names


@pytest.fixture(autouse=True)
def nothing_is_left():
    """No run leaves files in Slicer's temporary folder, or a process."""
    yield
    # Slicer removes them on its own thread, a moment after it has said that the run is over.
    for _ in range(50):
        slicer_cli.process_events()
        if not any(TEMPORARY.iterdir()):
            break
        time.sleep(0.1)
    assert list(TEMPORARY.iterdir()) == []
    assert processes() == []


def processes() -> list[int]:
    """Children that run BoneMuscleCLI."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = {int(pid) for file in children for pid in file.read_text().split()}
    return [pid for pid in pids if b"BoneMuscleCLI" in (Path("/proc") / str(pid) / "cmdline").read_bytes()]


def given_by_headers(study) -> dict[str, object]:
    """What a user would type in where the headers are not at hand."""
    patient = study.report["patient"]
    found = {"height": patient["height_m"], "weight": patient["weight_kg"], "age": patient["age_years"], "sex": patient["sex"]}
    return {name: float(value) if name != "sex" else value for name, value in found.items() if value}


def cells(table) -> list[list[str]]:
    return [[table.GetCellText(row, column) for column in range(table.GetNumberOfColumns())] for row in range(table.GetNumberOfRows())]


def failed(node, code: str = "Completed with errors") -> str:
    """The one sentence of a run that failed."""
    slicer_cli.wait(node)
    assert node.GetStatusString() == code
    text = node.GetErrorText().strip()
    assert "panicked" not in text and len(text.splitlines()) == 1, text
    return text


def test_slicers_parser_accepts_the_description_and_finds_every_parameter_labelled(program, library):
    texts = []
    for module in (program, library):
        node = module.logic().CreateNode()
        parameters = [
            [getattr(node, f"GetParameter{what}")(group, index) for what in ("Name", "Tag", "Label", "Description", "LongFlag", "Index")]
            for group in range(node.GetNumberOfParameterGroups())
            for index in range(node.GetNumberOfParametersInGroup(group))
        ]
        assert [name for name, *_ in parameters] == PARAMETERS
        assert all(name and label and description for name, _, label, description, _, _ in parameters)
        texts.append(parameters)
    assert texts[0] == texts[1]
    assert [name for name, *_, index in texts[0] if index == "0"] == ["inputVolume"]


def test_a_study_gives_what_the_command_line_gives(module, study, volume, tmp_path):
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "table")
    arguments = {
        "inputVolume": volume,
        "dicomList": study.write_list(tmp_path / "files.txt"),
        "outputLabels": labels,
        "outputTable": table,
        "outputReport": str(tmp_path / "report.json"),
        "outputFolder": str(tmp_path / "results"),
    }
    node = slicer_cli.run(module, None, arguments)
    seen = slicer_cli.wait(node)
    assert node.GetStatusString() == "Completed" and node.GetErrorText() == ""
    assert {status for status, _ in seen} >= {"Running"}

    found = json.loads((tmp_path / "report.json").read_text())
    assert found["findings"] == study.report["findings"]
    measured = sum(len(finding["measurements"]) for finding in found["findings"])
    assert measured > 50 and node.GetParameterAsString("measured") == str(measured)
    assert node.GetParameterAsString("status").startswith(f"{measured} values were measured")
    assert node.GetParameterAsString("status").endswith("Research use only. Not for diagnosis.")

    files = {file.name for file in (tmp_path / "results").iterdir()}
    assert {"report.pdf", "report.png", "results.csv", "labels.json", "sr.dcm"} <= files and "labels.nrrd" not in files
    with open(tmp_path / "results" / "results.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ["structure", "side", "region", "quantity", "value", "unit", "method", "reason"]
    assert [table.GetColumnName(column) for column in range(table.GetNumberOfColumns())] == columns
    assert cells(table) == [[row[name].replace('"', "'") for name in columns] for row in rows]

    image = slicer.util.arrayFromVolume(labels)
    assert image.shape == slicer.util.arrayFromVolume(volume).shape
    assert np.allclose(matrix(labels), matrix(volume), atol=1e-4)
    names = json.loads((tmp_path / "results" / "labels.json").read_text())
    assert {str(value) for value in np.unique(image)} - {"0"} == set(names)


def matrix(node) -> np.ndarray:
    found = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(found)
    return slicer.util.arrayFromVTKMatrix(found)


def test_apply_returns_at_once_and_progress_only_grows(program, study, volume, tmp_path):
    node = slicer_cli.run(program, None, {"inputVolume": volume, "dicomList": study.write_list(tmp_path / "files.txt")})
    assert node.IsBusy()
    percents = [percent for status, percent in slicer_cli.wait(node) if status == "Running"]
    assert percents == sorted(percents) and percents[-1] > 50


def test_a_synchronous_run_waits(program, study, volume, tmp_path):
    arguments = {"inputVolume": volume, "dicomList": study.write_list(tmp_path / "files.txt")}
    node = slicer_cli.run(program, None, arguments, wait_for_completion=True)
    slicer_cli.wait(node)
    assert node.GetStatusString() == "Completed"


def test_cancel_leaves_no_process_and_no_file(module, study, volume, tmp_path):
    table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", "table")
    arguments = {
        "inputVolume": volume,
        "dicomList": study.write_list(tmp_path / "files.txt"),
        "outputTable": table,
        "outputReport": str(tmp_path / "report.json"),
        "outputFolder": str(tmp_path / "results"),
    }
    node = slicer_cli.run(module, None, arguments)
    slicer_cli.wait(node, lambda node: node.GetStatusString() == "Running" and node.GetProgress() > 0 or not node.IsBusy())
    assert node.IsBusy()
    node.Cancel()
    slicer_cli.wait(node)
    assert node.GetStatusString() == "Cancelled" and table.GetNumberOfRows() == 0
    assert not (tmp_path / "report.json").exists() and list((tmp_path / "results").iterdir()) == []


def test_a_killed_child_ends_the_run_with_an_error(program, study, volume, tmp_path):
    node = slicer_cli.run(program, None, {"inputVolume": volume, "dicomList": study.write_list(tmp_path / "files.txt")})
    slicer_cli.wait(node, lambda node: processes() or not node.IsBusy())
    for pid in processes():
        os.kill(pid, signal.SIGKILL)
    slicer_cli.wait(node)
    assert node.GetStatusString() == "Completed with errors"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_program_without_a_half_written_file(study, tmp_path, number):
    command = [built("BoneMuscleCLI"), "--dicomList", study.write_list(tmp_path / "files.txt"), "--outputFolder", tmp_path / "results"]
    file = tmp_path / "ct.nrrd"
    write_nrrd(file, *studies.voxels_and_matrix(study))
    with subprocess.Popen([*command, file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "filter-progress" in line:
                break
        process.send_signal(number)
        assert process.wait(60) == 128 + number
        assert process.stderr.read() == ""
    assert list((tmp_path / "results").iterdir()) == []


def test_a_host_that_has_taken_back_the_folder_of_a_run_finds_nothing_there(study, tmp_path):
    gone = tmp_path / "gone"
    command = [built("BoneMuscleCLI"), "--dicomList", study.write_list(tmp_path / "files.txt"), "--outputReport", gone / "report.json"]
    file = tmp_path / "ct.nrrd"
    write_nrrd(file, *studies.voxels_and_matrix(study))
    ended = subprocess.run([*command, "--outputFolder", gone / "results", file], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1 and str(gone) in ended.stderr
    assert not gone.exists()


def test_a_program_whose_host_has_died_ends(study, tmp_path):
    command = [built("BoneMuscleCLI"), "--dicomList", study.write_list(tmp_path / "files.txt"), "--outputFolder", tmp_path / "results"]
    file = tmp_path / "ct.nrrd"
    write_nrrd(file, *studies.voxels_and_matrix(study))
    process = subprocess.Popen([*command, file], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.close()
    assert process.wait(60) == 1
    assert list((tmp_path / "results").iterdir()) == []


def write_nrrd(file: Path, voxels: np.ndarray, ijk_to_ras: np.ndarray) -> None:
    node = studies.node_of("vtkMRMLScalarVolumeNode", voxels, ijk_to_ras)
    storage = node.CreateDefaultStorageNode()
    storage.ConfigureForDataExchange()
    storage.SetFileName(str(file))
    assert storage.WriteData(node)
    slicer.mrmlScene.RemoveNode(node)


def permuted(voxels: np.ndarray, ijk_to_ras: np.ndarray, axes: tuple[int, int, int], flips: tuple[int, ...]):
    """The same image with its indices in another order or direction: `axes` and `flips` number columns 0, rows 1, slices 2."""
    steps, origin = ijk_to_ras[:3, :3].copy(), ijk_to_ras[:3, 3].copy()
    for axis in flips:
        origin += steps[:, axis] * (voxels.shape[2 - axis] - 1)
        steps[:, axis] *= -1
    flipped = np.flip(voxels, [2 - axis for axis in flips])
    turned = np.eye(4)
    turned[:3] = np.column_stack([steps[:, list(axes)], origin])
    return flipped.transpose([2 - axis for axis in axes[::-1]]), turned


@pytest.mark.parametrize(
    ("axes", "flips"),
    [((0, 1, 2), ()), ((0, 1, 2), (0, 1)), ((0, 1, 2), (2,)), ((1, 0, 2), ()), ((2, 0, 1), (1,))],
    ids=["as it is", "half a turn", "left-handed", "rows for columns", "sagittal and left-handed"],
)
def test_the_order_of_indices_changes_no_value(program, study, labelled, tmp_path, axes, flips):
    labels, names = labelled
    voxels, ijk_to_ras = studies.voxels_and_matrix(study)
    volume = studies.node_of("vtkMRMLScalarVolumeNode", *permuted(voxels, ijk_to_ras, axes, flips))
    label_map = studies.node_of(
        "vtkMRMLLabelMapVolumeNode", *permuted(slicer.util.arrayFromVolume(labels), matrix(labels), axes, flips)
    )
    same_values(program, study, volume, studies.segmentation_node(label_map, names, volume), tmp_path)


def test_a_sheared_image_gives_the_values_of_its_study(program, tmp_path):
    study = studies.phantom(tmp_path, *OBLIQUE, "--tilt", "-12")
    voxels, ijk_to_ras = studies.voxels_and_matrix(study)
    volume = studies.node_of("vtkMRMLScalarVolumeNode", voxels, ijk_to_ras)
    labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    arguments = {"inputVolume": volume, "dicomList": study.write_list(tmp_path / "files.txt"), "outputLabels": labels}
    node = slicer_cli.run(program, None, {**arguments, "outputFolder": str(tmp_path / "seg")})
    slicer_cli.wait(node)
    assert node.GetErrorText() == ""
    names = {int(value): name for value, name in json.loads((tmp_path / "seg" / "labels.json").read_text()).items()}
    same_values(program, study, volume, studies.segmentation_node(labels, names, volume), tmp_path)


def same_values(program, study, volume, segmentation, tmp_path) -> None:
    """Volume and segmentation without DICOM give the values of the study."""
    arguments = {"inputVolume": volume, "labels": segmentation, "outputReport": str(tmp_path / "report.json")}
    node = slicer_cli.run(program, None, {**arguments, **given_by_headers(study)})
    slicer_cli.wait(node)
    assert node.GetErrorText() == ""
    found = json.loads((tmp_path / "report.json").read_text())
    expected = values(study.report)
    assert len(expected) > 50 and set(values(found)) == set(expected)
    for key, value in values(found).items():
        assert value == pytest.approx(expected[key], rel=SIX_DIGITS), key


def values(report: dict) -> dict[tuple, float]:
    return {
        (finding["structure"], finding["side"], one["region"], one["quantity"], one["method"], one["reference"]): one["value"]
        for finding in report["findings"]
        for one in finding["measurements"]
    }


def test_an_image_that_is_not_the_one_in_the_files_is_refused(program, study, tmp_path):
    voxels, ijk_to_ras = studies.voxels_and_matrix(study)
    volume = studies.node_of("vtkMRMLScalarVolumeNode", voxels + np.int16(1), ijk_to_ras)
    node = slicer_cli.run(program, None, {"inputVolume": volume, "dicomList": study.write_list(tmp_path / "files.txt")})
    assert "without DICOM" in failed(node)


def vector_volume():
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "RGB")
    slicer.util.updateVolumeFromArray(node, np.zeros((4, 5, 6, 3), np.uint8))
    return node


def flat_volume():
    voxels = np.full((2, 40, 40), -1000, np.int16)
    voxels[:, 10:30, 10:30] = 60
    return studies.node_of("vtkMRMLScalarVolumeNode", voxels, np.eye(4))


def not_a_number_volume():
    voxels = np.full((8, 8, 8), -1000, np.float32)
    voxels[2:6, 2:6, 2:6], voxels[3, 3, 3] = 60, np.nan
    return studies.node_of("vtkMRMLScalarVolumeNode", voxels, np.eye(4))


@pytest.mark.parametrize(
    ("make", "word"), [(vector_volume, "RGB|vector|component|dimension"), (flat_volume, "slice"), (not_a_number_volume, "NaN|number")]
)
def test_what_is_no_ct_is_refused_in_a_sentence(program, make, word):
    assert re.search(word, failed(slicer_cli.run(program, None, {"inputVolume": make()})))


def test_a_sequence_of_volumes_is_refused_in_a_sentence(tmp_path):
    file = tmp_path / "four.nrrd"
    header = "NRRD0004\ntype: short\ndimension: 4\nsizes: 4 4 4 3\nencoding: raw\nendian: little\n\n"
    file.write_bytes(header.encode() + bytes(2 * 4 * 4 * 4 * 3))
    ended = subprocess.run([built("BoneMuscleCLI"), file], capture_output=True, text=True)
    assert ended.returncode == 2 and len(ended.stderr.splitlines()) == 1 and "4" in ended.stderr


def test_an_empty_segmentation_is_refused_in_a_sentence(program, volume):
    empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "empty")
    empty.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    assert failed(slicer_cli.run(program, None, {"inputVolume": volume, "labels": empty}))


def test_segments_that_mean_nothing_are_refused_in_a_sentence(program, volume):
    voxels = np.zeros(slicer.util.arrayFromVolume(volume).shape, np.uint8)
    voxels[10:20, 10:20, 10:20] = 1
    labels = studies.node_of("vtkMRMLLabelMapVolumeNode", voxels, matrix(volume))
    segmentation = studies.segmentation_node(labels, {1: "Spleen"}, volume)
    assert "Spleen" in failed(slicer_cli.run(program, None, {"inputVolume": volume, "labels": segmentation}))


def test_a_missing_volume_is_said_by_slicer(program):
    node = slicer_cli.run(program, None, {"outputReport": "report.json"})
    assert 'No input data assigned to "CT volume"' in failed(node)


@pytest.mark.parametrize("name", ["outputFolder", "outputReport"])
def test_a_place_that_cannot_be_written_is_found_before_measuring(program, study, volume, tmp_path, name):
    (tmp_path / "file").write_text("")
    place = str(tmp_path / "file" / "below")
    began = time.monotonic()
    node = slicer_cli.run(program, None, {"inputVolume": volume, "dicomList": study.write_list(tmp_path / "f.txt"), name: place})
    assert place in failed(node) and time.monotonic() - began < 5


def test_dicom_files_that_have_gone_are_named(program, volume, tmp_path):
    (tmp_path / "files.txt").write_text(f"{tmp_path}/gone.dcm\n")
    sentence = failed(slicer_cli.run(program, None, {"inputVolume": volume, "dicomList": str(tmp_path / "files.txt")}))
    assert "gone.dcm" in sentence
