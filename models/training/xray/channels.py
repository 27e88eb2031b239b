"""The images that the decomposition gives, and the scale of each: value of the network * scale = value in its unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """One output image."""

    name: str
    """As the cohort calls its truth."""
    kind: str
    """`areal_density`, `dxa_density`, `thickness`, `lean` or `region`."""
    subject: str
    """Structure, or region of the proximal femur."""
    unit: str
    """UCUM."""
    scale: float

    def entry(self) -> dict[str, object]:
        """As the manifest says it."""
        role = "region" if self.kind == "region" else "structure"
        return {"name": self.name, "kind": self.kind, role: self.subject, "unit": self.unit, "scale": self.scale}


MUSCLES = ("gluteus_medius", "gluteus_maximus", "gluteus_minimus", "iliopsoas")
REGIONS = ("femoral_neck", "total_hip")

CHANNELS = (
    Channel("bone", "areal_density", "bone", "g/cm2", 1.0),
    Channel("proximal_femur", "areal_density", "proximal_femur", "g/cm2", 1.0),
    Channel("proximal_femur_dxa", "dxa_density", "proximal_femur", "g/cm2", 1.0),
    Channel("proximal_femur_thickness", "thickness", "proximal_femur", "mm", 25.0),
    *(Channel(f"{muscle}_thickness", "thickness", muscle, "mm", 50.0) for muscle in MUSCLES),
    *(Channel(f"{muscle}_lean", "lean", muscle, "g/cm2", 5.0) for muscle in MUSCLES),
    *(Channel(region, "region", region, "1", 1.0) for region in REGIONS),
)
"""Regions are logits; all else is an integral along the ray and never negative.

`dxa_density` is the areal density as it would be in the pose of a DXA scan: a neck that points out of the film's plane is seen
foreshortened, and as much denser.
"""

INDEX = {channel.name: number for number, channel in enumerate(CHANNELS)}
IMAGES = len(CHANNELS) - len(REGIONS)
"""Channels before the regions."""

VIEWS = ("ap", "frog_leg", "lateral", "implant", "distal", "other")
