"""Apply, Cancel and everything in between: one measurement in the background at a time."""

from __future__ import annotations

import qt
import slicer
from BoneMuscleLib import install, program
from BoneMuscleLib.refused import Refused


class Measuring:
    """The Apply button, the progress bar and the sentence below them.

    `finished(volume)` is called when results are in the scene.
    """

    def __init__(self, ui, session, finished):
        self._ui, self._session, self._finished = ui, session, finished
        self._run = self._observer = self._volume = self._then = None
        ui.applyButton.setStyleSheet("font-weight: bold; padding: 6px")
        self.say("")

    @property
    def is_busy(self) -> bool:
        """Whether a measurement runs."""
        return self._run is not None

    def start(self, volume, parameters, labels=None, all_checked=False, then=None) -> None:
        """Starts measuring `volume`, as `Session.start`; `then(volume)` follows when that has succeeded."""
        try:
            module = program.cli_module()
            if module is None:
                self.say("Installing the Python package bonemuscle…")
                install.ensure()
                module = program.cli_module()
            self._run = self._session.start(module, volume, parameters, labels, all_checked)
        except Refused as refused:
            self.say(str(refused))
            return
        self._volume, self._then = volume, then
        self._observer = self._run.node.AddObserver("ModifiedEvent", self._progressed)
        self.say("Measuring. Slicer can be used meanwhile.")
        self._show_busy(True)

    def cancel(self) -> None:
        """Stops the process; that it has ended is told as any other end."""
        if self._run is not None:
            self.say("Cancelling…")
            self._run.cancel()

    def check(self) -> None:
        """Stops a measurement whose volume has been removed."""
        if self._run is not None and self._volume.GetScene() is None:
            self._run.cancel()

    def abandon(self) -> None:
        """Stops the process because the panel or the scene goes."""
        if self._run is not None:
            self._run.cancel()
            self._run.node.RemoveObserver(self._observer)
            self._run.discard()
            self._forget()

    def say(self, sentence: str) -> None:
        """Shows a sentence below the button."""
        self._ui.statusLabel.setText(sentence)
        self._ui.statusLabel.setVisible(bool(sentence))

    def _progressed(self, node, _event):
        if self._run is None:
            return
        self._ui.progressBar.setValue(self._run.percent)
        if self._run.is_stopping and self._run.node.GetStatus() == self._run.node.Running:
            self._run.cancel()
        if not self._run.is_busy:
            # Not from within the node's own event: its end removes the node.
            node.RemoveObserver(self._observer)
            qt.QTimer.singleShot(0, self._end)

    def _end(self):
        done, volume, then = self._run, self._volume, self._then
        if done is None:
            return
        self._forget()
        try:
            outcome = self._session.finish(done, volume)
        except Refused as refused:
            self.say(str(refused))
            return
        self.say(outcome.numbering)
        self._finished(volume)
        if then is not None:
            then(volume)

    def _forget(self):
        self._run = self._observer = self._volume = self._then = None
        self._show_busy(False)

    def _show_busy(self, busy: bool):
        self._ui.progressBar.setValue(0)
        self._ui.progressBar.setVisible(busy)
        self._ui.applyButton.setText("Cancel" if busy else "Apply")
        if busy:
            self._ui.applyButton.setEnabled(True)
            self._ui.applyButton.setToolTip("Stops measuring; nothing in the scene is changed.")
        slicer.app.processEvents()
