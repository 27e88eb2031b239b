"""Every CT of a folder, one after the other, each in a process of its own: a CT that cannot be measured costs only itself."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from .refused import Refused

IMAGES = (".nrrd", ".nii", ".nii.gz")
#: Label maps lie beside images and are none.
_NO_IMAGES = (".seg.nrrd", "labels.nrrd", "labels.nii", "labels.nii.gz")
RESULTS, CASES = "results.csv", "cases.csv"
_CHILD = Path(__file__).with_name("batch_case.py")


@dataclass(frozen=True)
class Case:
    """One CT: a folder of DICOM files, or an image file. `name` is its path below the chosen folder."""

    name: str
    path: Path

    @property
    def is_dicom(self) -> bool:
        """Whether it is a folder of DICOM files."""
        return self.path.is_dir()


def cases(folder: Path, without: Path | None = None) -> list[Case]:
    """The CTs below `folder`, by name.

    The folder itself is one, where it holds DICOM files; else every folder in it that holds some, at any depth, since a study may have
    folders for its series. Every NRRD or NIfTI file is one. `without`, the results folder, is left out.
    """
    skipped = without.resolve() if without else None
    found = [Case(".", folder)] if any(_is_dicom(file) for file in _files_in(folder)) else []
    for entry in sorted(folder.iterdir()) if not found else ():
        if entry.is_dir() and entry.resolve() != skipped and any(_is_dicom(file) for file in _files_below(entry, skipped)):
            found.append(Case(entry.name, entry))
    for file in _files_below(folder, skipped):
        name = file.name.lower()
        if name.endswith(IMAGES) and not name.endswith(_NO_IMAGES):
            found.append(Case(str(file.relative_to(folder)), file))
    return found


class Batch:
    """A batch that has been started. Call `step` now and then, while `is_busy`; `cancel` ends it."""

    def __init__(self, folder: str, output: str, settings: dict):
        """`settings` are the core's."""
        source, self._output = Path(folder), Path(output)
        if not folder or not source.is_dir():
            raise Refused(f"The folder '{folder}' does not exist; choose one with CTs.")
        try:
            self._output.mkdir(parents=True, exist_ok=True)
            self._waiting = deque(cases(source, self._output))
            self.total = len(self._waiting)
            self._tables = _Tables(self._output)
        except OSError as error:
            raise Refused(f"'{error.filename or output}' cannot be used ({error.strerror or error}); choose another folder.") from error
        if not self.total:
            raise Refused(f"'{folder}' holds no DICOM, NRRD or NIfTI file; choose a folder with CTs.")
        self._settings = settings
        self._child: _Child | None = None
        self.done, self.failed, self.problem = 0, 0, ""

    @property
    def is_busy(self) -> bool:
        """Whether there is anything left to do."""
        return self._child is not None or bool(self._waiting)

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100."""
        part = self._child.fraction if self._child else 0.0
        return int(100 * (self.done + part) / self.total)

    @property
    def current(self) -> str:
        """The CT that is being measured."""
        return self._child.case.name if self._child else ""

    def step(self) -> None:
        """Takes over what has ended and starts the next."""
        try:
            if self._child is not None:
                if self._child.is_busy:
                    return
                self._take_over(self._child)
                self._child = None
            if self._waiting:
                case = self._waiting.popleft()
                self._child = _Child(case, self._output / _folder_name(case), self._settings)
        except OSError as error:
            self.problem = f"The batch ended early: '{error.filename or self._output}' cannot be used ({error.strerror or error})."
            self.cancel()

    def cancel(self) -> None:
        """Ends the process and forgets the rest; what was measured stays."""
        self._waiting.clear()
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _take_over(self, child: _Child) -> None:
        sentence = child.sentence()
        self.done += 1
        self.failed += bool(sentence)
        self._tables.add(child.case, child.folder / RESULTS, sentence)


class _Child:
    """The process that measures one case."""

    def __init__(self, case: Case, folder: Path, settings: dict):
        self.case, self.folder, self.fraction = case, folder, 0.0
        folder.mkdir(parents=True, exist_ok=True)
        self._errors = tempfile.TemporaryFile()
        task = json.dumps({"path": str(case.path), "dicom": case.is_dicom, "folder": str(folder), "settings": settings})
        self._process = subprocess.Popen(
            [_python(), str(_CHILD)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=_environment(), text=True, encoding="utf-8",
        )
        self._reader = Thread(target=self._read, args=(task,), daemon=True)
        self._reader.start()

    @property
    def is_busy(self) -> bool:
        return self._process.poll() is None or self._reader.is_alive()

    def sentence(self) -> str:
        """Why nothing was measured; empty where it was."""
        if self._process.returncode == 0:
            return ""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "The process ended without a word; it may have been stopped from outside, or memory ran out."

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self, task: str):
        try:
            with self._process.stdin as given:
                given.write(task)
        except OSError:
            # It ended before it listened, and its own words say why.
            pass
        for line in self._process.stdout:
            self.fraction = float(line)
        self._process.stdout.close()


class _Tables:
    """results.csv with the values of all cases, and cases.csv with what became of each."""

    def __init__(self, folder: Path):
        self._files = folder / RESULTS, folder / CASES
        self._has_header = False
        for file in self._files:
            file.write_text("", encoding="utf-8")
        self._append(self._files[1], [["case", "outcome"]])

    def add(self, case: Case, table: Path, sentence: str) -> None:
        self._append(self._files[1], [[case.name, sentence or "measured"]])
        if sentence or not table.is_file():
            return
        with open(table, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if not self._has_header:
            self._append(self._files[0], [["case", *header]])
            self._has_header = True
        self._append(self._files[0], ([case.name, *row] for row in rows))

    @staticmethod
    def _append(file: Path, rows) -> None:
        with open(file, "a", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(rows)


def _python() -> str:
    """Slicer's own Python; within Slicer sys.executable may be the application."""
    return shutil.which("PythonSlicer") or sys.executable


def _environment() -> dict[str, str]:
    import bonemuscle

    package = str(Path(bonemuscle.__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))}


def _folder_name(case: Case) -> str:
    """Of the results of a case; nested paths become one name."""
    return "case" if case.name == "." else case.name.replace("/", "_").replace("\\", "_")


def _is_dicom(file: Path) -> bool:
    try:
        with open(file, "rb") as opened:
            return opened.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file())


def _files_below(folder: Path, skipped: Path | None):
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if (Path(place) / name).resolve() != skipped)
        yield from (Path(place) / name for name in sorted(names))
