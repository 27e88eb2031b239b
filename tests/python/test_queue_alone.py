"""The queue of one Orthanc and one worker: prepared, encrypted, away, back again; and what kills its worker each time."""

import signal
import subprocess
import threading

import pytest

from orthanc_images import ct_with_segmentation
from orthanc_server import behave, fake_worker, needed
from postgres_server import OWNER, PASSWORD, Postgres
from queue_site import WORKER, Node, QueueWorker, local, prepared
from reverse_proxy import below

pytestmark = needed
LEASE = 3


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with prepared(tmp_path_factory.mktemp("postgres")) as postgres:
        yield postgres


def section(folder, postgres, **keys):
    queue = {"ConnectionUri": local(postgres), "LeaseSeconds": LEASE}
    return {"Enable": True, "Worker": str(fake_worker(folder)), "Queue": queue, **keys}


@pytest.fixture
def orthanc(tmp_path, postgres):
    """Measures nothing itself; its index is its own, and not in PostgreSQL."""
    with Node(tmp_path, section(tmp_path, postgres, Workers=0)) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        yield server


@pytest.fixture
def worker(tmp_path, orthanc, postgres):
    worker = QueueWorker(tmp_path, "w", local(postgres), orthanc.url, LeaseSeconds=LEASE)
    yield worker
    if worker.process and worker.process.poll() is None:
        assert worker.stop() == 0


def base(study):
    return f"/studies/{study}/bone-muscle"


def test_the_tables_are_prepared_once_and_only_where_pgmq_is(tmp_path):
    with Postgres(tmp_path) as empty:
        worker = QueueWorker(tmp_path, "w", empty.uri, None)
        answer = worker.prepare()
        assert answer.returncode == 2 and "pgmq is not installed" in answer.stderr
        assert empty.query("SELECT to_regnamespace('bonemuscle')") == [(None,)]
        empty.install_pgmq()
        assert [worker.prepare().returncode for _ in range(2)] == [0, 0]
        assert empty.query("SELECT number FROM bonemuscle.version") == [(1,)]
        queues = {name for (name,) in empty.query("SELECT queue_name FROM pgmq.list_queues()")}
        assert queues == {"bonemuscle_high", "bonemuscle_normal", "bonemuscle_low"}
        empty.query("UPDATE bonemuscle.version SET number = 2")
        answer = worker.prepare()
        assert answer.returncode == 2 and "version 2, this BoneMuscle knows 1" in answer.stderr
        assert PASSWORD not in answer.stderr


def test_an_unprepared_database_is_said(tmp_path):
    with Postgres(tmp_path) as empty, Node(tmp_path / "o", section(tmp_path, empty)) as server:
        study = server.upload(*ct_with_segmentation())
        answer = server.post(base(study))
        assert answer.status_code == 503 and "pgmq is not installed" in answer.json()["Details"]
        empty.install_pgmq()
        server.wait(lambda: "--prepare" in (server.json("/bone-muscle/status")["Queue"]["Problem"] or ""))
        assert QueueWorker(tmp_path, "w", empty.uri, None).prepare().returncode == 0
        server.wait(lambda: server.json("/bone-muscle/status")["Queue"]["Problem"] is None)
        assert server.measure(f"studies/{study}")["state"] == "done"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [([], "usage"), (["--queue"], "usage"), (["--queue", "/nonexistent/queue.json"], "/nonexistent/queue.json"), (["x"], "usage")],
)
def test_a_wrong_start_is_said(arguments, part):
    answer = subprocess.run([WORKER, *arguments], capture_output=True, text=True, timeout=30)
    assert answer.returncode == 2 and part in answer.stderr


def test_orthanc_serves_while_the_database_is_away_and_afterwards(tmp_path):
    with prepared(tmp_path) as postgres, Node(tmp_path / "o", section(tmp_path, postgres)) as server:
        server.folder = tmp_path
        old, new, running = (server.upload(*ct_with_segmentation()) for _ in range(3))
        before = server.measure(f"studies/{old}")
        assert before["state"] == "done"
        behave(server, "held")
        server.post(base(running))
        server.wait(lambda: server.json(base(running)).get("stage") == "measure")
        postgres.stop(signal.SIGKILL)
        answer = server.post(base(new))
        assert answer.status_code == 503, answer.text
        assert "PostgreSQL (127.0.0.1:" in answer.json()["Details"] and PASSWORD not in answer.text
        assert server.json(base(old)) == before
        assert server.json(base(running))["state"] == "running"
        status = server.wait(lambda: (status := server.json("/bone-muscle/status"))["Problems"] and status)
        assert "cannot be used" in status["Queue"]["Problem"] and status["Queue"]["Problem"] in status["Problems"]
        assert server.get("/system").elapsed.total_seconds() < 1
        postgres.start()
        behave(server, "")
        assert server.ended(f"studies/{running}")["state"] == "done"
        server.wait(lambda: (status := server.json("/bone-muscle/status"))["Queue"]["Problem"] is None and status["Problems"] == [])
        assert server.measure(f"studies/{new}")["state"] == "done"
        assert server.stop() == 0


def test_waiting_requests_are_cancelled_and_higher_priority_goes_first(orthanc, worker, postgres):
    low, normal, high, unwanted = (orthanc.upload(*ct_with_segmentation()) for _ in range(4))
    for study, priority in ((low, -5), (normal, 0), (unwanted, 0), (high, 7)):
        assert orthanc.post(base(study), {"Priority": priority}).status_code == 200
    listed = [one["Resource"].split("/")[1] for one in orthanc.json("/bone-muscle/queue")]
    assert listed == [high, normal, unwanted, low]
    assert orthanc.post(base(unwanted) + "/cancel").json()["state"] == "failed"
    worker.start()
    records = {study: orthanc.ended(f"studies/{study}") for study in (low, normal, high)}
    assert sorted(records, key=lambda study: records[study]["started"]) == [high, normal, low]
    assert "cancelled" in orthanc.json(base(unwanted))["error"]["details"]


def test_whoever_asks_more_urgently_for_what_waits_has_it_go_first(orthanc, worker, postgres):
    first, asked_twice = (orthanc.upload(*ct_with_segmentation()) for _ in range(2))
    jobs = [orthanc.post(base(study), {"Priority": -1}).json()["ID"] for study in (first, asked_twice)]
    assert orthanc.post(base(asked_twice)).json()["ID"] == jobs[1]
    assert [one["Resource"].split("/")[1] for one in orthanc.json("/bone-muscle/queue")] == [asked_twice, first]
    worker.start()
    records = {study: orthanc.ended(f"studies/{study}") for study in (first, asked_twice)}
    assert sorted(records, key=lambda study: records[study]["started"]) == [asked_twice, first]
    assert {record["state"] for record in records.values()} == {"done"} and records[asked_twice]["priority"] == 0


def test_what_kills_its_worker_each_time_is_given_up(orthanc, worker, postgres):
    behave(orthanc, "kill the parent")
    study = orthanc.upload(*ct_with_segmentation())
    job = orthanc.post(base(study)).json()["ID"]
    for _ in range(3):
        worker.start().process.wait(60)
        assert worker.process.returncode == -signal.SIGKILL
    worker.start()
    record = orthanc.ended(f"studies/{study}")
    assert record["state"] == "failed" and "begun 3 times" in record["error"]["details"]
    assert orthanc.job_ended(job)["State"] == "Failure"
    # A dead letter, for the administrator to look at.
    resource = f"studies/{study}"
    assert postgres.query("SELECT read_ct FROM pgmq.a_bonemuscle_normal WHERE message->>'resource' = %s", resource) == [(4,)]
    behave(orthanc, "")
    assert orthanc.measure(f"studies/{study}")["state"] == "done"


def test_a_study_that_cannot_be_measured_fails_at_once_and_a_crash_after_three_starts(orthanc, worker):
    worker.start()
    behave(orthanc, "refuse")
    study = orthanc.upload(*ct_with_segmentation())
    record = orthanc.measure(f"studies/{study}")
    assert record["state"] == "failed" and "liver" in record["error"]["details"]
    behave(orthanc, "crash")
    record = orthanc.measure(f"studies/{study}")
    assert record["state"] == "failed" and "signal 11" in record["error"]["details"]
    assert worker.text().count("event=tried_again") == 2


def test_what_no_machine_can_measure_says_why_and_is_given_up_after_days(orthanc, worker, postgres):
    behave(orthanc, "lacking")
    study = orthanc.upload(*ct_with_segmentation())
    orthanc.post(base(study))
    worker.start()
    waiting = orthanc.wait(lambda: (record := orthanc.json(base(study))).get("obstacle") and record)
    assert (waiting["state"], waiting["error"], waiting["attempts"]) == ("queued", None, 0)
    assert waiting["obstacle"]["details"] == "the model is missing" and waiting["obstacle"]["since"] > waiting["queued"]
    days_ago = "UPDATE bonemuscle.request SET record = jsonb_set(record, '{obstacle,since}', '\"2020-01-01T00:00:00Z\"') WHERE held_until < now()"
    # Again where the worker was just at it, and wrote what it knew.
    orthanc.wait(lambda: postgres.query(days_ago) or orthanc.json(base(study))["state"] == "failed")
    record = orthanc.json(base(study))
    assert record["state"] == "failed" and "obstacle" not in record
    assert "72 hours" in record["error"]["details"] and "the model is missing" in record["error"]["details"]
    behave(orthanc, "")
    assert orthanc.measure(f"studies/{study}")["state"] == "done"


def test_a_machine_that_cannot_measure_takes_nothing(orthanc, worker, tmp_path):
    metrics = tmp_path / "bonemuscle.prom"
    worker.keys["MetricsFile"] = str(metrics)
    behave(orthanc, "unavailable")
    worker.start()
    orthanc.wait(lambda: "libbonemuscle was not found" in worker.text())
    behave(orthanc, "")
    study = orthanc.upload(*ct_with_segmentation())
    orthanc.post(base(study))
    assert orthanc.ended(f"studies/{study}")["state"] == "done"
    assert "event=queue_served_again" in worker.text()
    orthanc.wait(lambda: "bonemuscle_worker_done_total 1\n" in metrics.read_text())


def test_a_proxy_that_knows_nothing_deletes_no_study(orthanc, postgres, tmp_path):
    up, asked = threading.Event(), threading.Event()
    up.set()

    def is_up(path):
        # Until it is asked for a study: a worker that knows it to be down takes none.
        if not up.is_set() and not path.endswith("/system"):
            asked.set()
        return up.is_set() or not asked.is_set()

    with below(orthanc.url, "/orthanc", is_up=is_up) as url:
        worker = QueueWorker(tmp_path, "proxied", local(postgres), url, LeaseSeconds=LEASE)
        worker.start()
        orthanc.wait(lambda: "event=serving" in worker.text())
        up.clear()
        studies = [orthanc.upload(*ct_with_segmentation()) for _ in range(2)]
        for study in studies:
            assert orthanc.post(base(study)).status_code == 200
        orthanc.wait(lambda: "event=given_back" in worker.text())
        orthanc.wait(lambda: "event=queue_not_served" in worker.text())
        up.set()
        assert [orthanc.ended(f"studies/{study}")["state"] for study in studies] == ["done", "done"]
        assert worker.stop() == 0


def test_a_database_that_turns_into_a_standby_is_left(orthanc, worker, postgres):
    worker.start()
    orthanc.wait(lambda: "event=serving" in worker.text())
    problem = lambda: orthanc.json("/bone-muscle/status")["Queue"]["Problem"]  # noqa: E731
    read_only(postgres, "on")
    try:
        study = orthanc.upload(*ct_with_segmentation())
        assert orthanc.post(base(study)).status_code == 503
        orthanc.wait(problem)
        orthanc.wait(lambda: "event=queue_not_served" in worker.text())
    finally:
        read_only(postgres, "off")
    orthanc.wait(lambda: problem() is None)
    orthanc.wait(lambda: orthanc.post(base(study)).status_code == 200)
    assert orthanc.ended(f"studies/{study}")["state"] == "done"


def read_only(postgres, word):
    """What a standby answers to whoever writes; connections end when the roles change."""
    with postgres.connect() as database:
        database.read_only = False
        database.execute(f"ALTER DATABASE {OWNER} SET default_transaction_read_only = {word}")
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid()")


def test_what_a_lone_orthanc_had_accepted_goes_into_its_first_queue(tmp_path, postgres):
    alone = section(tmp_path, postgres)
    del alone["Queue"]
    with Node(tmp_path, alone) as server:
        behave(server, "held")
        running, waiting = (server.upload(*ct_with_segmentation()) for _ in range(2))
        for study in (running, waiting):
            assert server.post(base(study)).status_code == 200
        server.wait(lambda: server.json(base(running)).get("stage") == "measure")
        server.kill()
        server.settings["BoneMuscle"] = section(tmp_path, postgres)
        behave(server, "")
        server.start()
        assert [server.ended(f"studies/{study}")["state"] for study in (running, waiting)] == ["done", "done"]


@pytest.mark.parametrize("what", ["PostgreSQL refuses the message", "Orthanc dies"])
def test_what_automatic_mode_asks_for_in_vain_is_asked_for_again(tmp_path, postgres, what):
    keys = section(tmp_path, postgres, Automatic={"Enable": True, "Rules": [{"Modality": ["CT"], "Request": {"Outputs": ["pdf"]}}]})
    tally = lambda: server.json("/bone-muscle/automatic")["SinceStart"]  # noqa: E731
    with Node(tmp_path, keys, StableAge=1) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        if what == "Orthanc dies":
            with postgres.connect() as database:
                # Between the record and the message.
                database.execute("LOCK TABLE pgmq.q_bonemuscle_low IN EXCLUSIVE MODE")
                study = server.upload(*ct_with_segmentation())
                server.wait(lambda: "4750" in server.json(f"/studies/{study}/attachments"))
                server.kill()
            server.start()
        else:
            postgres.query("ALTER TABLE pgmq.q_bonemuscle_low ADD CONSTRAINT closed CHECK (false) NOT VALID")
            try:
                study = server.upload(*ct_with_segmentation())
                server.wait(lambda: "closed" in (tally()["Problem"] or ""))
            finally:
                postgres.query("ALTER TABLE pgmq.q_bonemuscle_low DROP CONSTRAINT closed")
            assert server.get(base(study)).status_code == 404 and "4750" not in server.json(f"/studies/{study}/attachments")
        server.wait(lambda: (now := tally())["Requested"] == 1 and now["Done"] == 1)
        assert server.json(base(study))["trigger"] == "automatic"
        assert server.stop() == 0


def test_a_reset_of_orthanc_leaves_requests_alone(tmp_path, postgres):
    keys = section(tmp_path, postgres)
    # A name has to be looked up, in a thread that must be gone when Orthanc unloads the plugin.
    keys["Queue"]["ConnectionUri"] = keys["Queue"]["ConnectionUri"].replace("127.0.0.1", "localhost")
    with Node(tmp_path, keys) as server:
        behave(server, "held")
        study = server.upload(*ct_with_segmentation())
        server.post(base(study))
        server.wait(lambda: server.json(base(study)).get("stage") == "measure")
        server.post("/tools/reset", "")
        server.wait(lambda: server.text().count("event=ready") == 2)
        behave(server, "")
        assert server.ended(f"studies/{study}")["state"] == "done"
        assert server.stop() == 0


def authority(folder):
    """A certificate authority of the site and a certificate of it for 127.0.0.1; the key is readable for its owner only."""
    run = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-subj")
    run(*new, "/CN=Authority of the test", "-x509", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem")
    run(*new, "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    run("x509", "-req", "-in", "server.csr", *signed, "-out", "server.pem")
    (folder / "both.pem").write_text((folder / "server.key").read_text() + (folder / "server.pem").read_text())


def test_connections_are_encrypted_and_certificates_checked(tmp_path):
    authority(tmp_path)
    password = tmp_path / "password"
    password.write_text("of-the-worker\n")
    with prepared(tmp_path) as postgres:
        postgres.encrypt(tmp_path / "server.pem", tmp_path / "server.key")
        (tmp_path / "uri").write_text(postgres.uri + "?sslmode=require\n")
        believed = {"CertificateFile": str(tmp_path / "ca.pem"), "LeaseSeconds": LEASE}
        keys = section(tmp_path, postgres, Workers=0)
        keys["Queue"] = {"ConnectionUriFile": str(tmp_path / "uri"), **believed}
        access = {"AuthenticationEnabled": True, "RegisteredUsers": {"worker": "of-the-worker"}}
        with KnownNode(tmp_path, keys, **access) as server, below(server.url, "/orthanc", tmp_path / "both.pem") as url:
            connections = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'bonemuscle'"
            server.wait(lambda: postgres.query(connections) == [(True,)])
            study = server.upload(*ct_with_segmentation())
            assert server.post(base(study)).status_code == 200
            # Neither an authority that is not believed nor a wrong password reads as a study that is gone.
            (tmp_path / "wrong").write_text("of-somebody-else")
            right, wrong = ({"Username": "worker", "PasswordFile": str(tmp_path / name)} for name in ("password", "wrong"))
            plain = postgres.uri + "?sslmode=disable"
            workers = {
                "distrusting": (postgres.uri + "?sslmode=require", right),
                "mistaken": (postgres.uri + "?sslmode=require", wrong | believed),
                "plain": (plain, right | believed),
            }
            workers = {name: QueueWorker(tmp_path, name, uri, url, **more).start() for name, (uri, more) in workers.items()}
            for name, part in (("distrusting", "certificate"), ("mistaken", "HTTP status 401"), ("plain", "pg_hba.conf")):
                server.wait(lambda name=name, part=part: part in workers[name].text())
                assert workers[name].stop() == 0
            (tmp_path / "token").write_text("Basic d29ya2VyOm9mLXRoZS13b3JrZXI=\n")
            for name, access in (("password", right), ("token", {"AuthorizationFile": str(tmp_path / "token")})):
                workers[name] = QueueWorker(tmp_path, f"by-{name}", workers["mistaken"].keys["ConnectionUri"], url, **access, **believed).start()
                assert server.measure(f"studies/{study}")["state"] == "done"
                assert workers[name].stop() == 0
            for text in (server.text(), server.get("/bone-muscle/status").text, *[worker.text() for worker in workers.values()]):
                assert PASSWORD not in text and "of-the-worker" not in text and "d29ya2Vy" not in text


class KnownNode(Node):
    """An Orthanc that asks who is there."""

    def launch(self):
        self.http.auth = ("worker", "of-the-worker")
        super().launch()

    def post(self, path, body=b"", **arguments):
        return super().post(path, body, auth=self.http.auth, **arguments)
