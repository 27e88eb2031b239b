"""The section of results: values, the calibration line, Recompute and Export."""

from __future__ import annotations

from time import perf_counter

import slicer
from BoneMuscleLib import install, report as reports, results, summary, words
from BoneMuscleLib.refused import Refused

from . import calibration_picture, layout


class ResultView:
    """`say` shows a sentence, `choices` gives parameters, `measuring` starts the program where objects are to be written again."""

    def __init__(self, ui, session, choices, measuring, changed):
        self._ui, self._session, self._choices, self._measuring, self._changed = ui, session, choices, measuring, changed
        self._volume = None
        ui.showButton.connect("clicked()", lambda: layout.show_results(self._volume))
        ui.editButton.connect("clicked()", lambda: layout.edit_segments(self._volume))
        ui.recomputeButton.connect("clicked()", self.recompute)
        ui.exportButton.connect("clicked()", self.export)
        ui.valuesBrowser.setVisible(False)

    def show(self, volume, busy: bool) -> None:
        """The results of `volume`, if there are any."""
        ui = self._ui
        if volume is not self._volume:
            self.labels_are_others()
        self._volume = volume
        report = self._stored(volume)
        measured = report is not None
        segmentation = results.node(volume, "Segmentation") if volume is not None else None
        ui.summaryLabel.setText(summary.sentence(report) if measured else "Nothing was measured yet.")
        ui.valuesBrowser.setVisible(measured)
        if measured:
            ui.valuesBrowser.setHtml(summary.html(report))
        self._show_line(report)
        ui.showButton.setEnabled(measured)
        for button in (ui.editButton, ui.checkedCheckBox):
            button.setEnabled(segmentation is not None)
        self._enable(ui.recomputeButton, _first("" if segmentation else "There are no labels yet; press Apply first.", _busy(busy)),
                     "Measures the edited labels.")
        self._enable(ui.exportButton, _first(self._why_no_export(volume, measured), _busy(busy)),
                     "Adds the structured report and the segmentation to the DICOM database, beside the CT.")

    def labels_are_others(self) -> None:
        """Who has looked at every label has not looked at these."""
        self._ui.checkedCheckBox.setChecked(False)

    def recompute(self) -> None:
        """Measures the labels as they were edited."""
        ui = self._ui
        started = perf_counter()
        try:
            install.ensure()
            found = self._session.recompute(self._volume, self._choices.get(), ui.checkedCheckBox.checked)
        except Refused as refused:
            self._measuring.say(str(refused))
            return
        edited = len(found.edited)
        said = [f"Measured again in {perf_counter() - started:.1f} s; {edited} label{'s were' if edited != 1 else ' was'} edited."]
        if found.withheld:
            said.append(
                f"{found.withheld} finding{'s stay' if found.withheld != 1 else ' stays'} withheld because the model was not sure of labels that "
                "nobody has edited, or has seen no patient so young: look at them and tick the box."
            )
        self._measuring.say(" ".join(said))
        self._changed()

    def export(self) -> None:
        """Adds SR and SEG to the database; where labels were edited, they are written first."""
        volume, ui = self._volume, self._ui
        if not self._session.must_be_written_again(volume):
            self._add(volume)
            return
        self._measuring.start(volume, self._choices.get(), results.node(volume, "Segmentation"), ui.checkedCheckBox.checked, then=self._add)

    def _add(self, volume):
        try:
            from DICOMLib import DICOMUtils

            count = self._session.export(volume, lambda folder: DICOMUtils.importDicom(folder, slicer.dicomDatabase, True))
        except Refused as refused:
            self._measuring.say(str(refused))
            return
        self._measuring.say(f"{count} DICOM objects were added to the database, in the study of the CT.")

    def _why_no_export(self, volume, measured: bool) -> str:
        if not measured:
            return "Nothing was measured yet."
        return self._session.dicom(volume)[1]

    def _show_line(self, report):
        ui = self._ui
        points = reports.calibration_points(report) if report else []
        unit = words.density_unit(report["calibration"]["conversion"]["material"]) if points else ""
        pixmap = calibration_picture.draw(report, points, unit) if points else None
        ui.lineLabel.setText(reports.calibration_sentence(report) if report else "")
        ui.lineLabel.setVisible(report is not None)
        ui.linePicture.setVisible(pixmap is not None)
        if pixmap is not None:
            ui.linePicture.setPixmap(pixmap)

    def _stored(self, volume):
        try:
            return results.stored(volume)
        except Refused as refused:
            self._measuring.say(str(refused))
            return None

    @staticmethod
    def _enable(button, reason: str, tip: str):
        button.setEnabled(not reason)
        button.setToolTip(reason or tip)


def _busy(busy: bool) -> str:
    return "A measurement is running." if busy else ""


def _first(*reasons: str) -> str:
    return next((reason for reason in reasons if reason), "")
