"""The report as the page shows it: a group for every structure, what was measured first, then what was not and why."""

from __future__ import annotations

import json

from BoneMuscleLib import structures, words

#: A region that says nothing more than the structure does.
_WHOLE = "whole"


def groups(report: dict) -> list[dict]:
    """One for every finding, in the order of the report; the texts are those of the page, digits those of the report."""
    return [_group(finding) for finding in report["findings"]]


def _group(finding: dict) -> dict:
    structure, side = finding["structure"], finding["side"]
    known = structures.STRUCTURES.get(structure if side == "none" else f"{structure}_{side}")
    color = known.color if known else (0.5, 0.5, 0.5)
    return {
        "label": structures.label(structure, side),
        "color": "#" + "".join(f"{round(channel * 255):02x}" for channel in color),
        "values": [_value(one) for one in finding["measurements"]],
        "missing": _missing(finding["not_measured"]),
        "sentences": [one["sentence"] for one in finding["assessments"]],
    }


def _value(one: dict) -> dict:
    spread = one.get("standard_deviation")
    value = json.dumps(one["value"]) + (f" ± {json.dumps(spread)}" if spread is not None else "")
    return {"what": _what(one["region"], words.quantity(one["quantity"])), "value": value, "unit": words.unit(one["unit"])}


def _missing(withheld: list[dict]) -> list[dict]:
    """What could not be given, once for every reason."""
    by_reason: dict[str, list[str]] = {}
    for one in withheld:
        names = ", ".join(words.quantity(name) for name in [*one["quantities"], *one["criteria"]])
        by_reason.setdefault(one["reason"], []).append(_what(one["region"], names))
    return [{"what": "; ".join(what), "reason": reason[:1].upper() + reason[1:]} for reason, what in by_reason.items()]


def _what(region: str, name: str) -> str:
    return name if region == _WHOLE else f"{words.region(region)}: {name[:1].lower() + name[1:] if name[1:2].islower() else name}"
