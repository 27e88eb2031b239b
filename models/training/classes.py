"""The classes of the network, in the order of its output channels, and what each of them is to the program."""

from __future__ import annotations

CLASSES: tuple[tuple[str, str | None], ...] = (
    ("background", None),
    ("L1", "l1"),
    ("L2", "l2"),
    ("L3", "l3"),
    ("L4", "l4"),
    ("L5", "l5"),
    ("other_vertebra", None),
    ("sacrum", "sacrum"),
    ("hip_bone", "hip_bone"),
    ("femur", "femur"),
    ("gluteus_maximus", "gluteus_maximus"),
    ("gluteus_medius", "gluteus_medius"),
    ("gluteus_minimus", "gluteus_minimus"),
    ("iliopsoas", "iliopsoas"),
    ("erector_spinae_group", "deep_back_muscle"),
    ("quadriceps", "quadriceps_femoris"),
    ("sartorius", "sartorius"),
    ("tensor_fasciae_latae", "tensor_fasciae_latae"),
    ("adductors", "adductors"),
    ("gracilis", "gracilis"),
    ("pectineus", "pectineus"),
    ("hamstrings", "hamstrings"),
    ("short_hip_rotators", None),
)
"""Name of the class and the structure of `manifest.json` that it is; none: it is not measured."""

UNCHECKED = ("quadriceps_femoris", "sartorius", "tensor_fasciae_latae", "adductors", "gracilis", "pectineus", "hamstrings")
"""Structures that no real CT here has labels of: the program shows them and gives no values."""

NAMES = tuple(name for name, _ in CLASSES)
STRUCTURES = tuple(structure for _, structure in CLASSES)
COUNT = len(CLASSES)

SPACING = 3.0
"""Voxel size of the network, the same along all axes, in millimetres."""


def index(name: str) -> int:
    """Channel of a class."""
    return NAMES.index(name)


BONES = range(index("L1"), index("femur") + 1)
VERTEBRAE = range(index("L1"), index("other_vertebra") + 1)
MUSCLES = range(index("gluteus_maximus"), index("short_hip_rotators") + 1)
THIGH = range(index("quadriceps"), index("short_hip_rotators") + 1)
"""Muscles that no real CT of the training data has labels of."""
