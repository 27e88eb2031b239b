"""What people segment with today, one step per process. Called by bench_segmentation.py.

    python segmentation_anchors.py nnunet|monai MODEL CT.npy SPACING... LABELS.npy

MODEL is a file of weights, or `pointwise`. Prints between which moments of the monotonic clock the array in memory became labels in memory.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import nnunet_training as training  # noqa: E402

FEATURES, PATCH, SPACING = [16, 32, 64, 128, 256], (128, 128, 128), (1.5, 1.5, 1.5)

THREADS = 2


def pointwise() -> torch.nn.Module:
    """The least that can stand for a network: logits that are lines over HU, the highest of which changes between the classes."""
    slopes = torch.arange(len(training.CLASSES), dtype=torch.float32)
    network = torch.nn.Conv3d(1, len(slopes), 1)
    borders = (torch.tensor([130.0, 500.0, 900.0, 1100.0]) - training.INTENSITIES["mean"]) / training.INTENSITIES["std"]
    with torch.no_grad():
        network.weight.copy_(slopes.reshape(-1, 1, 1, 1, 1))
        network.bias.copy_(torch.cat([torch.zeros(1), -borders.cumsum(0)]))
    return network.eval()


def network(model: str) -> torch.nn.Module:
    if model == "pointwise":
        return pointwise()
    built = training.build(FEATURES)
    built.load_state_dict(torch.load(model))
    return built.eval()


def nnunet(model: str, ct: np.ndarray, spacing: list[float]) -> np.ndarray:
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    plans = PlansManager(training.plans_of(training.Plan(SPACING, PATCH)))
    built = network(model)
    predictor = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    configuration = plans.get_configuration("3d_fullres")
    predictor.manual_initialization(built, plans, configuration, [built.state_dict()], training.dataset(), "nnUNetTrainer", None)
    return predictor.predict_single_npy_array(ct[None], {"spacing": spacing}, None, None, False)


def monai(model: str, ct: np.ndarray, spacing: list[float]) -> np.ndarray:
    from monai.inferers import sliding_window_inference

    assert tuple(spacing) == SPACING, "MONAI's inferer does not resample"
    with torch.inference_mode():
        image = torch.from_numpy(training.normalised(ct))[None, None]
        logits = sliding_window_inference(image, PATCH, 1, network(model), overlap=0.5, mode="gaussian")
        return logits.argmax(1)[0].to(torch.uint8).numpy()


def main(tool: str, model: str, ct: str, *rest: str) -> None:
    torch.set_num_threads(THREADS)
    image = np.load(ct).astype(np.float32)
    start = time.monotonic()
    labels = {"nnunet": nnunet, "monai": monai}[tool](model, image, [float(one) for one in rest[:3]])
    print(f"between {start} and {time.monotonic()}")
    np.save(rest[3], labels)


if __name__ == "__main__":
    main(*sys.argv[1:])
