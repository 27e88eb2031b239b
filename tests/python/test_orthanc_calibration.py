"""Stored calibrations through REST: kept in the database, judged by the core, used by the next measurement."""

import json
import subprocess

import pytest

from orthanc_server import BUILD, Orthanc, needed

pytestmark = needed
WORKER = BUILD / "bonemuscle-worker"
ROUTE = "/bone-muscle/calibrations"


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    subprocess.run([BUILD / "bonemuscle", "phantom", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("orthanc")


@pytest.fixture(scope="module")
def section(folder):
    site = folder / "site.json"
    site.write_text(json.dumps({"phantoms": []}))
    return {"Enable": True, "Worker": str(WORKER), "Site": str(site)}


@pytest.fixture(scope="module")
def orthanc(folder, section):
    with Orthanc(folder, section) as server:
        yield server


@pytest.fixture(scope="module")
def calibration(phantom):
    """What `bonemuscle calibrate` says of the phantom's own rods, whose line is known: HU = 1.2 density - 3."""
    command = [BUILD / "bonemuscle", "calibrate", phantom, "--id", "ct1", "--phantom", "b-mas200"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    stored = json.loads(printed)
    assert stored["conversion"]["slope"] == pytest.approx(1 / 1.2, rel=0.005)
    assert stored["conversion"]["intercept"] == pytest.approx(2.5, abs=0.5)
    return stored


def put(orthanc, name, body):
    data = body if isinstance(body, bytes) else json.dumps(body)
    return orthanc.http.put(f"{orthanc.url}{ROUTE}/{name}", data=data, timeout=60)


def test_a_calibration_is_stored_listed_replaced_and_taken_away(orthanc, calibration):
    assert orthanc.json(ROUTE) == {}
    assert put(orthanc, "ct1", calibration).json() == calibration
    assert orthanc.json(ROUTE) == {"ct1": calibration}
    later = {**calibration, "r_squared": 0.9991}
    assert put(orthanc, "ct1", later).status_code == 200
    assert orthanc.json(f"{ROUTE}/ct1")["r_squared"] == 0.9991
    assert orthanc.http.delete(f"{orthanc.url}{ROUTE}/ct1", timeout=60).status_code == 200
    assert orthanc.get(f"{ROUTE}/ct1").status_code == 404
    assert orthanc.http.delete(f"{orthanc.url}{ROUTE}/ct1", timeout=60).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"conversion": {"material": "gold", "slope": 1, "intercept": 0}},
        {"conversion": None},
        {"expires": "soon"},
        {"date": "2026-13-01"},
        {"slope": 1},
        {"id": "another"},
        {"r_squared": 0.5},
    ],
    ids=str,
)
def test_what_is_no_calibration_is_refused_and_not_stored(orthanc, calibration, change):
    answer = put(orthanc, "ct1", {**calibration, **change})
    assert answer.status_code == 400, answer.text
    assert len(answer.json()["Details"]) > 20
    assert "ct1" not in orthanc.json(ROUTE)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b" " * 100_000], ids=["empty", "cut", "list", "null", "large"])
def test_a_body_that_is_no_object_is_refused(orthanc, body):
    assert put(orthanc, "ct1", body).status_code == 400


def test_a_stored_calibration_is_used_and_survives_a_restart(orthanc, phantom, calibration):
    assert put(orthanc, "ct1", calibration).status_code == 200
    assert orthanc.stop() == 0
    orthanc.start()
    assert orthanc.json(ROUTE) == {"ct1": calibration}
    study = orthanc.upload(*phantom.glob("*.dcm"))
    record = orthanc.measure(f"studies/{study}", Calibration={"Method": "stored", "Id": "ct1"}, Measurements=["lumbar-bmd"])
    assert record["state"] == "done", record["error"]
    assert record["report"]["calibration"] == {"method": "stored", **calibration}
    densities = [
        one["value"]
        for finding in record["report"]["findings"]
        for one in finding["measurements"]
        if (one["region"], one["quantity"]) == ("trabecular", "density_mean")
    ]
    # 150 to 130 HU of trabecular bone, by the line of the rods.
    assert densities and all(105 < density < 130 for density in densities), densities


def test_a_calibration_that_does_not_exist_is_named(orthanc, phantom):
    study = orthanc.upload(*phantom.glob("*.dcm"))
    record = orthanc.measure(f"studies/{study}", Calibration={"Method": "stored", "Id": "ct9"})
    assert record["state"] == "failed" and "ct9" in record["error"]["details"], record


def test_a_site_file_that_cannot_be_used_is_told_in_the_status(tmp_path, folder, section):
    site = tmp_path / "site.json"
    site.write_text(json.dumps({"phantoms": [{"id": "x"}]}))
    with Orthanc(tmp_path, {**section, "Site": str(site)}) as server:
        problem = server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Problem"] not in (None, "not tried yet"))
        assert problem
        assert "Site" in server.json("/bone-muscle/status")["Worker"]["Problem"]
