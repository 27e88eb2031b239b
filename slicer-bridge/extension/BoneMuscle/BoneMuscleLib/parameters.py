"""What the user chose, kept in the module's parameter node so that a saved scene remembers it.

Lengths are metres, masses kilograms, ages years; 0 means that nobody said, and nothing is assumed in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from .refused import Refused

#: In the order of the chooser: the core's word, what the chooser says, what its tool tip says.
CALIBRATIONS = (
    ("auto", "Automatic", "A density phantom in the scan; else a stored calibration or mapping of the site; else values in HU."),
    ("phantom", "Density phantom in the scan", "The rods are found by the program; the fitted line is shown after measuring."),
    ("stored", "Stored calibration of the scanner", "A line from the site file, made with a phantom on this scanner and protocol."),
    ("internal", "Patient's own tissues, by the site's mapping", "A mapping from the site file, learnt from scans with a phantom."),
    ("physics", "Patient's own tissues, by tables alone", "Attenuation tables without any phantom: low confidence, no categories."),
    ("none", "None: values in HU", "No density is given, and no score that rests on one."),
)

#: The core's word and the words of the check box.
MEASUREMENTS = (
    ("lumbar-bmd", "Lumbar vertebrae"),
    ("femur-bmd", "Proximal femora"),
    ("muscle", "Muscles and the slice through L3"),
)

SEXES = (("unknown", "Not stated"), ("F", "Female"), ("M", "Male"))
LANGUAGES = (("en", "English"), ("ja", "Japanese"))

#: Ways of calibrating of which a site may have several, and the core's key for the name of one.
_NAMED_BY = {"phantom": "phantom", "stored": "id", "internal": "mapping"}

_LIST_SEPARATOR = "\n"


@dataclass(frozen=True)
class Parameters:
    """Everything that BoneMuscleCLI is told besides images; the defaults are the core's own."""

    #: Words of MEASUREMENTS; empty: everything that the labels allow.
    measurements: tuple[str, ...] = ()
    #: A model by name; empty: the one that fits.
    model: str = ""
    #: Folders with models of the site.
    model_folders: tuple[str, ...] = ()
    #: A word of CALIBRATIONS.
    calibration: str = "auto"
    #: Which phantom, stored calibration or mapping; empty: the one that fits.
    calibration_id: str = ""
    #: JSON file with the site's phantoms, calibrations, mappings and reference values.
    site: str = ""
    height_m: float = 0.0
    weight_kg: float = 0.0
    age_years: int = 0
    #: A word of SEXES.
    sex: str = "unknown"
    #: Language of the report page.
    language: str = "en"
    #: Where page, table and DICOM objects are left; empty: a temporary folder that ends with the scene.
    results_folder: str = ""

    @staticmethod
    def of_node(node) -> Parameters:
        """Those of a parameter node; what it does not hold has its default."""
        values = {field.name: node.GetParameter(field.name) for field in fields(Parameters)}
        return Parameters(**{name: _parsed(name, text) for name, text in values.items() if text})

    def to_node(self, node) -> None:
        """Writes all of them, as one change of the node."""
        before = node.StartModify()
        for field in fields(self):
            node.SetParameter(field.name, _printed(getattr(self, field.name)))
        node.EndModify(before)

    def for_cli(self) -> dict[str, object]:
        """As BoneMuscleCLI's parameters are called; what nobody chose is left out."""
        texts = {
            "measurements": _vector("measurements", self.measurements),
            "model": self.model,
            "modelFolders": _vector("model folders", self.model_folders),
            "site": self.site,
            "calibration": self.calibration,
            "calibrationId": self.calibration_id if self.calibration_has_a_name else "",
            "sex": self.sex,
            "language": self.language,
        }
        numbers = {"height": float(self.height_m), "weight": float(self.weight_kg), "age": float(self.age_years)}
        return {name: value for name, value in {**texts, **numbers}.items() if value}

    @property
    def calibration_has_a_name(self) -> bool:
        """Whether `calibration_id` means anything."""
        return self.calibration in _NAMED_BY

    def for_core(self, site: dict | None = None, labelled: bool = False) -> dict[str, object]:
        """As the core's settings, whose keys stand in plugin-core/src/settings.rs.

        `site` is the content of the site file; `labelled` says that there are labels, so that no model makes any.
        """
        patient = {
            "height_m": self.height_m,
            "weight_kg": self.weight_kg,
            "age_years": self.age_years,
            "sex": "" if self.sex == "unknown" else self.sex,
        }
        calibration = {"method": self.calibration}
        if self.calibration_has_a_name and self.calibration_id:
            calibration[_NAMED_BY[self.calibration]] = self.calibration_id
        settings = {
            "measurements": list(self.measurements),
            "patient": {name: value for name, value in patient.items() if value},
            "calibration": calibration,
            "language": self.language,
        }
        if self.model and not labelled:
            settings["segmentation"] = {"source": "model", "name": self.model}
        if site:
            settings["site"] = site
        return settings


def _printed(value: object) -> str:
    return _LIST_SEPARATOR.join(value) if isinstance(value, tuple) else str(value)


def _parsed(name: str, text: str) -> object:
    default = getattr(Parameters, name)
    if isinstance(default, tuple):
        return tuple(text.split(_LIST_SEPARATOR))
    try:
        return type(default)(text)
    except ValueError:
        # A scene is a file that anybody may have written; what is no number says nothing.
        return default


def _vector(what: str, words: tuple[str, ...]) -> str:
    """A string-vector of the command line, whose separator is the comma."""
    with_comma = [word for word in words if "," in word]
    if with_comma:
        raise Refused(f"The {what} hold a name with a comma, '{with_comma[0]}', which Slicer cannot hand on; rename it.")
    return ",".join(words)
