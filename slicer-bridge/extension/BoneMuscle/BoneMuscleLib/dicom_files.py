"""The DICOM files that a volume was loaded from. With them age, sex, kernel and contrast agent are known, and SR and SEG can be written."""

from __future__ import annotations

import os

#: Set by Slicer's DICOM plugins when they load a volume: SOP Instance UIDs, separated by spaces.
ATTRIBUTE = "DICOM.instanceUIDs"


def files_of(volume, database) -> tuple[list[str], str]:
    """The files, and a sentence that says why there are none; one of both is empty.

    `database` is slicer.dicomDatabase, or None where Slicer has none.
    """
    uids = (volume.GetAttribute(ATTRIBUTE) or "").split()
    if not uids:
        return [], "The volume was not loaded from the DICOM database: values, table and page are made, SR and SEG are not."
    if database is None:
        return [], "Slicer has no DICOM database open: values, table and page are made, SR and SEG are not."
    paths = [database.fileForInstance(uid) for uid in uids]
    missing = sum(1 for path in paths if not path or not os.path.isfile(path))
    if missing:
        return [], (
            f"{missing} of the volume's {len(uids)} DICOM files are no longer where the database says: values, table and page are "
            "made, SR and SEG are not. Import the study again to have them."
        )
    return paths, ""


def write_list(paths: list[str], file: str) -> None:
    """One path per line, UTF-8, as BoneMuscleCLI reads it."""
    with open(file, "w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{path}\n" for path in paths)
