"""What measuring costs an archive at work: a real Orthanc receives CT slices over DICOM while four measurements run in it.

    python bench_orthanc.py BUILD WORK CT

CT is a folder with a real CT of one file per slice (scripts/example_ct.py); its slices are brought to the 512 x 512 of a scanner. Every
figure stands beside that of the same Orthanc with the plugin disabled, in the same run: once with the machine to itself, once beside four
measurements by the command line, which load the machine as much and Orthanc not at all; and it is sent the same results from outside, for
storing them costs Orthanc memory whoever does it. Exits 1 where a bar is missed.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BUILD, WORK, SOURCE = (Path(argument).resolve() for argument in sys.argv[1:4])
os.environ["BONEMUSCLE_BUILD"] = str(BUILD)
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import numpy as np  # noqa: E402
import pydicom  # noqa: E402
from orthanc_server import Orthanc, free_port  # noqa: E402
from pydicom.uid import generate_uid  # noqa: E402

SIZE = 512
SENDERS = 4
MEASUREMENTS = 4
SLICES_OF_A_SENDER = 500
# Of the network, for the uncertainty: without them it outlasts the slices already.
PASSES = 0
# Orthanc keeps received files in memory, 128 MB by default, which would hide what the plugin adds.
SETTINGS = {"DicomServerEnabled": True, "ConcurrentJobs": 2 + MEASUREMENTS, "MaximumStorageCacheSize": 0}

SLICES_PER_SECOND = 500
ANSWER_MS = 100
GROWTH_MB = 50
# Where the machine itself does not store so many slices, the plugin may cost this part.
SHARE = 0.9


# --- what is stored and measured


def enlarged(dataset):
    rows, columns = (np.arange(SIZE) * length // SIZE for length in (dataset.Rows, dataset.Columns))
    spacing = [step * length / SIZE for step, length in zip(dataset.PixelSpacing, (dataset.Rows, dataset.Columns), strict=True)]
    dataset.PixelData = dataset.pixel_array[np.ix_(rows, columns)].tobytes()
    dataset.PixelSpacing, dataset.Rows, dataset.Columns = [f"{step:.6f}" for step in spacing], SIZE, SIZE


def write_study(source, folder, count):
    """`count` of the slices, from the beginning again where there are fewer, as a study of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    for number in range(count):
        dataset = source[number % len(source)]
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = study, series, frame
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.PatientID, dataset.InstanceNumber = f"{folder.parent.name.upper()}-{folder.name}", number + 1
        dataset.save_as(folder / f"{number:04}.dcm")


def write_studies():
    source = [pydicom.dcmread(file) for file in sorted(SOURCE.glob("*.dcm"))]
    for dataset in source:
        enlarged(dataset)
    for index in range(SENDERS):
        write_study(source, WORK / "sent" / str(index), SLICES_OF_A_SENDER)
    for index in range(MEASUREMENTS):
        write_study(source, WORK / "measured" / str(index), len(source))


# --- what is watched


@dataclass
class Watched:
    """How Orthanc fared for a while."""

    answers: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)

    def p99(self):
        """Milliseconds within which 99 of 100 calls of /system were answered."""
        return 1000 * sorted(self.answers)[int(len(self.answers) * 0.99)]

    def growth(self, before):
        return max(self.memory) - before


def resident(server):
    """Megabytes of Orthanc's own process."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


@contextmanager
def watching(server, watched):
    over = threading.Event()

    def watch():
        while not over.wait(0.01):
            began = time.perf_counter()
            server.json("/system")
            watched.answers.append(time.perf_counter() - began)
            watched.memory.append(resident(server))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# --- what is done to it


def receive(server):
    """Slices per second, from `SENDERS` associations at once. What was received is deleted again."""
    before = server.json("/statistics")["CountInstances"]
    folders = [str(WORK / "sent" / str(index)) for index in range(SENDERS)]
    began = time.perf_counter()
    command = ["storescu", "--scan-directories", "--required", "127.0.0.1", str(server.settings["DicomPort"])]
    senders = [subprocess.Popen([*command, folder]) for folder in folders]
    assert [sender.wait() for sender in senders] == [0] * SENDERS
    seconds = time.perf_counter() - began
    count = SENDERS * SLICES_OF_A_SENDER
    assert server.json("/statistics")["CountInstances"] - before == count
    for study in server.post("/tools/find", {"Level": "Study", "Query": {"PatientID": "SENT-*"}}).json():
        server.http.delete(f"{server.url}/studies/{study}")
    return count / seconds


def send_results(server):
    """What was measured, from outside."""
    for file in sorted((WORK / "stored").iterdir()):
        answer = server.post("/instances", file.read_bytes())
        assert answer.status_code == 200, answer.text


@contextmanager
def measuring_outside(server, studies, storing):
    """The same measurements without Orthanc."""
    program = BUILD / "bonemuscle"
    threads = str(-(-len(os.sched_getaffinity(0)) // 2))
    runs = [
        subprocess.Popen(
            [program, "measure", WORK / "measured" / str(index), "--output", WORK / f"results-{index}", "--threads", threads, "--passes", str(PASSES)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for index in range(MEASUREMENTS)
    ]
    time.sleep(5)
    try:
        yield
        assert all(run.poll() is None for run in runs), "a measurement ended before all slices were received"
    finally:
        for run in runs:
            run.kill()
            run.wait()
    with watching(server, storing):
        send_results(server)


@contextmanager
def measuring_inside(server, studies, storing):
    state = lambda study: server.json(f"/studies/{study}/bone-muscle")  # noqa: E731
    for study in studies:
        answer = server.post(f"/studies/{study}/bone-muscle", {"Segmentation": {"Model": "bonemuscle-ct", "Passes": PASSES}})
        assert answer.status_code == 200, answer.text
    server.wait(lambda: all(state(study).get("stage") == "segment" for study in studies), 600)
    yield
    assert all(state(study)["state"] == "running" for study in studies), "a measurement ended before all slices were received"
    server.wait(lambda: any(state(study).get("stage") != "segment" for study in studies), 3600)
    with watching(server, storing):
        records = [server.ended(f"studies/{study}", 3600) for study in studies]
    (WORK / "stored").mkdir()
    for index, record in enumerate(records):
        assert record["state"] == "done", record["error"]
        for name, item in record["instances"].items():
            (WORK / "stored" / f"{index}-{name}").write_bytes(server.get(f"/instances/{item['id']}/file").content)


# --- what is told


@dataclass
class Course:
    """The figures of one Orthanc: alone, then beside four measurements, then while their results are stored."""

    quiet: Watched = field(default_factory=Watched)
    busy: Watched = field(default_factory=Watched)
    storing: Watched = field(default_factory=Watched)
    alone: float = 0
    beside: float = 0
    before: float = 0


def course(name, section, measuring):
    folder, seen = WORK / name, Course()
    folder.mkdir()
    with Orthanc(folder, section, DicomPort=free_port(), **SETTINGS) as server:
        with watching(server, seen.quiet):
            seen.alone = receive(server)
        studies = [server.upload(*sorted((WORK / "measured" / str(index)).iterdir())) for index in range(MEASUREMENTS)]
        seen.before = resident(server)
        with measuring(server, studies, seen.storing), watching(server, seen.busy):
            seen.beside = receive(server)
        assert server.stop() == 0
    return seen


def tell(what, without, with_plugin, unit, bar, good):
    print(f"  {what:<48}{without:9.1f}{with_plugin:9.1f} {unit:<9}{bar:<22}{'met' if good else 'MISSED'}")
    return good


def main():
    print(f"load of the machine before: {os.getloadavg()[0]:.2f}, {len(os.sched_getaffinity(0))} processors")
    write_studies()
    section = {"Enable": True, "Workers": MEASUREMENTS, "Worker": str(BUILD / "bonemuscle-worker")}
    on = course("on", section, measuring_inside)
    off = course("off", {"Enable": False}, measuring_outside)
    print(f"{SENDERS} associations, {SENDERS * SLICES_OF_A_SENDER} slices of {SIZE} x {SIZE}; {MEASUREMENTS} measurements of {SIZE} x {SIZE} slices")
    print(f"  {'':<48}{'disabled':>9}{'enabled':>9}")
    enough = lambda without, rate: rate >= min(SLICES_PER_SECOND, SHARE * without)  # noqa: E731
    bar = f"{SLICES_PER_SECOND}, or {SHARE:.0%} of disabled"
    grown = lambda what, of: tell(what, of(off), of(on), "MB", f"{GROWTH_MB}", of(on) < GROWTH_MB)  # noqa: E731
    results = [
        tell("C-STORE, nothing measured", off.alone, on.alone, "slices/s", bar, enough(off.alone, on.alone)),
        tell("C-STORE beside four measurements", off.beside, on.beside, "slices/s", bar, enough(off.beside, on.beside)),
        tell("/system p99, C-STORE only", off.quiet.p99(), on.quiet.p99(), "ms", f"{ANSWER_MS}", on.quiet.p99() < ANSWER_MS),
        tell("/system p99 beside four measurements", off.busy.p99(), on.busy.p99(), "ms", f"{ANSWER_MS}", on.busy.p99() < ANSWER_MS),
        grown("memory, growth while measuring and receiving", lambda seen: seen.busy.growth(seen.before)),
        grown("memory, growth that is left at the end", lambda seen: seen.storing.memory[-1] - seen.before),
    ]
    peaks = [seen.storing.growth(seen.before) for seen in (off, on)]
    print(f"  {'memory, highest while results are stored':<48}{peaks[0]:9.1f}{peaks[1]:9.1f} MB")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
