"""Measurements on a real Orthanc, with a worker that measures nothing but can misbehave in every way."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from orthanc_images import ct, ct_with_segmentation, encode, films, other, segmentation
from orthanc_server import Orthanc, behave, fake_worker, needed

pytestmark = needed


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    with Orthanc(folder, {"Enable": True, "Worker": str(fake_worker(folder))}) as server:
        yield server


@pytest.fixture
def orthanc(shared):
    behave(shared, "")
    yield shared
    behave(shared, "")
    shared.wait(lambda: not shared.workers(), 30)


def running(server, resource):
    return server.json(f"/{resource}/bone-muscle")["state"] == "running"


def count(server):
    return server.json("/statistics")["CountInstances"]


def alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def refusal(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()["Details"]


# --- the usual course


def test_results_are_stored_and_answered(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    answer = orthanc.post(f"/studies/{study}/bone-muscle").json()
    assert answer["Path"] == "/jobs/" + answer["ID"]
    record = orthanc.ended(f"studies/{study}")
    assert (record["schema"], record["state"], record["error"]) == ("bonemuscle-record/1", "done", None)
    assert (record["report"]["schema"], record["report"]["instances"]) == ("fake/1", 5)
    assert {name: item["status"] for name, item in record["instances"].items()} == {"pdf.dcm": "Success", "sc.dcm": "Success"}
    assert record["queued"] <= record["started"] <= record["finished"]
    for item in record["instances"].values():
        assert orthanc.json(f"/instances/{item['id']}")["MainDicomTags"]["SOPInstanceUID"] == item["sop_instance_uid"]
        assert orthanc.json(f"/instances/{item['id']}/study")["ID"] == study
    base = f"/studies/{study}/bone-muscle"
    assert orthanc.get(base + "/report.pdf").content.startswith(b"%PDF-")
    assert orthanc.get(base + "/report.png").content.startswith(b"\x89PNG")
    assert orthanc.get(base + "/results.csv").text == "structure,value\r\nl1,150\r\n"
    job = orthanc.job_ended(answer["ID"])
    assert (job["Type"], job["State"], job["Progress"], job["Content"]["Study"]) == ("BoneMuscle", "Success", 100, study)


def test_a_repeat_stores_nothing_new(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    first = orthanc.measure(f"studies/{study}")
    before = count(orthanc)
    again = orthanc.measure(f"studies/{study}")
    assert count(orthanc) == before
    assert again["started"] > first["started"]
    assert {item["status"] for item in again["instances"].values()} == {"AlreadyStored"}
    uids = [sorted(item["sop_instance_uid"] for item in record["instances"].values()) for record in (first, again)]
    assert uids[0] == uids[1]


def test_a_series_is_measured_with_the_segmentation_of_its_study(orthanc):
    study = orthanc.upload(*ct_with_segmentation(), *[encode(item) for item in ct(6)])
    series = [item for item in orthanc.json(f"/studies/{study}/series") if item["MainDicomTags"]["Modality"] == "CT"]
    assert len(series) == 1
    study = orthanc.upload(*ct_with_segmentation())
    series = next(item for item in orthanc.json(f"/studies/{study}/series") if item["MainDicomTags"]["Modality"] == "CT")
    record = orthanc.measure(f"series/{series['ID']}")
    assert record["report"]["instances"] == len(series["Instances"]) + 1
    assert orthanc.get(f"/studies/{study}/bone-muscle").status_code == 404


def test_a_segmentation_is_chosen_by_either_identifier(orthanc):
    source = ct()
    first, second = segmentation(source), segmentation(source)
    study = orthanc.upload(*[encode(item) for item in [*source, first, second]])
    for item in orthanc.json(f"/studies/{study}/series"):
        if item["MainDicomTags"]["Modality"] == "SEG":
            for name in (item["ID"], item["MainDicomTags"]["SeriesInstanceUID"]):
                record = orthanc.measure(f"studies/{study}", Segmentation={"Series": name})
                assert record["state"] == "done"
                assert record["request"]["Segmentation"] == {"Series": name}
                assert record["report"]["instances"] == len(source) + 1


def test_our_own_results_are_no_input_unless_asked_for(orthanc):
    source = ct()

    def own(dataset):
        dataset.Manufacturer = "BoneMuscle"

    mine = segmentation(source, change=own)
    study = orthanc.upload(*[encode(item) for item in [*source, mine]])
    record = orthanc.measure(f"studies/{study}")
    assert (record["state"], record["report"]["instances"]) == ("done", len(source))
    assert record["report"]["settings"]["segmentation"] == {"source": "auto"}
    record = orthanc.measure(f"studies/{study}", Segmentation={"Series": mine.SeriesInstanceUID})
    assert record["report"]["settings"]["segmentation"]["source"] == "dicom-seg"


# --- radiographs


def seen(record):
    assert record["state"] == "done", record
    return record["report"]["instances"], record["report"]["modalities"]


@pytest.mark.parametrize("modality", ["CR", "DX"])
def test_a_study_of_radiographs_is_measured_with_all_of_them(orthanc, modality):
    several = films(2, modality)
    study = orthanc.upload(*map(encode, several), *map(encode, films(1, modality, several[0].StudyInstanceUID)))
    assert seen(orthanc.measure(f"studies/{study}")) == (3, [modality])
    record = orthanc.measure(f"studies/{study}", Measurements=["hip-xray"])
    assert seen(record) == (3, [modality])
    assert record["report"]["settings"]["measurements"] == ["hip-xray"]


def test_a_ct_goes_before_radiographs_unless_they_are_asked_for(orthanc):
    source = ct()
    study = orthanc.upload(*map(encode, [*source, *films(2, study=source[0].StudyInstanceUID)]))
    assert seen(orthanc.measure(f"studies/{study}")) == (len(source), ["CT"])
    assert seen(orthanc.measure(f"studies/{study}", Measurements=["muscle"])) == (len(source), ["CT"])
    assert seen(orthanc.measure(f"studies/{study}", Measurements=["hip-xray"])) == (2, ["DX"])


def test_a_series_of_radiographs_is_measured_alone(orthanc):
    first = films(2)
    study = orthanc.upload(*map(encode, [*first, *films(3, study=first[0].StudyInstanceUID)]))
    for series in orthanc.json(f"/studies/{study}/series"):
        record = orthanc.measure(f"series/{series['ID']}")
        assert seen(record) == (len(series["Instances"]), ["DX"])
        assert record["report"]["settings"]["series_instance_uid"] == series["MainDicomTags"]["SeriesInstanceUID"]


def test_what_was_asked_for_must_be_there(orthanc):
    of_ct = orthanc.upload(*ct_with_segmentation())
    details = refusal(orthanc.post(f"/studies/{of_ct}/bone-muscle", {"Measurements": ["hip-xray"]}), 422)
    assert "no radiographs (CR, DX)" in details and "found: CT, SEG" in details
    of_films = orthanc.upload(*map(encode, films()))
    details = refusal(orthanc.post(f"/studies/{of_films}/bone-muscle", {"Measurements": ["muscle"]}), 422)
    assert "no CT series" in details and "found: DX" in details
    series = orthanc.json(f"/studies/{of_films}")["Series"][0]
    details = refusal(orthanc.post(f"/series/{series}/bone-muscle", {"Measurements": ["femur-bmd"]}), 422)
    assert "(0008,0060) of the series is DX" in details and "femur-bmd" in details


def test_more_radiographs_than_anybody_looks_at(orthanc):
    many = films(51)
    study = orthanc.upload(*map(encode, many))
    details = refusal(orthanc.post(f"/studies/{study}/bone-muscle"), 422)
    assert "51 radiographs" in details and "at most 50" in details
    source = ct(study=many[0].StudyInstanceUID)
    orthanc.upload(*map(encode, source))
    assert seen(orthanc.measure(f"studies/{study}")) == (len(source), ["CT"])
    assert "51 radiographs" in refusal(orthanc.post(f"/studies/{study}/bone-muscle", {"Measurements": ["hip-xray"]}), 422)


def test_other_projections_are_no_radiographs(orthanc):
    study = orthanc.upload(*map(encode, other("RF")))
    assert "found: RF" in refusal(orthanc.post(f"/studies/{study}/bone-muscle"), 422)


# --- models


def test_a_model_is_named_in_the_record_and_reaches_the_worker(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    asked = {"Model": "fake-model", "Passes": 2, "Seed": 5}
    record = orthanc.measure(f"studies/{study}", Segmentation=asked)
    assert (record["state"], record["request"]["Segmentation"]) == ("done", asked)
    settings = record["report"]["settings"]
    assert settings["segmentation"] == {"source": "model", "name": "fake-model"}
    assert settings["model"] == {"engine": "auto", "passes": 2, "seed": 5}


def test_an_unknown_model_is_refused_with_those_that_are_known(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    before = orthanc.json("/jobs")
    for name in ("none-such", "/etc", "../models/fake-model"):
        details = refusal(orthanc.post(f"/studies/{study}/bone-muscle", {"Segmentation": {"Model": name}}), 400)
        assert name in details and "fake-model" in details
    assert orthanc.json("/jobs") == before


def test_models_and_their_library_are_listed(orthanc):
    listed = orthanc.json("/bone-muscle/models")
    assert [model["name"] for model in listed["models"]] == ["fake-model"]
    status = orthanc.json("/bone-muscle/status")["Segmentation"]
    assert status == {
        "Engine": "Fake 1",
        "EngineProblem": None,
        "Models": [{"Name": "fake-model", "Version": "1", "Problem": None}],
    }


def test_without_the_library_only_a_segmentation_can_be_measured(orthanc):
    behave(orthanc, "no engine")
    assert orthanc.json("/bone-muscle/models")["engine"]["problem"] == "the library is missing"
    bare = orthanc.upload(*[encode(item) for item in ct()])
    assert "the library is missing" in refusal(orthanc.post(f"/studies/{bare}/bone-muscle"), 503)
    labelled = orthanc.upload(*ct_with_segmentation())
    assert orthanc.measure(f"studies/{labelled}")["state"] == "done"
    # Installed meanwhile, it is found without a restart.
    behave(orthanc, "")
    assert orthanc.measure(f"studies/{bare}")["state"] == "done"


def test_folders_of_models_are_the_administrators(tmp_path):
    section = {"Enable": True, "Worker": str(fake_worker(tmp_path)), "Models": ["/a", "/b"], "Engine": "onnx-runtime"}
    with Orthanc(tmp_path, section) as server:
        study = server.upload(*ct_with_segmentation())
        settings = server.measure(f"studies/{study}")["report"]["settings"]
        assert settings["site"]["models"] == ["/a", "/b"]
        assert settings["model"] == {"engine": "onnx-runtime"}


def test_synchronous_answers_the_record_or_the_refusal(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    for body in ({"Synchronous": True}, {"Asynchronous": False}):
        answer = orthanc.post(f"/studies/{study}/bone-muscle", body)
        assert (answer.status_code, answer.json()["state"]) == (200, "done")
    behave(orthanc, "refuse")
    answer = orthanc.post(f"/studies/{study}/bone-muscle", {"Synchronous": True})
    assert refusal(answer, 422) == "no segment names a structure that can be measured; found: liver"


def test_results_start_nothing(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    orthanc.measure(f"studies/{study}")
    done = orthanc.json("/bone-muscle/status")["Done"]
    time.sleep(2)
    status = orthanc.json("/bone-muscle/status")
    assert (status["Done"], status["Queued"], status["Running"]) == (done, 0, 0)


# --- many at a time


def test_the_same_post_while_it_runs_gives_the_same_job(orthanc):
    behave(orthanc, "slow 3")
    study = orthanc.upload(*ct_with_segmentation())
    done = orthanc.json("/bone-muscle/status")["Done"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: orthanc.post(f"/studies/{study}/bone-muscle"), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["ID"] for answer in answers}) == 1
    different = orthanc.post(f"/studies/{study}/bone-muscle", {"Outputs": ["sr"]})
    assert "wait" in refusal(different, 409)
    assert orthanc.ended(f"studies/{study}")["state"] == "done"
    assert orthanc.json("/bone-muscle/status")["Done"] == done + 1


def test_posts_that_would_hold_too_many_threads_are_sent_away(orthanc):
    studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(20)]
    behave(orthanc, "undecided")
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(orthanc.post, f"/studies/{study}/bone-muscle") for study in studies]
        # Two look at headers, twelve wait.
        orthanc.wait(lambda: sum(one.done() for one in asked) == 6, 30)
        assert orthanc.answers()
        assert "in a moment" in refusal(orthanc.get("/bone-muscle/models"), 503)
        assert "in a moment" in refusal(requests.put(orthanc.url + "/bone-muscle/calibrations/ct-1", b"{}", timeout=60), 503)
        behave(orthanc, "")
        answers = [one.result() for one in asked]
    assert sorted(answer.status_code for answer in answers) == [200] * 14 + [503] * 6
    for answer, study in zip(answers, studies, strict=True):
        if answer.status_code == 503:
            assert "in a moment" in refusal(answer, 503)
        else:
            assert orthanc.ended(f"studies/{study}")["state"] == "done"


def test_waiting_measurements_hold_no_job_slot(orthanc):
    behave(orthanc, "held")
    studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(5)]
    jobs = [orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"] for study in studies]
    orthanc.wait(lambda: sum(orthanc.json(f"/jobs/{job}")["State"] == "Paused" for job in jobs) == 4, 60)
    # Both of Orthanc's job threads would be taken if waiting measurements held them.
    archive = orthanc.post(f"/studies/{studies[0]}/archive", {"Asynchronous": True}).json()["ID"]
    assert orthanc.job_ended(archive)["State"] == "Success"
    assert running(orthanc, f"studies/{studies[0]}")
    for job in jobs[2:]:
        orthanc.post(f"/jobs/{job}/cancel")
    # Orthanc tells the plugin of a cancelled job in its own time, before which a free worker may have begun it.
    for study in studies[2:]:
        record = orthanc.ended(f"studies/{study}")
        assert (record["state"], record["error"]["http_status"]) == ("failed", 409)
        assert "cancelled" in record["error"]["details"]
    behave(orthanc, "")
    assert orthanc.ended(f"studies/{studies[1]}")["state"] == "done"


def test_priority_goes_first(orthanc):
    behave(orthanc, "held")
    studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(3)]
    for study, priority in zip(studies, (0, 0, 5), strict=True):
        orthanc.post(f"/studies/{study}/bone-muscle", {"Priority": priority})
    behave(orthanc, "slow 1")
    started = [orthanc.ended(f"studies/{study}")["started"] for study in studies]
    assert started[0] < started[2] < started[1]


def test_whoever_asks_more_urgently_for_what_waits_has_it_go_first(orthanc):
    behave(orthanc, "held")
    studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(3)]
    jobs = [orthanc.post(f"/studies/{study}/bone-muscle", {"Priority": -1}).json()["ID"] for study in studies]
    again = orthanc.post(f"/studies/{studies[2]}/bone-muscle")
    assert (again.status_code, again.json()["ID"]) == (200, jobs[2])
    # Less urgently: nothing changes.
    assert orthanc.post(f"/studies/{studies[2]}/bone-muscle", {"Priority": -5}).json()["ID"] == jobs[2]
    assert orthanc.json(f"/studies/{studies[2]}/bone-muscle")["priority"] == 0
    behave(orthanc, "slow 1")
    started = [orthanc.ended(f"studies/{study}")["started"] for study in studies]
    assert started[0] < started[2] < started[1]


def test_orthanc_answers_while_measuring(orthanc):
    behave(orthanc, "slow 4")
    study = orthanc.upload(*ct_with_segmentation(60))
    memory = resident(orthanc)
    assert orthanc.post(f"/studies/{study}/bone-muscle").status_code == 200
    waiting = threading.Thread(target=orthanc.post, args=(f"/studies/{study}/bone-muscle", {"Synchronous": True}))
    waiting.start()
    times = []
    while orthanc.json(f"/studies/{study}/bone-muscle")["state"] in ("queued", "running"):
        began = time.monotonic()
        orthanc.json("/system")
        times.append(time.monotonic() - began)
    waiting.join()
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"/system while measuring: p99 {p99 * 1000:.1f} ms of {len(times)}; memory +{resident(orthanc) - memory:.1f} MiB")
    assert len(times) > 50
    assert p99 < 0.1
    assert resident(orthanc) - memory < 50


def resident(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


# --- what goes wrong


def failed(orthanc, behaviour, status, *parts):
    behave(orthanc, behaviour)
    study = orthanc.upload(*ct_with_segmentation())
    before = count(orthanc)
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    record = orthanc.ended(f"studies/{study}")
    assert (record["state"], record["error"]["http_status"]) == ("failed", status), record
    assert all(part in record["error"]["details"] for part in parts), record["error"]
    shown = orthanc.job_ended(job)
    assert shown["State"] == "Failure"
    assert shown["Content"]["ErrorDetails"] == record["error"]["details"]
    behave(orthanc, "")
    assert orthanc.measure(f"studies/{study}")["state"] == "done"
    return count(orthanc) - before


@pytest.mark.parametrize(
    ("behaviour", "status", "parts"),
    [
        ("crash", 500, ["signal 11", "MemoryMegabytes"]),
        ("garbage", 500, ["not understood"]),
        ("refuse", 422, ["found: liver"]),
        ("half", 500, ["exit code 9"]),
    ],
)
def test_a_failure_costs_one_measurement_and_stores_nothing(orthanc, behaviour, status, parts):
    assert failed(orthanc, behaviour, status, *parts) == 2


def test_a_worker_that_takes_too_long_costs_one_measurement(tmp_path):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path)), "TimeoutSeconds": 20}) as server:
        assert failed(server, "hang", 500, "20 seconds", "TimeoutSeconds") == 2


def test_a_worker_that_is_killed_costs_one_measurement(orthanc):
    behave(orthanc, "slow 10")
    study = orthanc.upload(*ct_with_segmentation())
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    orthanc.wait(lambda: running(orthanc, f"studies/{study}"))
    for worker in orthanc.wait(orthanc.workers):
        os.kill(worker, signal.SIGKILL)
    record = orthanc.ended(f"studies/{study}", 10)
    assert "signal 9" in record["error"]["details"]
    assert orthanc.job_ended(job)["State"] == "Failure"
    behave(orthanc, "")
    assert orthanc.measure(f"studies/{study}")["state"] == "done"


def test_a_result_that_is_no_dicom_fails_and_stores_nothing(orthanc):
    behave(orthanc, "badfile")
    study = orthanc.upload(*ct_with_segmentation())
    before = count(orthanc)
    record = orthanc.measure(f"studies/{study}")
    assert "sr.dcm names no Media Storage SOP Instance UID" in record["error"]["details"]
    assert (record["instances"], count(orthanc)) == ({}, before)
    assert "failed" in refusal(orthanc.get(f"/studies/{study}/bone-muscle/results.csv"), 404)


def test_cancelling_the_job_ends_the_worker(orthanc):
    behave(orthanc, "slow 15")
    study = orthanc.upload(*ct_with_segmentation())
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    orthanc.wait(orthanc.workers)
    orthanc.wait(lambda: running(orthanc, f"studies/{study}"))
    orthanc.post(f"/jobs/{job}/cancel")
    record = orthanc.ended(f"studies/{study}", 5)
    assert "cancelled" in record["error"]["details"]
    orthanc.wait(lambda: not orthanc.workers(), 5)


def test_pausing_shows_and_stops_nothing_and_resubmitting_measures_again(orthanc):
    behave(orthanc, "slow 2")
    study = orthanc.upload(*ct_with_segmentation())
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    # Before that, the plugin itself may have paused the job.
    orthanc.wait(lambda: orthanc.json(f"/jobs/{job}")["Content"]["Stage"] == "measure")
    orthanc.post(f"/jobs/{job}/pause")
    assert orthanc.ended(f"studies/{study}")["state"] == "done"
    assert orthanc.json(f"/jobs/{job}")["State"] == "Paused"
    orthanc.post(f"/jobs/{job}/resume")
    assert orthanc.job_ended(job)["State"] == "Success"

    behave(orthanc, "crash")
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    assert orthanc.job_ended(job)["State"] == "Failure"
    behave(orthanc, "")
    orthanc.post(f"/jobs/{job}/resubmit")
    assert orthanc.job_ended(job)["State"] == "Success"
    assert orthanc.ended(f"studies/{study}")["state"] == "done"


def test_a_study_that_is_deleted_meanwhile_does_not_come_back(orthanc):
    behave(orthanc, "slow 2")
    study = orthanc.upload(*ct_with_segmentation())
    job = orthanc.post(f"/studies/{study}/bone-muscle").json()["ID"]
    orthanc.wait(lambda: running(orthanc, f"studies/{study}"))
    time.sleep(1)
    orthanc.http.delete(f"{orthanc.url}/studies/{study}")
    shown = orthanc.job_ended(job)
    assert "there is no study" in shown["Content"]["ErrorDetails"]
    assert orthanc.get(f"/studies/{study}").status_code == 404
    assert "there is no study" in refusal(orthanc.get(f"/studies/{study}/bone-muscle"), 404)


def test_a_deleted_page_is_said_to_be_deleted(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    record = orthanc.measure(f"studies/{study}")
    orthanc.http.delete(f"{orthanc.url}/instances/{record['instances']['pdf.dcm']['id']}")
    assert "was deleted" in refusal(orthanc.get(f"/studies/{study}/bone-muscle/report.pdf"), 404)
    assert orthanc.measure(f"studies/{study}")["instances"]["pdf.dcm"]["status"] == "Success"
    assert orthanc.get(f"/studies/{study}/bone-muscle/report.pdf").status_code == 200


# --- other Orthancs


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_an_end_of_orthanc_leaves_no_worker(tmp_path, how):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path))}) as server:
        behave(server, "slow 60")
        studies = [server.upload(*ct_with_segmentation()) for _ in range(2)]
        for study in studies:
            server.post(f"/studies/{study}/bone-muscle")
        server.wait(lambda: running(server, f"studies/{studies[0]}"))
        workers = server.wait(server.workers)
        began = time.monotonic()
        getattr(server, how)()
        assert time.monotonic() - began < 10
        time.sleep(1 if how == "kill" else 0)
        assert not any(alive(worker) for worker in workers)


@pytest.mark.parametrize(
    "settings", [{"CheckRevisions": True}, {"OverwriteInstances": True}, {"StorageCompression": True}, {"JobsHistorySize": 1}]
)
def test_other_configurations(tmp_path, settings):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path)), "Workers": 2}, **settings) as server:
        studies = [server.upload(*ct_with_segmentation()) for _ in range(3)]
        for study in studies:
            server.post(f"/studies/{study}/bone-muscle")
        for study in studies:
            assert server.ended(f"studies/{study}")["state"] == "done"
        first = server.json(f"/studies/{studies[0]}/bone-muscle")["instances"]["sc.dcm"]
        received = server.get(f"/instances/{first['id']}/metadata/ReceptionDate").text
        again = server.measure(f"studies/{studies[0]}")["instances"]["sc.dcm"]
        assert (again["id"], again["status"]) == (first["id"], "AlreadyStored")
        assert server.get(f"/instances/{first['id']}/metadata/ReceptionDate").text == received


def test_a_password_for_users_does_not_hinder_the_plugin(tmp_path):
    section = {"Enable": True, "Worker": str(fake_worker(tmp_path))}
    with Orthanc(tmp_path, section, AuthenticationEnabled=True, RegisteredUsers={"a": "b"}, comes_up=False) as server:
        server.http.auth = ("a", "b")
        server.wait(server.answers)
        stored = [requests.post(server.url + "/instances", data=file, auth=("a", "b")) for file in ct_with_segmentation()]
        path = f"/studies/{stored[0].json()['ParentStudy']}/bone-muscle"
        assert server.post(path).status_code == 401
        answer = server.post(path, {"Synchronous": True}, auth=("a", "b"))
        assert (answer.status_code, answer.json()["state"]) == (200, "done")
