"""English words for the names of a report; a test finds one for every name of the schema."""

from __future__ import annotations

REGIONS = {
    "whole": "Whole",
    "trabecular": "Trabecular",
    "vertebral_body": "Vertebral body",
    "l1_l4": "L1 to L4",
    "femoral_neck": "Femoral neck",
    "trochanter": "Trochanter",
    "intertrochanter": "Intertrochanter",
    "total_hip": "Total hip",
    "l3_slice": "Slice through L3",
}

QUANTITIES = {
    "volume": "Volume",
    "attenuation_mean": "Mean CT number",
    "attenuation_median": "Median CT number",
    "attenuation_sd": "SD of the CT number",
    "fat_voxel_share": "Share of fat voxels",
    "muscle_voxel_share": "Share of muscle voxels",
    "muscle_attenuation": "Muscle attenuation",
    "mass": "Mass",
    "lean_mass": "Lean mass",
    "fat_mass": "Fat mass",
    "density_mean": "Bone density (vBMD)",
    "density_median": "Median bone density",
    "density_sd": "SD of bone density",
    "area": "Area",
    "areal_density": "Areal density, DXA-like (aBMD)",
    "mineral_content": "Mineral content (BMC)",
    "anterior_height": "Anterior height",
    "middle_height": "Middle height",
    "posterior_height": "Posterior height",
    "anterior_height_ratio": "Anterior by posterior height",
    "middle_height_ratio": "Middle by posterior height",
    "neighbour_height_ratio": "Posterior height by that of the neighbours",
    "slice_position": "Position of the slice (z, LPS)",
    "skeletal_muscle_area": "Skeletal muscle area (SMA)",
    "skeletal_muscle_attenuation": "Skeletal muscle attenuation (SMRA)",
    "intermuscular_fat_area": "Intermuscular fat area (IMAT)",
    "subcutaneous_fat_area": "Subcutaneous fat area (SAT)",
    "visceral_fat_area": "Visceral fat area (VAT)",
    "psoas_area": "Area of both psoas muscles",
    "skeletal_muscle_index": "Skeletal muscle index (L3 SMI)",
    "psoas_muscle_index": "Psoas muscle index (PMI)",
    "skeletal_muscle_gauge": "Skeletal muscle gauge (SMG)",
    "body_fat_free_mass": "Fat-free mass by regression",
    "body_fat_mass": "Fat mass by regression",
    "estimated_dxa_smi": "DXA-SMI by the site's regression",
    "t_score": "T-score",
    "z_score": "Z-score",
    "percent_young_adult_mean": "Percent of young adult mean (%YAM)",
}

#: Where there is little room.
_SHORT = {
    "density_mean": "vBMD",
    "attenuation_mean": "mean CT number",
    "areal_density": "aBMD",
    "volume": "volume",
    "muscle_attenuation": "muscle attenuation",
}

CRITERIA = {
    "who": "WHO",
    "jsbmr": "JSBMR",
    "spine_qct": "Spine QCT",
    "spine_qct_east_asian": "Spine QCT, East Asian",
    "genant": "Genant",
    "l3_smi_prado": "L3 SMI, Prado",
    "l3_smi_martin": "L3 SMI, Martin",
    "l3_smi_derstine": "L3 SMI, Derstine",
    "l3_smra_martin": "L3 SMRA, Martin",
    "psoas_index_hamaguchi": "Psoas index, Hamaguchi",
    "awgs_2019": "AWGS 2019",
    "ewgsop2": "EWGSOP2",
}

UNITS = {
    "cm3": "cm³",
    "cm2": "cm²",
    "mm": "mm",
    "[hnsf'U]": "HU",
    "%": "%",
    "g": "g",
    "kg": "kg",
    "1": "",
    "cm2/m2": "cm²/m²",
    "[hnsf'U].cm2/m2": "HU·cm²/m²",
    "kg/m2": "kg/m²",
    "mg{HA}/cm3": "mgHA/cm³",
    "mg{K2HPO4}/cm3": "mgK₂HPO₄/cm³",
    "g{HA}/cm2": "gHA/cm²",
    "g{K2HPO4}/cm2": "gK₂HPO₄/cm²",
    "g{HA}": "gHA",
    "g{K2HPO4}": "gK₂HPO₄",
    "{T-score}": "",
    "{Z-score}": "",
}

SEVERITIES = {"block": "Withheld", "warning": "Warning", "info": "Note"}

_DENSITY_UNITS = {"hydroxyapatite": "mgHA/cm³", "dipotassium_phosphate": "mgK₂HPO₄/cm³"}


def region(name: str) -> str:
    """Where in a structure."""
    return REGIONS.get(name, name.replace("_", " "))


def quantity(name: str) -> str:
    """What was measured, or which criterion was applied."""
    return QUANTITIES.get(name) or CRITERIA.get(name) or name.replace("_", " ")


def short(name: str) -> str:
    """A quantity after the name of a structure."""
    return _SHORT.get(name) or quantity(name)


def unit(ucum: str) -> str:
    """A unit as people write it."""
    return UNITS.get(ucum, ucum)


def density_unit(material: str) -> str:
    """Of the density that a calibration line gives."""
    return _DENSITY_UNITS.get(material, "mg/cm³")
