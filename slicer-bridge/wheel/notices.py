"""Writes the notices of every crate that is linked into programs of this workspace: notices.py OUTPUT CRATE..."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("LICEN", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")


def metadata():
    target = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout
    host = next(line.split(": ")[1] for line in target.splitlines() if line.startswith("host: "))
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--filter-platform", host]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def linked(found, names):
    """Packages that the named ones link, themselves not counted; what only builds or tests them is not linked."""
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    packages = {package["id"]: package for package in found["packages"]}
    pending = [package["id"] for package in found["packages"] if package["name"] in names and package["source"] is None]
    assert len(pending) == len(names), f"not all of {names} are crates of this workspace"
    seen = set(pending)
    while pending:
        for dependency in nodes[pending.pop()]["deps"]:
            if dependency["pkg"] not in seen and any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                seen.add(dependency["pkg"])
                pending.append(dependency["pkg"])
    outside = [packages[one] for one in seen if packages[one]["source"] is not None]
    return sorted(outside, key=lambda package: (package["name"], package["version"]))


def texts(package):
    """The crate's own licence files and those of the C and C++ sources in it."""
    folder = Path(package["manifest_path"]).parent
    files = [*folder.glob("*"), *folder.glob("*/*"), *folder.glob("*/*/*")]
    named = [file for file in files if file.is_file() and file.name.upper().startswith(NAMES) and file.suffix != ".rs"]
    return {file.read_text(errors="replace").strip() for file in named}


def main(output, *names):
    crates_of, lines = {}, ["Crates that are linked in, with their licences, then the texts.", ""]
    for package in linked(metadata(), names):
        label = f"{package['name']} {package['version']}"
        lines.append(f"{label}: {package['license'] or 'see its text'} ({package['repository'] or 'no address'})")
        for text in sorted(texts(package)):
            crates_of.setdefault(text, []).append(label)
    for text, crates in sorted(crates_of.items(), key=lambda item: item[1]):
        lines += ["", "-" * 80, ", ".join(crates), "-" * 80, text]
    Path(output).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
