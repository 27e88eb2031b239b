"""A measuring child that is light enough for a thousand studies on a small machine: it waits, and gives one small DICOM file.

It speaks the protocol of `orthanc-plugin/src/protocol.rs`. Usage: queue_child.py SECONDS MEGABYTES
"""

import hashlib
import json
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

from worker_protocol import hear, say


def text(data, tag, vr):
    """The value of an element that stands once in Explicit VR Little Endian."""
    start = data.index(struct.pack("<HH", *tag) + vr) + 8
    (length,) = struct.unpack_from("<H", data, start - 2)
    return data[start : start + length].rstrip(b"\0 ")


def element(tag, vr, value):
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HH", *tag) + vr + struct.pack("<H", len(value)) + value


def result(source):
    study, patient = text(source, (0x20, 0x0D), b"UI"), text(source, (0x10, 0x20), b"LO")
    own = b"2.25." + str(int.from_bytes(hashlib.sha256(study).digest()[:15], "big")).encode()
    secondary_capture = b"1.2.840.10008.5.1.4.1.1.7"
    meta = element((2, 2), b"UI", secondary_capture) + element((2, 3), b"UI", own) + element((2, 0x10), b"UI", b"1.2.840.10008.1.2.1")
    body = element((8, 0x16), b"UI", secondary_capture) + element((8, 0x18), b"UI", own) + element((8, 0x60), b"CS", b"OT")
    body += element((8, 0x70), b"LO", b"BoneMuscle") + element((0x10, 0x20), b"LO", patient)
    body += element((0x20, 0x0D), b"UI", study) + element((0x20, 0x0E), b"UI", own + b"1")
    return bytes(128) + b"DICM" + element((2, 0), b"UL", struct.pack("<I", len(meta))) + meta + body


def main():
    say({"kind": "hello", "worker": "bench", "core": "none"})
    order, _ = hear()
    instances = []
    while (frame := hear())[0]["kind"] == "instance":
        instances.append(frame[1])
    if order["kind"] == "choose":
        (series,) = order["instances_in_series"]
        say({"kind": "choice", "ct_series": series, "seg_series": series})
    elif order["kind"] == "models":
        say({"kind": "models"}, json.dumps({"engine": {"name": "none", "problem": None}, "models": []}).encode())
    elif order["kind"] == "check":
        say({"kind": "done"})
    else:
        time.sleep(float(sys.argv[1]))
        say({"kind": "report"}, b"{}")
        say({"kind": "file", "name": "sc.dcm", "media_type": "application/dicom"}, result(instances[0]))
        say({"kind": "done"})


main()
