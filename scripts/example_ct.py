"""A CT of open data as the DICOM series that a scanner would have sent: NIfTI in, one file per slice out.

    python example_ct.py CT.nii.gz FOLDER

The image is brought to slices from the feet up, rows from front to back, columns from right to left. UIDs follow from the voxels, so
that a second run writes the same study. What the NIfTI does not tell (age, sex, height, kernel, tube voltage) is left out.
"""

import hashlib
import sys
import uuid
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

LOWEST, HIGHEST = -1024, 3071


def main(source: str, target: str) -> None:
    # RAS turned by half a turn about the long axis is LPS.
    image = nibabel.as_closest_canonical(nibabel.load(source))
    hu = np.clip(np.round(image.get_fdata()), LOWEST, HIGHEST).astype("<i2")[::-1, ::-1].transpose(2, 1, 0)
    spacing = [float(step) for step in image.header.get_zooms()]
    corner = image.affine @ [image.shape[0] - 1, image.shape[1] - 1, 0, 1]
    digest = hashlib.sha256(hu.tobytes()).hexdigest()
    uid = lambda what: f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'{digest} {what}').int}"
    folder = Path(target)
    folder.mkdir(parents=True, exist_ok=True)
    for number, plane in enumerate(hu):
        slice_ = FileDataset(None, {}, preamble=b"\0" * 128, file_meta=FileMetaDataset())
        slice_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        slice_.SOPClassUID, slice_.SOPInstanceUID = CTImageStorage, uid(number)
        slice_.StudyInstanceUID, slice_.SeriesInstanceUID, slice_.FrameOfReferenceUID = uid("study"), uid("series"), uid("frame")
        slice_.PatientName, slice_.PatientID, slice_.PatientBirthDate, slice_.PatientSex = "Example^CT", "EXAMPLE-CT", "", ""
        slice_.StudyDate = slice_.StudyTime = slice_.AccessionNumber = slice_.StudyID = slice_.ReferringPhysicianName = ""
        slice_.Manufacturer, slice_.PositionReferenceIndicator, slice_.Laterality = "", "", ""
        slice_.Modality, slice_.SeriesDescription, slice_.SeriesNumber, slice_.AcquisitionNumber = "CT", "Example CT", 1, 1
        slice_.ImageType, slice_.InstanceNumber, slice_.KVP = ["ORIGINAL", "PRIMARY", "AXIAL"], number + 1, None
        slice_.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        slice_.ImagePositionPatient = [round(float(x), 4) for x in (-corner[0], -corner[1], corner[2] + number * spacing[2])]
        slice_.PixelSpacing, slice_.SliceThickness = [spacing[1], spacing[0]], spacing[2]
        slice_.RescaleIntercept, slice_.RescaleSlope, slice_.RescaleType = 0, 1, "HU"
        slice_.SamplesPerPixel, slice_.PhotometricInterpretation = 1, "MONOCHROME2"
        slice_.Rows, slice_.Columns = plane.shape
        slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit, slice_.PixelRepresentation = 16, 16, 15, 1
        slice_.PixelData = plane.tobytes()
        pydicom.dcmwrite(folder / f"ct-{number + 1:04}.dcm", slice_, enforce_file_format=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
