"""A worker that measures nothing: the plugin's tests steer what it does through the file `behaviour`.

It speaks the protocol of `orthanc-plugin/src/protocol.rs` from its description, in another language, and writes small
DICOM results whose UIDs follow from the CT's.
"""

import gzip
import io
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pydicom
from pydicom.dataset import FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from worker_protocol import hear, say

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

# Too many to be compressed to a size that Orthanc would not compress again.
VOXELS = random.Random(1).randbytes(200_000)


def fail(status, message):
    say({"kind": "error", "status": status, "message": message})
    sys.exit(0)


def choose(behaviour, order, instances):
    hold(behaviour, "undecided")
    series = [pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True) for data in instances]
    counts = order["instances_in_series"]
    ct = [dataset for dataset in series if dataset.get("Modality") == "CT" and "RescaleSlope" in dataset]
    usable = [dataset for dataset in ct if counts.get(dataset.SeriesInstanceUID, 0) >= 2]
    films = [dataset for dataset in series if dataset.get("Modality") in ("CR", "DX") and dataset.get("ViewPosition") == "AP"]
    if films and not usable:
        say({"kind": "choice", "ct_series": None, "film_series": films[0].SeriesInstanceUID, "model": "fake-model"})
        return
    if not usable:
        fail("input", "no CT series that can be measured; a volume of at least 2 slices is needed")
    best = max(usable, key=lambda dataset: counts[dataset.SeriesInstanceUID]).SeriesInstanceUID
    segmentations = [dataset.SeriesInstanceUID for dataset in series if dataset.get("Modality") == "SEG"]
    asked = order["settings"]["segmentation"]
    if asked["source"] == "model" and asked["name"] != "fake-model":
        fail("settings", f"no model is called \"{asked['name']}\"; the models known here are fake-model")
    if asked["source"] == "model" or not segmentations:
        say({"kind": "choice", "ct_series": best, "seg_series": None, "model": "fake-model", "other_ct_series": []})
    else:
        say({"kind": "choice", "ct_series": best, "seg_series": segmentations[0], "model": None, "other_ct_series": []})


def models(behaviour):
    engine = {"name": None, "problem": "the library is missing"} if behaviour == "no engine" else {"name": "Fake 1", "problem": None}
    model = {"name": "fake-model", "version": "1", "embedded": True, "classes": [], "problem": None}
    say({"kind": "models"}, json.dumps({"engine": engine, "models": [model]}).encode())


def result(source, sop_class, kind, wide=False):
    dataset = pydicom.Dataset()
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID"):
        setattr(dataset, keyword, source.get(keyword, ""))
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[source.SeriesInstanceUID, kind])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=[source.SeriesInstanceUID, kind, "series"])
    dataset.Modality = "OT"
    dataset.Manufacturer = "BoneMuscle"
    if kind == "pdf":
        dataset.EncapsulatedDocument = PDF
        dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    else:
        dataset.Rows = dataset.Columns = 1200 if wide else 2
        dataset.SamplesPerPixel = 3
        dataset.PhotometricInterpretation, dataset.PlanarConfiguration = "RGB", 0
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit, dataset.PixelRepresentation = 7, 0
        dataset.PixelData = bytes(3 * dataset.Rows * dataset.Columns)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = sop_class
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def hold(behaviour, word, news=None):
    """Until the behaviour is another one."""
    while behaviour == word and (Path(sys.argv[1]) / "behaviour").read_text() == word:
        if news:
            say(news)
        time.sleep(0.1)


def misbehave(behaviour):
    if behaviour.startswith("slow"):
        for step in range(int(behaviour.split()[1]) * 10):
            say({"kind": "progress", "stage": "measure", "fraction": min(1.0, step / 100)})
            time.sleep(0.1)
    hold(behaviour, "held", {"kind": "progress", "stage": "measure", "fraction": 0.5})
    if behaviour == "hang":
        time.sleep(3600)
    if behaviour == "kill the parent":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(3600)
    if behaviour == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if behaviour == "refuse":
        fail("labels", "no segment names a structure that can be measured; found: liver")
    if behaviour == "garbage":
        sys.stdout.buffer.write(b"\xff" * 4096)
        sys.stdout.buffer.flush()
        time.sleep(3600)


def measure(behaviour, settings, instances):
    misbehave(behaviour)
    if behaviour == "lacking" and settings["language"] == "en":
        fail("unavailable", "the model is missing")
    datasets = [pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True) for data in instances]
    source, modalities = datasets[0], sorted({dataset.Modality for dataset in datasets})
    report = {"schema": "fake/1", "instances": len(instances), "modalities": modalities, "settings": settings}
    report["series"] = {"series_instance_uid": next((one.SeriesInstanceUID for one in datasets if one.Modality != "SEG"), None)}
    report["segmentation"] = {"series_instance_uid": next((one.SeriesInstanceUID for one in datasets if one.Modality == "SEG"), None)}
    say({"kind": "report"}, json.dumps(report).encode())
    say({"kind": "file", "name": "results.csv", "media_type": "text/csv"}, b"structure,value\r\nl1,150\r\n")
    for kind, sop_class in (("pdf", EncapsulatedPDFStorage), ("sc", SecondaryCaptureImageStorage)):
        say({"kind": "file", "name": f"{kind}.dcm", "media_type": "application/dicom"}, result(source, sop_class, kind, behaviour == "wide"))
        if behaviour == "half":
            os._exit(9)
    if behaviour == "badfile":
        say({"kind": "file", "name": "sr.dcm", "media_type": "application/dicom"}, b"this is no DICOM file")
    say({"kind": "done"})


def segment(behaviour, settings, instances):
    with open(Path(sys.argv[1]) / "segmented", "a") as file:
        file.write("once\n")
    misbehave(behaviour)
    # Which of the files says what it was made from, for the tests to look at.
    names = {"settings": json.dumps(settings), "instances": str(len(instances))}
    say({"kind": "report"}, b"{}")
    for name, data in (
        ("image.nii.gz", gzip.compress(VOXELS)),
        ("labels.nii.gz", gzip.compress(b"labels")),
        ("labels.json", json.dumps(names).encode()),
        ("segmentation.json", b"{}"),
    ):
        say({"kind": "file", "name": name, "media_type": "application/octet-stream"}, data)
    say({"kind": "done"})


def main():
    file = Path(sys.argv[1]) / "behaviour"
    behaviour = file.read_text().strip() if file.exists() else ""
    if behaviour == "unavailable":
        fail("unavailable", "libbonemuscle was not found")
    say({"kind": "hello", "worker": "fake", "core": "none"})
    order, _ = hear()
    instances = []
    while (frame := hear())[0]["kind"] == "instance":
        instances.append(frame[1])
    if order["kind"] == "check":
        say({"kind": "done"})
    elif order["kind"] == "models":
        models(behaviour)
    elif order["kind"] == "choose":
        choose(behaviour, order, instances)
    elif order["kind"] == "segment":
        segment(behaviour, order["settings"], instances)
    else:
        measure(behaviour, order["settings"], instances)


main()
