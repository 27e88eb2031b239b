"""The panel's logic on MRML nodes. Runs in Slicer (Reload & Test, SlicerPythonTestRunner, ctest) and on the wheel slicer-core alike; needs
neither the program nor the Python package."""

import json
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import slicer
import vtk
from BoneMuscleLib import chosen_slice, recompute, results, run, segmentation, structures, table, volume as volumes
from BoneMuscleLib.parameters import Parameters
from BoneMuscleLib.refused import Refused
from BoneMuscleLib.session import Session

SPACING, ORIGIN = (0.8, 0.7, 2.5), (11.0, -7.0, 300.0)
#: Columns i, j, k in RAS: as most CTs lie; a coronal one; a left-handed one; one that leans.
DIRECTIONS = {
    "axial": (-1, 0, 0, 0, -1, 0, 0, 0, 1),
    "coronal": (-1, 0, 0, 0, 0, 1, 0, -1, 0),
    "left-handed": (1, 0, 0, 0, -1, 0, 0, 0, 1),
    "leaning": (-1, 0, 0, 0, -0.96, 0.28, 0, 0.28, 0.96),
}


def finding(structure="l1", side="none", measurements=(), not_measured=()):
    """A finding of a report."""
    return {
        "structure": structure,
        "side": side,
        "measurements": list(measurements),
        "not_measured": list(not_measured),
        "assessments": [],
        "landmarks": [],
        "uncertainty": {"method": "none"},
    }


def value(region, quantity, number, unit):
    return {"region": region, "quantity": quantity, "value": number, "unit": unit, "method": "test/1", "reference": None}


def withheld(code, reason, *quantities):
    return {"region": "whole", "quantities": list(quantities), "criteria": [], "code": code, "reason": reason, "found": None}


def report(*findings, calibration=None):
    """A report with these findings."""
    return {
        "schema": "bonemuscle-report/1",
        "notice": "Research use only. Not for diagnosis.",
        "calibration": calibration or {"method": "none"},
        "quality": [],
        "findings": list(findings),
        "references": [],
    }


PHANTOM = {
    "method": "phantom",
    "phantom": "b-mas200",
    "conversion": {"material": "hydroxyapatite", "slope": 0.8, "intercept": -2.5, "curvature": 0.0},
    "r_squared": 0.99999,
    "residual_sd": 0.2,
    "rods": [{"density": 0.0, "hu": 3.1}, {"density": 100.0, "hu": 128.1}, {"density": 200.0, "hu": 253.1}],
}


class Done:
    """A run that has ended."""

    is_temporary = False

    def __init__(self, outcome, given=None):
        self.outcome, self.given = lambda: outcome, given

    def close(self):
        """There is nothing to remove."""


class BoneMuscleNodesTest(unittest.TestCase):
    def setUp(self):
        slicer.mrmlScene.Clear()

    def add_volume(self, voxels=None, directions=DIRECTIONS["axial"], class_name="vtkMRMLScalarVolumeNode"):
        node = slicer.mrmlScene.AddNewNodeByClass(class_name, "CT")
        slicer.util.updateVolumeFromArray(node, np.zeros((12, 20, 30), np.int16) if voxels is None else voxels)
        node.SetSpacing(*SPACING)
        node.SetOrigin(*ORIGIN)
        node.SetIJKToRASDirections(*directions)
        return node

    def add_labels(self, voxels, like):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
        slicer.util.updateVolumeFromArray(node, voxels)
        node.CopyOrientation(like)
        return node

    def two_structures(self, directions=DIRECTIONS["axial"]):
        volume = self.add_volume(directions=directions)
        voxels = np.zeros((12, 20, 30), np.uint8)
        voxels[2:6, 3:9, 4:10] = 7
        voxels[7:11, 10:18, 15:28] = 50
        segmentation.fill(results.model_segmentation(volume), self.add_labels(voxels, volume), {7: "l3", 50: "gluteus_maximus_left"}, volume)
        return volume, voxels

    # --- volumes ---------------------------------------------------------------------------------------------------------------

    def test_the_grid_is_that_of_dicom(self):
        for name, directions in DIRECTIONS.items():
            volume = self.add_volume(directions=directions)
            origin, steps = volumes.grid_lps(volume)
            ijk_to_ras = vtk.vtkMatrix4x4()
            volume.GetIJKToRASMatrix(ijk_to_ras)
            right, anterior, superior, _ = ijk_to_ras.MultiplyPoint((5, 6, 7, 1))
            place = origin + np.array([5, 6, 7]) @ steps
            np.testing.assert_allclose(place, [-right, -anterior, superior], atol=1e-9, err_msg=name)

    def test_a_ct_can_be_measured(self):
        self.assertEqual(volumes.reason_not_measurable(self.add_volume()), "")

    def test_what_cannot_be_measured_is_refused_in_a_sentence(self):
        transformed = self.add_volume()
        transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Shift")
        transformed.SetAndObserveTransformNodeID(transform.GetID())
        color = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "RGB")
        image = vtk.vtkImageData()
        image.SetDimensions(8, 8, 8)
        image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
        color.SetAndObserveImageData(image)
        cases = (
            (None, "Load a CT first"),
            (slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty"), "holds no image"),
            (self.add_labels(np.zeros((4, 4, 4), np.uint8), transformed), "is a label map"),
            (color, "3 values in every voxel"),
            (self.add_volume(np.zeros((2, 20, 30), np.int16)), "only 2 voxels thick"),
            (self.add_volume(np.zeros((1, 20, 30), np.int16)), "only 1 voxel thick"),
            (transformed, "under the transform 'Shift'"),
        )
        for volume, part in cases:
            self.assertIn(part, volumes.reason_not_measurable(volume))

    # --- parameters ---------------------------------------------------------------------------------------------------------------

    def test_parameters_survive_in_a_node(self):
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
        self.assertEqual(Parameters.of_node(node), Parameters())
        chosen = Parameters(
            measurements=("lumbar-bmd", "muscle"), model="mine", model_folders=("/a b", "/c"), calibration="stored", calibration_id="ct1",
            site="/site.json", height_m=1.62, weight_kg=55.5, age_years=71, sex="F", language="ja", results_folder="/out",
        )
        chosen.to_node(node)
        self.assertEqual(Parameters.of_node(node), chosen)
        node.SetParameter("height_m", "tall")
        self.assertEqual(Parameters.of_node(node).height_m, 0.0)

    def test_what_nobody_chose_is_not_handed_on(self):
        self.assertEqual(Parameters().for_cli(), {"calibration": "auto", "sex": "unknown", "language": "en"})
        self.assertEqual(Parameters().for_core()["patient"], {})
        self.assertNotIn("calibrationId", Parameters(calibration="auto", calibration_id="left over").for_cli())

    def test_a_comma_cannot_be_handed_on(self):
        with self.assertRaisesRegex(Refused, "comma"):
            Parameters(model_folders=("/models, old",)).for_cli()

    # --- labels -------------------------------------------------------------------------------------------------------------------

    def test_segments_have_names_colours_and_codes(self):
        volume, _ = self.two_structures()
        segments = results.model_segmentation(volume).GetSegmentation()
        self.assertEqual([segments.GetNthSegment(i).GetName() for i in range(2)], ["L3 vertebra", "Left gluteus maximus"])
        np.testing.assert_allclose(segments.GetNthSegment(0).GetColor(), np.array([245, 150, 130]) / 255)
        tag = vtk.reference("")
        segments.GetNthSegment(1).GetTag(segments.GetNthSegment(1).GetTerminologyEntryTagName(), tag)
        self.assertIn("SCT^206007^Gluteus maximus muscle~SCT^7771000^Left", str(tag))

    def test_labels_come_back_as_they_went_in(self):
        for name, directions in DIRECTIONS.items():
            volume, voxels = self.two_structures(directions)
            found = segmentation.label_map(results.model_segmentation(volume), volume)
            self.assertEqual(found.names, {1: "L3 vertebra", 2: "Left gluteus maximus"})
            np.testing.assert_array_equal(found.voxels, np.select([voxels == 7, voxels == 50], [1, 2]), err_msg=name)

    def test_a_segmentation_is_filled_again(self):
        volume, voxels = self.two_structures()
        segmentation.fill(results.model_segmentation(volume), self.add_labels((voxels == 50).astype(np.uint8), volume), {1: "l1"}, volume)
        found = segmentation.label_map(results.model_segmentation(volume), volume)
        self.assertEqual((found.names, int(found.voxels.sum())), ({1: "L1 vertebra"}, int((voxels == 50).sum())))

    def test_an_edit_is_seen(self):
        volume, voxels = self.two_structures()
        node = results.model_segmentation(volume)
        before = segmentation.label_map(node, volume)
        one = node.GetSegmentation().GetNthSegmentID(0)
        smaller = (voxels == 7).astype(np.uint8)
        smaller[2] = 0
        slicer.util.updateSegmentBinaryLabelmapFromArray(smaller, node, one, volume)
        after = segmentation.label_map(node, volume)
        self.assertEqual(int((after.voxels == 1).sum()), int(smaller.sum()))
        self.assertEqual(recompute.changed(before, after), {"l3"})
        self.assertEqual(recompute.changed(after, after), set())

    def test_another_name_is_an_edit_too(self):
        volume, _ = self.two_structures()
        before = segmentation.label_map(results.model_segmentation(volume), volume)
        results.model_segmentation(volume).GetSegmentation().GetNthSegment(0).SetName("L2 vertebra")
        self.assertEqual(recompute.changed(before, segmentation.label_map(results.model_segmentation(volume), volume)), {"l3", "l2"})

    def test_a_segmentation_on_other_voxels_is_resampled(self):
        volume, voxels = self.two_structures()
        finer = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "fine")
        slicer.util.updateVolumeFromArray(finer, np.zeros((24, 40, 60), np.int16))
        finer.SetSpacing(*(step / 2 for step in SPACING))
        finer.SetIJKToRASDirections(*DIRECTIONS["axial"])
        # Eight voxels of half the size fill one; the first centre lies a quarter of a voxel before it.
        shift = np.array(SPACING) / 4 * np.array([-1, -1, 1])
        finer.SetOrigin(*(np.array(ORIGIN) - shift))
        found = segmentation.label_map(results.model_segmentation(volume), finer)
        self.assertEqual(int((found.voxels == 1).sum()), 8 * int((voxels == 7).sum()))

    def test_what_a_label_map_cannot_hold_is_refused(self):
        volume, voxels = self.two_structures()
        node = results.model_segmentation(volume)
        empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Empty")
        with self.assertRaisesRegex(Refused, "holds no segment"):
            segmentation.label_map(empty, volume)
        empty.GetSegmentation().AddEmptySegment("a", "L1 vertebra")
        with self.assertRaisesRegex(Refused, "are empty"):
            segmentation.label_map(empty, volume)
        whole = slicer.vtkSegment()
        whole.SetName("Skeletal muscle")
        image = slicer.vtkSlicerSegmentationsModuleLogic.CreateOrientedImageDataFromVolumeNode(
            self.add_labels((voxels > 0).astype(np.uint8), volume)
        )
        whole.AddRepresentation("Binary labelmap", image)
        node.GetSegmentation().AddSegment(whole)
        with self.assertRaisesRegex(Refused, f"overlap in {int((voxels > 0).sum())} voxels"):
            segmentation.label_map(node, volume)

    # --- results ------------------------------------------------------------------------------------------------------------------

    def test_the_table_holds_values_and_reasons(self):
        volume = self.add_volume()
        found = report(
            finding("l1", measurements=[value("trabecular", "density_mean", 104.328, "mg{HA}/cm3")]),
            finding("femur", "left", not_measured=[withheld("METAL", "metal is near", "areal_density", "area")]),
        )
        results.store(volume, found)
        node = results.node(volume, "Table")
        rows = [[node.GetCellText(row, column) for column in range(node.GetNumberOfColumns())] for row in range(node.GetNumberOfRows())]
        self.assertEqual(rows[0], ["L1 vertebra", "Trabecular", "Bone density (vBMD)", "104.328", "mgHA/cm³", "test/1", ""])
        self.assertEqual([row[3] for row in rows], ["104.328", "", ""])
        self.assertEqual(rows[2][6], "not measured: metal is near")
        results.store(volume, report())
        self.assertEqual(node.GetNumberOfRows(), 0)

    def test_results_are_found_again_after_saving_and_loading(self):
        volume, _ = self.two_structures()
        found = report(finding("l1", measurements=[value("trabecular", "attenuation_mean", 131.457, "[hnsf'U]")]))
        results.store(volume, found)
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "scene.mrb")
            self.assertTrue(slicer.mrmlScene.WriteToMRB(file))
            slicer.mrmlScene.Clear()
            self.assertTrue(slicer.mrmlScene.ReadFromMRB(file))
        again = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLScalarVolumeNode")
        self.assertEqual(results.stored(again), found)
        self.assertEqual(results.node(again, "Table").GetCellText(0, 3), "131.457")
        self.assertEqual(results.node(again, "Vertebrae chart").GetNumberOfPlotSeriesNodes(), 1)
        self.assertEqual(len(segmentation.label_map(results.model_segmentation(again), again).names), 2)

    def test_charts_show_line_and_vertebrae(self):
        volume = self.add_volume()
        vertebra = lambda level, number: finding(level, measurements=[value("trabecular", "density_mean", number, "mg{HA}/cm3")])  # noqa: E731
        results.store(volume, report(vertebra("l1", 120.0), vertebra("l4", 99.5), calibration=PHANTOM))
        chart = results.node(volume, "Calibration chart")
        rods, line = (chart.GetNthPlotSeriesNode(i).GetTableNode() for i in range(2))
        self.assertEqual([rods.GetTable().GetValue(row, 0).ToDouble() for row in range(3)], [3.1, 128.1, 253.1])
        ends = [[line.GetTable().GetValue(row, column).ToDouble() for column in range(2)] for row in range(2)]
        np.testing.assert_allclose(ends, [[3.1, 0.8 * 3.1 - 2.5], [253.1, 0.8 * 253.1 - 2.5]])
        points = results.node(volume, "Vertebrae chart").GetNthPlotSeriesNode(0).GetTableNode().GetTable()
        self.assertEqual([[points.GetValue(row, i).ToString() for i in range(3)] for row in range(2)], [["1", "120", "L1"], ["4", "99.5", "L4"]])
        results.store(volume, report())
        self.assertEqual([chart.GetNumberOfPlotSeriesNodes(), results.node(volume, "Vertebrae chart").GetNumberOfPlotSeriesNodes()], [0, 0])

    def test_rows_of_the_users_slice_are_marked_and_replaced(self):
        volume = self.add_volume()
        results.store(volume, report(finding("l1", measurements=[value("whole", "volume", 50.0, "cm3")])))
        node = results.node(volume, "Table")
        table.append(node, [("Body", "Your slice, z 1.0 mm", "Skeletal muscle area (SMA)", "101.5", "cm²", "m", "not in the report")])
        table.append(node, [("Body", "Your slice, z 1.0 mm", "Skeletal muscle area (SMA)", "99", "cm²", "m", "not in the report")])
        self.assertEqual([node.GetCellText(row, 3) for row in range(node.GetNumberOfRows())], ["50.0", "99"])

    # --- doubts and slices --------------------------------------------------------------------------------------------------------

    def test_doubts_of_a_model_are_kept_in_the_scene_as_the_program_wrote_them(self):
        doubts = {"model": "a model 1.0", "numbering": "fünf oder sechs?", "structures": {"l1": {"voxels_sha256": "0" * 64}}}
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / run.NAMES).write_text(json.dumps({"1": "l1", "doubts": doubts}), encoding="utf-8")
            self.assertEqual(run._name_table(Path(folder)), ({1: "l1"}, doubts))
        volume, _ = self.two_structures()
        labels = results.model_segmentation(volume)
        results.store_doubts(labels, None)
        self.assertIsNone(results.doubts(labels))
        results.store_doubts(labels, doubts)
        self.assertEqual(results.doubts(labels), doubts)
        copied = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        copied.Copy(labels)
        self.assertEqual(results.doubts(copied), doubts)
        results.store_doubts(labels, None)
        self.assertIsNone(results.doubts(labels))

    def test_what_a_model_labels_replaces_no_drawing(self):
        volume, voxels = self.two_structures()
        drawn, session = results.model_segmentation(volume), Session()
        volume.SetNodeReferenceID("BoneMuscle.Modelsegmentation", None)
        measured = run.Outcome(report(), None, {}, None, Path("results"), "")
        session.finish(Done(measured, run.Given(drawn, segmentation.label_map(drawn, volume), None)), volume)
        self.assertIs(results.node(volume, "Segmentation"), drawn)
        labelled = run.Outcome(report(), self.add_labels((voxels == 50).astype(np.uint8), volume), {1: "l1"}, {"model": "m"}, Path("results"), "")
        session.finish(Done(labelled), volume)
        made = results.node(volume, "Segmentation")
        self.assertEqual((made.GetSegmentation().GetNumberOfSegments(), results.doubts(made)), (1, {"model": "m"}))
        self.assertEqual((drawn.GetSegmentation().GetNumberOfSegments(), results.doubts(drawn)), (2, None))
        session.finish(Done(labelled), volume)
        self.assertIs(results.node(volume, "Segmentation"), made)

    def test_areas_of_a_slice_are_those_of_its_pixels(self):
        hu = np.full((5, 40, 40), -1000.0, np.int16)
        hu[:, 5:35, 5:35] = -100
        hu[:, 10:30, 10:30] = 50
        hu[:, 10:12, 10:30] = -60
        volume = self.add_volume(hu)
        labels = np.zeros(hu.shape, np.uint8)
        labels[:, 5:35, 5:35], labels[:, 10:30, 10:30] = 1, 2
        map_ = segmentation.LabelMap(labels, {1: "Subcutaneous fat", 2: "Skeletal muscle"})
        found = {row[2]: row[3] for row in chosen_slice.measure(volume, map_, 2, None)}
        pixel = SPACING[0] * SPACING[1] / 100
        self.assertEqual(found["Skeletal muscle area (SMA)"], f"{18 * 20 * pixel:.6g}")
        self.assertEqual(found["Intermuscular fat area (IMAT)"], f"{2 * 20 * pixel:.6g}")
        self.assertEqual(found["Subcutaneous fat area (SAT)"], f"{(900 - 400) * pixel:.6g}")
        self.assertEqual(found["Skeletal muscle attenuation (SMRA)"], "50")
        self.assertEqual(found["Visceral fat area (VAT)"], "")

    def test_a_slice_that_the_field_of_view_cuts_has_no_area(self):
        hu = np.full((5, 40, 40), 50, np.int16)
        volume = self.add_volume(hu)
        map_ = segmentation.LabelMap(np.ones(hu.shape, np.uint8), {1: "Skeletal muscle"})
        rows = {row[2]: row for row in chosen_slice.measure(volume, map_, 2, None)}
        self.assertEqual(rows["Skeletal muscle area (SMA)"][3], "")
        self.assertIn("the field of view cuts the skeletal muscle", rows["Skeletal muscle area (SMA)"][6])
        with self.assertRaisesRegex(Refused, "lean 90 degrees"):
            chosen_slice.measure(self.add_volume(hu, DIRECTIONS["coronal"]), map_, 2, None)

    def test_a_doubted_area_is_withheld_in_every_slice(self):
        hu = np.full((5, 40, 40), -1000, np.int16)
        hu[:, 10:30, 10:30] = 50
        map_ = segmentation.LabelMap((hu > 0).astype(np.uint8), {1: "Skeletal muscle"})
        for code in ("UNCERT", "CHILD"):
            found = report(finding("body", not_measured=[withheld(code, "the model is unsure", "skeletal_muscle_area")]))
            rows = {row[2]: row for row in chosen_slice.measure(self.add_volume(hu), map_, 1, found)}
            self.assertEqual(rows["Skeletal muscle area (SMA)"][3], "")
            self.assertNotEqual(rows["Skeletal muscle attenuation (SMRA)"][3], "")

    def test_every_structure_is_found_by_its_label(self):
        for structure in structures.STRUCTURES.values():
            self.assertIs(structures.named(structure.label), structure)


if __name__ == "__main__":
    unittest.main()
