"""Which volumes can be measured, and where their voxels lie."""

from __future__ import annotations

import numpy as np
import vtk

import slicer

#: Fewer slices are no volume.
LEAST_SLICES = 3

#: From RAS, in which Slicer counts, to LPS, in which DICOM and the core do.
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def reason_not_measurable(volume) -> str:
    """A sentence that says why `volume` cannot be measured and what would do; empty where it can."""
    if volume is None:
        return "Load a CT first, or take one from Sample Data, and choose it here."
    name = volume.GetName()
    if volume.IsA("vtkMRMLLabelMapVolumeNode"):
        return f"'{name}' is a label map; choose the CT that it belongs to."
    if volume.IsA("vtkMRMLMultiVolumeNode"):
        return f"'{name}' holds several images over time; extract one frame as a scalar volume and choose that."
    image = volume.GetImageData()
    if image is None or image.GetPointData().GetScalars() is None:
        return f"'{name}' holds no image; load it again."
    components = image.GetNumberOfScalarComponents()
    if components != 1:
        return f"'{name}' has {components} values in every voxel; a CT has one CT number (HU)."
    slices = min(image.GetDimensions())
    if slices < LEAST_SLICES:
        return f"'{name}' is only {slices} voxel{'s' * (slices > 1)} thick; at least {LEAST_SLICES} slices are needed."
    if volume.GetParentTransformNode() is not None:
        return f"'{name}' stands under the transform '{volume.GetParentTransformNode().GetName()}'; harden the transform first."
    modality = _modality(volume)
    if modality not in ("", "CT"):
        return f"'{name}' is an image of modality {modality}; a CT is needed."
    return ""


def voxels(volume) -> np.ndarray:
    """The CT numbers, slices by rows by columns, as a view of the node's memory."""
    return slicer.util.arrayFromVolume(volume)


def grid_lps(volume) -> tuple[np.ndarray, np.ndarray]:
    """Millimetres LPS: the centre of voxel 0, and the three steps to the next column, row and slice, one in each row."""
    ijk_to_ras = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(ijk_to_ras)
    to_lps = RAS_TO_LPS @ slicer.util.arrayFromVTKMatrix(ijk_to_ras)
    return to_lps[:3, 3].copy(), to_lps[:3, :3].T.copy()


def axial_axis(volume) -> int:
    """Which index (0 columns, 1 rows, 2 slices) runs along the body best."""
    _, steps = grid_lps(volume)
    along = np.abs(steps[:, 2]) / np.linalg.norm(steps, axis=1)
    return int(np.argmax(along))


def _modality(volume) -> str:
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    item = hierarchy.GetItemByDataNode(volume) if hierarchy else 0
    return hierarchy.GetItemAttribute(item, "DICOM.Modality") if item else ""
