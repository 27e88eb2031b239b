"""From the mean density of the DXA pose in a region of the film to the aBMD of a DXA scan: a line, fitted on the validation split only."""

from __future__ import annotations

from typing import Any

import numpy as np

from .channels import REGIONS
from .examples import SHIFT, Supply, cropped
from .exported import ExportedNetworks, regions
from .statistics import least_squares


def fitted(networks: ExportedNetworks, supply: Supply, count: int, seed: int) -> dict[str, Any]:
    """`calibration` of the manifest, from `count` hips."""
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in REGIONS}
    for number in range(count):
        rng = np.random.default_rng((seed, 2, number))
        hip = supply.hip(rng)
        found = regions(networks.passes(cropped(hip, rng.normal(0, SHIFT, 2)).film, seed=number))
        for name, region in found.items():
            if region.pixels:
                pairs[name].append((region.density, hip["truth"][name]["abmd"]))
    calibration = {}
    for name, rows in pairs.items():
        density, right = np.array(rows, float).reshape(-1, 2).T
        if len(density) < 3:
            raise ValueError(f"{name} was found in {len(density)} of {count} hips of the validation: too few for a line")
        slope, intercept, residual = least_squares(density, right)
        calibration[name] = {"slope": rounded(slope), "intercept": rounded(intercept), "residual_g_per_cm2": rounded(residual)}
    return {"calibration": calibration}


def rounded(value: float) -> float:
    """To four decimals: a tenth of a milligram per cm2."""
    return round(value, 4)
