"""The body inside the label of a vertebra, in the frame of its own end plates: `plugin-core/src/measure/lumbar/`."""

from __future__ import annotations

import dataclasses

import numpy as np

from oracle.ct import Ct, NotMeasured, unit

LUMBAR = ("l1", "l2", "l3", "l4", "l5")
SPINE = ("t12", *LUMBAR)


class Cells:
    """The vertebra on cells of one millimetre along its own axes."""

    def __init__(self, ct: Ct, component: np.ndarray, centre: np.ndarray, superior: np.ndarray):
        front = np.array([0.0, -1.0, 0.0])
        anterior = unit(front - (front @ superior) * superior)
        self.centre, self.axes = centre, np.array([superior, anterior, np.cross(superior, anterior)])
        local = self.local(ct.positions(component))
        if np.any(np.ptp(local, axis=0) > 250):
            raise NotMeasured("BODY_NOT_FOUND")
        # A cell may lie half a voxel diagonal away from the outermost voxel centre.
        margin = np.ceil(np.abs(ct.steps).sum()) + 1
        self.first = np.floor(local.min(axis=0) - margin).astype(int)
        shape = np.ceil(local.max(axis=0) + margin).astype(int) - self.first + 1
        cells = np.indices(shape).reshape(3, -1).T + self.first
        index = ct.nearest(centre + cells @ self.axes)
        inside = np.all((index >= 0) & (index < component.shape), axis=1)
        mask = np.zeros(len(cells), bool)
        mask[inside] = component[tuple(index[inside].T)]
        self.mask = mask.reshape(shape)
        self.i, self.j, self.k = (np.arange(n) + f for n, f in zip(shape, self.first))

    def local(self, points: np.ndarray) -> np.ndarray:
        return (points - self.centre) @ self.axes.T


@dataclasses.dataclass
class Body:
    cells: Cells
    wall: int
    front: int
    mask: np.ndarray
    top: np.ndarray
    bottom: np.ndarray

    @property
    def depth(self) -> int:
        return self.front - self.wall + 1


def find_body(cells: Cells) -> Body:
    wall, front = posterior_wall(cells)
    if not 15 <= front - wall + 1 <= 50:
        raise NotMeasured("BODY_NOT_FOUND")
    mask = cells.mask & (cells.j >= wall)[None, :, None]
    top, bottom = end_plates(cells, mask, wall, front)
    body = Body(cells, wall, front, mask, top, bottom)
    height = np.array([1, (wall + front) / 2, 0]) @ (top - bottom) + 1
    if not 8 <= height <= 45:
        raise NotMeasured("BODY_NOT_FOUND")
    return body


def posterior_wall(cells: Cells) -> tuple[int, int]:
    # Along each line from front to back: the first run of mask cells.
    lines = cells.mask[:, ::-1, np.abs(cells.k) <= 4].transpose(0, 2, 1).reshape(-1, len(cells.j))
    lines = lines[lines.any(axis=1)]
    padded = np.pad(lines, ((0, 0), (0, 1)))
    start = np.argmax(padded, axis=1)
    begun = np.maximum.accumulate(padded, axis=1)
    end = np.argmax(begun & ~padded, axis=1)
    start, end = start[end - start >= 10], end[end - start >= 10]
    keep = start <= start.min(initial=10**6) + 15
    start, end = start[keep], end[keep]
    if len(start) < 10:
        raise NotMeasured("BODY_NOT_FOUND")
    backwards = cells.j[::-1]
    lower_median = (len(start) - 1) // 2
    return int(np.sort(backwards[end - 1])[lower_median]), int(np.sort(backwards[start])[lower_median])


def end_plates(cells: Cells, mask: np.ndarray, wall: int, front: int) -> tuple[np.ndarray, np.ndarray]:
    columns = mask[:, (cells.j >= wall + 4) & (cells.j <= front - 4)][:, :, np.abs(cells.k) <= 10]
    j = cells.j[(cells.j >= wall + 4) & (cells.j <= front - 4)]
    k = cells.k[np.abs(cells.k) <= 10]
    run = np.zeros(columns.shape[1:], int)
    best, top = run.copy(), run.copy()
    for number, plane in zip(cells.i, columns):
        run = np.where(plane, run + 1, 0)
        longer = run > best
        best[longer], top[longer] = run[longer], number
    found = best > 0
    if found.sum() < 50:
        raise NotMeasured("BODY_NOT_FOUND")
    jj, kk = np.meshgrid(j, k, indexing="ij")
    design = np.column_stack([np.ones(found.sum()), jj[found], kk[found]])
    fit = lambda heights: np.linalg.lstsq(design, heights.astype(float), rcond=None)[0]
    return fit(top[found]), fit((top - best + 1)[found])


def first_axis(ct: Ct, components: dict[str, np.ndarray], level: str) -> np.ndarray:
    centre = {name: ct.positions(component).mean(axis=0) for name, component in components.items()}
    place = SPINE.index(level)
    above = [name for name in SPINE[:place] if name in centre][-1:]
    below = [name for name in SPINE[place + 1 :] if name in centre][:1]
    if not above and not below:
        return np.array([0.0, 0.0, 1.0])
    return unit(centre[(above or [level])[0]] - centre[(below or [level])[0]])


def final_body(ct: Ct, components: dict[str, np.ndarray], level: str) -> Body:
    """The body in the frame of its own end plates."""
    component = components[level]
    centre = ct.positions(component).mean(axis=0)
    superior = first_axis(ct, components, level)
    draft = find_body(Cells(ct, component, centre, superior))
    return find_body(Cells(ct, component, centre, unit(sum(plate_normals(draft)))))


def plate_normals(body: Body) -> list[np.ndarray]:
    superior, anterior, left = body.cells.axes
    return [unit(superior - plane[1] * anterior - plane[2] * left) for plane in (body.top, body.bottom)]
