"""How a film becomes a network's input: percentiles, crop, letterbox. The program does the same, from the manifest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Film = NDArray[np.float32]
"""`[row, column]`, more attenuation is a larger value."""

SIZE = (192, 160)
"""Rows and columns of the decomposition's crop."""
CENTRE = (72, 64)
"""Its pixel in which the femoral head's centre lies."""
SPACING = 1.25
"""Of the crop, mm in the plane of the femoral head's centre."""
WHOLE = (128, 128)
"""Rows and columns of the locator's input."""
LOWER, UPPER = 1.0, 99.0
"""Percentiles that become 0 and 1."""
CLIP = (-0.5, 1.5)


def normalised(film: Film) -> Film:
    """Percentiles (linear between neighbours) to 0 and 1, clipped; a film of one grey value becomes 0."""
    low, high = np.percentile(film, (LOWER, UPPER))
    if high <= low:
        return np.zeros_like(film)
    return np.clip((film - low) / (high - low), *CLIP).astype(np.float32)


def crop(image: NDArray, row: int, column: int) -> NDArray:
    """The crop of the last two axes whose first pixel is there."""
    return image[..., row : row + SIZE[0], column : column + SIZE[1]]


def letterboxed(film: Film) -> tuple[Film, float, tuple[float, float]]:
    """A normalised film in the locator's square, centred, 0 around it; scale and offset: square = film * scale + offset (pixel centres)."""
    scale = min(WHOLE[0] / film.shape[0], WHOLE[1] / film.shape[1])
    size = [max(1, round(length * scale)) for length in film.shape]
    start = [(whole - length) // 2 for whole, length in zip(WHOLE, size, strict=True)]
    ratio = np.array(film.shape) / size
    smooth = ndimage.gaussian_filter(film, np.maximum(ratio - 1, 0) / 2) if max(ratio) > 1 else film
    small = ndimage.affine_transform(smooth, ratio, (ratio - 1) / 2, tuple(size), order=1, mode="nearest")
    square = np.zeros(WHOLE, np.float32)
    square[start[0] : start[0] + size[0], start[1] : start[1] + size[1]] = small
    return square, scale, tuple(begin + (scale - 1) / 2 for begin in start)
