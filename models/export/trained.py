"""A trained nnU-Net v2 folder: read by nnU-Net's own code, refused where BoneMuscle would compute something else."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from pathlib import Path

import torch

RESAMPLING = {
    "resampling_fn_data": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
    "resampling_fn_probabilities": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
}
"""nnU-Net's defaults for `resample_data_or_seg_to_shape`, which are the ones that BoneMuscle computes."""

TURNING_READERS = {"SimpleITKIOWithReorient": "SAR", "NibabelIOWithReorient": "SAR"}
"""Readers that turn every image the same way, and how its axes 0, 1, 2 then grow. Others leave an image as its file has it."""


class CannotExport(Exception):
    """What was found and what would do."""


@dataclasses.dataclass
class Trained:
    """What a model folder needs of a trained folder. Axes are the network's: after nnU-Net's `transpose_forward`."""

    dataset: str
    trainer: str
    folds: list[str]
    network: torch.nn.Module
    weights: list[dict]
    """State of the network for each fold."""
    orientation: str
    """Towards which part of the patient axes 0, 1, 2 grow."""
    spacing: list[float]
    """Millimetres."""
    patch: list[int]
    mirror_axes: list[int]
    """Axes along which the training mirrored."""
    intensities: dict[str, float]
    """`mean`, `std`, `percentile_00_5` and `percentile_99_5` of the foreground in HU."""
    classes: list[str]
    """Names of the channels of the output."""


def read(folder: Path, folds: list[str] | None, checkpoint: str, orientation: str | None) -> Trained:
    """Reads a folder such as `Dataset001_Name/nnUNetTrainer__nnUNetPlans__3d_fullres`."""
    dataset = read_json(folder / "dataset.json", "channel_names", "labels")
    plans = read_json(folder / "plans.json", "dataset_name", "image_reader_writer", "transpose_forward")
    folds = folds or trained_folds(folder, checkpoint)
    for fold in folds:
        needed(folder / f"fold_{fold}" / checkpoint)
    check_channels(dataset)
    classes = class_names(dataset)
    axes = image_axes(plans, orientation)
    predictor = load(folder, folds, checkpoint)
    check_configuration(predictor.configuration_manager.configuration, plans)
    return Trained(
        dataset=plans["dataset_name"],
        trainer=predictor.trainer_name,
        folds=folds,
        network=predictor.network.eval(),
        weights=predictor.list_of_parameters,
        orientation="".join(axes[axis] for axis in plans["transpose_forward"]),
        spacing=[float(spacing) for spacing in predictor.configuration_manager.spacing],
        patch=[int(size) for size in predictor.configuration_manager.patch_size],
        mirror_axes=sorted(int(axis) for axis in predictor.allowed_mirroring_axes or ()),
        intensities=predictor.plans_manager.foreground_intensity_properties_per_channel["0"],
        classes=classes,
    )


def needed(file: Path) -> Path:
    if not file.is_file():
        raise CannotExport(f"{file} is missing; give the folder that a training wrote: dataset.json, plans.json and fold_*")
    return file


def read_json(file: Path, *keys: str) -> dict:
    try:
        content = json.loads(needed(file).read_text())
    except ValueError as error:
        raise CannotExport(f"{file} is no JSON: {error}") from None
    if lacking := [key for key in keys if key not in content]:
        raise CannotExport(f"{file} lacks {', '.join(lacking)}; accepted: what nnU-Net v2 writes")
    return content


def trained_folds(folder: Path, checkpoint: str) -> list[str]:
    """Every fold that was trained; `fold_all` only where it is the only one, for nnU-Net asks for it by name."""
    found = sorted(file.parent.name.removeprefix("fold_") for file in folder.glob(f"fold_*/{checkpoint}"))
    if not found:
        raise CannotExport(f"{folder} holds no fold_*/{checkpoint}; name another file with --checkpoint")
    return [fold for fold in found if fold != "all"] or found


def check_channels(dataset: dict) -> None:
    channels = dataset["channel_names"]
    if len(channels) != 1:
        raise CannotExport(f"the network takes {len(channels)} images ({', '.join(channels.values())}); accepted: one CT")


def class_names(dataset: dict) -> list[str]:
    labels = {name: value for name, value in dataset["labels"].items() if name != "ignore"}
    regions = [name for name, value in labels.items() if isinstance(value, list)]
    if regions:
        raise CannotExport(f"the classes {', '.join(regions)} are regions that may overlap; accepted: one label for every voxel")
    names = {int(value): name for name, value in labels.items()}
    if sorted(names) != list(range(len(labels))):
        raise CannotExport(f"the label values are {sorted(names)}; accepted: 0 for the background, then 1, 2 ... without gaps")
    return [names[value] for value in range(len(names))]


def image_axes(plans: dict, given: str | None) -> str:
    """Towards which part of the patient axes 0, 1, 2 of an image grow before `transpose_forward`."""
    reader = plans["image_reader_writer"]
    turned = TURNING_READERS.get(reader)
    if turned and given not in (None, turned):
        raise CannotExport(f"{reader} turns every image to {turned}, not to {given}; leave --orientation out")
    axes = turned or given
    if axes is None:
        raise CannotExport(
            f"{reader} leaves images as their files have them, so only you know how they lay in training. Say --orientation SAR "
            "where they were NIfTI files in canonical order (RAS), or --orientation SPL where they were axial slices as scanners "
            "write them (rows to the patient's left, columns to the back), and the like"
        )
    if sorted(next((pair for pair in ("LR", "PA", "SI") if letter in pair), "") for letter in axes) != ["LR", "PA", "SI"]:
        raise CannotExport(f'the orientation is "{axes}"; accepted: one each of L or R, P or A, S or I, slowest axis first')
    return axes


def load(folder: Path, folds: list[str], checkpoint: str):
    """nnU-Net's predictor with the network built and the weights read."""
    with contextlib.redirect_stdout(io.StringIO()):
        # Imported here because nnU-Net prints about its environment variables, none of which matter to a finished training.
        from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

        predictor = nnUNetPredictor(device=torch.device("cpu"), allow_tqdm=False)
        try:
            predictor.initialize_from_trained_model_folder(str(folder), tuple(folds), checkpoint)
        except Exception as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise CannotExport(
                f"nnU-Net cannot load the training in {folder} ({reason}); accepted: what the installed nnunetv2 itself can "
                "predict with, which for an own trainer or architecture means that its code is installed too"
            ) from error
    return predictor


def check_configuration(configuration: dict, plans: dict) -> None:
    if len(configuration["patch_size"]) != 3:
        raise CannotExport(f"the patch is {configuration['patch_size']}: a 2D network; accepted: 3d_fullres and 3d_lowres")
    if configuration.get("previous_stage"):
        raise CannotExport(
            f"the network needs the answer of another ({configuration['previous_stage']}) beside the CT; accepted: networks that "
            "need no other, such as 3d_fullres"
        )
    if configuration["normalization_schemes"] != ["CTNormalization"]:
        raise CannotExport(
            f"HU are normalised by {', '.join(configuration['normalization_schemes'])}; accepted: CTNormalization, which nnU-Net "
            'takes where channel_names in dataset.json says "CT"'
        )
    own = (configuration.get("preprocessor_name"), "DefaultPreprocessor"), (plans.get("label_manager"), "LabelManager")
    for found, default in own:
        if found not in (default, None):
            raise CannotExport(f"the training used its own {found}; accepted: nnU-Net's {default}")
    for which, expected in RESAMPLING.items():
        found, arguments = configuration.get(which), configuration.get(f"{which}_kwargs")
        if found != "resample_data_or_seg_to_shape" or arguments != expected:
            raise CannotExport(f"{which} is {found} with {arguments}; accepted: resample_data_or_seg_to_shape with {expected}")
