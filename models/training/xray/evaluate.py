"""How good a model folder is on simulated films that it has never seen: one command, figures as JSON and pairs for `bonemuscle validate`.

The manifest gets what readers must see: a caveat with the figures, and the errors that the program prints after its values.

    PYTHONPATH=models python -m training.xray.evaluate --bases F --model models/xray

Hips are those of the test split: no femur of the training is in it. In-house sites have the makers of the training, set as no training
site was; unseen sites have post-processing that no training film had. The line from the film to aBMD is the manifest's, fitted on the
validation split. Osteoporosis is a T-score of -2.5 or less by the NHANES III neck reference, 0.858 (0.120) g/cm2 (non-Hispanic white
women of 20 to 29 years, as FRAX takes it), of the true femoral neck.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .bases import COARSE
from .channels import INDEX, MUSCLES, REGIONS, VIEWS
from .examples import SHIFT, Hip, WholeFilm, cropped
from .exported import ExportedNetworks, Images, regions
from .intensities import SPACING
from .model_folder import write_json
from .sites import IN_HOUSE_SITES, UNSEEN_SITES
from .statistics import area_under_curve, pearson, root_mean_square_cv
from .supply import Cohort, loaded

CUT = 0.858 - 2.5 * 0.120
"""g/cm2, femoral neck."""
HEAD_FOUND = 0.3
"""Probability from which a head counts as found."""


class Site(Protocol):
    """A virtual hospital."""

    def repeats(self, rng: np.random.Generator, count: int) -> list[Hip]:
        """One new patient, filmed in each of `count` poses."""

    def whole_film(self, rng: np.random.Generator) -> WholeFilm:
        """A new whole film."""


Values = dict[str, dict[str, float]]
"""Per region or muscle what reports give of it, under their names and in their units."""
PIXEL_CM2 = (SPACING / 10) ** 2


class Row(NamedTuple):
    """One film."""

    site: str
    patient: str
    repeat: int
    reference: Values
    """Of regions what the simulated DXA scan says, of muscles what of them lies inside the crop."""
    measured: Values
    """Not a number where the region was not found."""
    deviation: dict[str, float]
    """Of the regions' aBMD over the passes."""

    def abmd(self, region: str) -> float:
        """Measured; not a number where it is withheld."""
        return self.measured[region]["areal_density"]


def muscles(images: Images) -> Values:
    """Inside the crop, with the beam taken as parallel at the head."""
    sums = {name: [float(images[INDEX[f"{name}_{kind}"]].sum()) * PIXEL_CM2 for kind in ("thickness", "lean")] for name in MUSCLES}
    return {name: {"volume": thickness / 10, "lean_mass": lean} for name, (thickness, lean) in sums.items()}


def scanned(truth: Mapping[str, Any]) -> Values:
    """What the DXA scan of the hip says."""
    names = {"areal_density": "abmd", "mineral_content": "bmc", "area": "area", "density_mean": "vbmd"}
    return {region: {name: float(truth[region][own]) for name, own in names.items()} for region in REGIONS}


def film_row(networks: ExportedNetworks, hip: Hip, site: str, patient: str, repeat: int, seed: int) -> Row:
    """What the networks and the line make of one film; the crop is off the head's centre by as much as in training, and no gate withholds."""
    shown = cropped(hip, np.random.default_rng((seed, 3)).normal(0, SHIFT, 2))
    passes = networks.passes(shown.film, seed)
    found, lines = regions(passes), networks.manifest["calibration"]
    mean = passes.mean(0)
    measured: Values = {}
    for name in REGIONS:
        pixels = mean[INDEX[name]] > 0.5
        area = float(pixels.sum()) * PIXEL_CM2
        density, thickness = (
            float(mean[INDEX[image], pixels].astype(np.float64).mean()) if area else float("nan")
            for image in ("proximal_femur", "proximal_femur_thickness")
        )
        measured[name] = {
            "areal_density": found[name].density * lines[name]["slope"] + lines[name]["intercept"],
            "mineral_content": density * area, "area": area, "density_mean": 1e4 * density / thickness,
        }  # fmt: skip
    deviation = {name: found[name].deviation * abs(lines[name]["slope"]) for name in REGIONS}
    return Row(site, patient, repeat, scanned(hip["truth"]) | muscles(shown.truth), measured | muscles(mean), deviation)


def measured_site(networks: ExportedNetworks, name: str, site: Site, patients: int, repeated: int, number: int) -> list[Row]:
    """`patients` people with one film each, the first `repeated` of them with one in each of four poses."""
    rows = []
    for patient in range(patients):
        rng = np.random.default_rng((number, 4, patient))
        for repeat, hip in enumerate(site.repeats(rng, 4 if patient < repeated else 1)):
            rows.append(film_row(networks, hip, name, f"{name}-{patient:03}", repeat + 1, 1000 * number + 10 * patient + repeat))
    return rows


def first_films(rows: list[Row], region: str) -> tuple[list[Row], NDArray[np.float64], NDArray[np.float64]]:
    """Each patient's first film that gave a value, these values, and what is true."""
    given = [row for row in rows if row.repeat == 1 and math.isfinite(row.abmd(region))]
    measured, right = (np.array([getattr(row, kind)[region]["areal_density"] for row in given]) for kind in ("measured", "reference"))
    return given, measured, right


def ill(rows: list[Row]) -> NDArray[np.bool_]:
    """Who has osteoporosis of the femoral neck, in truth."""
    return np.array([row.reference["femoral_neck"]["areal_density"] <= CUT for row in rows], bool)


def agreement(rows: list[Row], region: str) -> dict[str, Any]:
    """Figures of one region on each patient's first film; what is withheld counts in none of them but its own."""
    patients = sum(row.repeat == 1 for row in rows)
    given, measured, right = first_films(rows, region)
    r, low, high = pearson(measured, right)
    answer = {
        "patients": patients, "withheld": patients - len(given), "r": r, "r_95": [low, high],
        "mae_g_per_cm2": float(np.abs(measured - right).mean()), "bias_g_per_cm2": float((measured - right).mean()),
        "osteoporosis": int(ill(given).sum()), "auc": area_under_curve(measured, ill(given)),
    }  # fmt: skip
    groups: dict[str, list[float]] = {}
    for row in rows:
        if math.isfinite(row.abmd(region)):
            groups.setdefault(row.patient, []).append(row.abmd(region))
    repeats = [np.array(values) for values in groups.values() if len(values) >= 2]
    if repeats:
        answer |= {"repeated_patients": len(repeats), "rms_cv_percent": root_mean_square_cv(repeats)}
    return answer


def spread(rows: list[Row], region: str) -> dict[str, float]:
    """Whether the passes know of their errors."""
    given, measured, right = first_films(rows, region)
    deviation, error = np.array([row.deviation[region] for row in given]), np.abs(measured - right)
    return {
        "deviation_error_spearman": float(stats.spearmanr(deviation, error).statistic),
        "error_of_most_deviating_g_per_cm2": float(error[deviation >= np.quantile(deviation, 0.9)].mean()),
    }


def errors(rows: list[Row]) -> dict[str, Values]:
    """`errors` of the manifest: root mean square over each patient's first film."""

    def of(name: str, quantity: str) -> float:
        off = np.array([row.measured[name][quantity] - row.reference[name][quantity] for row in rows if row.repeat == 1])
        return float(np.sqrt(np.nanmean(off**2)))

    def table(names: Iterable[str]) -> Values:
        return {name: {quantity: of(name, quantity) for quantity in rows[0].reference[name]} for name in names}

    return {"regions": table(REGIONS), "muscles": table(MUSCLES)}


def muscle_agreement(rows: list[Row], quantity: str) -> dict[str, Any]:
    """What lies inside the crop: correlation and mean relative error, percent."""
    answer = {}
    for name in MUSCLES:
        given = [row for row in rows if row.repeat == 1 and math.isfinite(row.measured[name][quantity])]
        right, found = (np.array([getattr(row, kind)[name][quantity] for row in given]) for kind in ("reference", "measured"))
        answer[name] = {"r": pearson(right, found)[0], "mean_error_percent": float(100 * np.mean(np.abs(found - right) / right))}
    return answer


def located(networks: ExportedNetworks, sites: Mapping[str, Site], films: int, pitch: float) -> dict[str, Any]:
    """View confusion (rows: truth) and distances of the heads found on AP films, mm on the film."""
    confusion = np.zeros((len(VIEWS), len(VIEWS)), int)
    distances, missed, spurious = [], 0, 0
    for number, site in enumerate(sites.values()):
        for film in range(films):
            whole = site.whole_film(np.random.default_rng((number, 5, film)))
            found = networks.locate(whole["film"])
            confusion[VIEWS.index(whole["view"]), int(found.view.argmax())] += 1
            if whole["view"] != "ap":
                continue
            middle = (whole["film"].shape[1] - 1) / 2
            for side, (row, column, height) in enumerate(found.heads):
                heads = [head for head in whole["heads"] if int(head[1] > middle) == side]
                if heads and height >= HEAD_FOUND:
                    distances.append(pitch * float(np.hypot(row - heads[0][0], column - heads[0][1])))
                missed += bool(heads) and height < HEAD_FOUND
                spurious += not heads and height >= HEAD_FOUND
    answer: dict[str, Any] = {
        "views": list(VIEWS),
        "confusion": confusion.tolist(),
        "heads": len(distances),
        "missed": missed,
        "spurious": spurious,
    }
    if distances:
        answer |= {"median_mm": float(np.median(distances)), "p95_mm": float(np.quantile(distances, 0.95))}
    return answer


def evaluated(
    networks: ExportedNetworks, seen: Mapping[str, Site], unseen: Mapping[str, Site], counts: tuple[int, int, int], pitch: float
) -> tuple[dict[str, Any], list[Row]]:
    """All figures and all films; `counts`: patients, repeated patients and whole films per site."""
    patients, repeated, films = counts
    rows = {
        name: measured_site(networks, name, site, patients, repeated, number) for number, (name, site) in enumerate((seen | unseen).items())
    }
    pools = {"in_house": [row for name in seen for row in rows[name]], "unseen": [row for name in unseen for row in rows[name]]}
    answer: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "model": {key: networks.manifest[key] for key in ("name", "version")},
        "simulated": "Every film, every person and every DXA value is simulated.",
        "sites": {name: "in_house" if name in seen else "unseen" for name in rows},
        "locator": located(networks, seen | unseen, films, pitch),
    }
    for region in REGIONS:
        answer[region] = {name: agreement(films_there, region) | spread(films_there, region) for name, films_there in (pools | rows).items()}
    answer["muscle_volume"] = {name: muscle_agreement(films_there, "volume") for name, films_there in pools.items()}
    answer["root_mean_square_errors"] = {name: errors(films_there) for name, films_there in pools.items()}
    return answer, [row for films_there in rows.values() for row in films_there]


def write_pairs(rows: list[Row], region: str, unseen: Collection[str], file: Path) -> None:
    """Pairs of one region as `bonemuscle validate` reads them; a withheld value has no row."""
    with file.open("w", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(["patient", "site", "group", "repeat", "quantity", "unit", "reference", "measured"])
        for row in (row for row in rows if math.isfinite(row.abmd(region))):
            group = "external" if row.site in unseen else "in-house"
            what = [row.patient, row.site, group, row.repeat, f"{region}_areal_density", "g/cm2"]
            writer.writerow([*what, f"{row.reference[region]['areal_density']:.4f}", f"{row.abmd(region):.4f}"])


def rounded(value: Any) -> Any:
    """Four decimals in whatever holds numbers."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


def summary(figures: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of it."""
    kept = ("patients", "withheld", "r", "mae_g_per_cm2", "auc", "rms_cv_percent")
    return {"date": figures["date"], "films": "simulated"} | {
        region: {pool: {key: figures[region][pool].get(key) for key in kept} for pool in ("in_house", "unseen")} for region in REGIONS
    }


MEASURED = "on simulated films of makers it was not trained on, "


def caveats(manifest: dict[str, Any], figures: dict[str, Any]) -> list[str]:
    """The manifest's caveats with what was found, in place of what an earlier evaluation found."""
    found = []
    for region in REGIONS:
        pool = figures[region]["unseen"]
        off, repeats = f"{pool['mae_g_per_cm2']:.3f} g/cm2", f"{pool['rms_cv_percent']:.1f} %"
        found.append(
            f"aBMD of the {region.replace('_', ' ')} was off by {off} on average and varied by {repeats} between films of one person"
        )
    muscles = figures["muscle_volume"]["unseen"]
    worst = max(muscles, key=lambda name: muscles[name]["mean_error_percent"])
    found.append(f"volumes of muscles were off by up to {muscles[worst]['mean_error_percent']:.0f} % ({worst.replace('_', ' ')})")
    return [text for text in manifest["caveats"] if not text.startswith(MEASURED)] + [MEASURED + "; ".join(found)]


def main() -> None:
    """Evaluates, prints and writes `evaluation.json`, `pairs.csv` (femoral neck) and `pairs_total_hip.csv` into the model's folder."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray.evaluate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bases", type=Path, required=True, help="folder of the hips")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--patients", type=int, default=60, help="per site")
    parser.add_argument("--repeated", type=int, default=15, help="patients per site with a film in each of four poses")
    parser.add_argument("--films", type=int, default=60, help="whole films per site")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    if options.patients < 4 or options.repeated < 2:
        parser.error("a correlation needs four patients per site, and precision two that are repeated")
    networks = ExportedNetworks(options.model, options.threads)
    hips = loaded(options.bases, "test")
    seen, unseen = ({site.name: Cohort(hips, (site,)) for site in sites} for sites in (IN_HOUSE_SITES, UNSEEN_SITES))
    figures, rows = evaluated(networks, seen, unseen, (options.patients, options.repeated, options.films), COARSE)
    figures = rounded(figures)
    write_json(figures, options.model / "evaluation.json")
    write_pairs(rows, "femoral_neck", unseen, options.model / "pairs.csv")
    write_pairs(rows, "total_hip", unseen, options.model / "pairs_total_hip.csv")
    unseen_errors = figures["root_mean_square_errors"]["unseen"]
    found = {"caveats": caveats(networks.manifest, figures), "errors": unseen_errors, "evaluation": summary(figures)}
    write_json(networks.manifest | found, options.model / "manifest.json")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
