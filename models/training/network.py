"""The network: a 3D U-Net with channel dropout, whose masks are inputs.

The architecture is that of the first weights, which `load_first_version` still reads.
"""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn
from torch.nn import functional

from .classes import COUNT
from .dropout import MaskedNetwork

WIDTHS = (24, 48, 96, 160, 224)
"""Channels at 1/1, 1/2, 1/4, 1/8, 1/16 of the resolution."""

CLIP, MEAN, STANDARD_DEVIATION = (-300.0, 1000.0), 150.0, 300.0


def normalised(hounsfield: Tensor) -> Tensor:
    """HU as the network's input."""
    return (hounsfield.clamp(*CLIP) - MEAN) / STANDARD_DEVIATION


class Block(nn.Module):
    """Two convolutions, each with instance normalisation and a leaky rectifier."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.InstanceNorm3d(outputs, affine=True)
        self.second = nn.Conv3d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.InstanceNorm3d(outputs, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.leaky_relu(self.first_norm(self.first(x)), 0.01)
        return functional.leaky_relu(self.second_norm(self.second(x)), 0.01)


class BayesianUNet(MaskedNetwork):
    """Image `[batch, 1, x, y, z]` and five masks `[batch or 1, channels, 1, 1, 1]` to logits `[batch, class, x, y, z]`.

    Masks multiply the outputs of encoder 1/8, bottleneck 1/16 and decoder 1/8, 1/4, 1/2.
    """

    space = 3

    def __init__(self, widths: tuple[int, ...] = WIDTHS, classes: int = COUNT) -> None:
        super().__init__()
        rising = widths[-2::-1]
        self.widths = widths
        self.encoder = nn.ModuleList(Block(i, o) for i, o in zip((1, *widths), widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose3d(i, o, 2, 2) for i, o in zip((widths[-1], *rising), rising, strict=False))
        self.decoder = nn.ModuleList(Block(2 * width, width) for width in rising)
        self.output = nn.Conv3d(widths[0], classes, 1)
        self.mask_channels = (widths[3], widths[4], widths[3], widths[2], widths[1])

    def forward(self, x: Tensor, *masks: Tensor) -> Tensor:
        skipped = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else functional.max_pool3d(x, 2))
            if level >= 3:
                x = x * masks[level - 3]
            skipped.append(x)
        for level, (up, block) in enumerate(zip(self.up, self.decoder, strict=True)):
            x = block(torch.cat([up(x), skipped[-2 - level]], 1))
            if level < 3:
                x = x * masks[2 + level]
        return self.output(x)


FIRST_VERSION = {
    r"^e\.": "encoder.", r"^u\.": "up.", r"^d\.": "decoder.", r"^o\.": "output.",
    r"\.a\.": ".first.", r"\.n\.": ".first_norm.", r"\.b\.": ".second.", r"\.m\.": ".second_norm.",
}  # fmt: skip


def load_first_version(network: BayesianUNet, weights: dict[str, Tensor]) -> None:
    """Loads weights whose parameters have the one-letter names of version 0.1."""
    renamed = {}
    for name, value in weights.items():
        for pattern, replacement in FIRST_VERSION.items():
            name = re.sub(pattern, replacement, name)
        renamed[name] = value.float()
    network.load_state_dict(renamed)
