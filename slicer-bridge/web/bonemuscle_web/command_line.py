"""Runs a program of the Slicer Execution Model on MRML nodes: its images are written to files, its results read back.

Slicer's own logic for that takes a module from C++ only. What stands here is what it does, for one program at a time, with the names of
its node (vtkMRMLCommandLineModuleNode), so that the logic of the panel does not see the difference.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

#: A program that does not stop when asked to is ended.
_PATIENCE_S = 5.0
_PROGRESS = re.compile(r"<filter-progress>([^<]*)</filter-progress>")
_COMMENT = re.compile(r"<filter-comment>([^<]*)</filter-comment>")


@dataclass(frozen=True)
class _Parameter:
    flag: str
    is_output: bool
    #: Of the file that a node is written to; empty for what is no node.
    extension: str


class Program:
    """A command line program, as it describes itself."""

    def __init__(self, path: Path):
        self.path = path
        described = subprocess.run([path, "--xml"], check=True, capture_output=True, text=True).stdout
        self.parameters = dict(_parameters(ElementTree.fromstring(described)))


def _parameters(executable):
    for element in executable.iterfind("parameters/*"):
        name = element.findtext("name")
        if name is None:
            continue
        extension = {"image": ".nrrd", "table": ".tsv"}.get(element.tag, "")
        flag = element.findtext("longflag")
        yield name, _Parameter(f"--{flag}" if flag else "", element.findtext("channel") == "output", extension)


class Run:
    """One run of a program, called as Slicer calls its node. `comment` is what the program says it is doing."""

    Cancelled, Running, Completed, CompletedWithErrors = range(4)

    def __init__(self, program: Program, arguments: dict[str, object]):
        self.comment = ""
        self._progress, self._errors, self._answers = 0.0, "", {}
        self._cancelled = False
        self._status = Run.Running
        self._folder = tempfile.TemporaryDirectory(prefix="BoneMuscle-")
        self._outputs = []
        command = [program.path, "--returnparameterfile", str(self._answer_file), *self._written(program, arguments)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, errors="replace")
        self._readers = [threading.Thread(target=reader, daemon=True) for reader in (self._hear, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def IsBusy(self) -> bool:  # noqa: N802
        """Whether it runs. The first call after its end reads the results into their nodes."""
        if self._status == Run.Running and self._process.poll() is not None and not any(one.is_alive() for one in self._readers):
            self._end()
        return self._status == Run.Running

    def GetStatus(self) -> int:  # noqa: N802
        return self._status

    def GetProgress(self) -> int:  # noqa: N802
        """Percent."""
        return int(self._progress * 100)

    def GetErrorText(self) -> str:  # noqa: N802
        return self._errors

    def GetParameterAsString(self, name: str) -> str:  # noqa: N802
        """What the program answered."""
        return self._answers.get(name, "")

    def Cancel(self) -> None:  # noqa: N802
        """Asks the program to stop, and ends it where it does not."""
        self._cancelled = True
        self.comment = "Cancelling"
        self._process.terminate()
        ending = threading.Timer(_PATIENCE_S, self._process.kill)
        ending.daemon = True
        ending.start()

    def SetHideFromEditors(self, _hide: bool) -> None:  # noqa: N802
        """It is no node of the scene, and so is hidden anyway."""

    def GetScene(self) -> None:  # noqa: N802
        """It is no node of the scene."""

    @property
    def _answer_file(self) -> Path:
        return Path(self._folder.name) / "answers.params"

    def _written(self, program: Program, arguments: dict[str, object]) -> list[str]:
        """The command line, with a file for every node; what has no flag comes last."""
        flagged, placed = [], []
        for name, value in arguments.items():
            parameter = program.parameters[name]
            if parameter.extension:
                value = self._file(name, value, parameter)
            (flagged if parameter.flag else placed).extend([parameter.flag, str(value)] if parameter.flag else [str(value)])
        return [*flagged, *placed]

    def _file(self, name: str, node, parameter: _Parameter) -> Path:
        file = Path(self._folder.name) / f"{name}{parameter.extension}"
        if parameter.is_output:
            self._outputs.append((node, file))
        else:
            storage = _storage(node, file)
            # Compressing takes longer than measuring.
            storage.ConfigureForDataExchange()
            if not storage.WriteData(node):
                raise OSError(f"'{node.GetName()}' could not be written to {file}")
        return file

    def _hear(self) -> None:
        for line in self._process.stdout:
            if found := _PROGRESS.search(line):
                self._progress = float(found[1])
            if (found := _COMMENT.search(line)) and not self._cancelled:
                self.comment = found[1]

    def _read_errors(self) -> None:
        self._errors = self._process.stderr.read()

    def _end(self) -> None:
        self._status = Run.Completed if self._process.returncode == 0 else Run.CompletedWithErrors
        if self._cancelled:
            self._status = Run.Cancelled
        if self._status == Run.Completed:
            for node, file in self._outputs:
                _storage(node, file).ReadData(node)
            lines = self._answer_file.read_text(encoding="utf-8").splitlines()
            self._answers = dict(line.split(" = ", 1) for line in lines if " = " in line)
        self._folder.cleanup()


def _storage(node, file: Path):
    storage = node.CreateDefaultStorageNode()
    storage.SetFileName(str(file))
    return storage
