"""Reads results back with other people's readers and compares them with report.json and the expected masks."""

import csv
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import highdicom
import jsonschema
import numpy
import pydicom
import SimpleITK

import validators

SCHEMA = Path(__file__).resolve().parents[2] / "plugin-core" / "schema" / "report.schema.json"

# (scheme, value) of structures: PS3.16 CID 3031 and SNOMED CT, written down apart from the program's own table.
STRUCTURES = {
    ("SCT", "66794005"): "l1",
    ("SCT", "14293000"): "l2",
    ("SCT", "36470004"): "l3",
    ("SCT", "11994002"): "l4",
    ("SCT", "49668003"): "l5",
    ("SCT", "23215003"): "t12",
    ("SCT", "54735007"): "sacrum",
    ("SCT", "71341001"): "femur",
    ("SCT", "44947003"): "erector_spinae",
    ("SCT", "244849004"): "deep_back_muscle",
    ("SCT", "68455001"): "iliopsoas",
    ("SCT", "206007"): "gluteus_maximus",
    ("SCT", "78333006"): "gluteus_medius",
    ("SCT", "75297007"): "gluteus_minimus",
    ("SCT", "128511007"): "hamstrings",
    ("MDC", "7:576"): "quadratus_lumborum",
    ("MDC", "7:812"): "piriformis",
    ("MDC", "7:808"): "tensor_fasciae_latae",
    ("MDC", "7:828"): "sartorius",
    ("MDC", "7:832"): "quadriceps_femoris",
    ("MDC", "7:868"): "gracilis",
    ("MDC", "7:852"): "pectineus",
    ("99BONEMUSCLE", "BM0201"): "adductors",
    ("99BONEMUSCLE", "BM0202"): "hip_bone",
    ("99BONEMUSCLE", "BM0203"): "psoas_major",
    ("99BONEMUSCLE", "BM0205"): "skeletal_muscle",
    ("SCT", "122496007"): "lumbar_spine",
    ("SCT", "38266002"): "body",
}
SIDES = {None: "", "7771000": "left", "24028007": "right"}
# (concept, derivation) of quantities, and their units where nothing was measured.
QUANTITIES = {
    ("118565006", None): ("volume", "cm3"),
    ("112031", "373098007"): ("attenuation_mean", "[hnsf'U]"),
    ("112031", "373099004"): ("attenuation_median", "[hnsf'U]"),
    ("112031", "386136009"): ("attenuation_sd", "[hnsf'U]"),
    ("BM0001", "373098007"): ("density_mean", "mg/cm3"),
    ("BM0001", "373099004"): ("density_median", "mg/cm3"),
    ("BM0001", "386136009"): ("density_sd", "mg/cm3"),
    ("BM0002", None): ("t_score", "{T-score}"),
    ("BM0003", None): ("z_score", "{Z-score}"),
    ("BM0004", None): ("percent_young_adult_mean", "%"),
    ("BM0010", None): ("areal_density", "g/cm2"),
    ("BM0011", None): ("mineral_content", "g"),
    ("42798000", None): ("area", "cm2"),
    ("BM0020", None): ("fat_voxel_share", "%"),
    ("BM0021", None): ("muscle_voxel_share", "%"),
    ("BM0022", None): ("muscle_attenuation", "[hnsf'U]"),
    ("BM0023", None): ("mass", "g"),
    ("BM0024", None): ("lean_mass", "g"),
    ("BM0025", None): ("fat_mass", "g"),
    ("BM0030", None): ("anterior_height", "mm"),
    ("BM0031", None): ("middle_height", "mm"),
    ("BM0032", None): ("posterior_height", "mm"),
    ("BM0033", None): ("anterior_height_ratio", "1"),
    ("BM0034", None): ("middle_height_ratio", "1"),
    ("BM0035", None): ("neighbour_height_ratio", "1"),
    ("BM0040", None): ("slice_position", "mm"),
    ("BM0041", None): ("skeletal_muscle_area", "cm2"),
    ("BM0042", None): ("skeletal_muscle_attenuation", "[hnsf'U]"),
    ("BM0043", None): ("intermuscular_fat_area", "cm2"),
    ("BM0044", None): ("subcutaneous_fat_area", "cm2"),
    ("BM0045", None): ("visceral_fat_area", "cm2"),
    ("BM0046", None): ("psoas_area", "cm2"),
    ("BM0047", None): ("skeletal_muscle_index", "cm2/m2"),
    ("BM0048", None): ("psoas_muscle_index", "cm2/m2"),
    ("BM0049", None): ("skeletal_muscle_gauge", "[hnsf'U].cm2/m2"),
    ("BM0050", None): ("body_fat_free_mass", "kg"),
    ("BM0051", None): ("body_fat_mass", "kg"),
    ("BM0052", None): ("estimated_dxa_smi", "kg/m2"),
    # Of the label that the values of a group rest on.
    ("BM0701", None): ("predictive_variance", None),
    ("BM0702", None): ("predicted_dice", None),
    # Of the calibration, in the group without a site.
    ("BM0402", None): ("slope", None),
    ("BM0403", None): ("intercept", None),
    ("BM0404", None): ("curvature", None),
    ("BM0405", None): ("r_squared", None),
    ("BM0406", None): ("residual_sd", None),
    ("BM0407", None): ("standard_error", None),
    ("BM0408", None): ("effective_energy_kev", None),
    # Of a radiograph, in a group without a site.
    ("BM0801", None): ("magnification", None),
    ("BM0802", None): ("row_spacing_mm", None),
    ("BM0803", None): ("column_spacing_mm", None),
}
UNITS = dict(QUANTITIES.values())
UNCERTAINTY = ("predictive_variance", "predicted_dice")
# Values of several structures together.
WITHOUT_MASK = {"lumbar_spine", "body"}
REGIONS = {
    "BM0204": "trabecular",
    "BM0210": "vertebral_body",
    "BM0211": "l1_l4",
    "BM0212": "femoral_neck",
    "BM0213": "trochanter",
    "BM0214": "intertrochanter",
    "BM0215": "total_hip",
    "BM0216": "l3_slice",
}
CRITERIA = {
    "BM0501": "who",
    "BM0502": "jsbmr",
    "BM0503": "spine_qct",
    "BM0504": "spine_qct_east_asian",
    "BM0505": "genant",
    "BM0506": "l3_smi_prado",
    "BM0507": "l3_smi_martin",
    "BM0508": "l3_smi_derstine",
    "BM0509": "l3_smra_martin",
    "BM0510": "psoas_index_hamaguchi",
    "BM0511": "awgs_2019",
    "BM0512": "ewgsop2",
}
CATEGORIES = {
    "BM0521": "normal",
    "BM0522": "low_bone_mass",
    "BM0523": "osteoporosis",
    "BM0524": "low_muscle_mass",
    "BM0525": "low_muscle_attenuation",
    "BM0526": "no_height_loss",
    "BM0527": "mild_height_loss",
    "BM0528": "moderate_height_loss",
    "BM0529": "severe_height_loss",
}
LANDMARKS = {
    "BM0601": "head_centre",
    "BM0602": "neck_centre",
    "BM0603": "junction_superior",
    "BM0604": "junction_inferior",
    "BM0605": "junction_anterior",
    "BM0606": "junction_posterior",
    "BM0607": "lesser_trochanter",
    "BM0608": "greater_trochanter_base",
    "BM0609": "shaft_20mm",
    "BM0610": "shaft_50mm",
}
RESEARCH = "Research use only. Not for diagnosis."
NOTICES = {RESEARCH, "CT-derived values are not a DXA measurement and cannot be used to rule out osteoporosis."}
NOTICES_OF_FILMS = {
    RESEARCH,
    "Values from a radiograph are not a DXA measurement and cannot be used to rule out osteoporosis.",
    "The X-ray model was trained on simulated films only.",
}


def film(report):
    """What only a report of a radiograph has, else None."""
    return report["series"].get("radiograph")


def check_report(folder, report):
    """report.json against its schema, results.csv against report.json."""
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))
    problems = [f"report.json {error.json_path}: {error.message}" for error in validator.iter_errors(report)]
    if (folder / "results.csv").exists():
        with open(folder / "results.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        # Numbers as they are spelt, so that the table and the JSON agree to the last character.
        spelt = json.loads((folder / "report.json").read_text(), parse_float=str)
        if rows != csv_rows(spelt):
            problems.append("results.csv says something else than report.json")
    return problems


def side(finding):
    return "" if finding["side"] == "none" else finding["side"]


def csv_rows(report):
    rows = []
    columns = ("value", "unit", "method", "reference", "not_measured", "reason", "root_mean_square_error")
    empty = dict.fromkeys(columns, "")
    for finding in report["findings"]:
        sure = {name: finding["uncertainty"].get(name) or "" for name in UNCERTAINTY}
        start = empty | {"structure": finding["structure"], "side": side(finding)} | sure
        for value in finding["measurements"]:
            row = {key: value[key] for key in ("region", "quantity", "value", "unit", "method")}
            more = {"reference": value["reference"] or "", "root_mean_square_error": value.get("root_mean_square_error", "")}
            rows.append(start | row | more)
        for missing in finding["not_measured"]:
            why = {"region": missing["region"], "not_measured": missing["code"], "reason": missing["reason"]}
            units = {quantity: UNITS[quantity] for quantity in missing["quantities"]} | dict.fromkeys(missing["criteria"], "")
            rows += [start | why | {"quantity": name, "unit": unit} for name, unit in units.items()]
        for said in finding["assessments"]:
            row = {"region": said["region"], "quantity": said["criterion"], "value": said["category"]}
            rows.append(start | row | {"reference": said["reference"], "reason": said["sentence"]})
    return rows


def expected_values(report):
    """`((structure, side, region), quantity, value, unit)` of every value and uncertainty, and of the calibration with no place."""
    values = [
        ((finding["structure"], side(finding), value["region"]), value["quantity"], value["value"], value["unit"])
        for finding in report["findings"]
        for value in finding["measurements"]
    ]
    values += uncertainties(report)
    numbers = calibration_numbers(report["calibration"]) + scale_numbers(film(report))
    return sorted(values + [(("", "", ""), *number) for number in numbers])


def scale_numbers(radiograph):
    if radiograph is None or radiograph["scale"] is None:
        return []
    scale = radiograph["scale"]
    spacing = zip(("row_spacing_mm", "column_spacing_mm"), scale["spacing_mm"], strict=True)
    factor = [] if scale["magnification"] is None else [("magnification", scale["magnification"], "1")]
    return factor + [(name, value, "mm") for name, value in spacing]


def uncertainties(report):
    """The same of every group: how sure the model is of its label."""
    return [
        ((finding["structure"], side(finding), region), name, finding["uncertainty"][name], "1")
        for finding in report["findings"]
        for region in {one["region"] for key in ("measurements", "not_measured", "assessments") for one in finding[key]}
        for name in UNCERTAINTY
        if finding["uncertainty"].get(name) is not None
    ]


def calibration_numbers(calibration):
    if calibration["method"] == "none":
        return []
    line = calibration["conversion"]
    density = {"hydroxyapatite": "mg{HA}/cm3", "dipotassium_phosphate": "mg{K2HPO4}/cm3"}[line["material"]]
    numbers = [("slope", line["slope"], "mg/mL/[hnsf'U]"), ("intercept", line["intercept"], density)]
    if line["curvature"] != 0:
        numbers.append(("curvature", line["curvature"], "mg/mL/[hnsf'U]2"))
    units = {"r_squared": "1", "residual_sd": density, "standard_error": density, "effective_energy_kev": "keV"}
    return numbers + [(key, calibration[key], unit) for key, unit in units.items() if calibration.get(key) is not None]


def check_sr(path, report, ct, segs):
    sr = pydicom.dcmread(path)
    groups = validators.measurement_groups(sr)
    values, by_tracking, problems = [], [], []
    for group in groups:
        uid = children(group, "112040")[0].UID
        for number in (item for item in group.ContentSequence if item.ValueType == "NUM"):
            measured = number.MeasuredValueSequence[0]
            value, unit = measured.FloatingPointValue, measured.MeasurementUnitsCodeSequence[0].CodeValue
            if float(measured.NumericValue) != value:
                problems.append(f"sr: {quantity(number)} is {measured.NumericValue} as text, {value} as number")
            values.append((site(group) or ("", "", ""), quantity(number), value, unit))
            by_tracking.append((uid, quantity(number), value))
    if sorted(values) != expected_values(report):
        problems.append(f"sr, by pydicom: not those of report.json: {set(values) ^ set(expected_values(report))}")
    tracking = [children(group, "112040")[0].UID for group in groups]
    if len(set(tracking)) != len(tracking):
        problems.append("sr: groups share a Tracking Unique Identifier")
    notices = {item.TextValue for group in groups for item in children(group, "BM0305")}
    wanted = NOTICES if film(report) is None else NOTICES_OF_FILMS
    problems += [] if notices == wanted else [f"sr: the notices are {notices}"]
    problems += errors(groups, report)
    problems += withheld(groups, report) + assessments(groups, report) + landmarks(groups, report) + populations(groups, report)
    problems += references(sr, ct)
    problems += segments(groups, segs, film(report) is not None) if segs else []
    for reader, read in (("highdicom", read_by_highdicom), ("dcmqi", read_by_dcmqi)):
        seen = read(path)
        if seen != sorted(by_tracking):
            problems.append(f"sr, by {reader}: other values: {set(seen) ^ set(by_tracking)}")
    return problems


def children(item, code):
    """Children with the concept name of this value; images of the library have none."""
    named = (child for child in item.get("ContentSequence", []) if "ConceptNameCodeSequence" in child)
    return [child for child in named if child.ConceptNameCodeSequence[0].CodeValue == code]


def concept(item, code):
    found = children(item, code)
    return found[0].ConceptCodeSequence[0] if found else None


def site(group):
    """Structure, side and region of a group; None for the one about the series."""
    found = children(group, "363698007")
    if not found:
        return None
    code = found[0].ConceptCodeSequence[0]
    laterality, part = concept(found[0], "272741003"), concept(found[0], "106233006")
    region = "whole" if part is None else REGIONS[part.CodeValue]
    structure = STRUCTURES[code.CodingSchemeDesignator, code.CodeValue]
    return structure, SIDES[laterality.CodeValue if laterality is not None else None], region


def quantity(number):
    derivation = concept(number, "121401")
    return QUANTITIES[number.ConceptNameCodeSequence[0].CodeValue, derivation.CodeValue if derivation is not None else None][0]


def errors(groups, report):
    """A value of which the model's error is known says it, up and down."""
    said = []
    for group in groups:
        for number in (item for item in group.ContentSequence if item.ValueType == "NUM"):
            ends = [children(number, code) for code in ("371886008", "371885007")]
            figures = {end[0].MeasuredValueSequence[0].FloatingPointValue for end in ends if end}
            said += [(site(group), quantity(number), figure) for figure in figures]
    wanted = [
        ((finding["structure"], side(finding), value["region"]), value["quantity"], value["root_mean_square_error"])
        for finding in report["findings"]
        for value in finding["measurements"]
        if value.get("root_mean_square_error") is not None
    ]
    return [] if sorted(said) == sorted(wanted) else [f"sr: values are off by {said}, not by {wanted}"]


def withheld(groups, report):
    """Every reason of the report stands in the group of its structure, side and region."""
    said = {(site(group), item.TextValue) for group in groups for item in children(group, "BM0302")}
    problems = []
    for finding in report["findings"]:
        for missing in finding["not_measured"]:
            where = (finding["structure"], side(finding), missing["region"])
            text = f"{', '.join(missing['quantities'] + missing['criteria'])}: {missing['code']}: {missing['reason']}"
            if not any(place == where and sentence.startswith(text) for place, sentence in said):
                problems.append(f"sr: {where} does not say {text}")
    return problems


def assessments(groups, report):
    """Criterion and category as codes, and the sentence."""
    said = []
    for group in groups:
        for item in group.ContentSequence:
            name = item.ConceptNameCodeSequence[0].CodeValue if "ConceptNameCodeSequence" in item else None
            if item.ValueType == "CODE" and name in CRITERIA:
                said.append((site(group), CRITERIA[name], CATEGORIES[item.ConceptCodeSequence[0].CodeValue]))
    wanted = [
        ((finding["structure"], side(finding), one["region"]), one["criterion"], one["category"])
        for finding in report["findings"]
        for one in finding["assessments"]
    ]
    problems = [] if sorted(said) == sorted(wanted) else [f"sr: says {said} by criteria, not {wanted}"]
    sentences = [item.TextValue for group in groups for item in children(group, "BM0306")]
    for finding in report["findings"]:
        for one in finding["assessments"]:
            if not any(one["sentence"] in sentence and one["reference"] in sentence for sentence in sentences):
                problems.append(f"sr: does not say {one['sentence']}")
    return problems


def landmarks(groups, report):
    """Points of 32-bit coordinates in the frame of reference, and their figures."""
    said, texts = {}, []
    for group in groups:
        for point in (item for item in group.ContentSequence if item.ValueType == "SCOORD3D"):
            name = LANDMARKS[point.ConceptNameCodeSequence[0].CodeValue]
            said[site(group)[:2], name] = tuple(float(x) for x in point.GraphicData)
            texts.append(children(point, "BM0600")[0].TextValue)
    wanted = {
        ((finding["structure"], side(finding)), one["name"]): tuple(float(numpy.float32(x)) for x in one["position_mm"])
        for finding in report["findings"]
        for one in finding["landmarks"]
    }
    problems = [] if said == wanted else [f"sr: landmarks {said} are not {wanted}"]
    for finding in report["findings"]:
        for figure in (figure for one in finding["landmarks"] for figure in one["figures"]):
            # 65.0 is written as 65.
            number = repr(figure['value']).removesuffix('.0')
            if not any(f"{figure['name']}={number} (accepted: {figure['accepted']})" in text for text in texts):
                problems.append(f"sr: no landmark says {figure}")
    return problems


def populations(groups, report):
    """A score names its reference population: mean, standard deviation, description."""
    rows = {row["id"]: row for row in report["references"]}
    wanted = [
        (rows[value["reference"]]["mean"], rows[value["reference"]]["sd"], rows[value["reference"]]["population"])
        for finding in report["findings"]
        for value in finding["measurements"]
        if value["reference"] is not None
    ]
    said = []
    for group in groups:
        for number in (item for item in group.ContentSequence if item.ValueType == "NUM" and children(item, "121405")):
            figures = [children(number, code)[0].MeasuredValueSequence[0].FloatingPointValue for code in ("373098007", "121414")]
            said.append((*figures, children(number, "121405")[0].TextValue))
    return [] if sorted(said) == sorted(wanted) else [f"sr: populations {said} are not {wanted}"]


def references(sr, ct):
    """What the content names is in the evidence, and so is every slice."""
    evidence = {
        instance.ReferencedSOPInstanceUID
        for study in sr.CurrentRequestedProcedureEvidenceSequence
        for series in study.ReferencedSeriesSequence
        for instance in series.ReferencedSOPSequence
    }
    images = (item for item in walk(sr) if item.ValueType == "IMAGE")
    used = {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in images}
    slices = {header.SOPInstanceUID for header in ct}
    problems = [] if used <= evidence else ["sr: content names instances that are not in the evidence"]
    return problems if slices <= evidence else [*problems, "sr: slices of the CT are not in the evidence"]


def segments(groups, segs, on_film):
    """A group with values of a whole structure names one segment, its own in a SEG that exists; no segment is a part."""
    names = {
        (seg.SOPInstanceUID, segment.SegmentNumber): mask_name(segment) for seg in segs for segment in seg.SegmentSequence
    }
    problems = []
    for group in groups:
        where = site(group)
        named = [image.ReferencedSOPSequence[0] for code in ("121191", "121214") for image in children(group, code)]
        stored = [names.get((one.ReferencedSOPInstanceUID, one.ReferencedSegmentNumber), "no segment") for one in named]
        valued = any(item.ValueType == "NUM" for item in group.ContentSequence)
        own = [f"{where[0]}_{where[1]}.raw"] if where and where[2] == "whole" and where[0] not in WITHOUT_MASK else []
        if on_film:
            # Of a whole structure only the outline is stored, and no value was taken over it.
            own = [f"{where[0]}_{where[1]}_{where[2]}.raw"] if where and where[2] != "whole" else []
        if stored != own and (valued or stored):
            problems.append(f"sr: {where} names {stored}")
    return problems


def walk(item):
    for child in item.get("ContentSequence", []):
        yield child
        yield from walk(child)


def read_by_highdicom(path):
    """`(Tracking UID, quantity, value)` of every value, sorted."""
    content = highdicom.sr.srread(path).content
    values = []
    regions = [*content.get_volumetric_roi_measurement_groups(), *content.get_planar_roi_measurement_groups()]
    for group in [*regions, *content.get_image_measurement_groups()]:
        for measured in group.get_measurements():
            derivation = measured.derivation.value if measured.derivation is not None else None
            values.append((str(group.tracking_uid), QUANTITIES[measured.name.value, derivation][0], measured.value))
    return sorted(values)


def read_by_dcmqi(path):
    """The same."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        code, said = validators.lines("tid1500reader", "--inputDICOM", path, "--outputMetadata", output)
        if code != 0:
            return said[-1:]
        groups = json.loads(output.read_text())["Measurements"]
    values = []
    for group in groups:
        for measured in group["measurementItems"]:
            derivation = measured.get("derivationModifier", {}).get("CodeValue")
            name, _ = QUANTITIES[measured["quantity"]["CodeValue"], derivation]
            values.append((group["TrackingUniqueIdentifier"], name, float(measured["value"])))
    return sorted(values)


def check_seg(path, masks, ct, report):
    """Voxels by highdicom, by dcmqi where it can, and by pydicom with nothing but the per-frame references."""
    seg = pydicom.dcmread(path)
    slices = planes(ct)
    shape = tuple(report["series"]["shape"])
    seen = {
        "pydicom": voxels_by_pydicom(seg, slices, shape),
        "highdicom": voxels_by_highdicom(path, slices),
    }
    # ITK's images have perpendicular axes; on a tilted stack dcmqi finds the frames outside of them.
    if numpy.allclose(numpy.cross(normal(slices[0]), step(slices)), 0, atol=1e-3):
        seen["dcmqi"] = voxels_by_dcmqi(path, slices, shape)
    problems = []
    for segment in seg.SegmentSequence:
        name = mask_name(segment)
        first = seen["pydicom"][segment.SegmentNumber]
        expected = numpy.fromfile(masks / name, dtype=numpy.uint8).reshape(shape) if (masks / name).exists() else first
        for reader, voxels in seen.items():
            if not numpy.array_equal(voxels[segment.SegmentNumber], expected):
                problems.append(f"seg, by {reader}: segment {segment.SegmentNumber} is not {name}")
    if report["segmentation"]["source"] == "model":
        problems += model_identity(seg, report["segmentation"])
    wanted = {path.name for path in masks.glob("*.raw")}
    written = {mask_name(segment) for segment in seg.SegmentSequence}
    return problems if not wanted or wanted == written else [*problems, f"seg: holds {written}, not {wanted}"]


def model_identity(seg, model):
    """Every segment names the network that made it and how it was run, and so does the equipment."""
    problems = []
    stated = [model["name"], model["version"], model["sha256"]]
    for segment in seg.SegmentSequence:
        algorithm = segment.SegmentationAlgorithmIdentificationSequence[0]
        parameters = dict(pair.split("=", 1) for pair in algorithm.AlgorithmParameters.split("; "))
        said = [algorithm.AlgorithmName, algorithm.AlgorithmVersion, parameters["sha256"]]
        how = {key: str(model[key]) for key in ("engine", "passes", "dropout", "seed") if model[key] is not None}
        if said != stated or segment.SegmentAlgorithmType != "AUTOMATIC" or not how.items() <= parameters.items():
            problems.append(f"seg: segment {segment.SegmentNumber} names another model: {said}, {parameters}")
    models = [item.get("ManufacturerModelName") for item in seg.ContributingEquipmentSequence]
    return problems if model["name"] in models else [*problems, f"seg: the model is not among the equipment: {models}"]


@dataclass(frozen=True)
class Plane:
    """A slice of the CT: an object, or one frame of it, counted from 1."""

    uid: str
    frame: int | None
    position: tuple[float, ...]
    orientation: tuple[float, ...]


def planes(ct):
    """Slices along the normal of the images."""
    found = []
    for header in ct:
        if "NumberOfFrames" not in header:
            placed = tuple(header.ImagePositionPatient), tuple(header.ImageOrientationPatient)
            found.append(Plane(header.SOPInstanceUID, None, *placed))
            continue
        shared = header.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
        for number, groups in enumerate(header.PerFrameFunctionalGroupsSequence, 1):
            position = groups.PlanePositionSequence[0].ImagePositionPatient
            found.append(Plane(header.SOPInstanceUID, number, tuple(position), tuple(shared.ImageOrientationPatient)))
    return sorted(found, key=lambda plane: float(numpy.dot(plane.position, normal(plane))))


def step(slices):
    return numpy.subtract(slices[1].position, slices[0].position).astype(float)


def normal(plane):
    orientation = [float(x) for x in plane.orientation]
    return numpy.cross(orientation[:3], orientation[3:])


def segment_place(segment):
    """Structure, side, and the region where the segment is one."""
    code = segment.SegmentedPropertyTypeCodeSequence[0]
    modifiers = [item.CodeValue for item in code.get("SegmentedPropertyTypeModifierCodeSequence", [])]
    which = "".join(SIDES[value] for value in modifiers if value in SIDES)
    regions = [REGIONS[value] for value in modifiers if value in REGIONS]
    return STRUCTURES[code.CodingSchemeDesignator, code.CodeValue], which, *regions


def mask_name(segment):
    return "_".join(segment_place(segment)) + ".raw"


def check_planar_seg(path, masks, headers, report):
    """Pixels of every region on the film, by pydicom and by highdicom; as large as the report's areas say."""
    seg, header = pydicom.dcmread(path), headers[0]
    problems = [] if seg.PatientOrientation == header.get("PatientOrientation", "") else ["seg: another Patient Orientation"]
    problems += ["seg: a Frame of Reference"] if "FrameOfReferenceUID" in seg else []
    shape = (header.Rows, header.Columns)
    if (seg.Rows, seg.Columns) != shape:
        problems.append(f"seg: {seg.Rows} x {seg.Columns} pixels, the film has {shape}")
    frames = numpy.asarray(seg.pixel_array).reshape(-1, *shape)
    # highdicom asks for a Slice Thickness, which a radiograph has not (PS3.3 C.7.6.16.2.1 requires it of volumes).
    thick = pydicom.dcmread(path)
    thick.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SliceThickness = 1
    stack = highdicom.seg.Segmentation.from_dataset(thick).get_pixels_by_source_instance([header.SOPInstanceUID])
    areas = {
        (finding["structure"], side(finding), value["region"]): value["value"]
        for finding in report["findings"]
        for value in finding["measurements"]
        if value["quantity"] == "area"
    }
    for number, segment in enumerate(seg.SegmentSequence):
        name = mask_name(segment)
        groups = seg.PerFrameFunctionalGroupsSequence[number]
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        if source.ReferencedSOPInstanceUID != header.SOPInstanceUID or "PlanePositionSequence" in groups:
            problems.append(f"seg: frame {number + 1} does not lie on the film")
        expected = numpy.fromfile(masks / name, numpy.uint8).reshape(shape) if (masks / name).exists() else frames[number]
        for reader, pixels in (("pydicom", frames[number]), ("highdicom", stack[0, ..., number])):
            if not numpy.array_equal(pixels, expected):
                problems.append(f"seg, by {reader}: segment {segment.SegmentNumber} is not {name}")
        if not masks.exists() and (area := areas.get(segment_place(segment))):
            spacing = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
            stored = frames[number].sum() * float(spacing[0]) * float(spacing[1]) / 100
            # Pixels of film and crop differ, so that an edge may fall to either side.
            if abs(stored / area - 1) > 0.03:
                problems.append(f"seg: {name} covers {stored:.2f} cm2, the report says {area}")
    return problems + model_identity(seg, report["segmentation"])


def voxels_by_pydicom(seg, slices, shape):
    place = {(plane.uid, plane.frame): number for number, plane in enumerate(slices)}
    voxels = {segment.SegmentNumber: numpy.zeros(shape, numpy.uint8) for segment in seg.SegmentSequence}
    frames = seg.pixel_array.reshape(-1, *shape[1:])
    for frame, groups in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        slice_number = place[source.ReferencedSOPInstanceUID, source.get("ReferencedFrameNumber")]
        assert numpy.allclose(groups.PlanePositionSequence[0].ImagePositionPatient, slices[slice_number].position)
        voxels[number][slice_number] = frame
    return voxels


def voxels_by_highdicom(path, slices):
    seg = highdicom.seg.segread(path)
    numbers = list(seg.segment_numbers)
    how = {"segment_numbers": numbers, "assert_missing_frames_are_empty": True}
    if slices[0].frame is None:
        stack = seg.get_pixels_by_source_instance([plane.uid for plane in slices], **how)
    else:
        stack = seg.get_pixels_by_source_frame(slices[0].uid, [plane.frame for plane in slices], **how)
    return {number: stack[..., channel] for channel, number in enumerate(numbers)}


def voxels_by_dcmqi(path, slices, shape):
    along, voxels = step(slices), {}
    with tempfile.TemporaryDirectory() as folder:
        written = ["--outputDirectory", folder, "--outputType", "nrrd"]
        code, said = validators.lines("segimage2itkimage", "--inputDICOM", path, *written)
        assert code == 0, said[-1:]
        for file in Path(folder).glob("*.nrrd"):
            image = SimpleITK.ReadImage(str(file))
            part = SimpleITK.GetArrayFromImage(image)
            offset = numpy.subtract(image.GetOrigin(), slices[0].position)
            first = round(float(numpy.dot(offset, along) / numpy.dot(along, along)))
            whole = numpy.zeros(shape, numpy.uint8)
            whole[first : first + part.shape[0]] = part > 0
            voxels[int(file.stem)] = whole
    return voxels


def check_page(folder, objects):
    problems = []
    if "pdf" in objects:
        pdf = pydicom.dcmread(objects["pdf"])
        if pdf.EncapsulatedDocument[: pdf.EncapsulatedDocumentLength] != (folder / "report.pdf").read_bytes():
            problems.append("pdf: the document is not report.pdf")
    if "sc" in objects:
        page = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / "report.png")))
        by_gdcm = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(objects["sc"])))[0]
        for reader, pixels in {"pydicom": pydicom.dcmread(objects["sc"]).pixel_array, "GDCM": by_gdcm}.items():
            if not numpy.array_equal(pixels, page[..., :3]):
                problems.append(f"sc: the pixels that {reader} reads are not those of report.png")
    return problems
