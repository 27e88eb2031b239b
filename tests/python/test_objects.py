"""Every DICOM object of real runs, read by other people's validators and readers."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import highdicom as hd
import nibabel
import numpy as np
import pydicom
import pytest

import check_objects
import make_study
import readers
import validators
from comparison import report_values
from enhanced_ct import enhanced
from environment import bonemuscle, built, real_ct_files, skip_or_fail
from make_study import Options, uid

STARTED, LATER = "2026-01-02T03:04:05+09:00", "2026-01-03T13:14:15+09:00"
NAME = "Yamamoto^Hanako=山本^花子=やまもと^はなこ"
# Labelled, but no value is ever computed from them.
NOT_MEASURED = {"sacrum", "hip_bone", "t12"}


@pytest.fixture(scope="module", autouse=True)
def foreign_tools():
    try:
        for name in ("dciodvfy", "dcentvfy", "DicomSRValidator", "dsrdump", "tid1500reader", "segimage2itkimage"):
            validators.tool(name)
    except SystemExit as missing:
        skip_or_fail(str(missing))


def phantom(folder: Path, *arguments: object) -> None:
    subprocess.run([bonemuscle(), "phantom", folder, *map(str, arguments)], check=True, capture_output=True)


def measure(source: Path, output: Path, *arguments: object, started: str = STARTED, exit_code: int = 0) -> dict:
    """The report; `output` then holds what `check_objects` wants, but for the CT."""
    command = [bonemuscle(), "measure", source, "--output", output, "--started", started, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == exit_code, run.stderr
    return json.loads((output / "report.json").read_text())


def written(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.dcm")}


def slices_of(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.glob("ct-*.dcm"))]


def segments_of(seg: hd.seg.Segmentation, slices: list[pydicom.Dataset]) -> np.ndarray:
    """`[slice, row, column, segment]`, 0 and 1."""
    uids = [one.SOPInstanceUID for one in slices]
    return seg.get_pixels_by_source_instance(uids, assert_missing_frames_are_empty=True)


def save_label_map(folder: Path, study: Path) -> tuple[Path, Path]:
    """The phantom's SEG as NIfTI, its names, and in `masks` what our own SEG must hold."""
    slices, seg = slices_of(study), hd.seg.segread(study / "seg.dcm")
    stack = segments_of(seg, slices)
    assert stack.sum(axis=-1).max() == 1, "segments overlap"
    first = slices[0]
    affine = np.eye(4)
    affine[:3, 0] = np.multiply(first.ImageOrientationPatient[:3], first.PixelSpacing[1])
    affine[:3, 1] = np.multiply(first.ImageOrientationPatient[3:], first.PixelSpacing[0])
    affine[:3, 2] = np.subtract(slices[-1].ImagePositionPatient, first.ImagePositionPatient) / (len(slices) - 1)
    affine[:3, 3] = first.ImagePositionPatient
    # NIfTI's x and y run to the right and front, DICOM's to the left and back.
    affine[:2] *= -1
    labels = (stack * np.array(seg.segment_numbers, np.uint8)).sum(axis=-1, dtype=np.uint8)
    image = nibabel.Nifti1Image(labels.transpose(2, 1, 0), affine)
    image.set_sform(affine, 1)
    image.set_qform(None, 0)
    nibabel.save(image, folder / "labels.nii.gz")

    truth = json.loads((study / "truth.json").read_text())["structures"]
    sides = ["" if one["side"] == "none" else one["side"] for one in truth]
    names = {str(number): f"{one['structure']}_{side}".strip("_") for number, (one, side) in enumerate(zip(truth, sides), 1)}
    (folder / "names.json").write_text(json.dumps(names))
    (folder / "masks").mkdir()
    for one, side, mask in zip(truth, sides, np.moveaxis(stack, -1, 0), strict=True):
        if one["structure"] not in NOT_MEASURED:
            np.ascontiguousarray(mask, np.uint8).tofile(folder / "masks" / f"{one['structure']}_{side}.raw")
    return folder / "labels.nii.gz", folder / "names.json"


@pytest.fixture(scope="module")
def measured_phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    phantom(folder / "ct")
    return folder, measure(folder / "ct", folder)


@pytest.fixture(scope="module")
def real_study():
    return make_study.load(*real_ct_files())


def test_the_phantom_itself(measured_phantom, tmp_path):
    folder, report = measured_phantom
    slices = sorted((folder / "ct").glob("ct-*.dcm"))
    findings = [*validators.dciodvfy("ct", slices[0]), *validators.dciodvfy("ct", slices[-1])]
    seg = folder / "ct" / "seg.dcm"
    findings += validators.dciodvfy("seg", seg) + validators.attributes("seg", seg) + validators.dcentvfy({"seg": seg}, slices)
    assert check_objects.disallowed(findings) == []
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in slices]
    sizes = [one["voxels"] for one in json.loads((folder / "ct" / "truth.json").read_text())["structures"]]
    stack = segments_of(hd.seg.segread(seg), slices_of(folder / "ct"))
    assert stack.sum(axis=(0, 1, 2)).tolist() == sizes
    assert readers.check_seg(seg, tmp_path / "no masks", headers, report) == []


def test_a_seg_of_the_study_is_referred_to(measured_phantom):
    folder, report = measured_phantom
    assert written(folder) == {"sr.dcm", "pdf.dcm", "sc.dcm"}
    assert len(report_values(report)) == 277
    assert check_objects.check(folder, templates=False) == []


def test_labels_from_a_file_are_stored_and_a_japanese_name_is_kept(tmp_path, real_study):
    make_study.write_study(tmp_path / "ct", real_study, Options(japanese=True))
    (tmp_path / "ct" / "seg.dcm").unlink()
    (tmp_path / "masks").mkdir()
    for (structure, side), mask in real_study.masks().items():
        if structure not in NOT_MEASURED:
            mask.astype(np.uint8).tofile(tmp_path / "masks" / f"{structure}_{side.replace('none', '')}.raw")
    measure(tmp_path / "ct", tmp_path, "--labels", real_ct_files()[1], "--names", "totalsegmentator")
    assert written(tmp_path) == {"seg.dcm", "sr.dcm", "pdf.dcm", "sc.dcm"}
    assert {str(pydicom.dcmread(path).PatientName) for path in tmp_path.glob("*.dcm")} == {NAME}
    assert check_objects.check(tmp_path, templates=False) == []


@pytest.mark.parametrize("labels", ["seg", "file"])
@pytest.mark.parametrize("grid", [["--tilt", -12, "--oblique", 9], ["--oblique", 9, "--mirrored"]], ids=["tilted", "turned"])
def test_a_grid_that_is_not_axial(tmp_path, grid, labels):
    # The readers are slow, and need as long as there are frames; what finer slices allow is in the upright phantom.
    phantom(tmp_path / "ct", *grid, "--slice-spacing", 3, "--patient-name", NAME)
    arguments = []
    if labels == "file":
        file, names = save_label_map(tmp_path, tmp_path / "ct")
        (tmp_path / "ct" / "seg.dcm").unlink()
        arguments = ["--labels", file, "--names", names]
    report = measure(tmp_path / "ct", tmp_path, *arguments)
    assert report_values(report)
    assert ("seg.dcm" in written(tmp_path)) == (labels == "file")
    assert {str(pydicom.dcmread(path).PatientName) for path in tmp_path.glob("*.dcm")} == {NAME}
    assert check_objects.check(tmp_path, templates=False) == []


def enhanced_seg(study: Path, ct: pydicom.Dataset) -> hd.seg.Segmentation:
    """The phantom's SEG, written anew by highdicom on the frames of `ct`."""
    given = hd.seg.segread(study / "seg.dcm")
    return hd.seg.Segmentation(
        source_images=[ct],
        pixel_array=segments_of(given, slices_of(study)),
        segmentation_type="BINARY",
        segment_descriptions=[given.get_segment_description(number) for number in given.segment_numbers],
        series_instance_uid=uid("enhanced seg series"),
        series_number=100,
        sop_instance_uid=uid("enhanced seg"),
        instance_number=1,
        manufacturer="Example",
        manufacturer_model_name="test_objects.py",
        software_versions="1",
        device_serial_number="1",
    )


@pytest.mark.parametrize("labels", ["seg", "file"])
def test_an_enhanced_ct(tmp_path, measured_phantom, labels):
    given, report = measured_phantom
    ct = enhanced(slices_of(given / "ct"))
    (tmp_path / "ct").mkdir()
    ct.save_as(tmp_path / "ct" / "ct.dcm", enforce_file_format=True)
    assert validators.dciodvfy("ct", tmp_path / "ct" / "ct.dcm") == []
    arguments = []
    if labels == "seg":
        enhanced_seg(given / "ct", ct).save_as(tmp_path / "ct" / "seg.dcm")
    else:
        file, names = save_label_map(tmp_path, given / "ct")
        arguments = ["--labels", file, "--names", names]
    # The same pixels and voxels in other clothes.
    assert report_values(measure(tmp_path / "ct", tmp_path, *arguments)) == report_values(report)
    assert ("seg.dcm" in written(tmp_path)) == (labels == "file")
    assert check_objects.check(tmp_path, templates=False) == []


def test_nothing_could_be_measured(tmp_path, real_study):
    make_study.write_study(tmp_path / "ct", real_study, Options())
    (tmp_path / "ct" / "seg.dcm").unlink()
    # Metal lies in this muscle.
    (tmp_path / "names.json").write_text('{"82": "gluteus_medius_left"}')
    arguments = ["--labels", real_ct_files()[1], "--names", tmp_path / "names.json"]
    report = measure(tmp_path / "ct", tmp_path, *arguments, exit_code=3)
    assert not report_values(report) and report["findings"][0]["not_measured"]
    assert written(tmp_path) == {"seg.dcm", "sr.dcm", "pdf.dcm", "sc.dcm"}
    assert check_objects.check(tmp_path, templates=False) == []


@pytest.fixture(scope="module")
def written_by_example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    subprocess.run([built("examples/write_results"), folder], check=True)
    return folder


WITHOUT_SEG = {"stored", "nothing", "film-refused"}
# The checker of templates needs minutes for a full study, so it reads one of each kind of thing.
WITH_TEMPLATES = {"own", "kinds", "model", "film"}
# Of values on the page, where it is not one.
DECIMALS = {
    "areal_density": 3,
    "mineral_content": 2,
    "anterior_height_ratio": 2,
    "middle_height_ratio": 2,
    "neighbour_height_ratio": 2,
    "estimated_dxa_smi": 2,
    "percent_young_adult_mean": 0,
}
STUDIES = ["own", "model", "stored", "nothing", "kinds", "full", "japanese", "stored-calibration", "tissues", "physics"]
FILMS = ["film", "film-japanese", "film-refused"]


@pytest.mark.parametrize("study", STUDIES + FILMS)
def test_every_way_a_report_can_be(written_by_example, study):
    objects = written(written_by_example / study)
    assert objects == {"sr.dcm", "pdf.dcm", "sc.dcm"} | (set() if study in WITHOUT_SEG else {"seg.dcm"})
    assert check_objects.check(written_by_example / study, templates=study in WITH_TEMPLATES) == []


@pytest.mark.parametrize(("study", "titles"), [("full", ("Proximal femur", "大腿骨近位部")), ("film", ("Hip X-ray", "股関節X線"))])
def test_the_language_changes_the_page_and_nothing_else(written_by_example, study, titles):
    english = written_by_example / study
    japanese = written_by_example / {"full": "japanese", "film": "film-japanese"}[study]
    for name in ("report.json", "results.csv", "sr.dcm", "seg.dcm"):
        assert (english / name).read_bytes() == (japanese / name).read_bytes(), name
    report = json.loads((english / "report.json").read_text())
    values = [one for finding in report["findings"] for one in finding["measurements"]]
    wanted = {f"{one['value']:.{DECIMALS.get(one['quantity'], 1)}f}" for one in values}
    for folder, title in zip((english, japanese), titles, strict=True):
        done = subprocess.run(["pdftotext", "-layout", folder / "report.pdf", "-"], check=True, capture_output=True, text=True)
        assert wanted <= set(re.findall(r"-?\d+(?:\.\d+)?", done.stdout)), wanted - set(done.stdout.split())
        assert title in done.stdout


PAGE_OF_FILM = {
    "film": ["Research use only. Not for diagnosis.", "The X-ray model was trained on simulated films only.", "not a DXA measurement"],
    "film-japanese": ["研究用。診断には使用できません。", "X線モデルはシミュレーション画像のみで学習されています。"],
    "film-refused": ["Research use only. Not for diagnosis.", "The X-ray model was trained on simulated films only.", "(VIEW)"],
}


@pytest.mark.parametrize("study", PAGE_OF_FILM)
def test_every_page_of_a_film_says_what_it_is_not(written_by_example, study):
    document = written_by_example / study / "report.pdf"
    done = subprocess.run(["pdftotext", "-layout", document, "-"], check=True, capture_output=True, text=True)
    pages = [page for page in done.stdout.split("\f") if page.strip()]
    *everywhere, once = PAGE_OF_FILM[study]
    for page in pages:
        assert all(sentence in page for sentence in everywhere), page
    assert once in done.stdout
    name = pydicom.dcmread(written_by_example / study / "ct" / "film.dcm").PatientName.family_name
    assert not name or name not in done.stdout


def test_a_value_on_the_page_of_a_film_stands_with_the_models_error(written_by_example):
    report = json.loads((written_by_example / "film" / "report.json").read_text())
    document = written_by_example / "film" / "report.pdf"
    done = subprocess.run(["pdftotext", "-layout", document, "-"], check=True, capture_output=True, text=True)
    for finding in report["findings"]:
        for one in finding["measurements"]:
            digits = DECIMALS.get(one["quantity"], 1)
            assert f"{one['value']:.{digits}f} ± {one['root_mean_square_error']:.{digits}f}" in done.stdout


def uids(folder: Path) -> dict[str, list[str]]:
    """Every UID of every object."""
    return {
        path.name: [str(element.value) for element in pydicom.dcmread(path).iterall() if element.VR == "UI"]
        for path in sorted(folder.glob("*.dcm"))
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("labels", ["seg", "file"])
def test_a_repeat_is_the_same(tmp_path, measured_phantom, labels):
    given, _ = measured_phantom
    source = shutil.copytree(given / "ct", tmp_path / "ct")
    arguments = []
    if labels == "file":
        (tmp_path / "labels").mkdir()
        file, names = save_label_map(tmp_path / "labels", source)
        (source / "seg.dcm").unlink()
        arguments = ["--labels", file, "--names", names]
    first, again, later, among = (tmp_path / name for name in ("first", "again", "later", "among"))
    measure(source, first, *arguments)
    measure(source, again, *arguments)
    assert contents(first) == contents(again)

    measure(source, later, *arguments, started=LATER)
    assert uids(later) == uids(first)
    assert all((later / name).read_bytes() != (first / name).read_bytes() for name in written(first))

    for name in written(first):
        shutil.copy(first / name, source / f"result-{name}")
    measure(source, among, *arguments)
    assert uids(among) == uids(first)
