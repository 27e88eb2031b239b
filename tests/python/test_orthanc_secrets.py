"""Credentials of the configuration, and where its files lie, stay out of everything that the plugin says: log, status, records, jobs."""

import pytest

from orthanc_images import ct_with_segmentation, other, encode
from orthanc_server import Orthanc, fake_worker, needed

pytestmark = needed

PASSWORD, PLACE = "marker-of-a-password", "marker-of-a-place"


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    site = folder / PLACE / "site.json"
    site.parent.mkdir()
    site.write_text("{}")
    section = {"Enable": True, "Worker": str(fake_worker(folder)), "Site": str(site)}
    account = {"AuthenticationEnabled": True, "RegisteredUsers": {"alice": PASSWORD}}
    with Orthanc(folder, section, comes_up=False, **account) as server:
        server.http.auth = ("alice", PASSWORD)
        server.wait(server.answers)
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        yield server
        assert server.stop() == 0


def uploaded(orthanc, files):
    for file in files:
        answer = orthanc.http.post(orthanc.url + "/instances", data=file)
        assert answer.status_code == 200, answer.text
    return answer.json()["ParentStudy"]


@pytest.mark.parametrize("behaviour", ["", "refuse", "crash", "garbage", "badfile"])
def test_what_is_said_of_a_measurement_holds_no_secret(orthanc, behaviour):
    (orthanc.folder / "behaviour").write_text(behaviour)
    study = uploaded(orthanc, ct_with_segmentation())
    posted = orthanc.http.post(f"{orthanc.url}/studies/{study}/bone-muscle", data="{}")
    record = orthanc.ended(f"studies/{study}")
    assert record["state"] == ("done" if behaviour == "" else "failed")
    said = [posted.text, str(orthanc.json(f"/jobs/{posted.json()['ID']}"))]
    said += [orthanc.get(f"/studies/{study}/bone-muscle").text]
    attachments = orthanc.json(f"/studies/{study}/attachments")
    said += [orthanc.get(f"/studies/{study}/attachments/{one}/data").text for one in attachments]
    assert attachments, "the record is stored as an attachment"
    assert holds_no_secret(said)


def test_refusals_and_what_administrators_see_hold_no_secret(orthanc):
    study = uploaded(orthanc, [encode(dataset) for dataset in other("MR")])
    resource = f"{orthanc.url}/studies/{study}/bone-muscle"
    said = [orthanc.http.post(resource, data=body).text for body in ("{}", "{", '{"Site": {}}', '{"Segmentation": {"Model": "x"}}')]
    said += [orthanc.get(path).text for path in ("/bone-muscle/status", "/bone-muscle/models", "/bone-muscle/queue")]
    said += [orthanc.get(path).text for path in ("/bone-muscle/calibrations", "/plugins/bone-muscle", "/tools/metrics-prometheus")]
    assert holds_no_secret([*said, orthanc.text()])


def holds_no_secret(said):
    assert all(said), "an empty answer proves nothing"
    return not any(marker in text for marker in (PASSWORD, PLACE) for text in said)


def test_nobody_without_an_account_is_told_anything(orthanc):
    for method, path in (("GET", "/bone-muscle/status"), ("GET", "/bone-muscle/models"), ("POST", "/studies/x/bone-muscle")):
        answer = orthanc.http.request(method, orthanc.url + path, auth=("alice", "another"))
        assert answer.status_code == 401 and "Worker" not in answer.text
