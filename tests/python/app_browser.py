"""Chromium on the plugin's web page; it reaches nothing but the loopback, and tells everything that a page should not do."""

import contextlib
import os
import re
import shutil
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from environment import ROOT

CHROMIUM = shutil.which("chromium")
PAGE = "/bone-muscle/app/"
AXE = ROOT / "orthanc-plugin/app/node_modules/axe-core/axe.min.js"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}

needs_chromium = pytest.mark.skipif(not CHROMIUM and "CI" not in os.environ, reason="no chromium")

ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Drawing without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@contextlib.contextmanager
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class App:
    """A tab on the page of `server`, or of where a proxy shows it. `faults` are what the page did wrong so far."""

    def __init__(self, browser, server, language="en", size=WIDE, root=None, **context):
        locale = {"en": "en-GB", "ja": "ja-JP"}[language]
        self.context = browser.new_context(viewport=size, locale=locale, reduced_motion="reduce", **context)
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(60_000)
        self.root = root or server.url
        self.faults, self.addresses = [], []
        self.tab.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.tab.on("console", self.heard)
        self.tab.on("request", lambda request: self.addresses.append(request.url))

    def heard(self, message):
        # The browser notes refused requests by itself; the tests cause them on purpose.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def watch_tasks(self):
        """From the next page on, notes for how many milliseconds the page answered nobody."""
        self.tab.add_init_script(
            "window.tasks = []; new PerformanceObserver(list => tasks.push(...list.getEntries().map(it => it.duration)))"
            ".observe({entryTypes: ['longtask']})"
        )

    def open(self, fragment=""):
        self.tab.goto(f"{self.root}{PAGE}{fragment}")
        self.tab.locator("main h1").first.wait_for(state="attached")
        return self.tab

    def close(self):
        """Ends the visit; it must have left no trace of a fault, and asked nobody but its own server."""
        foreign = [it for it in self.addresses if not it.startswith((self.root + "/", "blob:", "data:"))]
        harmed = self.tab.evaluate("typeof harmed !== 'undefined'")
        self.context.close()
        assert not (self.faults or foreign or harmed), (self.faults, foreign, harmed)

    def wait(self, expression, seconds=120):
        """Until the expression is true in the page. The page's own rules forbid Playwright's wait_for_function."""
        deadline = time.monotonic() + seconds
        while not self.tab.evaluate(expression):
            assert time.monotonic() < deadline, f"not within {seconds} s: {expression}; the page says {self.tab.inner_text('main')}"
            time.sleep(0.02)

    def upload(self, files, selector="#choose-files"):
        self.tab.set_input_files(selector, files)
        # What can still be stopped has not ended.
        self.wait("document.querySelector('.upload .progress') && !document.querySelector('.upload .progress button')", 60)

    def outcomes(self):
        """How many files ended how."""
        found = self.tab.locator("details.outcome").evaluate_all("all => all.map(it => [it.dataset.outcome, Number(it.dataset.count)])")
        return dict(found)

    def measure(self, seconds=300):
        self.tab.click("#measure-start")
        self.tab.locator("#result").wait_for(timeout=seconds * 1000)

    def image_shown(self, seconds=120):
        """Waits for the CT and its labels."""
        self.wait("document.querySelector('#slice-axial') && document.querySelector('.slices:not(.hidden) canvas')", seconds)
        self.tab.locator(".legend").wait_for(timeout=seconds * 1000)

    def violations(self):
        """What axe-core calls serious or critical."""
        if self.tab.evaluate("typeof axe === 'undefined'"):
            self.tab.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        grave = [it for it in found if it["impact"] in ("serious", "critical")]
        return [f"{it['id']}: {node['target']} {node.get('failureSummary', '')}" for it in grave for node in it["nodes"]]

    def too_wide(self):
        """Whether the page has to be scrolled sideways."""
        return self.tab.evaluate("document.documentElement.scrollWidth > innerWidth")

    def shot(self, name, full=True):
        """Into the folder that BONEMUSCLE_SCREENSHOTS names, to be looked at."""
        folder = os.environ.get("BONEMUSCLE_SCREENSHOTS")
        if folder:
            self.tab.screenshot(path=Path(folder) / f"{name}.png", full_page=full)


def number(text):
    """The first number of a cell: `0.725 ± 0.024`, `1234.5`."""
    return float(re.match(r"-?\d+(?:\.\d+)?", text.strip()).group())
