"""Muscles, each side alone: `plugin-core/src/measure/muscle/`."""

from __future__ import annotations

from collections.abc import Sequence

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


# Grams per cm3 by mean HU. Water's mu/rho is 1.00661 of muscle's at 70 keV.
MASS_MODELS = {
    "constant-density/1": lambda hu: 1.06,
    "two-component/1": lambda hu: 1.06 + (0.92 - 1.06) * fat_share(hu),
    "water-attenuation/1": lambda hu: (1 + hu / 1000) * 1.00661,
}


def fat_share(hu: float) -> float:
    return np.clip((50 - hu) / 150, 0, 1)


def muscle_values(ct: Ct, mask: np.ndarray, models: Sequence[str] = ("two-component/1",)) -> dict:
    """Masses of several models bear the model's name."""
    hu = ct.hu[mask].astype(np.float64)
    volume, mean = hu.size * ct.voxel_cm3, hu.mean()
    values = {
        "volume": volume,
        "attenuation_mean": mean,
        "attenuation_median": np.median(hu),
        "attenuation_sd": hu.std(),
        "fat_voxel_share": 100 * np.mean(is_fat(hu)),
        "muscle_voxel_share": 100 * np.mean(is_muscle(hu)),
        "muscle_attenuation": hu[is_muscle(hu)].mean(),
    }
    for model in models:
        values["mass" if len(models) == 1 else f"mass {model}"] = MASS_MODELS[model](mean) * volume
    if "two-component/1" in models:
        values["lean_mass"] = 1.06 * (1 - fat_share(mean)) * volume
        values["fat_mass"] = 0.92 * fat_share(mean) * volume
    return {("whole", quantity): value for quantity, value in values.items()}


def muscle_answer(ct: Ct, mask: np.ndarray, codes: list[str], models: Sequence[str]) -> dict:
    values = muscle_values(ct, mask, models)
    if not -150 <= values["whole", "attenuation_mean"] <= 150:
        codes = [*codes, "HU_RANGE"]
    if not codes:
        return values
    # What is withheld has no model.
    return {(region, quantity.split()[0]): set(codes) for region, quantity in values}
