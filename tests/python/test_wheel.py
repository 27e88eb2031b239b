"""What scripts/wheel.sh packs: the wheel in a clean environment without a network, and the package for Slicer's Extensions Manager."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import SimpleITK

from cpp_package import clean_environment, run
from environment import bonemuscle, skip_or_fail

PACKED = Path(os.environ.get("BONEMUSCLE_BUILD", Path(__file__).parents[2] / "target" / "release")).resolve().parent / "wheel"
LICENCES = {
    "LICENSE-APACHE", "LICENSE-MIT", "FONTS.txt", "MODEL-CT.md", "MODEL-XRAY.md", "ONNXRUNTIME.txt", "ONNXRUNTIME-NOTICES.txt", "CRATES.txt"
}  # fmt: skip


def packed(pattern) -> Path:
    found = sorted(PACKED.glob(pattern))
    if not found:
        skip_or_fail(f"no {pattern} in {PACKED}: scripts/wheel.sh makes it")
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="module")
def wheel():
    return packed("bonemuscle-*.whl")


@pytest.fixture(scope="module")
def python(tmp_path_factory, wheel):
    """A Python that has the wheel and nothing else, installed without an index."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "--no-index", "--disable-pip-version-check", wheel)
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """A DICOM study, and its report by the command line."""
    folder = tmp_path_factory.mktemp("phantom")
    run(bonemuscle(), "phantom", folder / "study", "--pixel-spacing", "3", "--slice-spacing", "4")
    run(bonemuscle(), "measure", folder / "study", "--output", folder / "results")
    return folder / "study", json.loads((folder / "results" / "report.json").read_text())


def isolated(*command, **options):
    """Runs without a network, where this machine lets a process do so."""
    alone = ["unshare", "--map-root-user", "--net"]
    may = subprocess.run([*alone, "true"], capture_output=True).returncode == 0
    return run(*(alone if may else []), *command, env=clean_environment(), **options)


def test_the_name_says_which_platforms_it_serves(wheel):
    """Any Python 3 on Linux with the C library that the newest function in the wheel needs; auditwheel computes it again."""
    tags = re.fullmatch(r"bonemuscle-[\d.]+-py3-none-manylinux_2_(\d+)_x86_64\.whl", wheel.name)
    assert tags, wheel.name
    shown = " ".join(run(sys.executable, "-m", "auditwheel", "show", wheel).split())
    consistent = re.search(r'consistent with the following platform tag: "manylinux_2_(\d+)_x86_64"', shown)
    assert consistent and consistent[1] == tags[1], shown


def test_it_holds_program_libraries_package_and_licences(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = {name: opened.getinfo(name) for name in opened.namelist()}
        data = next(name for name in names if name.endswith("/libbonemuscle.so")).removesuffix("libbonemuscle.so")
        assert {f"{data}libBoneMuscleLib.so", f"{data}onnxruntime/libonnxruntime.so.1.28.0"} <= set(names)
        assert re.fullmatch(r"bonemuscle-[\d.]+\.data/data/lib/bonemuscle/", data)
        program = next(entry for name, entry in names.items() if name.endswith(".data/scripts/BoneMuscleCLI"))
        assert program.external_attr >> 16 & 0o111
        assert {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name} == LICENCES
        assert {"bonemuscle/__init__.py", "bonemuscle/__main__.py", "bonemuscle/py.typed"} <= set(names)
        metadata = opened.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    assert "Requires-Dist" not in metadata and "Requires-Python: >=3.9" in metadata


def test_the_package_measures_without_other_packages_and_without_a_network(python, phantom):
    study, expected = phantom
    assert isolated(python, "-m", "bonemuscle", "--version") == f"bonemuscle {expected['software']['version']}\n"
    script = "import bonemuscle, json, sys; print(json.dumps(bonemuscle.Library().measure(folder=sys.argv[1]).report))"
    report = json.loads(isolated(python, "-c", script, study))
    assert report.pop("started") and report == {key: value for key, value in expected.items() if key != "started"}


def test_images_need_no_numpy(python):
    """Anything with an array interface is an image: here arrays of Python's own, with 1000 voxels of 2 x 3 x 4 mm and 60 HU."""
    script = """
import array, bonemuscle
class Volume:
    shape = (20, 20, 20)
    def __init__(self, inside, outside):
        self.voxels = array.array("h", [
            inside if all(5 <= place < 15 for place in (i % 20, i // 20 % 20, i // 400)) else outside for i in range(8000)])
        self.__array_interface__ = {"shape": self.shape, "typestr": "<i2", "data": (self.voxels.buffer_info()[0], True), "version": 3}
place = {"origin": (10, 0, 0), "steps": ((2, 0, 0), (0, 3, 0), (0, 0, 4))}
ct, labels = bonemuscle.Image(Volume(60, -100), **place), bonemuscle.Image(Volume(1, 0), **place)
report = bonemuscle.Library().measure(ct, labels, {1: "psoas_major_left"}, settings={"outputs": []}).report
values = {one["quantity"]: one["value"] for finding in report["findings"] for one in finding["measurements"]}
print(values["volume"], values["attenuation_mean"])
"""
    assert isolated(python, "-c", script) == "24.0 60.0\n"


def test_the_program_describes_itself_and_measures(python, phantom, tmp_path):
    program = isolated(python, "-c", "import bonemuscle; print(bonemuscle.program())").strip()
    assert isolated(program, "--xml").startswith("<?xml") and isolated(python, "-m", "bonemuscle", "--xml").startswith("<?xml")
    measures([program], phantom, tmp_path)


def test_the_library_with_the_two_symbols_finds_the_core_beside_itself(python, phantom, tmp_path):
    entry = """
import bonemuscle, ctypes, os, sys
library = ctypes.CDLL(bonemuscle._places.library().with_name("libBoneMuscleLib.so"))
arguments = [b"BoneMuscleCLI", *map(os.fsencode, sys.argv[1:])]
sys.exit(library.ModuleEntryPoint(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments)))
"""
    measures([python, "-c", entry], phantom, tmp_path)


def test_the_extensions_manager_gets_panel_program_and_library_in_their_places(phantom, tmp_path):
    """Unpacked as Slicer does: the only folder of the archive is left out."""
    archive = packed("BoneMuscle-*-Slicer-*-linux-amd64.tar.gz")
    version = re.search(r"Slicer-(\d+\.\d+)-", archive.name)[1]
    with tarfile.open(archive) as opened:
        bases = {name.split("/")[0] for name in opened.getnames()}
        opened.extractall(tmp_path, filter="data")
    assert len(bases) == 1
    home = tmp_path / bases.pop()
    assert [file.relative_to(home) for file in home.rglob("*.s4ext")] == [Path(f"share/Slicer-{version}/BoneMuscle.s4ext")]
    lines = (home / f"share/Slicer-{version}/BoneMuscle.s4ext").read_text().splitlines()
    described = dict(line.split(" ", 1) for line in lines if " " in line)
    assert described["category"] == "Quantification" and described["depends"] == "NA" and len(described["description"]) > 40

    modules, programs = home / f"lib/Slicer-{version}/qt-scripted-modules", home / f"lib/Slicer-{version}/cli-modules"
    assert (modules / "BoneMuscle.py").is_file() and (modules / "BoneMuscleLib/__init__.py").is_file()
    assert (modules / "Resources").is_dir()
    # Slicer takes every program without a dot in its name, and every lib*Lib.so, for a module.
    files = [file for file in programs.iterdir() if file.is_file()]
    assert [file.name for file in files if "." not in file.name and os.access(file, os.X_OK)] == ["BoneMuscleCLI"]
    assert not [file.name for file in files if re.fullmatch(r"lib.+Lib\.so", file.name)]
    script = "import bonemuscle; print(bonemuscle.program(), bonemuscle.Library().version)"
    options = {"cwd": modules, "env": clean_environment()}
    assert run(sys.executable, "-c", script, **options).split()[0] == str(programs / "BoneMuscleCLI")
    measures([programs / "BoneMuscleCLI"], phantom, tmp_path)


def measures(command, phantom, folder):
    """The phantom, as a volume in a file with the DICOM files that it came from."""
    study, expected = phantom
    ct = SimpleITK.ReadImage([str(file) for file in sorted(study.glob("ct*.dcm"))])
    SimpleITK.WriteImage(ct, str(folder / "image.nrrd"))
    (folder / "dicom.txt").write_text("".join(f"{file}\n" for file in sorted(study.glob("*.dcm"))))
    isolated(*command, folder / "image.nrrd", "--dicomList", folder / "dicom.txt", "--outputReport", folder / "cli.json")
    report = json.loads((folder / "cli.json").read_text())
    assert report.pop("started") and report == {key: value for key, value in expected.items() if key != "started"}
