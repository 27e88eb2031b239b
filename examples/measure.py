"""Measures a study and prints every value. usage: measure.py LIBRARY FOLDER"""

import ctypes
import json
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_float, c_uint8, c_uint32, c_void_p

# Answers 0 to cancel.
Progress = ctypes.CFUNCTYPE(c_uint8, c_char_p, c_float, c_void_p)

FUNCTIONS = {
    "abi_version": (c_uint32, []),
    "last_error": (c_char_p, []),
    "inputs_new": (c_uint32, [POINTER(c_void_p)]),
    "inputs_free": (None, [c_void_p]),
    "inputs_add_folder": (c_uint32, [c_void_p, c_char_p]),
    "measure": (c_uint32, [c_void_p, c_char_p, Progress, c_void_p, POINTER(c_void_p)]),
    "result_json": (c_char_p, [c_void_p]),
    "result_free": (None, [c_void_p]),
}


def load(path):
    library = ctypes.CDLL(os.path.abspath(path))
    for name, (answer, arguments) in FUNCTIONS.items():
        function = getattr(library, "bonemuscle_" + name)
        function.restype, function.argtypes = answer, arguments
        setattr(library, name, function)
    if library.abi_version() != 1:
        raise RuntimeError(f"{path} has ABI version {library.abi_version()}, this program needs 1")
    return library


def measure(library, folder, settings):
    def check(status):
        if status != 0:
            raise RuntimeError(library.last_error().decode())

    @Progress
    def show(stage, fraction, _user_data):
        sys.stderr.write(f"\r{stage.decode():8} {fraction:4.0%}" + ("\n" if fraction == 1 else ""))
        return 1

    inputs, result = c_void_p(), c_void_p()
    try:
        check(library.inputs_new(byref(inputs)))
        check(library.inputs_add_folder(inputs, folder.encode()))
        check(library.measure(inputs, json.dumps(settings).encode(), show, None, byref(result)))
        return json.loads(library.result_json(result))
    finally:
        library.result_free(result)
        library.inputs_free(inputs)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    report = measure(load(sys.argv[1]), sys.argv[2], {"outputs": []})
    for finding in report["findings"]:
        for value in finding["measurements"]:
            print(finding["structure"], finding["side"], value["quantity"], value["value"], value["unit"])
