"""What becomes of a detector's signal on the way to the archive: the post-processing of virtual makers, and sites that use it.

No maker's real processing is public; these are families of what such processing does, with parameters by chance.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage


@dataclass(frozen=True)
class Maker:
    """One chain of processing; ranges are drawn from once per site, and jittered per film."""

    curve: str
    """`linear`, `gamma` or `sigmoid` of the logarithm, or `raw`: the whole range of the logarithm, unwindowed."""
    steepness: tuple[float, float]
    window: tuple[tuple[float, float], tuple[float, float]]
    """Percentiles of the body, directly exposed parts left out, that become black and white, each from a range."""
    masks: tuple[tuple[float, float], ...]
    """Unsharp masks: standard deviation in mm and strength."""
    compression: float
    """Share of the low frequencies (over 30 mm) that is taken away: dynamic-range compression."""
    detail: float
    """Exponent of the multi-scale contrast: 1 leaves it, less lifts faint detail."""
    bits: int
    quality: int | None = None
    """Of JPEG compression; 8 bits then."""


MAKERS = {
    "a": Maker("linear", (1, 1), ((0.5, 2), (98, 99.8)), (), 0.0, 1.0, 12),
    "b": Maker("sigmoid", (3.0, 5.0), ((1, 3), (97, 99.5)), ((1.5, 0.5),), 0.15, 1.0, 12),
    "c": Maker("gamma", (0.6, 0.9), ((0.5, 4), (98, 99.9)), ((3.0, 0.4), (0.8, 0.3)), 0.3, 0.85, 10),
    "d": Maker("sigmoid", (2.0, 4.0), ((2, 8), (96, 99.5)), ((5.0, 0.7),), 0.4, 0.75, 14),
    "e": Maker("raw", (1, 1), ((0, 0), (100, 100)), (), 0.0, 1.0, 14),
    "f": Maker("gamma", (1.1, 1.6), ((1, 3), (98, 99.9)), ((8.0, 0.5),), 0.25, 1.0, 8, 85),
    "g": Maker("linear", (1, 1), ((3, 12), (95, 99.5)), ((2.0, 1.0),), 0.5, 0.7, 12),
    "h": Maker("sigmoid", (4.0, 6.5), ((0.5, 2), (99, 99.9)), ((10.0, 0.6), (2.0, 0.4)), 0.2, 0.65, 10),
    "i": Maker("gamma", (0.45, 0.6), ((4, 10), (97, 99.9)), ((1.0, 1.4),), 0.6, 0.9, 8, 70),
    "j": Maker("sigmoid", (2.5, 3.5), ((0.2, 1), (93, 97)), ((4.0, 0.3), (15.0, 0.6)), 0.35, 0.8, 11),
}  # fmt: skip
"""h, i and j are never seen in training."""


@dataclass(frozen=True)
class Site:
    """A maker's apparatus as one hospital set it."""

    name: str
    maker: Maker
    seed: int


TRAINING_SITES = tuple(Site(f"train_{maker}{seed}", MAKERS[maker], 100 + 10 * index + seed)
                       for index, maker in enumerate("abcdefg") for seed in range(3))  # fmt: skip
IN_HOUSE_SITES = tuple(Site(f"in_house_{maker}", MAKERS[maker], 500 + index) for index, maker in enumerate("bdf"))
UNSEEN_SITES = tuple(Site(f"unseen_{maker}", MAKERS[maker], 600 + index) for index, maker in enumerate("hij"))


def processed(signal: NDArray[np.float32], site: Site, rng: np.random.Generator, pitch: float) -> NDArray[np.float32]:
    """Grey values as a reader delivers them once more attenuation means a larger value."""
    maker, own = site.maker, np.random.default_rng(site.seed)
    jitter = float(np.exp(rng.normal(0, 0.06)))
    image = -np.log(signal)
    low = ndimage.gaussian_filter(image, 30 / pitch, mode="nearest")
    image = image - maker.compression * own.uniform(0.7, 1.3) * (low - low.mean())
    if maker.detail != 1.0:
        image = multi_scale(image, maker.detail ** float(own.uniform(0.8, 1.2)), pitch)
    for width, strength in maker.masks:
        image = image + strength * float(own.uniform(0.7, 1.3)) * jitter * (
            image - ndimage.gaussian_filter(image, width / pitch, mode="nearest")
        )
    behind = signal < 0.2 * signal.max()
    body = image[behind] if behind.mean() > 0.1 and maker.curve != "raw" else image
    black, white = (
        np.percentile(body, min(own.uniform(*ends) * share, 100)) for ends, share in zip(maker.window, (jitter, 1), strict=True)
    )
    grey = (image - black) / max(float(white - black), 1e-6)
    steepness = float(own.uniform(*maker.steepness)) * jitter
    if maker.curve == "gamma":
        grey = np.clip(grey, 0, 1) ** steepness
    if maker.curve == "sigmoid":
        ends = 1 / (1 + np.exp(steepness * np.array([0.5, -0.5])))
        grey = (1 / (1 + np.exp(-steepness * (grey - 0.5))) - ends[0]) / (ends[1] - ends[0])
    grey = np.clip(grey, 0, 1)
    if maker.quality is not None:
        return compressed(grey, maker.quality)
    return np.round(grey * (2**maker.bits - 1)).astype(np.float32)


def multi_scale(image: NDArray, exponent: float, pitch: float) -> NDArray:
    """Bands of 1 to 16 mm, each with faint detail lifted: |x|^exponent, scaled to leave strong edges."""
    rest, answer = image, np.zeros_like(image)
    for width in (1.0, 4.0, 16.0):
        smooth = ndimage.gaussian_filter(rest, width / pitch, mode="nearest")
        band = rest - smooth
        size = max(3 * float(band.std()), 1e-6)
        answer += np.sign(band) * size * (np.abs(band) / size) ** exponent
        rest = smooth
    return answer + rest


def compressed(grey: NDArray, quality: int) -> NDArray[np.float32]:
    """8 bits through JPEG and back."""
    packed = io.BytesIO()
    Image.fromarray(np.round(grey * 255).astype(np.uint8)).save(packed, "JPEG", quality=quality)
    return np.asarray(Image.open(packed)).astype(np.float32)


def collimated(grey: NDArray[np.float32], rng: np.random.Generator, reach: float) -> NDArray[np.float32]:
    """One film of four ends in the window: black or white borders, each up to `reach` of the side."""
    if rng.random() > 0.25:
        return grey
    answer = np.full_like(grey, grey.min() if rng.random() < 0.6 else grey.max())
    (top, bottom), (left, right) = (np.round(rng.uniform(0, reach, 2) * size).astype(int) for size in grey.shape)
    kept = slice(top, grey.shape[0] - bottom), slice(left, grey.shape[1] - right)
    answer[kept] = grey[kept]
    return answer
