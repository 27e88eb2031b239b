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
}
SIDES = {None: "", "7771000": "left", "24028007": "right"}
QUANTITIES = {
    ("118565006", None): "volume",
    ("112031", "373098007"): "attenuation_mean",
    ("112031", "373099004"): "attenuation_median",
    ("112031", "386136009"): "attenuation_sd",
    ("BM0020", None): "fat_voxel_share",
}
TRABECULAR = "BM0204"


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
    for finding in report["findings"]:
        start = {"structure": finding["structure"], "side": side(finding)}
        for value in finding["measurements"]:
            texts = {key: value[key] for key in ("region", "quantity", "unit", "method")}
            rows.append(start | texts | {"value": value["value"], "not_measured": "", "reason": ""})
        for missing in finding["not_measured"]:
            for quantity in missing["quantities"]:
                unit = {"volume": "cm3", "fat_voxel_share": "%"}.get(quantity, "[hnsf'U]")
                texts = {"region": missing["region"], "quantity": quantity, "unit": unit, "method": "", "value": ""}
                rows.append(start | texts | {"not_measured": missing["code"], "reason": missing["reason"]})
    return rows


def expected_values(report):
    return {
        (finding["structure"], side(finding), value["region"], value["quantity"]): value["value"]
        for finding in report["findings"]
        for value in finding["measurements"]
    }


def check_sr(path, report, ct, segs):
    sr = pydicom.dcmread(path)
    groups = validators.measurement_groups(sr)
    values, by_tracking, problems = {}, {}, []
    for group in groups:
        uid = children(group, "112040")[0].UID
        for number in (item for item in group.ContentSequence if item.ValueType == "NUM"):
            key = (*site(group), quantity(number))
            measured = number.MeasuredValueSequence[0]
            if float(measured.NumericValue) != measured.FloatingPointValue:
                problems.append(f"sr: {key} is {measured.NumericValue} as text, {measured.FloatingPointValue} as number")
            values[key] = measured.FloatingPointValue
            by_tracking[uid, key[3]] = measured.FloatingPointValue
    if values != expected_values(report):
        problems.append(f"sr, by pydicom: values {values} are not those of report.json")
    tracking = [children(group, "112040")[0].UID for group in groups]
    if len(set(tracking)) != len(tracking):
        problems.append("sr: groups share a Tracking Unique Identifier")
    problems += withheld(groups, report) + references(sr, ct)
    problems += segments(groups, segs) if segs else []
    for reader, read in (("highdicom", read_by_highdicom), ("dcmqi", read_by_dcmqi)):
        seen = read(path)
        if seen != by_tracking:
            problems.append(f"sr, by {reader}: {seen} is not {by_tracking}")
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
    region = "trabecular" if part is not None and part.CodeValue == TRABECULAR else "whole"
    structure = STRUCTURES[code.CodingSchemeDesignator, code.CodeValue]
    return structure, SIDES[laterality.CodeValue if laterality is not None else None], region


def quantity(number):
    derivation = concept(number, "121401")
    return QUANTITIES[number.ConceptNameCodeSequence[0].CodeValue, derivation.CodeValue if derivation is not None else None]


def withheld(groups, report):
    """Every reason of the report stands in the group of its structure, side and region."""
    said = {(site(group), item.TextValue) for group in groups for item in children(group, "BM0302")}
    problems = []
    for finding in report["findings"]:
        for missing in finding["not_measured"]:
            where = (finding["structure"], side(finding), missing["region"])
            text = f"{', '.join(missing['quantities'])}: {missing['code']}: {missing['reason']}"
            if not any(place == where and sentence.startswith(text) for place, sentence in said):
                problems.append(f"sr: {where} does not say {text}")
    return problems


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


def segments(groups, segs):
    """A group with values of a whole structure names one segment, its own in a SEG that exists; no segment is a part."""
    names = {
        (seg.SOPInstanceUID, segment.SegmentNumber): mask_name(segment) for seg in segs for segment in seg.SegmentSequence
    }
    problems = []
    for group in groups:
        where = site(group)
        named = [image.ReferencedSOPSequence[0] for image in children(group, "121191")]
        stored = [names.get((one.ReferencedSOPInstanceUID, one.ReferencedSegmentNumber), "no segment") for one in named]
        valued = any(item.ValueType == "NUM" for item in group.ContentSequence)
        own = [f"{where[0]}_{where[1]}.raw"] if where and where[2] == "whole" else []
        if stored != own and (valued or stored):
            problems.append(f"sr: {where} names {stored}")
    return problems


def walk(item):
    for child in item.get("ContentSequence", []):
        yield child
        yield from walk(child)


def read_by_highdicom(path):
    content = highdicom.sr.srread(path).content
    values = {}
    for group in [*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups()]:
        for measured in group.get_measurements():
            derivation = measured.derivation.value if measured.derivation is not None else None
            values[str(group.tracking_uid), QUANTITIES[measured.name.value, derivation]] = measured.value
    return values


def read_by_dcmqi(path):
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        code, said = validators.lines("tid1500reader", "--inputDICOM", path, "--outputMetadata", output)
        if code != 0:
            return said[-1:]
        groups = json.loads(output.read_text())["Measurements"]
    values = {}
    for group in groups:
        for measured in group["measurementItems"]:
            derivation = measured.get("derivationModifier", {}).get("CodeValue")
            key = QUANTITIES[measured["quantity"]["CodeValue"], derivation]
            values[group["TrackingUniqueIdentifier"], key] = float(measured["value"])
    return values


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
    wanted = {path.name for path in masks.glob("*.raw")}
    written = {mask_name(segment) for segment in seg.SegmentSequence}
    return problems if not wanted or wanted == written else [*problems, f"seg: holds {written}, not {wanted}"]


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


def mask_name(segment):
    code = segment.SegmentedPropertyTypeCodeSequence[0]
    modifier = code.get("SegmentedPropertyTypeModifierCodeSequence")
    which = SIDES[modifier[0].CodeValue if modifier else None]
    return f"{STRUCTURES[code.CodingSchemeDesignator, code.CodeValue]}_{which}.raw"


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
        if not numpy.array_equal(pydicom.dcmread(objects["sc"]).pixel_array, page[..., :3]):
            problems.append("sc: the pixels are not those of report.png")
    return problems
