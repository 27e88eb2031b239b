"""Films of one hip in every view, as DICOM objects whose headers say AP: only their pixels can tell.

    PYTHONPATH=models python -m training.xray.views --data ../shared/data --workspace W --output tests/films

writes one film of each view but AP, of a test hip.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import JPEGLSLossless

from . import bases, bodies, dicom, femora, film, hips, patients
from .cohort import exposed, images
from .patients import Patient
from .sites import UNSEEN_SITES, Site
from .whole import HEAD_ROW, VIEWS, Scene, metal

FINER = 3
"""Pixels of a film to one of its maps: 1 mm."""


def scene(base: bases.Base, view: str, patient: Patient, rng: np.random.Generator) -> Scene:
    """A left hip, with its head."""
    if view == "lateral":
        return Scene(images(base.side, patient), [(bases.LATERAL.centre[0], bases.LATERAL.centre[1])])
    half = Scene(images(base.frog if view == "frog_leg" else base.whole, patient), [(HEAD_ROW, -base.midline - 0.5)])
    if view == "distal":
        return half.cut(slice(HEAD_ROW + int(rng.integers(12, 22)), None), slice(None))
    return half.cut(slice(0, int(rng.integers(34, 50))), slice(None)) if view == "other" else half


def film_of_a_view(base: bases.Base, view: str, site: Site, seed: tuple[int, ...]) -> FileDataset:
    """A new patient on a new film; an implant is one of the hip."""
    rng = np.random.default_rng([*seed, 1 + VIEWS.index(view)])
    patient, exposure = patients.draw(rng), film.draw(rng)
    shown = scene(base, view, patient, rng)
    maps = dict(shown.found) | ({"metal": metal(shown, rng)} if view == "implant" else {})
    seen, pitch = dicom.finer(maps, FINER), bases.COARSE / FINER
    grey = exposed(seen, exposure, site, rng, pitch, seen.get("metal"))
    geometry = dicom.Geometry(pitch, 1100, 970, 970 + dicom.HIP_BEFORE_TABLE)
    return dicom.digital_x_ray(grey, site.maker.bits, geometry, exposure, patient, f"{view} {seed}")


def main() -> None:
    """The films of the tests, compressed without loss."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray.views", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument("--workspace", type=Path, required=True, help="keeps the anatomies")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    hip = hips.draw(femora.collected(options.data, options.workspace), bodies.visible(options.data, options.workspace), "test", 7, 1)
    base = bases.make(hip, "test", 1, 0, 7)
    options.output.mkdir(parents=True, exist_ok=True)
    for view in VIEWS[1:]:
        made = film_of_a_view(base, view, UNSEEN_SITES[0], (7, 1))
        made.compress(JPEGLSLossless)
        made.save_as(options.output / f"{view}.dcm", enforce_file_format=True)


if __name__ == "__main__":
    main()
