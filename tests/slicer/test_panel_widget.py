"""The panel under stand-ins for Slicer's widgets (panel_stand_ins.py says what that proves), with the real program, the real Python
package and Slicer's own logic of command line modules."""

import csv
import json
import os
import re
import signal
import sys
import time
import types
from pathlib import Path

import numpy as np
import pydicom
import pytest
import slicer

import panel_scene
import panel_stand_ins
import slicer_cli
import studies
from environment import built, python_package

from BoneMuscleLib import report as reports, results, words
from BoneMuscleLib.parameters import Parameters

PICTURES = os.environ.get("BONEMUSCLE_SCREENSHOTS")
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return studies.phantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture(scope="module")
def label_files(study, tmp_path_factory):
    """The SEG of the phantom as a label map, and the names of its values."""
    _, library = python_package()
    files = library.segment(folder=study.folder).files
    file = tmp_path_factory.mktemp("labels") / "labels.nii.gz"
    file.write_bytes(files["labels.nii.gz"])
    return file, {int(value): name for value, name in json.loads(files["labels.json"]).items()}


@pytest.fixture(scope="module")
def program():
    return slicer_cli.program_module(built("BoneMuscleCLI"))


@pytest.fixture(autouse=True)
def installed(monkeypatch, program):
    """The program as Slicer knows it, and the Python package, as if its wheel were installed."""
    python_package()
    monkeypatch.setenv("BONEMUSCLE_LIBRARY", str(built("libbonemuscle.so")))
    slicer.modules.bonemusclecli = program
    slicer.mrmlScene.Clear()
    yield
    slicer.mrmlScene.Clear()
    del slicer.modules.bonemusclecli


@pytest.fixture
def panel():
    made = panel_stand_ins.make_panel()
    yield made
    made.cleanup()
    assert processes() == []
    left = [entry.name for entry in Path(slicer.app.temporaryPath).iterdir() if entry.name.startswith("BoneMuscle")]
    assert left == []


class Database:
    """As slicer.dicomDatabase, of the files of a study."""

    def __init__(self, study):
        self._files = {pydicom.dcmread(file, specific_tags=["SOPInstanceUID"]).SOPInstanceUID: str(file) for file in study.files}
        self.ct = [uid for uid, file in self._files.items() if Path(file) in set(study.ct)]

    def fileForInstance(self, uid):
        return self._files.get(uid, "")


def processes() -> list[int]:
    """Children that measure."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = {int(pid) for file in children for pid in file.read_text().split()}
    commands = {pid: (Path("/proc") / str(pid) / "cmdline").read_bytes() for pid in pids}
    return [pid for pid, command in commands.items() if b"BoneMuscleCLI" in command or b"batch_case" in command]


def wait(until, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "nothing happened"
        slicer.app.processEvents()
        time.sleep(0.01)
    slicer.app.processEvents()


def add_ct(study, dicom=False, monkeypatch=None):
    """The CT as a node; with `dicom` as if loaded from the DICOM database."""
    volume = studies.volume_node(study)
    if dicom:
        database = Database(study)
        monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
        volume.SetAttribute("DICOM.instanceUIDs", " ".join(database.ct))
    return volume


def imports_dicom(monkeypatch, into) -> None:
    """A DICOM database that is given the folder of each export."""
    library = types.ModuleType("DICOMLib")
    library.DICOMUtils = types.SimpleNamespace(importDicom=lambda folder, database, copy: into(Path(folder)))
    monkeypatch.setitem(sys.modules, "DICOMLib", library)


def add_labels(label_files, volume):
    """The SEG of the phantom as a segmentation of the user's."""
    file, names = label_files
    labels = slicer.modules.volumes.logic().AddArchetypeVolume(str(file), "labels", 1)
    node = studies.segmentation_node(labels, names, volume)
    slicer.mrmlScene.RemoveNode(labels)
    return node


def measured(panel, volume, labels=None):
    """Presses Apply and waits."""
    panel.enter()
    panel.ui.volumeSelector.setCurrentNode(volume)
    panel.ui.labelsSelector.setCurrentNode(labels)
    panel.ui.applyButton.click()
    wait(lambda: not panel.measuring.is_busy)


def test_apply_says_why_it_cannot_be_pressed(panel):
    assert not panel.ui.applyButton.enabled and "Load a CT first" in panel.ui.applyButton.toolTip
    thin = panel_scene.add_volume(np.zeros((2, 8, 8), np.int16), name="thin")
    panel.enter()
    assert panel.ui.volumeSelector.currentNode() is thin
    assert not panel.ui.applyButton.enabled and "only 2 voxels thick" in panel.ui.applyButton.toolTip
    panel.ui.volumeSelector.setCurrentNode(panel_scene.add_volume(np.zeros((8, 8, 8), np.int16), name="thick"))
    assert panel.ui.applyButton.enabled
    for box in (panel.ui.lumbarCheckBox, panel.ui.femurCheckBox, panel.ui.muscleCheckBox):
        box.setChecked(False)
    assert not panel.ui.applyButton.enabled and "Tick what to measure" in panel.ui.applyButton.toolTip
    assert not panel.ui.recomputeButton.enabled and "press Apply first" in panel.ui.recomputeButton.toolTip
    assert not panel.ui.exportButton.enabled and panel.ui.exportButton.toolTip == "Nothing was measured yet."


def test_choices_live_in_the_scene(panel):
    panel_scene.add_volume(np.zeros((8, 8, 8), np.int16))
    panel.enter()
    panel.ui.heightSpinBox.setValue(1.62)
    panel.ui.ageSpinBox.setValue(71)
    panel.ui.sexComboBox.setCurrentIndex(1)
    panel.ui.femurCheckBox.setChecked(False)
    panel.ui.calibrationComboBox.setCurrentIndex(2)
    panel.ui.calibrationIdLineEdit.setText("ct1")
    expected = Parameters(measurements=("lumbar-bmd", "muscle"), calibration="stored", calibration_id="ct1", height_m=1.62, age_years=71, sex="F")
    node = panel.logic.getParameterNode()
    assert Parameters.of_node(node) == expected
    Parameters(sex="M", weight_kg=80.0).to_node(node)
    assert (panel.ui.sexComboBox.currentData, panel.ui.weightSpinBox.value, panel.ui.ageSpinBox.value) == ("M", 80.0, 0.0)


def test_a_ct_from_dicom_gives_what_the_command_line_gives_and_goes_back_to_dicom(panel, study, label_files, monkeypatch):
    volume = add_ct(study, True, monkeypatch)
    panel.enter()
    panel.ui.labelsSelector.setCurrentNode(add_labels(label_files, volume))
    panel.ui.applyButton.click()
    assert panel.ui.applyButton.text == "Cancel" and panel.ui.applyButton.enabled
    seen = set()
    wait(lambda: seen.add(panel.ui.progressBar.value) or not panel.measuring.is_busy)
    assert len(seen) > 2 and panel.ui.applyButton.text == "Apply" and panel.ui.statusLabel.text == ""
    found = results.stored(volume)
    assert found["findings"] == study.report["findings"] and found["calibration"] == study.report["calibration"]
    assert found["series"] == study.report["series"]

    table = results.node(volume, "Table")
    with open(Path(volume.GetAttribute("BoneMuscle.ResultsFolder")) / "results.csv", newline="") as file:
        values = [row["value"] for row in csv.DictReader(file) if not row["not_measured"]]
    shown = [table.GetCellText(row, 3) for row in range(table.GetNumberOfRows())]
    assert [value for value in shown if value] == [value.replace("_", " ") for value in values if value]

    names = {results.node(volume, "Segmentation").GetSegmentation().GetNthSegment(i).GetName() for i in range(3)}
    assert "L1 vertebra" in names
    assert slicer.app.layoutManager().layout == slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView
    assert results.node(volume, "Calibration chart").GetNumberOfPlotSeriesNodes() == 2
    assert "b-mas200" in panel.ui.lineLabel.text and not panel.ui.linePicture.pixmap().isNull()

    taken = []
    imports_dicom(monkeypatch, lambda folder: taken.extend(sorted(file.name for file in folder.iterdir())))
    assert panel.ui.exportButton.enabled
    panel.ui.exportButton.click()
    assert "sr.dcm" in taken and f"{len(taken)} DICOM objects were added" in panel.ui.statusLabel.text
    if PICTURES:
        panel_stand_ins.picture(panel, Path(PICTURES) / "panel.png")


def test_edited_labels_are_measured_again_and_only_theirs_change(panel, study, label_files):
    volume = add_ct(study)
    measured(panel, volume, add_labels(label_files, volume))
    before = results.stored(volume)
    panel.ui.recomputeButton.click()
    assert "0 labels were edited" in panel.ui.statusLabel.text
    assert results.stored(volume)["findings"] == before["findings"]

    node = results.node(volume, "Segmentation")
    gluteus = next(one for one in node.GetSegmentation().GetSegmentIDs() if node.GetSegmentation().GetSegment(one).GetName() == "Left gluteus maximus")
    voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, gluteus, volume)
    half = voxels.copy()
    half[:, :, : int(np.median(np.nonzero(voxels)[2]))] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(half, node, gluteus, volume)
    panel.ui.recomputeButton.click()
    assert "1 label was edited" in panel.ui.statusLabel.text
    after = results.stored(volume)
    volumes = [reports.value(found, "gluteus_maximus", "whole", "volume", "left") for found in (before, after)]
    assert volumes[1] == pytest.approx(volumes[0] * half.sum() / voxels.sum(), rel=1e-5)
    other = lambda found: [one for one in found["findings"] if (one["structure"], one["side"]) != ("gluteus_maximus", "left")]  # noqa: E731
    assert other(before) == other(after)
    assert not panel.ui.exportButton.enabled and "not loaded from the DICOM database" in panel.ui.exportButton.toolTip


def codes(report, structure, side) -> set[str]:
    found = next(one for one in report["findings"] if (one["structure"], one["side"]) == (structure, side))
    return {reason["code"] for reason in found["not_measured"]}


def test_what_a_model_doubted_of_a_segmentation_stays_with_it(panel, study, label_files, monkeypatch):
    """Chosen under Labels, measured with another between, exported: it is withheld until the user has looked at every label."""
    volume, gluteus = add_ct(study, True, monkeypatch), ("gluteus_maximus", "left")
    models, drawn = (add_labels(label_files, volume) for _ in range(2))
    value = next(value for value, name in label_files[1].items() if name == "gluteus_maximus_left")
    results.store_doubts(models, studies.doubts_of("gluteus_maximus_left", label_files[0], value))
    measured(panel, volume, models)
    doubted = results.stored(volume)
    assert "UNCERT" in codes(doubted, *gluteus) and "UNCERT" not in codes(study.report, *gluteus)
    other = lambda found: [one["measurements"] for one in found["findings"] if (one["structure"], one["side"]) != gluteus]  # noqa: E731
    assert other(doubted) == other(study.report)
    measured(panel, volume, drawn)
    assert results.stored(volume)["findings"] == study.report["findings"]

    measured(panel, volume, models)
    assert results.stored(volume)["findings"] == doubted["findings"]
    panel.ui.checkedCheckBox.setChecked(True)
    panel.ui.recomputeButton.click()
    assert "UNCERT" not in codes(results.stored(volume), *gluteus)
    panel.ui.checkedCheckBox.setChecked(False)
    stated = []
    imports_dicom(monkeypatch, lambda folder: stated.append("voxels_sha256" in pydicom.dcmread(folder / "seg.dcm").get("ImageComments", "")))
    for checked in (False, True):
        panel.ui.checkedCheckBox.setChecked(checked)
        panel.ui.recomputeButton.click()
        panel.ui.exportButton.click()
        wait(lambda: not panel.measuring.is_busy)
        assert ("UNCERT" in codes(results.stored(volume), *gluteus)) is not checked
        assert not panel.ui.checkedCheckBox.checked
    assert stated == [True, False] and results.doubts(models) is None


def test_who_has_looked_at_the_labels_of_one_ct_has_not_looked_at_those_of_another(panel, study, label_files):
    volume = add_ct(study)
    measured(panel, volume, add_labels(label_files, volume))
    panel.ui.checkedCheckBox.setChecked(True)
    panel.ui.volumeSelector.setCurrentNode(panel_scene.add_volume(np.zeros((8, 8, 8), np.int16), name="other"))
    panel.ui.volumeSelector.setCurrentNode(volume)
    assert not panel.ui.checkedCheckBox.checked


def test_cancel_changes_nothing(panel, study):
    volume = add_ct(study)
    panel.enter()
    count = slicer.mrmlScene.GetNumberOfNodes()
    panel.ui.applyButton.click()
    wait(lambda: processes())
    panel.ui.applyButton.click()
    wait(lambda: not panel.measuring.is_busy)
    assert panel.ui.statusLabel.text == "Cancelled. Nothing was changed."
    assert processes() == [] and slicer.mrmlScene.GetNumberOfNodes() == count
    assert results.stored(volume) is None and panel.ui.applyButton.enabled


def test_a_killed_program_is_a_sentence(panel, study):
    add_ct(study)
    panel.enter()
    panel.ui.applyButton.click()
    wait(lambda: processes())
    for pid in processes():
        os.kill(pid, signal.SIGKILL)
    wait(lambda: not panel.measuring.is_busy)
    assert "Nothing was changed" in panel.ui.statusLabel.text and "Traceback" not in panel.ui.statusLabel.text
    assert panel.ui.applyButton.enabled


@pytest.mark.parametrize("what", ["values", "folder", "empty", "nameless", "overlap"])
def test_what_cannot_be_measured_is_a_sentence(panel, study, tmp_path, what):
    volume = add_ct(study)
    labels, expected = None, {
        "values": "'no HU' holds values from 30000 to 30000", "folder": "Nothing can be written", "empty": "holds no segment", "nameless": "Segment_1", "overlap": "overlap",
    }[what]  # fmt: skip
    if what == "values":
        volume = panel_scene.add_volume(np.full((20, 30, 30), 30000, np.int16), name="no HU")
    elif what == "folder":
        (tmp_path / "file").write_text("")
        panel.ui.resultsPathLineEdit.setCurrentPath(str(tmp_path / "file" / "results"))
    elif what == "empty":
        labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    else:
        labels = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
        for name in ["Segment_1"] if what == "nameless" else ["L1 vertebra", "L2 vertebra"]:
            block = np.zeros(slicer.util.arrayFromVolume(volume).shape, np.uint8)
            block[20:30, 40:60, 40:60] = 1
            image = slicer.vtkSlicerSegmentationsModuleLogic.CreateOrientedImageDataFromVolumeNode(panel_scene.add_label_map(block, volume))
            segment = slicer.vtkSegment()
            segment.SetName(name)
            segment.AddRepresentation("Binary labelmap", image)
            labels.GetSegmentation().AddSegment(segment)
    measured(panel, volume, labels)
    said = panel.ui.statusLabel.text
    assert expected in said and "Traceback" not in said and len(said.splitlines()) == 1, said
    assert results.stored(volume) is None and processes() == []


def test_a_volume_that_goes_while_it_is_measured(panel, study):
    volume = add_ct(study)
    panel.enter()
    panel.ui.applyButton.click()
    wait(lambda: processes())
    slicer.mrmlScene.RemoveNode(volume)
    wait(lambda: not panel.measuring.is_busy)
    assert "was removed while it was measured" in panel.ui.statusLabel.text
    assert not panel.ui.applyButton.enabled


def test_closing_the_scene_ends_the_process(panel, study):
    add_ct(study)
    panel.enter()
    panel.ui.applyButton.click()
    wait(lambda: processes())
    slicer.mrmlScene.Clear()
    wait(lambda: not processes(), 10)
    assert not panel.measuring.is_busy and not panel.ui.applyButton.enabled


def test_the_slice_of_the_report_can_be_left_and_found_again(panel, study, label_files):
    volume = add_ct(study)
    measured(panel, volume, add_labels(label_files, volume))
    ui, own = panel.ui, panel.slice.own_index
    assert own is not None and ui.sliceSlider.value == own and "that the report holds" in ui.sliceLabel.text
    position = reports.value(results.stored(volume), "body", "l3_slice", "slice_position")
    said = float(re.search(r"z ([\d.-]+) mm", ui.sliceLabel.text).group(1))
    assert abs(said - position) <= volume.GetSpacing()[2] / 2 + 0.05
    ui.sliceSlider.value = own + 3
    assert "your slice" in ui.sliceLabel.text and "not in the report" in ui.sliceLabel.text
    rows = results.node(volume, "Table").GetNumberOfRows()
    ui.sliceTableButton.click()
    table = results.node(volume, "Table")
    assert table.GetNumberOfRows() > rows and table.GetCellText(rows, 1).startswith("Your slice, z ")
    ui.sliceButton.click()
    assert ui.sliceSlider.value == own


def test_at_the_slice_of_the_report_both_give_the_same_areas(panel, study, label_files):
    volume = add_ct(study)
    measured(panel, volume, add_labels(label_files, volume))
    found = results.stored(volume)
    rows = {row[2]: row[3] for row in panel.logic.session.areas(volume, panel.slice.own_index)}
    compared = 0
    for quantity in ("skeletal_muscle_area", "skeletal_muscle_attenuation", "intermuscular_fat_area", "psoas_area"):
        value = reports.value(found, "body", "l3_slice", quantity)
        said = rows[words.QUANTITIES[quantity]]
        assert (said == "") == (value is None), quantity
        if value is not None:
            assert float(said) == pytest.approx(value, rel=1e-5)
            compared += 1
    assert compared > 0


def test_a_batch_measures_what_can_be_measured(panel, study, tmp_path):
    source, output = tmp_path / "in", tmp_path / "out"
    (source / "one").mkdir(parents=True)
    for file in study.files:
        os.link(file, source / "one" / file.name)
    (source / "broken.nrrd").write_text("NRRD0004\ntype: nonsense\n\n")
    (source / "notes.txt").write_text("no image")
    ui = panel.ui
    panel.refresh()
    assert not ui.batchButton.enabled and "Choose the folder" in ui.batchButton.toolTip
    ui.batchInputPathLineEdit.setCurrentPath(str(source))
    ui.batchOutputPathLineEdit.setCurrentPath(str(output))
    ui.batchButton.click()
    assert ui.batchButton.text == "Cancel"
    wait(lambda: ui.batchButton.text == "Measure all")
    assert "2 of 2 CTs were measured, 1 of them without a value" in ui.batchLabel.text
    with open(output / "cases.csv", newline="", encoding="utf-8") as file:
        outcomes = {row["case"]: row["outcome"] for row in csv.DictReader(file)}
    assert outcomes["one"] == "measured" and "broken" in outcomes["broken.nrrd"] and "Traceback" not in outcomes["broken.nrrd"]
    with open(output / "results.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows} == {"one"}
    assert sum(1 for row in rows if row["value"]) >= sum(len(finding["measurements"]) for finding in study.report["findings"])
    assert (output / "one" / "sr.dcm").is_file()


def test_a_batch_can_be_stopped(panel, study, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "in" / name).mkdir(parents=True)
        for file in study.ct:
            os.link(file, tmp_path / "in" / name / file.name)
    panel.ui.batchInputPathLineEdit.setCurrentPath(str(tmp_path / "in"))
    panel.ui.batchOutputPathLineEdit.setCurrentPath(str(tmp_path / "out"))
    panel.ui.batchButton.click()
    wait(lambda: processes())
    panel.ui.batchButton.click()
    assert processes() == [] and panel.ui.batchLabel.text.startswith("The batch was stopped. 0 of 2")


def test_the_data_tree_offers_to_measure_a_ct(panel, study, monkeypatch):
    import BoneMuscle

    volume = add_ct(study)
    thin = panel_scene.add_volume(np.zeros((2, 8, 8), np.int16), name="thin")
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    items = [hierarchy.CreateItem(hierarchy.GetSceneItemID(), node) for node in (volume, thin)]
    plugin = BoneMuscle.BoneMuscleSubjectHierarchyPlugin(panel_stand_ins.qt.QObject())
    (action,) = plugin.itemContextMenuActions()
    for item, shown in zip(items, (True, False)):
        plugin.showContextMenuActionsForItem(item)
        assert action.visible is shown
    handler = types.SimpleNamespace(instance=lambda: types.SimpleNamespace(currentItem=lambda: items[0]))
    monkeypatch.setattr(slicer, "qSlicerSubjectHierarchyPluginHandler", handler, raising=False)
    monkeypatch.setattr(slicer.util, "selectModule", lambda name: None)
    module = types.SimpleNamespace(widgetRepresentation=lambda: types.SimpleNamespace(self=lambda: panel))
    monkeypatch.setattr(slicer.modules, "bonemuscle", module, raising=False)
    panel.enter()
    action.trigger()
    assert panel.measuring.is_busy and panel.ui.volumeSelector.currentNode() is volume
    panel.apply()
    wait(lambda: not panel.measuring.is_busy)


def test_reload_begins_with_fresh_code(panel):
    panel.onReload()
    assert panel.reloaded and not [name for name in sys.modules if name.startswith("BoneMuscleLib.")]


def test_the_module_tests_itself(panel, monkeypatch):
    """What Reload & Test runs."""
    import BoneMuscle

    said = []
    monkeypatch.setattr(panel_stand_ins.ScriptedLoadableModuleTest, "delayDisplay", lambda self, text: said.append(text))
    BoneMuscle.BoneMuscleTest().runTest()
    assert said[-1].endswith("tests passed.")
