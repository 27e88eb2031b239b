"""The two networks of the hip X-ray: one takes a film apart, one finds the hips in it.

Both work at half the resolution of their images and lay four neighbouring pixels into channels and back: a convolution at full
resolution costs the time of three.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..dropout import MaskedNetwork
from .channels import CHANNELS, IMAGES, VIEWS

DECOMPOSITION_WIDTHS = (48, 80, 128, 192)
LOCATOR_WIDTHS = (16, 32, 48, 64)
"""Channels at 1/2, 1/4, 1/8, 1/16 of the resolution."""


def box(image: Tensor, pixels: int) -> Tensor:
    """Mean over a square of an odd number of pixels; at the edges over what there is."""
    half = pixels // 2
    rows = functional.avg_pool2d(image, (pixels, 1), 1, (half, 0), count_include_pad=False)
    return functional.avg_pool2d(rows, (1, pixels), 1, (0, half), count_include_pad=False)


def derived(film: Tensor) -> Tensor:
    """What makers' post-processing changes least, beside the film: `[batch, 1, row, column]` to `[batch, 7, row, column]`.

    The film; its steps at the scale of a cortex and of a bone, the latter in units of their own spread (what is left after windowing
    and equalisation); a logarithm and a square of it, against unknown curves; row and column, because the head's centre is known.
    """
    near, far = box(film, 5), box(film, 31)
    spread = (box((film - far) ** 2, 31) + 1e-3).sqrt()
    batch, _, rows, columns = film.shape
    row = torch.linspace(-1, 1, rows, device=film.device).view(1, 1, rows, 1).expand(batch, 1, rows, columns)
    column = torch.linspace(-1, 1, columns, device=film.device).view(1, 1, 1, columns).expand(batch, 1, rows, columns)
    level = film.clamp(min=0)
    parts = [film - 0.5, 4 * (film - near), (film - far) / spread, (level + 0.1).log() + 1, level**2 - 0.5, row, column]
    return torch.cat(parts, 1)


class Residual(nn.Module):
    """Two convolutions with batch normalisation around a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(self.second_norm(self.second(y)) + self.shortcut(x))


class ResidualUNet(MaskedNetwork):
    """A U-Net of four resolutions with channel dropout in its three inner blocks.

    Masks multiply the outputs of encoder 1/8, bottleneck 1/16 and decoder 1/8.
    """

    space = 2

    def __init__(self, inputs: int, widths: tuple[int, ...], outputs: int) -> None:
        super().__init__()
        rising = widths[-2::-1]
        self.encoder = nn.ModuleList(Residual(i, o) for i, o in zip((4 * inputs, *widths), widths, strict=False))
        self.deepest = Residual(widths[-1], widths[-1])
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.up = nn.ModuleList(nn.ConvTranspose2d(i, o, 2, 2) for i, o in zip((widths[-1], *rising), rising, strict=False))
        self.decoder = nn.ModuleList(Residual(2 * width, width) for width in rising)
        self.output = nn.Conv2d(widths[0], 4 * outputs, 3, padding=1)
        self.mask_channels = (widths[2], widths[3], widths[2])

    def features(self, x: Tensor, *masks: Tensor) -> tuple[Tensor, Tensor]:
        """Images at full resolution, and `[batch, channels]` that tell of the whole film."""
        x = functional.pixel_unshuffle(x, 2)
        skipped = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else functional.max_pool2d(x, 2))
            if level == 2:
                x = x * masks[0]
            skipped.append(x)
        x = self.deepest(x)
        # A film's own curve and window are one thing everywhere: every place is told of the whole.
        whole = functional.relu(self.whole(x.mean((2, 3))))
        x = (x + whole[:, :, None, None]) * masks[1]
        for level, (up, block) in enumerate(zip(self.up, self.decoder, strict=True)):
            x = block(torch.cat([up(x), skipped[-2 - level]], 1))
            if level == 0:
                x = x * masks[2]
        return functional.pixel_shuffle(self.output(x), 2), whole


class Decomposition(ResidualUNet):
    """Film `[batch, 1, 192, 160]` to images `[batch, channel, 192, 160]`, see `CHANNELS`."""

    def __init__(self, widths: tuple[int, ...] = DECOMPOSITION_WIDTHS) -> None:
        super().__init__(7, widths, len(CHANNELS))
        self.gain = nn.Linear(widths[-1], IMAGES)
        nn.init.zeros_(self.gain.weight)
        nn.init.zeros_(self.gain.bias)

    def forward(self, film: Tensor, *masks: Tensor) -> Tensor:
        images, whole = self.features(derived(film), *masks)
        values = images[:, :IMAGES] * self.gain(whole).clamp(-2, 2).exp()[:, :, None, None]
        # Below zero there is nothing to learn, but the gradient has to find its way back from there.
        return torch.cat([values if self.training else values.clamp(min=0), images[:, IMAGES:]], 1)


class Locator(ResidualUNet):
    """Film `[batch, 1, 128, 128]` to logits of the heads' places `[batch, 2, 128, 128]` and of the view `[batch, 6]`."""

    def __init__(self, widths: tuple[int, ...] = LOCATOR_WIDTHS) -> None:
        super().__init__(7, widths, 2)
        self.view = nn.Linear(widths[-1], len(VIEWS))

    def forward(self, film: Tensor, *masks: Tensor) -> tuple[Tensor, Tensor]:
        heads, whole = self.features(derived(film), *masks)
        return heads, self.view(whole)
