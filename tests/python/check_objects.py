"""Checks the DICOM results in a folder with other people's validators and readers.

    python tests/python/check_objects.py FOLDER

FOLDER holds ct/*.dcm (a radiograph too), report.json, and whichever of seg.dcm, sr.dcm, pdf.dcm, sc.dcm, report.pdf, report.png and results.csv
were written; masks/STRUCTURE_SIDE.raw (a byte per voxel of the CT) or masks/STRUCTURE_SIDE_REGION.raw (a byte per pixel of the radiograph), where
present, are the expected segments.

Every line of a validator must match one of allowed_findings.json, where its reason stands. Exit status 1 otherwise, or when a
reader gets other values or voxels than report.json and the masks say.

Needs dicom3tools, dcmtk and pixelmed-apps (Debian), dcmqi, highdicom, pydicom, SimpleITK and jsonschema (PyPI).
"""

import json
import re
import sys
from pathlib import Path

import pydicom

import readers
import validators

HERE = Path(__file__).resolve().parent


def disallowed(findings):
    """Findings that no line of allowed_findings.json explains."""
    rules = json.loads((HERE / "allowed_findings.json").read_text())

    def explained(finding):
        return any(
            rule["tool"] == finding.tool and finding.object in rule["objects"] and re.search(rule["pattern"], finding.line)
            for rule in rules
        )

    return [f"{f.tool} {f.object}: {f.line}" for f in findings if not explained(f)]


def check(folder, templates=True):
    """Problems of the results in `folder`, each a sentence; without `templates` the checker of SR templates is left out, which
    needs minutes and gigabytes for a report of hundreds of values."""
    objects = {path.stem: path for path in sorted(folder.glob("*.dcm"))}
    source = sorted((folder / "ct").rglob("*.dcm"))
    report = json.loads((folder / "report.json").read_text())

    problems = disallowed(validators.run_all(objects, source, templates))
    problems += readers.check_report(folder, report)
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in source]
    ct = [header for header in headers if header.SeriesInstanceUID == report["series"]["series_instance_uid"]]
    film = readers.film(report)
    if film is not None:
        ct = [header for header in ct if header.SOPInstanceUID == film["sop_instance_uid"]]
    if "sr" in objects:
        segs = [header for header in headers if header.Modality == "SEG"]
        segs += [pydicom.dcmread(objects["seg"], stop_before_pixels=True)] if "seg" in objects else []
        problems += readers.check_sr(objects["sr"], report, ct, segs)
    if "seg" in objects and film is not None:
        problems += readers.check_planar_seg(objects["seg"], folder / "masks", ct, report)
    elif "seg" in objects:
        problems += readers.check_seg(objects["seg"], folder / "masks", ct, report)
    problems += readers.check_page(folder, objects)
    return list(dict.fromkeys(problems))


def main(folder):
    if not any(folder.glob("*.dcm")):
        sys.exit(f"{folder} holds no DICOM object")
    problems = check(folder)
    print("\n".join([*problems, f"{len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
