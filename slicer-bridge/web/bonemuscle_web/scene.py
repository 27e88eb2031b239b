"""A scene of the Slicer core for the logic of the panel, which looks for it where Slicer's application has it."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import slicer
from trame_slicer.core import SlicerApp

from .command_line import Program, Run


def start(program: Path) -> SlicerApp:
    """Makes the scene, and `program` the module BoneMuscleCLI in it."""
    application = SlicerApp()
    slicer.mrmlScene = application.scene
    slicer.modules = types.SimpleNamespace(bonemusclecli=Program(program))
    sys.modules["slicer.cli"] = slicer.cli = types.ModuleType("slicer.cli")
    slicer.cli.run = run
    return application


def run(module: Program, _node, parameters: dict[str, object], **_display) -> Run:
    """As slicer.cli.run: starts, and does not wait."""
    return Run(module, parameters)
