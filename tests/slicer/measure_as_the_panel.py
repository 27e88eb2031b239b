"""Measures as the panel of 3D Slicer does, on the real Slicer core: measure_as_the_panel.py PROGRAM VOLUME DICOM_LIST REPORT"""

import json
import sys
from pathlib import Path

import slicer

import slicer_cli
from BoneMuscleLib.parameters import Parameters
from BoneMuscleLib.run import Run


def main(program, volume, dicom_list, report):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    stored = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    stored.SetFileName(volume)
    assert stored.ReadData(node), f"Slicer cannot read {volume}"
    # Slicer keeps its modules; without its logic the run would never be seen to end.
    module = slicer_cli.program_module(Path(program))
    run = Run(module, node, Parameters(), Path(dicom_list).read_text().splitlines())
    try:
        slicer_cli.wait(run.node)
        Path(report).write_text(json.dumps(run.outcome().report))
    finally:
        run.discard()


if __name__ == "__main__":
    main(*sys.argv[1:])
