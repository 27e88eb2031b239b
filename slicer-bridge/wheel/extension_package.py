"""Packs the extension for the "Install from file" of 3D Slicer's Extensions Manager.

    extension_package.py SLICER_VERSION WHEEL EXTENSION OUTPUT

The manager takes the extension's name from the file `share/Slicer-X.Y/NAME.s4ext`, and unpacks what lies below the archive's only folder.
Slicer X.Y then finds panels in `lib/Slicer-X.Y/qt-scripted-modules`, which is on Python's path as well, and programs in
`lib/Slicer-X.Y/cli-modules`. The library lies beside the program, which looks for it there.
"""

import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

NAME = "BoneMuscle"


def described(extension: Path) -> str:
    """The `.s4ext`: what the extension's CMakeLists.txt says of it, as Slicer's own build writes it."""
    text = (extension / "CMakeLists.txt").read_text(encoding="utf-8")

    def said(key):
        found = re.search(rf'set\(EXTENSION_{key}\s+"([^"]*)"', text)
        assert found, f"CMakeLists.txt of the extension sets no EXTENSION_{key}"
        return found[1]

    return "\n".join([
        "scm git", "scmurl NA", "scmrevision NA", "depends NA", "build_subdirectory .",
        f"homepage {said('HOMEPAGE')}", f"contributors {said('CONTRIBUTORS')}", f"category {said('CATEGORY')}",
        f"iconurl {said('ICONURL')}", "status", f"description {said('DESCRIPTION')}", f"screenshoturls {said('SCREENSHOTURLS')}",
        "enabled 1", "",
    ])


def from_wheel(wheel: zipfile.ZipFile):
    """Place in the archive below `lib/Slicer-X.Y`, content, and whether it is a program."""
    for entry in wheel.infolist():
        parts = PurePosixPath(entry.filename).parts
        if parts[0] == "bonemuscle":
            yield f"qt-scripted-modules/{entry.filename}", wheel.read(entry), False
        elif parts[1:2] == ("licenses",):
            yield f"qt-scripted-modules/bonemuscle/licences/{parts[-1]}", wheel.read(entry), False
        elif parts[1:2] == ("scripts",):
            yield f"cli-modules/{parts[-1]}", wheel.read(entry), True
        # Slicer would take the library with the two C symbols for a second module.
        elif parts[1:4] == ("data", "lib", "bonemuscle") and parts[-1] != "libBoneMuscleLib.so":
            yield "/".join(("cli-modules", *parts[4:])), wheel.read(entry), False


def from_extension(extension: Path):
    module = extension / NAME
    for file in sorted(module.rglob("*")):
        inside = file.relative_to(module)
        if file.is_file() and inside.parts[0] not in ("Testing", "CMakeLists.txt") and "__pycache__" not in inside.parts:
            yield f"qt-scripted-modules/{inside.as_posix()}", file.read_bytes(), False


def main(version, wheel, extension, output):
    assert re.fullmatch(r"\d+\.\d+", version), f"a version of Slicer is such as 5.10, not {version}"
    extension, release = Path(extension), Path(wheel).name.split("-")[1]
    description = described(extension).encode()
    base = f"{NAME}-{release}-Slicer-{version}-linux-amd64"
    with zipfile.ZipFile(wheel) as opened, tarfile.open(Path(output) / f"{base}.tar.gz", "w:gz") as archive:

        def add(place, content, is_program=False):
            entry = tarfile.TarInfo(f"{base}/{place}")
            entry.size, entry.mode = len(content), 0o755 if is_program else 0o644
            archive.addfile(entry, io.BytesIO(content))

        for place, content, is_program in (*from_extension(extension), *from_wheel(opened)):
            add(f"lib/Slicer-{version}/{place}", content, is_program)
        add(f"share/Slicer-{version}/{NAME}.s4ext", description)


if __name__ == "__main__":
    main(*sys.argv[1:])
