"""The batch: two folders, one button, a progress bar."""

from __future__ import annotations

import qt
from BoneMuscleLib import install, recompute
from BoneMuscleLib.batch import Batch
from BoneMuscleLib.refused import Refused

_MILLISECONDS = 100


class BatchView:
    """Measures every CT of a folder with the settings of the panel."""

    def __init__(self, ui, choices):
        self._ui, self._choices, self._batch = ui, choices, None
        self._timer = qt.QTimer()
        self._timer.setInterval(_MILLISECONDS)
        self._timer.connect("timeout()", self._step)
        for path in (ui.batchInputPathLineEdit, ui.batchOutputPathLineEdit):
            path.connect("currentPathChanged(QString)", self.refresh)
        ui.batchButton.connect("clicked()", self._clicked)

    def refresh(self, *_path) -> None:
        """Whether the button can be pressed, and if not why."""
        ui = self._ui
        if self._batch is not None:
            reason = ""
        elif not ui.batchInputPathLineEdit.currentPath:
            reason = "Choose the folder with the CTs first."
        elif not ui.batchOutputPathLineEdit.currentPath:
            reason = "Choose a results folder first."
        else:
            reason = "" if self._choices.anything_is_measured() else "Tick what to measure first: spine, hips or muscle."
        ui.batchButton.setEnabled(not reason)
        busy = "Stops the batch; what was measured stays." if self._batch is not None else "Measures one CT after the other."
        ui.batchButton.setToolTip(reason or busy)

    def cancel(self) -> None:
        """Ends the process that is running."""
        if self._batch is not None:
            self._batch.cancel()
            self._end("The batch was stopped. ")

    def _clicked(self):
        if self._batch is not None:
            self.cancel()
            return
        ui = self._ui
        try:
            install.ensure()
            self._batch = Batch(ui.batchInputPathLineEdit.currentPath, ui.batchOutputPathLineEdit.currentPath, self._settings())
        except Refused as refused:
            ui.batchLabel.setText(str(refused))
            return
        ui.batchButton.setText("Cancel")
        ui.batchProgressBar.setVisible(True)
        self.refresh()
        self._timer.start()

    def _settings(self) -> dict:
        parameters = self._choices.get()
        return parameters.for_core(recompute.site(parameters))

    def _step(self):
        batch, ui = self._batch, self._ui
        batch.step()
        ui.batchProgressBar.setValue(batch.percent)
        ui.batchLabel.setText(f"{batch.done} of {batch.total} done; measuring {batch.current}")
        if not batch.is_busy:
            self._end(batch.problem + " " if batch.problem else "")

    def _end(self, first: str):
        self._timer.stop()
        batch, self._batch = self._batch, None
        ui = self._ui
        failed = f", {batch.failed} of them without a value" if batch.failed else ""
        folder = ui.batchOutputPathLineEdit.currentPath
        ui.batchLabel.setText(
            f"{first}{batch.done} of {batch.total} CTs were measured{failed}. results.csv and cases.csv are in {folder}."
        )
        ui.batchButton.setText("Measure all")
        ui.batchProgressBar.setVisible(False)
        self.refresh()
