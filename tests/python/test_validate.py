"""`bonemuscle validate` against scipy, statsmodels, pingouin and scikit-learn, and against definitions written out here."""

import csv
import json
import subprocess
from pathlib import Path

import jsonschema
import numpy as np
import pandas
import pingouin
import pytest
import statsmodels.api
from scipy import stats
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from environment import ROOT, bonemuscle

CUT, REFERENCE_CUT, PREVALENCE = 0.71, 0.7, 0.25
SETTINGS = ("--reference-cut", str(REFERENCE_CUT), "--cut", str(CUT), "--prevalence", str(PREVALENCE))


def table(seed: int, patients: int, sites: int, repeats: int = 1, decimals: int = 3) -> pandas.DataFrame:
    """Rounded values have ties, as real ones do."""
    random = np.random.default_rng(seed)
    rows = []
    for patient in range(patients):
        site = patient % sites
        reference = random.normal(0.75, 0.13)
        for repeat in range(repeats if patient % 2 == 0 else 1):
            measured = 0.1 + 0.88 * reference + 0.01 * site + random.normal(0, 0.05)
            group = "in-house" if site < (sites + 1) // 2 else "external"
            values = round(abs(reference), decimals), round(abs(measured), decimals)
            rows.append((f"Yamada^Tarou-{patient:06}", f"site {site}", group, repeat, *values, "g/cm2"))
    columns = ["patient", "site", "group", "repeat", "reference", "measured", "unit"]
    return pandas.DataFrame(rows, columns=columns)


def validate(frame: pandas.DataFrame, folder: Path, *arguments: str) -> dict:
    pairs = folder / "pairs.csv"
    frame.to_csv(pairs, index=False)
    output = folder / "validation"
    subprocess.run([bonemuscle(), "validate", pairs, "--output", output, *arguments], check=True, capture_output=True)
    return json.loads((output / "validation.json").read_text())


def same(estimate: dict, value: float, interval: tuple[float, float] | None = None, relative: float = 1e-9) -> None:
    assert estimate["value"] == pytest.approx(value, rel=relative)
    if interval is not None:
        assert [estimate["interval"]["low"], estimate["interval"]["high"]] == pytest.approx(list(interval), rel=relative)


def check_agreement(one: dict, reference: np.ndarray, measured: np.ndarray) -> None:
    found = stats.pearsonr(reference, measured)
    same(one["pearson_r"], found.statistic, found.confidence_interval(0.95))
    assert one["errors"]["mae"] == pytest.approx(np.abs(measured - reference).mean(), rel=1e-9)
    assert one["errors"]["rmse"] == pytest.approx(np.sqrt(((measured - reference) ** 2).mean()), rel=1e-9)

    check_line(one["regression"], reference, measured)
    assert one["regression"]["slope_p"] == pytest.approx(stats.linregress(reference, measured).pvalue, rel=1e-6, abs=1e-300)

    difference, count = measured - reference, len(reference)
    found = one["bland_altman"]
    sd = difference.std(ddof=1)
    same(found["bias"], difference.mean(), stats.t.interval(0.95, count - 1, difference.mean(), sd / count**0.5))
    assert found["sd"] == pytest.approx(sd, rel=1e-9)
    of_limit = sd * np.sqrt(1 / count + 1.96**2 / (2 * (count - 1)))
    for name, sign in (("lower_limit", -1), ("upper_limit", 1)):
        limit = difference.mean() + sign * 1.96 * sd
        same(found[name], limit, stats.t.interval(0.95, count - 1, limit, of_limit))
    check_line(found["proportional"], (reference + measured) / 2, difference)


def check_line(found: dict, x: np.ndarray, y: np.ndarray) -> None:
    fit = statsmodels.api.OLS(y, statsmodels.api.add_constant(x)).fit()
    intercept, slope = fit.conf_int(0.05)
    same(found["slope"], fit.params[1], slope)
    same(found["intercept"], fit.params[0], intercept)
    assert found["see"] == pytest.approx(np.sqrt(fit.mse_resid), rel=1e-9)
    assert found["slope_p"] == pytest.approx(fit.pvalues[1], rel=1e-6, abs=1e-300)


def check_icc(one: dict, reference: np.ndarray, measured: np.ndarray) -> None:
    count = len(reference)
    long = pandas.DataFrame(
        {
            "patient": np.tile(np.arange(count), 2),
            "method": np.repeat(["reference", "measured"], count),
            "value": np.concatenate([reference, measured]),
        }
    )
    found = pingouin.intraclass_corr(long, "patient", "method", "value")
    coefficients = found["ICC"].to_numpy()
    # Rows: ICC(1,1), ICC(2,1), ICC(3,1), then those of averages.
    same(one["icc"]["icc_2_1"], coefficients[1])
    same(one["icc"]["icc_3_1"], coefficients[2])
    column = next(name for name in found.columns if name.startswith("CI95"))
    for name, row in (("icc_2_1", 1), ("icc_3_1", 2)):
        interval = one["icc"][name]["interval"]
        # pingouin may round its intervals.
        assert [interval["low"], interval["high"]] == pytest.approx(list(found[column].iloc[row]), abs=0.0051)
        same(one["icc"][name], one["icc"][name]["value"], icc_interval(name, reference, measured))


def icc_interval(name: str, reference: np.ndarray, measured: np.ndarray) -> tuple[float, float]:
    """McGraw & Wong 1996, table 7, from the analysis of variance written out."""
    values, n, k = np.column_stack([reference, measured]), len(reference), 2
    rows, columns, grand = values.mean(1), values.mean(0), values.mean()
    msr = k * ((rows - grand) ** 2).sum() / (n - 1)
    msc = n * ((columns - grand) ** 2).sum() / (k - 1)
    mse = ((values - rows[:, None] - columns + grand) ** 2).sum() / ((n - 1) * (k - 1))
    if name == "icc_3_1":
        low = msr / mse / stats.f.ppf(0.975, n - 1, (n - 1) * (k - 1))
        high = msr / mse * stats.f.ppf(0.975, (n - 1) * (k - 1), n - 1)
        return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    icc = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    a, b = k * icc / (n * (1 - icc)), 1 + k * icc * (n - 1) / (n * (1 - icc))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    low, high = stats.f.ppf(0.975, n - 1, v), stats.f.ppf(0.975, v, n - 1)
    spread = k * msc + (k * n - k - n) * mse
    return n * (msr - low * mse) / (low * spread + n * msr), n * (high * msr - mse) / (spread + n * high * msr)


def check_disease(one: dict, reference: np.ndarray, measured: np.ndarray) -> None:
    diseased, found = reference <= REFERENCE_CUT, measured <= CUT
    auc = one["roc"]["auc"]
    same(auc, roc_auc_score(diseased, -measured), delong(-measured[diseased], -measured[~diseased]))
    at_cut = one["at_cut"]
    counts = [(diseased & found), (~diseased & found), (~diseased & ~found), (diseased & ~found)]
    names = ["true_positives", "false_positives", "true_negatives", "false_negatives"]
    assert [at_cut[name] for name in names] == [count.sum() for count in counts]
    tp, fp, tn, fn = (int(count.sum()) for count in counts)
    for name, count, of in (("sensitivity", tp, tp + fn), ("specificity", tn, tn + fp), ("ppv", tp, tp + fp), ("npv", tn, tn + fn)):
        assert at_cut[name]["value"] == pytest.approx(count / of, rel=1e-12)
        interval = proportion_confint(count, of, method="wilson")
        assert [at_cut[name]["interval"][end] for end in ("low", "high")] == pytest.approx(list(interval), rel=1e-9, abs=1e-12)
    sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
    ppv = sensitivity * PREVALENCE / (sensitivity * PREVALENCE + (1 - specificity) * (1 - PREVALENCE))
    assert at_cut["at_prevalence"]["ppv"] == pytest.approx(ppv, rel=1e-12)


def delong(diseased: np.ndarray, healthy: np.ndarray) -> tuple[float, float]:
    """By definition: every diseased patient against every other one."""
    wins = (diseased[:, None] > healthy) + 0.5 * (diseased[:, None] == healthy)
    variance = wins.mean(1).var(ddof=1) / len(diseased) + wins.mean(0).var(ddof=1) / len(healthy)
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    return max(0.0, wins.mean() - half), min(1.0, wins.mean() + half)


def check_precision(one: dict, frame: pandas.DataFrame) -> None:
    groups = [group["measured"].to_numpy() for _, group in frame.groupby(["patient", "site"]) if len(group) > 1]
    if not groups:
        assert "not_computed" in one["precision"]
        return
    degrees = sum(len(group) - 1 for group in groups)
    sd = np.sqrt(sum((len(group) - 1) * group.var(ddof=1) for group in groups) / degrees)
    cv = np.sqrt(sum((len(group) - 1) * (group.std(ddof=1) / group.mean()) ** 2 for group in groups) / degrees)
    factors = np.sqrt(degrees / stats.chi2.ppf([0.975, 0.025], degrees))
    found = one["precision"]
    assert (found["patients"], found["degrees_of_freedom"]) == (len(groups), degrees)
    assert found["enough_for_iscd"] == (degrees >= 30)
    same(found["rms_sd"], sd, sd * factors)
    same(found["rms_cv_percent"], 100 * cv, 100 * cv * factors)
    same(found["lsc"], 2.77 * sd, 2.77 * sd * factors)


@pytest.mark.parametrize("seed, patients, sites, repeats", [(1, 60, 1, 1), (2, 240, 6, 1), (3, 120, 2, 3), (4, 5000, 4, 2)])
def test_every_number_agrees_with_foreign_implementations(tmp_path, seed, patients, sites, repeats):
    frame = table(seed, patients, sites, repeats, decimals=2 if seed == 2 else 3)
    validation = validate(frame, tmp_path, *SETTINGS)
    expected = {("pooled", "all"): frame}
    if sites > 1:
        expected |= {("group", name): part for name, part in frame.groupby("group")}
        expected |= {("site", name): part for name, part in frame.groupby("site")}
    strata = {(one["kind"], one["name"]): one for one in validation["strata"]}
    assert strata.keys() == expected.keys()
    for key, one in strata.items():
        first = expected[key].drop_duplicates(["patient", "site"])
        reference, measured = first["reference"].to_numpy(), first["measured"].to_numpy()
        assert one["pairs"] == len(first)
        check_agreement(one, reference, measured)
        check_icc(one, reference, measured)
        check_disease(one, reference, measured)
        check_precision(one, expected[key])


def test_files_hold_the_same_numbers_and_no_patient(tmp_path):
    frame = table(5, 90, 3, 2)
    validation = validate(frame, tmp_path, *SETTINGS)
    output = tmp_path / "validation"
    jsonschema.validate(validation, json.loads((ROOT / "plugin-core/schema/validation.schema.json").read_text()))
    names = {path.name for path in output.iterdir()}
    figures = {f"{figure}.{kind}" for figure in ("scatter", "bland-altman", "roc") for kind in ("svg", "png")}
    assert names == figures | {f"validation.{kind}" for kind in ("json", "csv", "html", "pdf")}
    for path in output.iterdir():
        content = path.read_bytes()
        assert b"Yamada" not in content
        assert len(content) > 1000, path
    html = (output / "validation.html").read_text()
    assert "Research use only" in html and html.count("<svg") == 6
    assert not any(reference in html for reference in ("src=", "url(", "<script", "@import", "<link"))
    with open(output / "validation.csv", newline="") as file:
        rows = {(row["stratum"], row["name"], row["statistic"]): row for row in csv.DictReader(file)}
    for one in validation["strata"]:
        row = rows[one["kind"], one["name"], "icc_2_1"]
        assert float(row["value"]) == one["icc"]["icc_2_1"]["value"]
        assert float(row["low"]) == one["icc"]["icc_2_1"]["interval"]["low"]
        assert rows[one["kind"], one["name"], "bias"]["unit"] == "g/cm2"


def test_too_few_pairs_give_reasons_and_never_nan(tmp_path):
    frame = table(6, 12, 1).iloc[:2]
    pairs = tmp_path / "pairs.csv"
    frame.to_csv(pairs, index=False)
    output = tmp_path / "validation"
    done = subprocess.run([bonemuscle(), "validate", pairs, "--output", output], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    text = (output / "validation.json").read_text()
    assert "NaN" not in text and "null" not in json.loads(text)["strata"][0]["pearson_r"]
    assert json.loads(text)["strata"][0]["pearson_r"] == {"not_computed": "2 pairs; at least 3 are needed"}
    assert "nan" not in (output / "validation.csv").read_text().lower()


@pytest.mark.parametrize(
    "content, named",
    [
        (b"patient,site,reference,measured\na,x,0.5,\n", 'line 2, column "measured": is empty'),
        (b"patient,site,reference,measured\na,x,nan,1\n", 'line 2, column "reference": is NaN'),
        (b"patient,site,reference,measured\na,x,1,1\na,x,1,1\n", "line 3"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"", "no pairs"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_before_anything_is_written(tmp_path, content, named):
    pairs = tmp_path / "pairs.csv"
    pairs.write_bytes(content)
    output = tmp_path / "validation"
    done = subprocess.run([bonemuscle(), "validate", pairs, "--output", output], capture_output=True, text=True)
    assert done.returncode == 2 and named in done.stderr, done.stderr
    assert not output.exists()


def test_a_million_lines(tmp_path):
    random = np.random.default_rng(7)
    reference = random.normal(0.75, 0.1, 1_000_000).clip(0)
    measured = (reference + random.normal(0, 0.05, reference.size)).clip(0)
    frame = pandas.DataFrame({"patient": np.arange(reference.size), "site": "x", "reference": reference, "measured": measured})
    one = validate(frame, tmp_path, "--reference-cut", "0.7", "--cut", "0.7")["strata"][0]
    assert one["pairs"] == reference.size
    assert one["pearson_r"]["value"] == pytest.approx(stats.pearsonr(reference, measured).statistic, rel=1e-9)
    assert (tmp_path / "validation/scatter.svg").stat().st_size < 4_000_000
