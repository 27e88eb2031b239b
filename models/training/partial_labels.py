"""Labels that do not say everything: every voxel has a code, every code a set of classes that the voxel may be.

A code below the number of classes is that class. The loss is the negative logarithm of the summed probability of the allowed
classes, and a Dice loss of every class over the voxels of which it is known whether they are of it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .classes import BONES, COUNT, THIGH, VERTEBRAE, index

_ERECTOR = index("erector_spinae_group")
_PELVIS = {index("sacrum"), index("hip_bone")}
_EVERYTHING = set(range(COUNT))

SETS: dict[str, set[int]] = {
    "anything": _EVERYTHING,
    "background_or_thigh": {0, *THIGH},
    "some_thigh_muscle": set(THIGH),
    "background_or_back": {0, _ERECTOR},
    "background_or_spine": {0, *VERTEBRAE, _ERECTOR},
    "background_or_upper_spine": {0, index("other_vertebra"), _ERECTOR},
    "some_vertebra": set(VERTEBRAE),
    "no_bone_of_pelvis": _EVERYTHING - _PELVIS,
    "no_femur": _EVERYTHING - {index("femur")},
    "no_vertebra": _EVERYTHING - set(VERTEBRAE),
    "no_bone": _EVERYTHING - set(BONES),
}
"""What is known where no single class is."""

CODES: dict[str, int] = {name: COUNT + number for number, name in enumerate(SETS)}
ANYTHING = CODES["anything"]


def allowed_classes(device: torch.device) -> Tensor:
    """`[code, class]`: whether a voxel of that code may be of that class."""
    table = torch.zeros(COUNT + len(SETS), COUNT, dtype=torch.bool, device=device)
    table[:COUNT].fill_diagonal_(True)
    for name, classes in SETS.items():
        table[CODES[name], list(classes)] = True
    return table


def loss(logits: Tensor, codes: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy to the sets and mean Dice loss; `logits` `[batch, class, x, y, z]`, `codes` `[batch, x, y, z]` of integers.

    Foreground counts 1.5, background and sets 0.7: most voxels are background.
    """
    log_probability = logits.log_softmax(1)
    sets = allowed[codes].permute(0, 4, 1, 2, 3)
    informative = (codes != ANYTHING).float()
    surprise = -torch.logsumexp(log_probability.masked_fill(~sets, -1e4), 1) * informative
    weight = torch.where((codes == 0) | (codes >= COUNT), 0.7, 1.5) * informative
    cross_entropy = (surprise * weight).sum() / weight.sum().clamp(min=1)
    single = (codes < COUNT)[:, None]
    decided = (single | ~sets).float()
    probability = log_probability.exp() * decided
    truth = (single & sets).float()
    over_voxels = (0, 2, 3, 4)
    common, found, true = (probability * truth).sum(over_voxels), probability.sum(over_voxels), truth.sum(over_voxels)
    present = true > 20
    present[0] = False
    dice = 1 - (2 * common + 1) / (found + true + 1)
    return cross_entropy, dice[present].mean() if present.any() else cross_entropy.new_zeros(())
