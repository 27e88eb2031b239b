"""What runs networks stays where it is put: no telemetry, no socket, no file elsewhere, and no quarrel with another ONNX Runtime."""

import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

import jsonschema
import pytest

from environment import ROOT, bonemuscle, built, skip_or_fail

SCHEMA = json.loads((ROOT / "models" / "manifest.schema.json").read_text())
REFERENCE = json.loads((ROOT / "models" / "ct" / "manifest.json").read_text())
NETWORK = ROOT / "plugin-core" / "tests" / "models" / "plain.onnx"

# `plain.onnx` gives x, 1 - 2 x and 2 + x / 2: air (x = -1) is the second class, soft tissue (x = 0) the third.
TINY = {
    "schema": "bonemuscle-model/1", "name": "tiny", "version": "1", "description": "Air and the rest.", "licence": "CC0-1.0",
    "networks": [{"file": "plain.onnx", "sha256": hashlib.sha256(NETWORK.read_bytes()).hexdigest()}],
    "input": "image", "output": "logits", "orientation": "SPL", "spacing_mm": [20.0, 20.0, 20.0], "patch": [4, 5, 6],
    "tile_step": 0.5, "normalisation": {"clip": [-1000.0, 1000.0], "mean": 0.0, "standard_deviation": 1000.0},
    "classes": [{"name": "nothing"}, {"name": "air", "structure": "l1"}, {"name": "rest", "structure": "sacrum"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def ct(tmp_path_factory):
    """A small CT without labels."""
    folder = tmp_path_factory.mktemp("ct")
    coarse = ["--pixel-spacing", "3", "--slice-spacing", "3", "--noise", "0"]
    subprocess.run([bonemuscle(), "phantom", folder, *coarse], check=True, stderr=subprocess.DEVNULL)
    for file in folder.iterdir():
        if not file.name.startswith("ct-"):
            file.unlink()
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    (folder / "manifest.json").write_text(json.dumps(TINY))
    shutil.copy(NETWORK, folder)
    return folder


def test_manifests_follow_the_schema():
    for manifest in (REFERENCE, TINY):
        jsonschema.validate(manifest, SCHEMA)


@pytest.mark.parametrize(
    "key, value",
    [
        ("colour", "red"), ("name", "Tiny Model"), ("orientation", "RAL"), ("spacing_mm", [0.0, 1.0, 1.0]), ("patch", [4, 5, 0]),
        ("tile_step", 0.0), ("mirror_axes", [0, 0]), ("classes", [{"name": "b"}]), ("refinements", ["edges"]),
        ("classes", [{"name": "b"}, {"name": "x", "structure": "tail"}]), ("quality", {"tail": {}}), ("dropout", {"rate": 0.5}),
        ("networks", [{"file": "../plain.onnx", "sha256": "0" * 64}]),
    ],
)  # fmt: skip
def test_what_the_schema_refuses_the_program_refuses(key, value, tmp_path):
    manifest = copy.deepcopy(TINY) | {key: value}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, SCHEMA)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    shutil.copy(NETWORK, tmp_path)
    check = subprocess.run([bonemuscle(), "models", "check", tmp_path], capture_output=True, text=True)
    assert check.returncode == 2 and "cannot be used" in check.stderr, check.stderr


def test_the_library_knows_no_telemetry_host():
    library = built("onnxruntime/libonnxruntime.so.1.28.0").read_bytes()
    assert b"OrtGetApiBase" in library
    assert b"events.data.microsoft.com" not in library


def test_a_run_opens_no_socket_and_writes_only_into_its_output(ct, models, tmp_path):
    if not shutil.which("strace"):
        skip_or_fail("strace is not installed")
    home, output, log = tmp_path / "home", tmp_path / "labels", tmp_path / "calls"
    home.mkdir()
    run = [bonemuscle(), "models", "run", "tiny", ct, "--models", models, "--output", output]
    # Whatever can open a socket, or create, change or remove a file.
    changing = "creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,truncate"
    calls = f"trace=%network,open,openat,{changing}"
    environment = {"PATH": os.environ["PATH"], "HOME": str(home)}
    subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", calls, *run], check=True, env=environment, capture_output=True)
    # Calls that something came of; a pair of sockets joins threads of one process.
    call = re.compile(r"^\d+ +(?!socketpair)\w+\(")
    lines = [line for line in log.read_text().splitlines() if call.match(line) and " ENOENT " not in line]
    # Seen at all, so that silence below means something.
    assert any("libonnxruntime.so.1.28.0" in line for line in lines)
    assert any(str(output) in line for line in lines)
    sockets = [line for line in lines if re.search(r"\b(socket|connect|bind|sendto)\(", line)]
    assert sockets == []
    reading = re.compile(r"\bopen(at)?\(.*\bO_RDONLY\b(?!.*O_CREAT)")
    allowed = re.compile(rf'"({re.escape(str(output))}[^"]*|/dev/(null|tty))"')
    elsewhere = [line for line in lines if not reading.search(line) and not allowed.search(line)]
    assert elsewhere == []
    assert list(home.iterdir()) == []


HOST = """
import ctypes, json, sys
library, network, ct, models, order = sys.argv[1:]

def theirs():
    import numpy, onnxruntime
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    logits = session.run(None, {"image": numpy.full((1, 1, 4, 5, 6), 0.25, numpy.float32)})[0]
    assert (logits[0, 1] == 0.5).all()

def ours():
    core = ctypes.CDLL(library)
    core.bonemuscle_last_error.restype = core.bonemuscle_result_json.restype = ctypes.c_char_p
    inputs, result = ctypes.c_void_p(), ctypes.c_void_p()
    settings = {"segmentation": {"source": "model", "name": "tiny"}, "site": {"models": [models]}}

    def ok(status):
        assert status == 0, core.bonemuscle_last_error()

    ok(core.bonemuscle_inputs_new(ctypes.byref(inputs)))
    ok(core.bonemuscle_inputs_add_folder(inputs, ct.encode()))
    ok(core.bonemuscle_segment(inputs, json.dumps(settings).encode(), None, None, ctypes.byref(result)))
    print(core.bonemuscle_result_json(result).decode())
    core.bonemuscle_result_free(result)
    core.bonemuscle_inputs_free(inputs)

for step in order:
    {"t": theirs, "o": ours}[step]()
"""


@pytest.mark.parametrize("order", ["to", "ot", "tot", "oto"])
def test_it_lives_beside_another_onnx_runtime(order, ct, models):
    pytest.importorskip("onnxruntime")
    arguments = [built("libbonemuscle.so"), NETWORK, ct, models, order]
    host = subprocess.run([sys.executable, "-c", HOST, *map(str, arguments)], capture_output=True, text=True)
    assert host.returncode == 0, host.stderr
    answers = [json.loads(line) for line in host.stdout.splitlines()]
    assert len(answers) == order.count("o")
    assert all("sacrum" in json.dumps(answer) for answer in answers)
