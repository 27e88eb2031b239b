"""A real Orthanc on the loopback, with its own ports and folder, and the plugin in it."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

BUILD = Path(os.environ.get("BONEMUSCLE_BUILD", Path(__file__).parents[2] / "target" / "release")).resolve()
PLUGIN = BUILD / "libOrthancBoneMuscle.so"
# The root folder of another Debian whose Orthanc is tested, from scripts/orthanc_versions.sh; empty for that of this machine.
ROOT = os.environ.get("BONEMUSCLE_ORTHANC", "").rstrip("/")
PROGRAM = f"{ROOT}/usr/sbin/Orthanc" if ROOT else shutil.which("Orthanc") or "/usr/sbin/Orthanc"


def missing():
    """Why no Orthanc can be started, or None."""
    if not Path(PROGRAM).exists():
        return "no Orthanc is installed"
    if not PLUGIN.exists():
        return f"{PLUGIN} is not built (cargo build --release -p orthanc-bone-muscle, or set BONEMUSCLE_BUILD)"
    return None


# Where tests must run, a missing Orthanc is a failure.
needed = pytest.mark.skipif(missing() is not None and "CI" not in os.environ, reason=str(missing()))


def command():
    """What starts Orthanc, and its environment. The one of another Debian runs on that Debian's loader, libraries and dictionaries and on
    nothing else of it, so that every path means the same to it, to its workers and to the tests."""
    if not ROOT:
        return [PROGRAM], None
    (loader,) = Path(ROOT).glob("lib*/ld-linux-*.so.*")
    (libraries,) = Path(ROOT).glob("usr/lib/*-linux-gnu")
    dictionaries = [str(*Path(ROOT).glob(f"usr/share/*dcmtk*/{name}.dic")) for name in ("dicom", "private")]
    environment = {**os.environ, "DCMDICTPATH": ":".join(dictionaries)}
    return [str(loader), "--inhibit-cache", "--library-path", str(libraries), PROGRAM], environment


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fake_worker(folder):
    """A program that runs orthanc_fake_worker.py; its behaviour is what stands in the file `behaviour` of `folder`."""
    program = Path(folder) / "fake-worker"
    script = Path(__file__).parent / "orthanc_fake_worker.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "{folder}"\n')
    program.chmod(0o755)
    return program


def behave(server, behaviour):
    """Tells the fake worker of a server what to do from now on."""
    (server.folder / "behaviour").write_text(behaviour)


class Orthanc:
    """Starts on construction; `stop`, or use as a context manager."""

    def __init__(self, folder, section=None, comes_up=True, **settings):
        self.folder = Path(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = requests.Session()
        self.settings = {
            "Name": "BoneMuscle test",
            "StorageDirectory": str(self.folder / "storage"),
            "IndexDirectory": str(self.folder / "storage"),
            "HttpPort": self.port,
            "DicomServerEnabled": False,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "MetricsEnabled": True,
            # An idle connection is closed after a second, which a request of the tests may just miss.
            "KeepAlive": False,
            "Plugins": [str(PLUGIN)],
            **({} if section is None else {"BoneMuscle": section}),
            **settings,
        }
        (self.folder / "storage").mkdir(exist_ok=True)
        self.process = None
        if comes_up:
            self.start()
        else:
            self.launch()

    def launch(self):
        configuration = self.folder / "orthanc.json"
        configuration.write_text(json.dumps(self.settings))
        self.log = self.folder / "orthanc.log"
        program, environment = command()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*program, str(configuration)], stdout=log, stderr=log, env=environment)

    def start(self):
        self.launch()
        self.wait(lambda: self.answers() or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.text()

    def answers(self):
        with contextlib.suppress(requests.RequestException):
            return self.http.get(self.url + "/system", timeout=5).status_code == 200
        return False

    def wait(self, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; the log says:\n{self.text()}")

    def text(self):
        return self.log.read_text(errors="replace")

    def events(self, name):
        """What the plugin logged of an event: the keys and values of each line, and `level`, the letter of its severity."""
        lines = [line for line in self.text().splitlines() if f"BoneMuscle: event={name} " in line + " "]
        return [dict(field.split("=", 1) for field in shlex.split(line.partition("BoneMuscle: ")[2])) | {"level": line[0]} for line in lines]

    def stop(self):
        """Answers the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)

    def kill(self):
        self.process.kill()
        self.process.wait(90)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(90)

    # --- REST

    def get(self, path):
        return self.http.get(self.url + path, timeout=60)

    def post(self, path, body=b"", **arguments):
        data = json.dumps(body) if isinstance(body, (dict, list)) else body
        return requests.post(self.url + path, data=data, timeout=120, **arguments)

    def json(self, path):
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def version(self):
        return tuple(map(int, self.json("/system")["Version"].split(".")))

    def upload(self, *files):
        """Stores DICOM files (paths or bytes); answers Orthanc's identifier of the last one's study."""
        for file in files:
            data = file if isinstance(file, bytes) else Path(file).read_bytes()
            answer = self.post("/instances", data)
            assert answer.status_code == 200, answer.text
        return answer.json()["ParentStudy"]

    def measure(self, resource, **body):
        """POSTs, waits for the end, answers the record."""
        answer = self.post(f"/{resource}/bone-muscle", body)
        assert answer.status_code == 200, answer.text
        return self.ended(resource)

    def ended(self, resource, seconds=600):
        def record():
            latest = self.json(f"/{resource}/bone-muscle")
            return latest if latest["state"] not in ("queued", "running") else None

        return self.wait(record, seconds)

    def job_ended(self, job, seconds=120):
        def state():
            latest = self.json(f"/jobs/{job}")
            return latest if latest["State"] in ("Success", "Failure") else None

        return self.wait(state, seconds)

    def workers(self):
        """Process identifiers of the plugin's workers."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(child) for file in children for child in file.read_text().split()]
