"""One command from the data to a model folder.

    PYTHONPATH=models python -m training --data ../shared/data --output RUN --hours 3

The run's folder holds the checkpoint, a log, what was made of the data, and in the end `model/`, a model folder as the program reads
it. `--resume` continues after a stop.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from . import cases
from .export_onnx import export
from .network import WIDTHS
from .sources import Source
from .running import Budget
from .train import Recipe, Training


def arguments() -> argparse.Namespace:
    """Options; those that decide the weights are kept in the checkpoint and must be the same on resuming."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument("--output", type=Path, required=True, help="folder of the run")
    parser.add_argument("--hours", type=float, required=True, help="training time in all, resumed runs included")
    parser.add_argument("--steps", type=int, help="stop after so many steps if that is earlier")
    parser.add_argument("--resume", action="store_true", help="continue the run of the folder")
    parser.add_argument("--start-from", type=Path, help="weights to start from: a run's weights.pt, or those of version 0.1")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument("--cases", nargs="+", choices=list(cases.LOADERS), default=list(cases.DEFAULT), help="groups of anatomies")
    parser.add_argument("--share", nargs=2, action="append", default=[], metavar=("ANATOMY", "SHARE"),
                        help="how often an anatomy is drawn, in place of its usual share, such as `--share phantom 3`")  # fmt: skip
    parser.add_argument("--name", default="own-ct", help="of the model, for the manifest: not that of the reference model, which is always there")
    parser.add_argument("--version", default="0.2.0", help="of the weights, for the manifest")
    parser.add_argument("--widths", type=int, nargs=5, default=list(WIDTHS), help="channels at the five resolutions")
    parser.add_argument("--patch", type=int, default=96, help="edge of the patch in voxels, a multiple of 16")
    parser.add_argument("--batch", type=int, default=7)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def with_shares(sources: list[Source], shares: dict[str, str]) -> list[Source]:
    """Sources of the named anatomies drawn as often as asked for."""
    unknown = set(shares) - {source.name for source in sources}
    if unknown:
        raise SystemExit(f"no anatomy is called {', '.join(sorted(unknown))}; there are {', '.join(source.name for source in sources)}")
    return [replace(source, share=float(shares.get(source.name, source.share))) for source in sources]


def main() -> None:
    """Data, training, export."""
    options = arguments()
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if options.device == "auto" else options.device)
    options.output.mkdir(parents=True, exist_ok=True)
    if (options.output / "checkpoint.pt").exists() and not options.resume:
        raise SystemExit(f"{options.output} holds a run already: continue it with --resume, or name another folder")
    recipe = Recipe(tuple(options.widths), options.patch, options.batch, learning_rate=options.learning_rate, seed=options.seed)
    sources = with_shares(cases.load(tuple(options.cases), options.data, options.output), dict(options.share))
    print(f"{len(sources)} anatomies: {', '.join(source.name for source in sources)}; {device}", flush=True)
    training = Training(recipe, sources, options.output, device)
    if options.resume:
        training.resume()
    elif options.start_from:
        training.start_from(options.start_from)
    training.run(Budget(options.hours, options.steps))
    network, weights = training.averaged()
    torch.save({name: value.half() for name, value in weights.items()}, options.output / "weights.pt")
    model = (options.output / "model", options.name, options.version)
    difference = export(network, *model, recipe.patch, recipe.dropout, tuple(options.cases))
    print(f"{training.step} steps in {training.seconds:.0f} s; the exported network differs from PyTorch by {difference:.1e}")


if __name__ == "__main__":
    main()
