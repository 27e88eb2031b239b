"""The C++ facade, built, tested and installed once for all tests, and a program made with find_package(BoneMuscle)."""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from environment import ROOT, built, skip_or_fail


def run(*command, **options):
    """Answers what the program printed; shows it where the program failed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@functools.cache
def folder() -> Path:
    """Holds `build` (with the programs of the tests), `prefix` (what was installed) and `example` (what was built against that)."""
    if shutil.which("cmake") is None:
        skip_or_fail("cmake is not installed")
    build = built("libbonemuscle_cpp.a").parent
    folder = Path(tempfile.mkdtemp(prefix="bonemuscle-cpp-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    run("cmake", "-S", ROOT / "slicer-bridge/cpp", "-B", folder / "build", f"-DBONEMUSCLE_BUILD={build.resolve()}")
    run("cmake", "--build", folder / "build", "-j2")
    run("cmake", "--install", folder / "build", "--prefix", folder / "prefix")
    run("cmake", "-S", ROOT / "examples/cpp", "-B", folder / "example", f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}")
    run("cmake", "--build", folder / "example", "-j2")
    return folder


def example(name: str) -> Path:
    """A program of `examples/cpp`."""
    program = folder() / "example" / name
    if not program.exists():
        skip_or_fail(f"{name} was not built: VTK is not installed")
    return program


def clean_environment() -> dict:
    """Nothing that says where the library is."""
    return {key: value for key, value in os.environ.items() if key not in ("BONEMUSCLE_LIBRARY", "LD_LIBRARY_PATH")}

