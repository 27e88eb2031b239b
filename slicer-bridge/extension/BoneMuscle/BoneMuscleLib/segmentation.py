"""Labels as a segmentation that the Segment Editor can correct, and back to a label map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import vtk
from vtk.util.numpy_support import vtk_to_numpy

import slicer

from .refused import Refused
from .structures import STRUCTURES

_BINARY = "Binary labelmap"
#: Geometries that differ by less are the same: a file keeps not every digit.
_SAME_MM = 1e-4


@dataclass
class LabelMap:
    """Labels on the voxels of a volume: slices by rows by columns."""

    voxels: np.ndarray
    #: Segment name by label value; 0 is background.
    names: dict[int, str]

    def name_table(self, doubts: dict | None) -> dict:
        """The names, and what a model doubts of its labels, as the core reads them (`plugin-core/schema/label-names.schema.json`)."""
        return {str(value): name for value, name in self.names.items()} | ({} if doubts is None else {"doubts": doubts})


def fill(node, labels, names: dict[int, str], volume) -> None:
    """Replaces the segments of `node` by the labels of the node `labels`, with the names, colours and codes of the structures.

    `names` gives the structure, with side, of every label value. The segments share one label map, as those of the Segment Editor do.
    """
    image = slicer.vtkSlicerSegmentationsModuleLogic.CreateOrientedImageDataFromVolumeNode(labels)
    image.UnRegister(None)
    present = sorted(set().union(*(np.unique(plane).tolist() for plane in slicer.util.arrayFromVolume(labels))) - {0})
    before = node.StartModify()
    segmentation = node.GetSegmentation()
    for one in segmentation.GetSegmentIDs():
        # Else every segment that goes is first erased from the label map that all share, which takes seconds.
        segmentation.GetSegment(one).RemoveAllRepresentations()
    segmentation.RemoveAllSegments()
    segmentation.SetSourceRepresentationName(_BINARY)
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for value in present:
        segmentation.AddSegment(_segment(image, value, names.get(value, f"Label {value}")))
    if node.GetDisplayNode() is None:
        node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetOpacity2DFill(0.35)
    node.EndModify(before)


def _segment(image, value: int, name: str):
    """A segment of all voxels of `image` that hold `value`."""
    segment = slicer.vtkSegment()
    segment.AddRepresentation(_BINARY, image)
    segment.SetLabelValue(value)
    structure = STRUCTURES.get(name)
    segment.SetName(structure.label if structure else name)
    if structure is not None:
        segment.SetColor(*structure.color)
        segment.SetTag(segment.GetTerminologyEntryTagName(), structure.terminology())
    return segment


def label_map(node, volume) -> LabelMap:
    """The segments of `node` on the voxels of `volume`.

    Refuses what a label map cannot hold: no voxel at all, or segments that overlap.
    """
    segmentation = node.GetSegmentation()
    ids = list(segmentation.GetSegmentIDs())
    if not ids:
        raise Refused(f"'{node.GetName()}' holds no segment; draw one, or press Apply to have the image labelled.")
    merged, overlap = _merged(node, ids, volume)
    if overlap:
        raise Refused(
            f"Segments of '{node.GetName()}' overlap in {overlap} voxels, and a voxel can be counted only once. In the Segment Editor, "
            "set Masking > Modify other segments to 'Overwrite all', and paint over the overlap."
        )
    if not merged.any():
        raise Refused(f"The segments of '{node.GetName()}' are empty, or lie outside '{volume.GetName()}'.")
    return LabelMap(merged, {value: segmentation.GetSegment(one).GetName() for value, one in enumerate(ids, 1)})


def _merged(node, ids: list[str], volume) -> tuple[np.ndarray, int]:
    """Values from 1 in the order of the segments, and how many voxels several segments claim."""
    segmentation = node.GetSegmentation()
    merged = np.zeros(slicer.util.arrayFromVolume(volume).shape, np.uint8 if len(ids) < 256 else np.uint16)
    overlap = 0
    for layer in range(segmentation.GetNumberOfLayers()):
        members = list(segmentation.GetSegmentIDsForLayer(layer))
        values = {segmentation.GetSegment(one).GetLabelValue(): ids.index(one) + 1 for one in members}
        found = _same_voxels(segmentation.GetLayerDataObject(layer, _BINARY), volume)
        if found is None:
            found = (slice(None),) * 3, _resampled(node, members, volume)
            values = {place: ids.index(one) + 1 for place, one in enumerate(members, 1)}
        window, voxels = found
        table = np.zeros(max(int(voxels.max()), *values) + 1 if voxels.size else 1, merged.dtype)
        for value, place in values.items():
            table[value] = place
        labels, target = table[voxels], merged[window]
        overlap += int(np.count_nonzero(target[labels > 0])) if layer else 0
        np.copyto(target, labels, where=labels > 0)
    if not segmentation.GetNumberOfLayers():
        raise Refused(f"'{node.GetName()}' has no binary label map; convert its segments in the Segmentations module first.")
    return merged, overlap


def _same_voxels(image, volume):
    """The part of the volume that a layer covers, and its labels as they lie in memory; None where its voxels are others."""
    own, other = vtk.vtkMatrix4x4(), vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(own)
    volume.GetIJKToRASMatrix(other)
    if not np.allclose(*(slicer.util.arrayFromVTKMatrix(matrix) for matrix in (own, other)), rtol=0, atol=_SAME_MM):
        return None
    extent = np.array(image.GetExtent()).reshape(3, 2)
    if (extent[:, 0] < 0).any() or (extent[:, 1] >= volume.GetImageData().GetDimensions()).any():
        return None
    shape = tuple(extent[:, 1] - extent[:, 0] + 1)[::-1]
    window = tuple(slice(first, last + 1) for first, last in extent[::-1])
    if min(shape) <= 0:
        return (slice(0, 0),) * 3, np.zeros((0, 0, 0), np.uint8)
    return window, vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape)


def _resampled(node, ids: list[str], volume) -> np.ndarray:
    """The segments of one layer on the voxels of the volume, as Slicer resamples them; values count from 1."""
    temporary = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    temporary.SetHideFromEditors(True)
    try:
        if not slicer.vtkSlicerSegmentationsModuleLogic.ExportSegmentsToLabelmapNode(node, ids, temporary, volume):
            raise Refused(f"Slicer could not make a label map of '{node.GetName()}'; its error log (View > Error Log) says why.")
        return slicer.util.arrayFromVolume(temporary).copy()
    finally:
        slicer.mrmlScene.RemoveNode(temporary)
