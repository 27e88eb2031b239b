"""Scores and categories computed a second time, against answers known beforehand."""

import copy

import pytest

import scores

WOMAN = {"sex": "F", "age_years": 70, "height_m": 1.6, "weight_kg": 60.0}
CALIBRATED = {"method": "stored", "confirmed_by": "physicist", "conversion": {"material": "dipotassium_phosphate"}}


def report(structure: str, **values: float) -> dict:
    measurements = [
        {"region": region, "quantity": quantity, "value": value}
        for (region, quantity), value in ((name.split("__"), value) for name, value in values.items())
    ]
    finding = {"structure": structure, "side": "none", "measurements": measurements, "assessments": []}
    return {"patient": dict(WOMAN), "calibration": copy.deepcopy(CALIBRATED), "quality": [], "findings": [finding], "references": []}


def category(one: dict, criterion: str) -> str | None:
    return scores.expected_categories(one).get((one["findings"][0]["structure"], "none", criterion))


def test_golden_scores():
    one = report("femur", femoral_neck__areal_density=0.7, total_hip__areal_density=0.637)
    found = scores.expected_scores(one)
    assert found["femur", "none", "femoral_neck", "t_score"] == pytest.approx(-1.317, abs=5e-4)
    assert found["femur", "none", "total_hip", "t_score"] == -2.5
    assert found["femur", "none", "total_hip", "percent_young_adult_mean"] == pytest.approx(71.896, abs=5e-4)
    one["patient"]["age_years"] = 49
    assert scores.expected_scores(one) == {}


@pytest.mark.parametrize(
    "neck, hip, who, jsbmr",
    [
        (0.558, 0.9, "osteoporosis", "normal"),
        (0.559, 0.638, "low_bone_mass", "low_bone_mass"),
        (0.9, 0.6202, "osteoporosis", "osteoporosis"),
        (0.9, 0.6203, "osteoporosis", "low_bone_mass"),
        (0.738, 0.82, "normal", "normal"),
    ],
)
def test_categories_of_femora(neck, hip, who, jsbmr):
    one = report("femur", femoral_neck__areal_density=neck, total_hip__areal_density=hip)
    assert (category(one, "who"), category(one, "jsbmr")) == (who, jsbmr)
    one["calibration"]["confirmed_by"] = None
    assert scores.expected_categories(one) == {}


@pytest.mark.parametrize("density, expected", [(79.9, "osteoporosis"), (80, "low_bone_mass"), (120, "low_bone_mass"), (120.1, "normal")])
def test_categories_of_the_spine(density, expected):
    one = report("lumbar_spine", trabecular__density_mean=density)
    assert category(one, "spine_qct") == expected
    one["calibration"]["conversion"]["material"] = "hydroxyapatite"
    assert category(one, "spine_qct") is None


def test_contrast_agent_withholds_attenuation_and_not_area():
    one = report("body", l3_slice__skeletal_muscle_index=38.4, l3_slice__skeletal_muscle_attenuation=40.0)
    assert category(one, "l3_smra_martin") == "low_muscle_attenuation"
    one["quality"] = [{"code": "CONTRAST"}]
    assert category(one, "l3_smra_martin") is None
    assert category(one, "l3_smi_prado") == "low_muscle_mass"


def test_a_category_that_is_not_ours_is_seen():
    one = report("body", l3_slice__psoas_muscle_index=4.0)
    one["findings"][0]["assessments"] = [{"criterion": "psoas_index_hamaguchi", "category": "low_muscle_mass", "reference": "row"}]
    with pytest.raises(AssertionError):
        scores.compare_categories(one)
