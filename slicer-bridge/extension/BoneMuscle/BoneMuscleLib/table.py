"""The report as a table node: one row for every value, and for every value that could not be given the reason."""

from __future__ import annotations

import vtk

from . import report

#: Name of the column, and what it holds.
COLUMNS = (
    ("Structure", "Bone, muscle or the body as a whole, with the side"),
    ("Region", "Where in the structure"),
    ("Quantity", "What was measured, or which published criterion was applied"),
    ("Value", "Six significant digits, as in report, CSV and DICOM; empty where it could not be given"),
    ("Unit", "Mineral densities name the material that they are equivalent to"),
    ("Method", "Recipe and its version"),
    ("Remark", "Why a value is missing, by how much it varies, or what a criterion says"),
)


def fill(node, found: dict) -> None:
    """Replaces the content of `node` by `found`, a report."""
    rows = [row.words() for row in report.rows(found)]
    before = node.StartModify()
    node.RemoveAllColumns()
    for index, (name, meaning) in enumerate(COLUMNS):
        column = vtk.vtkStringArray()
        column.SetName(name)
        column.SetNumberOfValues(len(rows))
        for place, row in enumerate(rows):
            column.SetValue(place, row[index])
        node.AddColumn(column)
        node.SetColumnDescription(name, meaning)
    node.SetLocked(True)
    node.SetDescription(found["notice"])
    node.EndModify(before)


def append(node, rows: list[tuple[str, ...]]) -> None:
    """Adds rows; a row about the same thing in the same place is replaced."""
    for row in rows:
        place = next((at for at in range(node.GetNumberOfRows()) if all(node.GetCellText(at, i) == row[i] for i in range(3))), None)
        if place is None:
            place = node.AddEmptyRow()
        for column, text in enumerate(row):
            node.SetCellText(place, column, text)
