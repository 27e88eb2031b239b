"""Measures bone and muscle on CTs that lie in memory or in files. Research use only. Not for diagnosis.

    import bonemuscle

    library = bonemuscle.Library()
    ct = bonemuscle.Image(hu, origin=(-180, -180, 0), steps=((0.7, 0, 0), (0, 0.7, 0), (0, 0, 2)))
    labels = bonemuscle.Image(segments, origin=(-180, -180, 0), steps=((0.7, 0, 0), (0, 0.7, 0), (0, 0, 2)))
    result = library.measure(ct, labels, names={1: "l3", 2: "psoas_major_left"})
    result = library.measure(folder="a DICOM study", progress=lambda stage, fraction: True)
    result.report["findings"], result.files["report.pdf"]

The library does the work in the process of the caller; `program()` is the same as a program of its own.
"""

from ._error import Error, LoadError, Status
from ._image import Image
from ._library import Library, Result
from ._places import program

__all__ = ["Error", "Image", "Library", "LoadError", "Result", "Status", "program"]
