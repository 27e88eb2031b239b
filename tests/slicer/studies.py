"""Studies as DICOM, what `bonemuscle measure` finds in them, and the same as nodes of Slicer."""

import hashlib
import json
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import slicer
import vtk

import panel_scene
from environment import bonemuscle


@dataclass
class Study:
    """A CT with its SEG, and its report as the command line gives it."""

    folder: Path
    ct: list[Path]
    seg: list[Path]
    report: dict

    @property
    def files(self) -> list[Path]:
        return self.ct + self.seg

    def write_list(self, file: Path) -> str:
        file.write_text("".join(f"{path}\n" for path in self.files), encoding="utf-8")
        return str(file)


def phantom(folder: Path, *options: str) -> Study:
    """The digital phantom, coarse enough to be quick."""
    study = folder / "study"
    command = [bonemuscle(), "phantom", study, "--pixel-spacing", "1.5", "--slice-spacing", "2.5", *options]
    subprocess.run(command, check=True, capture_output=True)
    return of_folder(study, folder / "results")


def of_folder(study: Path, results: Path) -> Study:
    """Measures a folder by the command line."""
    command = [bonemuscle(), "measure", study, "--output", results]
    subprocess.run(command, check=True, capture_output=True)
    files = {"CT": [], "SEG": []}
    for file in sorted(study.glob("*.dcm")):
        files.setdefault(pydicom.dcmread(file, stop_before_pixels=True).Modality, []).append(file)
    return Study(study, files["CT"], files["SEG"], json.loads((results / "report.json").read_text()))


def volume_node(study: Study):
    """The CT as Slicer reads it."""
    names = vtk.vtkStringArray()
    for file in study.ct:
        names.InsertNextValue(str(file))
    return slicer.modules.volumes.logic().AddArchetypeVolume(str(study.ct[0]), "CT", 0, names)


def voxels_and_matrix(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """The CT without Slicer's reader: slices by rows by columns, and the matrix from column, row, slice to RAS, sheared where it is."""
    slices = [pydicom.dcmread(file) for file in study.ct]
    across = np.cross(*np.reshape(slices[0].ImageOrientationPatient, (2, 3)).astype(float))
    slices.sort(key=lambda one: across @ np.array(one.ImagePositionPatient, float))
    origin, end = (np.array(one.ImagePositionPatient, float) for one in (slices[0], slices[-1]))
    along_row, along_column = np.reshape(slices[0].ImageOrientationPatient, (2, 3)).astype(float)
    row_step, column_step = (float(one) for one in slices[0].PixelSpacing)
    matrix = np.eye(4)
    matrix[:3] = np.column_stack([along_row * column_step, along_column * row_step, (end - origin) / (len(slices) - 1), origin])
    voxels = np.stack([one.pixel_array * one.RescaleSlope + one.RescaleIntercept for one in slices]).astype(np.int16)
    return voxels, np.diag([-1.0, -1.0, 1.0, 1.0]) @ matrix


def node_of(class_name: str, voxels: np.ndarray, ijk_to_ras: np.ndarray):
    """A volume or label map node with any matrix, also a left-handed or sheared one."""
    node = slicer.mrmlScene.AddNewNodeByClass(class_name)
    slicer.util.updateVolumeFromArray(node, np.ascontiguousarray(voxels))
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(ijk_to_ras))
    node.CreateDefaultDisplayNodes()
    return node


def segmentation_node(labels, names: dict[int, str], volume):
    """A segmentation as a user has it, from a label map node."""
    from BoneMuscleLib import segmentation

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    segmentation.fill(node, labels, names, volume)
    return node


def doubts_of(structure: str, labels: Path, value: int) -> dict:
    """What a model would say that is unsure of a structure, by the rules of plugin-core/schema/label-names.schema.json."""
    image = nibabel.as_closest_canonical(nibabel.load(labels))
    # From right, front and feet upwards to slices upwards, rows to the back, columns to the left.
    members = np.asarray(image.dataobj).transpose(2, 1, 0)[:, ::-1, ::-1] == value
    box = members[tuple(slice(axis.min(), axis.max() + 1) for axis in np.nonzero(members))]
    digest = hashlib.sha256(struct.pack("<3I", *box.shape) + np.ascontiguousarray(box).astype(np.uint8).tobytes()).hexdigest()
    unsure = {"variance": 0.2, "usual_variance": 0.01, "predicted_dice": 0.3}
    return {"model": "a model 1.0", "structures": {structure: {"voxels_sha256": digest, "uncertainty": unsure}}}
