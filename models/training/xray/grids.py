"""Values on a grid of voxels, read at any point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


class Field(NamedTuple):
    """`values[i, j, k]` at `origin + spacing * (i, j, k)`, millimetres."""

    values: NDArray
    origin: NDArray[np.float64]
    spacing: float

    def at(self, points: NDArray, outside: float, order: int = 1) -> NDArray[np.float32]:
        """Values at `points[n, 3]`: `order` 1 linearly, 0 of the nearest voxel."""
        index = ((points - self.origin) / self.spacing).T
        if order == 0:
            return nearest(self.values, index, outside)
        return ndimage.map_coordinates(self.values, index, order=1, mode="constant", cval=outside, output=np.float32)


def nearest(values: NDArray, index: NDArray, outside: float) -> NDArray:
    """The voxel nearest to every `index[3, n]`."""
    whole = np.floor(index + 0.5).astype(np.int32)
    held = np.ones(whole.shape[1], bool)
    for axis, size in enumerate(values.shape):
        held &= (whole[axis] >= 0) & (whole[axis] < size)
    answer = np.full(whole.shape[1], outside, values.dtype)
    answer[held] = values[tuple(whole[:, held])]
    return answer
