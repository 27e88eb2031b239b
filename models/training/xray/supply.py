"""The simulated cohort as the training and the evaluation ask for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from . import bases, cohort, patients, whole
from .bases import Base
from .examples import Hip, WholeFilm
from .sites import Maker, Site


def crossed(makers: list[Maker], rng: np.random.Generator) -> Site:
    """A site of a maker that takes each part of its processing from one of `makers`: the network is not to learn them one by one."""
    shape, window, masks, compression, detail, storage = (makers[number] for number in rng.integers(len(makers), size=6))
    maker = replace(
        shape, window=window.window, masks=masks.masks, compression=compression.compression, detail=detail.detail,
        bits=storage.bits, quality=storage.quality,
    )  # fmt: skip
    return Site("crossed", maker, int(rng.integers(2**31)))


def loaded(folder: Path, split: str) -> list[Base]:
    """The hips of a split, of which there is at least one."""
    found = bases.load(folder, split)
    if not found:
        raise SystemExit(f"{folder} holds no hips for {split}: make them with `python -m training.xray.bases --split {split}`")
    return found


class Cohort:
    """Hips filmed at some virtual sites, and by the share `crossing` at sites whose makers are crossed from theirs."""

    def __init__(self, hips: list[Base], sites: tuple[Site, ...], crossing: float = 0.0) -> None:
        self.bases, self.sites, self.crossing = hips, sites, crossing
        self.makers = [site.maker for site in sites]
        self.anatomies = sorted({base.anatomy for base in self.bases})

    def drawn_sites(self, rng: np.random.Generator) -> tuple[Site, ...]:
        """Where the next film is taken."""
        return (crossed(self.makers, rng),) if rng.random() < self.crossing else self.sites

    def hip(self, rng: np.random.Generator) -> Hip:
        """A new virtual patient in any pose."""
        return cohort.sample(self.bases[rng.integers(len(self.bases))], rng, sites=self.drawn_sites(rng))

    def whole_film(self, rng: np.random.Generator) -> WholeFilm:
        """A new whole film of any view."""
        return whole.whole_film(self.bases[rng.integers(len(self.bases))], rng, sites=self.drawn_sites(rng))

    def repeats(self, rng: np.random.Generator, count: int) -> list[Hip]:
        """One new virtual patient, filmed once in each of `count` poses."""
        anatomy = self.anatomies[rng.integers(len(self.anatomies))]
        poses = [base for base in self.bases if base.anatomy == anatomy]
        patient = patients.draw(rng)
        return [cohort.sample(poses[pose], rng, sites=self.sites, patient=patient) for pose in rng.permutation(len(poses))[:count]]
