"""The figures of a model's card, from its `evaluation.json`, its `program.json` and its manifest.

    PYTHONPATH=models python -m training.xray.card --model models/xray

What stands between the two marks in `CARD.md` is replaced; everything else is the author's.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .channels import REGIONS

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
LABELS = {"in_house": "**in-house, pooled**", "unseen": "**unseen makers, pooled**"}
UNITS = {
    "areal_density": "aBMD, g/cm2", "mineral_content": "BMC, g", "area": "area, cm2", "density_mean": "vBMD, mg/cm3", "volume": "volume, cm3",
    "lean_mass": "lean mass, g",
}  # fmt: skip


class Bar(NamedTuple):
    """What issue and anchors ask of a pool."""

    name: str
    pool: str
    figure: str
    decimals: int
    holds: Callable[[float], bool]


BARS = (
    Bar("in-house r >= 0.95", "in_house", "r", 3, lambda r: r >= 0.95),
    Bar("in-house MAE <= 0.04 g/cm2", "in_house", "mae_g_per_cm2", 3, lambda error: error <= 0.04),
    Bar("unseen r >= 0.91", "unseen", "r", 3, lambda r: r >= 0.91),
    Bar("unseen MAE <= 0.05 g/cm2", "unseen", "mae_g_per_cm2", 3, lambda error: error <= 0.05),
    Bar("unseen AUC >= 0.95", "unseen", "auc", 3, lambda area: area >= 0.95),
    Bar("RMS-CV over four poses <= 3 %, in-house", "in_house", "rms_cv_percent", 1, lambda cv: cv <= 3),
    Bar("RMS-CV over four poses <= 3 %, unseen", "unseen", "rms_cv_percent", 1, lambda cv: cv <= 3),
)


def spaced(name: str) -> str:
    """An identifier as words."""
    return name.replace("_", " ")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"|{'|'.join(f' {cell} ' if cell != '---' else cell for cell in line)}|" for line in lines)


def number(value: float | None, decimals: int = 3) -> str:
    """A dash where there is none."""
    return "-" if value is None else f"{value:.{decimals}f}"


def agreement(region: str, figures: dict[str, Any]) -> str:
    """Both pools and every site."""
    head = ["", "patients", "withheld", "r (95 %)", "MAE", "bias", "AUC", "RMS-CV, four poses"]
    rows = [
        [
            LABELS.get(name, spaced(name)), str(one["patients"]), str(one["withheld"]),
            f"{number(one['r'])} ({number(one['r_95'][0])} to {number(one['r_95'][1])})", number(one["mae_g_per_cm2"]),
            number(one["bias_g_per_cm2"]), f"{number(one['auc'])} ({one['osteoporosis']} ill)", f"{number(one.get('rms_cv_percent'), 1)} %",
        ]
        for name, one in figures.items()
    ]  # fmt: skip
    title = f"**{spaced(region).capitalize()}.** aBMD against the simulated DXA, g/cm2; first film of each patient."
    return f"{title}\n\n{table(head, rows)}"


def bars(evaluation: dict[str, Any]) -> str:
    """What was asked for beside what was found."""
    rows = []
    for bar in BARS:
        found = [evaluation[region][bar.pool].get(bar.figure) for region in REGIONS]
        met = all(value is not None and bar.holds(value) for value in found)
        rows.append([bar.name, " and ".join(number(value, bar.decimals) for value in found), "met" if met else "missed"])
    return f"Against what was asked for, femoral neck and total hip:\n\n{table(['bar', 'found', ''], rows)}"


def errors(stated: dict[str, dict[str, dict[str, float]]]) -> str:
    """What the program prints after its values."""
    rows = [
        [spaced(name), "; ".join(f"{UNITS[quantity]}: {error:.3g}" for quantity, error in found.items())]
        for kind in ("regions", "muscles")
        for name, found in stated.get(kind, {}).items()
    ]
    text = "**Errors** that the program prints after ±: root mean square on the films of unseen makers, the same for every film."
    return f"{text}\n\n{table(['', 'off by'], rows)}"


def spread(evaluation: dict[str, Any]) -> str:
    """Whether the passes know of their errors."""
    found = [(region, pool, evaluation[region][pool]) for region in REGIONS for pool in ("in_house", "unseen")]
    ranks = ", ".join(number(one["deviation_error_spearman"], 2) for *_, one in found)
    most = ", ".join(f"{number(one['error_of_most_deviating_g_per_cm2'])} (all: {number(one['mae_g_per_cm2'])})" for *_, one in found)
    return (
        "**What the passes differ by** stands beside no value and withholds none. Its rank correlation with the error (neck in-house, neck "
        f"unseen, total hip in-house, total hip unseen): {ranks}. Mean error of the tenth of the films whose passes differ most: {most} "
        "g/cm2."
    )


def muscles(volumes: dict[str, Any]) -> str:
    """Volume inside the crop."""
    cell = {
        pool: {name: f"{number(one['r'], 2)}, {number(one['mean_error_percent'], 0)} %" for name, one in of.items()} for pool, of in volumes.items()
    }
    rows = [[spaced(name), cell["in_house"][name], cell["unseen"][name]] for name in volumes["in_house"]]
    return f"**Muscles**, volume inside the crop: r and mean relative error.\n\n{table(['', 'in-house', 'unseen'], rows)}"


def locator(found: dict[str, Any]) -> str:
    """Heads and views."""
    text = (
        f"**Locator**, films of all six sites, 3 mm per pixel: {found['heads']} heads on AP films found, {found['missed']} missed, "
        f"{found['spurious']} in a half where there is none; off by {number(found.get('median_mm'), 1)} mm (median), "
        f"{number(found.get('p95_mm'), 1)} mm (95th percentile). Views (rows are the truth):"
    )
    rows = [[view, *map(str, row)] for view, row in zip(found["views"], found["confusion"], strict=True)]
    return f"{text}\n\n{table(['', *found['views']], rows)}"


def lines(calibration: dict[str, dict[str, float]]) -> str:
    """From the film to aBMD."""
    said = [
        f"{spaced(region)} {line['slope']:.2f} x {line['intercept']:+.2f}, residual {line['residual_g_per_cm2']:.3f} g/cm2"
        for region, line in calibration.items()
    ]
    return f"The line from film to aBMD was fitted on hips of the validation split: {'; '.join(said)}."


POOLS = ("in_house", "unseen")


def whole_chain(found: dict[str, Any]) -> str:
    """What the program gave of films as DICOM objects."""
    title = (
        f"**Through the program.** {found['films']} films of {found['hips']} newly drawn hips, one of each at every site, each of a patient "
        "of its own and with other edges, as DICOM objects through `bonemuscle xray`: reader, locator and gates take part. Pixels of 0.3 mm, one "
        "magnification, which is stated, and no shutters."
    )
    head = ["", "films", "withheld", "r (95 %)", "MAE", "bias", "AUC", "r of BMC", "r of area", "r of vBMD"]
    rows = []
    for region in REGIONS:
        for pool in POOLS:
            one = found[pool][region]
            others = [number(one[f"r_{quantity}"], 2) for quantity in ("mineral_content", "area", "density_mean")]
            rows.append([
                f"{spaced(region)}, {spaced(pool)}", str(one["patients"]), str(one["withheld"]),
                f"{number(one['r'])} ({number(one['r_95'][0])} to {number(one['r_95'][1])})", number(one["mae_g_per_cm2"]),
                number(one["bias_g_per_cm2"]), f"{number(one['auc'])} ({one['osteoporosis']} ill)", *others,
            ])  # fmt: skip
    cut = "; ".join(
        f"{spaced(pool)} {number(one['sensitivity'], 2)} and {number(one['specificity'], 2)} ({one['osteoporosis']} ill)"
        for pool in POOLS
        for one in [found[pool]["femoral_neck"]]
    )
    cells = {
        quantity: [
            [f"{number(one['r'], 2)}, {number(one['mean_error_percent'], 0)} %" for one in found[pool]["muscles"][quantity].values()]
            for pool in POOLS
        ]
        for quantity in ("volume", "lean_mass")
    }
    names = [spaced(name) for name in found["in_house"]["muscles"]["volume"]]
    columns = [column for quantity in ("volume", "lean_mass") for column in cells[quantity]]
    muscle_rows = [[name, *cells] for name, *cells in zip(names, *columns, strict=True)]
    views = [[spaced(view), str(one["films"]), str(one["measured"])] for view, one in found["views"].items()]
    gates = ", ".join(f"{code} {count}" for code, count in found["withheld_by"].items()) or "none"
    return "\n\n".join([
        title, table(head, rows), f"What withheld the total hip: {gates}. Who measures at most 0.558 g/cm2 in the neck called ill, sensitivity and specificity: {cut}.",
        "Muscles inside the field, r and mean relative error:",
        table(["", "volume, in-house", "volume, unseen", "lean mass, in-house", "lean mass, unseen"], muscle_rows),
        "Views, one film of each hip and 1 mm per pixel, whose headers all say AP:", table(["view", "films", "given any value"], views),
    ])  # fmt: skip


def figures(manifest: dict[str, Any], evaluation: dict[str, Any], program: dict[str, Any] | None) -> str:
    """All of it; without a `program.json` nothing of the program."""
    parts = [
        *(agreement(region, evaluation[region]) for region in REGIONS), bars(evaluation),
        "Osteoporosis is a true femoral neck of T-score -2.5 or less by the NHANES III reference women, 0.858 (0.120) g/cm2.",
        errors(manifest.get("errors", {})), spread(evaluation), muscles(evaluation["muscle_volume"]), locator(evaluation["locator"]),
        lines(manifest["calibration"]), *([whole_chain(program)] if program else []),
    ]  # fmt: skip
    return "\n\n".join(parts)


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """Manifest, `evaluation.json` and, where it was written, `program.json`."""
    manifest, evaluation = (json.loads((folder / name).read_text()) for name in ("manifest.json", "evaluation.json"))
    program = folder / "program.json"
    return manifest, evaluation, json.loads(program.read_text()) if program.exists() else None


def replaced(card: str, new: str) -> str:
    """The card with other figures between the marks."""
    before, rest = card.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{new}\n\n{END}{after}"


def main() -> None:
    """Writes the figures into the card."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray.card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True)
    folder = parser.parse_args().model
    file = folder / "CARD.md"
    file.write_text(replaced(file.read_text(), figures(*read(folder))))


if __name__ == "__main__":
    main()
