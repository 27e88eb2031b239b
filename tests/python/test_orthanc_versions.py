"""The Orthanc that runs is the one that was asked for, with nothing of another Debian in it."""

import subprocess
from pathlib import Path

import pytest

from orthanc_server import PLUGIN, ROOT, Orthanc, fake_worker, needed

pytestmark = needed


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    with Orthanc(folder, {"Enable": True, "Worker": str(fake_worker(folder))}) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        yield server


def test_it_is_the_one_that_was_installed(orthanc):
    query = ["dpkg-query", f"--admindir={ROOT}/var/lib/dpkg", "-W", "-f=${Version}", "orthanc"]
    installed = subprocess.run(query, capture_output=True, text=True, check=True).stdout
    assert installed.startswith(orthanc.json("/system")["Version"])


def test_every_library_in_it_is_of_its_own_debian(orthanc):
    lines = Path(f"/proc/{orthanc.process.pid}/maps").read_text().splitlines()
    libraries = {Path(line.split()[-1]) for line in lines if ".so" in line}
    assert len(libraries) > 20
    assert {library for library in libraries if not library.is_relative_to(ROOT or "/")} <= {PLUGIN.resolve()}
