"""A real PostgreSQL in a folder of its own, run by a user who is not root, with pgmq in it."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
from pgmq.install import install_pgmq_from_sql

from orthanc_server import free_port

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
# PostgreSQL refuses to run as root; Debian's package brings this user.
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if os.geteuid() == 0 else []
OWNER, PASSWORD = "orthanc", "secret-of-the-database"


class Postgres:
    """Starts on construction, on `address`; `stop`, or use as a context manager."""

    def __init__(self, folder, address="127.0.0.1", networks=("127.0.0.1/32",)):
        self.folder = Path(folder) / "postgres"
        self.address, self.port = address, free_port()
        self.folder.mkdir()
        if AS_POSTGRES:
            shutil.chown(self.folder, "postgres", "postgres")
            for parent in self.folder.parents[:-2]:
                parent.chmod(parent.stat().st_mode | 0o011)
        self.run("initdb", "--pgdata", self.data, "--auth", "trust", "--username", "postgres", "--no-sync")
        rules = [f"host all all {network} scram-sha-256\n" for network in networks]
        (self.data / "pg_hba.conf").write_text("local all all trust\n" + "".join(rules))
        self.process = None
        self.start()
        with self.connect("postgres", "postgres") as database:
            database.autocommit = True
            database.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD}'")
            database.execute(f"CREATE DATABASE {OWNER} OWNER {OWNER}")

    @property
    def data(self):
        return self.folder / "data"

    def run(self, program, *arguments):
        subprocess.run([*AS_POSTGRES, PROGRAMS[-1] / program, *arguments], check=True, capture_output=True, cwd=self.folder)

    def start(self):
        settings = [f"listen_addresses={self.address}", f"port={self.port}", f"unix_socket_directories={self.folder}"]
        command = [*AS_POSTGRES, PROGRAMS[-1] / "postgres", "-D", self.data]
        command += [word for setting in settings for word in ("-c", setting)]
        deadline = time.monotonic() + 30
        while True:
            # After a kill it refuses to start until the last of its children is gone too.
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                self.connect("postgres", "postgres").close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not start"
                time.sleep(0.1)

    def encrypt(self, certificate, key):
        """From now on over TLS only."""
        for file, name in ((certificate, "server.crt"), (key, "server.key")):
            copy = self.data / name
            copy.write_bytes(Path(file).read_bytes())
            copy.chmod(0o600)
            if AS_POSTGRES:
                shutil.chown(copy, "postgres", "postgres")
        rules = self.data / "pg_hba.conf"
        rules.write_text(rules.read_text().replace("host all", "hostssl all"))
        with self.connect("postgres", "postgres") as database:
            database.autocommit = True
            database.execute("ALTER SYSTEM SET ssl = on")
            database.execute("SELECT pg_reload_conf()")

    def stop(self, how=signal.SIGINT):
        """Ends it; as a power failure would with `signal.SIGKILL`."""
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(90)

    def connect(self, user=OWNER, database=OWNER):
        """Through the socket in its folder, so that rules for networks do not matter."""
        return psycopg.connect(host=str(self.folder), port=self.port, user=user, dbname=database)

    def install_pgmq(self):
        """As its ordinary owner, from the SQL that the Python package brings."""
        install_pgmq_from_sql(dsn=f"host={self.folder} port={self.port} user={OWNER} dbname={OWNER}")

    def query(self, sql, *values):
        with self.connect() as database:
            cursor = database.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    @property
    def uri(self):
        return f"postgresql://{OWNER}:{PASSWORD}@{self.address}:{self.port}/{OWNER}"

    @property
    def index(self):
        """Orthanc's settings for its index here."""
        index = {"EnableIndex": True, "EnableStorage": False, "Lock": False, "IndexConnectionsCount": 5, "EnableSsl": False}
        place = {"Host": self.address, "Port": self.port, "Database": OWNER, "Username": OWNER, "Password": PASSWORD}
        return {**index, **place}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop(signal.SIGQUIT)
