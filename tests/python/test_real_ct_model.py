"""Real CTs without labels through a real Orthanc: the reference model labels them, and says so.

The abdomen and pelvis is a case on which the network was trained: its floors show that the whole chain still gives back what the
network learnt, not how good it is on other people (`models/ct/CARD.md` says that).
"""

import dataclasses
import io
import json
import subprocess

import numpy as np
import pydicom
import pytest
import SimpleITK

import make_study
import readers
from comparison import report_values
from environment import ROOT, SHARED, bonemuscle, real_ct_files, skip_or_fail
from make_study import Options, Study, uid
from nnunet_cts import dice
from orthanc_server import BUILD, Orthanc, needed

pytestmark = needed
MODEL = json.loads((ROOT / "models" / "ct" / "manifest.json").read_text())
LUMBAR = ["l1", "l2", "l3", "l4", "l5"]

MINUTES = 20
"""Until a measurement that runs the network must have ended, on a busy machine too; an idle one of two cores needs about two."""

PASSES = 2
"""The fewest that have a spread. The model's own number would take four times as long and change nothing that is asked here."""

LEAST_DICE = {
    # Edges that are off by a millimetre all around, a third of a voxel.
    **dict.fromkeys(LUMBAR, 0.90),
    "hip_bone": 0.90,
    # The scan ends in one of them and metal lies beside the other.
    "femur": 0.88,
    "gluteus_maximus": 0.88,
    "gluteus_medius": 0.86,
    # Small, and without contrast to its neighbour.
    "gluteus_minimus": 0.78,
    "deep_back_muscle": 0.88,
    # The bowel, which looks the same, lies along all of it.
    "iliopsoas": 0.84,
}
"""Against TotalSegmentator's labels, by structure; each side reaches it."""

TRABECULAR_HU = 5
"""By which the mean HU of trabecular bone may differ from that within TotalSegmentator's labels: where the edge of a vertebra is
drawn must hardly matter to what lies well inside of it."""

OF_A_CHEST = {"body", "t12", "l1", "l2", "deep_back_muscle", "lumbar_spine"}
"""What may be labelled in a scan that ends at the upper lumbar spine."""


@dataclasses.dataclass
class Answer:
    study: str
    record: dict
    seg: pydicom.Dataset
    masks: dict[tuple[str, str], np.ndarray]
    """`[slice, row, column]` of the SEG that was written."""

    @property
    def report(self) -> dict:
        return self.record["report"]


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    section = {"Enable": True, "Worker": str(BUILD / "bonemuscle-worker"), "TimeoutSeconds": 60 * MINUTES}
    with Orthanc(tmp_path_factory.mktemp("orthanc"), section) as server:
        yield server


def measured(orthanc: Orthanc, study: str, passes: int) -> dict:
    answer = orthanc.post(f"/studies/{study}/bone-muscle", {"Segmentation": {"Passes": passes}})
    assert answer.status_code == 200, answer.text
    return orthanc.ended(f"studies/{study}", 60 * MINUTES)


def encoded(dataset: pydicom.Dataset) -> bytes:
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


@pytest.fixture(scope="module")
def source() -> Study:
    return make_study.load(*real_ct_files())


@pytest.fixture(scope="module")
def answer(orthanc, source) -> Answer:
    slices = make_study.ct_slices(source, Options())
    study = orthanc.upload(*map(encoded, slices))
    record = measured(orthanc, study, PASSES)
    assert record["error"] is None, record["error"]
    stored = orthanc.get(f"/instances/{record['instances']['seg.dcm']['id']}/file").content
    seg = pydicom.dcmread(io.BytesIO(stored))
    voxels = readers.voxels_by_pydicom(seg, readers.planes(slices), source.hu.shape)
    names = {one.SegmentNumber: readers.mask_name(one).removesuffix(".raw").rpartition("_") for one in seg.SegmentSequence}
    masks = {(structure, side or "none"): voxels[number] > 0 for number, (structure, _, side) in names.items()}
    return Answer(study, record, seg, masks)


@pytest.fixture(scope="module")
def by_silver_labels(source, tmp_path_factory) -> dict:
    """The report by TotalSegmentator's labels of the same CT."""
    folder = tmp_path_factory.mktemp("silver")
    make_study.write_study(folder / "in", source, Options())
    subprocess.run([bonemuscle(), "measure", folder / "in", "--output", folder / "out"], check=True, capture_output=True)
    return json.loads((folder / "out" / "report.json").read_text())


def test_the_report_says_which_model_and_how_sure_it_was(answer):
    said = answer.report["segmentation"]
    stated = {key: said[key] for key in ("source", "name", "version", "licence", "passes", "dropout", "seed")}
    assert stated == {
        "source": "model",
        **{key: MODEL[key] for key in ("name", "version", "licence")},
        "passes": PASSES,
        "dropout": MODEL["dropout"]["rate"],
        "seed": 0,
    }
    labelled = [finding for finding in answer.report["findings"] if finding["structure"] not in ("lumbar_spine", "body")]
    assert labelled
    for finding in labelled:
        doubt = finding["uncertainty"]
        assert doubt["method"] == "monte_carlo_dropout" and 0 < doubt["predictive_variance"] < 0.25, finding["structure"]


def test_the_levels_stand_in_order(answer, source):
    heights = [np.mean(np.nonzero(answer.masks[level, "none"])[0]) for level in reversed(LUMBAR)]
    steps = np.diff(heights) * source.spacing[0]
    # Of adults, from the middle of a body to the next.
    assert ((25 < steps) & (steps < 50)).all(), steps


def test_it_finds_what_the_labels_hold(answer, source):
    truth = {key: mask for key, mask in source.masks().items() if key[0] in LEAST_DICE and key[0] != "hip_bone"}
    assert truth.keys() <= answer.masks.keys()
    enough({key: dice(answer.masks[key], mask) for key, mask in truth.items()})


def test_it_finds_the_hip_bones_which_no_result_holds(source, tmp_path):
    # The slices that hold them and 3 cm more are enough, and sooner done.
    top = max(np.nonzero(source.masks()["hip_bone", side])[0].max() for side in ("left", "right")) + 10
    source = dataclasses.replace(source, hu=source.hu[:top], labels=source.labels[:top])
    make_study.write_study(tmp_path / "ct", source, Options())
    (tmp_path / "ct" / "seg.dcm").unlink()
    run = [bonemuscle(), "models", "run", MODEL["name"], tmp_path / "ct", "--output", tmp_path, "--passes", "0"]
    subprocess.run(run, check=True, capture_output=True)
    labels = SimpleITK.GetArrayFromImage(SimpleITK.DICOMOrient(SimpleITK.ReadImage(tmp_path / "labels.nii.gz"), "LPS"))
    structures = json.loads((tmp_path / "segmentation.json").read_text())["structures"]
    found = {(one["structure"], one["side"]): one["value"] for one in structures}
    keys = [("hip_bone", "left"), ("hip_bone", "right")]
    enough({key: dice(labels == found[key], source.masks()[key]) for key in keys})


def enough(found: dict[tuple[str, str], float]) -> None:
    print({" ".join(key): f"{value:.3f}" for key, value in found.items()})
    assert found and not {key: value for key, value in found.items() if value < LEAST_DICE[key[0]]}


def test_lumbar_attenuation_is_that_of_the_labels(answer, by_silver_labels):
    ours, theirs = report_values(answer.report), report_values(by_silver_labels)
    pairs = {level: [one[level, "none", "trabecular", "attenuation_mean"] for one in (ours, theirs)] for level in LUMBAR}
    print(pairs)
    assert all(abs(found - wanted) <= TRABECULAR_HU for found, wanted in pairs.values()), pairs


def test_the_seg_carries_the_models_identity(answer):
    assert readers.model_identity(answer.seg, answer.report["segmentation"]) == []


def test_a_repeat_stores_nothing_new(orthanc, answer):
    again = measured(orthanc, answer.study, PASSES)
    assert again["report"]["segmentation"] == answer.report["segmentation"]
    assert {one["status"] for one in again["instances"].values()} == {"AlreadyStored"}
    uids = [{name: one["sop_instance_uid"] for name, one in record["instances"].items()} for record in (again, answer.record)]
    assert uids[0] == uids[1]


def test_a_chest_has_no_pelvis_and_no_lumbar_values(orthanc):
    file = SHARED / "data" / "chest_negative" / "lidc_idri_0314_3mm.npz"
    if not file.exists():
        skip_or_fail("no shared data")
    # Voxels of 3 mm to the right, front and head; DICOM's rows run to the left and its columns to the back.
    hu = np.ascontiguousarray(np.load(file)["ct"][::-1, ::-1].transpose(2, 1, 0))
    slices = make_study.ct_slices(Study(hu, np.zeros_like(hu), np.zeros(3), np.full(3, 3.0)), Options())
    for number, one in enumerate(slices):
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = (uid("chest", word) for word in ("study", "ct", "frame"))
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = uid("chest", number)
    study = orthanc.upload(*map(encoded, slices))
    record = measured(orthanc, study, 0)
    if record["error"] is None:
        assert {finding["structure"] for finding in record["report"]["findings"]} <= OF_A_CHEST
        assert not {key for key in report_values(record["report"]) if key[0] in (*LUMBAR, "lumbar_spine")}
    else:
        assert "found no structure" in record["error"]["details"]
        assert len(orthanc.json(f"/studies/{study}/series")) == 1
