"""A Slicer without its application: the real core (MRML, VTK, logics, slicer.util of the wheel slicer-core) with a scene."""

import sys
import tempfile
import types
from pathlib import Path

import numpy as np
import slicer
import vtk
from slicer import util

EXTENSION = Path(__file__).resolve().parents[2] / "slicer-bridge" / "extension"
MODULE = EXTENSION / "BoneMuscle"
sys.path.insert(0, str(MODULE))


def _logic(name: str):
    logic = getattr(slicer, name)()
    logic.SetMRMLScene(slicer.mrmlScene)
    logic.SetMRMLApplicationLogic(application)
    return logic


class Module:
    """What slicer.modules gives for a module with a logic."""

    def __init__(self, logic, path=""):
        self._logic, self.path = logic, path

    def logic(self):
        return self._logic


# Slicer's own set-up, as far as a scene needs it; without cache, colours and views its logics end in a crash.
slicer.mrmlScene = slicer.vtkMRMLScene()
_cache = slicer.vtkCacheManager()
_temporary = tempfile.TemporaryDirectory(prefix="bonemuscle-slicer-")
_cache.SetRemoteCacheDirectory(_temporary.name)
slicer.mrmlScene.SetCacheManager(_cache)
_files = slicer.vtkDataIOManager()
_files.SetCacheManager(_cache)
slicer.mrmlScene.SetDataIOManager(_files)
application = slicer.vtkSlicerApplicationLogic()
application.SetMRMLScene(slicer.mrmlScene)
application.SetTemporaryPath(_temporary.name)
application.GetColorLogic().SetMRMLScene(slicer.mrmlScene)
application.GetColorLogic().AddDefaultColorNodes()
application.SetSliceLogics(vtk.vtkCollection())
application.SetViewLogics(vtk.vtkCollection())
slicer.modules = types.SimpleNamespace()
for _name, _class in (
    ("Volumes", "vtkSlicerVolumesLogic"),
    ("Segmentations", "vtkSlicerSegmentationsModuleLogic"),
    ("SubjectHierarchy", "vtkSlicerSubjectHierarchyModuleLogic"),
    ("Tables", "vtkSlicerTablesLogic"),
    ("Plots", "vtkSlicerPlotsLogic"),
):
    _made = _logic(_class)
    application.SetModuleLogic(_name, _made)
    setattr(slicer.modules, _name.lower(), Module(_made))


def add_volume(voxels, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0), directions=(-1, 0, 0, 0, -1, 0, 0, 0, 1), name="CT"):
    """A scalar volume, slices by rows by columns; `directions` are the columns i, j, k in RAS, written row by row."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    util.updateVolumeFromArray(node, voxels)
    node.SetSpacing(*spacing)
    node.SetOrigin(*origin)
    node.SetIJKToRASDirections(*directions)
    node.CreateDefaultDisplayNodes()
    return node


def add_label_map(voxels, like, name="labels"):
    """A label map on the voxels of another volume."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", name)
    util.updateVolumeFromArray(node, voxels.astype(np.uint8))
    node.CopyOrientation(like)
    return node
