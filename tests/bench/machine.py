"""What a machine can compute at most. Processors of one name differ twofold in it, and with it the ratios that can be reached on them."""

import re
import subprocess
import sys
from pathlib import Path

EDGE, REPEATS = 4096, 5

PRODUCT = f"""
import time
import numpy as np
a, b = np.random.default_rng(0).random((2, {EDGE}, {EDGE}), np.float32)
a @ b
spent = []
for _ in range({REPEATS}):
    start = time.perf_counter()
    a @ b
    spent.append(time.perf_counter() - start)
print(2 * {EDGE} ** 3 / min(spent) / 1e9)
"""


def processor() -> str:
    """Its name, family and model, as Linux tells them."""
    told = dict(re.findall(r"^(model name|cpu family|model)\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
    return f"{told['model name']}, family {told['cpu family']}, model {told['model']}"


def matrix_product(threads: str) -> float:
    """GFLOP/s in single precision of a product of two large matrices, the best of a few."""
    limits = {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
    ended = subprocess.run([sys.executable, "-c", PRODUCT], env=limits, capture_output=True, text=True, check=True)
    return float(ended.stdout)
