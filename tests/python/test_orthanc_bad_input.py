"""Whatever is sent: a refusal that says why, nothing stored, and Orthanc goes on.

Measured with the real worker; BONEMUSCLE_FAKE_CORE=1 takes the one that only looks at modalities and counts.
"""

import json
import os

import pytest

from orthanc_images import (
    colour_capture,
    ct,
    ct_with_segmentation,
    document,
    encode,
    having,
    other,
    segmentation,
    without,
)
from orthanc_server import Orthanc, fake_worker, needed

pytestmark = needed
FAKE = os.environ.get("BONEMUSCLE_FAKE_CORE") == "1"
NOBODY = "-".join(["deadbeef"] * 5)


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    worker = {"Worker": str(fake_worker(folder))} if FAKE else {}
    with Orthanc(folder, {"Enable": True, "TimeoutSeconds": 60, **worker}) as server:
        yield server
        assert server.json("/bone-muscle/status")["Failed"] == 0
        assert not server.workers()
        assert server.stop() == 0


@pytest.fixture(scope="module")
def study(orthanc):
    return orthanc.upload(*ct_with_segmentation())


def refused(orthanc, statuses, method, path, body=b""):
    before, jobs = orthanc.json("/statistics"), orthanc.json("/jobs")
    data = json.dumps(body) if not isinstance(body, (bytes, str)) else body
    answer = orthanc.http.request(method, orthanc.url + path, data=data, timeout=60)
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text}"
    if answer.status_code != 405:
        error = answer.json()
        assert error["HttpStatus"] == answer.status_code
        assert len(error["Details"].split()) >= 4, error
        print(error["Details"])
    assert orthanc.json("/statistics") == before
    assert orthanc.json("/jobs") == jobs
    return answer


def test_what_the_bad_ones_differ_from_is_measured(orthanc):
    """Otherwise the refusals below could have other reasons than theirs."""
    identifier = orthanc.upload(*ct_with_segmentation())
    assert orthanc.measure(f"studies/{identifier}")["state"] == "done"


# --- paths and methods


@pytest.mark.parametrize("kind", ["studies", "series"])
@pytest.mark.parametrize(
    "name", ["x", "1.2.3", NOBODY[:-1], NOBODY + "0", NOBODY.replace("d", "g"), "%27", "ä" * 44, "a" * 3000]
)
def test_a_malformed_identifier(orthanc, kind, name):
    refused(orthanc, (404,), "POST", f"/{kind}/{name}/bone-muscle")


@pytest.mark.parametrize("path", ["", "/report.pdf", "/report.png", "/results.csv"])
@pytest.mark.parametrize("kind", ["studies", "series"])
def test_a_resource_that_is_not_there(orthanc, kind, path):
    refused(orthanc, (404,), "GET", f"/{kind}/{NOBODY}/bone-muscle{path}")


@pytest.mark.parametrize("kind", ["studies", "series"])
def test_measuring_a_resource_that_is_not_there(orthanc, kind):
    refused(orthanc, (404,), "POST", f"/{kind}/{NOBODY}/bone-muscle")


@pytest.mark.parametrize("path", ["", "/report.pdf", "/report.png", "/results.csv"])
def test_results_of_a_study_that_was_never_measured(orthanc, study, path):
    refused(orthanc, (404,), "GET", f"/studies/{study}/bone-muscle{path}")


def test_a_study_is_not_a_series_and_the_other_way_round(orthanc, study):
    refused(orthanc, (404,), "POST", f"/series/{study}/bone-muscle")
    series = orthanc.json(f"/studies/{study}")["Series"][0]
    refused(orthanc, (404,), "POST", f"/studies/{series}/bone-muscle")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/studies/{}/bone-muscle"),
        ("DELETE", "/studies/{}/bone-muscle"),
        ("POST", "/studies/{}/bone-muscle/report.pdf"),
        ("PUT", "/studies/{}/bone-muscle/results.csv"),
        ("POST", "/bone-muscle/status"),
        ("DELETE", "/bone-muscle/openapi.json"),
    ],
)
def test_a_wrong_method(orthanc, study, method, path):
    refused(orthanc, (405,), method, path.format(study))


# --- bodies


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\x00\x01\x02",
        b"\xff\xfe{}",
        b"null",
        b"true",
        b"[]",
        b'"muscle"',
        b"1e999",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{}{}",
        {"": 1},
        {"measurements": ["muscle"]},
        {"Measurements": None},
        {"Measurements": "muscle"},
        {"Measurements": {"muscle": True}},
        {"Measurements": ["hip"]},
        {"Measurements": [1]},
        {"Measurements": [["muscle"]]},
        {"Outputs": "pdf"},
        {"Outputs": ["docx"]},
        {"Outputs": [None]},
        {"Segmentation": "1.2.3"},
        {"Segmentation": []},
        {"Segmentation": {"Series": None}},
        {"Segmentation": {"Series": 5}},
        {"Segmentation": {"Series": ""}},
        {"Segmentation": {"Series": "9" * 5000}},
        {"Segmentation": {"Series": NOBODY, "Label": 1}},
        {"Segmentation": {"LabelMap": "/etc/passwd"}},
        {"Segmentation": {"Folder": "/etc"}},
        {"Segmentation": {"Model": ""}},
        {"Segmentation": {"Model": ["bonemuscle-ct"]}},
        {"Segmentation": {"Model": "m" * 65}},
        {"Segmentation": {"Model": "none-such"}},
        {"Segmentation": {"Model": "/etc"}},
        {"Segmentation": {"Passes": 101}},
        {"Segmentation": {"Seed": -1}},
        {"Segmentation": {"Series": NOBODY, "Model": "bonemuscle-ct"}},
        {"Patient": 170},
        {"Patient": {"HeightMeters": "1.7"}},
        {"Patient": {"HeightMeters": 170}},
        {"Patient": {"HeightMeters": -1}},
        {"Patient": {"WeightKilograms": 0}},
        {"Patient": {"WeightKilograms": 10**400}},
        {"Patient": {"PatientName": "Nobody"}},
        {"Priority": "high"},
        {"Priority": 0.5},
        {"Priority": 2**40},
        {"Synchronous": "yes"},
        {"Asynchronous": 0},
        {"Synchronous": True, "Asynchronous": True},
        {"Calibration": "guess"},
        {"Calibration": {"Method": "stored", "Path": "/etc/passwd"}},
        {"Calibration": {"Method": "phantom", "Phantom": "x" * 65}},
        {"Femur": {"Neck": "ward"}},
        {"Femur": {"DistalMillimeters": 400}},
        {"HipXray": "left"},
        {"HipXray": {"Side": "neither"}},
        {"HipXray": {"Film": "/etc/passwd"}},
        {"HipXray": {"Magnification": 0}},
        {"HipXray": {"File": "/etc/passwd"}},
        {"MassModels": "all"},
        {"Language": "xx"},
        {"Site": {"phantoms": []}},
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_bad_body(orthanc, study, body):
    refused(orthanc, (400,), "POST", f"/studies/{study}/bone-muscle", body)


@pytest.mark.parametrize("series", [NOBODY, "1.2.3", "../../system", "' OR 1=1 --"])
def test_a_segmentation_that_is_not_in_the_study(orthanc, study, series):
    refused(orthanc, (422,), "POST", f"/studies/{study}/bone-muscle", {"Segmentation": {"Series": series}})


def test_a_segmentation_of_another_study(orthanc, study):
    source = ct()
    foreign = segmentation(source)
    orthanc.upload(encode(foreign))
    body = {"Segmentation": {"Series": foreign.SeriesInstanceUID}}
    refused(orthanc, (422,), "POST", f"/studies/{study}/bone-muscle", body)


def test_the_ct_itself_as_segmentation(orthanc, study):
    series = next(item for item in orthanc.json(f"/studies/{study}/series") if item["MainDicomTags"]["Modality"] == "CT")
    body = {"Segmentation": {"Series": series["ID"]}}
    assert "CT" in refused(orthanc, (422,), "POST", f"/studies/{study}/bone-muscle", body).json()["Details"]


def test_a_segmentation_series_is_not_measured(orthanc, study):
    series = next(item for item in orthanc.json(f"/studies/{study}/series") if item["MainDicomTags"]["Modality"] == "SEG")
    assert "SEG" in refused(orthanc, (422,), "POST", f"/series/{series['ID']}/bone-muscle").json()["Details"]


# --- studies


def foreign_segmentation():
    """A SEG that lies in the study but refers to another CT."""
    source, elsewhere = ct(), ct()
    seg = segmentation(elsewhere)
    seg.StudyInstanceUID = source[0].StudyInstanceUID
    return [*source, seg]


def with_segmentation(source):
    return [*source, segmentation(source)]


STUDIES = {
    "MR": lambda: other("MR"),
    "ultrasound": lambda: other("US"),
    "modality missing": lambda: [*map(drop("Modality"), ct())],
    "modality lower case": lambda: ct(change=having(Modality="ct")),
    "document only": lambda: [document()],
    "RGB capture called CT": lambda: [colour_capture()],
    "segmentation without its CT": lambda: [segmentation(ct())],
    "one slice": lambda: with_segmentation(ct(1)),
    "no rescale": lambda: with_segmentation(ct(change=without("RescaleSlope", "RescaleIntercept"))),
}
# Data sets, and a part of the sentence.
JUDGED_BY_THE_CORE = {
    "localizer only": (
        lambda: with_segmentation(ct(3, change=having(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]))),
        "LOCALIZER",
    ),
    "no position": (lambda: with_segmentation(ct(change=without("ImagePositionPatient"))), "(0020,0032) is absent"),
    "no orientation": (lambda: with_segmentation(ct(change=without("ImageOrientationPatient"))), "(0020,0037) is absent"),
    "no pixel spacing": (lambda: with_segmentation(ct(change=without("PixelSpacing"))), "(0028,0030) is absent"),
    "pixel spacing of zero": (lambda: with_segmentation(ct(change=having(PixelSpacing=[0, 0]))), "(0028,0030) is 0"),
    "orientation of zeros": (lambda: with_segmentation(ct(change=having(ImageOrientationPatient=[0] * 6))), "(0020,0037) is 0"),
}


def drop(keyword):
    def dropped(dataset):
        delattr(dataset, keyword)
        return dataset

    return dropped


def with_liver(source):
    def change(dataset):
        item = dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0]
        item.CodeValue, item.CodeMeaning = "10200004", "Liver"

    return [*source, segmentation(source, label="liver", change=change)]


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_that_cannot_be_measured(orthanc, name):
    identifier = orthanc.upload(*[encode(dataset) for dataset in STUDIES[name]()])
    refused(orthanc, (422,), "POST", f"/studies/{identifier}/bone-muscle")


@pytest.mark.skipif(FAKE, reason="the fake core does not look so closely")
@pytest.mark.parametrize("name", JUDGED_BY_THE_CORE)
def test_a_study_that_the_core_refuses(orthanc, name):
    datasets, sentence = JUDGED_BY_THE_CORE[name]
    identifier = orthanc.upload(*[encode(dataset) for dataset in datasets()])
    assert sentence in refused(orthanc, (422,), "POST", f"/studies/{identifier}/bone-muscle").json()["Details"]


@pytest.mark.skipif(FAKE, reason="the fake core does not look so closely")
@pytest.mark.parametrize("datasets", [lambda: foreign_segmentation(), lambda: with_liver(ct())], ids=["of another CT", "of a liver"])
def test_a_segmentation_that_was_asked_for_and_labels_nothing_here(orthanc, datasets):
    """Not asked for, it would not stop a model."""
    *source, seg = datasets()
    identifier = orthanc.upload(*[encode(dataset) for dataset in [*source, seg]])
    body = {"Segmentation": {"Series": seg.SeriesInstanceUID}}
    details = refused(orthanc, (422,), "POST", f"/studies/{identifier}/bone-muscle", body).json()["Details"]
    assert "segmentation" in details or "liver" in details


def test_a_series_that_is_no_ct(orthanc):
    identifier = orthanc.upload(*[encode(dataset) for dataset in other("MR")])
    series = orthanc.json(f"/studies/{identifier}")["Series"][0]
    assert "MR" in refused(orthanc, (422,), "POST", f"/series/{series}/bone-muscle").json()["Details"]


# --- uploads: Orthanc's own refusals, with the plugin loaded


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"DICM",
        os.urandom(4096),
        b"\x00" * 128 + b"DICM",
        b"\x00" * 128 + b"DICM" + b"\xff" * 64,
        b"\x00" * 128 + b"DICM" + os.urandom(2000),
        b"%PDF-1.4",
    ],
    ids=range(7),
)
def test_an_upload_of_garbage(orthanc, data):
    before = orthanc.json("/statistics")
    assert orthanc.post("/instances", data).status_code == 400
    assert orthanc.json("/statistics") == before


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.999])
def test_slices_that_are_cut_off_never_end_as_a_result(orthanc, share):
    """Orthanc takes some truncated files; a measurement of them is refused or fails."""
    source = ct(3)
    files = [encode(dataset) for dataset in with_segmentation(source)]
    cut = files[0][: int(len(files[0]) * share)]
    answer = orthanc.post("/instances", cut)
    assert answer.status_code in (200, 400)
    identifier = orthanc.upload(files[-1])
    if answer.status_code == 400:
        refused(orthanc, (422,), "POST", f"/studies/{identifier}/bone-muscle")
    else:
        before = orthanc.json("/statistics")
        answer = orthanc.post(f"/studies/{identifier}/bone-muscle", {"Synchronous": True})
        assert answer.status_code in (400, 422), answer.text
        assert answer.json()["Details"]
        assert orthanc.json("/statistics")["CountInstances"] == before["CountInstances"]
