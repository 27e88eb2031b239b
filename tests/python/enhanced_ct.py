"""One Enhanced CT object (PS3.3 A.38) from the slices of a CT series, pixels and planes unchanged."""

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian

from make_study import uid

# Modules that both objects share: patient, study, frame of reference, equipment, pixels.
KEPT = """
SpecificCharacterSet PatientName PatientID PatientBirthDate PatientSex PatientAge PatientSize PatientWeight
StudyInstanceUID StudyDate StudyTime StudyID StudyDescription AccessionNumber ReferringPhysicianName
Modality SeriesNumber SeriesDate SeriesTime SeriesDescription BodyPartExamined
PatientPosition FrameOfReferenceUID PositionReferenceIndicator
Manufacturer ManufacturerModelName DeviceSerialNumber SoftwareVersions ContentDate ContentTime
Rows Columns SamplesPerPixel PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation
""".split()

REGION = {"CodeValue": "818982008", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Abdomen and Pelvis"}


def group(**values) -> list[Dataset]:
    """The one item of a functional group."""
    item = Dataset()
    item.update(values)
    return [item]


def enhanced(slices: list[Dataset]) -> Dataset:
    """`slices` in the order of the frames; all share orientation, spacing and rescale."""
    first = slices[0]
    one = Dataset()
    for keyword in KEPT:
        one[keyword] = first[keyword]
    one.SOPClassUID, one.SOPInstanceUID = EnhancedCTImageStorage, uid("enhanced", first.SOPInstanceUID)
    one.SeriesInstanceUID, one.InstanceNumber = uid("enhanced series", first.SeriesInstanceUID), 1
    # For ORIGINAL the modules of the acquisition would be required (PS3.3 A.38.1.3); these slices lack their values.
    one.ImageType = ["DERIVED", "PRIMARY", "VOLUME", "NONE"]
    description = {"PixelPresentation": "MONOCHROME", "VolumetricProperties": "VOLUME", "VolumeBasedCalculationTechnique": "NONE"}
    one.update(description)
    one.AcquisitionContextSequence, one.LossyImageCompression, one.BurnedInAnnotation = [], "00", "NO"
    one.PresentationLUTShape, one.ContentQualification, one.NumberOfFrames = "IDENTITY", "RESEARCH", len(slices)
    one.DimensionOrganizationSequence = group(DimensionOrganizationUID=uid("dimension organization"))
    one.DimensionIndexSequence = group(
        DimensionOrganizationUID=uid("dimension organization"),
        DimensionIndexPointer=pydicom.tag.Tag("ImagePositionPatient"),
        FunctionalGroupPointer=pydicom.tag.Tag("PlanePositionSequence"),
    )
    one.SharedFunctionalGroupsSequence = group(
        CTImageFrameTypeSequence=group(FrameType=one.ImageType, **description),
        PlaneOrientationSequence=group(ImageOrientationPatient=first.ImageOrientationPatient),
        PixelMeasuresSequence=group(PixelSpacing=first.PixelSpacing, SliceThickness=first.SliceThickness),
        PixelValueTransformationSequence=group(
            RescaleIntercept=first.RescaleIntercept, RescaleSlope=first.RescaleSlope, RescaleType="HU"
        ),
        FrameAnatomySequence=group(FrameLaterality="U", AnatomicRegionSequence=group(**REGION)),
        IrradiationEventIdentificationSequence=group(IrradiationEventUID=uid("irradiation", first.SOPInstanceUID)),
        FrameVOILUTSequence=group(WindowCenter=first.WindowCenter, WindowWidth=first.WindowWidth),
    )
    one.PerFrameFunctionalGroupsSequence = [frame(plane, number) for number, plane in enumerate(slices, 1)]
    one.PixelData = b"".join(plane.PixelData for plane in slices)
    one.file_meta = pydicom.dataset.FileMetaDataset()
    one.file_meta.MediaStorageSOPClassUID, one.file_meta.MediaStorageSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return one


def frame(plane: Dataset, number: int) -> Dataset:
    groups = Dataset()
    groups.PlanePositionSequence = group(ImagePositionPatient=plane.ImagePositionPatient)
    groups.FrameContentSequence = group(
        StackID="1", InStackPositionNumber=number, DimensionIndexValues=[number], FrameAcquisitionNumber=1
    )
    return groups
