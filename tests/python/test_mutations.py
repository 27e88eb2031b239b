"""Spoilt inputs for each parser: none ends the process, none is an error of the program's own, none takes much memory or time.

How many each gets is MUTATIONS in the environment; 1000 where it is not set.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from environment import built

import mutations
import parser_seeds

COUNT = int(os.environ.get("MUTATIONS", 1000))
# What still is a film runs a network, what still is a table draws a page; that takes seconds.
SHARE = {"film": 20, "pairs": 20}
# Of the whole process with its libraries; inputs are of some kilobytes, but one may honestly state a volume of a thousand times that.
MOST_MEGABYTES = 600
# One input may be a volume of some million voxels.
MOST_SECONDS = 10

OK, INPUT_ERRORS = "0", {"2", "3", "4", "8"}


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> Path:
    return parser_seeds.write(tmp_path_factory.mktemp("seeds"))


@pytest.mark.parametrize("parser", mutations.PARSERS)
def test_no_spoilt_input_ends_the_process(parser, seeds, tmp_path):
    library, count = built("libbonemuscle.so"), COUNT // SHARE.get(parser, 1)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        # A thread's own arena would map 64 MB each, of which nothing is used.
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1", "RUST_BACKTRACE": "0"}
        command = [sys.executable, mutations.__file__, library, parser, str(count), seeds, scratch]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=COUNT)
        if run.returncode != 0:
            kept = shutil.copytree(scratch, tmp_path / "killed-by")
            pytest.fail(f"ended with {run.returncode} by the input in {kept}: {run.stderr[-2000:]}")
    found = json.loads(run.stdout)
    print(parser, found)
    statuses = found["statuses"]
    assert not found["internal"]
    assert sum(statuses.values()) == count
    assert set(map(str, found["whole"])) == {OK}, "a seed that is not understood tests little"
    # The list of models names what is wrong with one of them, and is a list nevertheless.
    assert parser == "manifest" or INPUT_ERRORS & set(statuses), "no change did any harm: the seeds are not what is read"
    assert found["peak_mb"] < MOST_MEGABYTES and found["slowest"] < MOST_SECONDS
