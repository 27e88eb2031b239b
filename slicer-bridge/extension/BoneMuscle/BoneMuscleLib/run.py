"""One measurement by BoneMuscleCLI, in a process of its own: Slicer stays usable, and survives whatever happens there."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import slicer

from . import dicom_files, report
from .parameters import Parameters
from .refused import Refused
from .segmentation import LabelMap

#: What a run calls its results; DICOM objects lie beside them.
REPORT, NAMES, RESULTS = "report.json", "labels.json", "results"
_SCRATCH = "BoneMuscle-"
#: Slicer writes digits as letters in the names of temporary files.
_LETTERS = str.maketrans("0123456789", "ABCDEFGHIJ")


@dataclass
class Given:
    """Labels in place of a model's."""

    #: A segmentation.
    node: object
    #: Its voxels on those of the volume.
    labels: LabelMap
    #: What a model doubts of them; None where no model made them, or somebody has looked at all.
    doubts: dict | None


@dataclass
class Outcome:
    """What a run gave. `folder` holds page, table and, where DICOM is known, SR and SEG."""

    report: dict
    #: Hidden label map node; None where nothing could be labelled.
    labels: object
    #: Structure name with side by label value.
    names: dict[int, str]
    #: What the model doubts of its labels, as the program wrote it; None where no model made them.
    doubts: dict | None
    folder: Path
    #: A sentence about the numbering of the vertebrae, where it is in doubt.
    numbering: str


class Run:
    """A measurement that has been started. `is_busy` until `outcome` may be asked for; then `close`, or `discard`."""

    def __init__(self, module, volume, parameters: Parameters, dicom: list[str] = (), given: Given | None = None):
        """`module` is that of BoneMuscleCLI, `dicom` the files of `volume`."""
        self._scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=temporary_folder()))
        self.is_temporary = not parameters.results_folder
        self._labels = self._handed = self.node = None
        #: Labels that are measured in place of a model's.
        self.given = given
        #: Whether `cancel` was called. Slicer forgets it of a run that was only scheduled: while this is busy, call it again.
        self.is_stopping = False
        try:
            self.folder = _writable(parameters.results_folder or self._scratch / RESULTS)
            self._labels = _hidden_label_map(f"{volume.GetName()} labels")
            arguments = self._arguments(volume, parameters, dicom) | self._labels_given(volume)
            self._named = [node for node in (volume, arguments.get("labels")) if node is not None]
            if "labels" in arguments:
                # Labels that are there are not made by a model.
                arguments.pop("model", None)
            self.node = slicer.cli.run(module, None, arguments, update_display=False)
            if self.node is None:
                raise Refused("Slicer could not start BoneMuscleCLI; the error log (View > Error Log) says why.")
            self.node.SetHideFromEditors(True)
        except BaseException:
            self.discard()
            raise

    @property
    def is_busy(self) -> bool:
        """Whether it waits, runs, or its results are still being read."""
        return bool(self.node.IsBusy())

    @property
    def percent(self) -> int:
        """How much is done, 0 to 100."""
        return int(self.node.GetProgress())

    @property
    def is_cancelled(self) -> bool:
        """Whether the user stopped it."""
        return self.node.GetStatus() == self.node.Cancelled

    def cancel(self) -> None:
        """Ends the process; nothing in the scene has been changed."""
        self.is_stopping = True
        if self.node is not None and self.is_busy:
            self.node.Cancel()

    def outcome(self) -> Outcome:
        """The results of a run that has ended; refuses where there are none."""
        if self.is_cancelled:
            raise Refused("Cancelled. Nothing was changed.")
        file = self._scratch / REPORT
        if not file.is_file():
            raise Refused(self._with_names(_why(self.node.GetErrorText())))
        found = report.read(file)
        image = self._labels.GetImageData()
        labels = self._labels if image is not None and image.GetNumberOfPoints() else None
        return Outcome(found, labels, *_name_table(self.folder), self.folder, self.node.GetParameterAsString("numbering"))

    def close(self) -> None:
        """Removes what the run needed; what lies in the results folder stays."""
        for node in (self.node, self._labels, self._handed):
            if node is not None and node.GetScene() is not None:
                slicer.mrmlScene.RemoveNode(node)
        for entry in self._scratch.glob("*"):
            if entry.is_file():
                entry.unlink()
        if not self.is_temporary:
            shutil.rmtree(self._scratch, ignore_errors=True)

    def discard(self) -> None:
        """As `close`, for a run that gave nothing: temporary results go as well."""
        self.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _with_names(self, sentence: str) -> str:
        """The sentence with the names of nodes in place of the files that Slicer wrote for them."""
        for node in self._named:
            sentence = re.sub(rf"\S*_{node.GetID().translate(_LETTERS)}\.\w+", f"'{node.GetName()}'", sentence)
        return sentence

    def _arguments(self, volume, parameters: Parameters, dicom: list[str]) -> dict[str, object]:
        arguments = {
            **parameters.for_cli(),
            "inputVolume": volume,
            "outputLabels": self._labels,
            "outputReport": str(self._scratch / REPORT),
            "outputFolder": str(self.folder),
        }
        if dicom:
            file = self._scratch / "dicom.txt"
            dicom_files.write_list(list(dicom), str(file))
            arguments["dicomList"] = str(file)
        return arguments

    def _labels_given(self, volume) -> dict[str, object]:
        """A segmentation as it is; with doubts as a label map, because the file of a segmentation has no place for them."""
        given = self.given
        if given is None:
            return {}
        if given.doubts is None:
            return {"labels": given.node}
        self._handed = _hidden_label_map(given.node.GetName())
        slicer.util.updateVolumeFromArray(self._handed, given.labels.voxels)
        self._handed.CopyOrientation(volume)
        names = self._scratch / "names.json"
        names.write_text(json.dumps(given.labels.name_table(given.doubts)), encoding="utf-8")
        return {"labels": self._handed, "labelNames": str(names)}


def temporary_folder() -> str:
    """Where this Slicer keeps what ends with it; the system's folder where there is no application."""
    app = getattr(slicer, "app", None)
    return app.temporaryPath if app is not None else tempfile.gettempdir()


def _writable(folder) -> Path:
    """The folder, made where it is missing."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refused(f"Nothing can be written into '{folder}' ({error.strerror or error}); choose another results folder.") from error
    return folder


def _hidden_label_map(name: str):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", name)
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    return node


def _name_table(folder: Path) -> tuple[dict[int, str], dict | None]:
    """Names by label value, and the doubts of the model (`plugin-core/schema/label-names.schema.json`)."""
    file = folder / NAMES
    if not file.is_file():
        return {}, None
    table = json.loads(file.read_text(encoding="utf-8"))
    doubts = table.pop("doubts", None)
    return {int(value): name for value, name in table.items()}, doubts


def _why(errors: str) -> str:
    """The program's own sentence, of which Slicer makes several lines."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    said = [line for line in lines if not line.endswith("standard error:")]
    if said:
        return said[-1]
    return (
        "BoneMuscleCLI ended without a result and without a word; it may have been stopped from outside, or memory ran out. "
        "Nothing was changed; press Apply to try again."
    )


def remove_results(folder: str) -> None:
    """Removes the temporary results of an earlier run; a folder that the user chose is left alone."""
    path = Path(folder) if folder else None
    if path is not None and path.name == RESULTS and path.parent.name.startswith(_SCRATCH):
        shutil.rmtree(path.parent, ignore_errors=True)
