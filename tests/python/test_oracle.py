"""The oracle against answers known beforehand, and against SimpleITK."""

import numpy as np
import pytest
import SimpleITK as sitk

import make_study
import oracle
from environment import real_ct_files
from oracle import lumbar, muscle, vertebral_body


def digital_vertebra(tilt: float = 0.0) -> tuple[oracle.Ct, np.ndarray]:
    """A body of 140 HU in a shell of 350 HU, radii 22 and 16, height 26, with a vein channel of -500 HU, arch and process of 300 HU."""
    steps = np.array([[0, 0, 1.5], [0, np.cos(tilt), np.sin(tilt)], [1, 0, 0]])
    shape = np.array([60, 110, 80])
    ct = oracle.Ct(np.full(shape, 40, np.float32), -steps.T @ (shape / 2) + [0.3, 10.2, 0.1], steps, 1.5)
    x, y, z = (ct.origin + np.moveaxis(np.indices(shape), 0, -1) @ steps).transpose(3, 0, 1, 2)
    ellipse = lambda a, b, h: ((x / a) ** 2 + (y / b) ** 2 <= 1) & (np.abs(z) <= h)
    body = ellipse(22, 16, 13)
    canal = (x / 10) ** 2 + ((y - 24) / 8) ** 2 <= 1
    arch = (np.abs(x) <= 15) & (y > 0) & (y <= 37) & (np.abs(z) <= 8) & ~canal & ~body
    process = (np.abs(x) <= 4) & (y > 36) & (y <= 60) & (np.abs(z) <= 8)
    ct.hu[arch | process] = 300
    ct.hu[body] = 350
    ct.hu[ellipse(20.5, 14.5, 11.5)] = 140
    ct.hu[body & (x**2 + z**2 <= 5**2) & (y >= 5)] = -500
    return ct, body | arch | process


@pytest.mark.parametrize("tilt", [0.0, 0.2])
def test_the_trabecular_region_holds_trabecular_bone_and_nothing_else(tilt):
    ct, mask = digital_vertebra(tilt)
    values = lumbar.trabecular_values(ct, mask, vertebral_body.final_body(ct, {"l3": mask}, "l3"))
    assert values["trabecular", "attenuation_mean"] == 140
    assert values["trabecular", "attenuation_sd"] == 0
    # Half the height of an ellipse that lost 4 mm all around, less a half of the vein's cylinder.
    ellipse = np.pi * 18 * 12 * 13 / 1000
    assert 0.8 * ellipse < values["trabecular", "volume"] < ellipse


def test_focal_dense_bone_is_left_out():
    ct, mask = digital_vertebra()
    rng = np.random.default_rng(1)
    ct.hu[ct.hu == 140] += rng.normal(0, 10, (ct.hu == 140).sum())
    body = vertebral_body.final_body(ct, {"l3": mask}, "l3")
    clean = lumbar.trabecular_values(ct, mask, body)["trabecular", "attenuation_mean"]
    region = lumbar.trabecular_region(ct, mask, body)
    ct.hu[tuple(region[: len(region) // 50].T)] = 900
    dense = lumbar.trabecular_values(ct, mask, body)["trabecular", "attenuation_mean"]
    assert abs(dense - clean) < 0.5


@pytest.mark.parametrize("tilt", [0.0, 0.2])
def test_heights_area_and_densities_are_those_of_the_drawing(tilt):
    ct, mask = digital_vertebra(tilt)
    line = {"slope": 0.8, "intercept": -5}
    answer = oracle.expected(ct, {("l3", "none"): mask}, line)["l3", "none"]
    for place in ("anterior", "middle", "posterior"):
        assert answer["vertebral_body", f"{place}_height"] == pytest.approx(26, abs=1.5)
    # The body's shadow, and that of the process, which reaches not beyond it.
    assert answer["whole", "area"] == pytest.approx(44 * 26 / 100, rel=0.02)
    assert answer["trabecular", "density_mean"] == pytest.approx(0.8 * 140 - 5)
    content = (0.8 * ct.hu[mask].astype(float) - 5).sum() * ct.voxel_cm3 / 1000
    assert answer["whole", "areal_density"] == pytest.approx(content / answer["whole", "area"])


def test_a_mask_without_a_body_is_refused():
    ct, _ = digital_vertebra()
    slab = np.zeros(ct.hu.shape, bool)
    slab[20:40, 50:58, 20:60] = True
    with pytest.raises(oracle.NotMeasured, match="BODY_NOT_FOUND"):
        vertebral_body.final_body(ct, {"l3": slab}, "l3")


def test_gates_withhold_what_they_should():
    hu = np.full((40, 40, 40), 50, np.float32)
    hu[18:22, 18:22, 30:34] = 3000
    ct = oracle.Ct(hu, np.zeros(3), np.diag([2.0, 2.0, 2.0])[::-1], 2.0)
    masks = {("iliopsoas", "right"): np.zeros(hu.shape, bool), ("iliopsoas", "left"): np.zeros(hu.shape, bool)}
    masks["iliopsoas", "right"][10:20, 10:20, 3:10] = True
    masks["iliopsoas", "left"][10:20, 10:20, 24:30] = True
    answers = oracle.expected(ct, masks)
    assert answers["iliopsoas", "right"]["whole", "attenuation_mean"] == 50
    assert answers["iliopsoas", "right"]["whole", "volume"] == pytest.approx(5.6)
    assert answers["iliopsoas", "left"]["whole", "volume"] == {"METAL"}
    masks["iliopsoas", "right"][15, 15, 2] = True
    assert oracle.expected(ct, masks)["iliopsoas", "right"]["whole", "volume"] == {"BORDER_MASK"}
    swapped = {("iliopsoas", "left"): masks["iliopsoas", "right"], ("iliopsoas", "right"): masks["iliopsoas", "left"]}
    assert "LATERALITY" in oracle.expected(ct, swapped)["iliopsoas", "right"]["whole", "volume"]


def test_muscle_values_agree_with_simpleitk():
    study = make_study.load(*real_ct_files())
    image, labels = sitk.GetImageFromArray(study.hu), sitk.GetImageFromArray(study.labels)
    for one in (image, labels):
        one.SetSpacing(study.spacing[::-1].tolist())
    statistics = sitk.LabelIntensityStatisticsImageFilter()
    statistics.Execute(labels, image)
    ct, masks = study.ct(), study.masks()
    for value, (_, structure, side, *_) in make_study.CLASSES.items():
        ours = muscle.muscle_values(ct, masks[structure, side])
        assert ours["whole", "volume"] * 1000 == pytest.approx(statistics.GetPhysicalSize(value))
        assert ours["whole", "attenuation_mean"] == pytest.approx(statistics.GetMean(value))
