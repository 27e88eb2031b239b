"""A simulated film as a DICOM object: Digital X-Ray Image, For Presentation (PS3.3 A.26), and the command that makes the example film.

PYTHONPATH=models python -m training.xray.dicom --data ../shared/data --workspace W --output examples/films
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, JPEGLSLossless, generate_uid
from scipy import ndimage

from . import bodies, femora, film, hips, patients
from .bases import Boxed, Scan, scan
from .cohort import exposed, images
from .patients import Patient
from .projection import Window, film_pose, project
from .sites import UNSEEN_SITES, Site


HIP_BEFORE_TABLE = 110
"""mm. Assumption; the program's own for films whose magnification is not stated."""


@dataclass(frozen=True)
class Geometry:
    """Distances of a film, mm."""

    pitch: float
    """Of the pixels in the plane of the hip."""
    detector: float
    """From the focal spot."""
    hip: float
    """From the focal spot."""
    table: float
    """From the focal spot to the side that the patient lies on."""

    @property
    def magnification(self) -> float:
        """At the hip."""
        return self.detector / self.hip


def code(value: str, meaning: str) -> Dataset:
    """A SNOMED CT concept."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item


def digital_x_ray(
    grey: NDArray[np.float32], bits: int, geometry: Geometry, exposure: film.Exposure, patient: Patient, entropy: str
) -> FileDataset:
    """An AP film of a left hip, patient's left at the right; `grey` is larger where more was attenuated. `entropy` decides the UIDs."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[entropy, "instance"])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = (generate_uid(entropy_srcs=[entropy, level]) for level in ("study", "series"))
    data.PatientName, data.PatientID, data.PatientSex = "Simulated^Hip", "SIMULATED", patient.sex
    data.PatientBirthDate, data.PatientAge = "", f"{round(patient.age):03}Y"
    data.PatientSize, data.PatientWeight = f"{patient.height_m:.2f}", f"{patient.weight_kg:.1f}"
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.ReferringPhysicianName, data.StudyID = "20260101", "120000", "", "", "1"
    data.ContentDate, data.ContentTime, data.AcquisitionDate, data.AcquisitionTime = "20260101", "120000", "20260101", "120000"
    data.Modality, data.PresentationIntentType, data.SeriesNumber, data.InstanceNumber = "DX", "FOR PRESENTATION", "1", "1"
    data.Manufacturer, data.ManufacturerModelName = "BoneMuscle", "simulated film"
    data.ImageType, data.ImageComments = ["DERIVED", "PRIMARY", ""], "Simulated: no person was exposed"
    data.DerivationDescription = "Projection of a virtual hip"
    data.BodyPartExamined, data.ImageLaterality, data.ViewPosition, data.PatientOrientation = "HIP", "L", "AP", ["L", "F"]
    data.AnatomicRegionSequence = [code("24136001", "Hip joint")]
    data.ViewCodeSequence = [code("399348003", "antero-posterior")]
    data.ViewCodeSequence[0].ViewModifierCodeSequence = []
    data.AcquisitionContextSequence = []
    data.DetectorType, data.PositionerType, data.KVP = "SCINTILLATOR", "NONE", f"{exposure.kilovolt:.0f}"
    data.DistanceSourceToDetector, data.DistanceSourceToPatient = f"{geometry.detector:.0f}", f"{geometry.table:.0f}"
    data.EstimatedRadiographicMagnificationFactor = f"{geometry.magnification:.4f}"
    data.ImagerPixelSpacing = [f"{geometry.pitch * geometry.magnification:.5f}"] * 2
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.PixelIntensityRelationship, data.PixelIntensityRelationshipSign = "LOG", -1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType, data.PresentationLUTShape = "0", "1", "US", "IDENTITY"
    data.WindowCenter, data.WindowWidth = str(2 ** (bits - 1)), str(2**bits)
    data.LossyImageCompression, data.BurnedInAnnotation = "00", "NO"
    data.Rows, data.Columns = grey.shape
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, bits, bits - 1, 0
    data.PixelData = np.clip(np.round(grey), 0, 2**bits - 1).astype("<u2").tobytes()
    return data


def finer(maps: dict[str, NDArray[np.float32]], factor: int) -> dict[str, NDArray[np.float32]]:
    """Maps in pixels of a film, `factor` of them to one of theirs along either side."""
    return {name: ndimage.zoom(values, factor, order=1, grid_mode=True, mode="nearest") for name, values in maps.items()}


@dataclass(frozen=True)
class Posed:
    """A test hip before the detector: 1000 x 800 pixels of 0.3 mm, rays cast at 0.6 mm, quanta at 0.3."""

    geometry: Geometry
    window: Window
    """Of the rays."""
    boxed: Boxed
    scan: Scan

    def images(self, patient: Patient) -> dict[str, NDArray[np.float32]]:
        """What lies along the rays."""
        return images(self.boxed, patient)

    def film(self, found: dict[str, NDArray[np.float32]], exposure: film.Exposure, site: Site, rng: np.random.Generator) -> NDArray[np.float32]:
        """Grey values, larger where more was attenuated."""
        names = ("bone", "bone_thickness", "lean", "viscera", "fat")
        return exposed(finer({name: found[name] for name in names}, 2), exposure, site, rng, self.geometry.pitch)


def posed(hip: hips.Hip, rng: np.random.Generator) -> Posed:
    """As on an AP film of one hip."""
    geometry = Geometry(0.3, 1100, 970, 970 + HIP_BEFORE_TABLE)
    pose = film_pose(rng, hip.body.midline)
    pose = replace(pose, source=np.array([pose.source[0], -geometry.hip, pose.source[2]]))
    window = Window(500, 400, 2 * geometry.pitch, (190, 170))
    return Posed(geometry, window, Boxed.of(project(hip, pose, window, step=0.5)), scan(hip))


def example(data: Path, workspace: Path, number: int) -> tuple[FileDataset, dict]:
    """A test hip's film at a site that training never sees, and what is true of it."""
    hip = hips.draw(femora.collected(data, workspace), bodies.visible(data, workspace), "test", 7, number)
    rng = np.random.default_rng([7, number])
    before = posed(hip, rng)
    patient, site, exposure = patients.draw(rng), UNSEEN_SITES[0], film.draw(rng)
    grey = before.film(before.images(patient), exposure, site, rng)
    head = [2 * centre + 0.5 for centre in before.window.centre]
    person = {key: getattr(patient, key) for key in ("sex", "age", "height_m", "weight_kg")}
    truth = {
        "what": "simulated film of a virtual hip; no person was exposed. `abmd` is what a parallel scan in the DXA pose would measure",
        "femur": hip.femur.name, "site": site.name, "patient": person, "head_centre": head, "pixel_at_hip_mm": before.geometry.pitch,
        **patients.truth(patient, before.scan),
    }  # fmt: skip
    return digital_x_ray(grey, site.maker.bits, before.geometry, exposure, patient, f"example {number}"), truth


def main() -> None:
    """The example film, compressed without loss, and its truth."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray.dicom", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument("--workspace", type=Path, required=True, help="keeps the anatomies")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--number", type=int, default=0, help="of the test hip")
    options = parser.parse_args()
    made, truth = example(options.data, options.workspace, options.number)
    options.output.mkdir(parents=True, exist_ok=True)
    made.compress(JPEGLSLossless)
    made.save_as(options.output / "simulated_hip.dcm", enforce_file_format=True)
    (options.output / "simulated_hip.json").write_text(json.dumps(truth, indent=2) + "\n")


if __name__ == "__main__":
    main()
