"""From thicknesses to the signal of a detector: spectrum, scatter, quanta, focal spot, heel effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ENERGIES = np.array([35.0, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90])
"""keV; below the first the patient lets nothing through."""
_ROWS = np.array([30.0, 40, 50, 60, 80, 100])
_TABLE = {
    "muscle": [0.3783, 0.2685, 0.2262, 0.2048, 0.1823, 0.1693],
    "fat": [0.3063, 0.2396, 0.2123, 0.1974, 0.1800, 0.1688],
    "cortical_bone": [1.331, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855],
    "aluminium": [1.128, 0.5685, 0.3681, 0.2778, 0.2018, 0.1704],
}
"""cm2/g. NIST (Hubbell and Seltzer, NISTIR 5632), tissues of ICRU-44; from 40 keV up the tissues are those of the program's own table."""
_MINERAL = 0.564
"""Share of hydroxyapatite in the mass of ICRU-44 cortical bone: its 22.5 % of calcium over the mineral's 39.9 %."""
_MINERAL_DENSITY = 3.16
"""g/cm3."""


def attenuation(substance: str) -> NDArray[np.float64]:
    """cm2/g at `ENERGIES`, by lines in log-log. The mineral is what cortical bone has beyond its soft share, taken as muscle."""
    if substance == "mineral":
        return (attenuation("cortical_bone") - (1 - _MINERAL) * attenuation("muscle")) / _MINERAL
    return np.exp(np.interp(np.log(ENERGIES), np.log(_ROWS), np.log(_TABLE[substance])))


_COEFFICIENTS = np.stack([attenuation(name) for name in ("mineral", "muscle", "fat")])


@dataclass(frozen=True)
class Exposure:
    """How a film was taken."""

    kilovolt: float
    filtration: float
    """mm of aluminium."""
    scatter: float
    """Ratio of scatter to primary behind the thickest part, after the grid."""
    scatter_width: float
    """Standard deviation of its spread, mm."""
    quanta: float
    """Per pixel of 1.25 mm without a patient."""
    blur: float
    """Standard deviation of focal spot and detector together, mm."""
    heel: tuple[float, float]
    """Change of the tube's output over 100 mm down and across, as shares."""


def draw(rng: np.random.Generator) -> Exposure:
    """60 to 90 kVp, 2.5 to 4 mm Al, scatter 0.3 to 3 before a grid that leaves a part of it. Ranges: assumptions of common practice."""
    return Exposure(
        kilovolt=float(rng.uniform(62, 90)), filtration=float(rng.uniform(2.5, 4.0)),
        scatter=float(np.exp(rng.uniform(np.log(0.15), np.log(1.5)))),
        scatter_width=float(rng.uniform(20, 60)),
        quanta=float(np.exp(rng.uniform(np.log(2e6), np.log(3e7)))), blur=float(rng.uniform(0.3, 0.9)),
        heel=(float(rng.normal(0, 0.04)), float(rng.normal(0, 0.02))),
    )  # fmt: skip


def spectrum(exposure: Exposure) -> NDArray[np.float64]:
    """Share of the detected energy at `ENERGIES`: Kramers' law (photons ~ kVp/E - 1), filtered, weighted with the energy."""
    photons = np.clip(exposure.kilovolt / ENERGIES - 1, 0, None) * np.exp(-attenuation("aluminium") * 2.699 * exposure.filtration / 10)
    energy = photons * ENERGIES
    return energy / energy.sum()


def materials(mineral: NDArray, bone: NDArray, muscle: NDArray, fat: NDArray) -> NDArray[np.float32]:
    """`[3, rows, columns]` g/cm2 of mineral, muscle-like and fat along the ray.

    `mineral` in g/cm2; `bone`, the bones' thickness, of which mineral takes its part and marrow of half fat the rest, and the soft
    tissues in mm.
    """
    marrow = np.clip(bone / 10 - mineral / _MINERAL_DENSITY, 0, None)
    return np.stack([mineral, muscle / 10 * 1.06 + marrow * 0.5, fat / 10 * 0.92 + marrow * 0.48]).astype(np.float32)


def signal(paths: NDArray[np.float32], exposure: Exposure, rng: np.random.Generator, pitch: float) -> NDArray[np.float32]:
    """What the detector reads, 1 without a patient: more light where there is less of the patient."""
    weights = spectrum(exposure)
    used = weights > 1e-4
    logs = np.tensordot(_COEFFICIENTS[:, used].T.astype(np.float32), paths, 1)
    primary = np.tensordot(weights[used].astype(np.float32), np.exp(-logs), 1)
    down, across = (np.linspace(-0.5, 0.5, size) * size * pitch / 100 for size in primary.shape)
    primary *= 1 + exposure.heel[0] * down[:, None] + exposure.heel[1] * across
    total = primary + scattered(primary, paths, exposure, rng, pitch)
    total = ndimage.gaussian_filter(total, exposure.blur / pitch)
    quanta = exposure.quanta * (pitch / 1.25) ** 2
    noise = ndimage.gaussian_filter(rng.normal(size=total.shape).astype(np.float32), 0.4)
    return np.maximum(total + noise * 1.6 * np.sqrt(np.maximum(total, 1e-6) / quanta), 1e-5).astype(np.float32)


def scattered(primary: NDArray, paths: NDArray, exposure: Exposure, rng: np.random.Generator, pitch: float) -> NDArray[np.float32]:
    """Scatter: the primary spread out, stronger behind thick parts, with a smooth unevenness of 15 %."""
    small = slice(None, None, 4), slice(None, None, 4)
    thick = paths.sum(0)[small]
    made = primary[small] * np.clip(thick / 22.0, 0, 1.3) * exposure.scatter
    spread = ndimage.gaussian_filter(made, exposure.scatter_width / (4 * pitch), mode="nearest")
    uneven = ndimage.gaussian_filter(rng.normal(size=spread.shape), 60 / (4 * pitch), mode="reflect")
    spread = spread * (1 + 0.15 * uneven / max(float(uneven.std()), 1e-9)).clip(0.5, 1.5)
    return enlarged(spread, primary.shape)


def enlarged(image: NDArray, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Linear interpolation to `shape`."""
    where = np.meshgrid(*(np.arange(size) / 4 for size in shape), indexing="ij")
    return ndimage.map_coordinates(image, where, order=1, mode="nearest", output=np.float32)
