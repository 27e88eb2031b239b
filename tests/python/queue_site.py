"""A site with several machines: two Orthancs on one PostgreSQL, and workers that serve their queue, each in a network of its own.

The machines are network namespaces on one bridge, so that a cable can be pulled. That takes the rights of root.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

from environment import skip_or_fail
from orthanc_server import BUILD, PROGRAM, Orthanc, fake_worker
from postgres_server import Postgres

INDEX_PLUGIN = "/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so"
WORKER = BUILD / "bonemuscle-worker"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


class Network:
    """A bridge with an address, and machines on it."""

    def __init__(self):
        # 198.18.0.0/15 is for tests of networks (RFC 2544): it hides no real one.
        self.name, self.prefix = f"bm{os.getpid() % 100000}", f"198.18.{os.getpid() % 250}"
        self.address = f"{self.prefix}.1"
        self.machines = []
        ip("link", "add", self.name, "type", "bridge")
        ip("address", "add", f"{self.address}/24", "dev", self.name)
        ip("link", "set", self.name, "up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for machine in self.machines:
            ip("netns", "delete", machine.name)
        ip("link", "delete", self.name)


class Machine:
    """A namespace with one cable to the bridge."""

    def __init__(self, network):
        number = len(network.machines) + 2
        self.name, self.cable = f"{network.name}n{number}", f"{network.name}c{number}"
        self.address = f"{network.prefix}.{number}"
        ip("netns", "add", self.name)
        network.machines.append(self)
        ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self.cable, "master", network.name, "up")
        for words in (f"address add {self.address}/24 dev eth0", "link set eth0 up", "link set lo up"):
            ip("-n", self.name, *words.split())

    def cut(self):
        ip("link", "set", self.cable, "down")

    def mend(self):
        ip("link", "set", self.cable, "up")

    @property
    def inside(self):
        return ["ip", "netns", "exec", self.name]


class Node(Orthanc):
    """An Orthanc on a machine, or without one on this."""

    def __init__(self, folder, section, machine=None, **settings):
        self.machine = machine
        Path(folder).mkdir(exist_ok=True)
        super().__init__(folder, section, RemoteAccessAllowed=machine is not None, **settings)

    def launch(self):
        if self.machine:
            self.url = f"http://{self.machine.address}:{self.port}"
        configuration = self.folder / "orthanc.json"
        configuration.write_text(json.dumps(self.settings))
        self.log = self.folder / "orthanc.log"
        inside = self.machine.inside if self.machine else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*inside, PROGRAM, str(configuration)], stdout=log, stderr=log)


class QueueWorker:
    """`bonemuscle-worker --queue` with a child that measures nothing, on a machine or without one on this."""

    def __init__(self, folder, name, uri, orthanc, machine=None, program=None, **keys):
        self.folder, self.name, self.machine = Path(folder) / name, name, machine
        self.folder.mkdir()
        self.file, self.log = self.folder / "worker.json", self.folder / "worker.log"
        program = program or fake_worker(folder)
        self.keys = {"Name": name, "ConnectionUri": uri, "OrthancUrl": orthanc, "Worker": str(program), **keys}
        self.process = None

    def start(self):
        self.file.write_text(json.dumps(self.keys))
        inside = self.machine.inside if self.machine else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*inside, WORKER, "--queue", self.file], stdout=log, stderr=log)
        return self

    def prepare(self):
        self.file.write_text(json.dumps(self.keys))
        return subprocess.run([WORKER, "--queue", self.file, "--prepare"], capture_output=True, text=True, timeout=60)

    def text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait(90)

    def stop(self):
        """Answers the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(90)


def prepared(folder, **arguments):
    """A PostgreSQL with pgmq and our tables."""
    postgres = Postgres(folder, **arguments)
    postgres.install_pgmq()
    answer = QueueWorker(folder, "prepare", local(postgres), None).prepare()
    assert answer.returncode == 0, answer.stderr
    return postgres


def local(postgres):
    """The connection from this machine; beyond it, encryption has to be declined in so many words."""
    return postgres.uri + ("" if postgres.address == "127.0.0.1" else "?sslmode=disable")


class Site:
    """Two Orthancs that measure nothing themselves, and workers that do."""

    LEASE = 4

    def __init__(self, folder, workers=4, automatic=None, **keys):
        if os.geteuid() != 0 or not os.path.exists(INDEX_PLUGIN):
            skip_or_fail("network namespaces take root, and Orthanc's index in PostgreSQL the package orthanc-postgresql")
        self.folder, self.open, self.automatic = Path(folder), [], automatic
        self.network = self.enter(Network())
        rules = (f"{self.network.prefix}.0/24",)
        self.postgres = self.enter(prepared(folder, address=self.network.address, networks=rules))
        (self.folder / "storage").mkdir()
        queue = {"ConnectionUri": local(self.postgres), "LeaseSeconds": self.LEASE, **keys}
        self.nodes = [self.enter(self.node(name, queue)) for name in ("a", "b")]
        self.workers = [self.worker(number) for number in range(workers)]
        for worker in self.workers:
            worker.start()

    def node(self, name, queue):
        folder = self.folder / name
        folder.mkdir()
        section = {"Enable": True, "Worker": str(fake_worker(folder)), "Workers": 0, "Queue": queue}
        section |= {"Automatic": self.automatic} if self.automatic else {}
        settings = {"PostgreSQL": self.postgres.index, "DatabaseServerIdentifier": name, "StorageDirectory": str(self.folder / "storage")}
        settings["StableAge"] = 3 if self.automatic else 60
        settings["Plugins"] = [str(BUILD / "libOrthancBoneMuscle.so"), INDEX_PLUGIN]
        return Node(folder, section, Machine(self.network), Name=name, **settings)

    def worker(self, number):
        node = self.nodes[number % 2]
        keys = {"LeaseSeconds": self.LEASE, "TimeoutSeconds": 60}
        return QueueWorker(self.folder, f"w{number}", local(self.postgres), node.url, Machine(self.network), **keys)

    def enter(self, part):
        self.open.append(part)
        return part.__enter__()

    def behave(self, behaviour):
        """What the children of all workers do from now on."""
        (self.folder / "behaviour").write_text(behaviour)

    def holder(self, study, other_than=None):
        """The worker that is at a study, once one is."""

        def name():
            record = self.nodes[0].json(f"/studies/{study}/bone-muscle")
            return record.get("stage") == "measure" and record["worker"] not in (None, other_than) and record["worker"]

        found = self.nodes[0].wait(name, 60)
        return next(worker for worker in self.workers if worker.name == found)

    def rows(self):
        return self.postgres.query("SELECT request::text FROM bonemuscle.request")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()
        for part in reversed(self.open):
            part.__exit__(None, None, None)
