"""The real core, reached through the queue, gives what it gives inside an Orthanc: the same report and the same instances."""

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
    """Report, and the UIDs of the results by file name."""
    study = server.upload(*phantom)
    record = server.measure(f"studies/{study}")
    assert (record["state"], record["error"]) == ("done", None)
    # The only line that tells a measurement from its repeat.
    assert record["report"].pop("started")
    return record["report"], {name: one["sop_instance_uid"] for name, one in record["instances"].items()}


def test_the_queue_changes_nothing_of_a_measurement(tmp_path, phantom):
    (tmp_path / "alone").mkdir()
    (tmp_path / "shared").mkdir()
    with Orthanc(tmp_path / "alone", {"Enable": True, "Worker": str(WORKER)}) as server:
        alone, uids = measured(server, phantom)
    with prepared(tmp_path) as postgres:
        section = {"Enable": True, "Worker": str(WORKER), "Workers": 0, "Queue": {"ConnectionUri": local(postgres)}}
        with Orthanc(tmp_path / "shared", section) as server:
            worker = QueueWorker(tmp_path, "w", local(postgres), server.url, program=WORKER).start()
            shared, same = measured(server, phantom)
            assert worker.stop() == 0
    assert shared == alone and len(alone["findings"]) > 0
    assert same == uids and {"sr.dcm", "pdf.dcm", "sc.dcm"} <= uids.keys()
