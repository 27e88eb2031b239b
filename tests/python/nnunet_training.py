"""Folders as nnU-Net v2 writes them when it has trained: a small network that really segments, on CTs that are drawn here."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import torch

from nnunet_cts import BRIGHTNESS, draw

# nnU-Net names these when they are absent, and needs none of them here.
for folder in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
    os.environ.setdefault(folder, "")

from nnunetv2.utilities.get_network_from_plans import get_network_from_plans  # noqa: E402

CLASSES = {
    "background": None,
    "vertebrae_L3": ("l3", "none"),
    "Left femur": ("femur", "left"),
    "fat": None,
    "region 4": ("gluteus_maximus", "right"),
}
"""What the classes of the network are; the last is said to the export, not to be seen in its name."""

INTENSITIES = {"mean": 310.5, "std": 402.25, "percentile_00_5": -512.0, "percentile_99_5": 1298.0}

FEATURES = [8, 16, 32]
"""Of the network's stages; small, for it is trained in every test run."""


def architecture(features: list[int]) -> dict:
    """nnU-Net's plain U-Net, as its planner describes it."""
    stages = len(features)
    return {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "n_stages": stages,
            "features_per_stage": features,
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3]] * stages,
            "strides": [[1, 1, 1]] + [[2, 2, 2]] * (stages - 1),
            "n_conv_per_stage": [2] * stages,
            "n_conv_per_stage_decoder": [2] * (stages - 1),
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


@dataclasses.dataclass
class Plan:
    """What differs between the trainings; axes of spacing and patch are the network's."""

    spacing: tuple[float, float, float] = (2.0, 2.0, 2.0)
    patch: tuple[int, int, int] = (40, 48, 32)
    transpose_forward: tuple[int, int, int] = (0, 1, 2)
    reader: str = "SimpleITKIO"
    mirror_axes: tuple[int, ...] | None = (0, 1, 2)
    features: list[int] = dataclasses.field(default_factory=lambda: FEATURES)


def resampling(order: int, is_seg: bool = False) -> dict:
    return {"is_seg": is_seg, "order": order, "order_z": 0, "force_separate_z": None}


def plans_of(plan: Plan) -> dict:
    """`plans.json`."""
    configuration = {
        "data_identifier": "nnUNetPlans_3d_fullres",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": list(plan.patch),
        "median_image_size_in_voxels": [60, 70, 70],
        "spacing": list(plan.spacing),
        "normalization_schemes": ["CTNormalization"],
        "use_mask_for_norm": [False],
        "architecture": architecture(plan.features),
        "batch_dice": True,
    }
    for which, arguments in (("data", resampling(3)), ("seg", resampling(1, True)), ("probabilities", resampling(1))):
        configuration[f"resampling_fn_{which}"] = "resample_data_or_seg_to_shape"
        configuration[f"resampling_fn_{which}_kwargs"] = arguments
    return {
        "dataset_name": "Dataset900_Drawn",
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": list(plan.spacing),
        "original_median_shape_after_transp": [60, 70, 70],
        "image_reader_writer": plan.reader,
        "transpose_forward": list(plan.transpose_forward),
        "transpose_backward": [plan.transpose_forward.index(axis) for axis in range(3)],
        "configurations": {"3d_fullres": configuration},
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": INTENSITIES},
    }


def dataset() -> dict:
    """`dataset.json`."""
    labels = {name: value for value, name in enumerate(CLASSES)}
    return {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"}


def build(features: list[int]) -> torch.nn.Module:
    return get_network_from_plans(*architecture(features).values(), 1, len(CLASSES), deep_supervision=False)


def train(steps: int, seed: int, features: list[int] = FEATURES) -> dict:
    """State of a network that was trained for as many steps on drawn CTs of 2 mm."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    drawn = [draw((56, 64, 64), (2.0, 2.0, 2.0), 100 * seed + number) for number in range(8)]
    network = build(features)
    optimiser = torch.optim.Adam(network.parameters(), 4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    for step in range(steps):
        images, labels = map(torch.from_numpy, patches(random, drawn))
        logits = network(images)
        truth = torch.nn.functional.one_hot(labels, len(CLASSES)).movedim(-1, 1)
        found = logits.softmax(1)
        overlap, total = (one.sum((0, 2, 3, 4)) for one in (found * truth, found + truth))
        dice = (2 * overlap + 1) / (total + 1)
        loss = torch.nn.functional.cross_entropy(logits, labels) - dice.mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network.state_dict()


def patches(random: np.random.Generator, drawn: list) -> tuple[np.ndarray, np.ndarray]:
    """Two patches of 32 voxels each way: images `[patch, channel, ...]` and labels `[patch, ...]`."""
    images, labels = [], []
    for _ in range(2):
        hu, truth = drawn[random.integers(len(drawn))]
        corner = random.integers(np.array(hu.shape) - 31)
        box = tuple(slice(start, start + 32) for start in corner)
        flip = tuple(slice(None, None, way) for way in random.choice([-1, 1], 3))
        images.append(normalised(hu[box][flip])[None])
        labels.append(truth[box][flip].astype(np.int64))
    return np.stack(images), np.stack(labels)


def normalised(hu: np.ndarray) -> np.ndarray:
    clipped = hu.astype(np.float32).clip(INTENSITIES["percentile_00_5"], INTENSITIES["percentile_99_5"])
    return (clipped - np.float32(INTENSITIES["mean"])) / np.float32(INTENSITIES["std"])


def write(folder: Path, plan: Plan, folds: list[dict]) -> Path:
    """Writes the folder; the checkpoints hold what nnU-Net's predictor reads of the trainer's."""
    plans = plans_of(plan)
    folder.mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset()))
    for number, weights in enumerate(folds):
        (folder / f"fold_{number}").mkdir()
        checkpoint = {
            "network_weights": weights,
            "optimizer_state": None,
            "grad_scaler_state": None,
            "logging": {},
            "_best_ema": None,
            "current_epoch": 1,
            "init_args": {"plans": plans, "configuration": "3d_fullres", "fold": number, "dataset_json": dataset()},
            "trainer_name": "nnUNetTrainer",
            "inference_allowed_mirroring_axes": plan.mirror_axes,
        }
        torch.save(checkpoint, folder / f"fold_{number}" / "checkpoint_final.pth")
    return folder
