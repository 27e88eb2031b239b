"""The other side of each comparison, each run as its own process so that its peak memory is its own.

    python anchors.py make-ct FOLDER                 400 slices of 512 x 512, shuffled names
    python anchors.py read-simpleitk FOLDER REPEATS
    python anchors.py write-highdicom FOLDER OUT REPEATS
    python anchors.py write-labels FOLDER OUT        label map and metadata for dcmqi
    python anchors.py statistics FOLDER              volume and mean HU of every segment, as scripts do it today
"""
import glob
import json
import os
import sys
import time

import numpy as np

SLICES, ROWS, COLUMNS = 400, 512, 512
LABELLED = slice(50, 350)
# Centre (row, column) and radius of each label, as shares of half the image; `write_seg.rs` draws the same.
DISCS = [(0.0, -0.35, 0.12), (0.0, 0.35, 0.12), (-0.3, 0.0, 0.2), (0.3, -0.2, 0.15), (0.3, 0.2, 0.15)]


def make_ct(folder):
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    os.makedirs(folder, exist_ok=True)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1:1:ROWS * 1j, -1:1:COLUMNS * 1j]
    body = np.where((y**2 / 0.45 + x**2 / 0.75) < 1, 40, -1000)
    study, series, frame = generate_uid(entropy_srcs=["s"]), generate_uid(entropy_srcs=["e"]), generate_uid(entropy_srcs=["f"])
    for z in range(SLICES):
        pixels = (body + rng.normal(0, 12, body.shape)).round().astype("<i2")
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["i", str(z)])
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds = pydicom.dataset.FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = study, series, frame
        ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Bench^Mark", "B1", "19600101", "F"
        ds.StudyDate, ds.StudyTime, ds.AccessionNumber, ds.ReferringPhysicianName, ds.StudyID = "20260101", "120000", "1", "", "1"
        ds.Modality, ds.Manufacturer, ds.SeriesNumber, ds.InstanceNumber = "CT", "Bench", 1, z + 1
        ds.ImageType, ds.PositionReferenceIndicator = ["ORIGINAL", "PRIMARY", "AXIAL"], ""
        ds.KVP, ds.SliceThickness, ds.PixelSpacing = "120", "1.0", ["0.87890625", "0.87890625"]
        ds.ImagePositionPatient, ds.ImageOrientationPatient = ["-225", "-225", str(float(z))], ["1", "0", "0", "0", "1", "0"]
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1024", "1", "HU"
        ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = ROWS, COLUMNS, 1, "MONOCHROME2"
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.PixelData = (pixels + 1024).tobytes()
        ds.save_as(os.path.join(folder, f"{z * 7919 % SLICES:04d}.dcm"), enforce_file_format=True)


def read_simpleitk(folder, repeats):
    import SimpleITK as sitk

    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(folder, reader.GetGDCMSeriesIDs(folder)[0]))
        volume = sitk.GetArrayFromImage(reader.Execute()).astype(np.float32)
        best = min(best, time.perf_counter() - start)
    print(f"seconds {best:.4f} sum {volume.sum(dtype=np.float64):.0f}")


def labels():
    y, x = np.mgrid[-1:1:ROWS * 1j, -1:1:COLUMNS * 1j]
    volume = np.zeros((SLICES, ROWS, COLUMNS), np.uint8)
    for number, (row, column, radius) in enumerate(DISCS, 1):
        volume[LABELLED][:, (y - row) ** 2 + (x - column) ** 2 < radius**2] = number
    return volume


def headers(folder):
    import pydicom

    files = [pydicom.dcmread(file, stop_before_pixels=True) for file in glob.glob(folder + "/*.dcm")]
    return sorted(files, key=lambda ds: ds.ImagePositionPatient[2])


def write_highdicom(folder, out, repeats):
    import highdicom as hd
    from pydicom.sr.codedict import codes

    source, volume = headers(folder), labels()
    algorithm = hd.AlgorithmIdentificationSequence("bench", codes.cid7162.ArtificialIntelligence, "1")
    automatic = hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    segments = [hd.seg.SegmentDescription(n, f"s{n}", codes.SCT.Tissue, codes.SCT.Bone, automatic, algorithm) for n in range(1, 6)]
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        seg = hd.seg.Segmentation(
            source, volume, hd.seg.SegmentationTypeValues.BINARY, segments, hd.UID(), 100, hd.UID(), 1, "m", "m", "1", "1"
        )
        seg.save_as(out)
        best = min(best, time.perf_counter() - start)
    print(f"seconds {best:.4f} frames {seg.NumberOfFrames}")


def write_labels(folder, out):
    import SimpleITK as sitk

    os.makedirs(out, exist_ok=True)
    image = sitk.GetImageFromArray(labels())
    image.SetSpacing((0.87890625, 0.87890625, 1.0))
    image.SetOrigin((-225.0, -225.0, 0.0))
    sitk.WriteImage(image, os.path.join(out, "labels.nrrd"))
    code = lambda value, meaning: {"CodeValue": value, "CodingSchemeDesignator": "SCT", "CodeMeaning": meaning}
    segments = [
        {
            "labelID": n,
            "SegmentLabel": f"s{n}",
            "SegmentDescription": f"s{n}",
            "SegmentAlgorithmType": "AUTOMATIC",
            "SegmentAlgorithmName": "bench",
            "SegmentedPropertyCategoryCodeSequence": code("85756007", "Tissue"),
            "SegmentedPropertyTypeCodeSequence": code("3138006", "Bone"),
        }
        for n in range(1, 6)
    ]
    meta = {"ContentCreatorName": "bench", "SeriesDescription": "bench", "SeriesNumber": "100", "InstanceNumber": "1",
            "segmentAttributes": [segments], "ContentLabel": "SEGMENTATION", "ContentDescription": "bench",
            "ClinicalTrialCoordinatingCenterName": "bench", "BodyPartExamined": ""}
    with open(os.path.join(out, "meta.json"), "w") as file:
        json.dump(meta, file)


def statistics(folder):
    """Volume and mean HU per segment with SimpleITK, highdicom and numpy; no vertebral frame, no femur, no projection."""
    import highdicom as hd
    import SimpleITK as sitk

    start = time.perf_counter()
    reader = sitk.ImageSeriesReader()
    series = [one for one in reader.GetGDCMSeriesIDs(folder)]
    names = max((reader.GetGDCMSeriesFileNames(folder, one) for one in series), key=len)
    reader.SetFileNames(names)
    reader.MetaDataDictionaryArrayUpdateOn()
    volume = sitk.GetArrayFromImage(reader.Execute())
    uids = [reader.GetMetaData(i, "0008|0018").strip("\0 ") for i in range(len(names))]
    seg = hd.seg.segread(os.path.join(folder, "seg.dcm"))
    for number in seg.segment_numbers:
        mask = seg.get_pixels_by_source_instance(
            uids, segment_numbers=[number], ignore_spatial_locations=True, assert_missing_frames_are_empty=True
        )[..., 0].astype(bool)
        values = volume[mask]
        values.mean(), values.size
    print(f"seconds {time.perf_counter() - start:.4f}")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    arguments = [int(a) if a.isdigit() else a for a in arguments]
    {"make-ct": make_ct, "read-simpleitk": read_simpleitk, "write-highdicom": write_highdicom, "write-labels": write_labels, "statistics": statistics}[command](
        *arguments
    )
