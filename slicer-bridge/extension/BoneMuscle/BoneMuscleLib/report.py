"""The core's report (plugin-core/schema/report.schema.json) as rows and sentences. Numbers stay the report's own, to the last digit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from . import structures, words
from .refused import Refused

SCHEMA = "bonemuscle-report/1"


@dataclass(frozen=True)
class Row:
    """A value, or one that could not be given: then `value` is empty and `remark` says why."""

    #: Names of the report.
    structure: str
    side: str
    region: str
    quantity: str
    #: Digits of the report.
    value: str
    #: As people write it.
    unit: str
    method: str
    remark: str

    def words(self) -> tuple[str, ...]:
        """As a table shows it."""
        said = structures.label(self.structure, self.side)
        return (said, words.region(self.region), words.quantity(self.quantity), self.value, self.unit, self.method, self.remark)


def read(file: str | Path) -> dict:
    """A report from its file."""
    try:
        report = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"The report could not be read: {error}") from error
    return checked(report)


def checked(report: object) -> dict:
    """`report`, if it is one that this version knows."""
    schema = report.get("schema") if isinstance(report, dict) else None
    if schema != SCHEMA:
        raise Refused(f"The report has the schema '{schema}'; this extension reads '{SCHEMA}'. Update the extension or the package.")
    return report


def rows(report: dict) -> list[Row]:
    """Values, missing values and what criteria say, in the order of the report."""
    found = []
    for finding in report["findings"]:
        where = finding["structure"], finding["side"] if finding["side"] != "none" else ""
        for one in finding["measurements"]:
            found.append(Row(*where, one["region"], one["quantity"], _digits(one), words.unit(one["unit"]), one["method"], _spread(one)))
        for one in finding["not_measured"]:
            for name in [*one["quantities"], *one["criteria"]]:
                found.append(Row(*where, one["region"], name, "", "", "", f"not measured: {one['reason']}"))
        for one in finding["assessments"]:
            found.append(Row(*where, one["region"], one["criterion"], one["category"].replace("_", " "), "", "", one["sentence"]))
    return found


def counts(report: dict) -> tuple[int, int]:
    """How many values were measured, and how many could not be given."""
    measured = sum(len(finding["measurements"]) for finding in report["findings"])
    missing = sum(len(one["quantities"]) for finding in report["findings"] for one in finding["not_measured"])
    return measured, missing


def value(report: dict, structure: str, region: str, quantity: str, side: str = "none") -> float | None:
    """One value; None where it was not measured."""
    for finding in report["findings"]:
        if (finding["structure"], finding["side"]) == (structure, side):
            for one in finding["measurements"]:
                if (one["region"], one["quantity"]) == (region, quantity):
                    return one["value"]
    return None


def remarks(report: dict) -> list[str]:
    """What the gates say of the image as a whole, warnings first."""
    order = {"block": 0, "warning": 1, "info": 2}
    said = sorted(report["quality"], key=lambda one: order.get(one["severity"], 3))
    return [f"{words.SEVERITIES[one['severity']]}: {one['message']}" for one in said]


def calibration_sentence(report: dict) -> str:
    """How HU became density: where the line is from, the line, and how well it fits, each on a line of its own."""
    calibration = report["calibration"]
    if calibration["method"] == "none":
        return "Values are in HU: there is no calibration, and no density is given."
    line = calibration["conversion"]
    curve = f"{_signed(line['curvature'])} HU² " if line.get("curvature") else ""
    formula = f"density = {line['slope']:.5g} HU {curve}{_signed(line['intercept'])} {words.density_unit(line['material'])}"
    quality = [f"R² {calibration['r_squared']:.5f}"] if calibration.get("r_squared") is not None else []
    if calibration.get("residual_sd") is not None:
        quality.append(f"residual SD {calibration['residual_sd']:.3g}")
    source = {
        "phantom": lambda: f"phantom {calibration['phantom']} in the scan, {len(calibration['rods'])} rods",
        "stored": lambda: f"stored calibration {calibration['id']} of {calibration['date']}, expires {calibration['expires']}",
        "internal": lambda: f"the patient's tissues by the mapping {calibration['mapping']}",
        "physics": lambda: "the patient's tissues by tables alone: low confidence",
    }[calibration["method"]]()
    return "\n".join([f"{source[0].upper()}{source[1:]}", formula, *([", ".join(quality)] if quality else [])])


def calibration_points(report: dict) -> list[tuple[float, float]]:
    """HU and density of what the line was fitted through; empty where the report does not hold them."""
    return [(rod["hu"], rod["density"]) for rod in report["calibration"].get("rods", [])]


def _signed(number: float) -> str:
    return f"{'−' if number < 0 else '+'} {abs(number):.5g}"


def _digits(one: dict) -> str:
    return json.dumps(one["value"])


def _spread(one: dict) -> str:
    deviation = one.get("standard_deviation")
    return f"± {json.dumps(deviation)} over the passes of the model" if deviation is not None else ""
