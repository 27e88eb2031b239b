"""How good the whole program is on simulated films: DICOM objects go in, reports come out; file, reader, locator and gates take part.

    PYTHONPATH=models python -m training.xray.program --data ../shared/data --workspace W --program target/release/bonemuscle \
        --model models/xray --hips 40

Hips are drawn anew from the femora of the test split, no femur of the training is among them. Each is posed once, and filmed at six
virtual sites, each time as another patient. Films of other views claim to be AP films, so that only their pixels can tell. Writes
`program.json` into the model's folder.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset

from . import bases, bodies, dicom, femora, film, hips, patients
from .cohort import MUSCLES
from .evaluate import CUT, Row, Values, agreement, first_films, ill, muscle_agreement, rounded, scanned
from .intensities import SIZE, SPACING
from .model_folder import write_json
from .projection import REGIONS
from .sites import IN_HOUSE_SITES, UNSEEN_SITES
from .views import film_of_a_view
from .whole import VIEWS

SEED = 11
SITES = (*IN_HOUSE_SITES, *UNSEEN_SITES)
STRUCTURES = {"regions": ("areal_density", "mineral_content", "area", "density_mean"), "muscles": ("volume", "lean_mass")}
NOTHING_MEASURED = 3
"""Exit code of the program."""


class Program(NamedTuple):
    """The command and its model."""

    path: Path
    model: Path

    def report(self, made: FileDataset) -> dict[str, Any]:
        """What it says of a film."""
        name = json.loads((self.model / "manifest.json").read_text())["name"]
        with tempfile.TemporaryDirectory() as folder:
            made.save_as(Path(folder) / "film.dcm", enforce_file_format=True)
            command = [self.path, "xray", Path(folder) / "film.dcm", "--output", folder, "--models", self.model, "--model", name]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode not in (0, NOTHING_MEASURED):
                raise RuntimeError(f"{self.path}: {done.stderr}")
            return json.loads((Path(folder) / "report.json").read_text())


def given(report: Mapping[str, Any]) -> Values:
    """Values of a report, of the left hip; not a number where there is none."""
    regions = {name: dict.fromkeys(STRUCTURES["regions"], math.nan) for name in REGIONS}
    answer = regions | {name: dict.fromkeys(STRUCTURES["muscles"], math.nan) for name in MUSCLES}
    for finding in (finding for finding in report["findings"] if finding["side"] == "left"):
        for measurement in finding["measurements"]:
            name = measurement["region"] if finding["structure"] == "femur" else finding["structure"]
            answer[name][measurement["quantity"]] = measurement["value"]
    return answer


def within_the_field(before: dicom.Posed, found: Mapping[str, NDArray[np.float32]]) -> Values:
    """Muscles inside the field that the program measures, about the head's true centre."""
    pitch = before.window.pitch
    top, left = (round(centre - at * SPACING / pitch) for centre, at in zip(before.window.centre, bases.CENTRE, strict=True))
    rows, columns = (round(size * SPACING / pitch) for size in SIZE)
    kept = np.s_[max(top, 0) : top + rows, max(left, 0) : left + columns]
    pixel = (pitch / 10) ** 2
    sums = {name: [float(found[f"{name}_{kind}"][kept].sum()) * pixel for kind in ("thickness", "lean")] for name in MUSCLES}
    return {name: {"volume": thickness / 10, "lean_mass": lean} for name, (thickness, lean) in sums.items()}


def rows_of_a_hip(program: Program, hip: hips.Hip, number: int) -> Iterator[tuple[Row, dict[str, Any]]]:
    """One film at every site, each of a patient of its own; with the report."""
    rng = np.random.default_rng([SEED, number])
    before = dicom.posed(hip, rng)
    for site in SITES:
        patient, exposure = patients.draw(rng), film.draw(rng)
        found = before.images(patient)
        grey = before.film(found, exposure, site, rng)
        made = dicom.digital_x_ray(grey, site.maker.bits, before.geometry, exposure, patient, f"program {number} {site.name}")
        report = program.report(made)
        reference = scanned(patients.truth(patient, before.scan)) | within_the_field(before, found)
        yield Row(site.name, f"{site.name}-{number:03}", 1, reference, given(report), {}), report


def at_the_cut(rows: list[Row], region: str) -> dict[str, float | int | None]:
    """Whoever measures at most the density of T-score -2.5 of the neck is called ill."""
    kept, measured, _ = first_films(rows, region)
    sick, called = ill(kept), measured <= CUT
    shares = ((called & sick).sum() / sick.sum() if sick.any() else None, (~called & ~sick).sum() / (~sick).sum() if (~sick).any() else None)
    return dict(zip(("sensitivity", "specificity"), (None if share is None else float(share) for share in shares), strict=True))


def correlations(rows: list[Row], region: str) -> dict[str, float]:
    """r of the other quantities of a region."""
    answer = {}
    for quantity in STRUCTURES["regions"][1:]:
        pairs = np.array([(row.reference[region][quantity], row.measured[region][quantity]) for row in rows])
        pairs = pairs[np.isfinite(pairs).all(1)]
        answer[f"r_{quantity}"] = float(np.corrcoef(pairs.T)[0, 1])
    return answer


def figures(rows: list[Row]) -> dict[str, Any]:
    """Of one pool of sites."""
    answer = {}
    for region in REGIONS:
        answer[region] = agreement(rows, region) | correlations(rows, region)
    answer["femoral_neck"] |= at_the_cut(rows, "femoral_neck")
    return answer | {"muscles": {quantity: muscle_agreement(rows, quantity) for quantity in STRUCTURES["muscles"]}}


def measured_hips(program: Program, data: Path, workspace: Path, count: int) -> tuple[list[Row], dict[str, int], dict[str, dict[str, int]]]:
    """All films; which gates withheld a hip; and how many films of every view gave a value."""
    bones, flesh = femora.collected(data, workspace), bodies.visible(data, workspace)
    rows, gates = [], Counter()
    views = {view: {"films": 0, "measured": 0} for view in VIEWS}
    for number in range(count):
        hip = hips.draw(bones, flesh, "test", SEED, number)
        for row, report in rows_of_a_hip(program, hip, number):
            rows.append(row)
            if math.isnan(row.abmd("total_hip")):
                gates.update({finding["code"] for finding in report["quality"] if finding["severity"] == "block"} or {"unknown"})
        base = bases.make(hip, "test", number, 0, SEED)
        for view in VIEWS:
            values = given(program.report(film_of_a_view(base, view, SITES[number % len(SITES)], (SEED, number))))
            views[view]["films"] += 1
            views[view]["measured"] += math.isfinite(values["total_hip"]["areal_density"])
        print(f"hip {number}: {len(rows)} films", flush=True)
    return rows, dict(gates), views


def main() -> None:
    """Measures, prints and writes `program.json` into the model's folder."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray.program", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument("--workspace", type=Path, required=True, help="keeps the anatomies")
    parser.add_argument("--program", type=Path, required=True, help="the command `bonemuscle`")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--hips", type=int, default=40)
    options = parser.parse_args()
    if options.hips < 4:
        parser.error("a correlation needs four hips")
    rows, gates, views = measured_hips(Program(options.program, options.model), options.data, options.workspace, options.hips)
    unseen = {site.name for site in UNSEEN_SITES}
    manifest = json.loads((options.model / "manifest.json").read_text())
    found = {
        "date": datetime.now(UTC).date().isoformat(), "model": {key: manifest[key] for key in ("name", "version")},
        "simulated": "Every film, every person and every DXA value is simulated.", "hips": options.hips, "films": len(rows),
        "in_house": figures([row for row in rows if row.site not in unseen]), "unseen": figures([row for row in rows if row.site in unseen]),
        "withheld_by": gates, "views": views,
    }  # fmt: skip
    write_json(rounded(found), options.model / "program.json")
    print(json.dumps(rounded(found), indent=2))


if __name__ == "__main__":
    main()
