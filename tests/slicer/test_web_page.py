"""The page on the Slicer core, opened by a real browser: a CT is shown, measured, cancelled."""

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect, sync_playwright

import make_study
import studies
from environment import ROOT, built, real_ct_files

WEB = ROOT / "slicer-bridge" / "web"
SIZE = {"width": 1600, "height": 1000}
#: Renewed when this variable names a file: the picture of the README.
SCREENSHOT = os.environ.get("BONEMUSCLE_SCREENSHOT")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The real CT and its labels as a study, measured by the command line."""
    folder = tmp_path_factory.mktemp("real")
    make_study.write_study(folder / "study", make_study.load(*real_ct_files()), make_study.Options())
    return studies.of_folder(folder / "study", folder / "results")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        assert chromium, "the package chromium is missing"
        yield playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def served(folder: Path, program: Path):
    """The page of a folder: its address and the process that serves it."""
    port = free_port()
    command = [sys.executable, "-m", "bonemuscle_web", folder, "--port", str(port), "--program", program]
    environment = {**os.environ, "PYTHONPATH": str(WEB)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}/index.html"
        for _ in range(300):
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                assert process.poll() is None, "the page ended"
                time.sleep(0.2)
        try:
            yield address, process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@contextmanager
def opened(browser, address: str):
    """The page; it asks nothing of any other machine."""
    page = browser.new_page(viewport=SIZE)
    foreign = []
    page.on("request", lambda request: foreign.append(request.url) if re.match(r"https?://(?!127\.0\.0\.1)", request.url) else None)
    page.goto(address)
    expect(page.locator("#measure")).to_be_visible()
    yield page
    page.close()
    assert foreign == []


def expected_values(report: dict) -> list[str]:
    """Every number of the report, as JSON writes it."""
    return [json.dumps(one["value"]) for finding in report["findings"] for one in finding["measurements"]]


def test_a_click_shows_overlay_and_values_of_the_real_ct(browser, real):
    with served(real.folder, built("BoneMuscleCLI")) as (address, _), opened(browser, address) as page:
        expect(page.locator("#notice")).to_have_text("Research use only. Not for diagnosis.")
        expect(page.locator("#study")).to_contain_text("122 × 101 × 112 voxels of 3 × 3 × 3 mm")
        page.wait_for_function("[...document.querySelectorAll('img')].filter(one => one.naturalWidth > 100).length >= 3")
        page.wait_for_timeout(2000)
        assert colours(page) < 50
        page.locator("#measure").click()
        expect(page.locator("#status")).to_be_visible(timeout=120_000)
        expect(page.locator("#measure")).to_have_text("Measure bone / muscle", timeout=60_000)
        values = page.locator(".finding td.number").all_inner_texts()
        assert values == expected_values(real.report) and len(values) > 80
        assert page.locator(".withheld").count() > 0
        for finding in page.locator(".withheld").all_inner_texts():
            assert finding.startswith("Not given: ") and finding.count(". ") >= 1
        page.wait_for_timeout(3000)
        assert colours(page) > 10_000
        if SCREENSHOT:
            page.screenshot(path=SCREENSHOT)


def colours(page) -> int:
    """How many pixels of the views are coloured: a CT is grey, what was found on it is not."""
    image = np.asarray(Image.open(io.BytesIO(page.locator("main .layout-grid-container").first.screenshot())).convert("RGB")).astype(int)
    return int(np.count_nonzero(np.ptp(image, axis=2) > 40))


@pytest.fixture
def slow_program(tmp_path):
    """BoneMuscleCLI that says where it stands and then takes its time."""
    program = tmp_path / "BoneMuscleCLI"
    program.write_text(
        f"""#!/bin/sh
[ "$1" = --xml ] && exec {built("BoneMuscleCLI")} --xml
echo "<filter-progress>0.25</filter-progress>"
echo "<filter-comment>Finding bones and muscles</filter-comment>"
echo $$ > {tmp_path}/pid
exec sleep 60
"""
    )
    program.chmod(0o755)
    return program


def test_the_button_cancels_and_may_be_pressed_again(browser, real, slow_program):
    with served(real.folder, slow_program) as (address, _), opened(browser, address) as page:
        page.locator("#measure").click()
        expect(page.locator("#progress")).to_contain_text("Finding bones and muscles · 25 %")
        expect(page.locator("#measure")).to_have_text("Cancel")
        page.locator("#measure").click()
        expect(page.locator("#failure")).to_contain_text("Cancelled")
        expect(page.locator("#measure")).to_have_text("Measure bone / muscle")
        assert not (Path("/proc") / (slow_program.parent / "pid").read_text().strip()).exists()


def test_a_failure_is_a_sentence_on_the_page(browser, real, tmp_path):
    program = tmp_path / "BoneMuscleCLI"
    program.write_text(f'#!/bin/sh\n[ "$1" = --xml ] && exec {built("BoneMuscleCLI")} --xml\nkill -9 $$\n')
    program.chmod(0o755)
    with served(real.folder, program) as (address, _), opened(browser, address) as page:
        page.locator("#measure").click()
        expect(page.locator("#failure")).to_contain_text("ended without a result")


@pytest.mark.parametrize("content", ["", "not DICOM"])
def test_a_folder_without_a_ct_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "file.dcm").write_text(content)
    command = [sys.executable, "-m", "bonemuscle_web", tmp_path, "--program", built("BoneMuscleCLI")]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(WEB)}, capture_output=True, text=True)
    assert ended.returncode == 1 and "holds no CT" in ended.stderr and "Traceback" not in ended.stderr
