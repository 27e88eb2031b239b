"""Where the program and the library lie."""

import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Iterator

from ._error import LoadError

if sys.platform == "win32":
    PROGRAM, LIBRARY = "BoneMuscleCLI.exe", "bonemuscle.dll"
elif sys.platform == "darwin":
    PROGRAM, LIBRARY = "BoneMuscleCLI", "libbonemuscle.dylib"
else:
    PROGRAM, LIBRARY = "BoneMuscleCLI", "libbonemuscle.so"


def program() -> Path:
    """The program BoneMuscleCLI of this installation, which answers `--xml` as 3D Slicer asks."""
    return _installed(PROGRAM)


def library() -> Path:
    """The library that the environment variable BONEMUSCLE_LIBRARY names; where it is unset, that of this installation."""
    named = os.environ.get("BONEMUSCLE_LIBRARY")
    return Path(named) if named else _installed(LIBRARY)


def _installed(name: str) -> Path:
    for file in _files():
        if file.name == name and file.is_file():
            return file.resolve()
    raise LoadError(f"{name} is not part of this installation of the Python package bonemuscle; install its wheel")


def _files() -> Iterator[Path]:
    """As pip installed them, or as 3D Slicer's Extensions Manager did: there no package is registered, and programs have their folder."""
    try:
        yield from (Path(file.locate()) for file in metadata.files("bonemuscle") or ())
    except metadata.PackageNotFoundError:
        pass
    yield from Path(__file__).resolve().parents[2].glob("cli-modules/*")
