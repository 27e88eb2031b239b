"""The simulated hip films against answers known beforehand: spheres, published coefficients, sums."""

import math
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from environment import ROOT, models_importable

models_importable("pydicom", "torch", "trimesh", "PIL.Image")

import pydicom  # noqa: E402

from training.xray import bases, bodies, cohort, compartments, dicom, femora, film, hips, patients, sites, whole  # noqa: E402
from training.xray.grids import Field  # noqa: E402
from training.xray.projection import Pose, Window, project  # noqa: E402

RADIUS, JUNCTION = 26.0, 5.0


def ball() -> hips.Hip:
    """A femur that is a ball about its head's centre, in air, its neck's axis lateral."""
    grid = femora.LOW + np.stack(np.meshgrid(*map(np.arange, femora.SIZE), indexing="ij"), -1) * femora.SPACING
    distance = Field((np.linalg.norm(grid, axis=-1) - RADIUS).astype(np.float32), femora.LOW, femora.SPACING)
    femur = femora.Femur("ball", distance, RADIUS, np.array([1.0, 0, 0]), JUNCTION, 8.0, np.array([20.0, 0]), -60.0)
    empty = Field(np.zeros((4, 4, 4), np.uint8), np.array([-4.0, -4, -4]), 2.0)
    body = bodies.Body("air", empty, empty._replace(values=np.full((4, 4, 4), 60, np.float32)), np.eye(3), RADIUS, -90.0)
    still = Field(np.zeros((2, 2, 2, 3), np.float32), np.full(3, -300.0), 600.0)
    even = Field(np.ones((2, 2, 2), np.float32), np.full(3, -300.0), 600.0)
    grain = hips.grain(np.random.default_rng(0))
    return hips.Hip(femur, body, still, np.ones(3), (grain, grain), even)


@pytest.fixture(scope="module")
def hip():
    return ball()


@pytest.fixture(scope="module")
def base(hip):
    return bases.make(hip, "test", 0, 0, 0)


def test_scan_of_a_ball_has_the_areas_and_volumes_of_geometry(hip):
    scan = bases.scan(hip)
    for region, (start, end) in enumerate([(JUNCTION, JUNCTION + 10), (JUNCTION, RADIUS)]):
        volume = math.pi * (RADIUS**2 * (end - start) - (end**3 - start**3) / 3)
        x = np.linspace(start, end, 20001)
        area = float(np.trapezoid(2 * np.sqrt(np.maximum(RADIUS**2 - x**2, 0)), x))
        assert scan.span[region] == pytest.approx(volume, rel=0.06)
        assert scan.volumes[region, : compartments.VOLUMES].sum() == pytest.approx(scan.span[region])
        density = scan.span[region] / scan.areas[region]
        assert density == pytest.approx(volume / area, rel=0.03), "aBMD of a homogeneous ball is its mean thickness"


@pytest.mark.parametrize("turn", [0, 40])
def test_projection_keeps_the_mass(hip, turn):
    angle = math.radians(turn)
    femur = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    far = Pose(femur, np.eye(3), np.array([0.0, -1e6, 0.0]))
    stack = project(hip, far, Window(64, 64, 1.0, (31.5, 31.5)), soft_step=50.0)
    volume = 4 / 3 * math.pi * RADIUS**3
    assert stack.femur[: compartments.VOLUMES].sum() == pytest.approx(volume, rel=0.01)
    assert stack.femur[: compartments.VOLUMES].sum(0).max() == pytest.approx(2 * RADIUS, rel=0.03)
    near = Pose(femur, np.eye(3), np.array([0.0, -900.0, 0.0]))
    cone = project(hip, near, Window(64, 64, 1.0, (31.5, 31.5)), soft_step=50.0)
    assert cone.femur[: compartments.VOLUMES].sum(0).max() == pytest.approx(2 * RADIUS, rel=0.03), "the middle is as thick"
    assert (cone.femur.sum(0) > 1).sum() >= (stack.femur.sum(0) > 1).sum(), "a cone magnifies what is nearer than the plane"


def test_density_scales_the_truth_and_the_image(base):
    patient = patients.draw(np.random.default_rng(1))
    double = replace(patient, cortical=2 * patient.cortical, trabecular=2 * patient.trabecular, compressive=2 * patient.compressive,
                     tensile=2 * patient.tensile)  # fmt: skip
    once, twice = (patients.truth(person, base.scan) for person in (patient, double))
    for region in once:
        for quantity in ("abmd", "bmc", "vbmd"):
            assert twice[region][quantity] == pytest.approx(2 * once[region][quantity])
        assert twice[region]["area"] == once[region]["area"]
        assert once[region]["bmc"] == pytest.approx(once[region]["abmd"] * once[region]["area"])
    first, second = (cohort.images(base.crop, person)["proximal_femur"].sum() for person in (patient, double))
    assert second == pytest.approx(2 * first, rel=1e-3)


def test_thicker_cortex_is_denser_bone(base):
    patient = patients.draw(np.random.default_rng(2))
    found = [
        patients.truth(replace(patient, thickness=np.full(5, share)), base.scan)["total_hip"]["abmd"] for share in (0.4, 0.7, 1.0, 1.3)
    ]
    assert np.all(np.diff(found) > 0)


def test_the_same_seed_makes_the_same_film(base):
    first, again, second = (cohort.sample(base, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(first["film"], again["film"]) and first["truth"] == again["truth"]
    assert first["film"].shape == (bases.CROP.rows, bases.CROP.columns) and not np.array_equal(first["film"], second["film"])
    centre = tuple(place + bases.MARGIN for place in bases.CENTRE)
    thickness = first["targets"]["proximal_femur_thickness"]
    assert thickness[centre] == pytest.approx(thickness.max(), rel=0.02), "the ball's middle lies where the README says"
    middle = np.median(np.array([first["film"][centre[0] + dy, centre[1] + dx] for dy in (-2, 0, 2) for dx in (-2, 0, 2)]))
    assert middle > np.median(first["film"]), "more attenuation is a larger value"


def test_repeats_are_of_one_patient(base):
    patient = patients.draw(np.random.default_rng(3))
    one, two = (cohort.sample(base, np.random.default_rng(seed), patient=patient)["truth"] for seed in (1, 2))
    assert one["femoral_neck"] == two["femoral_neck"] and one["patient"] == two["patient"]


@pytest.mark.parametrize("view", whole.VIEWS)
def test_whole_films_know_where_the_heads_are(base, view):
    for seed in range(6):
        made = whole.whole_film(base, np.random.default_rng(seed), view=view)
        rows, columns = made["film"].shape
        assert made["view"] == view and np.isfinite(made["film"]).all()
        assert all(0 <= row < rows and 0 <= column < columns for row, column in made["heads"])
        assert [head[1] for head in made["heads"]] == sorted(head[1] for head in made["heads"])
        assert (len(made["heads"]) == 0) == (view in ("distal", "other"))


def test_a_mirrored_pelvis_has_its_heads_at_the_densest_places(base):
    scene = whole.pelvis(base.whole, base, patients.draw(np.random.default_rng(4)))
    for row, column in scene.heads:
        near = scene.found["bone_thickness"][round(row) - 1 : round(row) + 2, round(column) - 1 : round(column) + 2]
        assert near.max() == pytest.approx(2 * RADIUS, rel=0.05)


def test_no_person_and_no_film_is_in_two_splits():
    people = [{re.sub(r"_[lr]femur$", "", name) for name in bones} for bones, _ in hips.SPLITS.values()]
    assert all(not first & second for place, first in enumerate(people) for second in people[place + 1 :])
    seeds = [site.seed for site in (*sites.TRAINING_SITES, *sites.IN_HOUSE_SITES, *sites.UNSEEN_SITES)]
    assert len(seeds) == len(set(seeds))
    seen = {id(site.maker) for site in sites.TRAINING_SITES}
    assert all(id(site.maker) in seen for site in sites.IN_HOUSE_SITES) and not seen & {id(site.maker) for site in sites.UNSEEN_SITES}
    assert len(sites.UNSEEN_SITES) >= 3 and len(sites.IN_HOUSE_SITES) >= 3


def test_coefficients_are_those_of_the_program():
    table = (ROOT / "plugin-core" / "src" / "calibration" / "tissue" / "attenuation.rs").read_text()
    for rust, own in (("Fat", "fat"), ("Muscle", "muscle"), ("CorticalBone", "cortical_bone")):
        row = [float(value) for value in re.search(rf"Tissue::{rust}\) => \[([^\]]*)\]", table).group(1).split(",")]
        for kev, expected in zip((40, 50, 60, 80), row[:4], strict=True):
            assert film.attenuation(own)[film.ENERGIES == kev][0] == pytest.approx(expected)
    # Calcium hydroxyapatite at 70 keV, log-log (attenuation.rs): the mineral here is what is left of cortical bone.
    assert film.attenuation("mineral")[film.ENERGIES == 70][0] == pytest.approx(0.3193, rel=0.03)


def test_reference_women_have_the_reference_density():
    assert patients.OSTEOPOROSIS["femoral_neck"] == pytest.approx(0.558)
    assert patients.OSTEOPOROSIS["total_hip"] == pytest.approx(0.637)


@pytest.mark.parametrize("site", [*sites.TRAINING_SITES[::3], *sites.UNSEEN_SITES], ids=lambda site: site.name)
def test_every_maker_keeps_the_order_of_attenuation_and_its_bits(site):
    steps = np.repeat(np.linspace(1.0, 4.0, 12), 20)[None].repeat(200, 0)
    grey = sites.processed(np.exp(-steps).astype(np.float32), site, np.random.default_rng(0), 1.25)
    assert grey.min() >= 0 and grey.max() <= 2**site.maker.bits - 1 and np.array_equal(grey, np.round(grey))
    middle = grey[100, 10::20]
    assert np.corrcoef(np.arange(12), middle)[0, 1] > 0.7


def test_a_film_becomes_a_valid_dx_object(tmp_path):
    rng = np.random.default_rng(0)
    patient, geometry = patients.draw(rng), dicom.Geometry(0.3, 1100, 970, 1080)
    grey = rng.integers(0, 1024, (40, 30)).astype(np.float32)
    made = dicom.digital_x_ray(grey, 10, geometry, film.draw(rng), patient, "test")
    made.save_as(tmp_path / "film.dcm", enforce_file_format=True)
    read = pydicom.dcmread(tmp_path / "film.dcm")
    assert np.array_equal(read.pixel_array, grey)
    assert float(read.ImagerPixelSpacing[0]) / float(read.EstimatedRadiographicMagnificationFactor) == pytest.approx(0.3, rel=1e-3)
    if shutil.which("dciodvfy"):
        said = subprocess.run(["dciodvfy", "-new", tmp_path / "film.dcm"], capture_output=True, text=True)
        assert "Error" not in said.stderr + said.stdout, said.stderr
