"""An independent computation of every value that BoneMuscle reports.

Written from the recipe in the documentation of `plugin-core/src/measure/`, with numpy and scipy and none of our code, so that an
error would have to be made twice to go unseen. Arrays are `[slice, row, column]`, positions LPS in millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence

from oracle.ct import Ct, Masks, NotMeasured, largest_component, read_ct
from oracle.femur import FemurSettings, Landmarks, femur_answer
from oracle.gates import general_codes, holds_cement, leaves_image, levels_in_order, levels_numbered, metal_positions, near_metal
from oracle.l3_slice import body_values
from oracle.lumbar import lumbar_answers
from oracle.muscle import MUSCLES, muscle_answer
from oracle.vertebral_body import LUMBAR, SPINE


def expected(
    ct: Ct,
    masks: Masks,
    conversion: dict | None = None,
    landmarks: dict[str, Landmarks] | None = None,
    femur: FemurSettings = FemurSettings(),
    mass_models: Sequence[str] = ("two-component/1",),
) -> dict[tuple[str, str], dict]:
    """For each structure and side: `(region, quantity)` to a value, or to the code of the gate that withholds it.

    `conversion` is that of the report's calibration, none where there is none; `landmarks` are the report's, by side.
    """
    masks = {label: mask for label, mask in masks.items() if mask.any()}
    components = {name: largest_component(masks[name, "none"]) for name in SPINE if (name, "none") in masks}
    metal = metal_positions(ct)
    answers, lumbar = {}, {}
    for (name, side), mask in masks.items():
        if name not in (*LUMBAR, *MUSCLES, "femur"):
            continue
        codes = general_codes(ct, masks, (name, side))
        if name == "femur":
            codes += ["SLICE_THICK"] if ct.thickness > 5.001 else []
            found = (landmarks or {}).get(side)
            answers[name, side] = femur_answer(ct, mask, side, codes, found, femur, metal, conversion)
            continue
        codes += ["BORDER_MASK"] if leaves_image(ct, mask) else []
        codes += ["METAL"] if near_metal(ct, mask, metal) or (name in LUMBAR and holds_cement(ct, mask)) else []
        if name in LUMBAR:
            codes += [] if levels_in_order(ct, masks) else ["LEVEL_ORDER"]
            codes += [] if levels_numbered(ct, masks) else ["LEVEL_AMBIG"]
            lumbar[name] = codes
        else:
            answers[name, side] = muscle_answer(ct, mask, codes, mass_models)
    if lumbar:
        answers |= lumbar_answers(ct, masks, components, lumbar, conversion)
    names = {name for name, _ in masks}
    if "skeletal_muscle" in names or ("l3" in names and names & {"psoas_major", "iliopsoas"}):
        answers["body", "none"] = body_values(ct, masks, lumbar.get("l3", []))
    return answers
