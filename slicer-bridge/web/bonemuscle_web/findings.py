"""The report as the page shows it: a group for every structure, what was measured first, then what was not and why."""

from __future__ import annotations

import json

from BoneMuscleLib import structures, words

#: A region that says nothing more than the structure does.
_WHOLE = "whole"
_NO_COLOR = (0.5, 0.5, 0.5)


def groups(report: dict, segments: dict[str, tuple[str, tuple[float, float, float]]]) -> list[dict]:
    """One for every finding, in the order of the report, then one for every other segment that is shown.

    `segments` gives identifier and colour by name. The texts are those of the page, the digits those of the report.
    """
    found = [_group(finding) for finding in report["findings"]]
    measured = {group["label"] for group in found}
    shown = [_empty(name, color) for name, (_, color) in segments.items() if name not in measured]
    return [{**group, "segment": segments.get(group["label"], ("",))[0]} for group in found + shown]


def _group(finding: dict) -> dict:
    structure, side = finding["structure"], finding["side"]
    known = structures.STRUCTURES.get(structure if side == "none" else f"{structure}_{side}")
    return {
        **_empty(structures.label(structure, side), known.color if known else _NO_COLOR),
        "values": [_value(one) for one in finding["measurements"]],
        "missing": _missing(finding["not_measured"]),
        "sentences": [one["sentence"] for one in finding["assessments"]],
    }


def _empty(label: str, color: tuple[float, float, float]) -> dict:
    code = "#" + "".join(f"{round(channel * 255):02x}" for channel in color)
    return {"label": label, "color": code, "values": [], "missing": [], "sentences": []}


def _value(one: dict) -> dict:
    spread = one.get("standard_deviation")
    value = json.dumps(one["value"]) + (f" ± {json.dumps(spread)}" if spread is not None else "")
    return {"what": _what(one["region"], [one["quantity"]]), "value": value, "unit": words.unit(one["unit"])}


def _missing(withheld: list[dict]) -> list[dict]:
    """What could not be given, once for every reason."""
    by_reason: dict[str, list[str]] = {}
    for one in withheld:
        by_reason.setdefault(one["reason"], []).append(_what(one["region"], [*one["quantities"], *one["criteria"]]))
    return [{"what": "; ".join(what), "reason": reason[:1].upper() + reason[1:]} for reason, what in by_reason.items()]


def _what(region: str, quantities: list[str]) -> str:
    """Such as `Vertebral body: volume, mean CT number`."""
    names = ", ".join(_inside(words.quantity(name)) for name in quantities)
    return names[:1].upper() + names[1:] if region == _WHOLE else f"{words.region(region)}: {names}"


def _inside(name: str) -> str:
    """As it stands inside a sentence; SD and T-score keep their capitals."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
