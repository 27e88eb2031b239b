"""A hip film the whole way: command line, C interface and a real Orthanc give one report; its objects; what is refused.

No value is asserted: the model may change. What must hold whatever it says: SR, table, JSON and page agree, a repeat stores nothing
new, the same film stored dark on bright gives the same values, and what cannot be measured says why.
"""

import ctypes
import io
import json
import re
import subprocess
from pathlib import Path

import pydicom
import pytest

import check_objects
import films
from environment import ROOT, bonemuscle
from orthanc_server import BUILD, Orthanc, needed

pytestmark = needed
STARTED = "2026-01-02T03:04:05+09:00"


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    (folder / "film.dcm").write_bytes(films.changed(films.example()))
    return folder / "film.dcm"


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    with Orthanc(tmp_path_factory.mktemp("orthanc"), {"Enable": True, "TimeoutSeconds": 300}) as server:
        yield server
        assert server.stop() == 0


def measured_by_cli(film: Path, output: Path, *arguments: str) -> dict:
    command = [bonemuscle(), "measure", film.parent, "--output", output, "--started", STARTED, *arguments]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert run.returncode in (0, 3), run.stderr
    return json.loads((output / "report.json").read_text())


def same(report: dict) -> dict:
    """A report without the moment it was made."""
    return {key: value for key, value in report.items() if key != "started"}


@pytest.fixture(scope="module")
def report(film, tmp_path_factory) -> dict:
    return measured_by_cli(film, tmp_path_factory.mktemp("cli"))


@pytest.fixture(scope="module")
def study(orthanc, film):
    return orthanc.upload(film)


@pytest.fixture(scope="module")
def record(orthanc, study):
    return orthanc.measure(f"studies/{study}")


def values(report: dict) -> list:
    return [
        (finding["structure"], finding["side"], one["region"], one["quantity"], one["value"])
        for finding in report["findings"]
        for one in finding["measurements"]
    ]


def test_the_example_film_is_measured(report):
    assert report["series"]["radiograph"]["hips"], report["findings"]
    assert {"areal_density", "area", "mineral_content"} <= {value[3] for value in values(report)}
    # The model has seen simulated films only: nothing is compared, nobody is classified.
    assert not {"t_score", "z_score", "percent_young_adult_mean"} & {value[3] for value in values(report)}
    assert not [one for finding in report["findings"] for one in finding["assessments"]]


def test_every_object_passes_the_validators(film, report, tmp_path):
    measured_by_cli(film, tmp_path)
    (tmp_path / "ct").mkdir()
    (tmp_path / "ct" / "film.dcm").write_bytes(film.read_bytes())
    assert {path.name for path in tmp_path.glob("*.dcm")} == {"seg.dcm", "sr.dcm", "pdf.dcm", "sc.dcm"}
    assert check_objects.check(tmp_path) == []


def test_rest_gives_the_report_of_the_command_line(record, report):
    assert (record["state"], record["error"]) == ("done", None)
    assert same(record["report"]) == same(report)


def test_the_c_interface_gives_it_too(film, report):
    assert same(measured_by_c(film)) == same(report)


def measured_by_c(film: Path) -> dict:
    library = ctypes.CDLL(str(BUILD / "libbonemuscle.so"))
    library.bonemuscle_result_json.restype = ctypes.c_char_p
    inputs, result, data = ctypes.c_void_p(), ctypes.c_void_p(), film.read_bytes()
    assert library.bonemuscle_inputs_new(ctypes.byref(inputs)) == 0
    assert library.bonemuscle_inputs_add_buffer(inputs, b"film", data, ctypes.c_size_t(len(data))) == 0
    settings = json.dumps({"started": STARTED}).encode()
    assert library.bonemuscle_measure(inputs, settings, None, None, ctypes.byref(result)) == 0
    report = json.loads(library.bonemuscle_result_json(result))
    library.bonemuscle_result_free(result)
    library.bonemuscle_inputs_free(inputs)
    return report


def test_a_repeat_stores_nothing_new(orthanc, study, record):
    assert {"seg.dcm", "sr.dcm", "pdf.dcm", "sc.dcm"} <= record["instances"].keys()
    before = orthanc.json("/statistics")["CountInstances"]
    again = orthanc.measure(f"studies/{study}")
    assert {item["status"] for item in again["instances"].values()} == {"AlreadyStored"}
    assert same(again["report"]) == same(record["report"])
    assert orthanc.json("/statistics")["CountInstances"] == before


def test_the_series_gives_the_same_values(orthanc, study, record):
    uid = record["report"]["series"]["series_instance_uid"]
    series = next(item for item in orthanc.json(f"/studies/{study}/series") if item["MainDicomTags"]["SeriesInstanceUID"] == uid)
    assert orthanc.measure(f"series/{series['ID']}", Measurements=["hip-xray"])["report"]["findings"] == record["report"]["findings"]


def test_results_lie_in_the_study_of_the_film(orthanc, record, film):
    source = pydicom.dcmread(film, stop_before_pixels=True)
    for name, item in record["instances"].items():
        dataset = pydicom.dcmread(io.BytesIO(orthanc.get(f"/instances/{item['id']}/file").content), stop_before_pixels=True)
        assert (dataset.StudyInstanceUID, dataset.PatientID) == (source.StudyInstanceUID, source.PatientID), name
        assert (dataset.Manufacturer, "FrameOfReferenceUID" in dataset) == ("BoneMuscle", False), name


def test_dark_on_bright_gives_the_same_values(film, report, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "film.dcm").write_bytes(films.changed(film, films.inverted))
    other = measured_by_cli(tmp_path / "in" / "film.dcm", tmp_path / "out")
    assert values(other) == values(report)


@pytest.mark.parametrize("case", films.NOT_MEASURED)
def test_what_the_headers_speak_against_is_not_measured(orthanc, film, case):
    change, gate = films.NOT_MEASURED[case]
    study = orthanc.upload(films.changed(film, change))
    answer = orthanc.post(f"/studies/{study}/bone-muscle", {"Synchronous": True})
    if answer.status_code == 422:
        sentence = answer.json()["Details"]
    else:
        record = answer.json()
        assert answer.status_code == 200 and record["state"] == "done", record
        assert not values(record["report"])
        said = [one for one in record["report"]["quality"] if one["severity"] == "block"]
        assert gate in {one["code"] for one in said}, said
        sentence = next(one["message"] for one in said if one["code"] == gate)
    print(sentence)
    assert "accepted" in sentence and len(sentence.split()) > 5


@pytest.mark.parametrize("pixels", [films.garbage, films.even, films.huge])
def test_pixels_that_are_no_hip_give_no_value(orthanc, film, pixels):
    study = orthanc.upload(films.changed(film, pixels))
    answer = orthanc.post(f"/studies/{study}/bone-muscle", {"Synchronous": True})
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        assert not values(answer.json()["report"])
    else:
        assert len(answer.json()["Details"].split()) > 5
    assert orthanc.answers()


def test_what_the_user_states_stands_in_place_of_what_is_missing(orthanc, film):
    study = orthanc.upload(films.changed(film))
    record = orthanc.measure(f"studies/{study}", HipXray={"Magnification": 1.3})
    scale = record["report"]["series"]["radiograph"]["scale"]
    assert (scale["magnification"], scale["magnification_from"]) == (1.3, "given")


def test_an_ap_film_is_chosen_among_several(orthanc, film, record):
    first = films.changed(film, films.viewed(position="LL"))
    study = pydicom.dcmread(io.BytesIO(first), stop_before_pixels=True).StudyInstanceUID
    second = films.changed(film, study=study)
    identifier = orthanc.upload(first, second)
    chosen = orthanc.measure(f"studies/{identifier}")
    wanted = pydicom.dcmread(io.BytesIO(second), stop_before_pixels=True).SOPInstanceUID
    assert chosen["report"]["series"]["radiograph"]["sop_instance_uid"] == wanted
    assert values(chosen["report"]) == values(record["report"])


def test_one_of_two_films_of_a_series_is_named(orthanc, film, record):
    first = films.changed(film)
    headers = pydicom.dcmread(io.BytesIO(first), stop_before_pixels=True)

    def beside(dataset):
        dataset.SeriesInstanceUID, dataset.AcquisitionDate = headers.SeriesInstanceUID, "20270101"

    second = films.changed(film, beside, study=headers.StudyInstanceUID)
    study = orthanc.upload(first, second)
    newest = orthanc.measure(f"studies/{study}")["report"]
    newer = pydicom.dcmread(io.BytesIO(second), stop_before_pixels=True).SOPInstanceUID
    assert newest["series"]["radiograph"]["sop_instance_uid"] == newer
    assert any(headers.SOPInstanceUID in one["message"] for one in newest["quality"] if one["code"] == "SERIES_NOT_MEASURED")
    older = orthanc.measure(f"studies/{study}", HipXray={"Film": headers.SOPInstanceUID})["report"]
    assert older["series"]["radiograph"]["sop_instance_uid"] == headers.SOPInstanceUID
    assert values(older) == values(record["report"])


def test_no_patient_data_reaches_the_log(orthanc, study, record):
    tags = orthanc.json(f"/studies/{study}")["PatientMainDicomTags"]
    for value in (tags.get("PatientName", ""), tags.get("PatientID", "")):
        assert not value or value not in orthanc.text()


SIMULATED = re.compile("simulated (radiographs|films) only|seen simulated films only")


def text_of(path: Path) -> str:
    """Everything that is written in a result."""
    if path.suffix == ".dcm":
        dataset = pydicom.dcmread(path)
        if "EncapsulatedDocument" in dataset:
            return pdf_text(dataset.EncapsulatedDocument)
        return "\n".join(str(element.value) for element in dataset.iterall() if element.VR in ("UT", "LO", "ST", "LT", "SH"))
    return pdf_text(path.read_bytes()) if path.suffix == ".pdf" else path.read_text()


def pdf_text(data: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def test_every_output_says_that_the_model_has_seen_simulated_films_only(film, record, tmp_path):
    # The example's own headers say that it is simulated, which is not what is looked for.
    def of_somebody(dataset):
        dataset.PatientName, dataset.PatientID, dataset.ManufacturerModelName = "Doe^Jane", "1", "X"
        for keyword in ("ImageComments", "DerivationDescription"):
            delattr(dataset, keyword)

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "film.dcm").write_bytes(films.changed(film, of_somebody))
    command = [bonemuscle(), "measure", tmp_path / "in", "--output", tmp_path / "out", "--started", STARTED]
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    written = {path.name: path for path in (tmp_path / "out").iterdir()}
    # Pictures hold the pixels of the page, whose words are looked for in its PDF.
    pictures = {"report.png", "sc.dcm"}
    assert set(written) == pictures | {"report.json", "report.pdf", "results.csv", "sr.dcm", "seg.dcm", "pdf.dcm"}
    silent = [name for name, path in written.items() if name not in pictures and not SIMULATED.search(text_of(path))]
    assert silent == []
    assert SIMULATED.search(run.stdout) and SIMULATED.search(json.dumps(record))
    for document in ("README.md", "models/xray/CARD.md", "models/training/xray/README.md"):
        assert re.search(r"simulated films\s+only|Everything here is simulated", (ROOT / document).read_text()), document


def test_a_film_that_cannot_be_decoded_gives_way_to_another_of_its_study(orthanc, film, record):
    def later(dataset):
        dataset.AcquisitionDate = dataset.ContentDate = dataset.StudyDate = "20990101"
        dataset.PixelData = dataset.PixelData[: len(dataset.PixelData) // 2]

    first = films.changed(film, later)
    study = pydicom.dcmread(io.BytesIO(first), stop_before_pixels=True).StudyInstanceUID
    second = films.changed(film, study=study)
    chosen = orthanc.measure(f"studies/{orthanc.upload(first, second)}")
    assert values(chosen["report"]) == values(record["report"])
    said = [one["message"] for one in chosen["report"]["quality"] if "cannot be read" in one["message"]]
    assert len(said) == 1 and pydicom.dcmread(io.BytesIO(first), stop_before_pixels=True).SeriesInstanceUID in said[0]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_of_one_hip_is_one_page(film, tmp_path, language):
    measured_by_cli(film, tmp_path, "--language", language)
    done = subprocess.run(["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True)
    assert [bool(page.strip()) for page in done.stdout.split("\f")] == [True, False]
