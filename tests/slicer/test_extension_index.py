"""What the Slicer Extensions Index asks of an extension (scripts/check_description_files.py and the list of its pull requests), as far as
it can be asked of a folder: names, keys, CMake fields, licence, images, documentation."""

import ast
import json
import re
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path

EXTENSION = Path(__file__).resolve().parents[2] / "slicer-bridge" / "extension"
MODULE = EXTENSION / "BoneMuscle"
CMAKE = (EXTENSION / "CMakeLists.txt").read_text()
ENTRY = json.loads((EXTENSION / "BoneMuscle.json").read_text())
README = (EXTENSION / "README.md").read_text()
#: Of the file of an index entry, version 1.0.2 of its schema: key, type.
KEYS = {
    "$schema": str, "category": str, "scm_url": str, "scm_revision": str, "scm_type": str, "build_dependencies": list,
    "build_subdirectory": str, "dicom_support_rule": str, "enabled": bool, "tier": int,
}  # fmt: skip
MOST_BYTES = 2_000_000


def field(name: str) -> str:
    """A field of the CMake file, as the index's regular expressions find it."""
    found = re.findall(rf'set\s*\({name}\s*"([^"]+)"[ ]*\)', CMAKE, re.IGNORECASE | re.MULTILINE)
    assert len(found) == 1, name
    return found[0]


def png_size(file: Path) -> tuple[int, int]:
    data = file.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", file
    return struct.unpack(">II", data[16:24])


def test_the_entry_has_the_keys_of_the_schema():
    assert {"$schema", "category", "scm_url"} <= set(ENTRY) <= set(KEYS)
    assert all(isinstance(value, KEYS[key]) for key, value in ENTRY.items())
    assert ENTRY["$schema"].split("#")[0].endswith("/slicer-extension-catalog-entry-schema-v1.0.2.json")
    assert 1 <= ENTRY["tier"] <= 5
    assert ENTRY["category"] == "Quantification" == field("EXTENSION_CATEGORY")


def test_names_are_those_that_the_index_asks_for():
    assert re.findall(r"project\s*\(\s*([^\s\)]+)", CMAKE, re.IGNORECASE) == ["BoneMuscle"]
    assert not "BoneMuscle".startswith("Slicer")
    assert re.fullmatch(r"https://.+/SlicerBoneMuscle(\.git)?", ENTRY["scm_url"])
    assert ENTRY["build_dependencies"] == [] and field("EXTENSION_DEPENDS") == "NA"


def test_addresses_of_images_are_those_of_files_of_this_folder():
    home = field("EXTENSION_HOMEPAGE")
    assert ENTRY["scm_url"] == home + ".git"
    raw = home.replace("https://github.com/", "https://raw.githubusercontent.com/") + f"/{ENTRY['scm_revision']}/"
    pictures = [field("EXTENSION_ICONURL"), *field("EXTENSION_SCREENSHOTURLS").split()]
    for address in pictures:
        assert address.startswith(raw) and address.endswith(".png"), address
        file = EXTENSION / address.removeprefix(raw)
        assert min(png_size(file)) >= 128 and file.stat().st_size < MOST_BYTES, file
    assert png_size(EXTENSION / "BoneMuscle.png") == (128, 128)
    assert (EXTENSION / "BoneMuscle.png").read_bytes() == (MODULE / "Resources" / "Icons" / "BoneMuscle.png").read_bytes()


def test_the_description_is_one_or_two_sentences():
    assert 1 <= len(re.findall(r"\.(?:\s|$)", field("EXTENSION_DESCRIPTION"))) <= 2
    assert "Research use only" in field("EXTENSION_DESCRIPTION")


def test_the_licence_is_permissive_and_in_the_root():
    text = (EXTENSION / "LICENSE.txt").read_text()
    assert "Apache License" in text and "Version 2.0" in text
    assert "Apache-2.0" in README


def test_the_readme_says_what_tier_three_asks():
    for heading in ("# BoneMuscle", "## Modules", "## Tutorial", "## Installation", "## Licence", "## Publications"):
        assert re.search(rf"^{heading}\b", README, re.MULTILINE), heading
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README + (EXTENSION / "Docs" / "tutorial.md").read_text().replace("](", "](Docs/")):
        assert (EXTENSION / picture).is_file(), picture
    assert "Research use only" in README


def test_cmake_installs_every_file_of_the_module():
    listed = {name.replace("${MODULE_NAME}", "BoneMuscle") for name in re.findall(r"^  (\S+\.\w+)$", (MODULE / "CMakeLists.txt").read_text(), re.M)}
    present = {
        str(file.relative_to(MODULE))
        for file in MODULE.rglob("*")
        if file.is_file() and file.suffix in (".py", ".json", ".png", ".svg", ".ui") and "Testing" not in file.parts
    }
    assert listed == present
    tests = {file.name for file in (MODULE / "Testing" / "Python").glob("test_*.py")}
    assert tests == set(re.findall(r"SCRIPT (\S+)\)", (MODULE / "Testing" / "Python" / "CMakeLists.txt").read_text()))


def test_logic_and_panel_are_apart():
    """What is in BoneMuscleLib runs without Qt: only the registration of a program with a running Slicer may ask for it, when it happens."""
    for file in (MODULE / "BoneMuscleLib").glob("*.py"):
        for statement in ast.parse(file.read_text()).body:
            names = [alias.name for alias in getattr(statement, "names", ())] + [getattr(statement, "module", None)]
            assert not {"qt", "ctk"} & set(names), file
    for file in [*MODULE.rglob("*.py")]:
        assert len(file.read_text().splitlines()) <= 450, file


def test_every_widget_of_the_form_that_the_code_names_is_there():
    form = ElementTree.parse(MODULE / "Resources" / "UI" / "BoneMuscle.ui")
    present = {widget.get("name") for widget in form.iter("widget")}
    code = "".join(file.read_text() for file in [MODULE / "BoneMuscle.py", *(MODULE / "BoneMusclePanel").glob("*.py")])
    named = set(re.findall(r"\bui\.(\w+)", code))
    assert named <= present, named - present
    custom = {one.text for one in form.iter("class") if one.text != "BoneMuscle"}
    assert {widget.get("class") for widget in form.iter("widget") if widget.get("class")[0] != "Q"} <= custom


def test_nothing_is_fetched_or_sent_without_being_asked():
    """The tier's rule: no address but that of the sample, which Slicer fetches when the user clicks it, and no client of any network."""
    for file in MODULE.rglob("*.py"):
        text = file.read_text()
        assert not re.search(r"\b(urllib|requests|http\.client|socket)\b", text), file
        assert "https://" not in text or file.name == "sample_data.py", file
