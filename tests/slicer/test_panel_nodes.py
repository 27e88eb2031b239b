"""The panel's logic on the real Slicer core: the extension's own tests, and what of it must agree with the core, its schema and its data."""

import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import panel_scene
from environment import ROOT, SHARED, built, skip_or_fail

sys.path.insert(0, str(panel_scene.MODULE / "Testing" / "Python"))

from BoneMuscleLib import dicom_export, dicom_files, parameters, sample_data, structures, words  # noqa: E402
from BoneMuscleLib.refused import Refused  # noqa: E402
from test_bonemuscle_nodes import BoneMuscleNodesTest  # noqa: E402, F401

SCHEMA = json.loads((ROOT / "plugin-core" / "schema" / "report.schema.json").read_text())


def test_structures_are_those_of_the_core():
    """The table of plugin-core/src/anatomy/structure.rs, row by row."""
    text = (ROOT / "plugin-core" / "src" / "anatomy" / "structure.rs").read_text()
    row = r'^ +\w+ "(\w+)" "([^"]+)" \w+ (true|false) "([^"]+)" (\w+) "([^"]+)" \[(\d+) (\d+) (\d+)\];'
    schemes = {"Sct": "SCT", "Mdc": "MDC", "BoneMuscle": "99BONEMUSCLE"}
    expected = [
        {"name": name, "english": english, "paired": paired == "true", "code": [value, schemes[scheme], meaning], "color": [*map(int, color)]}
        for name, english, paired, value, scheme, meaning, *color in re.findall(row, text, re.MULTILINE)
    ]
    assert len(expected) == len(SCHEMA["$defs"]["finding"]["properties"]["structure"]["enum"])
    assert json.loads((panel_scene.MODULE / "BoneMuscleLib" / "structures.json").read_text()) == expected
    assert len(structures.STRUCTURES) == sum(3 if row["paired"] else 1 for row in expected)


def test_every_name_of_a_report_has_its_words():
    definitions = SCHEMA["$defs"]
    assert set(definitions["region"]["enum"]) == set(words.REGIONS)
    assert set(definitions["quantity"]["enum"]) == set(words.QUANTITIES)
    assert set(definitions["criterion"]["enum"]) == set(words.CRITERIA)
    assert set(definitions["measurement"]["properties"]["unit"]["enum"]) == set(words.UNITS)
    assert set(definitions["quality"]["properties"]["severity"]["enum"]) == set(words.SEVERITIES)


def test_the_program_knows_every_parameter_of_the_panel():
    xml = subprocess.run([built("BoneMuscleCLI"), "--xml"], check=True, capture_output=True, text=True).stdout
    known = {element.findtext("name"): element for element in ElementTree.fromstring(xml).iter() if element.find("name") is not None}
    chosen = parameters.Parameters(
        measurements=("muscle",), model="m", model_folders=("f",), calibration="stored", calibration_id="i", site="s", height_m=1.7,
        weight_kg=60, age_years=70, sex="F", language="ja",
    )
    for name in [*chosen.for_cli(), "inputVolume", "labels", "dicomList", "outputLabels", "outputReport", "outputFolder", "numbering"]:
        assert name in known, name
    choices = {name: {one.text for one in element.findall("element")} for name, element in known.items()}
    assert choices["calibration"] == {word for word, *_ in parameters.CALIBRATIONS}
    assert choices["sex"] == {word for word, _ in parameters.SEXES}
    assert choices["language"] == {word for word, _ in parameters.LANGUAGES}


class Database:
    """As slicer.dicomDatabase, of which one question is asked."""

    def __init__(self, files):
        self._files = files

    def fileForInstance(self, uid):
        return self._files.get(uid, "")


def test_dicom_files_are_all_or_none(tmp_path):
    files = {str(number): str(tmp_path / f"ä {number}.dcm") for number in range(3)}
    for path in files.values():
        open(path, "w").close()
    volume = panel_scene.add_volume(np.zeros((3, 4, 5), np.int16))
    assert dicom_files.files_of(volume, Database(files))[1].startswith("The volume was not loaded from the DICOM database")
    volume.SetAttribute("DICOM.instanceUIDs", "0 1 2")
    assert dicom_files.files_of(volume, Database(files)) == (list(files.values()), "")
    assert dicom_files.files_of(volume, None)[0] == []
    volume.SetAttribute("DICOM.instanceUIDs", "0 1 2 3")
    assert dicom_files.files_of(volume, Database(files))[1].startswith("1 of the volume's 4 DICOM files are no longer")
    dicom_files.write_list(list(files.values()), str(tmp_path / "list.txt"))
    assert (tmp_path / "list.txt").read_text(encoding="utf-8").splitlines() == list(files.values())


def test_only_the_objects_of_a_run_are_exported(tmp_path):
    taken = []
    with pytest.raises(Refused, match="no DICOM object"):
        dicom_export.add_to_database(tmp_path, taken.append)
    for name in ("sr.dcm", "seg.dcm", "of-the-user.dcm", "report.pdf"):
        (tmp_path / name).write_text(name)

    def import_folder(folder):
        import pathlib

        taken.extend(sorted(file.name for file in pathlib.Path(folder).iterdir()))

    assert dicom_export.add_to_database(tmp_path, import_folder) == 2
    assert taken == ["seg.dcm", "sr.dcm"]
    with pytest.raises(Refused, match="did not take"):
        dicom_export.add_to_database(tmp_path, lambda folder: False)


def test_the_sample_is_the_file_that_was_checked():
    registered = {}

    class Logic:
        @staticmethod
        def registerCustomSampleDataSource(**arguments):
            registered.update(arguments)

    sample_data.register(Logic, panel_scene.MODULE / "Resources")
    assert re.fullmatch(r"https://raw\.githubusercontent\.com/[\w/.-]+/[0-9a-f]{40}/[\w/.]+", registered["uris"])
    assert (panel_scene.MODULE / "Resources" / "Icons" / "SampleData.png").is_file()
    file = SHARED / "data" / "totalsegmentator_example_ct" / "example_ct.nii.gz"
    if not file.exists():
        skip_or_fail("no shared data")
    assert registered["checksums"] == "SHA256:" + hashlib.sha256(file.read_bytes()).hexdigest()
