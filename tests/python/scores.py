"""Scores and categories of a report, computed again from its own values, in decimal arithmetic.

Numbers are those of the publications, written down a second time: a wrong figure in the program's tables shows here.
"""

from __future__ import annotations

from decimal import Decimal

NHANES = {"femoral_neck": ("0.858", "0.120"), "total_hip": ("0.942", "0.122")}
JAPAN_WOMEN = {"total_hip": ("0.886", "0.107")}
WORST_FIRST = ("osteoporosis", "low_bone_mass", "normal")
SCORES = ("t_score", "z_score", "percent_young_adult_mean")

Key = tuple[str, str, str, str]


def t_score(density: float, reference: tuple[str, str]) -> Decimal:
    mean, sd = map(Decimal, reference)
    # More digits than any binary double has; the division may be periodic.
    return ((Decimal(repr(density)) - mean) / sd).quantize(Decimal("1e-12"))


def percent(density: float, reference: tuple[str, str]) -> Decimal:
    return (100 * Decimal(repr(density)) / Decimal(reference[0])).quantize(Decimal("1e-12"))


def by_t(score: Decimal) -> str:
    return "osteoporosis" if score <= Decimal("-2.5") else "low_bone_mass" if score < -1 else "normal"


def densities(finding: dict) -> dict[str, float]:
    """Areal density of each region of a femur."""
    if finding["structure"] != "femur":
        return {}
    return {one["region"]: one["value"] for one in finding["measurements"] if one["quantity"] == "areal_density"}


def expected_scores(report: dict) -> dict[Key, float]:
    """`(structure, side, region, quantity)` to score."""
    patient, method = report["patient"], report["calibration"]["method"]
    if (patient["age_years"] or 0) < 50 or method in ("none", "physics"):
        return {}
    scores = {}
    for finding in report["findings"]:
        for region, density in densities(finding).items():
            key = (finding["structure"], finding["side"], region)
            if region in NHANES:
                scores[*key, "t_score"] = float(t_score(density, NHANES[region]))
            if region in JAPAN_WOMEN and patient["sex"] == "F":
                scores[*key, "percent_young_adult_mean"] = float(percent(density, JAPAN_WOMEN[region]))
    return scores


def worst(categories: list[str]) -> str | None:
    return min(categories, key=WORST_FIRST.index, default=None)


def who(areal: dict[str, float]) -> str | None:
    return worst([by_t(t_score(value, NHANES[region])) for region, value in areal.items() if region in NHANES])


def jsbmr(areal: dict[str, float]) -> str | None:
    categories = []
    for region, value in areal.items():
        if region in JAPAN_WOMEN:
            low = percent(value, JAPAN_WOMEN[region]) <= 70
            categories.append("osteoporosis" if low else by_t(t_score(value, JAPAN_WOMEN[region])))
    return worst(categories)


def bone_categories(report: dict, finding: dict) -> dict[str, str | None]:
    calibration = report["calibration"]
    blocked = calibration["method"] in ("none", "physics") or not calibration.get("confirmed_by")
    if blocked or report["patient"]["age_years"] < 50 or contrast(report):
        return {}
    areal = densities(finding)
    found = {"who": who(areal), "jsbmr": jsbmr(areal) if report["patient"]["sex"] == "F" else None}
    if finding["structure"] == "lumbar_spine" and calibration["conversion"]["material"] == "dipotassium_phosphate":
        for one in finding["measurements"]:
            if (one["region"], one["quantity"]) == ("trabecular", "density_mean"):
                value = one["value"]
                found["spine_qct"] = "osteoporosis" if value < 80 else "low_bone_mass" if value <= 120 else "normal"
    return found


def muscle_categories(report: dict, finding: dict) -> dict[str, str | None]:
    if finding["structure"] != "body":
        return {}
    patient = report["patient"]
    male = patient["sex"] == "M"
    height, weight = patient["height_m"], patient["weight_kg"]
    bmi = weight / height**2 if height and weight else None
    values = {one["quantity"]: one["value"] for one in finding["measurements"]}
    mass = lambda low: "low_muscle_mass" if low else "normal"
    found = {}
    if (index := values.get("skeletal_muscle_index")) is not None:
        found["l3_smi_prado"] = mass(index <= 52.4 if male else index < 38.5)
        found["l3_smi_derstine"] = mass(index < (45.4 if male else 34.4))
        if not male:
            found["l3_smi_martin"] = mass(index < 41)
        elif bmi is not None:
            found["l3_smi_martin"] = mass(index < (43 if bmi < 25 else 53))
    if (psoas := values.get("psoas_muscle_index")) is not None:
        found["psoas_index_hamaguchi"] = mass(psoas < (6.36 if male else 3.92))
    attenuation = values.get("skeletal_muscle_attenuation")
    if attenuation is not None and bmi is not None and not contrast(report) and not said(report, "KVP"):
        found["l3_smra_martin"] = "low_muscle_attenuation" if attenuation < (41 if bmi < 25 else 33) else "normal"
    if (estimate := values.get("estimated_dxa_smi")) is not None and not contrast(report):
        found["awgs_2019"] = mass(estimate < (7.0 if male else 5.4))
        found["ewgsop2"] = mass(estimate < (7.0 if male else 5.5))
    return found


def said(report: dict, code: str) -> bool:
    return any(one["code"] == code for one in report["quality"])


def contrast(report: dict) -> bool:
    return said(report, "CONTRAST")


def expected_categories(report: dict) -> dict[tuple[str, str, str], str]:
    """`(structure, side, criterion)` to category."""
    patient = report["patient"]
    if patient["sex"] not in ("F", "M") or (patient["age_years"] or 0) < 20:
        return {}
    return {
        (finding["structure"], finding["side"], criterion): category
        for finding in report["findings"]
        for criterion, category in {**bone_categories(report, finding), **muscle_categories(report, finding)}.items()
        if category is not None
    }


def compare_categories(report: dict) -> int:
    """Asserts that every category is ours and rests on a verified row; answers how many were compared."""
    found = {
        (finding["structure"], finding["side"], one["criterion"]): one["category"]
        for finding in report["findings"]
        for one in finding["assessments"]
    }
    assert found == expected_categories(report)
    verified = {row["id"] for row in report["references"] if row["verified_by"]}
    used = {one["reference"] for finding in report["findings"] for one in finding["assessments"]}
    used |= {one["reference"] for finding in report["findings"] for one in finding["measurements"] if one["quantity"] in SCORES}
    assert used <= verified, f"not verified: {used - verified}"
    return len(found)
