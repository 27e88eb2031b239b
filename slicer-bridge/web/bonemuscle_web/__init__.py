"""Bone and muscle in the browser, on the real Slicer core: the same nodes, the same program and the same logic as the panel of the desktop.

command_line   runs a program of the Slicer Execution Model, as Slicer's own logic does
scene          a scene of the Slicer core for the logic of the panel
study          a folder of DICOM files as a volume
findings       the report as the page shows it
page           the page
__main__       the program: python -m bonemuscle_web FOLDER

Research use only. Not for diagnosis.
"""

import sys
from pathlib import Path

# The panel's logic is a package of the extension, which Slicer finds beside the module.
sys.path.append(str(Path(__file__).resolve().parents[2] / "extension" / "BoneMuscle"))
