"""The reader of films beside pydicom's: the same values after the Modality LUT, whatever the encoding, and the same sense of bright."""

import struct
import subprocess

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForProcessing,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

import films
from environment import built


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Part of the example film, bright bone, 12 bits: 61 x 47 pixels, for odd lengths must be padded."""

    def small(dataset):
        films.set_pixels(dataset, dataset.pixel_array[300:361, 380:427])
        # The sign of a film for presentation may not say that bone is shown dark, as a falling LUT makes it.
        dataset.SOPClassUID, dataset.PresentationIntentType = DigitalXRayImageStorageForProcessing, "FOR PROCESSING"

    path = tmp_path_factory.mktemp("film") / "small.dcm"
    path.write_bytes(films.changed(films.example(), small))
    return path


def read(path) -> tuple[np.ndarray, bool]:
    """Values as our reader gives them, and whether larger ones are more attenuation."""
    done = subprocess.run([built("examples/read_film"), path], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    rows, columns = struct.unpack("<2I", done.stdout[:8])
    assert len(done.stdout) == 9 + 4 * rows * columns
    return np.frombuffer(done.stdout, "<f4", rows * columns, 8).reshape(rows, columns), done.stdout[-1] == 1


def lut(dataset, first, table, bits=16):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if dataset.PixelRepresentation else "US", [len(table), first, bits])
    item.add_new("LUTData", "US", [int(value) for value in table])
    item.ModalityLUTType = "US"
    dataset.ModalityLUTSequence = Sequence([item])
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        delattr(dataset, keyword)


def signed(dataset):
    """The same film about zero."""
    half = 1 << (dataset.BitsStored - 1)
    pixels = dataset.pixel_array.astype(np.int32) - half
    dataset.PixelRepresentation = 1
    dataset.PixelData = pixels.astype("<i2").tobytes()
    dataset.RescaleIntercept = str(half)


def rescaled(dataset):
    dataset.RescaleSlope, dataset.RescaleIntercept = "0.5", "-1024"


def falling(dataset):
    dataset.RescaleSlope, dataset.RescaleIntercept = "-1", "4095"


def with_table(dataset):
    lut(dataset, 16, 60000 - 13 * np.arange(4000))


def signed_with_table(dataset):
    signed(dataset)
    lut(dataset, -1900, 3 * np.arange(3900) + 5)


def eight_bits(dataset):
    pixels = dataset.pixel_array >> (dataset.BitsStored - 8)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    films.set_pixels(dataset, pixels)


def high_bits(dataset):
    """Bits above those stored hold something else (PS3.5 8.1.1), which no reader may take for the value."""
    pixels = dataset.pixel_array.astype(np.uint16) | np.uint16(1 << 15)
    dataset.PixelData = pixels.astype("<u2").tobytes()


CHANGES = [None, films.inverted, signed, rescaled, falling, with_table, signed_with_table, eight_bits, high_bits]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__ if change else "as_it_is")
def test_values_are_those_of_pydicom(film, tmp_path, change):
    (tmp_path / "film.dcm").write_bytes(films.changed(film, change))
    dataset = pydicom.dcmread(tmp_path / "film.dcm")
    pixels = dataset.pixel_array
    if change is high_bits:
        pixels = pixels & ((1 << dataset.BitsStored) - 1)
    found, _ = read(tmp_path / "film.dcm")
    assert np.array_equal(found, apply_modality_lut(pixels, dataset).astype(np.float32))
    assert len(np.unique(found)) > 50


@pytest.mark.parametrize(
    "change", [None, films.inverted, falling, with_table], ids=["bright_bone", "dark_bone", "falling_rescale", "falling_table"]
)
def test_what_absorbs_more_is_told_by_sign_and_lut(film, tmp_path, change):
    (tmp_path / "film.dcm").write_bytes(films.changed(film, change))
    values, rises = read(tmp_path / "film.dcm")
    plain, _ = read(film)
    # On the film as it is bone is bright: its values rise with attenuation.
    assert rises == (np.corrcoef(values.ravel(), plain.ravel())[0, 1] > 0)


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless],
    ids=lambda syntax: syntax.name,
)
@pytest.mark.parametrize("change", [None, films.inverted, signed], ids=["bright", "dark", "signed"])
def test_compressed_films_have_the_pixels_that_pydicom_finds(film, tmp_path, syntax, change):
    path = tmp_path / "film.dcm"
    path.write_bytes(films.changed(film, change))
    dataset = pydicom.dcmread(path)
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        if syntax == JPEGLSLossless and dataset.PixelRepresentation:
            # JPEG-LS has no signed samples.
            syntax = RLELossless
        dataset.compress(syntax, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(path, enforce_file_format=True)
    dataset = pydicom.dcmread(path)
    assert dataset.file_meta.TransferSyntaxUID == syntax
    assert np.array_equal(read(path)[0], apply_modality_lut(dataset.pixel_array, dataset).astype(np.float32))
