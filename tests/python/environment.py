"""Where the tests find the program and the data."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


def skip_or_fail(reason: str) -> None:
    """Absent means skipped on a workstation and failed in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


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
