"""Predicted Dice: how well the uncertainty of a structure tells that it was found badly.

    PYTHONPATH=models python -m training.predicted_dice --data ../shared/data --model models/ct --cache RUN/quality/cases.jsonl

After Hiasa et al. 2020 (IEEE TMI 39:1030): the uncertainty of a structure is the mean over its voxels of the predictive variance
(variance over the passes with dropout, averaged over the classes), and Dice falls on a line of it. The line is fitted robustly
(Theil and Sen: median of all slopes, median intercept), and left out where cases are few or the two do not go together. The
program clamps what it predicts to 0..1.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .classes import STRUCTURES
from .quality_cases import collect

GOOD, BAD = 0.85, 0.7
"""Dice from which a structure was found well, and below which badly."""

FEWEST_CASES, WEAKEST_CORRELATION = 15, -0.4
"""A line is given from so many cases and such a rank correlation."""


class Points(NamedTuple):
    """One structure in many cases."""

    uncertainty: NDArray[np.float64]
    dice: NDArray[np.float64]
    group: NDArray[np.str_]
    anatomy: NDArray[np.str_]


class Judgement(NamedTuple):
    """What is known of a structure."""

    cases: int
    bad: int
    correlation: float | None
    line: tuple[float, float] | None
    usual_variance: float | None
    auroc: float | None
    error: float | None
    """Median absolute error of Dice, each group predicted by a line fitted to the others."""


def points(cases: list[dict[str, Any]], passes: int, expected: int, structure: str) -> Points:
    """The structure wherever it was found at all; uncertainty as `expected` passes would give it in the mean.

    The variance over T passes is (T - 1) / T of that of endlessly many, in the mean.
    """
    scale = (1 - 1 / expected) / (1 - 1 / passes)
    rows = [
        (case[f"uncertainty_{passes}"][structure], case[f"dice_{passes}"][structure], case["group"], case["anatomy"])
        for case in cases
        if structure in case[f"uncertainty_{passes}"] and structure in case[f"dice_{passes}"]
    ]
    uncertainty, dice, group, anatomy = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Points(scale * np.array(uncertainty, float), np.array(dice, float), np.array(group, str), np.array(anatomy, str))


def fitted(uncertainty: NDArray[np.float64], dice: NDArray[np.float64]) -> tuple[float, float] | None:
    """Intercept and slope, which must be negative."""
    if len(dice) < FEWEST_CASES or np.ptp(uncertainty) == 0 or stats.spearmanr(uncertainty, dice).statistic > WEAKEST_CORRELATION:
        return None
    slope, intercept, *_ = stats.theilslopes(dice, uncertainty, method="joint")
    return (float(intercept), float(slope)) if slope < 0 else None


def area_under_curve(score: NDArray[np.float64], bad: NDArray[np.bool_]) -> float | None:
    """Chance that a bad one scores higher than a good one; none where one of the two is missing."""
    if bad.all() or not bad.any():
        return None
    return float(stats.mannwhitneyu(score[bad], score[~bad]).statistic / bad.sum() / (~bad).sum())


def left_out(found: Points) -> NDArray[np.float64]:
    """Dice predicted for each group of perturbations by the line of the other groups; not a number without a line."""
    predicted = np.full(len(found.dice), np.nan)
    for group in np.unique(found.group):
        held = found.group == group
        line = fitted(found.uncertainty[~held], found.dice[~held])
        if line:
            predicted[held] = np.clip(line[0] + line[1] * found.uncertainty[held], 0, 1)
    return predicted


def judged(found: Points) -> Judgement:
    """Line, limit and how well they tell."""
    good = found.uncertainty[found.dice >= GOOD]
    predicted = left_out(found)
    errors = np.abs(predicted - found.dice)[np.isfinite(predicted)]
    enough = len(found.dice) >= 3 and np.ptp(found.uncertainty) > 0
    return Judgement(
        cases=len(found.dice),
        bad=int((found.dice < BAD).sum()),
        correlation=float(stats.spearmanr(found.uncertainty, found.dice).statistic) if enough else None,
        line=fitted(found.uncertainty, found.dice),
        usual_variance=float(np.quantile(good, 0.95)) if len(good) >= 5 else None,
        auroc=area_under_curve(found.uncertainty, found.dice < BAD),
        error=float(np.median(errors)) if len(errors) else None,
    )


def quality(judgements: dict[str, Judgement]) -> dict[str, Any]:
    """The manifest's `quality`; structures of which nothing is known are left out."""
    answer: dict[str, Any] = {}
    for structure, judgement in judgements.items():
        entry: dict[str, Any] = {}
        if judgement.usual_variance is not None:
            entry["usual_variance"] = float(f"{judgement.usual_variance:.3g}")
        if judgement.line:
            intercept, slope = judgement.line
            entry["dice"] = {"intercept": round(intercept, 4), "slope": float(f"{slope:.4g}")}
        if entry:
            answer[structure] = entry
    return answer


def table(judgements: dict[str, Judgement]) -> str:
    """The judgements in Markdown."""

    def text(value: float | None, form: str) -> str:
        return "-" if value is None else format(value, form)

    head = "| structure | cases | Dice < 0.7 | Spearman | Dice = a + b U | usual U | AUROC | error left out |\n" + "|---" * 8 + "|"
    rows = []
    for name, j in judgements.items():
        line = f"{j.line[0]:.3f} - {-j.line[1]:.0f} U" if j.line else "-"
        cells = (text(j.correlation, ".2f"), line, text(j.usual_variance, ".1e"), text(j.auroc, ".2f"), text(j.error, ".3f"))
        rows.append(f"| {name} | {j.cases} | {j.bad} | {' | '.join(cells)} |")
    return "\n".join([head, *rows])


def pooled(found: list[Points]) -> str:
    """AUROC over all structures together: of the uncertainty itself, and of the Dice that left-out lines predict."""
    uncertainty, dice = (np.concatenate([p[axis] for p in found]) for axis in (0, 1))
    predicted = np.concatenate([left_out(p) for p in found])
    known = np.isfinite(predicted)
    parts = np.concatenate([[p.anatomy, p.group] for p in found], axis=1)
    raw = area_under_curve(uncertainty, dice < BAD)
    lines = area_under_curve(-predicted[known], dice[known] < BAD)
    text = f"{len(dice)} structures, {int((dice < BAD).sum())} bad; AUROC of U {raw}, of the left-out prediction {lines}\n"
    for kind in parts:
        for name in np.unique(kind):
            held = kind == name
            own = area_under_curve(uncertainty[held], dice[held] < BAD)
            text += f"  {name}: {held.sum()} structures, {int((dice[held] < BAD).sum())} bad, AUROC of U {own}\n"
    return text


def main() -> None:
    """Cases, fit, table; `--write` puts the coefficients into the manifest."""
    parser = argparse.ArgumentParser(prog="python -m training.predicted_dice")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="model folder")
    parser.add_argument("--cache", type=Path, required=True, help="cases that were run, one JSON line each; continued")
    parser.add_argument("--cases", type=int, default=112)
    parser.add_argument("--passes", type=int, default=5, help="with dropout; uncertainty is scaled to the passes of the manifest")
    parser.add_argument("--compare", action="store_true", help="run every case without dropout too, plain and mirrored")
    parser.add_argument("--write", action="store_true", help="write the manifest's quality")
    options = parser.parse_args()
    manifest_file = options.model / "manifest.json"
    manifest = json.loads(manifest_file.read_text())
    cases = collect(options.data, options.model, options.cache, counts=(options.passes,), compare=options.compare, limit=options.cases)
    names = [name for name in STRUCTURES if name and any(name in case[f"dice_{options.passes}"] for case in cases)]
    found = {name: points(cases, options.passes, manifest["dropout"]["passes"], name) for name in names}
    judgements = {name: judged(structure) for name, structure in found.items()}
    print(table(judgements))
    print(pooled(list(found.values())))
    if options.write:
        manifest["quality"] = quality(judgements)
        manifest_file.write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
