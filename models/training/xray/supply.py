"""The simulated cohort as the training and the evaluation ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import bases, cohort, patients
from .examples import Hip, WholeFilm


class Cohort:
    """The hips of one split, filmed at some virtual sites."""

    def __init__(self, folder: Path, split: str, sites: Sequence[Any]) -> None:
        self.bases, self.sites = bases.load(folder, split), sites
        if not self.bases:
            raise SystemExit(f"{folder} holds no hips for {split}: make them with `python -m training.xray.bases --split {split}`")
        self.anatomies = sorted({base.anatomy for base in self.bases})

    def hip(self, rng: np.random.Generator) -> Hip:
        """A new virtual patient in any pose."""
        return cohort.sample(self.bases[rng.integers(len(self.bases))], rng, sites=self.sites)

    def whole_film(self, rng: np.random.Generator) -> WholeFilm:
        """A new whole film of any view."""
        return cohort.whole_film(self.bases[rng.integers(len(self.bases))], rng, sites=self.sites)

    def repeats(self, rng: np.random.Generator, count: int) -> list[Hip]:
        """One new virtual patient, filmed once in each of `count` poses."""
        anatomy = self.anatomies[rng.integers(len(self.anatomies))]
        poses = [base for base in self.bases if base.anatomy == anatomy]
        patient = patients.draw(rng)
        return [cohort.sample(poses[pose], rng, sites=self.sites, patient=patient) for pose in rng.permutation(len(poses))[:count]]
