"""Slicer's own logic of command line modules, with which BoneMuscleCLI is run as the desktop application runs it."""

import ctypes
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import slicer
import slicer_core

import panel_scene

HERE = Path(__file__).resolve().parent
_FROM_BEFORE_CXX11 = "-D_GLIBCXX_USE_CXX11_ABI=0"
#: The application reads what a module has written when its event loop has time; here the tests call it.
PATIENCE_S = 120.0


def _shim():
    libraries = Path(slicer_core.__file__).parent
    for name in ("third_party.libs/libModuleDescriptionParser.so", "libMRMLCLI.so", "libvtkSlicerBaseLogic.so"):
        ctypes.CDLL(str(libraries / name), ctypes.RTLD_GLOBAL)
    built = Path(tempfile.mkdtemp(prefix="bonemuscle-shim-")) / "libshim.so"
    subprocess.run(["g++", "-shared", "-fPIC", "-O1", _FROM_BEFORE_CXX11, "-o", built, HERE / "cli_shim.cpp"], check=True)
    shim = ctypes.CDLL(str(built))
    shim.give_module.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p]
    return shim


_SHIM = _shim()
slicer.mrmlScene.RegisterNodeClass(slicer.vtkMRMLCommandLineModuleNode())
panel_scene.application.CreateProcessingThread()


class CliModule(panel_scene.Module):
    """What slicer.modules gives for a command line module."""

    name = "BoneMuscleCLI"


def _module(xml: bytes, target: str, kind: str) -> CliModule:
    logic = slicer.vtkSlicerCLIModuleLogic()
    logic.SetMRMLApplicationLogic(panel_scene.application)
    logic.SetMRMLScene(slicer.mrmlScene)
    address = int(logic.GetAddressAsString("").split("=")[1], 16)
    refused = _SHIM.give_module(address, xml, target.encode(), kind.encode())
    assert refused == 0, f"Slicer's parser refuses the description: {refused}"
    return CliModule(logic, target)


def program_module(program: Path) -> CliModule:
    """The program, as Slicer registers it."""
    xml = subprocess.run([program, "--xml"], check=True, capture_output=True).stdout
    return _module(xml, str(program), "CommandLineModule")


def library_module(library: Path) -> CliModule:
    """The library, as Slicer registers it: qSlicerCLIModule passes on what the description says of transfer in memory."""
    loaded = ctypes.CDLL(str(library))
    entry = ctypes.cast(loaded.ModuleEntryPoint, ctypes.c_void_p).value
    xml = ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(loaded, "XMLModuleDescription")))
    module = _module(xml, f"slicer:{entry:#x}", "SharedObjectModule")
    if module.logic().GetDefaultParameterValue("AllowInMemoryTransfer") == "false":
        module.logic().SetAllowInMemoryTransfer(False)
    return module


def run(module, node, parameters, wait_for_completion=False, delete_temporary_files=True, update_display=True):
    """As slicer.cli.run, which is not in the wheel."""
    node = node or module.logic().CreateNodeInScene()
    setters = {bool: node.SetParameterAsBool, int: node.SetParameterAsInt, float: node.SetParameterAsDouble, str: node.SetParameterAsString}
    for name, value in parameters.items():
        setters.get(type(value), node.SetParameterAsNode)(name, value)
    module.logic().SetDeleteTemporaryFiles(delete_temporary_files)
    (module.logic().ApplyAndWait if wait_for_completion else module.logic().Apply)(node, update_display)
    return node


def process_events() -> None:
    """What the application's event loop does for the logic of modules."""
    panel_scene.application.ProcessModified()
    panel_scene.application.ProcessReadData()


def wait(node, until=lambda node: not node.IsBusy()) -> list[tuple[str, int]]:
    """Waits; answers every status and progress that was seen."""
    seen, end = [], time.monotonic() + PATIENCE_S
    while not until(node) or panel_scene.application.GetReadDataQueueSize():
        assert time.monotonic() < end, f"still {node.GetStatusString()} after {PATIENCE_S} s"
        process_events()
        state = node.GetStatusString(), int(node.GetProgress())
        if not seen or seen[-1] != state:
            seen.append(state)
        time.sleep(0.005)
    process_events()
    return seen


# slicer.cli is Python that comes with the application alone.
sys.modules["slicer.cli"] = slicer.cli = type(sys)("slicer.cli")
slicer.cli.run = run
