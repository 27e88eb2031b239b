"""Runs a command and writes its seconds and its peak memory in KiB, as the kernel counted it, to a file: measured.py FILE COMMAND...

The kernel counts for a process at least what its parent held when it was started, and this one holds next to nothing.
"""
import os
import sys
import time

file, *command = sys.argv[1:]
start = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(child, 0)
with open(file, "w") as figures:
    figures.write(f"{time.perf_counter() - start} {usage.ru_maxrss}")
sys.exit(os.waitstatus_to_exitcode(status))
