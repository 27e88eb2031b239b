"""Bases: what is computed once per hip and pose, so that a virtual patient on a film is a matter of milliseconds.

PYTHONPATH=models python -m training.xray.bases --data ../shared/data --workspace W --folder F --split train --count 200 --seed 0
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

from . import bodies, compartments, femora, hips
from .projection import Pose, Stack, Window, film_pose, project

MARGIN = 16
CENTRE = (72, 64)
"""Row and column of the head's centre in the crop of 192 x 160 at 1.25 mm, margin not counted."""
CROP = Window(192 + 2 * MARGIN, 160 + 2 * MARGIN, 1.25, (CENTRE[0] + MARGIN, CENTRE[1] + MARGIN))
COARSE = 3.0
"""Pitch of the whole film, mm."""
LATERAL = Window(126, 120, COARSE, (64, 60))
POSES = {"train": 2, "validation": 2, "test": 4}
"""Poses of every hip of a split: consecutive bases."""


@dataclass(frozen=True)
class Scan:
    """What a DXA scan of the hip would see, per map of the femur: parallel rays along y of the femur's frame."""

    volumes: NDArray[np.float64]
    """`[2, len(NAMES)]`, mm3 in the femoral neck and the total hip."""
    areas: NDArray[np.float64]
    """`[2]`, mm2."""
    span: NDArray[np.float64]
    """`[2]`, mm3: volume of the bone in the regions."""


@dataclass(frozen=True)
class Boxed:
    """A stack as it is kept: the femur's maps in the box where it is."""

    femur: NDArray[np.float16]
    regions: NDArray[np.float16]
    surroundings: NDArray[np.float16]
    top: int
    left: int

    def placed(self, box: NDArray) -> NDArray[np.float32]:
        """Maps of the box `[..., rows, columns]` in the whole window."""
        answer = np.zeros((*box.shape[:-2], *self.surroundings.shape[-2:]), np.float32)
        answer[..., self.top : self.top + box.shape[-2], self.left : self.left + box.shape[-1]] = box
        return answer

    @classmethod
    def of(cls, stack: Stack) -> Boxed:
        """The smallest box that holds the femur."""
        rows, columns = ndimage.find_objects((stack.femur[: compartments.VOLUMES].sum(0) > 0).astype(np.uint8))[0]
        femur, regions = (maps[:, rows, columns].astype(np.float16) for maps in (stack.femur, stack.regions))
        return cls(femur, regions, stack.surroundings.astype(np.float16), rows.start, columns.start)


@dataclass(frozen=True)
class Base:
    """One pose of one hip."""

    name: str
    split: str
    anatomy: int
    pose: int
    femur: str
    """The femur it comes from."""
    body: str
    midline: float
    """Columns of the whole film from the head's centre to the middle of the pelvis: negative."""
    scan: Scan
    crop: Boxed
    whole: Boxed
    """The left half of a pelvis at 3 mm; its regions are empty."""
    frog: Boxed
    side: Boxed


def scan(hip: hips.Hip) -> Scan:
    """Volumes and areas of the regions on the femur's own grid."""
    field = hip.femur.distance
    near = np.argwhere(field.values < 1.2)
    points = (near * field.spacing + field.origin).astype(np.float32)
    depth = -field.values[tuple(near.T)]
    groups, parts = compartments.shares(hip, points, depth, field.spacing)
    voxel = field.spacing**3
    columns = near[:, 0] * field.values.shape[2] + near[:, 2]
    volumes, areas, span = [], [], []
    for held in (compartments.in_neck(hip.femur, points), compartments.in_total_hip(hip.femur, points)):
        volumes.append(compartments.summed(groups[held], parts[held], np.zeros(held.sum(), np.int64), 1)[:, 0] * voxel)
        deepest = np.full(field.values.shape[0] * field.values.shape[2], -10.0)
        np.maximum.at(deepest, columns[held], depth[held])
        areas.append(np.clip(deepest / field.spacing + 0.5, 0, 1).sum() * field.spacing**2)
        span.append(volumes[-1][: compartments.VOLUMES].sum())
    return Scan(np.array(volumes), np.array(areas), np.array(span))


def half_pelvis(midline: float) -> Window:
    """From the middle of the pelvis to 150 mm lateral of the head, 190 mm above it and 185 below."""
    return Window(126, round((150 - midline) / COARSE), COARSE, (64, -midline / COARSE - 0.5))


def make(hip: hips.Hip, split: str, number: int, pose: int, seed: int) -> Base:
    """The base of one pose."""
    rng = np.random.default_rng([seed, list(hips.SPLITS).index(split), number, pose, 1])
    midline = hip.body.midline * float(hip.stretch[0])
    window = half_pelvis(midline)
    ap = film_pose(rng, midline)
    crop = project(hip, ap, CROP)
    centred = Pose(ap.femur, ap.body, np.array([midline, *ap.source[1:]]))
    whole = project(hip, centred, window, step=1.5, soft_step=4.0)
    bent = rng.uniform(25, 55)
    frog_pose = film_pose(rng, midline, flexion=bent, abduction=rng.uniform(25, 45), turning=rng.uniform(15, 40))
    frog = project(hip, frog_pose, window, step=2.5, soft_step=6.0)
    turn = Rotation.from_euler("z", rng.uniform(65, 100), degrees=True).as_matrix()
    side = project(hip, Pose(turn @ ap.femur, turn @ ap.body, ap.source), LATERAL, step=2.5, soft_step=6.0)
    name = f"{split}_{seed}_{number:04}_{pose}"
    return Base(
        name, split, number, pose, hip.femur.name, hip.body.name, midline / COARSE, scan(hip), *map(Boxed.of, (crop, whole, frog, side))
    )


_STACKS = ("crop", "whole", "frog", "side")


def write(base: Base, file: Path) -> None:
    """One compressed file, half precision; the femur's maps only where it is."""
    arrays: dict[str, object] = {key: value for key, value in vars(base).items() if key not in (*_STACKS, "scan")}
    arrays |= {f"scan_{key}": value for key, value in vars(base.scan).items()}
    for name in _STACKS:
        arrays |= {f"{name}_{key}": value for key, value in vars(getattr(base, name)).items()}
    partial = file.with_name(f".{file.name}.{os.getpid()}.npz")
    np.savez_compressed(partial, **arrays)
    partial.rename(file)


def read(file: Path) -> Base:
    """A base that `write` kept; its femur stays in half precision until a film asks for it."""
    with np.load(file) as kept:
        stacks = {}
        for name in _STACKS:
            maps = (kept[f"{name}_{key}"] for key in ("femur", "regions", "surroundings"))
            stacks[name] = Boxed(*maps, kept[f"{name}_top"].item(), kept[f"{name}_left"].item())
        facts = {key: kept[key].item() for key in ("name", "split", "anatomy", "pose", "femur", "body", "midline")}
        return Base(**facts, scan=Scan(*(kept[f"scan_{key}"] for key in ("volumes", "areas", "span"))), **stacks)


def load(folder: Path, split: str, limit: int | None = None) -> list[Base]:
    """The bases of a split that are there, by name."""
    return [read(file) for file in sorted(folder.glob(f"{split}_*.npz"))[:limit]]


def precompute(data: Path, workspace: Path, folder: Path, split: str, count: int, seed: int) -> None:
    """Makes what is missing of the first `count` bases; processes that share the folder leave each other's alone."""
    folder.mkdir(parents=True, exist_ok=True)
    bones, flesh = femora.collected(data, workspace), bodies.visible(data, workspace)
    start, made, hip, drawn = time.monotonic(), 0, None, -1
    for index in range(count):
        number, pose = divmod(index, POSES[split])
        file = folder / f"{split}_{seed}_{number:04}_{pose}.npz"
        claim = file.with_suffix(".claim")
        if file.exists() or not claimed(claim):
            continue
        if drawn != number:
            hip, drawn = hips.draw(bones, flesh, split, seed, number), number
        write(make(hip, split, number, pose, seed), file)
        claim.unlink()
        made += 1
        print(f"{file.name}: {made} in {time.monotonic() - start:.0f} s", flush=True)


def claimed(claim: Path) -> bool:
    """Whether this process is the first to ask; a claim older than five minutes is of one that died."""
    if claim.exists() and time.time() - claim.stat().st_mtime > 300:
        claim.unlink(missing_ok=True)
    try:
        claim.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.xray.bases", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the shared data")
    parser.add_argument("--workspace", type=Path, required=True, help="keeps the anatomies")
    parser.add_argument("--folder", type=Path, required=True, help="of the bases")
    parser.add_argument("--split", choices=list(hips.SPLITS), required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    precompute(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
