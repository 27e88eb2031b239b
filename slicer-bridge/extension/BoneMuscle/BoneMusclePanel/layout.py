"""What is shown beside the panel: slices, table, charts, the Segment Editor."""

from __future__ import annotations

import slicer
from BoneMuscleLib import results, volume as volumes


def show_volume(volume) -> None:
    """The CT in the slice views."""
    slicer.util.setSliceViewerLayers(background=volume, fit=True)


def show_results(volume) -> None:
    """Slices, 3D, a chart and the table: the calibration line where there is one, else the vertebrae."""
    manager = slicer.app.layoutManager()
    if manager is not None:
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView)
    selection = slicer.app.applicationLogic().GetSelectionNode()
    table = results.node(volume, "Table")
    charts = [results.node(volume, role) for role in ("Vertebrae chart", "Calibration chart")]
    chart = next((one for one in charts if one is not None and one.GetNumberOfPlotSeriesNodes()), None)
    if table is not None:
        selection.SetActiveTableID(table.GetID())
        slicer.app.applicationLogic().PropagateTableSelection()
    if chart is not None:
        selection.SetActivePlotChartID(chart.GetID())
        slicer.app.applicationLogic().PropagatePlotChartSelection()


def jump_to_slice(volume, index: int) -> None:
    """All slice views to the middle of one slice of the volume."""
    origin, steps = volumes.grid_lps(volume)
    columns, rows, _ = volume.GetImageData().GetDimensions()
    x, y, z = origin + steps[0] * (columns - 1) / 2 + steps[1] * (rows - 1) / 2 + steps[2] * index
    # LPS to RAS.
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, -x, -y, z)


def edit_segments(volume) -> None:
    """The Segment Editor with the labels of the volume."""
    segmentation = results.node(volume, "Segmentation")
    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.segmenteditor.widgetRepresentation().self().editor
    editor.setSegmentationNode(segmentation)
    # Before Slicer 5.2 it was called the master volume.
    (getattr(editor, "setSourceVolumeNode", None) or editor.setMasterVolumeNode)(volume)
