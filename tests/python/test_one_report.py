"""One study, measured in every way there is: one report, to the last digit."""

import json
import os
from pathlib import Path

import pytest
import SimpleITK

import cpp_package
import make_study
from cpp_package import clean_environment, run
from environment import ROOT, bonemuscle, built, python_package, real_ct_files, skip_or_fail
from make_study import Options
from orthanc_server import BUILD, Orthanc, missing


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The real CT as DICOM with its labels as a SEG."""
    folder = tmp_path_factory.mktemp("study")
    make_study.write_study(folder, make_study.load(*real_ct_files()), Options())
    return folder


@pytest.fixture(scope="module")
def expected(study, tmp_path_factory):
    """What the command line reports."""
    folder = tmp_path_factory.mktemp("command-line")
    run(bonemuscle(), "measure", study, "--output", folder)
    report = comparable((folder / "report.json").read_text())
    assert sum(len(finding["measurements"]) for finding in report["findings"]) > 80
    return report


def comparable(report) -> dict:
    """The report without the moment when it was made, which is the only field that names time."""
    report = json.loads(report) if isinstance(report, str) else dict(report)
    assert report.pop("started")
    return report


@pytest.fixture(scope="module")
def for_slicer(study, tmp_path_factory):
    """What 3D Slicer has of a loaded study: the volume, and the list of its files."""
    folder = tmp_path_factory.mktemp("slicer")
    ct = SimpleITK.ReadImage([str(file) for file in sorted(study.glob("ct-*.dcm"))])
    SimpleITK.WriteImage(ct, str(folder / "image.nrrd"))
    (folder / "dicom.txt").write_text("".join(f"{file}\n" for file in sorted(study.iterdir())))
    return folder / "image.nrrd", folder / "dicom.txt"


def test_orthanc(study, expected, tmp_path):
    if missing():
        skip_or_fail(missing())
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(BUILD / "bonemuscle-worker")}) as orthanc:
        record = orthanc.measure(f"studies/{orthanc.upload(*sorted(study.iterdir()))}")
    assert comparable(record["report"]) == expected


def test_the_module_of_slicer(for_slicer, expected, tmp_path):
    image, files = for_slicer
    run(built("BoneMuscleCLI"), image, "--dicomList", files, "--outputReport", tmp_path / "report.json")
    assert comparable((tmp_path / "report.json").read_text()) == expected


def test_the_panel_of_slicer(for_slicer, expected, tmp_path):
    python = Path(os.environ.get("BONEMUSCLE_SLICER_PYTHON", ""))
    if not python.is_file():
        skip_or_fail("no Python with the Slicer core: scripts/test.sh makes one and names it in BONEMUSCLE_SLICER_PYTHON")
    script = ROOT / "tests" / "slicer" / "measure_as_the_panel.py"
    run(python, script, built("BoneMuscleCLI"), *for_slicer, tmp_path / "report.json")
    assert comparable((tmp_path / "report.json").read_text()) == expected


def test_c(study, expected, tmp_path):
    program = tmp_path / "measure"
    run("cc", "-std=c11", f"-I{ROOT}/plugin-core/capi/include", ROOT / "examples/measure.c", "-o", program, f"-L{BUILD}", "-lbonemuscle",
        f"-Wl,-rpath,{BUILD}")  # fmt: skip
    run(program, study, cwd=tmp_path)
    assert comparable((tmp_path / "report.json").read_text()) == expected


def test_cpp(study, expected, tmp_path):
    run(cpp_package.example("measure"), study, tmp_path / "report.json", env=clean_environment())
    assert comparable((tmp_path / "report.json").read_text()) == expected


def test_python(study, expected):
    _, library = python_package()
    assert comparable(library.measure(folder=study).report) == expected


def test_rust(study, expected):
    """The example prints the values alone."""
    environment = {**os.environ, "BONEMUSCLE_LIBRARY": str(built("libbonemuscle.so"))}
    printed = run(built("examples/measure"), study, env=environment)
    values = [value["value"] for finding in expected["findings"] for value in finding["measurements"]]
    assert [float(line.split()[-2]) for line in printed.splitlines()] == values
