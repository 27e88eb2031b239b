"""Feeds one parser of libbonemuscle with spoilt input, in a process of its own. Run by test_mutations.py.

    python mutations.py LIBRARY PARSER COUNT SEEDS_FOLDER SCRATCH_FOLDER

Every input is a seed with one to eight random changes; it lies in SCRATCH_FOLDER/input while it is read, so that what killed the
process is left there. The process may map LIMIT bytes beside what it has after its seeds were read once: an allocation beyond it ends
it. Prints how often each status came, as JSON.
"""

import collections
import ctypes
import json
import random
import resource
import sys
import time
from ctypes import POINTER, byref, c_char_p, c_size_t, c_uint32, c_void_p
from pathlib import Path

LIMIT = 1 << 30
SEG_SERIES = "2.25.29"
INTERNAL = 7
# Where lengths, counts and signs go wrong.
NUMBERS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF]
WORDS = [b"-1", b"0", b"1e309", b"nan", b"null", b"[]", b"{}", b"\\", b'"', b"99999999999999999999", b"0.0000001", b"\xff\xfe", b"\x00"]


def spoilt(seeds: list[bytes], draw: random.Random) -> bytes:
    """A seed with one to eight changes."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, 8)):
        if not data:
            break
        at = draw.randrange(len(data))
        span = min(len(data) - at, draw.choice([1, 2, 4, 8, 64, 512]))
        match draw.randrange(8):
            case 0:
                data[at] ^= 1 << draw.randrange(8)
            case 1:
                data[at] = draw.randrange(256)
            case 2:
                width = draw.choice([1, 2, 4])
                data[at : at + width] = (draw.choice(NUMBERS) & ((1 << 8 * width) - 1)).to_bytes(width, "little")
            case 3:
                del data[at : at + span]
            case 4:
                data[at:at] = data[at : at + span]
            case 5:
                other = draw.choice(seeds)
                start = draw.randrange(len(other))
                data[at : at + span] = other[start : start + span]
            case 6:
                data[at:at] = draw.choice(WORDS)
            case 7 if draw.random() < 0.2:
                del data[at:]
    return bytes(data)


class Core:
    """The functions of libbonemuscle that read something."""

    def __init__(self, path: str):
        self.library = library = ctypes.CDLL(path)
        library.bonemuscle_last_error.restype = c_char_p
        for name, arguments in {
            "inputs_new": [POINTER(c_void_p)],
            "inputs_add_buffer": [c_void_p, c_char_p, c_char_p, c_size_t],
            "measure": [c_void_p, c_char_p, c_void_p, c_void_p, POINTER(c_void_p)],
            "check_settings": [c_char_p],
            "models": [c_char_p, POINTER(c_void_p)],
            "validate": [c_char_p, POINTER(c_void_p)],
            "learn_mapping": [c_char_p, POINTER(c_void_p)],
        }.items():
            function = getattr(library, f"bonemuscle_{name}")
            function.restype, function.argtypes = c_uint32, arguments
        for name in ("inputs_free", "result_free"):
            function = getattr(library, f"bonemuscle_{name}")
            function.restype, function.argtypes = None, [c_void_p]

    def measure(self, objects: list[bytes], settings: dict) -> int:
        inputs, result = c_void_p(), c_void_p()
        self.library.bonemuscle_inputs_new(byref(inputs))
        for data in objects:
            self.library.bonemuscle_inputs_add_buffer(inputs, b"input", data, len(data))
        settings = {"threads": 1, "outputs": [], **settings}
        status = self.library.bonemuscle_measure(inputs, json.dumps(settings).encode(), None, None, byref(result))
        self.library.bonemuscle_result_free(result)
        self.library.bonemuscle_inputs_free(inputs)
        return status

    def result_of(self, name: str, request: dict) -> int:
        result = c_void_p()
        status = getattr(self.library, f"bonemuscle_{name}")(json.dumps(request).encode(), byref(result))
        self.library.bonemuscle_result_free(result)
        return status


def ct(core, data, file, others):
    return core.measure([data, *others[1:]], label_map(file.parent / "labels.nrrd", "totalsegmentator"))


def enhanced(core, data, file, _others):
    return core.measure([data], label_map(file.parent / "labels.nrrd", "totalsegmentator"))


def seg(core, data, _file, others):
    # By its UID, or a SEG that is none any more would be replaced by the reference model, which takes seconds.
    return core.measure([data, *others], {"segmentation": {"source": "dicom-seg", "series_instance_uid": SEG_SERIES}})


def film(core, data, _file, _others):
    return core.measure([data], {"measurements": ["hip-xray"]})


def label_map(file: Path, names) -> dict:
    return {"segmentation": {"source": "label-map", "file": str(file), "names": str(names)}}


def map_file(core, _data, file, others):
    return core.measure(others, label_map(file, "totalsegmentator"))


def names(core, _data, file, others):
    return core.measure(others, label_map(file.parent / "labels.nrrd", file))


def settings(core, data, _file, _others):
    return core.library.bonemuscle_check_settings(data.replace(b"\x00", b" "))


def manifest(core, _data, file, _others):
    return core.result_of("models", {"site": {"models": [str(file.parent)]}})


def pairs(core, _data, file, _others):
    return core.result_of("validate", {"pairs": str(file)})


# Name of the file an input lies in, and who reads it.
PARSERS = {
    "ct": ("input", ct),
    "enhanced": ("input", enhanced),
    "seg": ("input", seg),
    "film": ("input", film),
    "nrrd": ("input.nrrd", map_file),
    "nifti": ("input.nii", map_file),
    "nifti-gzip": ("input.nii.gz", map_file),
    "names": ("input.json", names),
    "settings": ("input.json", settings),
    "manifest": ("manifest.json", manifest),
    "pairs": ("input.csv", pairs),
}


def main(library: str, parser: str, count: str, seeds_folder: str, scratch: str) -> None:
    name, read = PARSERS[parser]
    core, file = Core(library), Path(scratch) / name
    seeds = [path.read_bytes() for path in sorted((Path(seeds_folder) / parser).iterdir())]
    others = [path.read_bytes() for path in sorted((Path(seeds_folder) / "ct-others").iterdir())]

    def feed(data: bytes) -> int:
        file.write_bytes(data)
        return read(core, data, file, others)

    (Path(scratch) / "labels.nrrd").write_bytes((Path(seeds_folder) / "nrrd" / "raw.nrrd").read_bytes())
    whole = [feed(data) for data in seeds]
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + LIMIT, mapped + LIMIT))
    draw, found, internal, slowest = random.Random(parser), collections.Counter(), [], 0.0
    for _ in range(int(count)):
        data = spoilt(seeds, draw)
        started = time.monotonic()
        status = feed(data)
        slowest = max(slowest, time.monotonic() - started)
        found[status] += 1
        if status == INTERNAL:
            internal.append(core.library.bonemuscle_last_error().decode())
    # Not ru_maxrss, which begins with that of the process which started this one.
    peak = next(int(line.split()[1]) / 1024 for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
    print(json.dumps({"whole": whole, "statuses": found, "internal": internal[:5], "slowest": slowest, "peak_mb": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
