"""One command from simulated hips to a model folder.

    PYTHONPATH=models python -m training.xray --bases F --output RUN --hours 1.2

The hips are made before, by `training.xray.bases`. The run's folder holds a checkpoint and a log of each network, and in the end `model/`,
a model folder as the program reads it. `--resume` continues after a stop; `--export-only` writes the model folder from the checkpoints
as they are, also while another process trains.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from ..running import Budget
from .model_folder import write
from .sites import TRAINING_SITES
from .supply import Cohort, loaded
from .train import DECOMPOSITION, LOCATOR, DecompositionRun, LocatorRun, XrayRun

LOCATOR_SHARE = 0.15
"""Of the time."""
CHECKPOINT_SECONDS = 120
CROSSING = 0.5
"""Share of the films whose processing is crossed from several makers'."""


def arguments() -> argparse.Namespace:
    """Options; those that decide the weights are kept in the checkpoints and must be the same on resuming."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bases", type=Path, required=True, help="folder of the simulated hips")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run")
    parser.add_argument("--hours", type=float, required=True, help="training time in all, resumed runs included")
    parser.add_argument("--steps", type=int, help="stop each network after so many steps if that is earlier")
    parser.add_argument("--resume", action="store_true", help="continue the run of the folder")
    parser.add_argument("--only", choices=["locator", "decomposition"], help="train this network for all of the time and export nothing")
    parser.add_argument("--export-only", action="store_true", help="train no further")
    parser.add_argument("--workers", type=int, default=2, help="processes that make films")
    parser.add_argument("--threads", type=int, default=2, help="of the training")
    parser.add_argument("--name", default="own-hip-xray", help="of the model, for the manifest: not that of the reference model")
    parser.add_argument("--version", default="0.1.0", help="of the weights, for the manifest")
    parser.add_argument(
        "--widths", type=int, nargs=4, default=list(DECOMPOSITION.widths), help="channels of the decomposition at the four resolutions"
    )
    parser.add_argument("--batch", type=int, default=DECOMPOSITION.batch)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--validation-hips", type=int, default=240, help="on which the line from the film to aBMD is fitted")
    return parser.parse_args()


def continued(run: XrayRun, *, resume: bool) -> None:
    """Takes up the run's checkpoint, if there is one and it is wanted."""
    if not (run.folder / "checkpoint.pt").exists():
        return
    if not resume:
        raise SystemExit(f"{run.folder} holds a run already: continue it with --resume, or name another folder")
    run.resume()


def trained(runs: list[tuple[float, XrayRun]], options: argparse.Namespace) -> None:
    """Trains each network for its share of the time, unless the checkpoints are to be exported as they are."""
    for share, run in runs:
        continued(run, resume=options.resume or options.export_only)
        if not options.export_only:
            run.run(Budget(share * options.hours, options.steps), CHECKPOINT_SECONDS)
        print(f"{type(run).__name__}: {run.step} steps in {run.seconds:.0f} s", flush=True)


def main() -> None:
    """Training, export."""
    options = arguments()
    torch.set_num_threads(options.threads)
    supply = Cohort(loaded(options.bases, "train"), TRAINING_SITES, CROSSING)
    recipe = replace(DECOMPOSITION, widths=tuple(options.widths), batch=options.batch, seed=options.seed)
    runs = [
        (LOCATOR_SHARE, LocatorRun(replace(LOCATOR, seed=options.seed), supply, options.output / "locator", options.workers)),
        (1 - LOCATOR_SHARE, DecompositionRun(recipe, supply, options.output / "decomposition", options.workers)),
    ]
    if options.only:
        trained([(1.0, run) for _, run in runs if run.folder.name == options.only], options)
        return
    trained(runs, options)
    locator, decomposition = (run.averaged() for _, run in runs)
    validation = Cohort(loaded(options.bases, "validation"), TRAINING_SITES)
    difference = write(
        decomposition, locator, options.output / "model", options.name, options.version, recipe.dropout, validation, options.validation_hips
    )
    print(f"the exported networks differ from PyTorch by {difference:.1e}")


if __name__ == "__main__":
    main()
