"""The command line module BoneMuscleCLI, and how Slicer comes to know it.

It lies in the folder `cli-modules` of an installed extension, which Slicer looks into when it starts, or in the Python package
`bonemuscle`, which says where.
"""

from __future__ import annotations

import slicer

from .refused import Refused

NAME = "BoneMuscleCLI"


def cli_module():
    """The module that slicer.cli runs, or None where neither Slicer nor the Python package has it."""
    return getattr(slicer.modules, NAME.lower(), None) or _registered()


def packaged_program() -> str:
    """Path of the program in the Python package `bonemuscle`; empty where that is not installed."""
    try:
        import bonemuscle
    except ImportError:
        return ""
    try:
        return str(bonemuscle.program())
    except bonemuscle.LoadError as error:
        raise Refused(str(error)) from error


def _registered():
    """Makes the program of the Python package a module of this Slicer; without a restart, and for this session."""
    program = packaged_program()
    if not program:
        return None
    import qt

    factory = slicer.app.moduleManager().factoryManager()
    factory.registerModule(qt.QFileInfo(program))
    factory.loadModules([NAME])
    module = getattr(slicer.modules, NAME.lower(), None)
    if module is None:
        raise Refused(
            f"Slicer did not accept {program} as a module. Add its folder to Edit > Application Settings > Modules > "
            "Additional module paths and restart Slicer."
        )
    return module
