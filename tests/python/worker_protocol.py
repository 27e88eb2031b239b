"""The worker's side of `orthanc-plugin/src/protocol.rs`, written from its description; with nothing but the standard library."""

import json
import struct
import sys


def say(header, payload=b""):
    header = json.dumps(header).encode()
    sys.stdout.buffer.write(struct.pack("<II", len(header), len(payload)) + header + payload)
    sys.stdout.buffer.flush()


def hear():
    lengths = sys.stdin.buffer.read(8)
    if len(lengths) < 8:
        sys.exit(1)
    header, payload = struct.unpack("<II", lengths)
    return json.loads(sys.stdin.buffer.read(header)), sys.stdin.buffer.read(payload)
