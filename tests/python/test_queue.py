"""Two Orthancs on one PostgreSQL share a queue that workers on other machines serve. Machines die, cables are cut."""

import pytest

from orthanc_images import ct_with_segmentation
from orthanc_server import needed
from queue_site import Site

pytestmark = needed


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site
        assert [node.stop() for node in site.nodes] == [0, 0]


@pytest.fixture
def study(site):
    """A new one, and everything as it should be before and after."""
    site.behave("")
    yield site.nodes[0].upload(*ct_with_segmentation())
    assert site.rows() == []


def base(study):
    return f"/studies/{study}/bone-muscle"


def results(node, study):
    """How many instances of ours the study has."""
    series = node.json(f"/studies/{study}/series")
    return sum(len(one["Instances"]) for one in series if one["MainDicomTags"].get("Manufacturer") == "BoneMuscle")


def test_what_one_orthanc_accepts_a_worker_elsewhere_measures_and_every_orthanc_shows(site, study):
    a, b = site.nodes
    site.behave("held")
    job = a.post(base(study)).json()["ID"]
    worker = site.holder(study)
    here, there = a.json(base(study)), b.json(base(study))
    assert here["state"] == there["state"] == "running"
    assert there["stage"] == "measure" and there["progress"] > 0
    assert b.json("/bone-muscle/queue") == [
        {"Resource": f"studies/{study}", "State": "running", "Trigger": "user", "Progress": there["progress"], "Position": 0, "Worker": worker.name}
    ]
    assert b.get(f"/jobs/{job}").status_code == 404
    site.behave("")
    record = b.ended(f"studies/{study}")
    assert (record["state"], record["error"], record["origin"]["node"]) == ("done", None, worker.name)
    assert results(b, study) == 2
    assert a.job_ended(job)["State"] == "Success"
    assert a.json(base(study)) == record
    assert a.get(base(study) + "/report.pdf").content.startswith(b"%PDF-")


def test_the_same_request_is_one_and_another_is_refused_by_both(site, study):
    a, b = site.nodes
    site.behave("held")
    first = a.post(base(study)).json()["ID"]
    second = b.post(base(study)).json()["ID"]
    for node in site.nodes:
        answer = node.post(base(study), {"Outputs": ["sr"]})
        assert answer.status_code == 409, answer.text
        assert "other settings" in answer.json()["Details"]
    assert len(site.rows()) == 1
    site.holder(study)
    site.behave("")
    assert a.job_ended(first)["State"] == b.job_ended(second)["State"] == "Success"
    assert results(a, study) == 2


def test_any_orthanc_cancels(site, study):
    a, b = site.nodes
    site.behave("held")
    job = a.post(base(study)).json()["ID"]
    site.holder(study)
    answer = b.post(base(study) + "/cancel")
    assert answer.status_code == 200, answer.text
    record = a.ended(f"studies/{study}")
    assert record["state"] == "failed" and "cancelled" in record["error"]["details"]
    assert a.job_ended(job)["State"] == "Failure"
    assert b.post(base(study) + "/cancel").status_code == 409
    site.behave("")
    assert b.measure(f"studies/{study}")["state"] == "done"


def test_a_killed_worker_costs_time_and_nothing_else(site, study):
    site.behave("held")
    site.nodes[0].post(base(study))
    killed = site.holder(study)
    killed.kill()
    other = site.holder(study, other_than=killed.name)
    site.behave("")
    record = site.nodes[1].ended(f"studies/{study}")
    assert (record["state"], record["origin"]["node"]) == ("done", other.name)
    assert results(site.nodes[0], study) == 2
    killed.start()


def test_a_worker_that_is_cut_off_stores_nothing_more(site, study):
    site.behave("held")
    site.nodes[0].post(base(study))
    lost = site.holder(study)
    lost.machine.cut()
    other = site.holder(study, other_than=lost.name)
    site.behave("")
    record = site.nodes[0].ended(f"studies/{study}")
    assert (record["state"], record["origin"]["node"]) == ("done", other.name)
    lost.machine.mend()
    site.nodes[0].wait(lambda: "the lease of this measurement was lost" in lost.text(), 60)
    assert site.nodes[1].json(base(study)) == record
    assert results(site.nodes[0], study) == 2


def test_a_worker_that_is_asked_to_end_gives_back_at_once(site, study):
    site.behave("held")
    site.nodes[0].post(base(study))
    leaving = site.holder(study)
    assert leaving.stop() == 0
    assert "event=given_back" in leaving.text()
    site.holder(study, other_than=leaving.name)
    assert site.postgres.query("SELECT starts FROM bonemuscle.request") == [(1,)]
    site.behave("")
    assert site.nodes[1].ended(f"studies/{study}")["state"] == "done"
    leaving.start()


def test_a_killed_orthanc_comes_back_to_its_results(site, study):
    site.behave("held")
    a, b = site.nodes
    a.post(base(study))
    worker = site.holder(study)
    # The one that this worker reads from and stores to.
    node = site.nodes[int(worker.name[1:]) % 2]
    node.kill()
    site.behave("")
    node.start()
    assert b.ended(f"studies/{study}")["state"] == "done"
    assert results(b, study) == 2


def test_a_killed_database_comes_back_to_its_requests(site, study):
    site.behave("held")
    site.nodes[0].post(base(study))
    site.holder(study)
    site.postgres.stop(9)
    site.postgres.start()
    site.behave("")
    for node in site.nodes:
        # Orthanc's own connections to its index may be stale.
        node.wait(lambda node=node: node.get("/statistics").status_code == 200, 60)
    assert site.nodes[1].ended(f"studies/{study}")["state"] == "done"
    assert results(site.nodes[0], study) == 2


def test_a_study_that_is_deleted_meanwhile_does_not_come_back(site):
    a, b = site.nodes
    study = a.upload(*ct_with_segmentation())
    site.behave("held")
    job = a.post(base(study)).json()["ID"]
    site.holder(study)
    assert b.http.delete(f"{b.url}/studies/{study}").status_code == 200
    site.behave("")
    assert a.job_ended(job)["State"] == "Failure"
    assert a.get(f"/studies/{study}").status_code == a.get(base(study)).status_code == 404
    a.wait(lambda: site.rows() == [])


def test_many_studies_are_measured_once_each(site):
    site.behave("")
    studies = [site.nodes[number % 2].upload(*ct_with_segmentation()) for number in range(6)]
    for number, study in enumerate(studies):
        # Joined and not measured twice, whichever is asked.
        for node in (site.nodes[number % 2], site.nodes[1 - number % 2]):
            assert node.post(base(study)).status_code == 200
    records = [site.nodes[0].ended(f"studies/{study}") for study in studies]
    assert {record["state"] for record in records} == {"done"}
    assert [results(site.nodes[1], study) for study in studies] == [2] * len(studies)
    assert len({record["origin"]["node"] for record in records}) > 1


def test_calibrations_are_those_of_the_site(site):
    a, b = site.nodes
    uri = "/bone-muscle/calibrations/ct1"
    assert a.http.put(a.url + uri, data="{}").status_code == 200
    assert b.json(uri) == {"id": "ct1"}
    assert b.http.delete(b.url + uri).status_code == 200
    assert a.json("/bone-muscle/calibrations") == {}


def test_no_secret_and_no_name_reaches_logs_answers_or_the_queue(site):
    site.behave("held")
    study = site.nodes[0].upload(*ct_with_segmentation())
    job = site.nodes[0].post(base(study)).json()["ID"]
    site.holder(study)
    said = [node.text() for node in site.nodes] + [worker.text() for worker in site.workers]
    said += [site.nodes[0].get(path).text for path in (base(study), f"/jobs/{job}", "/bone-muscle/status", "/bone-muscle/queue")]
    said += [str(site.rows()), str(site.postgres.query("SELECT message FROM pgmq.q_bonemuscle_normal"))]
    site.behave("")
    site.nodes[0].ended(f"studies/{study}")
    for text in said:
        assert "secret-of-the-database" not in text
        assert "Nobody" not in text
