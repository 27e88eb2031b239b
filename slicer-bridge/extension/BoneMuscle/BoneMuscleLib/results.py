"""The nodes that hold the results of a volume. They are found by node references of the volume, and so are saved and loaded with it."""

from __future__ import annotations

import json

import slicer

from . import plots, report, table

_ROLE = "BoneMuscle."
#: Attributes of the volume.
FOLDER = _ROLE + "ResultsFolder"


def node(volume, role: str):
    """A result of `volume` by role: `Segmentation`, `Model segmentation`, `Table`, `Report`, `Calibration chart`, `Vertebrae chart`; None where there is none."""
    return volume.GetNodeReference(_ROLE + role.replace(" ", ""))


def ensure(volume, role: str, class_name: str, name: str):
    """The result of that role, made where there is none, and placed beside the volume in the Data tree."""
    found = node(volume, role)
    if found is not None:
        return found
    made = slicer.mrmlScene.AddNewNodeByClass(class_name, f"{volume.GetName()} {name}")
    volume.SetNodeReferenceID(_ROLE + role.replace(" ", ""), made.GetID())
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    items = [hierarchy.GetItemByDataNode(one) for one in (volume, made)] if hierarchy is not None else [0]
    if all(items):
        hierarchy.SetItemParent(items[1], hierarchy.GetItemParent(items[0]))
    return made


def model_segmentation(volume):
    """The segmentation for what a model labels on `volume`, made where there is none: what users draw is theirs and never written to."""
    return ensure(volume, "Model segmentation", "vtkMRMLSegmentationNode", "bone and muscle")


def set_segmentation(volume, labels) -> None:
    """Makes `labels` the segmentation that was measured on `volume`."""
    volume.SetNodeReferenceID(_ROLE + "Segmentation", labels.GetID())


def store(volume, found: dict) -> None:
    """Table, charts and the report itself, as the text that the core gave."""
    text = ensure(volume, "Report", "vtkMRMLTextNode", "bone and muscle report")
    text.SetText(json.dumps(found, indent=1, ensure_ascii=False))
    text.SetHideFromEditors(True)
    table.fill(ensure(volume, "Table", "vtkMRMLTableNode", "bone and muscle results"), found)
    helper = lambda class_name, name: _hidden(ensure(volume, name, class_name, name.lower()))  # noqa: E731
    plots.calibration(ensure(volume, "Calibration chart", "vtkMRMLPlotChartNode", "calibration"), found, helper)
    plots.vertebrae(ensure(volume, "Vertebrae chart", "vtkMRMLPlotChartNode", "vertebrae"), found, helper)


def store_doubts(labels, doubts: dict | None) -> None:
    """What a model doubts of the segmentation `labels`, unchanged: the core tells by it which of them are still the model's."""
    if doubts is None and node(labels, "Doubts") is None:
        return
    text = ensure(labels, "Doubts", "vtkMRMLTextNode", "doubts")
    text.SetText(json.dumps(doubts, ensure_ascii=False))
    text.SetHideFromEditors(True)


def doubts(labels) -> dict | None:
    """What `store_doubts` was given, also of a scene that was saved and loaded."""
    text = node(labels, "Doubts")
    return json.loads(text.GetText()) if text is not None and text.GetText() else None


def stored(volume) -> dict | None:
    """The report of `volume`, also of a scene that was saved and loaded."""
    text = node(volume, "Report") if volume is not None else None
    if text is None or not text.GetText():
        return None
    return report.checked(json.loads(text.GetText()))


def _hidden(made):
    made.SetHideFromEditors(True)
    return made
