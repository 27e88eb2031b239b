"""Small DICOM files for the tests of the plugin: a CT with a SEG, radiographs, and everything that is not that."""

import io

import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    generate_uid,
)

SIZE = 16


def encode(dataset, transfer_syntax=ExplicitVRLittleEndian):
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    target = io.BytesIO()
    dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


def image(study, series, modality, sop_class, number=0):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = study, series
    dataset.Modality, dataset.Manufacturer = modality, "Scanner"
    dataset.PatientID, dataset.PatientName, dataset.PatientSex = "TEST", "Test^Nobody", "O"
    dataset.PatientBirthDate = dataset.StudyDate = dataset.StudyTime = dataset.AccessionNumber = dataset.StudyID = ""
    dataset.ReferringPhysicianName = ""
    dataset.SeriesNumber, dataset.InstanceNumber = 1, number + 1
    return dataset


def grey(dataset, values=None):
    dataset.Rows = dataset.Columns = SIZE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    pixels = numpy.zeros((SIZE, SIZE), "<i2") if values is None else values
    dataset.PixelData = pixels.astype("<i2").tobytes()
    return dataset


def ct(slices=4, study=None, change=None):
    """Data sets of a CT series; `change` may alter each."""
    study, series, frame = study or generate_uid(), generate_uid(), generate_uid()
    datasets = []
    for number in range(slices):
        dataset = grey(image(study, series, "CT", CTImageStorage, number))
        dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = frame, ""
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        dataset.ImagePositionPatient = [0, 0, 2 * number]
        dataset.PixelSpacing, dataset.SliceThickness = [1, 1], 2
        dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = 0, 1, "HU"
        dataset.KVP = 120
        if change:
            change(dataset)
        datasets.append(dataset)
    return datasets


def segmentation(source, label="L3", change=None):
    """A BINARY SEG with one segment over the inner part of `source`."""
    first = source[0]
    dataset = image(first.StudyInstanceUID, generate_uid(), "SEG", SegmentationStorage)
    dataset.FrameOfReferenceUID = first.get("FrameOfReferenceUID", generate_uid())
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.ContentLabel, dataset.ContentDescription, dataset.ContentCreatorName = "SEG", "", ""
    dataset.SegmentationType, dataset.LossyImageCompression = "BINARY", "00"
    dataset.Rows = dataset.Columns = SIZE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = dataset.PixelRepresentation = 0
    dataset.NumberOfFrames = len(source)
    segment = Dataset()
    segment.SegmentNumber, segment.SegmentLabel, segment.SegmentAlgorithmType = 1, label, "MANUAL"
    segment.SegmentedPropertyCategoryCodeSequence = code("123037004", "SCT", "Anatomical Structure")
    segment.SegmentedPropertyTypeCodeSequence = code("36470004", "SCT", "L3 vertebra")
    dataset.SegmentSequence = Sequence([segment])
    references = Dataset()
    references.SeriesInstanceUID = first.SeriesInstanceUID
    references.ReferencedInstanceSequence = Sequence([reference(item) for item in source])
    dataset.ReferencedSeriesSequence = Sequence([references])
    dataset.SharedFunctionalGroupsSequence = Sequence([shared_groups()])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([frame_groups(item, n) for n, item in enumerate(source)])
    mask = numpy.zeros((len(source), SIZE, SIZE), "u1")
    mask[:, 4:12, 4:12] = 1
    dataset.PixelData = numpy.packbits(mask.ravel(), bitorder="little").tobytes()
    if change:
        change(dataset)
    return dataset


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def reference(source):
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = source.SOPClassUID, source.SOPInstanceUID
    return item


def shared_groups():
    groups, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness, measures.SpacingBetweenSlices = [1, 1], 2, 2
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    groups.PixelMeasuresSequence = Sequence([measures])
    groups.PlaneOrientationSequence = Sequence([orientation])
    return groups


def frame_groups(source, number):
    groups, content, position, identification = Dataset(), Dataset(), Dataset(), Dataset()
    content.DimensionIndexValues = [1, number + 1]
    position.ImagePositionPatient = list(source.get("ImagePositionPatient", [0, 0, 0]))
    identification.ReferencedSegmentNumber = 1
    groups.FrameContentSequence = Sequence([content])
    groups.PlanePositionSequence = Sequence([position])
    groups.SegmentIdentificationSequence = Sequence([identification])
    derivation = Dataset()
    derivation.SourceImageSequence = Sequence([reference(source)])
    groups.DerivationImageSequence = Sequence([derivation])
    return groups


def ct_with_segmentation(slices=4):
    """Encoded files of a study that can be measured."""
    source = ct(slices)
    return [encode(dataset) for dataset in [*source, segmentation(source)]]


def other(modality, sop_class=MRImageStorage, study=None, count=3):
    """Data sets of a series of another modality."""
    study, series = study or generate_uid(), generate_uid()
    return [grey(image(study, series, modality, sop_class, number)) for number in range(count)]


def films(count=2, modality="DX", study=None, view="AP"):
    """Data sets of a series of radiographs, each a view of its own; too small to be measured."""
    sop_class = ComputedRadiographyImageStorage if modality == "CR" else DigitalXRayImageStorageForPresentation
    datasets = other(modality, sop_class, study, count)
    for dataset in datasets:
        dataset.ViewPosition, dataset.BodyPartExamined, dataset.PatientOrientation = view, "PELVIS", ["L", "F"]
        dataset.ImagerPixelSpacing = [1, 1]
    return datasets


def colour_capture():
    dataset = image(generate_uid(), generate_uid(), "CT", SecondaryCaptureImageStorage)
    dataset.Rows = dataset.Columns = SIZE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = bytes(3 * SIZE * SIZE)
    return dataset


def document(study=None):
    dataset = image(study or generate_uid(), generate_uid(), "DOC", EncapsulatedPDFStorage)
    dataset.EncapsulatedDocument, dataset.MIMETypeOfEncapsulatedDocument = b"%PDF-1.4\n", "application/pdf"
    return dataset


def without(*keywords):
    """A change that deletes attributes."""

    def change(dataset):
        for keyword in keywords:
            delattr(dataset, keyword)

    return change


def having(**values):
    """A change that sets attributes."""

    def change(dataset):
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change
