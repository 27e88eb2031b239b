"""A thousand studies, four workers on machines of their own, two Orthancs, one PostgreSQL; something is killed every few seconds.

Prints what became of the studies. Fails where one was lost, measured into two results, or failed. Usage: BUILD [STUDIES] [SECONDS]
"""

import os
import random
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

BUILD = os.environ["BONEMUSCLE_BUILD"] = sys.argv[1]
STUDIES = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 600
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))

from orthanc_images import ct, encode  # noqa: E402
from queue_site import Site  # noqa: E402

# So long that the workers are busy nearly all the time, and most kills meet one at work.
MEASURING = 0.8 * SECONDS * 4 / STUDIES


class Bench(Site):
    LEASE = 20

    def __init__(self, folder):
        child = Path(folder) / "child"
        child.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{HERE / "queue_child.py"}" {MEASURING}\n')
        child.chmod(0o755)
        self.child = str(child)
        # A message whose worker dies three times is a dead letter; here it is chance that kills, and often.
        super().__init__(folder, MostStarts=100)

    def node(self, name, queue):
        node = super().node(name, queue)
        node.stop()
        node.settings["BoneMuscle"]["Worker"] = self.child
        node.start()
        return node

    def worker(self, number):
        worker = super().worker(number)
        worker.keys |= {"Worker": self.child, "MostStarts": 100}
        return worker

    def kill(self):
        """Kills something and starts it again; answers what."""
        kind = random.choices(("worker", "orthanc", "postgresql"), (90, 8, 2))[0]
        if kind == "worker":
            worker = random.choice(self.workers)
            worker.kill()
            worker.start()
        elif kind == "orthanc":
            node = random.choice(self.nodes)
            node.kill()
            node.start()
        else:
            self.postgres.stop(signal.SIGKILL)
            self.postgres.start()
        return kind


def patiently(action):
    """Until somebody answers with success: what is killed comes back."""
    while True:
        try:
            answer = action()
            if answer.status_code == 200:
                return answer
        except requests.RequestException:
            pass
        time.sleep(0.5)


def store(site, files):
    answers = [patiently(lambda file=file: site.nodes[0].post("/instances", file)) for file in files]
    return answers[0].json()["ParentStudy"]


def ask_for(site, study):
    patiently(lambda: random.choice(site.nodes).post(f"/studies/{study}/bone-muscle"))


def main():
    random.seed(4750)
    with tempfile.TemporaryDirectory() as folder, Bench(folder) as site:
        studies = [store(site, [encode(slice) for slice in ct(2)]) for _ in range(STUDIES)]
        began, kills = time.monotonic(), {"worker": 0, "orthanc": 0, "postgresql": 0}
        with ThreadPoolExecutor(2) as pool:
            asked = [pool.submit(ask_for, site, study) for study in studies]
            while time.monotonic() < began + SECONDS:
                time.sleep(random.uniform(1, 5))
                kills[site.kill()] += 1
            for one in asked:
                one.result()
        while left := len(site.rows()):
            assert time.monotonic() < began + SECONDS + 600, f"{left} are left in the queue"
            time.sleep(1)
        seconds = time.monotonic() - began
        states, results = {}, 0
        for study in studies:
            record = patiently(lambda: site.nodes[1].get(f"/studies/{study}/bone-muscle")).json()
            states[record["state"]] = states.get(record["state"], 0) + 1
            series = patiently(lambda: site.nodes[1].get(f"/studies/{study}/series")).json()
            own = [one for one in series if one["MainDicomTags"].get("Manufacturer") == "BoneMuscle"]
            results += sum(len(one["Instances"]) for one in own)
        left = site.postgres.query("SELECT count(*) FROM pgmq.metrics_all() WHERE queue_length > 0")[0][0]
        print(f"{STUDIES} studies, 4 workers, {MEASURING:.1f} s each; killed within {SECONDS} s: {kills}")
        print(f"after {seconds:.0f} s: {states}, {results} results, {left} queues with messages left")
        assert states == {"done": STUDIES} and results == STUDIES and left == 0


main()
