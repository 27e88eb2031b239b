"""Runs programs in turns of a few seconds, so that a machine whose speed changes from one minute to the next changes all of them alike.

A program that has no turn is stopped, with everything that it started, and keeps its memory: there must be enough for all of them.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path


def launcher(figures: str) -> list:
    """What precedes a command so that its seconds and its peak memory in KiB are written to the file `figures`."""
    return [sys.executable, "-I", "-S", Path(__file__).resolve().parent / "measured.py", figures]


@dataclass
class Figures:
    """Of a program, without the time in which others had their turns."""

    seconds: float
    """Of the part that it printed as `between T and T`, in seconds of the monotonic clock; of all of it where it printed none."""
    megabytes: float
    """At most, as the kernel counted it."""


@dataclass
class Program:
    """`turn` is in seconds; programs end at about the same moment where it is in proportion to what they need."""

    command: list[str]
    turn: float
    process: subprocess.Popen | None = None
    turns: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self):
        self.printed, self.peak = tempfile.TemporaryFile("w+"), tempfile.NamedTemporaryFile("r")

    def go_on(self) -> None:
        began = time.monotonic()
        if self.process is None:
            command = [*launcher(self.peak.name), *self.command]
            self.process = subprocess.Popen(command, stdout=self.printed, start_new_session=True)
        else:
            self.signal(signal.SIGCONT)
        try:
            self.process.wait(self.turn)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGSTOP)
        self.turns.append((began, time.monotonic()))

    def has_ended(self) -> bool:
        return self.process is not None and self.process.returncode is not None

    def signal(self, which: int) -> None:
        os.killpg(self.process.pid, which)

    def figures(self) -> Figures:
        self.printed.seek(0)
        printed = self.printed.read()
        if self.process.returncode:
            sys.exit(f"{' '.join(map(str, self.command))} failed: {printed}")
        part = re.search(r"between ([\d.]+) and ([\d.]+)", printed)
        first, last = map(float, part.groups()) if part else (0.0, float("inf"))
        seconds = sum(max(0.0, min(end, last) - max(start, first)) for start, end in self.turns)
        return Figures(seconds, float(self.peak.read().split()[1]) / 1024)


def in_turns(programs: dict[str, tuple[list, float]]) -> dict[str, Figures]:
    """Of each program, which is a command and the seconds of its turn. Ends this process where one of them fails."""
    all_of_them = {name: Program(list(map(str, command)), turn) for name, (command, turn) in programs.items()}
    try:
        while waiting := [one for one in all_of_them.values() if not one.has_ended()]:
            for one in waiting:
                one.go_on()
    finally:
        for one in all_of_them.values():
            if one.process is not None and one.process.poll() is None:
                one.signal(signal.SIGKILL)
    return {name: one.figures() for name, one in all_of_them.items()}
