"""The Python package `bonemuscle`, which holds the program, the library and ONNX Runtime. Installed when the user agrees, on Apply or
Recompute, never when Slicer starts."""

from __future__ import annotations

import importlib.util
import subprocess

import slicer

from .refused import Refused

REQUIREMENT = "bonemuscle>=0.1"


def is_installed() -> bool:
    """Whether the package can be imported."""
    return importlib.util.find_spec("bonemuscle") is not None


def ensure() -> None:
    """Asks and installs where the package is missing; refuses when the user does, or pip fails."""
    if is_installed():
        return
    try:
        _install()
    except subprocess.CalledProcessError as error:
        raise Refused(
            f"pip could not install {REQUIREMENT} (exit status {error.returncode}). Without a network, install the wheel from a file: "
            "slicer.util.pip_install('path/to/bonemuscle.whl') in the Python console."
        ) from error
    importlib.invalidate_caches()
    if not is_installed():
        raise Refused(f"{REQUIREMENT} is not installed, so nothing can be measured; agree to the installation, then press Apply again.")


def _install() -> None:
    packaging = _packaging()
    if packaging is not None:
        try:
            packaging.pip_ensure(REQUIREMENT, requester="BoneMuscle")
        except RuntimeError:
            # So it says that the user declined; ensure() then finds the package missing.
            return
    elif slicer.util.confirmOkCancelDisplay(
        f"BoneMuscle measures with the Python package '{REQUIREMENT}', which is not installed yet (about 100 MB, from the Python Package "
        "Index). Nothing of your data is sent anywhere.\n\nInstall it now?",
        windowTitle="BoneMuscle",
    ):
        slicer.util.pip_install(REQUIREMENT)


def _packaging():
    """slicer.packaging, which Slicer has from 5.11 on."""
    try:
        from slicer import packaging
    except ImportError:
        return None
    return packaging if hasattr(packaging, "pip_ensure") else None
