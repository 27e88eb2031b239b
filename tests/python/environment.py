"""Where the tests find the program and the data."""

import importlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def skip_or_fail(reason: str) -> None:
    """Absent means skipped on a workstation and failed in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def models_importable(*packages: str) -> None:
    """Has a test module import what lies in `models/`, which needs these packages; without one of them the module is skipped on a
    workstation and fails in continuous integration."""
    try:
        for package in packages:
            importlib.import_module(package)
    except ImportError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{missing.name} is not installed", allow_module_level=True)
    sys.path.insert(0, str(ROOT / "models"))


def real_ct_files() -> tuple[Path, Path]:
    """A real CT (NIfTI) and its label map of TotalSegmentator v2."""
    folder = SHARED / "data" / "totalsegmentator_example_ct"
    files = folder / "example_ct.nii.gz", folder / "example_seg_v2_117class_fullFOV.nii.gz"
    if not all(file.exists() for file in files):
        skip_or_fail("no shared data")
    return files


def bonemuscle() -> Path:
    """The command line program."""
    return built("bonemuscle")


def built(name: str) -> Path:
    """A program of the release build, such as `examples/write_results`."""
    program = Path(os.environ.get("BONEMUSCLE_BUILD", ROOT / "target" / "release")) / name
    if not program.exists():
        skip_or_fail(f"{program} is not built")
    return program


def python_package():
    """The Python package `bonemuscle` as it stands in the repository, and the library that was built for it."""
    folder = str(ROOT / "slicer-bridge" / "wheel" / "python")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import bonemuscle

    return bonemuscle, bonemuscle.Library(built("libbonemuscle.so"))
