"""The labels as they were edited, measured again in memory: voxels and labels are handed over as they lie in the nodes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import report, structures, volume
from .parameters import Parameters
from .refused import Refused
from .segmentation import LabelMap


@dataclass
class Recomputed:
    """The new report, and what was compared."""

    report: dict
    labels: LabelMap
    #: Structures, with side, whose voxels were changed.
    edited: set[str]
    #: Findings that are withheld because the model doubted labels that nobody changed, or knows no patient so young.
    withheld: int


#: Gates that speak of the model and not of the image.
_OF_THE_MODEL = {"UNCERT", "LEVEL_AMBIG", "CHILD"}


def recompute(node, labels: LabelMap, parameters: Parameters, dicom: list[str], before: LabelMap | None, doubts: dict | None) -> Recomputed:
    """Measures the volume `node` with `labels`.

    `before` are the labels that were measured last. `doubts` are those of the model that labelled the volume; the core drops them for
    every structure whose voxels were changed. None: no model labelled it, or the user has looked at every label.
    """
    import bonemuscle

    settings = {**parameters.for_core(site(parameters), labelled=True), "outputs": []}
    origin, steps = volume.grid_lps(node)
    image = bonemuscle.Image(volume.voxels(node), origin, steps)
    map_ = bonemuscle.Image(labels.voxels, origin, steps)
    try:
        result = bonemuscle.Library().measure(volume=image, labels=map_, names=labels.name_table(doubts), files=dicom or None, settings=settings)
    except (bonemuscle.Error, bonemuscle.LoadError) as error:
        raise Refused(str(error)) from error
    later = report.checked(result.report)
    edited = changed(before, labels) if before is not None else set()
    withheld = [one for one in later["findings"] if _OF_THE_MODEL & {reason["code"] for reason in one["not_measured"]}]
    return Recomputed(later, labels, edited, len(withheld) if doubts is not None else 0)


def changed(before: LabelMap, after: LabelMap) -> set[str]:
    """Structures of which a voxel was added or taken away, or that were given another name."""
    if before.voxels.shape != after.voxels.shape:
        return {_structure(name) for name in after.names.values()}
    ids = {name: place for place, name in enumerate(sorted({*before.names.values(), *after.names.values()}), 1)}
    old, new = _places(before, ids), _places(after, ids)
    touched = set()
    for earlier, later in zip(before.voxels, after.voxels):
        if before.names == after.names and np.array_equal(earlier, later):
            continue
        earlier, later = old[earlier], new[later]
        different = earlier != later
        touched.update(np.unique(earlier[different]), np.unique(later[different]))
    return {_structure(name) for name, place in ids.items() if place in touched}


def _places(labels: LabelMap, ids: dict[str, int]) -> np.ndarray:
    """From label value to the place of its name in `ids`."""
    places = np.zeros(max(labels.names, default=0) + 1, np.uint16)
    for value, name in labels.names.items():
        places[value] = ids[name]
    return places


def _structure(segment_name: str) -> str:
    found = structures.named(segment_name)
    return found.name if found else segment_name


def site(parameters: Parameters) -> dict | None:
    """What the site supplies, as the core's settings hold it; None where nothing was given."""
    found = {}
    if parameters.site:
        try:
            found = json.loads(Path(parameters.site).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Refused(f"The site file '{parameters.site}' cannot be used: {error}") from error
        if not isinstance(found, dict):
            raise Refused(f"The site file '{parameters.site}' cannot be used: it must hold a JSON object.")
    if parameters.model_folders:
        found["models"] = [*found.get("models", []), *parameters.model_folders]
    return found or None
