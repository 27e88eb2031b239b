"""Whole films at a coarse pitch, with the views that are not to be measured among them: what the locator learns from.

An AP film of the pelvis is the left half and its mirror image, of one patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import film, patients
from .bases import COARSE, LATERAL, Base, Boxed
from .cohort import exposed, images
from .patients import Patient
from .sites import TRAINING_SITES, Site, collimated

VIEWS = ("ap", "frog_leg", "lateral", "implant", "distal", "other")
SHARES = (0.5, 0.12, 0.1, 0.12, 0.08, 0.08)
"""How often a view is drawn."""
HEAD_ROW = 64
METAL = 9.0
"""g/cm2 of mineral that 1 cm of steel or titanium stands for: enough to let next to nothing through."""


@dataclass(frozen=True)
class Scene:
    """What lies along the rays of a window, and where the heads are: (row, column)."""

    found: dict[str, NDArray[np.float32]]
    heads: list[tuple[float, float]]

    def cut(self, rows: slice, columns: slice) -> Scene:
        """A part of it; heads outside are left out."""
        height, width = next(iter(self.found.values())).shape
        top, bottom, _ = rows.indices(height)
        left, right, _ = columns.indices(width)
        heads = [(row - top, column - left) for row, column in self.heads if top <= row < bottom and left <= column < right]
        return Scene({name: values[rows, columns] for name, values in self.found.items()}, heads)

    def mirrored(self) -> Scene:
        """Left and right swapped."""
        width = next(iter(self.found.values())).shape[1]
        heads = sorted(((row, width - 1 - column) for row, column in self.heads), key=lambda head: head[1])
        return Scene({name: values[:, ::-1] for name, values in self.found.items()}, heads)


def pelvis(half: Boxed, base: Base, patient: Patient) -> Scene:
    """Both hips; the half's first column is at the middle of the pelvis."""
    found = images(half, patient)
    width = half.surroundings.shape[2]
    column = -base.midline - 0.5
    both = {name: np.concatenate([values[:, ::-1], values], 1) for name, values in found.items()}
    return Scene(both, [(HEAD_ROW, width - 1 - column), (HEAD_ROW, width + column)])


def field(scene: Scene, rng: np.random.Generator) -> Scene:
    """Both hips, or one of them; the film's edges by chance."""
    height, width = next(iter(scene.found.values())).shape
    half = width // 2
    if rng.random() < 0.6:
        side = int(rng.integers(0, 18))
        columns = slice(side, width - side)
    else:
        columns = slice(half + int(rng.integers(-10, 12)), width - int(rng.integers(0, 25)))
    shown = scene.cut(slice(int(rng.integers(0, 40)), height - int(rng.integers(0, 40))), columns)
    return shown.mirrored() if rng.random() < 0.5 else shown


def metal(scene: Scene, rng: np.random.Generator) -> NDArray[np.float32]:
    """g/cm2 of mineral for an implant at one or two hips: a prosthesis, a screw with a plate, or a nail."""
    shape = next(iter(scene.found.values())).shape
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) * COARSE
    answer = np.zeros(shape, np.float32)
    heads = scene.heads if rng.random() < 0.25 else [scene.heads[rng.integers(len(scene.heads))]]
    for row, column in heads:
        lateral = 1 if column > shape[1] / 2 or len(scene.heads) == 1 else -1
        dx, dy = (x - column * COARSE) * lateral, y - row * COARSE
        kind, shaft = rng.integers(3), rng.uniform(34, 46)
        if kind == 0:
            answer += METAL * (np.hypot(dx, dy) < rng.uniform(13, 24)) * rng.uniform(1, 3)
            answer += METAL * near(dx, dy, (0, 0), (shaft, rng.uniform(25, 40)), 7)
            answer += METAL * near(dx, dy, (shaft - 3, 25), (shaft, rng.uniform(110, 160)), rng.uniform(4, 8))
        elif kind == 1:
            answer += METAL * near(dx, dy, (rng.uniform(-8, 4), rng.uniform(-6, 4)), (shaft + 14, 45), rng.uniform(3, 5))
            answer += METAL * near(dx, dy, (shaft + 15, 30), (shaft + 15, rng.uniform(90, 150)), 4)
            for level in np.arange(60, 120, 18):
                answer += METAL * 0.6 * near(dx, dy, (shaft - 18, level), (shaft + 15, level), 2.5)
        else:
            answer += METAL * near(dx, dy, (shaft + 8, -12), (shaft, rng.uniform(110, 170)), rng.uniform(5, 7))
            answer += METAL * near(dx, dy, (rng.uniform(-8, 4), 0), (shaft + 18, 42), rng.uniform(3.5, 5.5))
    return ndimage.gaussian_filter(answer, 0.4)


def near(x: NDArray, y: NDArray, start: tuple[float, float], end: tuple[float, float], width: float) -> NDArray[np.bool_]:
    """Whether a place is nearer than `width` to a line."""
    (ax, ay), (bx, by) = start, end
    share = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2), 0, 1)
    return np.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay)) < width


def other(scene: Scene, rng: np.random.Generator) -> Scene:
    """No hip: the upper pelvis alone, the edge of a body, or shapes of soft tissue and bone that are none."""
    kind = rng.integers(3)
    if kind == 0:
        return scene.cut(slice(0, int(rng.integers(34, 50))), slice(None))
    if kind == 1:
        width = next(iter(scene.found.values())).shape[1]
        return scene.cut(slice(None), slice(width - int(rng.integers(24, 40)), None))
    shape = (int(rng.integers(70, 130)), int(rng.integers(70, 130)))
    found = {name: np.zeros(shape, np.float32) for name in scene.found}
    for name, size in (("lean", 200), ("fat", 60), ("viscera", 80), ("bone_thickness", 25)):
        noise = ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(3, 15))
        found[name] = (np.clip(noise / noise.std() + rng.uniform(-1, 1), 0, 2) * size * rng.uniform(0, 0.6)).astype(np.float32)
    found["bone"] = found["bone_thickness"] * rng.uniform(0.01, 0.08)
    return Scene(found, [])


def whole_film(base: Base, rng: np.random.Generator, sites: tuple[Site, ...] = TRAINING_SITES, *, view: str | None = None) -> dict:
    """A film at `COARSE` mm: `film` float32 `[rows, columns]`, `heads` (row, column) from the image's left, `view` one of `VIEWS`."""
    view = view or str(rng.choice(VIEWS, p=SHARES))
    patient, site = patients.draw(rng), sites[rng.integers(len(sites))]
    extra = None
    if view == "lateral":
        scene = Scene(images(base.side, patient), [(LATERAL.centre[0], LATERAL.centre[1])])
        scene = scene.cut(
            slice(int(rng.integers(0, 30)), None), slice(int(rng.integers(0, 25)), LATERAL.columns - int(rng.integers(0, 25)))
        )
        scene = scene.mirrored() if rng.random() < 0.5 else scene
    else:
        scene = pelvis(base.frog if view == "frog_leg" else base.whole, base, patient)
        if view == "distal":
            scene = scene.cut(slice(HEAD_ROW + int(rng.integers(12, 22)), None), slice(None))
            scene = field_of_the_thigh(scene, rng)
        elif view == "other":
            scene = other(scene, rng)
        else:
            scene = field(scene, rng)
    if view == "implant":
        extra = metal(scene, rng)
    grey = collimated(exposed(scene.found, film.draw(rng), site, rng, COARSE, extra), rng, reach=0.08)
    return {"film": grey, "heads": scene.heads, "view": view, "pitch": COARSE, "site": site.name}


def field_of_the_thigh(scene: Scene, rng: np.random.Generator) -> Scene:
    """One thigh or both."""
    width = next(iter(scene.found.values())).shape[1]
    if rng.random() < 0.3:
        return scene
    shown = scene.cut(slice(None), slice(width // 2 + int(rng.integers(0, 10)), width - int(rng.integers(0, 25))))
    return shown.mirrored() if rng.random() < 0.5 else shown
