"""Opens a CT in the browser: python -m bonemuscle_web FOLDER [--port 8090] [--program BoneMuscleCLI]."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from . import scene, study
from .page import NOTICE, Page


def main() -> None:
    parser = argparse.ArgumentParser(prog="bonemuscle_web", description=f"Bone and muscle of a CT in the browser. {NOTICE}")
    parser.add_argument("folder", type=Path, help="folder with the DICOM files of a CT")
    parser.add_argument("--port", type=int, default=8090, help="port on the loopback (default: 8090)")
    parser.add_argument("--program", type=Path, help="BoneMuscleCLI (default: the one on the search path)")
    arguments = parser.parse_args()
    program = arguments.program or shutil.which("BoneMuscleCLI")
    if program is None:
        sys.exit("BoneMuscleCLI is not on the search path; name it with --program")
    try:
        application = scene.start(Path(program).resolve())
        found = study.load(application, arguments.folder)
    except (study.NoStudy, OSError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
    page = Page(application, found)
    # One user, who sees what he may see anyway: nothing listens outside this machine.
    page.server.start(host="127.0.0.1", port=arguments.port, open_browser=False, show_connection_info=False, exec_mode="main")


if __name__ == "__main__":
    main()
