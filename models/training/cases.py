"""The sources of the training: every anatomy that the shared data hold, each with what is known of its voxels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

from .anatomy import femora
from .classes import MUSCLES, NAMES, SPACING, index
from .partial_labels import CODES
from .silver import phantom, totalsegmentator
from .sources import Source, Tissue, mirrored
from .visible import visible_humans
from .volume import Image, Labels, body, to_network

_FAT, _SOFT, _GAS = 253, 254, 255
"""Regions of voxels that nobody labelled."""


def tissue_table(bones: list[int], muscles: list[int], **others: list[int]) -> np.ndarray:
    """Tissue of every region; what is not named is an organ, 0 is air."""
    table = np.full(256, Tissue.ORGAN, np.uint8)
    table[0] = Tissue.AIR
    for tissue, regions in {"BONE": bones, "MUSCLE": muscles, **others}.items():
        table[regions] = Tissue[tissue]
    table[_FAT], table[_SOFT], table[_GAS] = Tissue.FAT, Tissue.VISCERA, Tissue.GAS
    return table


def unlabelled(hounsfield: Image, regions: Labels) -> Labels:
    """Regions where voxels of the body without one are fat, soft tissue or gas by their HU."""
    free = body(hounsfield) & (regions == 0)
    kind = np.where(hounsfield < -250, _GAS, np.where(hounsfield < -30, _FAT, _SOFT))
    return np.where(free, kind, regions).astype(np.uint8)


def example_ct(data: Path) -> list[Source]:
    """TotalSegmentator's example. Its labels leave out the muscles of the thigh and the short ones of the hip."""
    case = totalsegmentator(data)
    assert case.original is not None
    hounsfield, codes = case.hounsfield, case.labels.copy()
    height = np.arange(codes.shape[2])
    hip_top = np.argwhere(codes == index("hip_bone"))[:, 2].max()
    head_top = np.argwhere(codes == index("femur"))[:, 2].max()
    middle = np.argwhere(codes == index("sacrum"))[:, 0].mean()
    deep = ndimage.distance_transform_edt(body(hounsfield), SPACING) > 5
    soft = (case.original == 0) & (hounsfield > -60) & (hounsfield < 220) & deep & (height < hip_top - 10)
    aside = np.abs(np.arange(codes.shape[0]) - middle)[:, None, None] > 20
    lean = ndimage.binary_opening(soft & (hounsfield > 10) & (hounsfield < 120))
    codes[soft] = CODES["background_or_thigh"]
    codes[lean & aside & (height <= head_top - 2)] = CODES["some_thigh_muscle"]
    bones = [*range(25, 51), *range(69, 79), *range(91, 117)]
    tissues = tissue_table(bones, list(range(80, 90)), VESSEL=[52, 53, 63, 64, 65, 66, 67, 68], KIDNEY=[2, 3], VISCERA=[6, 18, 19, 20])
    return [Source("totalsegmentator", 3.0, SPACING, codes, unlabelled(hounsfield, case.original), tissues, hounsfield)]


def digital_phantom(_data: Path, workspace: Path) -> list[Source]:
    """The phantom of the program itself, so that its demonstration works; rarely drawn."""
    case = phantom(workspace / "phantom")
    tissues = tissue_table(list(range(1, MUSCLES.start)), list(MUSCLES))
    regions = unlabelled(case.hounsfield, case.labels)
    return [Source("phantom", 0.2, SPACING, case.labels, regions, tissues, case.hounsfield, paintable=False)]


def chest(data: Path) -> list[Source]:
    """A chest CT without labels: no pelvis, no thigh; a box along the spine may hold vertebrae and back muscle."""
    hounsfield = np.load(data / "chest_negative" / "lidc_idri_0314_3mm.npz")["ct"].astype(np.float32)
    inside = body(hounsfield)
    x, y = np.arange(hounsfield.shape[0])[:, None], np.arange(hounsfield.shape[1])[None]
    codes = np.zeros(hounsfield.shape, np.uint8)
    centres = ndimage.gaussian_filter1d(np.array(list(spine_centres(hounsfield, inside))), 3, axis=0)
    for k, (across, along) in enumerate(centres):
        slice_ = codes[:, :, k]
        deep = ndimage.binary_erosion(inside[:, :, k], iterations=3)
        box = deep & (np.abs(x - across) < 9) & (np.abs(y - along) < 17)
        slice_[deep & (np.abs(x - across) < 30) & (y < along + 4)] = CODES["background_or_back"]
        slice_[box] = CODES["background_or_upper_spine"]
        slice_[box & (hounsfield[:, :, k] > 150)] = index("other_vertebra")
    regions = unlabelled(hounsfield, np.zeros_like(codes))
    return [Source("chest", 1.0, SPACING, codes, regions, tissue_table([], []), hounsfield, paintable=False)]


def spine_centres(hounsfield: Image, inside: np.ndarray):
    """Centre of dense bone near the middle of the back of every slice, in voxels."""
    centre = np.array(hounsfield.shape[:2]) / 2
    for k in range(hounsfield.shape[2]):
        x, y = np.nonzero(inside[:, :, k])
        if len(x):
            back, depth = y.min(), np.ptp(y)
            bone = np.argwhere(inside[:, :, k] & (hounsfield[:, :, k] > 180))
            near = (np.abs(bone[:, 0] - x.mean()) < 14) & (bone[:, 1] > back + 5) & (bone[:, 1] < back + 0.55 * depth)
            centre = bone[near].mean(0) if near.any() else centre
        yield centre


def pelves(data: Path) -> list[Source]:
    """Five real pelves: bone intensities only, hip bones and sacrum labelled by hand; all else is painted."""
    sources = []
    for number in range(1, 6):
        codes = None
        for part, name in (("SA", "sacrum"), ("LI", "hip_bone"), ("RI", "hip_bone")):
            file = data / "fracsegnet_pelvis_ct" / f"{number:03}_{part}_mask.nii.gz"
            mask = to_network(sitk.ReadImage(str(file)), labels=True) > 0
            codes = np.full(mask.shape, CODES["no_bone_of_pelvis"], np.uint8) if codes is None else codes
            codes[mask] = index(name)
        sources.append(embedded(f"pelvis-{number}", 0.2, codes))
    return sources


def embedded(name: str, share: float, codes: Labels) -> Source:
    """Bones in a block of soft tissue; beside them little is known."""
    regions = np.where(codes < len(NAMES), codes, _SOFT).astype(np.uint8)
    return Source(name, share, SPACING, codes, regions, tissue_table(list(range(1, MUSCLES.start)), []))


def lumbar_crop(data: Path) -> list[Source]:
    """L2 to L4 of one person. The crop does not show which vertebra is which, so they are only "some vertebra".

    The image comes from VerSe, CC BY-SA 4.0: a model trained on it may have to be shared alike, so it must be asked for.
    """
    folder = data / "tptbox_L3_subregion"
    hounsfield = to_network(sitk.ReadImage(str(folder / "sub-ct_label-22_ct.nii.gz")), labels=False)
    mask = to_network(sitk.ReadImage(str(folder / "sub-ct_seg-vert_label-22_msk.nii.gz")), labels=True)
    codes = np.where(mask > 0, CODES["some_vertebra"], CODES["no_vertebra"]).astype(np.uint8)
    regions = unlabelled(hounsfield, mask.astype(np.uint8))
    return [Source("lumbar", 0.2, SPACING, codes, regions, tissue_table([21, 22, 23], []), hounsfield, paintable=False)]


def seven_femora(data: Path) -> list[Source]:
    """Proximal femora in soft tissue; each also mirrored."""
    sources = []
    for name, mask in femora(data):
        codes = np.where(mask, index("femur"), CODES["no_femur"]).astype(np.uint8)
        source = embedded(name, 0.1, codes)
        sources += [source, mirrored(source)]
    return sources


LOADERS: dict[str, Callable[[Path, Path], list[Source]]] = {
    "example": lambda data, _: example_ct(data),
    "visible-humans": visible_humans,
    "chest": lambda data, _: chest(data),
    "pelves": lambda data, _: pelves(data),
    "femora": lambda data, _: seven_femora(data),
    "phantom": digital_phantom,
    "lumbar": lambda data, _: lumbar_crop(data),
}
DEFAULT = ("example", "visible-humans", "chest", "pelves", "femora", "phantom")
"""All but those whose licence asks that what is made of them be shared alike."""


def load(names: tuple[str, ...], data: Path, workspace: Path) -> list[Source]:
    """The sources of the named groups; `workspace` keeps what takes long to make."""
    return [source for name in names for source in LOADERS[name](data, workspace)]
