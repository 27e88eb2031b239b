"""Accepted measurements end exactly once, whatever dies and whatever the disk does; on a real Orthanc."""

import os
import random
import signal
import subprocess
import time

import pytest
import requests

from orthanc_durability import (
    RESULTS,
    accept,
    change,
    check,
    ended,
    fill,
    journal,
    make_room,
    needs_mounts,
    needs_strace,
    only_long,
    remount,
    server,
    small_disk,
    state,
    thread,
    traced,
    until_running,
)
from orthanc_images import ct_with_segmentation, document, encode
from orthanc_server import BUILD, Orthanc, behave, needed

pytestmark = needed
SEED = int(os.environ.get("BONEMUSCLE_CRASH_SEED", "1"))
STUDIES = int(os.environ.get("BONEMUSCLE_CRASH_STUDIES", "5"))
KILLS = int(os.environ.get("BONEMUSCLE_CRASH_KILLS", "6"))


def done(records):
    return [record["state"] for record in records] == ["done"] * len(records)


def refused(orthanc, study, *parts):
    answer = orthanc.post(f"/studies/{study}/bone-muscle")
    assert answer.status_code == 503, answer.text
    assert all(part in answer.json()["Details"] for part in parts), answer.text


def lacking(orthanc, studies):
    """Whether they wait for the model."""
    records = [orthanc.json(f"/studies/{study}/bone-muscle") for study in studies]
    return all(one["state"] == "queued" and "the model is missing" in one["obstacle"]["details"] for one in records)


# --- restarts


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_restart_takes_up_what_ran_and_what_waited(tmp_path, how):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        studies = accept(orthanc, 3)
        until_running(orthanc, studies[0])
        urgent = accept(orthanc, 1, Priority=7, Outputs=["pdf", "sc"])
        getattr(orthanc, how)()
        assert len(journal(orthanc)) == 4
        orthanc.settings["BoneMuscle"]["Language"] = "ja"
        orthanc.start()
        until_running(orthanc, urgent[0])
        assert [state(orthanc, study) for study in studies] == ["queued"] * 3
        # The jobs of the earlier start are gone; each has a new one.
        assert orthanc.json(f"/studies/{studies[2]}/bone-muscle")["job"] in orthanc.json("/jobs")
        again = orthanc.post(f"/studies/{studies[1]}/bone-muscle").json()["ID"]
        assert again == orthanc.json(f"/studies/{studies[1]}/bone-muscle")["job"]
        assert orthanc.post(f"/studies/{studies[1]}/bone-muscle", {"Outputs": ["sr"]}).status_code == 409
        behave(orthanc, "")
        records = ended(orthanc, [*urgent, *studies])
        assert done(records)
        assert sorted(record["started"] for record in records) == [record["started"] for record in records]
        # An orderly end is no attempt.
        assert [record["attempts"] for record in records] == [1, 2 if how == "kill" else 1, 1, 1]
        assert records[0]["request"]["Outputs"] == ["pdf", "sc"]
        assert (records[0]["priority"], records[0]["report"]["settings"]["outputs"]) == (7, ["pdf", "sc"])
        # The request is kept; what the administrator has changed since holds.
        assert {record["report"]["settings"]["language"] for record in records} == {"ja"}
        check(orthanc, [*urgent, *studies])


@only_long
def test_killed_right_after_the_answer(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        studies = accept(orthanc, 1)
        for _ in range(2):
            orthanc.kill()
            orthanc.start()
            studies += accept(orthanc, 1)
        orthanc.kill()
        behave(orthanc, "")
        orthanc.start()
        assert done(ended(orthanc, studies))
        check(orthanc, studies)


def test_what_kills_everything_is_tried_three_times(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        study, other = accept(orthanc, 2)
        for _ in range(3):
            until_running(orthanc, study)
            orthanc.kill()
            orthanc.start()
        behave(orthanc, "")
        record, fine = ended(orthanc, [study, other])
        assert (record["state"], record["attempts"], fine["state"]) == ("failed", 3, "done")
        assert "died 3 times" in record["error"]["details"]
        assert "POST again" in record["error"]["details"]
        check(orthanc, [study, other])
        assert orthanc.measure(f"studies/{study}")["attempts"] == 1


@only_long
def test_nobody_has_to_wait_for_the_answer(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        study = orthanc.upload(*ct_with_segmentation())
        with pytest.raises(requests.Timeout):
            requests.post(f"{orthanc.url}/studies/{study}/bone-muscle", json={"Synchronous": True}, timeout=3)
        until_running(orthanc, study)
        orthanc.kill()
        behave(orthanc, "")
        orthanc.start()
        assert done(ended(orthanc, [study]))
        check(orthanc, [study])


def test_a_study_that_was_deleted_meanwhile_is_forgotten(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        running, deleted, waiting = accept(orthanc, 3)
        until_running(orthanc, running)
        orthanc.kill()
        orthanc.settings["BoneMuscle"]["Enable"] = False
        orthanc.start()
        assert orthanc.http.delete(f"{orthanc.url}/studies/{deleted}").ok
        orthanc.stop()
        assert len(journal(orthanc)) == 3
        orthanc.settings["BoneMuscle"]["Enable"] = True
        behave(orthanc, "")
        orthanc.start()
        assert done(ended(orthanc, [running, waiting]))
        assert orthanc.get(f"/studies/{deleted}").status_code == 404
        check(orthanc, [running, deleted, waiting])


def test_a_cancelled_and_a_resubmitted_job_survive_as_what_they_are(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "crash")
        resubmitted = accept(orthanc, 1)[0]
        job = orthanc.json(f"/studies/{resubmitted}/bone-muscle")["job"]
        assert orthanc.job_ended(job)["State"] == "Failure"
        behave(orthanc, "held")
        cancelled = accept(orthanc, 1)[0]
        until_running(orthanc, cancelled)
        waiting = accept(orthanc, 1)[0]
        assert orthanc.post(f"/jobs/{job}/resubmit").ok
        assert orthanc.post(f"/studies/{waiting}/bone-muscle/cancel").json()["state"] == "failed"
        assert orthanc.post(f"/studies/{cancelled}/bone-muscle/cancel").json()["state"] == "failed"
        orthanc.kill()
        behave(orthanc, "")
        orthanc.start()
        records = ended(orthanc, [resubmitted, cancelled, waiting])
        assert [record["state"] for record in records] == ["done", "failed", "failed"]
        assert all("cancelled" in record["error"]["details"] for record in records[1:])
        check(orthanc, [resubmitted, cancelled, waiting])


@only_long
def test_a_record_that_is_lost_ends_as_a_failure(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        study = accept(orthanc, 1)[0]
        until_running(orthanc, study)
        orthanc.kill()
        files = [file for file in (tmp_path / "storage").rglob("*") if file.is_file() and b"bonemuscle-record" in file.read_bytes()[:200]]
        for file in files:
            file.write_bytes(b"")
        orthanc.start()
        record = ended(orthanc, [study])[0]
        assert "could not be read back" in record["error"]["details"]
        check(orthanc, [study])
        behave(orthanc, "")
        assert orthanc.measure(f"studies/{study}")["state"] == "done"


# --- kill -9 at each write of a measurement


@needs_strace
@pytest.mark.parametrize(
    ("write", "stored"),
    [
        pytest.param(1, 0, id="running", marks=only_long),
        pytest.param(2, 0, id="names of results", marks=only_long),
        pytest.param(3, 0, id="first result", marks=only_long),
        pytest.param(4, 1, id="second result"),
        pytest.param(5, 2, id="done"),
    ],
)
def test_killed_at_each_file_that_a_measurement_writes(tmp_path, write, stored):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        first = accept(orthanc, 1)[0]
        until_running(orthanc, first)
        second = accept(orthanc, 1)[0]
        # The first still writes the names of its results, these, and its end.
        call = f"inject=fdatasync:signal=SIGKILL:when={4 + write}"
        with traced(thread(orthanc, "BONEMUSCLE-RUN"), "-e", "trace=fdatasync", "-e", call):
            behave(orthanc, "")
            orthanc.process.wait(90)
        orthanc.start()
        before = orthanc.json("/statistics")["CountInstances"]
        records = ended(orthanc, [first, second])
        assert done(records)
        found = before - 10 - len(RESULTS)
        # SQLite, too, may have synced a file of its own.
        assert found in (stored, max(stored - 1, 0))
        statuses = sorted(item["status"] for item in records[1]["instances"].values())
        assert statuses == ["AlreadyStored"] * found + ["Success"] * (len(RESULTS) - found)
        assert [record["leftovers"] for record in records] == [[], []]
        check(orthanc, [first, second])


@needs_strace
def test_the_answer_comes_after_the_disk_has_what_was_accepted(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        study = orthanc.upload(*ct_with_segmentation())
        trace = tmp_path / "trace"
        calls = "trace=pwrite64,write,sendto,send,fdatasync,fsync"
        with traced(orthanc.process.pid, "-f", "-y", "-s", "80", "-o", str(trace), "-e", calls):
            assert orthanc.post(f"/studies/{study}/bone-muscle").ok
        lines = trace.read_text().splitlines()
        answer = next(number for number, line in enumerate(lines) if "HTTP/1.1 200 OK" in line)
        log = [line for line in lines[:answer] if "index-wal>" in line]
        # Other threads, such as the one that begins to measure, go on writing meanwhile.
        accepting = [line.split()[0] for line in log if "sync(" in line][-1]
        log = [line for line in log if line.split()[0] == accepting]
        assert sum("pwrite64" in line for line in log) > 4, "list and record are in the write-ahead log"
        assert "sync(" in log[-1], "and nothing was added to it after it was synced"


# --- the worker


def problems(orthanc):
    return orthanc.json("/bone-muscle/status")["Problems"]


def test_what_was_accepted_waits_for_a_worker_that_is_gone(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        first, second, third, unwanted = accept(orthanc, 4)
        until_running(orthanc, first)
        away = (tmp_path / "fake-worker").rename(tmp_path / "away")
        behave(orthanc, "")
        assert done(ended(orthanc, [first]))
        (found,) = orthanc.wait(lambda: problems(orthanc))
        assert found.startswith("Nothing can be measured: the worker"), found
        assert [state(orthanc, study) for study in (second, third, unwanted)] == ["queued"] * 3
        assert orthanc.post(f"/studies/{unwanted}/bone-muscle/cancel").json()["state"] == "failed"
        assert orthanc.stop() == 0
        orthanc.start()
        orthanc.wait(lambda: problems(orthanc))
        assert [state(orthanc, study) for study in (second, third)] == ["queued"] * 2
        away.rename(tmp_path / "fake-worker")
        records = ended(orthanc, [second, third])
        assert done(records)
        assert [record["attempts"] for record in records] == [1, 1]
        check(orthanc, [first, second, third, unwanted])


def test_what_was_accepted_waits_for_a_model_that_is_gone_and_holds_up_nothing_else(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "lacking")
        studies = accept(orthanc, 2)
        (found,) = orthanc.wait(lambda: "(2)" in str(problems(orthanc)) and problems(orthanc))
        assert "the model is missing" in found
        orthanc.wait(lambda: lacking(orthanc, studies))
        assert orthanc.json("/bone-muscle/status")["Worker"]["Ready"]
        (other,) = accept(orthanc, Language="ja")
        assert done(ended(orthanc, [other]))
        # One of them may just be tried again; what has ended would never wait.
        orthanc.wait(lambda: lacking(orthanc, studies))
        behave(orthanc, "")
        records = ended(orthanc, [other, *studies])
        assert done(records) and not any("obstacle" in record for record in records)
        assert [record["attempts"] for record in records] == [1, 1, 1]
        assert problems(orthanc) == []
        check(orthanc, [other, *studies])


def test_a_killed_worker_is_a_failure_and_no_reason_to_try_again(tmp_path):
    with server(tmp_path) as orthanc:
        behave(orthanc, "held")
        study = accept(orthanc, 1)[0]
        until_running(orthanc, study)
        for worker in orthanc.workers():
            os.kill(worker, signal.SIGKILL)
        record = ended(orthanc, [study])[0]
        assert "signal 9" in record["error"]["details"]
        assert record["attempts"] == 1
        check(orthanc, [study])


# --- disks


@needs_mounts
@pytest.mark.parametrize("how", ["room is made", pytest.param("killed meanwhile", marks=only_long)])
def test_a_full_disk_ends_nothing(tmp_path, how):
    with (
        small_disk(tmp_path / "disk") as disk,
        server(tmp_path, StorageDirectory=str(disk), IndexDirectory=str(disk)) as orthanc,
    ):
        behave(orthanc, "held")
        studies = accept(orthanc, 2)
        other = orthanc.upload(*ct_with_segmentation())
        until_running(orthanc, studies[0])
        fill(disk)
        refused(orthanc, other, "full")
        behave(orthanc, "")
        orthanc.wait(lambda: any("cannot store" in problem for problem in orthanc.json("/bone-muscle/status")["Problems"]))
        assert [state(orthanc, study) for study in studies] == ["running", "queued"]
        assert orthanc.get(f"/studies/{studies[0]}/bone-muscle/report.pdf").status_code == 404
        if how == "killed meanwhile":
            orthanc.kill()
        make_room(disk)
        if how == "killed meanwhile":
            orthanc.start()
        assert done(ended(orthanc, studies))
        assert not any("cannot store" in problem for problem in orthanc.json("/bone-muscle/status")["Problems"])
        check(orthanc, studies)
        assert orthanc.measure(f"studies/{other}")["state"] == "done"


@needs_mounts
def test_storage_that_is_read_only_for_a_while(tmp_path):
    with small_disk(tmp_path / "disk") as disk, server(tmp_path, StorageDirectory=str(disk)) as orthanc:
        behave(orthanc, "held")
        studies = accept(orthanc, 2)
        other = orthanc.upload(*ct_with_segmentation())
        until_running(orthanc, studies[0])
        remount(disk, "ro")
        refused(orthanc, other, "read-only")
        assert orthanc.post(f"/studies/{studies[1]}/bone-muscle/cancel").ok
        behave(orthanc, "")
        orthanc.wait(lambda: any("cannot store" in problem for problem in orthanc.json("/bone-muscle/status")["Problems"]))
        # It stops all the same, and starts again.
        assert orthanc.stop() == 0
        orthanc.start()
        remount(disk, "rw")
        records = ended(orthanc, studies)
        assert records[0]["state"] == "done"
        check(orthanc, studies)


@needs_mounts
def test_results_that_find_no_room_in_time_are_named_and_completed_later(tmp_path):
    section = {"TimeoutSeconds": 10}
    with small_disk(tmp_path / "disk") as disk, server(tmp_path, StorageDirectory=str(disk), section=section) as orthanc:
        behave(orthanc, "wide")
        # The big result does not fit, the small one and the record do.
        (disk / "filling").write_bytes(bytes((100 - 64 - 3) << 20))
        study = accept(orthanc, 1)[0]
        record = ended(orthanc, [study])[0]
        assert record["state"] == "failed"
        assert "sc.dcm could not be stored" in record["error"]["details"]
        assert "1 of 2 results are" in record["error"]["details"]
        assert list(record["instances"]) == ["pdf.dcm"]
        check(orthanc, [study])
        (disk / "filling").unlink()
        record = orthanc.measure(f"studies/{study}")
        assert {name: item["status"] for name, item in record["instances"].items()} == {"pdf.dcm": "AlreadyStored", "sc.dcm": "Success"}
        assert record["leftovers"] == []
        check(orthanc, [study])


def test_patients_that_orthanc_recycles_do_not_come_back(tmp_path):
    with server(tmp_path, MaximumStorageSize=1) as orthanc:
        behave(orthanc, "held")
        studies = []
        for patient in ("A", "B", "C"):
            studies.append(orthanc.upload(*[change(file, PatientID=patient) for file in ct_with_segmentation()]))
            assert orthanc.post(f"/studies/{studies[-1]}/bone-muscle").ok
        until_running(orthanc, studies[0])
        patient = orthanc.json(f"/studies/{studies[1]}")["ParentPatient"]
        assert orthanc.http.put(f"{orthanc.url}/patients/{patient}/protected", data="1").ok
        for patient in ("X", "Y"):
            orthanc.upload(change(encode(document()), PatientID=patient, EncapsulatedDocument=bytes(600_000)))
        gone = [study for study in studies if orthanc.get(f"/studies/{study}").status_code == 404]
        assert gone == [studies[0], studies[2]]
        behave(orthanc, "")
        orthanc.wait(lambda: orthanc.json("/bone-muscle/queue") == [])
        assert all(orthanc.get(f"/studies/{study}").status_code == 404 for study in gone)
        check(orthanc, studies)


# --- random


def test_killed_again_and_again_at_random(tmp_path):
    chance = random.Random(SEED)
    with server(tmp_path, section={"Workers": 2}) as orthanc:
        studies = accept(orthanc, STUDIES)
        # Right after the answer, to begin with.
        orthanc.kill()
        orthanc.start()
        for _ in range(KILLS - 1):
            # From start-up over the first headers to several results.
            time.sleep(chance.uniform(0, 2.5))
            orthanc.kill()
            orthanc.start()
        records = ended(orthanc, studies, 60 + 5 * STUDIES)
        print(f"seed {SEED}: {KILLS} kills, attempts {sorted(record['attempts'] for record in records)}")
        assert all(record["state"] == "done" or record["attempts"] == 3 for record in records)
        assert all(record["leftovers"] == [] for record in records if record["state"] == "done")
        check(orthanc, studies)


# --- with the real core


def test_the_real_core_is_begun_anew_and_gives_the_same(tmp_path):
    folder = tmp_path / "phantom"
    subprocess.run([BUILD / "bonemuscle", "phantom", folder], check=True)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.read_bytes()[128:132] == b"DICM"]
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(BUILD / "bonemuscle-worker")}) as orthanc:
        study = orthanc.upload(*files)
        assert orthanc.post(f"/studies/{study}/bone-muscle").ok
        orthanc.wait(lambda: state(orthanc, study) != "queued")
        orthanc.kill()
        orthanc.start()
        record = ended(orthanc, [study], 120)[0]
        assert record["state"] == "done", record["error"]
        names = record["instances"].keys()
        assert {"sr.dcm", "pdf.dcm", "sc.dcm"} <= names
        check(orthanc, [study], names)
        again = orthanc.measure(f"studies/{study}")
        assert {item["status"] for item in again["instances"].values()} == {"AlreadyStored"}
