"""Landmarks of real femora, from their surfaces: against what anatomy and the surface itself say."""

import json
import subprocess

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.optimize import least_squares

import femur_surfaces
import make_study
from environment import bonemuscle

# The two other surfaces end at the lesser trochanter.
WHOLE = ("m3_l", "m3_r", "m4_l", "m4_r", "m8_l", *femur_surfaces.VISIBLE_HUMAN)
CUT = ("m7_l", "m7_r")
BONE, AROUND = 300, 40


class Femur:
    """A surface, its voxels and what was found; everything as if it were a left one."""

    def __init__(self, name, folder, spacing=1.0):
        corners = femur_surfaces.triangles(name)
        right = name.lower().endswith("r")
        inside, origin = femur_surfaces.voxels(corners, spacing)
        labels = np.where(inside, 76 if right else 75, 0).astype(np.uint16)
        hu = np.where(inside, BONE, AROUND).astype(np.int16)
        study = make_study.Study(hu, labels, origin.round(4), np.full(3, spacing))
        make_study.write_study(folder / "in", study, make_study.Options())
        command = [bonemuscle(), "measure", folder / "in", "--output", folder / "out"]
        subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
        findings = json.loads((folder / "out" / "report.json").read_text())["findings"]
        (self.finding,) = [one for one in findings if one["structure"] == "femur"]
        flip = np.array([-1, 1, 1]) if right else np.ones(3)
        self.points = corners.reshape(-1, 3) * flip
        self.found = {one["name"]: np.array(one["position_mm"]) * flip for one in self.finding["landmarks"]}
        self.figures = {f["name"]: f["value"] for one in self.finding["landmarks"] for f in one["figures"]}
        self.distance = distance_transform_edt(inside) - distance_transform_edt(~inside)
        self.inside, self.origin, self.spacing, self.flip = inside, origin, spacing, flip

    def depth(self, point):
        """How far below the surface a point lies, to about a millimetre."""
        index = np.rint((point * self.flip - self.origin) / self.spacing).astype(int)[::-1]
        return self.distance[tuple(index)] * self.spacing

    def slice_centre(self, z):
        """Of the axial section at the height `z`."""
        rows, columns = np.nonzero(self.inside[round((z - self.origin[2]) / self.spacing)])
        x, y = self.origin[:2] + np.array([columns.mean(), rows.mean()]) * self.spacing
        return np.array([x, y, z]) * self.flip

    def axis(self):
        up = self.found["shaft_20mm"] - self.found["shaft_50mm"]
        return self.found["shaft_20mm"], up / np.linalg.norm(up)

    def head_from_surface(self):
        """Centre and radius, by least squares over the most medial points: no part of the neck is among them."""
        x, _, z = self.points.T
        top = self.points[z > z.max() - 60]
        points = top[top[:, 0] < top[:, 0].min() + 22]
        start = [*points.mean(axis=0), 24]
        return least_squares(lambda p: np.linalg.norm(points - p[:3], axis=1) - p[3], start, loss="soft_l1", f_scale=0.5).x


@pytest.fixture(scope="module")
def femur(tmp_path_factory):
    known = {}

    def get(name):
        if name not in known:
            known[name] = Femur(name, tmp_path_factory.mktemp(name))
        return known[name]

    return get


@pytest.mark.parametrize("name", WHOLE)
def test_head_is_the_sphere_of_the_surface(femur, name):
    one = femur(name)
    *centre, radius = one.head_from_surface()
    assert np.linalg.norm(one.found["head_centre"] - centre) < 1.5
    assert abs(one.figures["head_radius_mm"] - radius) < 1.0


@pytest.mark.parametrize("name", WHOLE)
def test_neck_lies_between_head_and_shaft(femur, name):
    one = femur(name)
    # Three-dimensional angles of adults.
    assert 110 < one.figures["neck_shaft_angle_degrees"] < 140
    offset = one.found["neck_centre"] - one.found["head_centre"]
    assert offset[0] > 0 > offset[2], "lateral to the head and below it"
    assert one.depth(one.found["neck_centre"]) > 10
    for end in ("superior", "inferior", "anterior", "posterior"):
        point = one.found[f"junction_{end}"]
        assert abs(one.depth(point)) < 1.5
        assert abs(np.linalg.norm(point - one.found["head_centre"]) - one.figures["head_radius_mm"]) < 4
    assert one.found["junction_superior"][2] - one.found["junction_inferior"][2] > 20
    assert one.found["junction_posterior"][1] - one.found["junction_anterior"][1] > 18


@pytest.mark.parametrize("name", WHOLE)
def test_lesser_trochanter_is_the_posteromedial_tip(femur, name):
    one = femur(name)
    tip = one.found["lesser_trochanter"]
    start, up = one.axis()
    across = lambda points: (points - start) - ((points - start) @ up)[..., None] * up
    outward = across(tip)
    assert outward[0] < -5 and outward[1] > 5, "medial and posterior"
    assert abs(one.depth(tip)) < 1.5
    # No point of that quarter of the surface, as high as the trochanter, is much farther from the axis.
    near = one.points[np.abs((one.points - tip) @ up) < 6]
    toward = near[across(near) @ outward > 0.8 * np.linalg.norm(outward) * np.linalg.norm(across(near), axis=1)]
    assert np.linalg.norm(across(toward), axis=1).max() - np.linalg.norm(outward) < 2


@pytest.mark.parametrize("name", WHOLE)
def test_shaft_points_are_in_the_middle_of_the_shaft(femur, name):
    one = femur(name)
    for below, landmark in ((20, "shaft_20mm"), (50, "shaft_50mm")):
        point = one.found[landmark]
        assert abs((one.found["lesser_trochanter"] - point) @ one.axis()[1] - below) < 0.1
        if name != "m8_l" or below == 20:  # m8_l is cut 49 mm below.
            assert np.linalg.norm(one.slice_centre(point[2]) - point) < 3


@pytest.mark.parametrize("name", WHOLE)
def test_greater_trochanter_begins_on_the_lateral_outline(femur, name):
    one = femur(name)
    if "greater_trochanter_base" not in one.found:
        # Too little of the shaft to prolong its outline so far: the regions that it divides are withheld, and only these.
        assert one.figures["shaft_below_lesser_trochanter_mm"] < 50
        missing = {(refusal["region"], refusal["code"]) for refusal in one.finding["not_measured"] if "area" in refusal["quantities"]}
        assert missing == {("trochanter", "SHAFT_TRUNC"), ("intertrochanter", "SHAFT_TRUNC")}
        return
    base = one.found["greater_trochanter_base"]
    start, up = one.axis()
    lateral = np.cross(np.cross(up, one.found["neck_centre"] - one.found["head_centre"]), up)
    lateral /= np.linalg.norm(lateral)
    level = one.points[np.abs((one.points - base) @ up) < 1.5]
    assert abs(((level - base) @ lateral).max()) < 1.5
    assert -10 < (base - one.found["lesser_trochanter"]) @ up < 50
    # The trochanter itself lies above and farther out.
    above = one.points[((one.points - base) @ up > 5) & ((one.points - base) @ up < 60)]
    assert ((above - base) @ lateral).max() > 3


@pytest.mark.parametrize("name", CUT)
def test_a_shaft_that_ends_at_the_lesser_trochanter_is_refused(femur, name):
    one = femur(name)
    assert not one.found and not one.finding["measurements"]
    assert {missing["code"] for missing in one.finding["not_measured"]} == {"SHAFT_TRUNC"}


@pytest.mark.parametrize("person", ["F", "M"])
def test_both_sides_of_one_person_agree(femur, person):
    left, right = femur(f"{person}_L"), femur(f"{person}_R")
    # The model's sides are mirror images of each other.
    for name, limit in (("head_radius_mm", 0.2), ("neck_shaft_angle_degrees", 1.0), ("excess_mm", 0.5)):
        assert abs(left.figures[name] - right.figures[name]) < limit
    for name in left.found:
        apart = [np.linalg.norm(one.found[name] - one.found["head_centre"]) for one in (left, right)]
        assert abs(apart[0] - apart[1]) < 1.5, name


@pytest.mark.parametrize("name", ["m4_l", "F_R"])
def test_thick_voxels_give_the_same_landmarks(femur, name, tmp_path):
    fine, coarse = femur(name), Femur(name, tmp_path, spacing=2.5)
    for landmark, place in fine.found.items():
        assert np.linalg.norm(coarse.found[landmark] - place) < 3, landmark
