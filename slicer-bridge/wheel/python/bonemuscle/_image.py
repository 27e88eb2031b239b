"""Images that lie in memory, borrowed and never copied."""

import ctypes
from typing import Any, Sequence

from ._error import Error, Status

# Types of numpy's array interface without the mark of byte order, as `bonemuscle_voxel` numbers them.
VOXELS = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 8}


class CImage(ctypes.Structure):
    """`bonemuscle_image`."""

    _fields_ = [
        ("voxels", ctypes.c_void_p),
        ("type", ctypes.c_uint32),
        ("size", ctypes.c_size_t * 3),
        ("origin", ctypes.c_double * 3),
        ("steps", ctypes.c_double * 9),
    ]


class Image:
    """Three dimensions of numbers and where they lie in the patient.

    `array` is a numpy array, or anything with its array interface, indexed `[slice, row, column]` (k, j, i) and contiguous in that order,
    as `slicer.util.arrayFromVolume` and SimpleITK give it. `origin` is the centre of voxel `[0, 0, 0]`, `steps` are three vectors from a
    voxel to the next along columns' index (i), rows' index (j) and slices' index (k): LPS millimetres, x to the left, y to the back, z to
    the head. The array is borrowed: it must stay unchanged while it is measured.
    """

    def __init__(self, array: Any, origin: Sequence[float], steps: Sequence[Sequence[float]]):
        interface = getattr(array, "__array_interface__", None)
        if interface is None:
            raise _refused(f"a {type(array).__name__} is no array; numpy.asarray makes one")
        shape, kind = tuple(interface["shape"]), interface["typestr"]
        if len(shape) != 3:
            raise _refused(f"the array has {len(shape)} dimensions {shape}; an image has three: slices, rows, columns")
        if kind[1:] not in VOXELS or kind[0] not in "<|=":
            raise _refused(f"the array's type is {kind}; read are {', '.join(VOXELS)} in the byte order of this machine: use astype")
        width = int(kind[2:])
        strides = interface.get("strides")
        if strides is not None and 0 not in shape and strides != (shape[1] * shape[2] * width, shape[2] * width, width):
            raise _refused(f"the array is not contiguous: its strides are {strides}; numpy.ascontiguousarray copies it")
        self.array = array
        self.origin = _numbers("origin", origin, 3)
        steps = list(steps)
        if len(steps) != 3:
            raise _refused(f"steps are three vectors, for columns, rows and slices; given were {len(steps)}")
        self.steps = tuple(_numbers("a step", step, 3) for step in steps)
        self._c = CImage(
            interface["data"][0],
            VOXELS[kind[1:]],
            (ctypes.c_size_t * 3)(*reversed(shape)),
            (ctypes.c_double * 3)(*self.origin),
            (ctypes.c_double * 9)(*(length for step in self.steps for length in step)),
        )


def _numbers(what, values, count):
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise _refused(f"{what} is {values!r}; expected are {count} numbers in millimetres") from None
    if len(numbers) != count:
        raise _refused(f"{what} has {len(numbers)} numbers; expected are {count}")
    return numbers


def _refused(sentence):
    return Error(Status.INVALID_ARGUMENT, sentence)
