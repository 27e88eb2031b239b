"""`manifest.json` of a model folder, schema bonemuscle-model/1."""

import json
import re
from pathlib import Path

from .network import INPUT, OUTPUT
from .structures import NONE, SIDES, STRUCTURES, lacks_side, meaning
from .trained import CannotExport, Trained

MOST_YEARS = 120
LICENCE_UNKNOWN = "not stated: ask the authors of the weights before you use or pass them on"


def given_structures(file: Path | None) -> dict[str, tuple[str, str] | None]:
    """What the user says classes are: `{"class": {"structure": "femur", "side": "left"}, "other": null}`."""
    if file is None:
        return {}
    try:
        entries = json.loads(file.read_text())
        return {name: entry and (entry["structure"], entry.get("side", NONE)) for name, entry in entries.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotExport(
            f'{file} cannot be read ({error!r}); accepted: {{"name of a class": {{"structure": "femur", "side": "left"}}, ...}}, '
            "with null for what is nothing that is measured"
        ) from None


def classes(names: list[str], given: dict[str, tuple[str, str] | None]) -> list[dict]:
    """The channels of the output; what the user says comes before what a name means."""
    if strangers := set(given) - set(names):
        raise CannotExport(f"the network has no class {', '.join(sorted(strangers))}; its classes are {', '.join(names)}")
    entries, seen = [], {}
    for name in names:
        what = given[name] if name in given else meaning(name)
        entries.append({"name": name})
        if what is None:
            continue
        structure, side = what
        if structure not in STRUCTURES or side not in (NONE, *SIDES.values()):
            sides = ", ".join(dict.fromkeys([NONE, *SIDES.values()]))
            raise CannotExport(f"{name} is said to be {structure}, {side}; sides: {sides}; structures: {', '.join(STRUCTURES)}")
        if what in seen:
            raise CannotExport(f"{seen[what]} and {name} are both {structure}, {side}; say by --structures which of them is")
        seen[what] = name
        entries[-1].update(structure=structure, side=side)
    if not seen:
        raise CannotExport(f"none of the classes {', '.join(names)} is known; say by --structures what they are")
    return entries


def refinements(entries: list[dict]) -> list[str]:
    """What BoneMuscle does after the network: without sides it measures no paired structure."""
    return ["sides"] if any(lacks_side(entry) for entry in entries) else []


def age(text: str) -> float:
    """Years, as the schema has them."""
    years = float(text)
    if not 0 <= years <= MOST_YEARS:
        raise ValueError(text)
    return years


def model_name(text: str) -> str:
    """Lower-case letters, digits and hyphens."""
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def manifest(trained: Trained, networks: list[dict], entries: list[dict], options) -> dict:
    """Everything; `options` are those of the command line."""
    numbers = trained.intensities
    return {
        "schema": "bonemuscle-model/1",
        "name": model_name(options.name or trained.dataset),
        "version": options.version,
        "description": options.description or f"{trained.dataset}, trained with nnU-Net v2 ({trained.trainer}).",
        "licence": options.licence or LICENCE_UNKNOWN,
        "attribution": options.attribution,
        "networks": networks,
        "input": INPUT,
        "output": OUTPUT,
        "orientation": trained.orientation,
        "spacing_mm": trained.spacing,
        "patch": trained.patch,
        "tile_step": 0.5,
        "mirror_axes": trained.mirror_axes if options.mirroring else [],
        "normalisation": {
            "clip": [numbers["percentile_00_5"], numbers["percentile_99_5"]],
            "mean": numbers["mean"],
            "standard_deviation": max(numbers["std"], 1e-8),
        },
        "low_pass": False,
        "refinements": refinements(entries),
        "caveats": options.caveat,
        "least_age_years": options.least_age,
        "classes": entries,
    }
