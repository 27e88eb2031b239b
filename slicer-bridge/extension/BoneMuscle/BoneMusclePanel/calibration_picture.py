"""The fitted line and what it was fitted through, drawn for the panel."""

from __future__ import annotations

import qt

WIDTH, HEIGHT, MARGIN = 320, 150, 34


def draw(report: dict, points: list[tuple[float, float]], unit: str):
    """A pixmap; None where there is nothing to draw. `points` are HU and density."""
    if not points:
        return None
    line = report["calibration"]["conversion"]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    fitted = [(x, line.get("curvature", 0.0) * x * x + line["slope"] * x + line["intercept"]) for x in (min(xs), max(xs))]
    place = _scale(xs, [*ys, *(y for _, y in fitted)])
    pixmap = qt.QPixmap(WIDTH, HEIGHT)
    pixmap.fill(qt.QColor("white"))
    painter = qt.QPainter(pixmap)
    painter.setRenderHint(qt.QPainter.Antialiasing, True)
    _axes(painter, xs, ys, place, unit)
    painter.setPen(qt.QPen(qt.QColor("#1f59a6"), 2))
    (x0, y0), (x1, y1) = (place(x, y) for x, y in fitted)
    painter.drawLine(int(x0), int(y0), int(x1), int(y1))
    painter.setPen(qt.QPen(qt.QColor("#d9660d"), 1))
    painter.setBrush(qt.QBrush(qt.QColor("#d9660d")))
    for x, y in (place(*point) for point in points):
        painter.drawEllipse(int(x) - 4, int(y) - 4, 8, 8)
    painter.end()
    return pixmap


def _axes(painter, xs, ys, place, unit: str):
    font = painter.font()
    font.setPixelSize(10)
    painter.setFont(font)
    painter.setPen(qt.QPen(qt.QColor("#888888"), 1))
    left, bottom = MARGIN, HEIGHT - MARGIN + 6
    painter.drawLine(left, 8, left, bottom)
    painter.drawLine(left, bottom, WIDTH - 8, bottom)
    painter.setPen(qt.QPen(qt.QColor("#333333"), 1))
    for value in (min(xs), max(xs)):
        painter.drawText(int(place(value, 0)[0]) - 10, bottom + 12, f"{value:.0f}")
    for value in (min(ys), max(ys)):
        painter.drawText(4, int(place(0, value)[1]) + 4, f"{value:.0f}")
    painter.drawText(WIDTH // 2 - 30, HEIGHT - 4, "CT number (HU)")
    painter.drawText(left + 6, 16, f"Density ({unit})")


def _scale(xs, ys):
    """From HU and density to pixels."""
    x0, y0 = min(xs), min(ys)
    width, height = (max(xs) - x0) or 1.0, (max(ys) - y0) or 1.0
    return lambda x, y: (
        MARGIN + 10 + (x - x0) / width * (WIDTH - MARGIN - 34),
        HEIGHT - MARGIN - 2 - (y - y0) / height * (HEIGHT - MARGIN - 34),
    )
