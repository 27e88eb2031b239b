"""What must hold of an archive whatever has died: one function that checks all of it, and ways to have things die."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pydicom
import pytest

from orthanc_images import ct_with_segmentation
from orthanc_server import Orthanc, fake_worker

# What the fake worker makes of a study.
RESULTS = {"pdf.dcm", "sc.dcm"}
JOURNAL = 4751

# What `scripts/bench.sh crashes` runs in addition, and how long it kills at random.
LONG = "BONEMUSCLE_CRASH_KILLS" in os.environ
only_long = pytest.mark.skipif(not LONG, reason="scripts/bench.sh crashes runs it")
needs_mounts = pytest.mark.skipif(os.geteuid() != 0, reason="file systems can be mounted by root only")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None and "CI" not in os.environ, reason="strace is not installed")


def server(folder, **settings):
    section = {"Enable": True, "Worker": str(fake_worker(folder)), **settings.pop("section", {})}
    return Orthanc(folder, section, **settings)


def accept(orthanc, count=1, **body):
    """Studies whose measurement was accepted, in this order."""
    studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(count)]
    for study in studies:
        answer = orthanc.post(f"/studies/{study}/bone-muscle", body)
        assert answer.status_code == 200, answer.text
    return studies


def state(orthanc, study):
    return orthanc.json(f"/studies/{study}/bone-muscle")["state"]


def until_running(orthanc, study):
    orthanc.wait(lambda: state(orthanc, study) == "running" and orthanc.json(f"/studies/{study}/bone-muscle").get("stage") == "measure")


def ended(orthanc, studies, seconds=90):
    """The records, once all have ended."""
    return [orthanc.ended(f"studies/{study}", seconds) for study in studies]


def archive(orthanc):
    """SOP Instance UID and identifier of everything stored, and which of it are results."""
    everything = orthanc.json("/instances?expand")
    results = {
        one["MainDicomTags"]["SOPInstanceUID"]
        for one in everything
        if orthanc.json(f"/series/{one['ParentSeries']}")["MainDicomTags"].get("Manufacturer") == "BoneMuscle"
    }
    return [(one["MainDicomTags"]["SOPInstanceUID"], one["ID"]) for one in everything], results


def journal(orthanc):
    """What the list of unfinished measurements holds; Orthanc does not run, so that its database may be read."""
    index = Path(orthanc.settings["IndexDirectory"]) / "index"
    with contextlib.closing(sqlite3.connect(index)) as database:
        row = database.execute("SELECT value FROM GlobalProperties WHERE property=?", (JOURNAL,)).fetchone()
    return json.loads(row[0])["accepted"] if row else []


def check(orthanc, studies, names=RESULTS):
    """Every accepted measurement has ended once, as stored results or as a failure with a sentence; nothing is half written; and another
    start changes nothing more. Answers the records of those studies that are still there."""
    records = observed(orthanc, studies, names)
    before = archive(orthanc), records
    assert orthanc.json("/bone-muscle/queue") == []
    orthanc.kill()
    assert journal(orthanc) == []
    orthanc.start()
    orthanc.wait(lambda: orthanc.json("/bone-muscle/status")["Worker"]["Ready"])
    status = orthanc.json("/bone-muscle/status")
    assert (status["Queued"], status["Running"], status["Done"], status["Failed"]) == (0, 0, 0, 0)
    assert (archive(orthanc), observed(orthanc, studies, names)) == before
    return list(records.values())


def observed(orthanc, studies, names):
    stored, results = archive(orthanc)
    assert len({uid for uid, _ in stored}) == len(stored), "a SOP Instance UID is stored twice"
    records = {study: orthanc.json(f"/studies/{study}/bone-muscle") for study in studies if orthanc.get(f"/studies/{study}").ok}
    named = set()
    for record in records.values():
        instances = record["instances"]
        for item in [*instances.values(), *record["leftovers"]]:
            assert (item["sop_instance_uid"], item["id"]) in stored
            assert item["status"] in ("Success", "AlreadyStored")
            named.add(item["sop_instance_uid"])
        if record["state"] == "done":
            assert set(instances) == set(names)
            assert record["error"] is None
            assert record["report"] is not None
        else:
            assert record["state"] == "failed"
            assert len(record["error"]["details"]) > 20
    assert named == results, "every result that is stored is named by a record"
    for study, record in records.items():
        file = orthanc.get(f"/studies/{study}/bone-muscle/report.pdf")
        assert file.status_code == (200 if record["state"] == "done" else 404)
    return records


def thread(orthanc, name):
    """The identifier of one of the plugin's threads."""
    tasks = Path(f"/proc/{orthanc.process.pid}/task").iterdir()
    return next(task.name for task in tasks if (task / "comm").read_text().strip() == name)


@contextlib.contextmanager
def traced(identifier, *options):
    """`strace` on a thread, or with `-f` on a process."""
    tracer = subprocess.Popen(["strace", *options, "-p", str(identifier)], stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    yield tracer
    tracer.terminate()
    tracer.wait(10)


@contextlib.contextmanager
def small_disk(folder, megabytes=100):
    """A file system of its own."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,nr_inodes=2000", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk):
    """Leaves room for nothing: no byte, no file and no folder."""
    with open(disk / "filling", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    with open(disk / "filling", "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x")
    with contextlib.suppress(OSError):
        for number in range(10_000):
            (disk / f"file-{number}").touch()


def make_room(disk):
    for file in [disk / "filling", *disk.glob("file-*")]:
        file.unlink()


def remount(folder, how):
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def change(dataset_file, **values):
    """A DICOM file with other values."""
    import io

    dataset = pydicom.dcmread(io.BytesIO(dataset_file))
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    target = io.BytesIO()
    dataset.save_as(target)
    return target.getvalue()


