"""What a study costs, and how many cores and how much disk an archive needs for it. Called by scripts/bench.sh capacity.

    python bench_capacity.py BUILD_FOLDER WORK_FOLDER SHARED_DATA FILM

Measured in a real Orthanc with one thread for each measurement: seconds of processor of Orthanc and of its workers together, peak memory
of the worker, bytes that are stored. The CT is that of bench_reference.py, a whole abdomen and pelvis of 160 slices of 512 x 512. At the
end as many measurements run at once as the machine has cores, which says how much more each then costs.
"""

import contextlib
import io
import os
import sys
import tempfile
import threading
import time
import zlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pydicom

os.environ.setdefault("BONEMUSCLE_BUILD", sys.argv[1])
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from bench_reference import SHAPE, SPACING, whole_body  # noqa: E402
from nnunet_cts import Place, write_series  # noqa: E402
from orthanc_server import Orthanc  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
HOUR, YEAR = 3600, 365 * 24 * 3600
# Machines are not busy day and night: so much of the time they measure.
BUSY = 0.6
YEARLY = (100_000, 1_000_000, 10_000_000, 30_000_000)


@dataclass
class Cost:
    name: str
    processor: float
    wall: float
    peak_mb: float
    stored_mb: float
    compressed_mb: float

    def hourly(self) -> float:
        return HOUR / self.processor


def processor_seconds(orthanc: Orthanc) -> float:
    """Of Orthanc and of all workers that have ended."""
    fields = Path(f"/proc/{orthanc.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS


class Peak:
    """The most memory that one worker took, in MB, while the block runs."""

    def __init__(self, orthanc: Orthanc):
        self.orthanc, self.mb, self.over = orthanc, 0.0, threading.Event()

    def watch(self):
        while not self.over.wait(0.05):
            # Processes and threads may end while they are looked at.
            with contextlib.suppress(OSError):
                for worker in self.orthanc.workers():
                    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
                    self.mb = max([self.mb, *(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))])

    def __enter__(self):
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def cost(orthanc: Orthanc, name: str, study: str, repeats: int, **wishes) -> tuple[Cost, dict]:
    stored = float(orthanc.json("/statistics")["TotalDiskSize"])
    before, began = processor_seconds(orthanc), time.perf_counter()
    with Peak(orthanc) as peak:
        for _ in range(repeats):
            answer = orthanc.post(f"/studies/{study}/bone-muscle", wishes)
            assert answer.status_code == 200, answer.text
            record = orthanc.ended(f"studies/{study}", seconds=1800)
            assert record["state"] == "done", record["error"]
    wall = (time.perf_counter() - began) / repeats
    processor = (processor_seconds(orthanc) - before) / repeats
    added = (float(orthanc.json("/statistics")["TotalDiskSize"]) - stored) / 2**20
    found = Cost(name, processor, wall, peak.mb, added, compressed_mb(orthanc, record))
    print(f"  {name:30}{processor:12.1f}{wall:8.1f}{peak.mb:9.0f}{added:11.1f}{found.compressed_mb:12.1f}{found.hourly():14.0f}", flush=True)
    return found, record


def compressed_mb(orthanc: Orthanc, record: dict) -> float:
    """What Orthanc's "StorageCompression" would make of the results."""
    files = (orthanc.get(f"/instances/{item['id']}/file").content for item in record["instances"].values())
    return sum(len(zlib.compress(file)) for file in files) / 2**20


def at_once(orthanc: Orthanc, studies: list[str], wishes: dict) -> float:
    """Seconds of processor for each when all run at the same time: cores share caches and memory."""
    before = processor_seconds(orthanc)
    for study in studies:
        assert orthanc.post(f"/studies/{study}/bone-muscle", wishes).status_code == 200
    for study in studies:
        assert orthanc.ended(f"studies/{study}", seconds=1800)["state"] == "done"
    return (processor_seconds(orthanc) - before) / len(studies)


def another(file: Path, number: int) -> bytes:
    """The same slice as of another patient."""
    slice_ = pydicom.dcmread(file)
    slice_.PatientID = f"{slice_.PatientID}-{number}"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
        slice_[keyword].value += f".{number}"
    slice_.file_meta.MediaStorageSOPInstanceUID = slice_.SOPInstanceUID
    target = io.BytesIO()
    slice_.save_as(target, enforce_file_format=True)
    return target.getvalue()


def seg_of(orthanc: Orthanc, record: dict) -> str:
    return orthanc.json(f"/instances/{record['instances']['seg.dcm']['id']}/series")["ID"]


def main(work: Path, data: Path, film: str) -> None:
    work.mkdir(parents=True, exist_ok=True)
    cores = os.cpu_count()
    if not (work / "ct").exists():
        write_series(work / "ct", whole_body(data), Place(SPACING))
    files = sorted((work / "ct").iterdir())
    ct_mb = sum(file.stat().st_size for file in files) / 2**20
    section = {"Enable": True, "Workers": cores, "Threads": 1}
    with tempfile.TemporaryDirectory() as folder, Orthanc(folder, section, ConcurrentJobs=cores + 1) as orthanc:
        orthanc.wait(lambda: orthanc.json("/bone-muscle/status")["Worker"]["Ready"], 60)
        study = orthanc.upload(*files)
        others = [orthanc.upload(*[another(file, number) for file in files]) for number in range(1, cores)]
        hip = orthanc.upload(film)
        print(f"\n{date.today()}  {cores} cores; CT of {' x '.join(map(str, SHAPE))} ({ct_mb:.0f} MB), one thread for each measurement")
        print(f"  {'':30}{'processor s':>12}{'wall s':>8}{'peak MB':>9}{'stored MB':>11}{'compressed':>12}{'an hour, core':>14}")
        model = {"Model": "bonemuscle-ct"}
        plain, record = cost(orthanc, "reference model, no passes", study, 1, Segmentation={**model, "Passes": 0})
        labels = {"Segmentation": {"Series": seg_of(orthanc, record)}}
        given, _ = cost(orthanc, "labels given as a SEG", study, 3, **labels)
        passes, _ = cost(orthanc, "reference model, ten passes", study, 1, Segmentation={**model, "Passes": 10})
        films, _ = cost(orthanc, "hip film", hip, 3)
        each = at_once(orthanc, [study, *others], {"Segmentation": {**model, "Passes": 0}, "Outputs": ["sr"]})
        crowd = max(each / plain.processor, 1)
        print(f"  {cores} at once, without passes: {each:.1f} s of processor for each, {crowd:.2f} times those of one alone")
    print(f"\nCores, all at work {BUSY:.0%} of the time, and compressed results of a year")
    print(f"  {'studies a year':>16}" + "".join(f"{one.name:>34}" for one in (given, plain, passes, films)))
    for yearly in YEARLY:
        need = [(yearly * one.processor * crowd / (YEAR * BUSY), yearly * one.compressed_mb / 2**20) for one in (given, plain, passes, films)]
        print(f"  {yearly:16,}" + "".join(f"{f'{count:,.1f} cores, {disk:,.2f} TB':>34}" for count, disk in need))


if __name__ == "__main__":
    main(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
