"""What the plugin serves to its web page: the page itself, images and labels, the queue, cancelling; with a worker that misbehaves."""

import gzip
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from orthanc_images import ct, ct_with_segmentation, encode, films
from orthanc_server import Orthanc, behave, fake_worker, needed

pytestmark = needed
PAGE = "/bone-muscle/app/"
FILES = Path(__file__).parents[2] / "orthanc-plugin/app/dist"
IMAGES = ("image.nii.gz", "labels.nii.gz", "labels.json")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    section = {"Enable": True, "Worker": str(fake_worker(folder)), "LeastSignificantChange": {"mass": 30}}
    with Orthanc(folder, section, HttpCompressionEnabled=True) as server:
        yield server


@pytest.fixture
def orthanc(shared):
    behave(shared, "")
    yield shared
    behave(shared, "")
    shared.wait(lambda: not shared.workers() and not shared.json("/bone-muscle/queue"), 30)


def measured(server):
    study = server.upload(*ct_with_segmentation())
    assert server.measure(f"studies/{study}")["state"] == "done"
    return study


def conversions(server):
    file = server.folder / "segmented"
    return len(file.read_text().splitlines()) if file.exists() else 0


def refusal(answer, status):
    assert answer.status_code == status, answer.text
    return answer.json()["Details"]


# --- the page


def test_the_page_comes_with_its_rules(orthanc):
    page = orthanc.get(PAGE)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    rules = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"} & set(" ".join(rules.values()).split())
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    again = orthanc.http.get(orthanc.url + PAGE, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", page.headers["ETag"])
    refusal(orthanc.get(PAGE + "nothing.js"), 404)
    assert orthanc.get(PAGE + "..%2f..%2fstatus").status_code == 404


def test_files_of_the_page_are_what_they_say_and_are_kept(orthanc):
    types = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm"}
    files = [file for file in FILES.rglob("*") if file.is_file()]
    assert len(files) >= 3
    for file in files:
        answer = orthanc.get(f"{PAGE}{file.relative_to(FILES)}")
        assert answer.content == file.read_bytes(), file
        assert answer.headers["Content-Type"].split(";")[0] == types.get(file.suffix, answer.headers["Content-Type"])
        lasting = file.parent.name == "assets"
        assert ("immutable" in answer.headers["Cache-Control"]) == lasting, file
        assert lasting or "no-cache" in answer.headers["Cache-Control"]


def test_text_of_the_page_is_compressed_on_its_way(orthanc):
    if orthanc.version() >= (1, 12, 2):
        pytest.skip("from 1.12.2 on Orthanc compresses no answer of a plugin")
    script = max(FILES.rglob("*.js"), key=lambda file: file.stat().st_size)
    answer = orthanc.http.get(f"{orthanc.url}{PAGE}{script.relative_to(FILES)}", headers={"Accept-Encoding": "gzip"})
    assert (answer.headers["Content-Encoding"], answer.content) == ("gzip", script.read_bytes())


# --- who may see what


def test_everything_is_behind_the_authentication_of_orthanc(tmp_path):
    section = {"Enable": True, "Worker": str(fake_worker(tmp_path))}
    with Orthanc(tmp_path, section, comes_up=False, AuthenticationEnabled=True, RegisteredUsers={"reader": "secret"}) as server:
        server.wait(lambda: "Orthanc has started" in server.text())
        for path in json.loads((Path(__file__).parents[2] / "orthanc-plugin/openapi.json").read_text())["paths"]:
            uri = server.url + path.replace("{id}", "-".join(["0" * 8] * 5))
            assert {requests.request(method, uri).status_code for method in ("GET", "POST", "PUT", "DELETE")} == {401}, path
        answer = requests.get(server.url + PAGE, auth=("reader", "secret"))
        assert answer.status_code == 200 and "no-store" not in answer.headers["Cache-Control"]


def test_nothing_about_a_study_stands_outside_study_level_routes(orthanc):
    study = measured(orthanc)
    behave(orthanc, "held")
    orthanc.post(f"/studies/{study}/bone-muscle", {"Language": "ja"})
    orthanc.wait(lambda: orthanc.json("/bone-muscle/queue"))
    tags = orthanc.json(f"/studies/{study}")
    words = {*tags["PatientMainDicomTags"].values(), tags["MainDicomTags"]["StudyInstanceUID"]} - {"", "O"}
    assert len(words) >= 3
    for path in ("status", "queue", "models", "openapi.json", "calibrations", "app/"):
        text = orthanc.get(f"/bone-muscle/{path}").text
        assert not [word for word in words if word in text], path
    orthanc.post(f"/studies/{study}/bone-muscle/cancel")


def test_the_site_says_which_change_is_more_than_chance(orthanc):
    assert orthanc.json("/bone-muscle/status")["Configuration"]["LeastSignificantChange"] == {"mass": 30.0}


# --- the queue, and its end


def test_the_queue_tells_identifiers_and_places(orthanc):
    behave(orthanc, "held")
    studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(3)]
    for study in studies:
        assert orthanc.post(f"/studies/{study}/bone-muscle", {}).status_code == 200
    orthanc.wait(lambda: orthanc.json("/bone-muscle/queue")[0]["State"] == "running")
    queue = orthanc.json("/bone-muscle/queue")
    assert [one["Resource"] for one in queue] == [f"studies/{study}" for study in studies]
    assert [(one["State"], one["Position"]) for one in queue] == [("running", 0), ("queued", 1), ("queued", 2)]
    assert all(set(one) == {"Resource", "State", "Trigger", "Progress", "Position"} for one in queue)
    for study in studies:
        assert orthanc.post(f"/studies/{study}/bone-muscle/cancel").status_code == 200
    orthanc.wait(lambda: orthanc.json("/bone-muscle/queue") == [])


def test_what_runs_is_cancelled_with_its_job(orthanc):
    behave(orthanc, "hang")
    study = orthanc.upload(*ct_with_segmentation())
    job = orthanc.post(f"/studies/{study}/bone-muscle", {}).json()["ID"]
    orthanc.wait(orthanc.workers)
    orthanc.wait(lambda: orthanc.json(f"/studies/{study}/bone-muscle")["state"] == "running")
    record = orthanc.post(f"/studies/{study}/bone-muscle/cancel").json()
    assert record["state"] == "failed" and "cancelled" in record["error"]["details"]
    assert orthanc.job_ended(job)["State"] == "Failure"
    assert orthanc.json(f"/studies/{study}/bone-muscle")["error"] == record["error"]
    orthanc.wait(lambda: not orthanc.workers())


def test_what_waits_is_cancelled_at_once_with_its_job(orthanc):
    behave(orthanc, "held")
    first, second = (orthanc.upload(*ct_with_segmentation()) for _ in range(2))
    orthanc.post(f"/studies/{first}/bone-muscle", {})
    job = orthanc.post(f"/studies/{second}/bone-muscle", {}).json()["ID"]
    began = time.monotonic()
    record = orthanc.post(f"/studies/{second}/bone-muscle/cancel").json()
    assert (record["state"], record["started"]) == ("failed", None)
    assert time.monotonic() - began < 3
    assert orthanc.job_ended(job)["State"] == "Failure"
    assert orthanc.json(f"/studies/{first}/bone-muscle")["state"] == "running"
    orthanc.post(f"/studies/{first}/bone-muscle/cancel")


def test_nothing_to_cancel_is_a_sentence(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    assert "never measured" in refusal(orthanc.post(f"/studies/{study}/bone-muscle/cancel"), 404)
    orthanc.measure(f"studies/{study}")
    assert "has ended" in refusal(orthanc.post(f"/studies/{study}/bone-muscle/cancel"), 409)


# --- report, image and labels


def test_the_report_is_the_one_of_the_record(orthanc):
    study = measured(orthanc)
    assert orthanc.json(f"/studies/{study}/bone-muscle/report.json") == orthanc.json(f"/studies/{study}/bone-muscle")["report"]


def test_image_and_labels_are_made_once_from_what_was_measured(orthanc):
    study, before = measured(orthanc), conversions(orthanc)
    base = f"/studies/{study}/bone-muscle"
    image, labels, names = (orthanc.get(f"{base}/{name}") for name in IMAGES)
    assert gzip.decompress(image.content) == random.Random(1).randbytes(200_000)
    assert gzip.decompress(labels.content) == b"labels"
    assert [answer.headers["Content-Type"] for answer in (image, labels, names)] == ["application/gzip"] * 2 + ["application/json"]
    assert "Content-Encoding" not in image.headers, "compressed once is enough"
    series = {one["MainDicomTags"]["Modality"]: one["MainDicomTags"]["SeriesInstanceUID"] for one in orthanc.json(f"/studies/{study}/series")}
    asked = json.loads(names.json()["settings"])
    assert asked["series_instance_uid"] == series["CT"]
    assert asked["segmentation"] == {"source": "dicom-seg", "series_instance_uid": series["SEG"]}
    assert names.json()["instances"] == "5"
    tag = image.headers["ETag"]
    assert "private" in image.headers["Cache-Control"]
    again = orthanc.http.get(f"{orthanc.url}{base}/image.nii.gz", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert conversions(orthanc) == before + 1


def test_a_new_measurement_has_new_images(orthanc):
    study, before = measured(orthanc), conversions(orthanc)
    first = orthanc.get(f"/studies/{study}/bone-muscle/labels.json").headers["ETag"]
    orthanc.measure(f"studies/{study}", Language="ja")
    again = orthanc.http.get(f"{orthanc.url}/studies/{study}/bone-muscle/labels.json", headers={"If-None-Match": first})
    assert again.status_code == 200 and again.headers["ETag"] != first
    assert conversions(orthanc) == before + 2


def test_many_pages_at_once_cause_one_conversion_and_block_nobody(orthanc):
    study, before = measured(orthanc), conversions(orthanc)
    behave(orthanc, "slow 2")
    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(requests.get, f"{orthanc.url}/studies/{study}/bone-muscle/{IMAGES[n % 3]}") for n in range(9)]
        orthanc.wait(orthanc.workers)
        began = time.monotonic()
        orthanc.json("/system")
        assert time.monotonic() - began < 0.5
        assert {one.result().status_code for one in asked} == {200}
    assert conversions(orthanc) == before + 1


def test_calls_that_would_hold_too_many_threads_are_sent_away(orthanc):
    study = measured(orthanc)
    behave(orthanc, "held")
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(requests.get, f"{orthanc.url}/studies/{study}/bone-muscle/image.nii.gz") for _ in range(20)]
        orthanc.wait(lambda: sum(one.done() for one in asked) == 8)
        assert orthanc.answers()
        behave(orthanc, "")
        answers = [one.result() for one in asked]
    assert sorted(answer.status_code for answer in answers) == [200] * 12 + [503] * 8
    assert all("ask again" in answer.json()["Details"] for answer in answers if answer.status_code == 503)


@pytest.mark.parametrize(
    ("behaviour", "status", "sentence"),
    [("crash", 500, "signal 11"), ("garbage", 500, "not understood"), ("refuse", 422, "no segment names"), ("unavailable", 503, "libbonemuscle")],
)
def test_a_worker_that_fails_is_a_sentence_and_the_next_call_tries_again(orthanc, behaviour, status, sentence):
    study = measured(orthanc)
    behave(orthanc, behaviour)
    assert sentence in refusal(orthanc.get(f"/studies/{study}/bone-muscle/image.nii.gz"), status)
    behave(orthanc, "")
    assert orthanc.get(f"/studies/{study}/bone-muscle/image.nii.gz").status_code == 200


def test_images_that_cannot_be_are_refused_with_what_would_do(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    base = f"/studies/{study}/bone-muscle"
    assert "never measured" in refusal(orthanc.get(base + "/image.nii.gz"), 404)
    orthanc.measure(f"studies/{study}")
    assert orthanc.get(base + "/labels.nii.gz").status_code == 200
    seg = next(one["ID"] for one in orthanc.json(f"/studies/{study}/series") if one["MainDicomTags"]["Modality"] == "SEG")
    orthanc.http.delete(f"{orthanc.url}/series/{seg}")
    # Orthanc tells of a deletion after it; until then what is kept is given.
    orthanc.wait(lambda: orthanc.get(base + "/labels.nii.gz").status_code != 200)
    assert "segmentation that was used is no longer stored" in refusal(orthanc.get(base + "/labels.nii.gz"), 404)
    unlabelled = orthanc.upload(*[encode(dataset) for dataset in ct()])
    orthanc.measure(f"studies/{unlabelled}")
    assert '"Outputs" containing "seg"' in refusal(orthanc.get(f"/studies/{unlabelled}/bone-muscle/labels.nii.gz"), 404)
    film = orthanc.upload(*[encode(dataset) for dataset in films()])
    orthanc.measure(f"studies/{film}")
    assert "report.png" in refusal(orthanc.get(f"/studies/{film}/bone-muscle/image.nii.gz"), 404)


def test_images_of_a_deleted_study_are_forgotten_and_no_file_has_a_name(orthanc):
    study = measured(orthanc)
    assert orthanc.get(f"/studies/{study}/bone-muscle/image.nii.gz").status_code == 200

    def kept():
        maps = Path(f"/proc/{orthanc.process.pid}/maps").read_text().splitlines()
        return [line for line in maps if "(deleted)" in line and "/SYSV" not in line]

    before = kept()
    assert before, "what is kept lies in files that are deleted already"
    orthanc.http.delete(f"{orthanc.url}/studies/{study}")
    orthanc.wait(lambda: len(kept()) == len(before) - 3)
    refusal(orthanc.get(f"/studies/{study}/bone-muscle/image.nii.gz"), 404)


def test_the_oldest_images_make_room(tmp_path):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path)), "ImageCacheMegabytes": 0}) as server:
        first, second = measured(server), measured(server)
        for study in (first, first, second, first):
            for name in IMAGES:
                assert server.get(f"/studies/{study}/bone-muscle/{name}").status_code == 200
        assert conversions(server) == 3


def test_orthanc_ends_while_images_are_being_made(tmp_path):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path))}) as server:
        study = measured(server)
        behave(server, "hang")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(requests.get, f"{server.url}/studies/{study}/bone-muscle/image.nii.gz")
            server.wait(server.workers)
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 10
            try:
                assert asked.result().status_code == 503
            except requests.ConnectionError:
                pass
