"""Every command for a shell in the plugin's documentation, run as it stands there against a real Orthanc."""

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orthanc_server import BUILD, Orthanc, needed
from test_orthanc_core import WORKER, is_dicom

pytestmark = needed
PAGE = Path(__file__).parents[2] / "orthanc-plugin" / "README.md"
ADDRESS = "http://localhost:8042"
# A refusal is a failure.
SHELL = 'set -euo pipefail; curl() { command curl -sS --fail-with-body "$@"; }; '


def blocks():
    found = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(found) >= 3
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the commands are run, with what they name."""
    folder = tmp_path_factory.mktemp("shell")
    subprocess.run([BUILD / "bonemuscle", "phantom", folder / "PHANTOM_SCAN", "--pixel-spacing", "1.5", "--slice-spacing", "3"], check=True)
    return folder


def test_every_command_of_the_page_works(folder, tmp_path, monkeypatch):
    # Noon for Orthanc: the page orders a back-fill for the night, which is not to end before it is paused.
    monkeypatch.setenv("TZ", f"NOON{datetime.now(UTC).hour - 12:+d}")
    automatic = {"Enable": True, "Rules": [{"Modality": ["CT"], "Request": {}}]}
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(WORKER), "Automatic": automatic}) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        study = server.upload(*[file for file in sorted((folder / "PHANTOM_SCAN").iterdir()) if is_dicom(file)])
        surroundings = os.environ | {"STUDY": study, "PATH": f"{BUILD}:{os.environ['PATH']}"}
        for block in blocks():
            script = SHELL + block.replace(ADDRESS, server.url)
            ran = subprocess.run(["bash", "-c", script], cwd=folder, env=surroundings, capture_output=True, text=True)
            assert ran.returncode == 0, f"{block}\n{ran.stdout[-1000:]}\n{ran.stderr[-1000:]}"
        assert server.json(f"/studies/{study}/bone-muscle")["state"] == "done"
        assert (folder / "report.pdf").read_bytes().startswith(b"%PDF-")
