"""Compares the faces of a report with the oracle and with each other."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter

import highdicom as hd
import numpy as np
import pydicom

from oracle import Ct, FemurSettings, Landmarks, Masks, expected
from readers import calibration_numbers, uncertainties
from scores import compare_categories, expected_scores

RELATIVE = 0.005

Key = tuple[str, str, str, str]


def keyed(rows: list[dict]) -> dict[Key, dict]:
    """`(structure, side, region, quantity)` to row; where several methods give the same quantity, it is followed by the method."""
    key = lambda row: (row["structure"], row["side"] or "none", row["region"], row["quantity"])
    count = Counter(map(key, rows))
    named = {(*key(row)[:3], f"{row['quantity']} {row['method']}") if count[key(row)] > 1 else key(row): row for row in rows}
    assert len(named) == len(rows), "a value is stated twice"
    return named


def report_values(report: dict) -> dict[Key, float]:
    rows = [{**finding, **one} for finding in report["findings"] for one in finding["measurements"]]
    return {key: row["value"] for key, row in keyed(rows).items()}


def report_gates(report: dict) -> dict[Key, set[str]]:
    """The same keys, without methods, to the codes of the gates that withheld the value."""
    gates: dict = {}
    for finding in report["findings"]:
        for refusal in finding["not_measured"]:
            for quantity in refusal["quantities"]:
                key = (finding["structure"], finding["side"], refusal["region"], quantity)
                gates.setdefault(key, set()).add(refusal["code"])
    return gates


def landmarks(report: dict) -> dict[str, Landmarks]:
    """Of each femur, by side and name."""
    return {
        finding["side"]: {one["name"]: np.array(one["position_mm"]) for one in finding["landmarks"]}
        for finding in report["findings"]
        if finding["structure"] == "femur"
    }


def mass_models(report: dict) -> list[str]:
    values = (one for finding in report["findings"] for one in finding["measurements"])
    return sorted({one["method"] for one in values if one["quantity"] == "mass"})


def compare_report(report: dict, ct: Ct, masks: Masks, femur: FemurSettings = FemurSettings()) -> int:
    """Asserts that every value and every refusal is the oracle's; answers how many values were compared."""
    found, gates = report_values(report), report_gates(report)
    wanted, withheld = {}, {}
    answers = expected(ct, masks, report["calibration"].get("conversion"), landmarks(report), femur, mass_models(report))
    for (structure, side), answer in answers.items():
        for (region, quantity), value in answer.items():
            (withheld if isinstance(value, set) else wanted)[structure, side, region, quantity] = value
    wanted.update(expected_scores(report))
    compare_categories(report)
    assert set(found) == set(wanted), f"only one side measured: {sorted(set(found) ^ set(wanted))}"
    for key, value in wanted.items():
        assert math.isclose(found[key], value, rel_tol=RELATIVE, abs_tol=1e-9), f"{key}: {found[key]}, the oracle says {value}"
    for key, codes in withheld.items():
        assert gates.get(key, set()) & codes, f"{key}: withheld by {gates.get(key)}, the oracle says {codes}"
    assert wanted, "nothing was measured"
    return len(wanted)


def categories(report: dict) -> dict[Key, str]:
    """`(structure, side, region, criterion)` to category."""
    return {
        (finding["structure"], finding["side"], one["region"], one["criterion"]): one["category"]
        for finding in report["findings"]
        for one in finding["assessments"]
    }


def compare_csv(report: dict, text: str) -> None:
    """JSON and CSV agree to the last digit."""
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["value"]]
    # A category comes by a reference and no method.
    table, said = (keyed([row for row in rows if bool(row["method"]) == measured]) for measured in (True, False))
    assert {key: float(row["value"]) for key, row in table.items()} == report_values(report)
    assert {key: row["value"] for key, row in said.items()} == categories(report)


def compare_sr(report: dict, dataset: pydicom.Dataset) -> None:
    """JSON and SR, as highdicom reads it, agree to the last digit."""
    content = hd.sr.Comprehensive3DSR.from_dataset(dataset).content
    groups = [*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()]
    stated = sorted(float(one.value) for group in groups for one in group.get_measurements())
    measured = [one["value"] for finding in report["findings"] for one in finding["measurements"]]
    unsure = [value for _, _, value, _ in uncertainties(report)]
    assert stated == sorted([*measured, *unsure, *(value for _, value, _ in calibration_numbers(report["calibration"]))])

