"""The command line: `python -m export`, run in the folder `models`."""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from . import __doc__ as purpose
from . import manifest, network, structures, trained

LICENCE_QUESTION = """\
Which licence do the weights have? Exporting changes nothing about it: it is what the people who trained them say, and it binds
you when you use the model and when you pass it on. The manifest now says: {licence}
TotalSegmentator: its authors release the weights of many tasks, `total` among them, under Apache-2.0; others, such as
appendicular_bones, tissue_types and thigh_shoulder_muscles, need a licence from them, free for non-commercial use only. Their
README says which is which today: ask it, not this program."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export", description=purpose)
    parser.add_argument("trained", type=Path, help="folder that nnU-Net's training wrote: dataset.json, plans.json and fold_*")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the model folder, which must not exist yet")
    parser.add_argument("--folds", nargs="+", metavar="FOLD", help="folds to average; without: all that were trained")
    parser.add_argument("--checkpoint", default="checkpoint_final.pth", metavar="NAME")
    parser.add_argument("--orientation", metavar="SAR|SPL|...", help="where axes 0, 1, 2 of the training images grow to")
    parser.add_argument("--structures", type=Path, metavar="JSON", help="what classes are whose names are not understood")
    parser.add_argument("--no-mirroring", dest="mirroring", action="store_false", help="faster by 2 to 8 times, a little worse")
    parser.add_argument("--name", help="name of the model; without: that of the data set")
    parser.add_argument("--version", default="1", help="version of the weights")
    parser.add_argument("--description", help="one sentence for people")
    parser.add_argument("--licence", help="licence of the weights: an SPDX expression or a sentence")
    parser.add_argument("--attribution", action="append", default=[], help="whom the licence asks to name; may be repeated")
    parser.add_argument("--least-age", type=manifest.age, metavar="YEARS", help="nothing is measured of younger patients; without: of all")
    parser.add_argument("--caveat", action="append", default=[], help="a sentence for every reader of values; may be repeated")
    return parser.parse_args()


def write(options: argparse.Namespace) -> dict:
    """The folder appears whole or not at all."""
    if options.output.exists():
        raise trained.CannotExport(f"{options.output} exists already; name a folder that does not")
    given = manifest.given_structures(options.structures)
    model = trained.read(options.trained, options.folds, options.checkpoint, options.orientation)
    entries = manifest.classes(model.classes, given)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.output.parent) as beside:
        unfinished = Path(beside) / "model"
        unfinished.mkdir()
        files = [unfinished / f"fold_{fold}.onnx" for fold in model.folds]
        networks = [network.export(model, weights, file) for weights, file in zip(model.weights, files)]
        content = manifest.manifest(model, networks, entries, options)
        (unfinished / "manifest.json").write_text(json.dumps(content, indent=2) + "\n")
        unfinished.rename(options.output)
    return content


def describe(content: dict, output: Path) -> None:
    known = [entry["name"] for entry in content["classes"] if "structure" in entry]
    other = [entry["name"] for entry in content["classes"][1:] if "structure" not in entry]
    print(f"{output}: model {content['name']} {content['version']}")
    print(f"  {content['description']}")
    print(f"  {len(content['networks'])} network(s), patch {content['patch']} at {content['spacing_mm']} mm")
    print(f"  axes {content['orientation']}: each names where it grows to in the patient")
    print(f"  mirrored along axes {content['mirror_axes']}" if content["mirror_axes"] else "  not mirrored")
    print(f"  measured: {', '.join(known)}")
    if content["refinements"]:
        unsided = ", ".join(entry["name"] for entry in content["classes"] if structures.lacks_side(entry))
        print(f"  divided into left and right by sacrum, hip bones and femora, and not measured where these tell no middle: {unsided}")
    print(f"  not measured: {', '.join(other) or 'none'}")
    least = content["least_age_years"]
    print("  measures patients of " + ("any age" if least is None else f"{least:g} years and older"))
    print("  as ONNX each network gives the logits that it gives in PyTorch")
    print(LICENCE_QUESTION.format(licence=content["licence"]))


def main() -> int:
    options = arguments()
    try:
        describe(write(options), options.output)
    except trained.CannotExport as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
