"""The study made from a real CT, read back by other people's code."""

import highdicom as hd
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

import make_study
import oracle
from environment import real_ct_files
from make_study import Options


@pytest.fixture(scope="module")
def study():
    return make_study.load(*real_ct_files())


def written(folder, study, **options):
    make_study.write_study(folder, study, Options(**options))
    return folder


def test_simpleitk_and_the_oracle_read_the_ct_where_the_nifti_put_it(tmp_path, study):
    folder = written(tmp_path, study)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), pydicom.dcmread(folder / "ct-0001.dcm").SeriesInstanceUID))
    image, nifti = reader.Execute(), sitk.ReadImage(str(real_ct_files()[0]))
    assert np.array_equal(sitk.GetArrayFromImage(image), study.hu)
    for index in [(0, 0, 0), (50, 20, 90)]:
        point = image.TransformIndexToPhysicalPoint(index)
        there = nifti.TransformPhysicalPointToIndex(point)
        assert image[index] == nifti[there]
        assert np.allclose(nifti.TransformIndexToPhysicalPoint(there), point, atol=1e-3)
    ct = oracle.read_ct(folder)
    assert np.array_equal(ct.hu, study.hu) and np.allclose(ct.steps, study.ct().steps) and np.allclose(ct.origin, study.origin)


@pytest.mark.parametrize("options", [{}, {"type": "LABELMAP"}, {"shuffle": True}], ids=["binary", "labelmap", "shuffled"])
def test_highdicom_reads_every_segment_back(tmp_path, study, options):
    folder = written(tmp_path, study, **options)
    seg = hd.seg.segread(folder / "seg.dcm")
    read = seg.get_volume(combine_segments=False)
    # highdicom stacks slices from head to feet.
    volume = read.array[::-1]
    offset = round((read.map_indices_to_reference(np.array([[len(volume) - 1, 0, 0]]))[0, 2] - study.origin[2]) / study.spacing[0])
    numbers = seg.segment_numbers
    names = {name: value for value, (name, *_) in make_study.CLASSES.items()}
    for place, number in enumerate(numbers):
        value = names[seg.get_segment_description(number).segment_label]
        wanted = study.labels == value
        assert volume[..., place].sum() == wanted.sum()
        assert np.array_equal(volume[..., place] > 0, wanted[offset : offset + len(volume)])


def test_left_lies_at_greater_x(study):
    masks, ct = study.masks(), study.ct()
    for structure, side in masks:
        if side == "left":
            left, right = (ct.positions(masks[structure, one])[:, 0].mean() for one in ("left", "right"))
            assert left > right + 20, structure


def test_options_do_what_they_say(tmp_path, study):
    folder = written(tmp_path / "a", study, split=2, grid="fine")
    parts = [pydicom.dcmread(folder / f"seg-{part}.dcm") for part in (1, 2)]
    assert sum(len(part.SegmentSequence) for part in parts) == len(study.masks())
    assert parts[0].Rows == 3 * study.hu.shape[1]

    folder = written(tmp_path / "b", study, other_study=True, japanese=True)
    ct, seg = pydicom.dcmread(folder / "ct-0001.dcm"), pydicom.dcmread(folder / "seg.dcm")
    assert ct.StudyInstanceUID != seg.StudyInstanceUID
    assert ct.SeriesInstanceUID != seg.ReferencedSeriesSequence[0].SeriesInstanceUID
    assert b"\x1b$B" in ct.get_item("PatientName").value and "山本^花子" in str(ct.PatientName)
    assert str(seg.PatientName) == str(ct.PatientName)

    cropped = pydicom.dcmread(written(tmp_path / "c", study, grid="crop") / "seg.dcm")
    assert cropped.Columns < study.hu.shape[2]
