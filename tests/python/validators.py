"""Runs validators and folds what they say into comparable lines."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import highdicom
import pydicom

# PixelMed's template rules are one large XSLT; the limits of newer JDKs stop it before it starts.
JAVA_OPTIONS = " ".join(f"-Djdk.xml.xpath{limit}Limit=0" for limit in ("TotalOp", "ExprGrp", "ExprOp"))


@dataclass(frozen=True)
class Finding:
    tool: str
    object: str
    line: str


def tool(name):
    """A program on the path or beside this Python, where pip puts dcmqi's."""
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    found = shutil.which(name, path=path)
    if found is None:
        sys.exit(f"{name} is not installed")
    return found


def lines(*command):
    environment = dict(os.environ, JAVA_TOOL_OPTIONS=JAVA_OPTIONS)
    arguments = [tool(command[0]), *map(str, command[1:])]
    done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", env=environment)
    output = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode, output


def run_all(objects, ct, templates=True):
    """Findings of every validator over our objects; of those that compare, over the CT too. The SR's templates take 20 s."""
    found = []
    for name, path in objects.items():
        found += dciodvfy(name, path) + attributes(name, path)
    found += dcentvfy(objects, ct)
    if "sr" in objects:
        found += dsrdump(objects["sr"])
        found += sr_validator(objects["sr"]) if templates else []
    return list(dict.fromkeys(found))


def dciodvfy(name, path):
    _, output = lines("dciodvfy", "-new", path)
    # Which of many items it is about does not matter.
    told = [re.sub(r"\[\d+\]", "", line) for line in output if line.startswith(("Error", "Warning"))]
    return [Finding("dciodvfy", name, line) for line in told]


def dcentvfy(objects, ct):
    _, output = lines("dcentvfy", *ct, *objects.values())
    return [Finding("dcentvfy", "all", re.sub(r" for file .*", "", line)) for line in output]


def sr_validator(path):
    """The one checker of templates. A path such as 1.10.3 is replaced by the template of the group it leads to."""
    _, output = lines("DicomSRValidator", path)
    groups = measurement_groups(pydicom.dcmread(path))
    if "Root Template Validation Complete" not in output:
        return [Finding("DicomSRValidator", "sr", "did not finish: " + " ".join(output[-2:]))]

    def named(match):
        number = int(match[1]) - 1
        identifier = groups[number].ContentTemplateSequence[0].TemplateIdentifier if number < len(groups) else "unknown"
        return f"group of TID {identifier}"

    told = [line for line in output if line.startswith(("Error", "Warning"))]
    return [Finding("DicomSRValidator", "sr", re.sub(r"1\.\d+\.(\d+)[\d.]*(?=:)", named, line)) for line in told]


def dsrdump(path):
    code, output = lines("dsrdump", "-q", path)
    failed = [] if code == 0 else [Finding("dsrdump", "sr", " ".join(output[:2]))]
    code, output = lines("dsr2html", "-q", path)
    return failed if code == 0 else [*failed, Finding("dsr2html", "sr", " ".join(output[:2]))]


def measurement_groups(sr):
    """Measurement Group containers of an SR, in order."""
    containers = [item for item in sr.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "126010"]
    return list(containers[0].ContentSequence)


def attributes(name, path):
    """Type 1 and 2 attributes of mandatory modules, and attributes of no module, by highdicom's tables of PS3.3."""
    tables = Path(highdicom.__file__).parent / "_standard"
    iods, modules, members = (
        json.loads((tables / table).read_text())
        for table in ("sop_class_iod_map.json", "iod_module_map.json", "module_attribute_map.json")
    )
    data = pydicom.dcmread(path)
    iod = iods[data.SOPClassUID]
    known, told = set(), []
    for module in modules[iod]:
        for member in members.get(module["key"], []):
            if not member["path"]:
                known.add(member["keyword"])
            # Functional groups stand in two places and SR content has its own checker.
            elsewhere = module["key"].endswith("functional-groups") or module["key"] == "sr-document-content"
            if module["usage"] != "M" or elsewhere or member["type"] not in ("1", "2"):
                continue
            for parent in parents(data, member["path"]):
                where = "/".join([*member["path"], member["keyword"]])
                if member["keyword"] not in parent:
                    told.append(f"missing type {member['type']} {where}")
                elif member["type"] == "1" and parent[member["keyword"]].VM == 0:
                    told.append(f"empty type 1 {where}")
    told += [f"private {element.tag}" for element in data.iterall() if element.tag.is_private]
    told += [f"not in the IOD: {element.keyword}" for element in data if element.keyword and element.keyword not in known]
    return [Finding("attributes", name, line) for line in dict.fromkeys(told)]


def parents(data, path):
    items = [data]
    for keyword in path:
        items = [child for item in items if keyword in item for child in item[keyword].value]
    return items
