"""Muscles, each side alone: `plugin-core/src/measure/muscle/`."""

from __future__ import annotations

import numpy as np

from oracle.ct import Ct

MUSCLES = (
    "erector_spinae deep_back_muscle quadratus_lumborum iliopsoas psoas_major gluteus_maximus gluteus_medius gluteus_minimus"
    " piriformis tensor_fasciae_latae sartorius quadriceps_femoris hamstrings adductors gracilis pectineus"
).split()


def is_fat(hu: np.ndarray) -> np.ndarray:
    return (hu >= -190) & (hu <= -30)


def is_muscle(hu: np.ndarray) -> np.ndarray:
    return (hu > -30) & (hu <= 150)


def muscle_values(ct: Ct, mask: np.ndarray) -> dict:
    hu = ct.hu[mask].astype(np.float64)
    volume = hu.size * ct.voxel_cm3
    fat = np.clip((50 - hu.mean()) / 150, 0, 1)
    lean_mass, fat_mass = 1.06 * (1 - fat) * volume, 0.92 * fat * volume
    values = {
        "volume": volume,
        "attenuation_mean": hu.mean(),
        "attenuation_median": np.median(hu),
        "attenuation_sd": hu.std(),
        "fat_voxel_share": 100 * np.mean(is_fat(hu)),
        "muscle_voxel_share": 100 * np.mean(is_muscle(hu)),
        "muscle_attenuation": hu[is_muscle(hu)].mean(),
        "mass": lean_mass + fat_mass,
        "lean_mass": lean_mass,
        "fat_mass": fat_mass,
    }
    return {("whole", quantity): value for quantity, value in values.items()}


def muscle_answer(ct: Ct, mask: np.ndarray, codes: list[str]) -> dict:
    values = muscle_values(ct, mask)
    if not -150 <= values["whole", "attenuation_mean"] <= 150:
        codes = [*codes, "HU_RANGE"]
    return {key: set(codes) for key in values} if codes else values
