"""Channel dropout whose masks are inputs of a network: whoever runs it draws them, and the same masks give the same answer everywhere."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MaskedNetwork(nn.Module):
    """A network that multiplies some of its layers by masks `[batch or 1, channels, 1, ...]`."""

    mask_channels: tuple[int, ...]
    """Channels of every mask, in the order in which `forward` takes them."""
    space: int
    """Axes of its images: 2 or 3."""

    def masks(self, batch: int, rate: float, generator: torch.Generator | None = None) -> list[Tensor]:
        """Bernoulli masks scaled by 1 / (1 - rate), drawn on the CPU; all ones where the rate is 0."""
        device = next(self.parameters()).device
        shapes = [(batch, channels, *(1,) * self.space) for channels in self.mask_channels]
        if rate == 0:
            return [torch.ones(shape, device=device) for shape in shapes]
        return [((torch.rand(shape, generator=generator) >= rate).float() / (1 - rate)).to(device) for shape in shapes]
