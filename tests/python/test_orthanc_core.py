"""The whole way with the real worker and core: a digital phantom in, values and DICOM objects out."""

import fcntl
import io
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from orthanc_server import BUILD, Orthanc, needed

pytestmark = needed
WORKER = BUILD / "bonemuscle-worker"


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """Files of a CT with a SEG, as `bonemuscle phantom` writes them."""
    folder = tmp_path_factory.mktemp("phantom")
    subprocess.run([BUILD / "bonemuscle", "phantom", folder], check=True)
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and is_dicom(file)]
    assert len(files) > 10
    return files


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def is_dicom(file):
    with open(file, "rb") as opened:
        return opened.read(132)[128:] == b"DICM"


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    with Orthanc(tmp_path_factory.mktemp("orthanc"), {"Enable": True, "Worker": str(WORKER), "TimeoutSeconds": 600}) as server:
        yield server
        assert server.stop() == 0


@pytest.fixture(scope="module")
def study(orthanc, phantom):
    return orthanc.upload(*phantom)


@pytest.fixture(scope="module")
def record(orthanc, study):
    return orthanc.measure(f"studies/{study}")


def test_the_worker_names_the_core(orthanc):
    worker = orthanc.wait(lambda: (status := orthanc.json("/bone-muscle/status")["Worker"])["Ready"] and status)
    assert worker["Version"] and worker["CoreVersion"]
    # A kernel may be without Landlock; seccomp is everywhere.
    assert not [gap for gap in worker["Unconfined"] if "Landlock" not in gap]


def test_a_worker_is_confined_before_it_is_given_anything():
    with subprocess.Popen([WORKER, "512"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        # It greets when it is ready.
        assert len(worker.stdout.read(8)) == 8
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines())
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
        assert {int(status[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
        assert " 0 " in next(line for line in Path(f"/proc/{worker.pid}/limits").read_text().splitlines() if "core" in line)
        worker.stdin.close()


def test_a_worker_closes_what_orthanc_had_open(tmp_path):
    # As Orthanc opens the file of an instance that it stores: for writing, and for whomever it starts meanwhile.
    with open(tmp_path / "instance", "wb") as stored:
        high = fcntl.fcntl(stored, fcntl.F_DUPFD, 700)
        with subprocess.Popen([WORKER, "512"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(stored.fileno(), high)) as worker:
            assert len(worker.stdout.read(8)) == 8
            held = [os.readlink(link) for link in Path(f"/proc/{worker.pid}/fd").iterdir()]
            assert len(held) >= 3 and str(tmp_path / "instance") not in held
            worker.stdin.close()
        os.close(high)


def test_the_phantom_is_measured(record):
    assert (record["state"], record["error"]) == ("done", None), record["error"]
    assert record["report"]["notice"] == "Research use only. Not for diagnosis."
    assert sum(len(finding["measurements"]) for finding in record["report"]["findings"]) > 0


def test_the_results_lie_in_the_study(orthanc, study, record):
    assert {"sr.dcm", "pdf.dcm", "sc.dcm"} <= record["instances"].keys()
    source = orthanc.json(f"/studies/{study}")["MainDicomTags"]["StudyInstanceUID"]
    for name, item in record["instances"].items():
        dataset = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{item['id']}/file").content))
        assert dataset.StudyInstanceUID == source, name
        assert dataset.SOPInstanceUID == item["sop_instance_uid"], name
        assert dataset.SOPInstanceUID.startswith("2.25."), name
        assert dataset.Manufacturer == "BoneMuscle", name


def test_page_and_table_are_served(orthanc, study, record):
    base = f"/studies/{study}/bone-muscle"
    assert orthanc.get(base + "/report.pdf").content.startswith(b"%PDF-")
    assert orthanc.get(base + "/report.png").content.startswith(b"\x89PNG")
    preview = orthanc.get(f"/instances/{record['instances']['sc.dcm']['id']}/preview").content
    assert np.array_equal(pixels(preview), pixels(orthanc.get(base + "/report.png").content)), "Orthanc shows another page"
    table = orthanc.get(base + "/results.csv").text.splitlines()
    assert len(table) > sum(len(finding["measurements"]) for finding in record["report"]["findings"])


def test_a_repeat_ends_in_already_stored(orthanc, study, record):
    before = orthanc.json("/statistics")["CountInstances"]
    again = orthanc.measure(f"studies/{study}")
    assert {item["status"] for item in again["instances"].values()} == {"AlreadyStored"}
    uids = [{name: item["sop_instance_uid"] for name, item in one["instances"].items()} for one in (record, again)]
    assert uids[0] == uids[1]
    assert again["report"]["findings"] == record["report"]["findings"]
    assert orthanc.json("/statistics")["CountInstances"] == before


def test_the_series_gives_the_same_values(orthanc, study, record):
    uid = record["report"]["series"]["series_instance_uid"]
    series = next(item for item in orthanc.json(f"/studies/{study}/series") if item["MainDicomTags"]["SeriesInstanceUID"] == uid)
    again = orthanc.measure(f"series/{series['ID']}")
    assert again["report"]["findings"] == record["report"]["findings"]


def test_only_what_was_asked_for(orthanc, study, record):
    again = orthanc.measure(f"studies/{study}", Outputs=["sr"], Measurements=["muscle"])
    assert "sr.dcm" in again["instances"]
    assert not {"pdf.dcm", "sc.dcm"} & again["instances"].keys()
    assert not [finding for finding in again["report"]["findings"] if finding["structure"].startswith("l")]
    assert orthanc.measure(f"studies/{study}")["state"] == "done"


def test_many_posts_are_one_measurement(orthanc, study, record):
    done = orthanc.json("/bone-muscle/status")["Done"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: orthanc.post(f"/studies/{study}/bone-muscle", {"Synchronous": True}), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert orthanc.json("/bone-muscle/status")["Done"] - done <= 6
    assert len({str(answer.json()["instances"]) for answer in answers}) == 1


def test_a_killed_worker_costs_one_measurement(orthanc, study, record):
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    for worker in orthanc.wait(orthanc.workers):
        os.kill(worker, signal.SIGKILL)
    ended = orthanc.ended(f"studies/{study}")
    # A phantom is measured quickly: the signal may have come too late.
    assert ended["state"] == "done" or "signal 9" in ended["error"]["details"]
    assert orthanc.job_ended(job)["State"] == ("Success" if ended["state"] == "done" else "Failure")
    assert orthanc.measure(f"studies/{study}")["state"] == "done"


def test_a_worker_without_memory_fails_with_a_sentence(tmp_path, phantom):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(WORKER), "MemoryMegabytes": 64}) as server:
        study = server.upload(*phantom)
        before = server.json("/statistics")["CountInstances"]
        answer = server.post(f"/studies/{study}/bone-muscle", {"Synchronous": True})
        if answer.status_code != 200:
            assert "MemoryMegabytes" in answer.json()["Details"]
            assert server.json("/statistics")["CountInstances"] == before
        assert server.answers()


def test_nobody_is_left_when_orthanc_is_killed(tmp_path, phantom):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(WORKER)}) as server:
        study = server.upload(*phantom)
        server.post(f"/studies/{study}/bone-muscle")
        workers = server.wait(server.workers)
        server.kill()
        time.sleep(1)
        assert not [worker for worker in workers if running(worker)]


def running(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_models_and_the_library_that_runs_them_are_known(orthanc):
    listed = orthanc.json("/bone-muscle/models")
    assert listed["models"][0]["name"] == "bonemuscle-ct" and listed["models"][0]["embedded"]
    assert listed["engine"]["problem"] is None
    assert orthanc.json("/bone-muscle/status")["Segmentation"]["Engine"] == listed["engine"]["name"]


def test_a_ct_without_segmentation_is_measured_by_the_reference_model(orthanc, tmp_path):
    coarse = ["--pixel-spacing", "3", "--slice-spacing", "3", "--seed", "9", "--without-labels"]
    subprocess.run([BUILD / "bonemuscle", "phantom", tmp_path, *coarse], check=True)
    # The lower half: the fewer slices, the sooner the model has seen them.
    study = orthanc.upload(*sorted(tmp_path.glob("ct-*.dcm"))[:75])
    record = orthanc.measure(f"studies/{study}", Segmentation={"Passes": 0})
    assert (record["state"], record["error"]) == ("done", None)
    assert (record["report"]["segmentation"]["source"], record["report"]["segmentation"]["name"]) == ("model", "bonemuscle-ct")
    assert {"sr.dcm", "seg.dcm"} <= record["instances"].keys()
    # Now the study holds a SEG, which is ours and no input.
    again = orthanc.measure(f"studies/{study}", Segmentation={"Model": "bonemuscle-ct", "Passes": 0})
    assert {item["status"] for item in again["instances"].values()} == {"AlreadyStored"}
    assert again["report"]["findings"] == record["report"]["findings"]


def test_a_model_that_runs_can_be_cancelled(orthanc, phantom):
    study = orthanc.upload(*phantom)
    job = orthanc.post(f"/studies/{study}/bone-muscle", {"Segmentation": {"Model": "bonemuscle-ct", "Passes": 100}}).json()["ID"]
    orthanc.wait(lambda: orthanc.json(f"/studies/{study}/bone-muscle").get("stage") == "segment", 60)
    assert orthanc.post(f"/jobs/{job}/cancel").status_code == 200
    assert "cancelled" in orthanc.ended(f"studies/{study}", 20)["error"]["details"]
    assert orthanc.measure(f"studies/{study}")["state"] == "done"


def test_no_patient_data_reaches_the_log(orthanc, study, record):
    tags = orthanc.json(f"/studies/{study}")["PatientMainDicomTags"]
    for value in (tags["PatientName"], tags["PatientID"]):
        assert not value or value not in orthanc.text()
