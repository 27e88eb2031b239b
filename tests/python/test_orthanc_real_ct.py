"""A real CT through a real Orthanc against the oracle, and a large CT while Orthanc is watched."""

import io
import os
import signal
import subprocess
import threading
import time

import pydicom
import pytest
from pydicom.uid import generate_uid

import make_study
from comparison import compare_csv, compare_report, compare_sr
from environment import bonemuscle, real_ct_files
from make_study import Options
from orthanc_server import BUILD, Orthanc, needed

pytestmark = needed
SECTION = {"Enable": True, "Worker": str(BUILD / "bonemuscle-worker")}


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    with Orthanc(tmp_path_factory.mktemp("orthanc"), SECTION) as server:
        yield server


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_every_value_of_the_real_ct_agrees_with_the_oracle(tmp_path, orthanc, kind):
    source = make_study.load(*real_ct_files())
    make_study.write_study(tmp_path, source, Options(type=kind))
    study = orthanc.upload(*sorted(tmp_path.iterdir()))
    record = orthanc.measure(f"studies/{study}")
    assert record["error"] is None
    assert compare_report(record["report"], source.ct(), source.masks()) == 85
    compare_csv(record["report"], orthanc.get(f"/studies/{study}/bone-muscle/results.csv").text)
    stored = orthanc.get(f"/instances/{record['instances']['sr.dcm']['id']}/file").content
    compare_sr(record["report"], pydicom.dcmread(io.BytesIO(stored)))
    before = orthanc.json("/statistics")["CountInstances"]
    again = orthanc.measure(f"studies/{study}")
    assert {item["status"] for item in again["instances"].values()} == {"AlreadyStored"}
    assert orthanc.json("/statistics")["CountInstances"] == before
    orthanc.http.delete(f"{orthanc.url}/studies/{study}")


def test_of_two_segmentations_the_report_names_the_one_not_used(tmp_path, orthanc):
    make_study.write_study(tmp_path, make_study.load(*real_ct_files()), Options())
    later = pydicom.dcmread(tmp_path / "seg.dcm")
    later.SeriesInstanceUID, later.ContentTime = generate_uid(), "235959"
    later.SOPInstanceUID = later.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    later.save_as(tmp_path / "later.dcm")
    study = orthanc.upload(*sorted(tmp_path.iterdir()))
    report = orthanc.measure(f"studies/{study}")["report"]
    assert report["segmentation"]["series_instance_uid"] == later.SeriesInstanceUID
    assert "LABELS_NOT_USED" in [one["code"] for one in report["quality"]]
    orthanc.http.delete(f"{orthanc.url}/studies/{study}")


@pytest.fixture(scope="module")
def large(tmp_path_factory, orthanc):
    """A study that keeps the worker busy for some seconds: 38 million voxels."""
    folder = tmp_path_factory.mktemp("large")
    spacing = ["--pixel-spacing", "1.0", "--slice-spacing", "1.0"]
    subprocess.run([bonemuscle(), "phantom", folder, *spacing], check=True, stderr=subprocess.DEVNULL)
    return orthanc.upload(*sorted(folder.glob("*.dcm")))


def test_orthanc_answers_while_the_core_measures(orthanc, large):
    times = []
    measuring = threading.Thread(target=orthanc.measure, args=(f"studies/{large}",))
    measuring.start()
    while measuring.is_alive():
        began = time.monotonic()
        orthanc.json("/system")
        times.append(time.monotonic() - began)
        time.sleep(0.005)
    measuring.join()
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"/system while measuring: p99 {p99 * 1000:.1f} ms of {len(times)} answers")
    assert len(times) > 100 and p99 < 0.1


def test_a_worker_killed_in_the_middle_costs_one_measurement(orthanc, large):
    before = orthanc.json("/statistics")["CountInstances"]
    job = orthanc.post(f"/studies/{large}/bone-muscle").json()["ID"]
    orthanc.wait(lambda: orthanc.json(f"/jobs/{job}")["Progress"] >= 5)
    for worker in orthanc.workers():
        os.kill(worker, signal.SIGKILL)
    assert orthanc.answers()
    ended = orthanc.ended(f"studies/{large}")
    assert ended["state"] == "failed" and "signal 9" in ended["error"]["details"]
    assert orthanc.job_ended(job)["State"] == "Failure"
    assert orthanc.json("/statistics")["CountInstances"] == before
    assert orthanc.measure(f"studies/{large}")["state"] == "done"
