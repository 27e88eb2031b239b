"""What the user chose, from the widgets to Parameters and back."""

from __future__ import annotations

from BoneMuscleLib.parameters import CALIBRATIONS, LANGUAGES, MEASUREMENTS, SEXES, Parameters


class Choices:
    """The widgets of image, patient, calibration and advanced choices; `changed` is called when the user touches one of them."""

    def __init__(self, ui, changed):
        self._ui, self._changed, self._setting = ui, changed, False
        self._kinds = tuple(zip((kind for kind, _ in MEASUREMENTS), (ui.lumbarCheckBox, ui.femurCheckBox, ui.muscleCheckBox)))
        for combo, words in ((ui.sexComboBox, SEXES), (ui.languageComboBox, LANGUAGES)):
            for word, text in words:
                combo.addItem(text, word)
        for row, (word, text, tip) in enumerate(CALIBRATIONS):
            ui.calibrationComboBox.addItem(text, word)
            ui.calibrationComboBox.setItemData(row, tip, 3)  # Qt.ToolTipRole
        for box in (ui.sexComboBox, ui.languageComboBox, ui.calibrationComboBox):
            box.connect("currentIndexChanged(int)", self._touched)
        for _, box in self._kinds:
            box.connect("toggled(bool)", self._touched)
        for box in (ui.ageSpinBox, ui.heightSpinBox, ui.weightSpinBox):
            box.connect("valueChanged(double)", self._touched)
        for line in (ui.calibrationIdLineEdit, ui.modelLineEdit):
            line.connect("textChanged(QString)", self._touched)
        for path in (ui.sitePathLineEdit, ui.modelPathLineEdit, ui.resultsPathLineEdit):
            path.connect("currentPathChanged(QString)", self._touched)

    def get(self) -> Parameters:
        """As the widgets stand."""
        ui = self._ui
        chosen = tuple(kind for kind, box in self._kinds if box.checked)
        return Parameters(
            measurements=() if len(chosen) == len(self._kinds) else chosen,
            model=ui.modelLineEdit.text.strip(),
            model_folders=(ui.modelPathLineEdit.currentPath,) if ui.modelPathLineEdit.currentPath else (),
            calibration=ui.calibrationComboBox.currentData,
            calibration_id=ui.calibrationIdLineEdit.text.strip(),
            site=ui.sitePathLineEdit.currentPath,
            height_m=round(ui.heightSpinBox.value, 3),
            weight_kg=round(ui.weightSpinBox.value, 2),
            age_years=int(ui.ageSpinBox.value),
            sex=ui.sexComboBox.currentData,
            language=ui.languageComboBox.currentData,
            results_folder=ui.resultsPathLineEdit.currentPath,
        )

    def set(self, parameters: Parameters) -> None:
        """Shows them, without calling `changed`."""
        ui = self._ui
        self._setting = True
        try:
            for kind, box in self._kinds:
                box.setChecked(not parameters.measurements or kind in parameters.measurements)
            for combo, word in (
                (ui.sexComboBox, parameters.sex),
                (ui.languageComboBox, parameters.language),
                (ui.calibrationComboBox, parameters.calibration),
            ):
                combo.setCurrentIndex(max(0, combo.findData(word)))
            ui.modelLineEdit.setText(parameters.model)
            ui.modelPathLineEdit.setCurrentPath(parameters.model_folders[0] if parameters.model_folders else "")
            ui.calibrationIdLineEdit.setText(parameters.calibration_id)
            ui.sitePathLineEdit.setCurrentPath(parameters.site)
            ui.resultsPathLineEdit.setCurrentPath(parameters.results_folder)
            ui.heightSpinBox.setValue(parameters.height_m)
            ui.weightSpinBox.setValue(parameters.weight_kg)
            ui.ageSpinBox.setValue(parameters.age_years)
        finally:
            self._setting = False
        self._show_what_applies(parameters)

    def anything_is_measured(self) -> bool:
        """Whether a kind of measurement is ticked."""
        return any(box.checked for _, box in self._kinds)

    def _touched(self, *_value):
        if not self._setting:
            self._show_what_applies(self.get())
            self._changed()

    def _show_what_applies(self, parameters: Parameters):
        named = parameters.calibration_has_a_name
        self._ui.calibrationIdLineEdit.setVisible(named)
        self._ui.calibrationIdLabel.setVisible(named)
        tip = next((tip for word, _, tip in CALIBRATIONS if word == parameters.calibration), "")
        self._ui.calibrationComboBox.setToolTip(tip)
