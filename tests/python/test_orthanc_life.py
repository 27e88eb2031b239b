"""The plugin in a real Orthanc: start, configuration, contract, end."""

import re
import subprocess

import pytest

from orthanc_images import ct_with_segmentation
from orthanc_server import PLUGIN, Orthanc, fake_worker, needed

pytestmark = needed


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("orthanc")
    with Orthanc(folder, {"Enable": True, "Worker": str(fake_worker(folder)), "Wokers": 2}) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        yield server


def test_the_library_exports_the_four_entry_points_and_nothing_else():
    text = subprocess.run(["nm", "-D", "--defined-only", PLUGIN], capture_output=True, text=True, check=True).stdout
    names = sorted(line.split()[-1] for line in text.splitlines())
    assert names == [f"OrthancPlugin{word}" for word in ("Finalize", "GetName", "GetVersion", "Initialize")]


def test_orthanc_lists_the_plugin(orthanc):
    plugin = orthanc.json("/plugins/bone-muscle")
    assert plugin["Version"] == orthanc.json("/bone-muscle/openapi.json")["info"]["version"]
    assert plugin["ExtendsOrthancExplorer"] is True
    assert orthanc.get("/plugins/" + plugin["RootUri"]).status_code == 200


def test_the_status_tells_versions_and_configuration(orthanc):
    status = orthanc.json("/bone-muscle/status")
    assert status["Worker"]["Version"] == "fake"
    assert status["Configuration"]["Workers"] == 1
    assert status["Configuration"]["MemoryMegabytes"] == 8192
    assert (status["Queued"], status["Running"]) == (0, 0)


def test_the_start_is_one_line_and_an_unknown_key_is_named(orthanc):
    assert [event["worker_version"] for event in orthanc.events("ready")] == ["fake"]
    assert ['"BoneMuscle.Wokers"' in event["problem"] for event in orthanc.events("ignored")] == [True]


def test_every_route_of_the_contract_is_served_and_refuses_other_methods(orthanc):
    study = orthanc.upload(*ct_with_segmentation())
    assert orthanc.measure(f"studies/{study}")["state"] == "done"
    series = orthanc.json(f"/studies/{study}/series")
    series = next(item["ID"] for item in series if item["MainDicomTags"]["Modality"] == "CT")
    assert orthanc.measure(f"series/{series}")["state"] == "done"
    calibration = "ct1"
    assert orthanc.http.put(f"{orthanc.url}/bone-muscle/calibrations/{calibration}", data="{}").status_code == 200
    whose = {"studies": study, "series": series, "bone-muscle": calibration}
    for path, methods in orthanc.json("/bone-muscle/openapi.json")["paths"].items():
        uri = path.replace("{id}", whose[path.split("/")[1]])
        assert "get" not in methods or orthanc.get(uri).status_code == 200, path
        allowed = {method.upper() for method in methods if method != "parameters"}
        for method in {"GET", "POST", "PUT", "DELETE"} - allowed:
            answer = orthanc.http.request(method, orthanc.url + uri)
            assert answer.status_code == 405, f"{method} {path}"
            assert set(answer.headers["Allow"].split(",")) == allowed


def test_the_explorer_gets_the_buttons(orthanc):
    script = orthanc.get("/plugins/explorer.js").text
    assert "Measure bone / muscle" in script
    assert "innerHTML" not in script and ".html(" not in script


def test_a_reset_of_orthanc_reads_the_configuration_again(tmp_path):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path))}) as server:
        for resets in range(4):
            server.wait(lambda: len(server.events("ready")) == resets + 1)
            if resets < 3:
                server.post("/tools/reset", "")
        study = server.upload(*ct_with_segmentation())
        assert server.measure(f"studies/{study}")["state"] == "done"
        assert server.stop() == 0


@pytest.mark.parametrize("section", [None, {}, {"Enable": False, "Workers": 4}])
def test_disabled_means_one_line_and_no_routes(tmp_path, section):
    with Orthanc(tmp_path, section) as server:
        assert len(server.events("disabled")) == 1
        assert server.get("/bone-muscle/status").status_code == 404
        assert "Measure bone" not in server.get("/plugins/explorer.js").text
        assert server.stop() == 0


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ({"Enable": "yes"}, '"BoneMuscle.Enable" in the configuration is "yes"; it must be true or false'),
        ({"Enable": True, "Workers": 0}, '"BoneMuscle.Workers" in the configuration is 0; it must be a whole number from 1'),
        ([{"Queue": {"ConnectionUri": "postgresql://u:hidden@h/d"}}], '"BoneMuscle" in the configuration is [...]; it must be an object'),
    ],
)
def test_a_wrong_configuration_stops_orthanc_with_a_sentence(tmp_path, section, sentence):
    with Orthanc(tmp_path, section, comes_up=False) as server:
        assert server.process.wait(90) != 0
        assert [event["level"] for event in server.events("not_started") if sentence in event["problem"]] == ["E"], server.text()
        assert "hidden" not in server.text()


@pytest.mark.parametrize("worker", ["/nonexistent/worker", "/etc/passwd", "/bin/false"])
def test_a_worker_that_does_not_start_is_told_to_administrator_and_caller(tmp_path, worker):
    with Orthanc(tmp_path, {"Enable": True, "Worker": worker}) as server:
        problem = server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Problem"].replace("not tried yet", ""))
        assert "worker" in problem
        assert [(event["level"], event["problem"]) for event in server.events("not_ready")] == [("E", problem)]
        study = server.upload(*ct_with_segmentation())
        answer = server.post(f"/studies/{study}/bone-muscle")
        assert answer.status_code in (500, 503)
        assert "worker" in answer.json()["Details"]
        assert server.json("/jobs") == []
