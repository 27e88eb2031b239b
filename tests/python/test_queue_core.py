"""The real core, reached through the queue, gives what it gives inside an Orthanc: the same report and the same bytes."""

import subprocess

import pytest

from orthanc_server import BUILD, Orthanc, needed
from queue_site import WORKER, QueueWorker, local, prepared

pytestmark = needed


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    coarse = ["--pixel-spacing", "3", "--slice-spacing", "3"]
    subprocess.run([BUILD / "bonemuscle", "phantom", folder, *coarse], check=True)
    return [file for file in sorted(folder.rglob("*")) if file.is_file() and file.read_bytes()[128:132] == b"DICM"]


def measured(server, phantom):
    """Record and results, by file name."""
    study = server.upload(*phantom)
    record = server.measure(f"studies/{study}")
    assert (record["state"], record["error"]) == ("done", None)
    return record, {name: server.get(f"/instances/{one['id']}/file").content for name, one in record["instances"].items()}


def test_the_queue_changes_nothing_of_a_measurement(tmp_path, phantom):
    (tmp_path / "alone").mkdir()
    (tmp_path / "shared").mkdir()
    with Orthanc(tmp_path / "alone", {"Enable": True, "Worker": str(WORKER)}) as server:
        alone, files = measured(server, phantom)
    with prepared(tmp_path) as postgres:
        section = {"Enable": True, "Worker": str(WORKER), "Workers": 0, "Queue": {"ConnectionUri": local(postgres)}}
        with Orthanc(tmp_path / "shared", section) as server:
            worker = QueueWorker(tmp_path, "w", local(postgres), server.url, program=WORKER).start()
            shared, same = measured(server, phantom)
            assert worker.stop() == 0
    assert shared["report"] == alone["report"]
    assert len(alone["report"]["findings"]) > 0
    assert {name: one["sop_instance_uid"] for name, one in shared["instances"].items()} == {
        name: one["sop_instance_uid"] for name, one in alone["instances"].items()
    }
    assert same == files and len(files) >= 3
