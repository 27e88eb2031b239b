"""From the names of an nnU-Net's classes to structures and sides, by the rules with which BoneMuscle reads names of segments."""

import re

NONE, LEFT, RIGHT = "none", "left", "right"
SIDES = {LEFT: LEFT, "l": LEFT, "lt": LEFT, RIGHT: RIGHT, "r": RIGHT, "rt": RIGHT}

VERTEBRA, BONE, MUSCLE, TISSUE = {"vertebra", "vertebrae", "bone"}, {"bone", "os"}, {"muscle", "muscles", "musculus", "m"}, set()
"""Words that only repeat what kind of thing a structure is."""

# Structure: its filler words, whether there is a left and a right one, and other names of it.
STRUCTURES = {
    "l1": (VERTEBRA, False, ["lumbar 1"]),
    "l2": (VERTEBRA, False, ["lumbar 2"]),
    "l3": (VERTEBRA, False, ["lumbar 3"]),
    "l4": (VERTEBRA, False, ["lumbar 4"]),
    "l5": (VERTEBRA, False, ["lumbar 5"]),
    "t12": (VERTEBRA, False, ["th12", "thoracic 12"]),
    "l6": (VERTEBRA, False, []),
    "sacrum": (BONE, False, []),
    "hip_bone": (BONE, True, ["hip", "innominate"]),
    "femur": (BONE, True, []),
    "erector_spinae": (MUSCLE, True, []),
    "deep_back_muscle": (MUSCLE, True, ["autochthon"]),
    "quadratus_lumborum": (MUSCLE, True, []),
    "iliopsoas": (MUSCLE, True, []),
    "psoas_major": (MUSCLE, True, ["psoas"]),
    "gluteus_maximus": (MUSCLE, True, []),
    "gluteus_medius": (MUSCLE, True, []),
    "gluteus_minimus": (MUSCLE, True, []),
    "piriformis": (MUSCLE, True, []),
    "tensor_fasciae_latae": (MUSCLE, True, ["tensor fascia lata"]),
    "sartorius": (MUSCLE, True, []),
    "quadriceps_femoris": (MUSCLE, True, ["quadriceps"]),
    "hamstrings": (MUSCLE, True, ["hamstring", "thigh posterior compartment"]),
    "adductors": (MUSCLE, True, ["adductor"]),
    "gracilis": (MUSCLE, True, []),
    "pectineus": (MUSCLE, True, []),
    "skeletal_muscle": (TISSUE, False, []),
    "subcutaneous_fat": (TISSUE, False, []),
    "visceral_fat": (TISSUE, False, ["torso fat"]),
    "aorta": (TISSUE, False, []),
    "hip_implant": (TISSUE, False, []),
}


def meaning(name: str) -> tuple[str, str] | None:
    """Structure and side that a class name means, such as `vertebrae_L3`, `Left femur` or `gluteus_maximus_right`.

    Every word must be understood: `L3 disc` is not the vertebra. The side is `none` where the name says none.
    """
    words = re.findall(r"[^\W_]+", re.sub("(?<=[a-z])(?=[A-Z])", " ", name).lower())
    sides = {SIDES[word] for word in words if word in SIDES}
    rest = [word for word in words if word not in SIDES]
    if len(sides) > 1:
        return None
    side = sides.pop() if sides else NONE
    for structure, (fillers, paired, others) in STRUCTURES.items():
        bare = [word for word in rest if word not in fillers]
        known = ([word for word in synonym.split() if word not in fillers] for synonym in [structure.replace("_", " "), *others])
        if bare and bare in known:
            return (structure, side) if paired or side == NONE else None
    return None


def lacks_side(entry: dict) -> bool:
    """Whether a class of a manifest is left and right in one."""
    return "structure" in entry and STRUCTURES[entry["structure"]][1] and entry["side"] == NONE
