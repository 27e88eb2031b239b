"""The figures of an evaluation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Numbers = NDArray[np.float64]


def pearson(a: Numbers, b: Numbers) -> tuple[float, float, float]:
    """Correlation with its 95 % interval by Fisher's transformation; at least four pairs."""
    r = float(np.corrcoef(a, b)[0, 1])
    reach = 1.959964 / math.sqrt(len(a) - 3)
    return r, math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)


def area_under_curve(measured: Numbers, ill: NDArray[np.bool_]) -> float | None:
    """Chance that an ill one measures lower than a healthy one, ties half (Mann-Whitney); none where one kind is absent."""
    low, high = measured[ill], measured[~ill]
    if not len(low) or not len(high):
        return None
    return float(stats.mannwhitneyu(high, low).statistic / (len(low) * len(high)))


def root_mean_square_cv(groups: list[Numbers]) -> float:
    """Root mean square over people of the coefficient of variation of their repeated values, percent."""
    return 100 * float(np.sqrt(np.mean([(group.std(ddof=1) / group.mean()) ** 2 for group in groups])))


def least_squares(x: Numbers, y: Numbers) -> tuple[float, float, float]:
    """Slope, intercept and standard deviation of what remains."""
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept), float(np.std(y - slope * x - intercept, ddof=2))
