"""Small studies that claim to be large: a sentence within seconds, within the memory that a worker was given, and Orthanc goes on.

What cannot come through Orthanc, or would be Orthanc's own to bear, is fed to the core in plugin-core/tests/read_series/hostile.rs
and test_mutations.py.
"""

import copy
import struct
import time
from pathlib import Path

import numpy
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from orthanc_images import SIZE, ct, ct_with_segmentation, encode, segmentation
from orthanc_server import Orthanc, needed

pytestmark = needed

MEGABYTES = 512
"""That a worker may allocate."""
SECONDS = 60
"""In which each bomb must have been refused, on a machine that does other things too."""
SIDE = 4096
"""Rows and columns of the largest CT that is read."""


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    section = {"Enable": True, "MemoryMegabytes": MEGABYTES, "TimeoutSeconds": 120, "Threads": 2}
    with Orthanc(tmp_path_factory.mktemp("orthanc"), section) as server:
        yield server
        assert not server.workers()
        assert server.measure(f"studies/{server.upload(*ct_with_segmentation())}")["state"] == "done"
        assert server.stop() == 0


def compressed(dataset, syntax, *streams):
    """`dataset` with these code streams, one for each frame."""
    dataset.PixelData = encapsulate(list(streams))
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    return encode(dataset, syntax)


def air(syntax):
    """A code stream of 4096 x 4096 pixels of air, some kilobytes."""
    dataset = ct(1)[0]
    dataset.Rows = dataset.Columns = SIDE
    dataset.PixelData = numpy.full((SIDE, SIDE), -1000, "<i2").tobytes()
    encode(dataset)
    dataset.compress(syntax, generate_instance_uid=False)
    start = dataset.PixelData.index(b"\xfe\xff\x00\xe0", 8)
    length = struct.unpack("<I", dataset.PixelData[start + 4 : start + 8])[0]
    return dataset.PixelData[start + 8 : start + 8 + length]


def jpeg_2000_of(rows, columns, bits=16):
    """What a code stream says of itself, and nothing else."""
    sizes = struct.pack(">8I", columns, rows, 0, 0, columns, rows, 0, 0)
    return b"\xff\x4f\xff\x51\x00\x29\x00\x00" + sizes + b"\x00\x01" + bytes([bits - 1, 1, 1]) + b"\xff\xd9"


def series_of_air(syntax):
    """40 slices: 1.3 GB of voxels in less than half a megabyte."""
    stream = air(syntax)
    assert len(stream) < 20_000

    def change(dataset):
        dataset.Rows = dataset.Columns = SIDE

    source = ct(40, change=change)
    return [compressed(dataset, syntax, stream) for dataset in source] + [encode(segmentation(source))]


def streams_that_claim_more(syntax, stream):
    source = ct(4)
    return [encode(segmentation(source))] + [compressed(dataset, syntax, stream) for dataset in source]


def enhanced_frames():
    """Two thousand million frames, and none there."""
    dataset = ct(1)[0]
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    dataset.NumberOfFrames = 2**31 - 1
    dataset.PerFrameFunctionalGroupsSequence = Sequence([Dataset()])
    return [encode(dataset)]


def segmentation_with(change):
    source = ct(4)
    return [*map(encode, source), encode(segmentation(source, change=change))]


def frames_claimed(dataset):
    dataset.NumberOfFrames = 2**31 - 1


def size_claimed(dataset):
    dataset.Rows = dataset.Columns = 10_000


def many_frames(dataset):
    """Of the largest size: 12 GB of bits."""
    dataset.Rows = dataset.Columns = 10_000
    one = dataset.PerFrameFunctionalGroupsSequence[0]
    dataset.PerFrameFunctionalGroupsSequence = Sequence([copy.copy(one) for _ in range(1_000)])
    dataset.NumberOfFrames = 1_000


def label_map(syntax, streams, side):
    source = ct(4)

    def change(dataset):
        dataset.SOPClassUID, dataset.SegmentationType = "1.2.840.10008.5.1.4.1.1.66.7", "LABELMAP"
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7
        dataset.Rows = dataset.Columns = side

    seg = segmentation(source, change=change)
    return [*map(encode, source), compressed(seg, syntax, *streams)]


# What is uploaded, and a part of the sentence.
BOMBS = {
    "air in JPEG 2000": (lambda: series_of_air(JPEG2000Lossless), "no memory for the 671088640 voxels"),
    "air in JPEG-LS": (lambda: series_of_air(JPEGLSLossless), "no memory for the 671088640 voxels"),
    "JPEG 2000 that claims more": (
        lambda: streams_that_claim_more(JPEG2000Lossless, jpeg_2000_of(60_000, 60_000)),
        "60000 rows, 60000 columns",
    ),
    "JPEG 2000 of nothing": (lambda: streams_that_claim_more(JPEG2000Lossless, jpeg_2000_of(SIZE, SIZE)), "cannot be decoded"),
    "run lengths of nothing": (
        lambda: streams_that_claim_more(RLELossless, struct.pack("<3I", 2, 64, 66) + bytes(52) + b"\x81\x00\x81\x00"),
        "does not hold one byte per pixel",
    ),
    "frames of an enhanced CT": (enhanced_frames, "Number of Frames (0028,0008) is 2147483647"),
    "frames of a segmentation": (lambda: segmentation_with(frames_claimed), "Number of Frames (0028,0008)"),
    "rows of a segmentation": (lambda: segmentation_with(size_claimed), "bytes are present"),
    "1000 large frames of a segmentation": (lambda: segmentation_with(many_frames), "bytes are present"),
    "a label map that claims more": (
        lambda: label_map(JPEG2000Lossless, [jpeg_2000_of(60_000, 60_000, 8)] * 4, SIZE),
        "60000 rows, 60000 columns",
    ),
    "a label map of nothing": (lambda: label_map(RLELossless, [struct.pack("<2I", 1, 64) + bytes(56)] * 4, 10_000), "cannot"),
}


def peak_megabytes(process):
    """Of resident memory so far; 0 where the process is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return max((int(line.split()[1]) >> 10 for line in status.splitlines() if line.startswith("VmHWM")), default=0)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_sentence(orthanc, name):
    make, sentence = BOMBS[name]
    identifier = orthanc.upload(*make())
    series = [one for one in orthanc.json(f"/studies/{identifier}/series") if one["MainDicomTags"]["Modality"] == "SEG"]
    # By its identifier, or a network would label what a broken segmentation does not.
    body = {"Segmentation": {"Series": series[0]["ID"]}} if series else {}
    before = orthanc.json("/statistics")["CountInstances"]
    resident, began = peak_megabytes(orthanc.process.pid), time.monotonic()
    answer = orthanc.post(f"/studies/{identifier}/bone-muscle", body)
    details, worst = answer.json().get("Details"), 0
    if answer.status_code == 200:
        def ended():
            nonlocal worst
            worst = max([worst, *map(peak_megabytes, orthanc.workers())])
            record = orthanc.json(f"/studies/{identifier}/bone-muscle")
            return record if record["state"] not in ("queued", "running") else None

        record = orthanc.wait(ended, 2 * SECONDS)
        assert record["state"] == "failed"
        details = record["error"]["details"]
    print(f"{time.monotonic() - began:.1f} s, {worst} MB: {details}")
    assert sentence in details
    assert time.monotonic() - began < SECONDS
    # The libraries are not counted in what a worker may allocate.
    assert worst < MEGABYTES + 200
    assert peak_megabytes(orthanc.process.pid) < resident + 100
    assert orthanc.json("/statistics")["CountInstances"] == before
