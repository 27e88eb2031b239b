"""Hounsfield units of a body from its regions: every patient, bone, muscle and scan anew."""

from __future__ import annotations

import torch
from torch import Tensor

from .fields import Chance, averaged
from .sources import Tissue

_VISCERA = ((0.30, -120, -70), (0.30, 20, 70), (0.18, -5, 25), (0.10, 80, 250), (0.05, -1000, -600), (0.07, 30, 120))
"""Share and range of fat, soft tissue, fluid, contrast, gas and organs."""


def viscera(chance: Chance) -> Tensor:
    """A mosaic of smooth cells: fat, soft tissue, bowel, fluid, gas, contrast."""
    cells = chance.smooth(chance.pick((4, 7, 12, 20)))[0] + 0.5 * chance.smooth(24)[0]
    other = chance.smooth(chance.pick((3, 5, 9)))[0] > 0
    kinds = torch.bucketize(cells, torch.tensor([-1.0, -0.5, -0.1, 0.2, 0.6, 1.3], device=chance.device)) + 7 * other
    weights = tuple(share for share, _, _ in _VISCERA)
    values = []
    for _ in range(14):
        _, low, high = _VISCERA[chance.pick(tuple(range(len(_VISCERA))), weights)]
        values.append(chance.uniform(low, high))
    return torch.tensor(values, device=chance.device)[kinds] + 8 * chance.white()


def bone(chance: Chance, depth: Tensor) -> Tensor:
    """Cortex of 0.8 to 2.5 mm over trabeculae; deep marrow (shafts) is fatty and its cortex thicker."""
    shaft = torch.sigmoid((depth - chance.uniform(7, 14)) / 2) * chance.uniform(0, 1)
    cortex = chance.uniform(500, 1400)
    thickness = chance.uniform(0.8, 2.5)
    trabeculae = chance.uniform(40, 380) + chance.smooth(24)[0] * chance.uniform(5, 60) + chance.smooth(6)[0] * chance.uniform(5, 50)
    core = trabeculae * (1 - shaft) + chance.uniform(-100, 40) * shaft
    hard = torch.sigmoid((thickness - depth) / 0.7)
    return cortex * hard + core * (1 - hard)


def infiltrated(chance: Chance, muscle: Tensor, fat: float, regions: Tensor) -> Tensor:
    """Muscle with streaks of fat; every region has its own share, most patients have little."""
    share = chance.numbers(256, 0, 1.2) * chance.uniform(0, 1) ** 2.5 * 0.55
    streaks = 0.6 * chance.smooth(24)[0] + 0.6 * chance.smooth(48)[0]
    weight = share[regions] * (1 + 1.3 * streaks) + 0.15 * chance.uniform(0, 1) * streaks.clamp(min=0.9) - 0.135
    weight = weight.clamp(0, 0.9)
    return muscle * (1 - weight) + fat * weight


def painted(chance: Chance, tissues: Tensor, regions: Tensor, depth: Tensor) -> Tensor:
    """HU of a patch from the tissue of its voxels, `[x, y, z]` of `Tissue`."""
    fat = chance.uniform(-120, -80)
    tone = chance.uniform(25, 68) + chance.normal(256) * chance.uniform(0, 9)
    organs = chance.numbers(256, 10, 110)
    enhancement = chance.uniform(0, 250) if chance.hit(0.5) else 0.0
    values = {
        Tissue.FAT: fat + 8 * chance.smooth(20)[0] + 6 * chance.white(),
        Tissue.MUSCLE: infiltrated(chance, tone[regions] + 6 * chance.white(), fat, regions),
        Tissue.BONE: bone(chance, depth),
        Tissue.VISCERA: viscera(chance),
        Tissue.ORGAN: organs[regions] + chance.uniform(2, 12) * chance.white(),
        Tissue.VESSEL: 40 + enhancement + 8 * chance.white(),
        Tissue.KIDNEY: 30 + enhancement * chance.uniform(0.5, 1) * (1 + 0.3 * chance.smooth(12)[0]) + 8 * chance.white(),
        Tissue.GAS: -900 + 60 * chance.white(),
    }
    image = torch.full_like(depth, -1000.0)
    for tissue, value in values.items():
        image = torch.where(tissues == tissue, value, image)
    if chance.hit(0.6):
        strands = (tissues == Tissue.FAT) & (chance.smooth(24)[0] > chance.uniform(1.6, 2.6))
        image = torch.where(strands, chance.uniform(-40, 220), image)
    if chance.hit(0.85):
        share = chance.uniform(0.3, 1)
        image = averaged(image) * share + image * (1 - share)
    return image


def retouched(chance: Chance, image: Tensor, tissues: Tensor, regions: Tensor) -> Tensor:
    """A real image as another patient or another phase of contrast might show it."""
    soft = (image > -150) & (image < 150)
    if chance.hit(0.6):
        change = (16 * chance.normal(256))[regions]
        image = torch.where(soft, image + averaged(change), image)
    if chance.hit(0.4):
        enhancement = chance.uniform(30, 250)
        perfused = (tissues == Tissue.VESSEL) | (tissues == Tissue.KIDNEY)
        image = torch.where(perfused & soft, image + enhancement, image)
    if chance.hit(0.4):
        muscle = (tissues == Tissue.MUSCLE) & (image > -50)
        image = torch.where(muscle, infiltrated(chance, image, -100.0, regions), image)
    dense = image > 120
    return torch.where(dense, (image - 120) * chance.uniform(0.6, 1.6) + 120, image)
