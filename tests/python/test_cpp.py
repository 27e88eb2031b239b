"""The C++ facade: its own programs (plain arrays, VTK, ITK, memory), and programs made with what was installed."""

import json
import re
import subprocess

import pytest

import cpp_package
import make_study
from cpp_package import clean_environment, run
from environment import bonemuscle, real_ct_files, skip_or_fail

PROGRAMS = ["arrays", "itk_interface", "memory", "vtk", "itk"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_facade_passes_its_programs(program):
    known = run("ctest", "-N", "--test-dir", cpp_package.folder() / "build")
    if not re.search(rf": {program}$", known, re.M):
        skip_or_fail(f"what {program} needs is not installed")
    run("ctest", "--test-dir", cpp_package.folder() / "build", "--output-on-failure", "-R", f"^{program}$")


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    run(bonemuscle(), "phantom", folder, "--pixel-spacing", "3", "--slice-spacing", "4")
    return folder


def test_what_was_installed_finds_its_library_and_reports_what_the_command_line_reports(tmp_path, phantom):
    printed = run(cpp_package.example("measure"), phantom, tmp_path / "cpp.json", env=clean_environment())
    run(bonemuscle(), "measure", phantom, "--output", tmp_path)
    ours, expected = (json.loads((tmp_path / name).read_text()) for name in ("cpp.json", "report.json"))
    assert ours.pop("started") and expected.pop("started")
    assert ours == expected
    values = [measurement["value"] for finding in expected["findings"] for measurement in finding["measurements"]]
    assert [float(line.split()[3]) for line in printed.splitlines()] == values and values


def test_a_refusal_is_one_sentence_and_an_exit_code(tmp_path):
    done = subprocess.run([cpp_package.example("measure"), tmp_path], capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 1 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_vtk_program_measures_the_real_ct_as_the_command_line_does(tmp_path):
    ct, labels = real_ct_files()
    names = make_study.names()
    (tmp_path / "names.json").write_text(json.dumps(names))
    pairs = [f"{value}={name}" for value, name in names.items()]
    printed = run(cpp_package.example("measure_vtk"), ct, labels, *pairs, env=clean_environment()).splitlines()
    run(bonemuscle(), "measure", ct, "--labels", labels, "--names", tmp_path / "names.json", "--output", tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    expected = [
        (finding["structure"], finding["side"], value["quantity"], value["value"])
        for finding in report["findings"]
        for value in finding["measurements"]
    ]
    rows = [line.split() for line in printed]
    assert [(structure, side, quantity, float(value)) for structure, side, quantity, value, *_ in rows] == expected
    assert len(expected) > 60
