"""Films that are not to be measured, with headers that say nothing of it: the shipped networks and the search for metal see it."""

import json
import subprocess

import pydicom
import pytest

import films
from environment import ROOT, built

FILMS = ROOT / "tests" / "films"
GATES = {"frog_leg": {"VIEW"}, "lateral": {"VIEW"}, "implant": {"VIEW", "IMPLANT"}, "distal": {"VIEW"}, "other": {"VIEW"}}


def report(film, folder):
    done = subprocess.run([built("bonemuscle"), "xray", film, "--output", folder], capture_output=True, text=True)
    return done, json.loads((folder / "report.json").read_text())


@pytest.mark.parametrize("view", GATES)
def test_a_film_that_shows_no_hip_from_the_front_gives_no_value(view, tmp_path):
    film = FILMS / f"{view}.dcm"
    assert pydicom.dcmread(film, stop_before_pixels=True).ViewPosition == "AP", "the header must not be what tells"
    done, said = report(film, tmp_path)
    assert done.returncode == 3, done.stderr
    assert not any(finding["measurements"] for finding in said["findings"])
    assert GATES[view] & {remark["code"] for remark in said["quality"] if remark["severity"] == "block"}, said["quality"]


def test_the_same_program_measures_the_hip_that_is_seen_from_the_front(tmp_path):
    done, said = report(films.example(), tmp_path)
    assert done.returncode == 0 and any(finding["measurements"] for finding in said["findings"]), done.stderr
