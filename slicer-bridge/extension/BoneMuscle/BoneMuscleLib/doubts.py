"""Which reasons to withhold a value outlive a recomputation.

A label map says nothing of how sure a model was. Measured again with the rest, a structure that the model doubted, and that nobody has
looked at, would get a value that it was refused before. So what was withheld because of the model stands, until the user has changed
the label or says that all of them were checked.
"""

from __future__ import annotations

#: Gates that speak of the model's certainty and not of the image.
OF_THE_MODEL = frozenset({"UNCERT", "LEVEL_AMBIG"})


def keep(earlier: dict, later: dict, edited: set[str]) -> dict:
    """`later`, with the findings of `earlier` in place where the model's doubt stands.

    `edited` names structures with their side, as `gluteus_maximus_left`. The numbering of vertebrae (`LEVEL_AMBIG`) is no matter of
    one label, so that editing does not lift it.
    """
    doubted = {_key(one): one for one in earlier["findings"] if _stands(one, edited)}
    findings = [doubted.get(_key(one), one) for one in later["findings"]]
    sentences = [one for one in earlier["quality"] if doubted and one["code"] in OF_THE_MODEL]
    return {**later, "findings": findings, "quality": [*later["quality"], *sentences]}


def kept(earlier: dict, edited: set[str]) -> int:
    """How many findings stand as they were."""
    return sum(1 for one in earlier["findings"] if _stands(one, edited))


def _key(finding: dict) -> tuple[str, str]:
    return finding["structure"], finding["side"]


def _stands(finding: dict, edited: set[str]) -> bool:
    codes = {one["code"] for one in finding["not_measured"]} & OF_THE_MODEL
    structure, side = _key(finding)
    name = structure if side == "none" else f"{structure}_{side}"
    return "LEVEL_AMBIG" in codes or ("UNCERT" in codes and name not in edited)
