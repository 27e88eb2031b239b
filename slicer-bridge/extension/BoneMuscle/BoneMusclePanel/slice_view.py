"""The slice through L3: shown, and movable by the user, whose slice it then is."""

from __future__ import annotations

from BoneMuscleLib import chosen_slice, results, table
from BoneMuscleLib.refused import Refused

from . import layout


class SliceView:
    """The slider, the areas of its slice, and the way back to the slice of the report."""

    def __init__(self, ui, session):
        self._ui, self._session = ui, session
        self._volume, self._own, self._setting = None, None, False
        ui.sliceSlider.connect("valueChanged(double)", self._moved)
        ui.sliceButton.connect("clicked()", self._back)
        ui.sliceTableButton.connect("clicked()", self._add_to_table)

    def show(self, volume, report) -> None:
        """The slice of the report; after a recomputation the user's own choice is kept."""
        same = volume is self._volume
        self._volume = volume
        ui = self._ui
        labelled = report is not None and results.node(volume, "Segmentation") is not None
        self._own = chosen_slice.own_index(report, volume) if report is not None else None
        ui.sliceSlider.setEnabled(labelled)
        ui.sliceButton.setEnabled(labelled and self._own is not None)
        if not labelled:
            ui.sliceTableButton.setEnabled(False)
            return
        slices = volume.GetImageData().GetDimensions()[2]
        self._setting = True
        ui.sliceSlider.maximum = slices - 1
        if not same or not 0 <= ui.sliceSlider.value < slices:
            ui.sliceSlider.value = self._own if self._own is not None else slices // 2
        self._setting = False
        self._describe()

    @property
    def own_index(self):
        """The slice of the report; None where it holds none."""
        return self._own

    def _moved(self, _value):
        if not self._setting:
            layout.jump_to_slice(self._volume, self._index())
            self._describe()

    def _back(self):
        self._ui.sliceSlider.value = self._own
        layout.jump_to_slice(self._volume, self._own)

    def _describe(self):
        ui, index = self._ui, self._index()
        place = f"Slice {index + 1}, z {chosen_slice.position_mm(self._volume, index):.1f} mm (LPS)"
        own = index == self._own
        ui.sliceTableButton.setEnabled(not own)
        if own:
            ui.sliceLabel.setText(f"{place}: the slice through the middle of L3 that the report holds.")
            return
        try:
            rows = self._session.areas(self._volume, index)
        except Refused as refused:
            ui.sliceLabel.setText(str(refused))
            ui.sliceTableButton.setEnabled(False)
            return
        lines = "".join(
            f"<tr><td>{quantity.replace(' area', '')}</td><td align='right'>&nbsp;&nbsp;<b>{value or '–'}</b></td><td>&nbsp;{unit if value else 'not measured'}</td></tr>"
            for _, _, quantity, value, unit, *_ in rows
        )
        ui.sliceLabel.setText(f"{place}: <b>your slice</b>, not in the report and not in DICOM.<table cellspacing='0'>{lines}</table>")

    def _add_to_table(self):
        try:
            table.append(results.node(self._volume, "Table"), self._session.areas(self._volume, self._index()))
        except Refused as refused:
            self._ui.sliceLabel.setText(str(refused))

    def _index(self) -> int:
        return int(self._ui.sliceSlider.value)
