"""What was measured in this Slicer: one measurement after the other, each with its volume, its labels and its report."""

from __future__ import annotations

import slicer

from . import chosen_slice, dicom_export, dicom_files, recompute, results, run, segmentation, volume as volumes
from .parameters import Parameters
from .refused import Refused

#: Attribute of a volume whose labels were measured again since the files in its results folder were written.
_EDITED = "BoneMuscle.Edited"


class Session:
    """Everything that the panel does with a volume; whatever cannot be done is a `Refused`."""

    def __init__(self):
        #: Labels as they were measured last, by volume ID, to see what was edited since.
        self._measured: dict[str, segmentation.LabelMap] = {}
        self._temporary: list[str] = []

    def dicom(self, volume) -> tuple[list[str], str]:
        """The DICOM files of a volume, or a sentence why there are none."""
        return dicom_files.files_of(volume, getattr(slicer, "dicomDatabase", None))

    def start(self, module, volume, parameters: Parameters, labels=None, all_checked: bool = False) -> run.Run:
        """Starts measuring; `module` is BoneMuscleCLI's, `labels` a segmentation node in place of a model.

        What a model doubted of `labels` holds, unless the user has looked at every label.
        """
        reason = volumes.reason_not_measurable(volume)
        if reason:
            raise Refused(reason)
        given = None
        if labels is not None:
            # Refuses empty and overlapping segments before a process is started.
            voxels = segmentation.label_map(labels, volume)
            given = run.Given(labels, voxels, None if all_checked else results.doubts(labels))
        return run.Run(module, volume, parameters, self.dicom(volume)[0], given)

    def finish(self, done: run.Run, volume) -> run.Outcome:
        """Takes the results of a run over into the scene, and closes it."""
        try:
            if volume.GetScene() is None:
                raise Refused("The volume was removed while it was measured; nothing was kept.")
            if done.given is not None and done.given.node.GetScene() is None:
                raise Refused("The segmentation was removed while it was measured; nothing was kept.")
            outcome = done.outcome()
            self._store(volume, outcome, done.given)
        except BaseException:
            done.discard()
            raise
        done.close()
        if done.is_temporary:
            self._temporary.append(str(done.folder))
        return outcome

    def recompute(self, volume, parameters: Parameters, all_checked: bool) -> recompute.Recomputed:
        """Measures the segmentation of `volume` as it is now."""
        node = self._segmentation(volume)
        labels = segmentation.label_map(node, volume)
        before, doubts = self._measured.get(volume.GetID()), None if all_checked else results.doubts(node)
        found = recompute.recompute(volume, labels, parameters, self.dicom(volume)[0], before, doubts)
        results.store(volume, found.report)
        self._measured[volume.GetID()] = labels
        volume.SetAttribute(_EDITED, "1")
        return found

    def must_be_written_again(self, volume) -> bool:
        """Whether labels were edited since the DICOM objects were written, or these are gone."""
        return volume.GetAttribute(_EDITED) == "1" or not dicom_export.objects(volume.GetAttribute(results.FOLDER) or "")

    def export(self, volume, import_folder) -> int:
        """Copies the DICOM objects of `volume` into the database, and says how many."""
        return dicom_export.add_to_database(volume.GetAttribute(results.FOLDER) or "", import_folder)

    def areas(self, volume, index: int) -> list[tuple[str, ...]]:
        """Areas of muscle and fat in one slice, as rows of the results table."""
        labels = self._measured.get(volume.GetID())
        if labels is None:
            labels = segmentation.label_map(self._segmentation(volume), volume)
            self._measured[volume.GetID()] = labels
        return chosen_slice.measure(volume, labels, index, results.stored(volume))

    def close(self) -> None:
        """Removes temporary results: they hold data of patients."""
        for folder in self._temporary:
            run.remove_results(folder)
        self._temporary.clear()
        self._measured.clear()

    def _store(self, volume, outcome: run.Outcome, given: run.Given | None) -> None:
        node, labels = (None, None) if given is None else (given.node, given.labels)
        if node is None and outcome.labels is not None:
            node = results.model_segmentation(volume)
            segmentation.fill(node, outcome.labels, outcome.names, volume)
            if node.GetSegmentation().GetNumberOfSegments():
                labels = segmentation.label_map(node, volume)
        if node is not None:
            results.set_segmentation(volume, node)
            results.store_doubts(node, outcome.doubts)
        if labels is not None:
            self._measured[volume.GetID()] = labels
        run.remove_results(volume.GetAttribute(results.FOLDER) or "")
        volume.SetAttribute(results.FOLDER, str(outcome.folder))
        volume.RemoveAttribute(_EDITED)
        results.store(volume, outcome.report)

    def _segmentation(self, volume):
        reason = volumes.reason_not_measurable(volume)
        if reason:
            raise Refused(reason)
        node = results.node(volume, "Segmentation")
        if node is None:
            raise Refused(f"'{volume.GetName()}' has no labels yet; press Apply first.")
        return node
