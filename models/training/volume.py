"""Volumes on the network's grid: turned to RAS+, low-pass filtered, resampled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from .classes import SPACING

AIR = -1024.0
"""HU outside of the scan."""

Image = NDArray[np.float32]
Labels = NDArray[np.uint8]


def low_passed(image: sitk.Image, spacing: float) -> sitk.Image:
    """Gaussian along every axis that becomes coarser: full width at half maximum from the old voxel's to the new one's."""
    filtered = sitk.Cast(image, sitk.sitkFloat32)
    for axis, old in enumerate(image.GetSpacing()):
        if spacing > old * 1.05:
            sigma = float(np.sqrt(spacing**2 - old**2) / (2 * np.sqrt(2 * np.log(2))))
            filtered = sitk.RecursiveGaussian(filtered, sigma=sigma, direction=axis)
    return filtered


def to_network(image: sitk.Image, *, labels: bool, spacing: float = SPACING, low_pass: bool = True) -> NDArray[np.float32]:
    """`image` as an RAS+ array at `spacing`; labels by the nearest voxel, intensities linearly."""
    lps = sitk.DICOMOrient(image, "LPS")
    if low_pass and not labels:
        lps = low_passed(lps, spacing)
    old = np.array(lps.GetSpacing())
    size = np.maximum(1, np.round(old * lps.GetSize() / spacing)).astype(int)
    direction = np.array(lps.GetDirection()).reshape(3, 3)
    resample = sitk.ResampleImageFilter()
    resample.SetSize(size.tolist())
    resample.SetOutputSpacing([spacing] * 3)
    resample.SetOutputDirection(lps.GetDirection())
    resample.SetOutputOrigin((np.array(lps.GetOrigin()) + direction @ ((spacing - old) / 2)).tolist())
    resample.SetInterpolator(sitk.sitkNearestNeighbor if labels else sitk.sitkLinear)
    resample.SetDefaultPixelValue(0 if labels else AIR)
    resample.SetOutputPixelType(sitk.sitkFloat32)
    array = sitk.GetArrayFromImage(resample.Execute(lps))
    return np.ascontiguousarray(array.transpose(2, 1, 0)[::-1, ::-1])


def read_series(folder: Path) -> sitk.Image:
    """The CT series of a folder: the one with most slices."""
    reader = sitk.ImageSeriesReader()
    series = [reader.GetGDCMSeriesFileNames(str(folder), uid) for uid in reader.GetGDCMSeriesIDs(str(folder))]
    reader.SetFileNames(max(series, key=len))
    return reader.Execute()


def body(hounsfield: Image) -> NDArray[np.bool_]:
    """The largest connected part above -300 HU, its holes filled."""
    solid = ndimage.binary_opening(hounsfield > -300, iterations=2)
    parts, count = ndimage.label(solid)
    if count > 1:
        solid = parts == 1 + int(np.argmax(ndimage.sum_labels(solid, parts, range(1, count + 1))))
    return ndimage.binary_fill_holes(solid)
