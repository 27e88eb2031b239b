"""The values that are read first, as HTML for the panel; the results table holds all of them."""

from __future__ import annotations

from html import escape

from . import report, structures, words

#: Region, quantities in the order of preference (the first that was measured is shown), decimals.
_VERTEBRA = ("trabecular", ("density_mean", "attenuation_mean"), 1)
_FEMUR = (("femoral_neck", ("areal_density",), 3), ("total_hip", ("areal_density",), 3))
_MUSCLE = ("whole", ("volume",), 1)
_BODY = (
    ("l3_slice", ("skeletal_muscle_area",), 1),
    ("l3_slice", ("skeletal_muscle_index",), 1),
    ("l3_slice", ("skeletal_muscle_attenuation",), 1),
    ("l3_slice", ("subcutaneous_fat_area",), 1),
    ("l3_slice", ("visceral_fat_area",), 1),
    ("l3_slice", ("psoas_area",), 1),
)
_LUMBAR = ("l1", "l2", "l3", "l4", "l5", "lumbar_spine")


def html(found: dict) -> str:
    """Tables of the report's main values, then what was not measured and why, then remarks about the image."""
    parts = [
        _table("Lumbar spine", found, lambda name: name in _LUMBAR, (_VERTEBRA, ("l1_l4", ("density_mean", "attenuation_mean"), 1))),
        _table("Proximal femur, DXA-like", found, lambda name: name == "femur", _FEMUR),
        _table("Slice through L3", found, lambda name: name == "body", _BODY),
        _table("Muscles", found, lambda name: name not in (*_LUMBAR, "femur", "body"), (_MUSCLE, ("whole", ("muscle_attenuation",), 1))),
        _list("Not measured", _missing(found)),
        _list("Remarks", report.remarks(found)),
    ]
    return "".join(part for part in parts if part)


def sentence(found: dict) -> str:
    """One sentence about the whole."""
    measured, missing = report.counts(found)
    if not measured:
        return "Nothing could be measured; the reasons stand below."
    rest = f"; {missing} could not be given, for the reasons below" if missing else ""
    return f"{measured} values were measured{rest}."


def _table(title: str, found: dict, covers, wanted) -> str:
    rows = []
    for finding in found["findings"]:
        if covers(finding["structure"]):
            rows += [row for region, quantities, decimals in wanted for row in _first(finding, region, quantities, decimals)]
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td>{escape(what)}</td><td align='right'>&nbsp;&nbsp;<b>{value}</b></td><td>&nbsp;{escape(unit)}</td></tr>"
        for what, value, unit in rows
    )
    return f"<p style='margin-bottom:2px'><b>{escape(title)}</b></p><table cellspacing='0' cellpadding='1' width='100%'>{cells}</table>"


def _first(finding: dict, region: str, quantities: tuple[str, ...], decimals: int):
    for quantity in quantities:
        for one in finding["measurements"]:
            if (one["region"], one["quantity"]) == (region, quantity):
                side = finding["side"] if finding["side"] != "none" else ""
                of_femur = finding["structure"] == "femur"
                said = f"{side.capitalize()} {words.region(region).lower()}" if of_femur else structures.label(finding["structure"], side)
                what = words.quantity(quantity) if finding["structure"] == "body" else f"{said}, {words.short(quantity)}"
                yield what, f"{one['value']:.{decimals}f}", words.unit(one["unit"])
                return


def _missing(found: dict) -> list[str]:
    """Every reason once, with the structures that it concerns."""
    reasons: dict[str, list[str]] = {}
    for finding in found["findings"]:
        side = finding["side"] if finding["side"] != "none" else ""
        for one in finding["not_measured"]:
            names = reasons.setdefault(one["reason"], [])
            name = structures.label(finding["structure"], side)
            if name not in names:
                names.append(name)
    return [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]


def _list(title: str, lines: list[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<p style='margin-bottom:2px'><b>{escape(title)}</b></p><ul style='margin:0 0 0 -18px'>{items}</ul>" if lines else ""
