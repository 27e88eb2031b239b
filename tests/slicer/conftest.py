"""The tests of the Slicer side use what the other tests in Python have: where programs and data are, and how a study is written."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "python"))
