"""The functions of bonemuscle.h that are used here."""

import ctypes
from ctypes import POINTER, c_char_p, c_float, c_size_t, c_uint8, c_uint32, c_void_p

from ._error import LoadError
from ._image import CImage

ABI_VERSION = 1

# Answers 0 to cancel.
Progress = ctypes.CFUNCTYPE(c_uint8, c_char_p, c_float, c_void_p)

_RUN = (c_uint32, [c_void_p, c_char_p, Progress, c_void_p, POINTER(c_void_p)])
_FUNCTIONS = {
    "version": (c_char_p, []),
    "last_error": (c_char_p, []),
    "inputs_new": (c_uint32, [POINTER(c_void_p)]),
    "inputs_free": (None, [c_void_p]),
    "inputs_add_file": (c_uint32, [c_void_p, c_char_p]),
    "inputs_add_folder": (c_uint32, [c_void_p, c_char_p]),
    "inputs_set_volume": (c_uint32, [c_void_p, POINTER(CImage)]),
    "inputs_set_volume_file": (c_uint32, [c_void_p, c_char_p]),
    "inputs_set_labels": (c_uint32, [c_void_p, POINTER(CImage), c_char_p]),
    "measure": _RUN,
    "segment": _RUN,
    "result_json": (c_char_p, [c_void_p]),
    "result_file_count": (c_size_t, [c_void_p]),
    "result_file": (c_uint32, [c_void_p, c_size_t, POINTER(c_char_p), POINTER(c_char_p), POINTER(c_void_p), POINTER(c_size_t)]),
    "result_free": (None, [c_void_p]),
}


class Functions:
    """Every function under its name without `bonemuscle_`, with its types."""

    def __init__(self, path):
        try:
            library = ctypes.CDLL(str(path))
            found = library.bonemuscle_abi_version
        except (OSError, AttributeError) as error:
            raise LoadError(f"{path} cannot be loaded: {error}") from None
        found.restype, found.argtypes = c_uint32, []
        if found() != ABI_VERSION:
            raise LoadError(f"{path} has ABI version {found()}, this package needs {ABI_VERSION}; install both from the same release")
        for name, (answer, arguments) in _FUNCTIONS.items():
            try:
                function = getattr(library, "bonemuscle_" + name)
            except AttributeError:
                raise LoadError(f"{path} has no function bonemuscle_{name}; install both from the same release") from None
            function.restype, function.argtypes = answer, arguments
            setattr(self, name, function)
