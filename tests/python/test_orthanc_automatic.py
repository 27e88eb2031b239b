"""Automatic mode in a real Orthanc: what is measured without being asked for, what is not, and how often."""

import subprocess
from pathlib import Path

import pytest
from pydicom.uid import generate_uid

from orthanc_images import ct, encode, films, having, other, segmentation, without
from orthanc_server import BUILD, Orthanc, behave, fake_worker, needed

pytestmark = needed

ABDOMEN = {
    "Modality": ["CT"],
    "BodyPart": ["abdomen"],
    "Description": "*thin*",
    "Age": {"Least": 50},
    "SliceThickness": {"Most": 3.0},
    "Instances": {"Least": 3},
    "Request": {"Outputs": ["pdf"]},
}
HIP = {"Modality": ["DX"], "Request": {"Measurements": ["hip-xray"]}}
BASE = "/bone-muscle/automatic"


def matching(**changes):
    """A change that makes a CT fulfil ABDOMEN, except for what is given."""
    values = {"BodyPartExamined": "ABDOMEN", "SeriesDescription": "Thin slices", "PatientAge": "063Y", "StudyDate": "20240131"}

    def change(dataset):
        for keyword, value in {**values, **changes}.items():
            setattr(dataset, keyword, value)

    return change


def files(change=None, slices=3, study=None):
    return [encode(dataset) for dataset in ct(slices, study, change or matching())]


def section(folder, *rules, **more):
    automatic = {"Enable": True, "Rules": list(rules or (ABDOMEN, HIP)), **more}
    return {"Enable": True, "Worker": str(fake_worker(folder)), "Automatic": automatic}


def tally(server):
    return server.json(BASE)["SinceStart"]


def counted(server, seconds=120, **expected):
    """Waits until the trigger has counted this."""
    return server.wait(lambda: (now := tally(server)) and expected.items() <= now.items() and now, seconds)


def stable(server, study, times=1):
    """Waits until Orthanc has said so often that a study is stable."""

    def is_stable():
        changes = server.json("/changes?limit=100000")["Changes"]
        return sum(change["ChangeType"] == "StableStudy" and change["ID"] == study for change in changes) >= times

    server.wait(is_stable, 60)


def record(server, study):
    return server.json(f"/studies/{study}/bone-muscle")


def measured(server, studies):
    return sum(server.get(f"/studies/{study}/bone-muscle").status_code == 200 for study in studies)


@pytest.fixture
def orthanc(tmp_path):
    with Orthanc(tmp_path, section(tmp_path), StableAge=1) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        yield server


# --- off, and refused


@pytest.mark.parametrize("automatic", [None, {"Enable": False, "Rules": [ABDOMEN]}])
def test_off_unless_enabled(tmp_path, automatic):
    settings = {key: value for key, value in section(tmp_path).items() if key != "Automatic"}
    with Orthanc(tmp_path, {**settings, **({"Automatic": automatic} if automatic else {})}, StableAge=1) as server:
        study = server.upload(*files())
        stable(server, study)
        assert server.json(BASE)["Enable"] is False
        threads = [path.read_text().strip() for path in Path(f"/proc/{server.process.pid}/task").glob("*/comm")]
        assert "BONEMUSCLE-RUN" in threads and not {"BONEMUSCLE-AUTO", "BONEMUSCLE-FILL"} & set(threads)
        assert server.get(f"/studies/{study}/bone-muscle").status_code == 404
        answer = server.post(f"{BASE}/back-fill")
        assert answer.status_code == 409 and "BoneMuscle.Automatic.Enable" in answer.json()["Details"]
        # Rules can be tried before they are switched on.
        assert server.post(f"{BASE}/dry-run", {"Rules": [ABDOMEN]}).json()["WouldMeasure"] == 1


@pytest.mark.parametrize(
    ("automatic", "sentence"),
    [
        ({"Enable": True}, '"BoneMuscle.Automatic" is enabled without "Rules"'),
        ({"Enable": True, "Rules": [{"Modality": ["MR"], "Request": {}}]}, '"BoneMuscle.Automatic.Rules[0].Modality" is ["MR"]'),
        ({"Rules": [HIP, {"Age": 50, "Request": {}}]}, '"BoneMuscle.Automatic.Rules[1].Age" is 50'),
        ({"Rules": [{"Request": {"Patient": {"HeightMeters": 1.7}}}]}, "holds for one patient"),
    ],
)
def test_a_wrong_rule_stops_orthanc_with_a_sentence(tmp_path, automatic, sentence):
    with Orthanc(tmp_path, {**section(tmp_path), "Automatic": automatic}, comes_up=False) as server:
        assert server.process.wait(90) != 0
        sentence = sentence.replace('"', '\\"')
        assert any(line.startswith("E") and sentence in line for line in server.text().splitlines()), server.text()


# --- studies that become stable


def test_a_study_is_measured_once_and_its_results_start_nothing(orthanc):
    study = orthanc.upload(*files())
    counted(orthanc, Requested=1, Done=1)
    stable(orthanc, study, times=2)
    counted(orthanc, Stable=2, MeasuredAlready=1, Requested=1)
    first = record(orthanc, study)
    assert (first["state"], first["trigger"], first["request"]["Outputs"]) == ("done", "automatic", ["pdf"])
    assert f"event=automatic resource=/studies/{study} rule=1 outcome=requested" in orthanc.text()
    # Other series are no input, and say nothing new.
    uid = orthanc.json(f"/studies/{study}")["MainDicomTags"]["StudyInstanceUID"]
    orthanc.upload(*[encode(dataset) for dataset in other("MR", study=uid)])
    stable(orthanc, study, times=3)
    counted(orthanc, MeasuredAlready=2, Requested=1)
    assert record(orthanc, study) == first


def test_new_instances_are_measured_once_more(orthanc):
    uid = generate_uid()
    study = orthanc.upload(*files(study=uid))
    counted(orthanc, Requested=1, Done=1, MeasuredAlready=1)
    source = ct(4, uid, matching())
    orthanc.upload(*[encode(dataset) for dataset in source])
    counted(orthanc, Requested=2, Done=2)
    orthanc.upload(encode(segmentation(source)))
    counted(orthanc, Requested=3, Done=3)
    assert record(orthanc, study)["report"]["modalities"] == ["CT", "SEG"]


@pytest.mark.parametrize("first", ["the same request", "a request with other settings"])
def test_what_arrives_while_the_study_is_being_measured_is_measured_after_it(orthanc, first):
    behave(orthanc, "held")
    uid = generate_uid()
    earlier = files(study=uid) if first == "the same request" else [encode(dataset) for dataset in films(study=uid)]
    study = orthanc.upload(*earlier)
    orthanc.wait(lambda: measured(orthanc, [study]) and record(orthanc, study).get("stage") == "measure")
    series = ct(4, uid, matching())
    orthanc.upload(*[encode(dataset) for dataset in series])
    stable(orthanc, study, times=2)
    counted(orthanc, Requested=1, Waiting=1)
    # A back-fill that comes to it goes on with the others, and comes back.
    assert orthanc.post(f"{BASE}/back-fill").json()["State"] == "running"
    fill(orthanc, SetAside=1, Looked=0)
    behave(orthanc, "")
    done = fill(orthanc, State="done", SetAside=0, Looked=1, Unreadable=0)
    orthanc.wait(lambda: tally(orthanc)["Requested"] + done["Requested"] == 2 and tally(orthanc)["Waiting"] == 0)
    assert orthanc.ended(f"studies/{study}")["state"] == "done"
    latest = record(orthanc, study)
    assert (latest["report"]["instances"], latest["report"]["series"]["series_instance_uid"]) == (4, series[0].SeriesInstanceUID)
    assert latest["trigger"] in ("automatic", "back-fill") and latest["request"]["Outputs"] == ["pdf"]


@pytest.fixture(scope="module")
def others():
    """By what keeps it from being measured, a study."""
    own = [encode(dataset) for dataset in ct(3, None, matching(Manufacturer="BoneMuscle"))]
    dated = matching(PatientAge="", PatientBirthDate="19741201")
    return {
        "Modality": [encode(dataset) for dataset in other("MR")],
        "BodyPart": files(matching(BodyPartExamined="HEAD")),
        "BodyPartAbsent": files(matching(BodyPartExamined="")),
        "Description": files(matching(SeriesDescription="5 mm")),
        "DescriptionAbsent": files(matching(SeriesDescription="")),
        "Instances": files(slices=2),
        "Age": files(matching(PatientAge="049Y")),
        "Age of dates": files(dated),
        "AgeAbsent": files(matching(PatientAge="")),
        "SliceThickness": files(matching(SliceThickness=5)),
        "SliceThicknessAbsent": files(matching(SliceThickness=None)),
        "Modality of our own": own,
    }


def test_what_lacks_anything_is_not_measured_and_the_dry_run_says_why(orthanc, others):
    studies = [orthanc.upload(*series) for series in others.values()]
    right = orthanc.upload(*files(matching(PatientAge="", PatientBirthDate="19740131")))
    counted(orthanc, NotMatching=len(studies), Requested=1, Done=1, MeasuredAlready=1)
    assert measured(orthanc, studies) == 0
    seen = orthanc.post(f"{BASE}/dry-run").json()
    expected = {}
    for reason in others:
        expected[reason.split()[0]] = expected.get(reason.split()[0], 0) + 1
    assert seen["Rules"] == [{"Matching": 1, "NotMatching": expected}, {"Matching": 0, "NotMatching": {"Modality": len(studies)}}]
    assert (seen["Complete"], seen["Studies"], seen["NotMatching"]) == (True, len(studies) + 1, len(studies))
    assert (seen["MeasuredAlready"], seen["WouldMeasure"]) == (1, 0)
    assert record(orthanc, right)["trigger"] == "automatic"


def test_the_first_rule_that_is_fulfilled_gives_the_request(orthanc):
    study = orthanc.upload(*[encode(dataset) for dataset in films()])
    counted(orthanc, Requested=1, Done=1)
    assert record(orthanc, study)["request"]["Measurements"] == ["hip-xray"]


def test_a_failure_is_not_repeated(orthanc):
    behave(orthanc, "refuse")
    uid = generate_uid()
    study = orthanc.upload(*files(study=uid))
    counted(orthanc, Requested=1, Failed=1)
    orthanc.upload(*[encode(dataset) for dataset in other("MR", study=uid)])
    counted(orthanc, MeasuredAlready=1, Requested=1)
    assert record(orthanc, study)["state"] == "failed"
    # Nothing to build a volume from: refused before a job exists, once.
    study = orthanc.upload(*files(lambda dataset: (matching()(dataset), without("RescaleSlope")(dataset))))
    counted(orthanc, Refused=1)
    orthanc.upload(*[encode(dataset) for dataset in other("MR", study=orthanc.json(f"/studies/{study}")["MainDicomTags"]["StudyInstanceUID"])])
    counted(orthanc, Refused=1, MeasuredAlready=2)
    assert "volume" in orthanc.get(f"/studies/{study}/metadata/4751").text


def test_a_study_that_needs_a_missing_library_keeps_nobody_waiting(tmp_path):
    (tmp_path / "behaviour").write_text("no engine")
    with Orthanc(tmp_path, section(tmp_path), StableAge=1) as server:
        server.upload(*files())
        counted(server, Refused=1, Waiting=0, Problem=None)
        source = ct(3, None, matching())
        server.upload(*[encode(dataset) for dataset in [*source, segmentation(source)]])
        counted(server, Refused=1, Requested=1, Done=1)


def test_a_study_whose_files_are_lost_keeps_nobody_waiting(tmp_path):
    with Orthanc(tmp_path, section(tmp_path), StableAge=3, MaximumStorageCacheSize=0) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        lost = server.upload(*files())
        for file in (tmp_path / "storage").glob("??/??/*"):
            file.unlink()
        right = server.upload(*files())
        counted(server, Requested=1, Done=1)
        assert (measured(server, [lost]), record(server, right)["state"]) == (0, "done")


def test_what_users_measure_stands_until_there_is_something_new(tmp_path):
    uid = generate_uid()
    with Orthanc(tmp_path, section(tmp_path, Enable=False), StableAge=1) as server:
        study = server.upload(*files(study=uid))
        assert server.measure(f"studies/{study}", Outputs=["sc"])["trigger"] == "user"
        stable(server, study)
        server.stop()
        server.settings["BoneMuscle"] = section(tmp_path)
        server.start()
        server.upload(*[encode(dataset) for dataset in other("MR", study=uid)])
        counted(server, MeasuredAlready=1, Requested=0)
        assert record(server, study)["request"]["Outputs"] == ["sc"]
        server.upload(*files(study=uid, slices=4))
        counted(server, Requested=1, Done=1)
        assert server.measure(f"studies/{study}", Outputs=["sc"])["trigger"] == "user"
        server.upload(*[encode(dataset) for dataset in other("MR", study=uid)])
        server.wait(lambda: tally(server)["MeasuredAlready"] >= 2 and tally(server)["Waiting"] == 0)
        assert record(server, study)["request"]["Outputs"] == ["sc"]
        assert tally(server)["Requested"] == 1


def test_users_go_first_and_few_wait(orthanc):
    behave(orthanc, "held")
    for _ in range(5):
        orthanc.upload(*files())
    counted(orthanc, InQueue=2, Waiting=3)
    study = orthanc.upload(*files(having(BodyPartExamined="HEAD")))
    orthanc.post(f"/studies/{study}/bone-muscle")
    queue = orthanc.json("/bone-muscle/queue")
    assert [entry["Trigger"] for entry in queue] == ["automatic", "user", "automatic"]
    assert queue[1]["Resource"] == f"studies/{study}"
    behave(orthanc, "")
    counted(orthanc, Requested=5, Done=5, Waiting=0)


# --- while nobody looks


def test_what_became_stable_meanwhile_is_measured(orthanc):
    before = orthanc.upload(*files())
    counted(orthanc, Requested=1, Done=1)
    orthanc.kill()
    orthanc.settings["Plugins"] = []
    orthanc.start()
    meanwhile = orthanc.upload(*files())
    stable(orthanc, meanwhile)
    orthanc.stop()
    orthanc.settings["Plugins"] = [str(BUILD / "libOrthancBoneMuscle.so")]
    orthanc.start()
    counted(orthanc, Requested=1, Done=1)
    assert record(orthanc, meanwhile)["trigger"] == "automatic"
    assert record(orthanc, before)["state"] == "done"


def test_what_was_still_arriving_when_orthanc_was_killed_is_measured(tmp_path):
    with Orthanc(tmp_path, section(tmp_path), StableAge=600) as server:
        study = server.upload(*files())
        server.wait(lambda: tally(server)["Arriving"] == 1)
        server.kill()
        server.start()
        counted(server, Requested=1, Done=1)
        assert record(server, study)["state"] == "done"


def test_what_waits_outlives_a_kill(orthanc):
    behave(orthanc, "unavailable")
    studies = [orthanc.upload(*files()) for _ in range(3)]
    counted(orthanc, Waiting=3, Problem="libbonemuscle was not found")
    assert any("libbonemuscle was not found" in problem for problem in orthanc.json("/bone-muscle/status")["Problems"])
    assert measured(orthanc, studies) == 0
    orthanc.kill()
    behave(orthanc, "")
    orthanc.start()
    counted(orthanc, Requested=3, Done=3, Problem=None)
    assert measured(orthanc, studies) == 3


# --- back-fill


def fill(server, **expected):
    return server.wait(lambda: (now := server.json(f"{BASE}/back-fill")) and expected.items() <= now.items() and now, 120)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """60 studies that were stored before automatic mode was switched on; half of them fulfil the rule."""
    folder = tmp_path_factory.mktemp("archive")
    with Orthanc(folder, section(folder), StableAge=1, Plugins=[]) as server:
        years = ["20200101", "20220101", "20240101"]
        studies = [server.upload(*files(matching(StudyDate=years[n % 3], PatientAge=["040Y", "060Y"][n % 2]))) for n in range(60)]
        for study in studies:
            stable(server, study)
        server.stop()
    return folder


def test_a_back_fill_does_what_the_dry_run_said_through_pause_restart_and_kill(archive):
    with Orthanc(archive, {**section(archive), "Workers": 2}, StableAge=600, CheckRevisions=True) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        assert server.json(f"{BASE}/back-fill") == {"State": "none"}
        said = server.post(f"{BASE}/dry-run", {"From": "2022-01-01"}).json()
        assert (said["Studies"], said["OutOfPeriod"], said["NotMatching"], said["WouldMeasure"]) == (60, 20, 20, 20)
        assert said["SecondsPerMeasurement"] is None
        assert server.post(f"{BASE}/back-fill/pause").status_code == 409

        behave(server, "held")
        assert server.post(f"{BASE}/back-fill", {"From": "2022-01-01"}).json()["State"] == "running"
        assert server.post(f"{BASE}/back-fill").status_code == 409
        fill(server, InQueue=4, Waiting="queue")
        assert server.post(f"{BASE}/back-fill/pause").json()["State"] == "paused"
        behave(server, "")
        paused = fill(server, InQueue=0, Done=4)
        assert paused["Requested"] == 4 and paused["SecondsPerMeasurement"] > 0 and paused["SecondsLeft"] > 0

        server.stop()
        server.start()
        assert fill(server, State="paused")["Position"] == paused["Position"]
        assert server.post(f"{BASE}/back-fill/resume").json()["State"] == "running"
        server.wait(lambda: server.json(f"{BASE}/back-fill")["Done"] >= 8)
        behave(server, "held")
        fill(server, InQueue=4)
        server.kill()
        behave(server, "")
        server.start()
        done = fill(server, State="done")
        assert (done["Requested"], done["Done"]) == (said["WouldMeasure"], said["WouldMeasure"])
        assert (done["Looked"], done["OutOfPeriod"], done["NotMatching"]) == (60, said["OutOfPeriod"], said["NotMatching"])
        assert (done["Failed"], done["Refused"], done["SecondsLeft"]) == (0, 0, None)
        records = [record(server, study) for study in server.json("/studies") if measured(server, [study])]
        assert len(records) == 20
        assert {one["trigger"] for one in records} == {"back-fill"} and {one["state"] for one in records} == {"done"}

        again = server.post(f"{BASE}/dry-run").json()
        assert (again["MeasuredAlready"], again["WouldMeasure"]) == (20, 10)
        assert again["MeasurementsTimed"] > 0 and again["ProcessorHours"] > 0
        # A second one measures what the first was not for, at the rate that is asked for, and can be ended.
        assert server.post(f"{BASE}/back-fill", {"PerHour": 1}).json()["State"] == "running"
        fill(server, Waiting="rate", Requested=1, Done=1)
        assert server.post(f"{BASE}/back-fill/cancel").json()["State"] == "cancelled"


def test_a_dry_run_goes_on_where_it_stopped(archive):
    with Orthanc(archive, section(archive, InQueue=7), StableAge=600) as server:
        half = sorted(server.json("/studies"))[29]
        rest = server.post(f"{BASE}/dry-run", {"After": half}).json()
        assert (rest["Looked"], rest["Studies"], rest["Complete"], rest["Next"]) == (30, 60, True, None)


def test_what_failed_is_tried_again_on_request_and_more_may_be_in_the_queue(archive):
    with Orthanc(archive, section(archive, InQueue=7), StableAge=600) as server:
        server.wait(lambda: server.json("/bone-muscle/status")["Worker"]["Ready"])
        behave(server, "held")
        before = server.post(f"{BASE}/dry-run").json()
        server.post(f"{BASE}/back-fill")
        fill(server, InQueue=7)
        behave(server, "refuse")
        first = fill(server, State="done", Requested=before["WouldMeasure"])
        assert first["Failed"] > 0
        behave(server, "")
        assert server.post(f"{BASE}/back-fill").json()["State"] == "running"
        assert fill(server, State="done")["Requested"] == 0
        server.post(f"{BASE}/back-fill", {"Again": "failed"})
        assert fill(server, State="done")["Done"] == first["Failed"]


# --- the real core


def test_the_phantom_is_measured_when_it_is_stable(tmp_path):
    folder = tmp_path / "phantom"
    folder.mkdir()
    subprocess.run([BUILD / "bonemuscle", "phantom", folder], check=True)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.read_bytes()[128:132] == b"DICM"]
    rule = {"Modality": ["CT"], "Age": {"Least": 50}, "Request": {}}
    settings = {**section(tmp_path, rule), "Worker": str(BUILD / "bonemuscle-worker")}
    with Orthanc(tmp_path, settings, StableAge=1) as server:
        study = server.upload(*paths)
        counted(server, 300, Requested=1, Done=1, MeasuredAlready=1)
        assert record(server, study)["trigger"] == "automatic"
        assert record(server, study)["report"]["findings"]
        assert server.stop() == 0
