"""The library, what it is given and what it gives."""

import contextlib
import ctypes
import dataclasses
import json
import os
import threading
from ctypes import byref, c_char_p, c_size_t, c_void_p
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from . import _places
from ._error import Error, Status
from ._functions import Functions, Progress
from ._image import Image

StrPath = Union[str, "os.PathLike[str]"]


@dataclasses.dataclass
class Result:
    """What a run gave."""

    report: dict
    """The report (plugin-core/schema/report.schema.json), or what was labelled."""
    files: "dict[str, bytes]"
    """By name what `settings["outputs"]` asked for, such as `report.pdf`, and always `report.json` and `results.csv` of a measurement."""


class Library:
    """libbonemuscle, loaded. May be used from several threads at once; measuring holds no lock of Python's."""

    def __init__(self, path: Optional[StrPath] = None):
        """Loads the library at `path`; without one that which BONEMUSCLE_LIBRARY names, else that of this installation."""
        self._functions = Functions(Path(path if path is not None else _places.library()).resolve())

    @property
    def version(self) -> str:
        """The version that every report names."""
        return self._functions.version().decode()

    def measure(
        self,
        volume: Union[Image, StrPath, None] = None,
        labels: Optional[Image] = None,
        names: Optional[Mapping[Any, str]] = None,
        folder: Optional[StrPath] = None,
        files: Optional[Iterable[StrPath]] = None,
        settings: Optional[Mapping[str, Any]] = None,
        progress: Optional[Callable[[str, float], bool]] = None,
    ) -> Result:
        """Measures a CT.

        `volume`: Hounsfield units in memory, or the path of an .nrrd, .nii or .nii.gz file that holds them. `labels`: whole numbers on a
        grid of their own; `names` says what they mean: `{1: "l3", 2: "gluteus_maximus_left"}`. `folder`, `files`: DICOM files of one study;
        with a volume as well, the DICOM series is measured after it was compared with the volume. `settings`: what
        plugin-core/src/settings.rs describes. `progress` is told the stage and the fraction of the whole run done, by threads of the
        library, never twice at once, and answers False to cancel; what it raises cancels and is raised here.

        Raises `Error`.
        """
        return self._run(self._functions.measure, volume, labels, names, folder, files, settings, progress)

    def segment(
        self,
        volume: Union[Image, StrPath, None] = None,
        folder: Optional[StrPath] = None,
        files: Optional[Iterable[StrPath]] = None,
        settings: Optional[Mapping[str, Any]] = None,
        progress: Optional[Callable[[str, float], bool]] = None,
    ) -> Result:
        """Labels a CT as `measure` would, and measures nothing: the label map and its names are files of the result."""
        return self._run(self._functions.segment, volume, None, None, folder, files, settings, progress)

    def _run(self, function, volume, labels, names, folder, files, settings, progress) -> Result:
        listener = _Listener(progress)
        with self._inputs() as inputs:
            self._fill(inputs, volume, labels, names, folder, files)
            result = c_void_p()
            try:
                status = function(inputs, _json(settings or {}), listener.heard, None, byref(result))
                # What the host's function raised says more than that the run was cancelled.
                if listener.raised is not None:
                    raise listener.raised
                self._check(status)
                return Result(json.loads(self._functions.result_json(result)), dict(self._files(result)))
            finally:
                self._functions.result_free(result)

    @contextlib.contextmanager
    def _inputs(self):
        inputs = c_void_p()
        self._check(self._functions.inputs_new(byref(inputs)))
        try:
            yield inputs
        finally:
            self._functions.inputs_free(inputs)

    def _fill(self, inputs, volume, labels, names, folder, files):
        if isinstance(volume, Image):
            self._check(self._functions.inputs_set_volume(inputs, byref(volume._c)))
        elif volume is not None:
            self._check(self._functions.inputs_set_volume_file(inputs, _path(volume)))
        if labels is not None:
            table = {str(value): name for value, name in (names or {}).items()}
            self._check(self._functions.inputs_set_labels(inputs, byref(labels._c), _json(table)))
        if folder is not None:
            self._check(self._functions.inputs_add_folder(inputs, _path(folder)))
        for file in files or ():
            self._check(self._functions.inputs_add_file(inputs, _path(file)))

    def _files(self, result):
        for index in range(self._functions.result_file_count(result)):
            name, media_type, data, size = c_char_p(), c_char_p(), c_void_p(), c_size_t()
            self._check(self._functions.result_file(result, index, byref(name), byref(media_type), byref(data), byref(size)))
            yield name.value.decode(), ctypes.string_at(data, size.value)

    def _check(self, status: int):
        if status != 0:
            raise Error(Status(status), self._functions.last_error().decode())


class _Listener:
    """Between the library's threads and the caller's function."""

    def __init__(self, progress):
        self._progress, self._alone, self.raised = progress, threading.Lock(), None
        # Without a function there is nothing to call, and no lock of Python's to wait for.
        self.heard = Progress(self._hear) if progress is not None else Progress()

    def _hear(self, stage, fraction, _user_data):
        with self._alone:
            if self.raised is not None:
                return 0
            try:
                answer = self._progress(stage.decode(), fraction)
            except BaseException as error:
                self.raised = error
                return 0
        # A function that answers nothing has not cancelled.
        return 1 if answer is None else bool(answer)


def _json(value) -> bytes:
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise Error(Status.SETTINGS, f"the settings cannot be written as JSON: {error}") from None


def _path(path) -> bytes:
    text = os.fspath(path)
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise Error(Status.INVALID_ARGUMENT, f"the path {text!r} is not UTF-8") from None
    if b"\0" in encoded:
        raise Error(Status.INVALID_ARGUMENT, f"the path {text!r} holds a NUL character")
    return encoded
