"""An open CT for Slicer's Sample Data module."""

from __future__ import annotations

from pathlib import Path

NAME = "BoneMuscle CT of the abdomen"
FILE = "BoneMuscle_example_ct.nii.gz"

#: The example that TotalSegmentator's authors ship with their source (Apache-2.0): T11 to the hips in voxels of 3 mm.
URI = (
    "https://raw.githubusercontent.com/wasserth/TotalSegmentator/0e65a448d557382b1e925276212b3bec7f5aff83/"
    "tests/reference_files/example_ct.nii.gz"
)
CHECKSUM = "SHA256:dbd3ae6d614d1d7ef3a46925c30c70038ed52da6b37fdd6afdc7b9b71387e3e1"


def register(logic, resources: Path) -> None:
    """`logic` is SampleData.SampleDataLogic. Nothing is downloaded before the user clicks, and then Slicer verifies the checksum."""
    logic.registerCustomSampleDataSource(
        category="BoneMuscle",
        sampleName=NAME,
        thumbnailFileName=str(resources / "Icons" / "SampleData.png"),
        uris=URI,
        fileNames=FILE,
        nodeNames=NAME,
        checksums=CHECKSUM,
        loadFileTypes="VolumeFile",
    )
