"""The Orthanc that runs is the one that was asked for, with nothing of another Debian in it; and what the plugin makes of its version."""

import json
import subprocess
from pathlib import Path

import pytest

from orthanc_images import ct_with_segmentation
from orthanc_server import BUILD, PLUGIN, ROOT, Orthanc, command, fake_worker, needed

pytestmark = needed
# The first Orthanc that has it.
AUDIT_LOG = (1, 12, 9)
READ_ONLY = (1, 12, 5)


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


@pytest.mark.skipif(not ROOT, reason="on this machine all other tests do")
def test_worker_core_and_network_run_on_its_debian_too(tmp_path):
    started, _ = command()
    worker = tmp_path / "worker"
    # The loader is the program then, so nothing lies beside it.
    library = f'BONEMUSCLE_LIBRARY="{BUILD}/libbonemuscle.so"'
    worker.write_text(f'#!/bin/sh\n{library} exec {" ".join(started[:-1])} "{BUILD}/bonemuscle-worker" "$@"\n')
    worker.chmod(0o755)
    coarse = ["--pixel-spacing", "3", "--slice-spacing", "3", "--seed", "9", "--without-labels"]
    subprocess.run([BUILD / "bonemuscle", "phantom", tmp_path / "ct", *coarse], check=True, stderr=subprocess.DEVNULL)
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(worker)}) as server:
        study = server.upload(*sorted((tmp_path / "ct").glob("*.dcm")))
        record = server.measure(f"studies/{study}", Segmentation={"Passes": 0})
    assert (record["state"], record["error"]) == ("done", None)
    assert {"sr.dcm", "seg.dcm", "pdf.dcm", "sc.dcm"} <= record["instances"].keys()


# --- what depends on the version


def test_one_line_says_what_is_off(orthanc):
    lines = [line for line in orthanc.text().splitlines() if "event=off" in line]
    assert len(lines) == (orthanc.version() < AUDIT_LOG)
    assert all("audit log (from 1.12.9 on)" in line for line in lines)


def test_what_is_stored_is_told_to_the_audit_log(tmp_path):
    headers = Path(f"{ROOT}/usr/include/orthanc")
    if "EmitAuditLog" not in (headers / "OrthancCPlugin.h").read_text():
        pytest.skip("this Orthanc has no audit log")
    listener = tmp_path / "listener.so"
    source = Path(__file__).parent / "audit_listener.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-I", headers, source, "-o", listener], check=True)
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path))}, Plugins=[str(PLUGIN), str(listener)]) as server:
        study = server.upload(*ct_with_segmentation())
        stored = [item["id"] for item in server.measure(f"studies/{study}")["instances"].values()]
        server.measure(f"studies/{study}")
        heard = [line.split(maxsplit=6) for line in server.text().splitlines() if line.startswith("AUDIT")]
    # The repeat stored nothing.
    assert [words[1:6] for words in heard] == [["bone-muscle", "bone-muscle", "1", study, "store-results"]]
    assert sorted(json.loads(heard[0][6])["Instances"]) == sorted(stored)


def test_a_read_only_orthanc_measures_nothing_and_says_so(tmp_path, orthanc):
    if orthanc.version() < READ_ONLY:
        pytest.skip("this Orthanc cannot be read-only")
    section = {"Enable": True, "Worker": str(fake_worker(tmp_path))}
    with Orthanc(tmp_path, section) as server:
        study = server.upload(*ct_with_segmentation())
        measured = server.measure(f"studies/{study}")
        server.stop()
    with Orthanc(tmp_path, section, ReadOnly=True) as server:
        for answer in (
            server.post(f"/studies/{study}/bone-muscle"),
            server.http.put(f"{server.url}/bone-muscle/calibrations/ct1", data="{}"),
            server.http.delete(f"{server.url}/bone-muscle/calibrations/ct1"),
        ):
            assert answer.status_code == 503
            assert "read-only" in answer.json()["Details"]
        assert server.json("/jobs") == []
        assert any("read-only" in problem for problem in server.json("/bone-muscle/status")["Problems"])
        # What was measured before is still shown.
        assert server.json(f"/studies/{study}/bone-muscle")["instances"] == measured["instances"]
        assert server.get(f"/studies/{study}/bone-muscle/report.pdf").status_code == 200
        server.wait(lambda: any("event=off" in line and "measuring" in line for line in server.text().splitlines()))
        assert server.stop() == 0
