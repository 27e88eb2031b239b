"""Two charts: the calibration line with what it was fitted through, and the lumbar vertebrae side by side."""

from __future__ import annotations

import numpy as np
import vtk

import slicer

from . import report, words

_LEVELS = ("l1", "l2", "l3", "l4", "l5")
_BLUE, _ORANGE = (0.12, 0.35, 0.65), (0.85, 0.40, 0.05)


def calibration(chart, found: dict, add_node) -> bool:
    """The fitted line; False where the report holds no points of one. `add_node(class, name)` gives nodes that belong to the results."""
    points = report.calibration_points(found)
    if not points:
        chart.RemoveAllPlotSeriesNodeIDs()
        return False
    line = found["calibration"]["conversion"]
    hu, density = np.array(points).T
    ends = np.array([hu.min(), hu.max()])
    fitted = line.get("curvature", 0.0) * ends**2 + line["slope"] * ends + line["intercept"]
    unit = words.density_unit(line["material"])
    rods = _series(add_node, "Rods", "CT number (HU)", hu, f"Density ({unit})", density, _ORANGE)
    rods.SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleNone)
    rods.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle)
    straight = _series(add_node, "Fitted line", "CT number (HU)", ends, f"Density ({unit})", fitted, _BLUE)
    straight.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone)
    _show(chart, "Calibration", "CT number (HU)", f"Density ({unit})", (rods, straight))
    return True


def vertebrae(chart, found: dict, add_node) -> bool:
    """Trabecular density from L1 to L5, or HU without a calibration; False where no vertebra was measured."""
    quantity = "attenuation_mean" if found["calibration"]["method"] == "none" else "density_mean"
    values = [report.value(found, level, "trabecular", quantity) for level in _LEVELS]
    measured = [(number, level, value) for number, (level, value) in enumerate(zip(_LEVELS, values), 1) if value is not None]
    if not measured:
        chart.RemoveAllPlotSeriesNodeIDs()
        return False
    unit = "HU" if quantity == "attenuation_mean" else words.density_unit(found["calibration"]["conversion"]["material"])
    numbers, levels, values = zip(*measured)
    title = f"{words.quantity(quantity)}, trabecular ({unit})"
    series = _series(add_node, "Vertebrae", "Lumbar level", numbers, title, values, _BLUE, [level.upper() for level in levels])
    series.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle)
    _show(chart, "Trabecular region of the lumbar vertebrae", "Lumbar level", title, (series,))
    return True


def _series(add_node, name: str, x_name: str, x, y_name: str, y, color, labels=None):
    """A series and the table that holds its points."""
    table = add_node("vtkMRMLTableNode", f"{name} points")
    slicer.util.updateTableFromArray(table, (np.asarray(x, float), np.asarray(y, float)), (x_name, y_name))
    node = add_node("vtkMRMLPlotSeriesNode", name)
    node.SetName(name)
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetXColumnName(x_name)
    node.SetYColumnName(y_name)
    node.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
    node.SetColor(*color)
    node.SetLineWidth(2)
    node.SetMarkerSize(9)
    if labels:
        table.AddColumn(_column("Label", labels))
        node.SetLabelColumnName("Label")
    return node


def _column(name: str, words):
    column = vtk.vtkStringArray()
    column.SetName(name)
    for word in words:
        column.InsertNextValue(word)
    return column


def _show(chart, title: str, x: str, y: str, series) -> None:
    chart.RemoveAllPlotSeriesNodeIDs()
    for one in series:
        chart.AddAndObservePlotSeriesNodeID(one.GetID())
    chart.SetTitle(title)
    chart.SetXAxisTitle(x)
    chart.SetYAxisTitle(y)
    chart.SetLegendVisibility(len(series) > 1)
