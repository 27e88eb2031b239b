"""What administrators and their monitoring see of the plugin: problems, figures, lines of the log."""

import re
from pathlib import Path

import pytest

from orthanc_images import ct_with_segmentation
from orthanc_server import Orthanc, fake_worker, needed

pytestmark = needed


def start(folder, section=None, **settings):
    return Orthanc(folder, {"Enable": True, "Worker": str(fake_worker(folder)), **(section or {})}, **settings)


def ready(server):
    server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])


def problems(server):
    return server.json("/bone-muscle/status")["Problems"]


def figures(server):
    text = server.get("/tools/metrics-prometheus").text
    return {name: float(value) for name, value in re.findall(r"^(bonemuscle_\w+) (\S+)", text, re.MULTILINE)}


def behave(folder, behaviour):
    (Path(folder) / "behaviour").write_text(behaviour)


def test_where_all_is_well_there_is_no_problem(tmp_path):
    with start(tmp_path) as server:
        ready(server)
        server.wait(lambda: server.json("/bone-muscle/status")["Segmentation"]["Engine"])
        assert problems(server) == []
        assert server.wait(lambda: figures(server))["bonemuscle_problems"] == 0


def test_a_worker_that_is_missing_is_a_problem_until_it_is_there(tmp_path):
    worker = fake_worker(tmp_path)
    away = worker.rename(tmp_path / "away")
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(worker)}) as server:
        found = server.wait(lambda: problems(server))
        assert len(found) == 1 and found[0].startswith("Nothing can be measured: the worker"), found
        server.wait(lambda: figures(server).get("bonemuscle_problems") == 1)
        away.rename(worker)
        server.wait(lambda: problems(server) == [])
        server.wait(lambda: figures(server)["bonemuscle_problems"] == 0)
        assert (len(server.events("not_ready")), len(server.events("ready"))) == (1, 1)


def test_a_missing_library_for_models_is_a_problem(tmp_path):
    behave(tmp_path, "no engine")
    with start(tmp_path) as server:
        ready(server)
        assert server.wait(lambda: problems(server)) == ["Only studies with a segmentation can be measured: the library is missing"]


@pytest.mark.parametrize(
    ("section", "settings", "part"),
    [
        ({"Wokers": 2}, {}, '"BoneMuscle.Wokers" in the configuration means nothing'),
        ({"Workers": 2}, {"ConcurrentJobs": 2}, 'set "ConcurrentJobs" to 3 or more'),
    ],
)
def test_a_configuration_that_does_harm_is_a_problem(tmp_path, section, settings, part):
    with start(tmp_path, section, **settings) as server:
        ready(server)
        assert [part in sentence for sentence in problems(server)] == [True]


def test_faults_in_a_row_are_a_problem_and_unsuitable_studies_are_none(tmp_path):
    with start(tmp_path) as server:
        ready(server)
        study = server.upload(*ct_with_segmentation())
        behave(tmp_path, "refuse")
        for _ in range(3):
            assert server.measure(f"studies/{study}")["state"] == "failed"
        assert problems(server) == []
        behave(tmp_path, "crash")
        for _ in range(3):
            assert server.measure(f"studies/{study}")["state"] == "failed"
        assert ["last 3 measurements failed" in sentence for sentence in problems(server)] == [True]
        behave(tmp_path, "")
        assert server.measure(f"studies/{study}")["state"] == "done"
        assert problems(server) == []


def test_figures_follow_what_happens(tmp_path):
    with start(tmp_path) as server:
        ready(server)
        studies = [server.upload(*ct_with_segmentation()) for _ in range(2)]
        server.wait(lambda: figures(server))
        assert {name for name, value in figures(server).items() if value} == {"bonemuscle_workers_started_total"}
        behave(tmp_path, "held")
        for study in studies:
            assert server.post(f"/studies/{study}/bone-muscle").status_code == 200
        server.wait(lambda: (now := figures(server))["bonemuscle_queued"] == now["bonemuscle_running"] == 1)
        waited = server.wait(lambda: (now := figures(server)["bonemuscle_oldest_queued_seconds"]) >= 2 and now)
        assert waited <= server.json("/bone-muscle/status")["OldestQueuedSeconds"] + 1
        behave(tmp_path, "crash")
        ended = [server.ended(f"studies/{study}")["state"] for study in studies]
        failed = ended.count("failed")
        assert failed >= 1
        server.wait(lambda: figures(server)["bonemuscle_running"] == 0)
        now = figures(server)
        assert (now["bonemuscle_done_total"], now["bonemuscle_failed_total"]) == (ended.count("done"), failed)
        assert now["bonemuscle_workers_died_total"] == failed
        # The first was held for as long as the second waited.
        assert now["bonemuscle_duration_seconds_total"] > 2
        assert (now["bonemuscle_queued"], now["bonemuscle_oldest_queued_seconds"]) == (0, 0)


def test_each_event_is_a_line_of_keys_and_values(tmp_path):
    with start(tmp_path) as server:
        ready(server)
        server.http.put(server.url + "/tools/log-level", data="verbose")
        study = server.upload(*ct_with_segmentation())
        assert server.measure(f"studies/{study}")["state"] == "done"
        behave(tmp_path, "refuse")
        assert server.measure(f"studies/{study}")["state"] == "failed"
        finished = server.wait(lambda: len(found := server.events("finished")) == 2 and found)
        assert {event["resource"] for event in finished} == {f"/studies/{study}"}
        assert [(event["state"], event["status"], event["level"]) for event in finished] == [("done", "200", "W"), ("failed", "422", "W")]
        assert all(0 <= float(event["seconds"]) < 60 for event in finished)
        for name in ("accepted", "started"):
            assert [event["resource"] for event in server.events(name)] == [f"/studies/{study}"] * 2, name
            assert {event["level"] for event in server.events(name)} == {"I"}
        # The refusal's sentence is the study's own matter.
        assert "liver" not in server.text()
