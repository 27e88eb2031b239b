"""The web page in a real Chromium on a real Orthanc: upload, measure, read; every number beside the REST report."""

import io
import subprocess
import time
import zipfile
from datetime import datetime

import nibabel
import numpy
import pydicom
import pytest

import make_study
from app_browser import NARROW, PAGE, WIDE, App, chromium, needs_chromium, number
from environment import real_ct_files
from make_study import Options
from orthanc_images import colour_capture, ct, ct_with_segmentation, encode, having, other

from orthanc_server import BUILD, Orthanc, behave, fake_worker, needed
from reverse_proxy import below

pytestmark = [needed, needs_chromium]
HARM = "<img src=x onerror=harmed=1>"
SCRIPT = "<script>harmed=1</script>"
# Without what separates the parts of a person's name in DICOM.
NAME = "<script>harmed++</script><b>"
# Decimals as the PDF prints them; the others have one.
DECIMALS = {"areal_density": 3, "mineral_content": 2, "percent_young_adult_mean": 0, "estimated_dxa_smi": 2}
DECIMALS |= {f"{place}_height_ratio": 2 for place in ("anterior", "middle", "neighbour")}
TABS = ["femur", "lumbar", "muscle", "quality", "provenance"]


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser):
    """Opens visits, and has each of them end without a fault."""
    visits = []

    def begin(server, **options):
        visits.append(App(browser, server, **options))
        return visits[-1]

    yield begin
    for one in visits:
        one.close()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory):
    changes = {"attenuation_mean": 10, "volume": 0.5}
    section = {"Enable": True, "Worker": str(BUILD / "bonemuscle-worker"), "LeastSignificantChange": changes}
    with Orthanc(tmp_path_factory.mktemp("orthanc"), section) as server:
        yield server


@pytest.fixture(scope="module")
def acting(tmp_path_factory):
    """An Orthanc with a worker that acts as it is told."""
    folder = tmp_path_factory.mktemp("acting")
    with Orthanc(folder, {"Enable": True, "Worker": str(fake_worker(folder))}) as server:
        yield server


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The real CT with its labels, as DICOM."""
    folder = tmp_path_factory.mktemp("files")
    make_study.write_study(folder, make_study.load(*real_ct_files()), Options())
    return folder


@pytest.fixture(scope="module")
def study(browser, orthanc, files):
    """The real CT, uploaded and measured through the page; and how long its values took to appear."""
    app = App(browser, orthanc)
    tab = app.open()
    app.upload(files, "#choose-folder")
    count = len(list(files.iterdir()))
    assert app.outcomes() == {"stored": count}
    tab.locator(".uploaded-studies a").click()
    tab.locator("#measure-start").wait_for()
    app.shot("form-en")
    identifier = tab.url.rpartition("/")[2]
    app.measure()
    app.close()
    return identifier


def report_of(server, study):
    return server.json(f"/studies/{study}/bone-muscle/report.json")


def shown_values(tab):
    """All values of the open tab: what the report's words for them are, and what is written."""
    rows = tab.locator("#all-values tbody tr").evaluate_all(
        "all => all.map(row => [{...row.dataset}, row.querySelector('td.number').textContent])"
    )
    return {
        (*(words[key] for key in ("structure", "side", "region", "quantity", "method", "unit")), float(words["value"])): written
        for words, written in rows
    }


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_number_on_the_page_is_that_of_the_report(visit, orthanc, study, language):
    report = report_of(orthanc, study)
    expected = {
        (one["structure"], one["side"], *(value[key] for key in ("region", "quantity", "method", "unit")), value["value"])
        for one in report["findings"]
        for value in one["measurements"]
    }
    assert len(expected) == sum(len(one["measurements"]) for one in report["findings"]) > 50
    tab = visit(orthanc, language=language).open(f"#/studies/{study}")
    found, codes = {}, set()
    for name in TABS[:3]:
        tab.click(f"#tab-{name}")
        found |= shown_values(tab)
        codes |= set(tab.locator("#not-measured > li").evaluate_all("all => all.map(it => it.dataset.code)"))
    assert found.keys() == expected
    for key, written in found.items():
        places = DECIMALS.get(key[3], 1)
        assert abs(number(written) - key[-1]) <= 0.5 * 10**-places * (1 + 1e-9), (key, written)
        assert len(written.split(" ")[0].partition(".")[2]) == places, (key, written)
    assert codes == {one["code"] for finding in report["findings"] for one in finding["not_measured"]}


def test_what_a_reader_sees_first_are_values_of_the_report(visit, orthanc, study):
    report = report_of(orthanc, study)
    tab = visit(orthanc).open(f"#/studies/{study}")
    for name in TABS[:3]:
        tab.click(f"#tab-{name}")
        values = {value for *_, value in shown_values(tab)}
        cells = tab.locator("table.first td.number, dl.facts dd.number").all_inner_texts()
        written = [number(cell) for cell in cells if cell[:1].isdigit() or cell[:2].strip("-")[:1].isdigit()]
        assert name == "femur" or written
        assert all(any(abs(one - value) <= 0.5 for value in values) for one in written), name
    tab.click("#tab-provenance")
    text = tab.locator("#tab-panel").inner_text()
    for fact in (report["series"]["series_instance_uid"], report["software"]["version"]):
        assert fact in text
    tab.click("#tab-quality")
    assert tab.locator("#tab-panel [data-code]").count() >= len({one["code"] for one in report["quality"]}) or not report["quality"]


def test_values_stand_there_within_a_second_of_the_end(visit, orthanc, study):
    app = visit(orthanc)
    tab = app.open(f"#/studies/{study}")
    tab.click("#measure-again")
    tab.click("#measure-start")
    tab.locator("#measure-stage").wait_for()
    tab.evaluate("""new MutationObserver(() => document.querySelector('#result table.first') && (window.seen ??= Date.now()))
        .observe(document.body, {childList: true, subtree: true})""")
    app.wait("window.seen", 60)
    finished = orthanc.json(f"/studies/{study}/bone-muscle")["finished"]
    # Server and browser have one clock.
    waited = tab.evaluate("seen") / 1000 - datetime.fromisoformat(finished).timestamp()
    print(f"values on the page {waited:.2f} s after the measurement ended")
    assert 0 <= waited < 1


def test_results_are_offered_as_files(visit, orthanc, study):
    tab = visit(orthanc).open(f"#/studies/{study}")
    kinds = {"pdf": b"%PDF", "csv": b"structure,", "sr": b"DICM"}
    for kind, start in kinds.items():
        address = tab.locator(f"#download-{kind}").evaluate("it => it.href")
        content = orthanc.http.get(address).content
        assert content[128:132] == start if start == b"DICM" else content.startswith(start), kind


# --- the images


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_ct_is_shown_with_its_labels_and_names_what_is_pointed_at(visit, orthanc, study, language):
    app = visit(orthanc, language=language)
    tab = app.open(f"#/studies/{study}")
    app.image_shown()
    names = set(orthanc.json(f"/studies/{study}/bone-muscle/labels.json").values())
    assert {"l3", "gluteus_medius_left"} <= names
    tab.click("#tab-lumbar")
    word = {"en": "L3", "ja": "第3腰椎"}[language]
    tab.locator("table.first button.link", has_text=word).click()
    box = tab.locator("canvas").bounding_box()
    seen = set()
    for across in range(2, 25):
        for down in range(1, 12):
            tab.mouse.move(box["x"] + box["width"] * across / 26, box["y"] + box["height"] * down / 13)
            seen.add(tab.locator("#viewer-under").inner_text())
    assert any(word in text and "HU" in text for text in seen), sorted(seen)[:20]
    app.shot(f"viewer-{language}", full=False)


def test_image_and_labels_are_those_that_were_measured(orthanc, study, files, tmp_path):
    """Against the CT and the label map that the study was made from."""
    source = make_study.load(*real_ct_files())
    for name in ("image.nii.gz", "labels.nii.gz"):
        (tmp_path / name).write_bytes(orthanc.get(f"/studies/{study}/bone-muscle/{name}").content)
    image, labels = (nibabel.as_closest_canonical(nibabel.load(tmp_path / name)) for name in ("image.nii.gz", "labels.nii.gz"))
    expected = nibabel.as_closest_canonical(nibabel.load(real_ct_files()[0]))
    assert numpy.allclose(image.affine, labels.affine) and image.shape == labels.shape == expected.shape
    assert numpy.allclose(image.affine, expected.affine, atol=0.01)
    assert numpy.array_equal(numpy.asarray(image.dataobj), numpy.round(expected.get_fdata()))
    names = orthanc.json(f"/studies/{study}/bone-muscle/labels.json")
    value = int(next(key for key, name in names.items() if name == "l3"))
    assert (numpy.asarray(labels.dataobj) == value).sum() == source.masks()["l3", "none"].sum()


# --- reading comfort


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_is_accessible_and_fits(visit, orthanc, study, language, size):
    app = visit(orthanc, language=language, size=size)
    name = f"{language}-{size['width']}"
    tab = app.open()
    tab.locator("table.studies tbody tr").first.wait_for()
    assert tab.evaluate("document.documentElement.lang") == language
    assert (app.violations(), app.too_wide()) == ([], False), "studies"
    app.shot(f"studies-{name}")
    app.open("#/queue")
    tab.locator("#queue-empty").wait_for()
    assert (app.violations(), app.too_wide()) == ([], False), "queue"
    app.open(f"#/studies/{study}")
    tab.locator("#result").wait_for()
    for one in TABS:
        tab.click(f"#tab-{one}")
        assert (app.violations(), app.too_wide()) == ([], False), one
        app.shot(f"{one}-{name}")
    tab.click("#measure-again")
    tab.locator("#measure-start").wait_for()
    tab.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert (app.violations(), app.too_wide()) == ([], False), "form"
    app.shot(f"form-{name}")


def test_the_reading_room_is_dark_and_legible(visit, orthanc, study):
    app = visit(orthanc)
    tab = app.open(f"#/studies/{study}")
    tab.locator("#result").wait_for()
    tab.locator(".appearance select").select_option("dark")
    app.wait("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every(part => Number(part) < 60)")
    assert app.violations() == []
    app.shot("dark")
    tab.reload()
    tab.locator("#result").wait_for()
    assert tab.locator(".appearance select").input_value() == "dark"


def test_the_whole_way_by_keyboard(visit, orthanc, study):
    tab = visit(orthanc).open()
    tab.locator("table.studies tbody a").first.wait_for()
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('table.studies a')"):
            break
    tab.keyboard.press("Enter")
    tab.locator("#result").wait_for()
    tab.locator("[role=tab][aria-selected=true]").focus()
    tab.keyboard.press("End")
    assert tab.evaluate("document.activeElement.id") == "tab-provenance"
    assert tab.locator("#tab-panel").get_attribute("data-tab") == "provenance"


def test_the_language_of_the_page_is_that_of_the_reader_and_can_be_changed(visit, orthanc, study):
    app = visit(orthanc, language="ja")
    tab = app.open(f"#/studies/{study}")
    tab.locator("#tab-lumbar").wait_for()
    assert "腰椎" in tab.locator("#tab-lumbar").inner_text()
    assert "研究用" in tab.locator(".notice").inner_text()
    tab.click("button[lang=en]")
    tab.locator("#tab-lumbar", has_text="umbar").wait_for()
    assert "Research use only" in tab.locator(".notice").inner_text()


# --- upload


def test_a_zip_archive_and_what_is_in_it_twice(visit, acting):
    behave(acting, "")
    slices = [encode(dataset) for dataset in ct()]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        for number, data in enumerate(slices):
            written.writestr(f"study/{number}.dcm", data)
        written.writestr("study/readme.txt", "no image")
    app = visit(acting)
    app.open()
    files = [{"name": "study.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}]
    files += [{"name": "again.dcm", "mimeType": "application/dicom", "buffer": slices[0]}]
    app.upload(files)
    assert app.outcomes() == {"stored": 4, "duplicate": 1, "notDicom": 1}


def test_a_thousand_files_of_garbage_end_in_a_readable_list(visit, acting):
    app = visit(acting)
    tab = app.open()
    names = [f"{HARM if number == 7 else 'scan'}-{number:04}.dcm" for number in range(1000)]
    # Every other one looks like DICOM where it begins.
    contents = [b"\x00" * 128 + b"DICM" + b"\xff" * 40 if number % 2 else b"no DICOM at all" for number in range(1000)]
    app.upload([{"name": name, "mimeType": "", "buffer": data} for name, data in zip(names, contents, strict=True)])
    outcomes = app.outcomes()
    assert sum(outcomes.values()) == 1000 and not {"stored", "duplicate"} & outcomes.keys()
    tab.locator("details.outcome").evaluate_all("all => all.forEach(it => it.open = true)")
    assert sorted(tab.locator("details.outcome .path").all_inner_texts()) == sorted(names)
    reasons = tab.locator("details.outcome[data-outcome=refused] li").all_inner_texts()
    assert all(len(reason) > len("scan-0000.dcm") + 10 for reason in reasons)
    assert (app.violations(), app.too_wide()) == ([], False)
    app.shot("garbage", full=False)


# --- measuring


def test_progress_queue_and_cancel(visit, acting):
    behave(acting, "held")
    first, second = (acting.upload(*ct_with_segmentation()) for _ in range(2))
    app = visit(acting)
    tab = app.open(f"#/studies/{first}")
    tab.click("#measure-start")
    tab.locator("#measure-percent", has_text="%").wait_for()
    acting.post(f"/studies/{second}/bone-muscle", {})
    app.open("#/queue")
    tab.locator("table.queue tbody tr").nth(1).wait_for()
    assert tab.locator("table.queue tbody tr").evaluate_all("all => all.map(it => it.dataset.resource)") == [
        f"studies/{first}",
        f"studies/{second}",
    ]
    assert "Nobody" in tab.locator("table.queue").inner_text()
    assert (app.violations(), app.too_wide()) == ([], False)
    app.shot("queue-en")
    tab.locator("table.queue tbody tr").nth(1).locator("button").click()
    app.wait("document.querySelectorAll('table.queue tbody tr').length === 1")
    app.open(f"#/studies/{first}")
    tab.click("#measure-cancel")
    tab.locator("#measurement-error").wait_for()
    assert "cancelled" in tab.locator("#measurement-error").inner_text()
    assert (app.violations(), app.too_wide()) == ([], False)
    app.shot("cancelled-en")
    assert acting.json("/bone-muscle/queue") == []
    behave(acting, "")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_refusal_is_said_with_what_would_do(visit, orthanc, language):
    app = visit(orthanc, language=language)
    strange = orthanc.upload(*[encode(dataset) for dataset in ct(change=having(RescaleType="OD"))])
    sentence = orthanc.post(f"/studies/{strange}/bone-muscle").json()["Details"]
    tab = app.open(f"#/studies/{strange}")
    tab.click("#measure-start")
    tab.locator("#measure-form [role=alert]").wait_for()
    assert sentence in tab.locator("#measure-form [role=alert]").inner_text()
    assert (app.violations(), app.too_wide()) == ([], False)
    app.shot(f"refused-{language}")
    for unsuitable in (orthanc.upload(encode(colour_capture())), orthanc.upload(*[encode(dataset) for dataset in other("MR")])):
        app.open(f"#/studies/{unsuitable}")
        tab.locator(".measure p").first.wait_for()
        assert tab.locator("#measure-start").count() == 0


def test_a_worker_that_crashes_is_said(visit, acting):
    behave(acting, "crash")
    study = acting.upload(*ct_with_segmentation())
    tab = visit(acting).open(f"#/studies/{study}")
    tab.click("#measure-start")
    tab.locator("#measurement-error").wait_for()
    assert "signal 11" in tab.locator("#measurement-error").inner_text()
    behave(acting, "")


@pytest.mark.filterwarnings("ignore:The number of PN components", "ignore:Invalid value", "ignore:Value length")
def test_names_are_text(visit, orthanc):
    def hostile(dataset):
        dataset.PatientName, dataset.PatientID = NAME, SCRIPT
        dataset.SeriesDescription, dataset.StudyDescription = SCRIPT + HARM, HARM + SCRIPT
        dataset.RescaleType = HARM

    app = visit(orthanc)
    tab = app.open()
    files = [{"name": f"{HARM}{number}.dcm", "mimeType": "", "buffer": encode(dataset)} for number, dataset in enumerate(ct(change=hostile))]
    app.upload(files)
    tab.locator(".uploaded-studies", has_text=NAME).wait_for()
    tab.locator(".uploaded-studies a").click()
    tab.locator("#measure-start").wait_for()
    tab.locator("h1", has_text=NAME).wait_for()
    tab.click("#measure-start")
    tab.locator("[role=alert]").wait_for()
    assert tab.locator("img[src=x]").count() == 0
    app.open()
    tab.fill("#search-patient", "harmed")
    tab.click("#search-start")
    tab.locator("table.studies tbody tr", has_text=NAME).locator("td", has_text=HARM + SCRIPT).wait_for()
    assert tab.locator("main script, main b:empty, img[src=x]").count() == 0


# --- earlier results


def earlier_study(files, folder):
    """The same images as another study of the patient: every UID that was made for them is another one."""

    def other(_, element):
        if element.VR == "UI" and str(element.value).startswith("2.25."):
            element.value = f"{element.value[:-1]}{(int(element.value[-1]) + 1) % 10}"

    for file in files.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.walk(other)
        dataset.file_meta.walk(other)
        dataset.StudyDate = "20200131"
        dataset.save_as(folder / file.name)
    return sorted(folder.iterdir())


def test_an_earlier_result_of_the_patient_stands_beside_with_the_change(visit, orthanc, study, files, tmp_path):
    """Of the same images every difference is zero, and judged where the site says what is more than chance."""
    other = orthanc.upload(*earlier_study(files, tmp_path))
    assert orthanc.json(f"/studies/{other}")["ParentPatient"] == orthanc.json(f"/studies/{study}")["ParentPatient"]
    assert orthanc.measure(f"studies/{other}")["error"] is None
    app = visit(orthanc)
    tab = app.open(f"#/studies/{study}")
    tab.click("#tab-muscle")
    tab.locator("#earlier-choice").wait_for()
    assert "2020-01-31" in tab.locator("#earlier-choice").inner_text()
    rows = tab.locator("table.comparison tbody tr")
    judgements = rows.evaluate_all("all => all.map(it => it.dataset.judgement)")
    assert set(judgements) == {"insignificant", "noLimit"} and len(judgements) > 5
    app.shot("earlier-en")


# --- where it stands


def test_behind_a_reverse_proxy_with_a_prefix_nothing_is_asked_outside_it(visit, orthanc, study):
    with below(orthanc.url, "/hospital/images") as root:
        app = visit(orthanc, root=root)
        tab = app.open(f"#/studies/{study}")
        tab.locator("#result").wait_for()
        assert orthanc.http.get(tab.locator("#download-pdf").evaluate("it => it.href")).content.startswith(b"%PDF")
        tab.click("nav a[href='#/']")
        tab.locator("table.studies tbody tr").first.wait_for()
        app.upload([{"name": "again.dcm", "mimeType": "", "buffer": encode(ct(slices=1)[0])}])
        assert app.outcomes() == {"stored": 1}
        # Without the last stroke, as people type it.
        tab.goto(root + PAGE.rstrip("/"))
        tab.locator("table.studies tbody tr").first.wait_for()
        assert tab.url == root + PAGE
        # The page that leads there is left at once; what the browser looked for beside it meanwhile, later Orthancs refuse with a text.
        beside = root + PAGE.rstrip("/").rpartition("/")[0] + "/assets/"
        app.faults = [fault for fault in app.faults if not (fault.startswith("console: Refused to apply style") and beside in fault)]


def test_whoever_may_log_in_to_orthanc_may_use_the_page(browser, tmp_path):
    section = {"Enable": True, "Worker": str(fake_worker(tmp_path))}
    with Orthanc(tmp_path, section, comes_up=False, AuthenticationEnabled=True, RegisteredUsers={"reader": "secret"}) as server:
        server.wait(lambda: "Orthanc has started" in server.text())
        app = App(browser, server, http_credentials={"username": "reader", "password": "secret"})
        tab = app.open()
        app.upload([{"name": f"{number}.dcm", "mimeType": "", "buffer": data} for number, data in enumerate(ct_with_segmentation())])
        tab.locator(".uploaded-studies a").click()
        tab.click("#measure-start")
        app.wait("location.hash.includes('/studies/')")
        app.close()


def test_scrolling_five_hundred_slices_stays_smooth(visit, orthanc, tmp_path):
    spacing = ["--pixel-spacing", "0.725", "--slice-spacing", "0.94"]
    subprocess.run([BUILD / "bonemuscle", "phantom", tmp_path, *spacing], check=True, stderr=subprocess.DEVNULL)
    study = orthanc.upload(*sorted(tmp_path.glob("*.dcm")))
    assert orthanc.measure(f"studies/{study}")["error"] is None
    app = visit(orthanc)
    app.watch_tasks()
    # A machine that others hold up for a moment shows as one slow task; a page that is slow is slow each time.
    assert any(max(scrolled(app, study), default=0) <= 100 for _ in range(3))


def scrolled(app, study):
    """For how many milliseconds the page answered nobody while all slices of a study went by, where more than 50."""
    # Without it the address would be that of the last time, and nothing be loaded.
    app.open()
    tab = app.open(f"#/studies/{study}")
    began = time.monotonic()
    app.image_shown()
    print(f"image of 513 x 372 x 500 voxels on the page after {time.monotonic() - began:.1f} s")
    slider = tab.locator("#slice-axial")
    assert int(slider.get_attribute("max")) == 499
    slider.focus()
    tab.keyboard.press("Home")
    # A task of ours, to know that slow ones are seen, and that those of the loading are over.
    tab.evaluate("tasks.length = 0; setTimeout(() => { for (const end = performance.now() + 500; performance.now() < end;); })")
    app.wait("tasks.some(task => task > 450)")
    tab.evaluate("tasks.length = 0")
    for _ in range(499):
        tab.keyboard.press("ArrowUp")
    assert slider.input_value() == "499"
    tasks = tab.evaluate("tasks")
    print(f"tasks of more than 50 ms while scrolling: {tasks}")
    return tasks
