"""How good the whole program is on simulated films: DICOM objects go in, reports come out; file, reader, locator and gates take part.

    PYTHONPATH=models python -m training.xray.program --data ../shared/data --workspace W --program target/release/bonemuscle \
        --model models/xray --hips 40

Hips are drawn anew from the femora of the test split, no femur of the training is among them. Each is posed once, and filmed at six
virtual sites, each time as another patient and with other edges, up to 18 mm apart. All films have 0.3 mm pixels and one magnification, which
they state; none is shuttered. Films of every view claim to be AP films, so that only their pixels can tell. Writes `program.json` into the
model's folder.
"""

from __future__ import annotations

import argparse
import hashlib
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
MOST_CUT = 60
"""Pixels that a film ends earlier at each side: what the program looks at stays on it."""
LEAST = 4
"""Pairs for a correlation with its interval."""
SITES = (*IN_HOUSE_SITES, *UNSEEN_SITES)
STRUCTURES = {"regions": ("areal_density", "mineral_content", "area", "density_mean"), "muscles": ("volume", "lean_mass")}
BUILT_IN = "bonemuscle-hip-xray"
"""The model that the program has without being told of it."""
NOTHING_MEASURED = 3
"""Exit code of the program."""


class Program(NamedTuple):
    """The command, and the folder of a model that it has built in or is to be told of."""

    path: Path
    model: Path

    def report(self, made: FileDataset) -> dict[str, Any]:
        """What it says of a film."""
        manifest = (self.model / "manifest.json").read_bytes()
        name = json.loads(manifest)["name"]
        told = ["--model", name] if name == BUILT_IN else ["--model", name, "--models", self.model]
        with tempfile.TemporaryDirectory() as folder:
            made.save_as(Path(folder) / "film.dcm", enforce_file_format=True)
            command = [self.path, "xray", Path(folder) / "film.dcm", "--output", folder, *told]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode not in (0, NOTHING_MEASURED):
                raise RuntimeError(f"{self.path}: {done.stderr}")
            report = json.loads((Path(folder) / "report.json").read_text())
        if report["segmentation"]["manifest_sha256"] != hashlib.sha256(manifest).hexdigest():
            raise RuntimeError(f"{self.path} has another {name} built in than {self.model}; build it anew")
        return report


def given(report: Mapping[str, Any]) -> Values:
    """Values of a report, of the left hip; not a number where there is none."""
    regions = {name: dict.fromkeys(STRUCTURES["regions"], math.nan) for name in REGIONS}
    answer = regions | {name: dict.fromkeys(STRUCTURES["muscles"], math.nan) for name in MUSCLES}
    for finding in (finding for finding in report["findings"] if finding["side"] == "left"):
        for measurement in finding["measurements"]:
            name = measurement["region"] if finding["structure"] == "femur" else finding["structure"]
            answer[name][measurement["quantity"]] = measurement["value"]
    return answer


def withholding(report: Mapping[str, Any]) -> set[str]:
    """Codes of the gates that kept the total hip's density back."""
    whole = {remark["code"] for remark in report["quality"] if remark["severity"] == "block"}
    femora = (finding["not_measured"] for finding in report["findings"] if finding["structure"] == "femur")
    of_hip = (gate for gates in femora for gate in gates if gate["region"] == "total_hip" and "areal_density" in gate["quantities"])
    return whole | {gate["code"] for gate in of_hip}


def within_the_field(before: dicom.Posed, found: Mapping[str, NDArray[np.float32]]) -> Values:
    """Muscles inside the field that the program measures, about the head's true centre."""
    pitch = before.window.pitch
    middles = zip(before.window.centre, bases.CENTRE, strict=True)
    top, left = (round(centre + 0.5 - (at + 0.5) * SPACING / pitch) for centre, at in middles)
    rows, columns = (round(size * SPACING / pitch) for size in SIZE)
    kept = np.s_[max(top, 0) : top + rows, max(left, 0) : left + columns]
    pixel = (pitch / 10) ** 2
    sums = {name: [float(found[f"{name}_{kind}"][kept].sum()) * pixel for kind in ("thickness", "lean")] for name in MUSCLES}
    return {name: {"volume": thickness / 10, "lean_mass": lean} for name, (thickness, lean) in sums.items()}


def rows_of_a_hip(program: Program, hip: hips.Hip, number: int) -> Iterator[tuple[Row, dict[str, Any]]]:
    """One film at every site, each of a patient of its own; with the report."""
    rng = np.random.default_rng([SEED, number, 1])
    before = dicom.posed(hip, rng)
    for site in SITES:
        patient, exposure = patients.draw(rng), film.draw(rng)
        found = before.images(patient)
        top, bottom, left, right = rng.integers(0, MOST_CUT + 1, 4)
        grey = before.film(found, exposure, site, rng)
        shown = np.ascontiguousarray(grey[top : grey.shape[0] - bottom, left : grey.shape[1] - right])
        made = dicom.digital_x_ray(shown, site.maker.bits, before.geometry, exposure, patient, f"program {number} {site.name}")
        report = program.report(made)
        reference = scanned(patients.truth(patient, before.scan)) | within_the_field(before, found)
        yield Row(site.name, f"{site.name}-{number:03}", 1, reference, given(report), {}), report


def share(said: NDArray[np.bool_]) -> float | None:
    """Of nobody there is none."""
    return float(said.mean()) if len(said) else None


def at_the_cut(rows: list[Row], region: str) -> dict[str, float | None]:
    """Whoever measures at most the density of T-score -2.5 of the neck is called ill."""
    kept, measured, _ = first_films(rows, region)
    sick, called = ill(kept), measured <= CUT
    return {"sensitivity": share(called[sick]), "specificity": share(~called[~sick])}


def correlations(rows: list[Row], region: str) -> dict[str, float]:
    """r of the other quantities of a region."""
    answer = {}
    for quantity in STRUCTURES["regions"][1:]:
        pairs = np.array([(row.reference[region][quantity], row.measured[region][quantity]) for row in rows])
        answer[f"r_{quantity}"] = float(np.corrcoef(pairs[np.isfinite(pairs).all(1)].T)[0, 1])
    return answer


def figures(rows: list[Row]) -> dict[str, Any]:
    """Of one pool of sites."""
    for name in rows[0].measured:
        count = sum(all(math.isfinite(value) for value in row.measured[name].values()) for row in rows)
        if count < LEAST:
            raise RuntimeError(f"{count} films gave values of the {name}; a correlation needs {LEAST}: give more hips")
    answer = {}
    for region in REGIONS:
        answer[region] = agreement(rows, region) | correlations(rows, region)
    answer["femoral_neck"] |= at_the_cut(rows, "femoral_neck")
    return answer | {"muscles": {quantity: muscle_agreement(rows, quantity) for quantity in STRUCTURES["muscles"]}}


def measured_hips(program: Program, data: Path, workspace: Path, count: int) -> tuple[list[Row], dict[str, int], dict[str, dict[str, int]]]:
    """All films; which gates withheld a total hip; and how many films of every view gave a value."""
    bones, flesh = femora.collected(data, workspace), bodies.visible(data, workspace)
    rows, gates = [], Counter()
    views = {view: {"films": 0, "measured": 0} for view in VIEWS}
    for number in range(count):
        hip = hips.draw(bones, flesh, "test", SEED, number)
        for row, report in rows_of_a_hip(program, hip, number):
            rows.append(row)
            if math.isnan(row.abmd("total_hip")):
                gates.update(withholding(report))
        base = bases.make(hip, "test", number, 0, SEED)
        for view in VIEWS:
            values = given(program.report(film_of_a_view(base, view, SITES[number % len(SITES)], (SEED, number, 2))))
            views[view]["films"] += 1
            views[view]["measured"] += any(math.isfinite(value) for of in values.values() for value in of.values())
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
