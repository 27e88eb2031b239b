"""What the networks are told of their mistakes."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from .channels import CHANNELS, IMAGES, INDEX

IMAGE_WEIGHTS = {"bone": 1.0, "proximal_femur": 1.5, "proximal_femur_dxa": 1.5, "proximal_femur_thickness": 1.0}
"""Of the absolute error; the muscles' are `MUSCLE_WEIGHT`."""
MUSCLE_WEIGHT = 0.4
GRADIENT_WEIGHT, SUM_WEIGHT, REGION_WEIGHT, DENSITY_WEIGHT = 0.2, 0.1, 0.3, 2.0
BONES = (INDEX["bone"], INDEX["proximal_femur"], INDEX["proximal_femur_dxa"])
LEAST_SUM = 307.0
"""One hundredth of the crop's pixels: of an object that hardly reaches into it the relative error says nothing."""
PLACE_WEIGHT = 20.0
"""Of a pixel in a head's bump against one outside."""
SUMMED = tuple(
    number for number, channel in enumerate(CHANNELS[:IMAGES]) if channel.kind in ("thickness", "lean") or channel.name == "proximal_femur"
)


def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Normalised cross-correlation of every image of `[batch, channel, row, column]`."""
    a, b = (image - image.mean((2, 3), keepdim=True) for image in (a, b))
    product = (a * b).sum((2, 3))
    return product / ((a**2).sum((2, 3)) * (b**2).sum((2, 3)) + 1e-8).sqrt()


def gradients(images: Tensor) -> Tensor:
    """Sobel gradients along columns and rows, as twice the channels."""
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], device=images.device)
    kernels = torch.stack([sobel, sobel.T])[:, None].repeat(images.shape[1], 1, 1, 1)
    return functional.conv2d(images, kernels, groups=images.shape[1])


def gradient_correlation(found: Tensor, truth: Tensor) -> Tensor:
    """1 - mean correlation of the gradients, image by image (Gu et al. 2022, arXiv 2207.03210)."""
    return (1 - correlation(gradients(found), gradients(truth))).mean()


def sums(found: Tensor, truth: Tensor) -> Tensor:
    """Relative error of every object's sum over the image, which no deformation changes (MSKdeX, Gu et al. 2023, arXiv 2305.19920)."""
    found, truth = found.sum((2, 3)), truth.sum((2, 3))
    return ((found - truth).abs() / truth.clamp(min=LEAST_SUM)).mean()


def region_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross entropy and Dice of the regions."""
    entropy = functional.binary_cross_entropy_with_logits(logits, truth)
    share = logits.sigmoid()
    dice = (2 * (share * truth).sum((2, 3)) + 1) / (share.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return 5 * entropy + (1 - dice).mean()


def mean_in(image: Tensor, region: Tensor) -> Tensor:
    """Weighted mean of `[batch, 1, row, column]` in `[batch, region, row, column]`."""
    return (image * region).sum((2, 3)) / region.sum((2, 3)).clamp(min=1)


def density_error(found: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Absolute error of the mean density of the DXA pose, g/cm2: in the true regions, and in those found, as the program takes it."""
    femur = INDEX["proximal_femur_dxa"]
    regions = truth[:, IMAGES:]
    present = (regions.sum((2, 3)) > 0).float()
    right = mean_in(truth[:, femur : femur + 1], regions)
    drawn = (mean_in(found[:, femur : femur + 1], regions) - right).abs()
    whole = (mean_in(found[:, femur : femur + 1], found[:, IMAGES:].sigmoid()) - right).abs()
    count = present.sum().clamp(min=1)
    return (drawn * present).sum() / count, (whole * present).sum() / count


def bone_loss(found: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Stage 1: the areal density of all bones."""
    bone = INDEX["bone"]
    found, truth = found[:, bone : bone + 1], truth[:, bone : bone + 1]
    absolute, gradient = (found - truth).abs().mean(), gradient_correlation(found, truth)
    return absolute + GRADIENT_WEIGHT * gradient, {"bone": absolute.item(), "bone_gradient": gradient.item()}


def decomposition_loss(found: Tensor, truth: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Stage 2: everything, `[batch, channel, row, column]` in the network's scale; and its parts for the log."""
    images, right = found[:, :IMAGES], truth[:, :IMAGES]
    absolute = (images - right).abs().mean((0, 2, 3))
    weights = torch.tensor([IMAGE_WEIGHTS.get(channel.name, MUSCLE_WEIGHT) for channel in CHANNELS[:IMAGES]], device=found.device)
    gradient = gradient_correlation(images[:, BONES], right[:, BONES])
    summed = sums(images[:, SUMMED], right[:, SUMMED])
    region = region_loss(found[:, IMAGES:], truth[:, IMAGES:])
    drawn, whole = density_error(found, truth)
    total = (weights * absolute).sum() + GRADIENT_WEIGHT * gradient + SUM_WEIGHT * summed + REGION_WEIGHT * region
    total = total + DENSITY_WEIGHT * (drawn + whole)
    parts = {"femur": absolute[INDEX["proximal_femur"]], "gradient": gradient, "sums": summed, "region": region, "density": whole}
    return total, {name: value.item() for name, value in parts.items()}


def locator_loss(heads: Tensor, view: Tensor, heat: Tensor, right: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Cross entropy of the places and of the view."""
    places = functional.binary_cross_entropy_with_logits(heads, heat, pos_weight=torch.tensor(PLACE_WEIGHT, device=heads.device))
    views = functional.cross_entropy(view, right)
    return 20 * places + views, {"places": places.item(), "views": views.item()}
