"""Virtual patients on films: what a training asks for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import film, patients
from .bases import CROP, Base, Boxed
from .compartments import PROXIMAL, VOLUMES
from .patients import MUSCLE_DENSITY, Patient
from .projection import REGIONS, SURROUNDINGS
from .sites import TRAINING_SITES, Site, collimated, processed

MUSCLES = ("gluteus_medius", "gluteus_maximus", "gluteus_minimus", "iliopsoas")
_PELVIS = tuple(SURROUNDINGS.index(name) for name in ("pelvis_shell", "pelvis_inner_shell", "pelvis_core"))


def images(boxed: Boxed, patient: Patient) -> dict[str, NDArray[np.float32]]:
    """Everything along the rays of a window: areal densities (g/cm2), thicknesses (mm), lean masses (g/cm2)."""
    femur, around = boxed.femur.astype(np.float32), boxed.surroundings.astype(np.float32)
    weights = patient.weights() * 1e-4
    proximal, proximal_bone = np.tensordot(weights[PROXIMAL], femur[PROXIMAL], 1), femur[:VOLUMES][PROXIMAL[:VOLUMES]].sum(0)
    distal = np.tensordot(weights[~PROXIMAL], femur[~PROXIMAL], 1)
    whole_bone = femur[:VOLUMES].sum(0)
    shells = np.array([0.85, 0.35, 0.0]) * patient.thickness.mean() * patient.cortical
    pelvis = np.tensordot((shells + patient.pelvis).astype(np.float32) * 1e-4, around[list(_PELVIS)], 1)
    found = {
        "proximal_femur": np.maximum(boxed.placed(proximal), 0), "proximal_femur_thickness": boxed.placed(proximal_bone),
        "bone": np.maximum(boxed.placed(proximal + distal), 0) + pelvis,
        "bone_thickness": boxed.placed(whole_bone) + around[list(_PELVIS)].sum(0),
        "fat": around[SURROUNDINGS.index("fat")] * patient.fat,
        "viscera": around[SURROUNDINGS.index("viscera")] * (0.6 + 0.4 * patient.fat),
    }  # fmt: skip
    lean = np.zeros_like(pelvis)
    for place, name in enumerate((*MUSCLES, "muscle")):
        thickness = around[SURROUNDINGS.index(name)] * patient.muscle[place]
        found[f"{name}_thickness"] = thickness
        found[f"{name}_lean"] = thickness * (0.1 * MUSCLE_DENSITY * (1 - patient.muscle_fat[place]))
        lean += thickness * (1 - patient.muscle_fat[place])
        found["fat"] = found["fat"] + thickness * patient.muscle_fat[place]
    found["lean"] = lean
    return found


def gas(shape: tuple[int, int], rng: np.random.Generator, pitch: float) -> NDArray[np.float32]:
    """Bowel gas, mm: smooth blobs in the upper part."""
    noise = ndimage.gaussian_filter(rng.normal(size=shape), 9 / pitch)
    high = np.clip(1.2 - np.arange(shape[0])[:, None] * pitch / 130, 0, 1)
    return (np.clip(noise / noise.std() - rng.uniform(0.6, 1.8), 0, 1.5) * rng.uniform(0, 28) * high).astype(np.float32)


def exposed(
    found: dict[str, NDArray], exposure: film.Exposure, site: Site, rng: np.random.Generator, pitch: float, extra: NDArray | None = None
) -> NDArray[np.float32]:
    """The film of what lies along the rays; `extra` is metal, in g/cm2 of mineral that attenuates as much."""
    viscera = np.maximum(found["viscera"] - gas(found["viscera"].shape, rng, pitch), 0)
    mineral = found["bone"] if extra is None else found["bone"] + extra
    paths = film.materials(mineral, found["bone_thickness"], found["lean"] + viscera, found["fat"])
    return processed(film.signal(paths, exposure, rng, pitch), site, rng, pitch)


def sample(base: Base, rng: np.random.Generator, sites: tuple[Site, ...] = TRAINING_SITES, *, patient: Patient | None = None) -> dict:
    """A film of a virtual patient's hip with its targets and its truth; the README of this folder says what they hold."""
    patient = patient or patients.draw(rng)
    site = sites[rng.integers(len(sites))]
    found = images(base.crop, patient)
    grey = collimated(exposed(found, film.draw(rng), site, rng, CROP.pitch), rng, reach=0.12)
    targets = {name: found[name] for name in ("bone", "proximal_femur", "proximal_femur_thickness")}
    targets |= {f"{name}_{kind}": found[f"{name}_{kind}"] for name in MUSCLES for kind in ("thickness", "lean")}
    for place, region in enumerate(REGIONS):
        targets[region] = (base.crop.placed(base.crop.regions[place].astype(np.float32)) > 0.5).astype(np.float32)
    person = {key: getattr(patient, key) for key in ("sex", "age", "height_m", "weight_kg")}
    truth = {"patient": person, "site": site.name, "anatomy": base.anatomy, "pose": base.pose, **patients.truth(patient, base.scan)}
    return {"film": grey, "targets": targets, "truth": truth}
