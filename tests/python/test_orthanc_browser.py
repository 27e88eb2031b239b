"""The button in Orthanc Explorer, pressed in a real browser that reaches nothing but the loopback."""

import base64
import os
import shutil
import subprocess
import time

import pytest
import requests
from selenium import webdriver
from selenium.webdriver.common.by import By

from orthanc_images import colour_capture, ct, ct_with_segmentation, encode, segmentation
from orthanc_server import BUILD, Orthanc, behave, fake_worker, needed

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = [
    needed,
    pytest.mark.skipif(not (CHROMIUM and DRIVER) and "CI" not in os.environ, reason="no chromium and chromedriver"),
]
HARM = "<img src=x onerror=harmed=1>"
SCRIPT = "<script>harmed=1</script>"


class Browser:
    """Chromium on one page of Orthanc Explorer; `said` answers what the status row showed since `open`."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--window-size=1280,1000",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))

    def open(self, server, level, identifier):
        self.page = level
        self.driver.get("about:blank")
        self.driver.get(f"{server.url}/app/explorer.html#{level}?uuid={identifier}")
        self.loaded()
        self.driver.execute_script(
            """said = [];
            new MutationObserver(() => said.push(arguments[0].textContent)).observe(arguments[0], {childList: true});""",
            *self.rows("[role=status] p"),
        )

    def loaded(self):
        children = {"study": "#list-series li", "series": "#list-instances li"}[self.page]
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, children))

    def wait(self, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; the row says {self.status()!r}; log: {self.driver.get_log('browser')}")

    def rows(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, f"#{self.page} {selector}")

    def buttons(self):
        return [item for item in self.rows("a") if item.text == "Measure bone / muscle"]

    def press(self):
        self.buttons()[0].click()

    def status(self):
        return "".join(item.text for item in self.rows("[role=status]"))

    def ends(self, beginning):
        self.wait(lambda: self.status().startswith(beginning))

    def said(self):
        return [text for text in self.driver.execute_script("return said") if text]

    def links(self):
        """To results."""
        shown = (item for item in self.rows("a[target=_blank]") if item.is_displayed() and item.text != "Bone / muscle page")
        return {item.text: item.get_attribute("href") for item in shown}

    def page_link(self):
        return next(item for item in self.rows("a[target=_blank]") if item.text == "Bone / muscle page").get_attribute("href")

    def series(self):
        return [item.text for item in self.rows("#list-series h3")]

    def harmed(self):
        return self.driver.execute_script("return typeof harmed !== 'undefined'")

    def shot(self, path, width=1280):
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        path.write_bytes(base64.b64decode(self.driver.execute_cdp_cmd("Page.captureScreenshot", {})["data"]))
        outside = self.driver.execute_script(
            "return arguments[0].filter(it => it.scrollWidth > it.clientWidth || it.getBoundingClientRect().right > innerWidth)"
            ".map(it => it.textContent)",
            [*self.buttons(), *self.rows("[role=status] p, a[target=_blank]")],
        )
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        assert not outside, f"cut off at {width} px: {outside}"

    def script_errors(self):
        """A refusal's HTTP status, which the console shows too, is none."""
        return [entry for entry in self.driver.get_log("browser") if entry["source"] != "network" and entry["level"] == "SEVERE"]


@pytest.fixture(scope="module")
def chromium():
    browser = Browser()
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(chromium):
    yield chromium
    assert chromium.script_errors() == []
    assert not chromium.harmed()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    with Orthanc(tmp_path_factory.mktemp("orthanc"), {"Enable": True, "TimeoutSeconds": 300}) as server:
        yield server


@pytest.fixture(scope="module")
def phantom(orthanc, tmp_path_factory):
    """A study that can be measured."""
    folder = tmp_path_factory.mktemp("phantom")
    subprocess.run([BUILD / "bonemuscle", "phantom", folder], check=True)
    return orthanc.upload(*sorted(folder.rglob("*.dcm")))


@pytest.fixture(scope="module")
def steered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steered")
    with Orthanc(folder, {"Enable": True, "Worker": str(fake_worker(folder))}) as server:
        yield server


@pytest.fixture
def held(steered):
    """An Orthanc whose measurements go on when its worker is told to behave."""
    behave(steered, "held")
    yield steered
    behave(steered, "")


def measured(server, resource):
    record = server.json(f"/{resource}/bone-muscle")
    assert record["state"] == "done"
    return [one["value"] for finding in record["report"]["findings"] for one in finding["measurements"]]


def test_a_study_is_measured_and_its_results_appear(browser, orthanc, phantom, tmp_path):
    browser.open(orthanc, "study", phantom)
    assert len(browser.series()) == 2
    assert (len(browser.buttons()), browser.status(), browser.links()) == (1, "", {})
    assert browser.page_link() == f"{orthanc.url}/bone-muscle/app/#/studies/{phantom}"
    browser.shot(tmp_path / "before.png")
    browser.press()
    browser.ends("Measured ")
    assert browser.said()[0] == "Starting"
    assert "Research use only" in browser.status()
    browser.wait(lambda: len(browser.series()) == 5)
    assert "BoneMuscle measurements (research use only)" in browser.series()
    browser.shot(tmp_path / "study.png")
    browser.shot(tmp_path / "study-400.png", 400)
    assert len(measured(orthanc, f"studies/{phantom}")) > 20

    links = browser.links()
    assert list(links) == ["Bone / muscle report (PDF)", "Bone / muscle table (CSV)"]
    assert requests.get(links["Bone / muscle report (PDF)"]).content.startswith(b"%PDF-")
    assert requests.get(links["Bone / muscle table (CSV)"]).text.startswith("structure,")
    browser.driver.refresh()
    browser.ends("Measured ")
    assert browser.links() == links
    browser.wait(lambda: any(item.text == "Download bone / muscle record" for item in browser.rows("a")))


def test_the_report_opens_beside_explorer(browser, orthanc, phantom):
    browser.open(orthanc, "study", phantom)
    if not browser.links():
        browser.press()
    browser.wait(browser.links)
    first = browser.driver.current_window_handle
    next(item for item in browser.rows("a") if item.text == "Bone / muscle report (PDF)").click()
    browser.wait(lambda: len(browser.driver.window_handles) == 2)
    browser.driver.switch_to.window(next(item for item in browser.driver.window_handles if item != first))
    browser.wait(lambda: browser.driver.current_url == f"{orthanc.url}/studies/{phantom}/bone-muscle/report.pdf")
    browser.driver.close()
    browser.driver.switch_to.window(first)
    assert f"#study?uuid={phantom}" in browser.driver.current_url


def test_a_series_is_measured(browser, orthanc, phantom, tmp_path):
    series = next(item for item in orthanc.json(f"/studies/{phantom}/series") if item["MainDicomTags"]["Modality"] == "CT")
    browser.open(orthanc, "series", series["ID"])
    assert browser.status() == ""
    browser.press()
    browser.ends("Measured ")
    browser.shot(tmp_path / "series.png")
    browser.shot(tmp_path / "series-400.png", 400)
    assert requests.get(browser.links()["Bone / muscle report (PDF)"]).content.startswith(b"%PDF-")
    assert len(measured(orthanc, f"series/{series['ID']}")) > 20


def test_a_refusal_is_shown_as_its_sentence(browser, orthanc, tmp_path):
    study = orthanc.upload(encode(colour_capture()))
    browser.open(orthanc, "study", study)
    browser.press()
    sentence = orthanc.post(f"/studies/{study}/bone-muscle").json()["Details"]
    browser.ends(sentence)
    assert browser.links() == {}
    browser.shot(tmp_path / "refused.png")
    browser.shot(tmp_path / "refused-400.png", 400)
    browser.press()
    browser.wait(lambda: browser.said().count("Starting") == 2 and browser.status() == sentence)


@pytest.mark.filterwarnings("ignore:The number of PN components")
def test_names_are_text(browser, orthanc, steered):
    def hostile(dataset):
        dataset.PatientName, dataset.SeriesDescription, dataset.StudyDescription = HARM, SCRIPT + HARM, HARM + SCRIPT

    def unmeasurable(dataset):
        hostile(dataset)
        # Which the sentence that refuses it quotes.
        dataset.RescaleType = HARM

    source = ct(change=unmeasurable)
    files = [encode(dataset) for dataset in [*source, segmentation(source, label=HARM, change=hostile)]]
    study = orthanc.upload(*files)
    browser.open(orthanc, "study", study)
    browser.press()
    browser.wait(lambda: HARM in browser.status())
    assert not browser.harmed()
    study = steered.upload(*files)
    browser.open(steered, "study", study)
    browser.press()
    browser.ends("Measured ")


def test_progress_is_shown_and_survives_a_reload(browser, held, tmp_path):
    study = held.upload(*ct_with_segmentation())
    browser.open(held, "study", study)
    browser.press()
    browser.wait(lambda: browser.status().startswith("Measuring ("))
    browser.shot(tmp_path / "running.png")
    browser.driver.refresh()
    browser.loaded()
    browser.wait(lambda: browser.status().startswith("Measuring ("))
    behave(held, "")
    browser.ends("Measured ")
    browser.wait(lambda: len(browser.series()) == 4)


def test_a_double_click_measures_once(browser, held):
    study = held.upload(*ct_with_segmentation())
    before = held.json("/bone-muscle/status")["Done"], len(held.json("/jobs"))
    browser.open(held, "study", study)
    webdriver.ActionChains(browser.driver).double_click(browser.buttons()[0]).perform()
    browser.press()
    behave(held, "")
    browser.ends("Measured ")
    assert browser.said().count("Starting") == 1
    assert (held.json("/bone-muscle/status")["Done"], len(held.json("/jobs"))) == (before[0] + 1, before[1] + 1)


def test_each_study_shows_its_own_state(browser, held):
    first, second = (held.upload(*ct_with_segmentation()) for _ in range(2))
    browser.open(held, "study", first)
    browser.press()
    browser.wait(lambda: browser.status().startswith("Measuring ("))
    browser.driver.execute_script(f"location.hash = 'study?uuid={second}'")
    browser.wait(lambda: browser.status() == "")
    assert second in browser.page_link()
    behave(held, "")
    held.ended(f"studies/{first}")
    time.sleep(1)
    assert (browser.status(), browser.links()) == ("", {})
    browser.driver.back()
    browser.ends("Measured ")
    assert first in browser.links()["Bone / muscle report (PDF)"]


def test_a_failure_is_shown_when_the_page_is_opened_again(browser, held):
    behave(held, "refuse")
    study = held.upload(*ct_with_segmentation())
    details = held.measure(f"studies/{study}")["error"]["details"]
    browser.open(held, "study", study)
    browser.ends(details)
    assert browser.links() == {}


def test_an_orthanc_that_is_gone_is_said_to_be(browser, tmp_path):
    with Orthanc(tmp_path, {"Enable": True, "Worker": str(fake_worker(tmp_path))}) as server:
        study = server.upload(*ct_with_segmentation())
        browser.open(server, "study", study)
        server.stop()
        browser.press()
        browser.ends("Orthanc does not answer.")


def test_no_button_where_the_plugin_is_disabled(browser, tmp_path):
    with Orthanc(tmp_path, {"Enable": False}) as server:
        study = server.upload(*ct_with_segmentation())
        browser.page = "study"
        browser.driver.get(f"{server.url}/app/explorer.html#study?uuid={study}")
        browser.loaded()
        assert browser.buttons() == []
