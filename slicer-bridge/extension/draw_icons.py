"""Draws the icons: BoneMuscle.png from BoneMuscle.svg, and the thumbnail of the sample from the CT itself.

    python draw_icons.py [example_ct.nii.gz]

Needs PyQt5; for the thumbnail nibabel, and the file of sample_data.py.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt5 import QtCore, QtGui, QtSvg, QtWidgets  # noqa: E402

ICONS = Path(__file__).parent / "BoneMuscle" / "Resources" / "Icons"
SIZE = 128


def icon() -> None:
    image = QtGui.QImage(SIZE, SIZE, QtGui.QImage.Format_ARGB32)
    image.fill(QtCore.Qt.transparent)
    painter = QtGui.QPainter(image)
    QtSvg.QSvgRenderer(str(ICONS / "BoneMuscle.svg")).render(painter)
    painter.end()
    image.save(str(ICONS / "BoneMuscle.png"))


def thumbnail(ct: str) -> None:
    import nibabel
    import numpy as np

    image = nibabel.as_closest_canonical(nibabel.load(ct))
    # From the front, the patient's right on the left: the brightest of the middle third.
    hu = image.get_fdata()
    depth = hu.shape[1]
    front = hu[:, depth // 3 : 2 * depth // 3].max(axis=1)
    gray = np.clip((front + 150) / 900 * 255, 0, 255).astype(np.uint8)
    picture = np.ascontiguousarray(gray[::-1, ::-1].T)
    drawn = QtGui.QImage(picture.data, picture.shape[1], picture.shape[0], picture.shape[1], QtGui.QImage.Format_Grayscale8)
    drawn.scaled(SIZE, SIZE, QtCore.Qt.KeepAspectRatio, QtCore.Qt.SmoothTransformation).save(str(ICONS / "SampleData.png"))


if __name__ == "__main__":
    application = QtWidgets.QApplication([])
    icon()
    for file in sys.argv[1:]:
        thumbnail(file)
