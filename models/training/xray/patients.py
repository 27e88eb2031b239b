"""Virtual patients: what weights a hip's basis maps.

Distributions by age and sex. Anchors that were checked: femoral-neck aBMD of white women of 20 to 29 years, 0.858 (0.120) g/cm2 (NHANES
III). Everything else, the decline with age, the men's higher peak, the shares of cortex and trabeculae in it, body size and muscle fat,
is an ASSUMPTION of plausible size, and is named one where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bases import Scan
from .compartments import COMPARTMENTS, NAMES, SHELLS, VOLUMES

OSTEOPOROSIS = {"femoral_neck": 0.858 - 2.5 * 0.120, "total_hip": 0.942 - 2.5 * 0.122}
"""g/cm2: T-score -2.5 of the NHANES III reference women."""
TRABECULAR = {"head": 175.0, "neck": 80.0, "trochanter": 105.0, "shaft": 30.0, "distal": 30.0}
"""mg/cm3 of hydroxyapatite beside the principal groups, at 30 years. Assumption."""
COMPRESSIVE, TENSILE = 150.0, 90.0
"""mg/cm3 more in the middle of the principal groups, at 30 years. Assumption."""
CORTICAL = 1000.0
"""mg/cm3 of hydroxyapatite in cortex at 30 years, pores included. Assumption."""
MUSCLE_DENSITY = 1.06
"""g/cm3 (methods 1.9, `two_comp`)."""


@dataclass(frozen=True)
class Patient:
    """One virtual person."""

    sex: str
    age: float
    height_m: float
    weight_kg: float
    cortical: float
    """mg/cm3."""
    thickness: NDArray[np.float64]
    """Of the cortex per compartment, relative to the nominal."""
    trabecular: NDArray[np.float64]
    """mg/cm3 per compartment."""
    compressive: float
    tensile: float
    grain: float
    """Standard deviation of the trabecular density, as a share of it."""
    pelvis: float
    """Density of pelvic trabeculae, mg/cm3."""
    fat: float
    """Thickness of fat relative to the person that the anatomy comes from."""
    muscle: NDArray[np.float64]
    """Thickness of muscles, likewise: the four named ones and the others."""
    muscle_fat: NDArray[np.float64]
    """Share of fat in the volume of muscles, in the same order."""

    def weights(self) -> NDArray[np.float32]:
        """`[len(NAMES)]`, mg/cm3 of every map of the femur."""
        edges = np.array(SHELLS)
        answer = np.zeros(len(NAMES))
        shells = len(SHELLS) - 1
        for place in range(len(COMPARTMENTS)):
            solid = np.clip((self.thickness[place] - edges[:-1]) / np.diff(edges), 0, 1)
            answer[place * shells : (place + 1) * shells] = solid * self.cortical + (1 - solid) * self.trabecular[place]
        answer[VOLUMES - len(COMPARTMENTS) : VOLUMES] = self.trabecular
        spongy = self.grain * float(self.trabecular[1])
        answer[VOLUMES:] = self.compressive, self.tensile, spongy, spongy
        return answer.astype(np.float32)


def draw(rng: np.random.Generator) -> Patient:
    """A person of 40 to 95 years, two of three women.

    Assumptions: trabecular density falls by 0.75 % and cortical thickness by 0.45 % of the value at 30 per year in women, two thirds of
    that in men; men's cortex is 6 % thicker; between persons trabeculae vary by 20 % and cortex by 11 %, correlated by 0.6; tensile
    trabeculae are lost first (Singh). BMI 25 (4), muscles lose 0.5 % per year after 40.
    """
    woman = rng.random() < 0.67
    age = float(rng.uniform(40, 95))
    height = float(rng.normal(1.59, 0.065) if woman else rng.normal(1.72, 0.07))
    bmi = float(np.clip(rng.normal(25, 4), 16, 42))
    common = rng.normal()
    spread = 0.77 * common + 0.64 * rng.normal(size=2)
    pace = (1.0 if woman else 0.65) * (age - 30)
    trabecular = float(np.exp(0.20 * spread[0]) * max(1 - 0.0075 * pace, 0.3) * (1 + 0.004 * (bmi - 25)))
    thickness = float(np.exp(0.11 * spread[1]) * max(1 - 0.0045 * pace, 0.45) * (1.0 if woman else 1.06) * (1 + 0.006 * (bmi - 25)))
    per_part = thickness * np.exp(rng.normal(0, 0.06, len(COMPARTMENTS)))
    spongy = np.array([TRABECULAR[name] for name in COMPARTMENTS]) * trabecular * np.exp(rng.normal(0, 0.08, len(COMPARTMENTS)))
    per_part[-1], spongy[-1] = per_part[-2], spongy[-2]
    wasting = max(1 - 0.005 * (age - 40), 0.6)
    muscle = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, 5)) * wasting * (0.92 if woman else 1.05) * (1 + 0.012 * (bmi - 25))
    fat_share = np.clip(0.06 + 0.0022 * (age - 40) + 0.003 * (bmi - 25) + rng.normal(0, 0.04) + rng.normal(0, 0.02, 5), 0.01, 0.45)
    return Patient(
        "F" if woman else "M", age, height, bmi * height**2,
        cortical=CORTICAL * float(np.clip(1 - 0.0012 * pace + rng.normal(0, 0.03), 0.75, 1.1)),
        thickness=np.clip(per_part, 0.25, 1.4), trabecular=spongy,
        compressive=COMPRESSIVE * trabecular * float(np.exp(rng.normal(0, 0.1))),
        tensile=TENSILE * trabecular ** 1.6 * float(np.exp(rng.normal(0, 0.15))),
        grain=float(rng.uniform(0.15, 0.5)), pelvis=150 * trabecular * float(np.exp(rng.normal(0, 0.1))),
        fat=float(np.clip((bmi / 25) ** 2.2 * np.exp(rng.normal(0, 0.2)) * (0.8 if woman else 0.75), 0.2, 3)),
        muscle=muscle, muscle_fat=fat_share,
    )  # fmt: skip


def truth(patient: Patient, scan: Scan) -> dict[str, dict[str, float | bool]]:
    """What a DXA scan of this patient's hip would measure in the DXA pose, and the region's volumetric density."""
    answer: dict[str, dict[str, float | bool]] = {}
    for region, volumes, area, span in zip(OSTEOPOROSIS, scan.volumes, scan.areas, scan.span, strict=True):
        mass = float(volumes @ patient.weights()) * 1e-6
        abmd = mass / (float(area) * 1e-2)
        answer[region] = {
            "abmd": abmd, "bmc": mass, "area": float(area) * 1e-2, "vbmd": mass * 1e6 / float(span),
            "osteoporosis": bool(abmd <= OSTEOPOROSIS[region]),
        }  # fmt: skip
    return answer
