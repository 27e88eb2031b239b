"""Training patches: an anatomy is drawn, turned, bent, wasted and fattened, painted or retouched, then scanned."""

from __future__ import annotations

import torch
from torch import Tensor

from .acquisition import acquired, with_table
from .classes import MUSCLES, SPACING
from .fields import Chance, linear, nearest, random_place
from .intensities import painted, retouched, viscera
from .network import normalised
from .partial_labels import ANYTHING
from .sources import Loaded, Source, Tissue
from .volume import AIR


class Synthesis:
    """Batches for training; the same seed and sources give the same batches on one kind of device."""

    def __init__(self, sources: list[Source], patch: int, device: torch.device, seed: int) -> None:
        self.sources = [Loaded(source, device) for source in sources]
        self.shares = tuple(source.share for source in sources)
        self.chance = Chance(patch, device, seed)

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """Input `[size, 1, x, y, z]` and codes `[size, x, y, z]`."""
        patches = [self.patch() for _ in range(size)]
        images, codes = zip(*patches, strict=True)
        return normalised(torch.stack(images)[:, None]), torch.stack(codes)

    def patch(self) -> tuple[Tensor, Tensor]:
        """HU and codes of one patch."""
        chance = self.chance
        source = self.sources[chance.pick(tuple(range(len(self.sources))), self.shares)]
        place = random_place(chance, source.shape, source.source.spacing, SPACING)
        regions, codes = nearest(source.regions, place), nearest(source.codes, place)
        depth, fat_depth = linear(source.depth, place), linear(source.fat_depth, place)
        tissues = source.tissues[regions]
        if source.hounsfield is None or (source.source.paintable and chance.hit(0.38)):
            tissues, codes = wasted(chance, tissues, codes, depth)
            tissues = leaner(chance, tissues, fat_depth)
            image = painted(chance, tissues, regions, depth)
            body = tissues != Tissue.AIR
            if chance.hit(0.5):
                image = with_table(chance, image, body)
            codes = torch.where(place.inside & ~body & (codes != ANYTHING), 0, codes)
        else:
            image = retouched(chance, linear(source.hounsfield, place, AIR), tissues, regions)
        image = filled(chance, image, tissues)
        image = torch.where(place.inside, image, AIR)
        return acquired(chance, image, codes)


def wasted(chance: Chance, tissues: Tensor, codes: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
    """Muscles lose up to 5 mm of their surface to fat: volumes and gaps that the few bodies do not show."""
    if not chance.hit(0.3):
        return tissues, codes
    loss = chance.uniform(0, 5) * (1 + 0.5 * chance.smooth(6)[0])
    lost = (tissues == Tissue.MUSCLE) & (depth < loss)
    known = lost & (codes >= MUSCLES.start) & (codes < MUSCLES.stop)
    return torch.where(lost, int(Tissue.FAT), tissues), torch.where(known, 0, codes)


def leaner(chance: Chance, tissues: Tensor, fat_depth: Tensor) -> Tensor:
    """Fat farther than 5 to 45 mm from anything else becomes air, half the time."""
    if not chance.hit(0.5):
        return tissues
    return torch.where((tissues == Tissue.FAT) & (fat_depth > chance.uniform(5, 45)), int(Tissue.AIR), tissues)


def filled(chance: Chance, image: Tensor, tissues: Tensor) -> Tensor:
    """Fluid, an enlarged organ or other bowel among the viscera."""
    if not chance.hit(0.5):
        return image
    inner = (tissues == Tissue.VISCERA) | (tissues == Tissue.ORGAN) | (tissues == Tissue.VESSEL)
    where = inner & (chance.smooth(chance.pick((3, 4, 6, 9)))[0] > chance.uniform(-2, 1))
    if chance.hit(0.4):
        return torch.where(where, viscera(chance), image)
    value = chance.uniform(-5, 30) if chance.hit(0.7) else chance.uniform(30, 90)
    return torch.where(where, value + 5 * chance.white(), image)
