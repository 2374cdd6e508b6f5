"""`govsim plan`, `govsim register` and `govsim report --registration` from a user's perspective."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import govsim as library
from tests.commands import Done, govsim

CAMPAIGN = """
grid:
  scenario: [fishery, pasture]
  condition: [default, newcomer, no-communication]
agents: {default: "policy:random"}
world: {growth: 3}
execution: {runs: 5, out: runs}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a campaign of 4 differences between groups."""
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
    return tmp_path


def words_of(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


def rows_of(folder: Path, *options: str) -> list[dict[str, Any]]:
    done = govsim(folder, "plan", "campaign.yaml", *options, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_a_plan_shows_the_smallest_p_values_and_warns(folder: Path) -> None:
    before = sorted(folder.iterdir())
    unpaired, paired = rows_of(folder, "--measure", "survival_time", "--measure", "gain")
    assert unpaired["comparison"] == "newcomer – default, no-communication – default (4 comparisons)"
    assert (unpaired["runs"], unpaired["comparisons"]) == (5, 8)
    assert unpaired["smallest_p"] == pytest.approx(2 / 252)
    assert unpaired["smallest_adjusted_p"] == pytest.approx(4 * 2 / 252)
    assert (paired["smallest_p"], paired["smallest_adjusted_p"]) == (0.0625, 8 * 0.0625)
    assert unpaired["adjusted_power"] == paired["power"] == 0
    assert unpaired["cost"] == 0
    text = words_of(govsim(folder, "plan", "campaign.yaml", "--measure", "survival_time", "--measure", "gain"))
    assert "no unpaired one can become significant" not in text
    warning = "Warning: with 5 runs per cell and 4 differences between groups, no paired one can become significant"
    assert f"{warning} (smallest adjusted p: 0.500); use at least 9 runs" in text
    few = words_of(govsim(folder, "plan", "campaign.yaml", "--runs", "4"))
    assert "no unpaired one can become significant (smallest adjusted p: 0.114); use at least 5 runs per cell" in few
    six = words_of(govsim(folder, "plan", "campaign.yaml", "--runs", "6", "--measure", "gain"))
    assert "use at least 8 runs per cell, or at most 1 difference." in six
    assert sorted(folder.iterdir()) == before, "nothing is written"


def test_warnings_of_machine_readable_formats_are_on_stderr(folder: Path) -> None:
    done = govsim(folder, "plan", "campaign.yaml", "--format", "csv")
    assert done.stderr.count("govsim: Warning: with 5 runs per cell and 4 differences") == 1
    assert "Warning" not in done.stdout


def test_enough_runs_have_the_power_and_no_warning(folder: Path) -> None:
    options = ("--measure", "survival_time", "--expected", "3", "--effect", "6", "--runs", "30")
    unpaired, _ = rows_of(folder, *options)
    assert (unpaired["baseline_mean"], unpaired["level_mean"]) == (pytest.approx(3), pytest.approx(9))
    assert unpaired["adjusted_power"] > 0.8
    assert 5 < unpaired["runs_needed"] < 30
    assert "no unpaired" not in words_of(govsim(folder, "plan", "campaign.yaml", *options))
    fewer, _ = rows_of(folder, *options[:-1], "5")
    assert fewer["runs_needed"] == unpaired["runs_needed"]
    assert fewer["power"] < unpaired["power"]


def test_the_cost_is_that_of_the_estimate(folder: Path) -> None:
    options = ("--set", "agents.default=generative", "--set", "models.default=openai/gpt-4o-mini")
    priced = (*options, "--price", "openai/gpt-4o-mini=1/10")
    plan, _ = rows_of(folder, *priced, "--set", "world.months=4", "--expected", "1.2", "--effect", "0.7")
    rehearsed = govsim(folder, "run", "campaign.yaml", *priced, "--set", "world.months=4", "--estimate").stdout
    total = next(line.split()[-1] for line in rehearsed.splitlines() if line.startswith("all"))
    assert plan["cost"] == pytest.approx(float(total.removeprefix("$")), abs=0.01)
    assert plan["cost_needed"] == pytest.approx(plan["cost"] / 5 * plan["runs_needed"])
    unknown, _ = rows_of(folder, *options[:2], "--set", "models.default=fake/society", "--set", "world.months=4")
    assert unknown["cost"] is None


def test_pilot_runs_are_resampled_by_comparison(folder: Path) -> None:
    for condition in ("default", "newcomer"):
        options = ("--condition", condition, "--set", "world.growth=3", "--agent", "policy:random", "--runs", "6")
        assert govsim(folder, "run", "fishery", *options, "-o", "pilot").returncode == 0
    pilot = library.load(folder / "pilot").runs
    means = pilot.groupby("condition")["survival_time"].mean()
    rows = rows_of(folder, "--pilot", "pilot")
    [known, unknown] = [row for row in rows if row["design"] == "unpaired"]
    assert known["baseline_mean"] == pytest.approx(means["default"])
    assert known["level_mean"] == pytest.approx(means["newcomer"])
    assert known["comparison"] == "newcomer – default (2 comparisons)"
    assert unknown["comparison"] == "no-communication – default (2 comparisons)"
    assert (unknown["power"], unknown["runs_needed"]) == (None, None)
    text = words_of(govsim(folder, "plan", "campaign.yaml", "--pilot", "pilot"))
    assert "Pilot runs are drawn with replacement" in text
    assert "2 comparisons without two pilot runs of each group." in text
    assert "Design: unpaired. The paired design needs fewer runs in" in text


def test_pilot_runs_make_other_measures_possible(folder: Path) -> None:
    assert (
        govsim(folder, "run", "campaign.yaml", "--runs", "3", "--set", "world.months=4", "-o", "pilot").returncode == 0
    )
    rows = rows_of(folder, "--pilot", "pilot", "--primary", "gain", "--measure", "gain")
    assert {row["design"] for row in rows} == {"paired", "unpaired"}
    assert all(row["comparisons"] == 4 for row in rows)
    assert all(row["level_mean"] > 0 for row in rows)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--effect", "20"), "effect = 20: gives an expected survival time of 26 months"),
        (("--effect", "0"), "effect = 0: must be a difference to detect, such as 2 or -2 months"),
        (("--expected", "-1"), "expected = -1: must be from 1 to 12, the planned months"),
        (("--primary", "gain"), "primary = gain: its power can only be simulated from pilot runs"),
        (("--primary", "luck"), "measure = luck: there is no such measure; choose from"),
        (("--measure", "luck"), "measure = luck: there is no such measure; choose from"),
        (("--by", "scenario"), "--baseline: required, because scenario has 2 values (fishery, pasture)"),
        (("--by", "model"), "by = model: no cells differ only in model, so there is nothing to compare"),
        (("--baseline", "x"), "baseline = x: no runs with this condition; choose one of"),
        (("--pilot", "nowhere"), "nowhere: there is no such folder or journal"),
        (("--runs", "0"), "runs = 0: must be at least 1"),
        (("--columns", "x"), "columns = x: there is no such column"),
    ],
)
def test_bad_plans_are_reported_in_one_line(folder: Path, options: tuple[str, ...], expected: str) -> None:
    done = govsim(folder, "plan", "campaign.yaml", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_plan_of_a_scenario_has_nothing_to_compare(tmp_path: Path) -> None:
    done = govsim(tmp_path, "plan", "fishery")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "govsim: by = condition: there is only one cell, so there is nothing to compare; choose another key with --by, "
        "or add a grid of several values to the experiment file\n"
    )


def test_numbers_of_a_plan_have_no_rounding_errors(folder: Path) -> None:
    done = govsim(folder, "plan", "campaign.yaml", "--runs", "3", "--format", "json")
    assert '"smallest_p": 0.1,' in done.stdout
    digits = [len(number) for number in re.findall(r"0\.\d+", done.stdout)]
    assert max(digits) <= len("0.123456789012")


def test_a_campaign_that_follows_its_registration_has_no_deviations(folder: Path) -> None:
    registered = govsim(folder, "register", "campaign.yaml")
    assert (registered.returncode, registered.stdout) == (0, "campaign.registration.json\n")
    content = json.loads((folder / "campaign.registration.json").read_text(encoding="utf-8"))
    assert registered.stderr == f"SHA-256: {content['sha256']}\n"
    assert content["registration"]["analysis"] == {
        **{"primary": "survival_time", "design": "unpaired"},
        **{"by": "condition", "baseline": "default"},
    }
    assert len(content["registration"]["cells"]) == 6
    assert govsim(folder, "run", "campaign.yaml").returncode == 0
    done = govsim(folder, "report", "runs", "--registration", "campaign.registration.json")
    assert (done.returncode, done.stderr) == (0, "0 deviations from campaign.registration.json; see the page\n")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<h3>No deviations</h3>" in page
    assert content["sha256"] in page
    file = library.report(folder / "runs", folder / "python.html", registration=folder / "campaign.registration.json")
    assert file.read_text(encoding="utf-8") == page


def test_deviations_are_on_the_page(folder: Path) -> None:
    options = ("--set", "execution.runs=6", "--primary", "gain", "--exclusion", "Runs of Mondays are excluded.")
    assert govsim(folder, "register", "campaign.yaml", *options, "-o", "p.json").returncode == 0
    assert govsim(folder, "run", "campaign.yaml", "--max-calls", "100").returncode == 0
    done = govsim(
        folder, "report", "runs", "--registration", "p.json", "--baseline", "newcomer", "--primary", "survival_time"
    )
    assert done.stderr == "9 deviations from p.json; see the page\n"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<h3>No deviations</h3>" not in page
    section = page[page.index('<section id="registration">') : page.index('<section id="condition">')]
    for text in ("missing runs", "primary measure", "budget.calls", "baseline", "Runs of Mondays are excluded."):
        assert text in section, text
    assert 'href="#registration"' in page


def test_the_registered_baseline_is_used_where_none_is_named(folder: Path) -> None:
    assert govsim(folder, "register", "campaign.yaml", "--baseline", "newcomer", "-o", "p.json").returncode == 0
    assert govsim(folder, "run", "campaign.yaml").returncode == 0
    done = govsim(folder, "report", "runs", "--registration", "p.json")
    assert done.stderr == "0 deviations from p.json; see the page\n"
    assert "compared with <b>newcomer</b>" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_changed_registration_is_refused_in_one_line(folder: Path) -> None:
    assert govsim(folder, "register", "campaign.yaml", "-o", "p.json").returncode == 0
    path = folder / "p.json"
    path.write_text(path.read_text(encoding="utf-8").replace("survival_time", "gain"), encoding="utf-8")
    done = govsim(folder, "report", "nowhere", "--registration", "p.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("govsim: p.json: its content does not match its hash")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--primary", "luck"), "primary = luck: there is no such measure; choose from"),
        (("--baseline", "x"), "baseline = x: no cells with this condition; choose one of default, newcomer"),
        (("--by", "scenario"), "--baseline: required, because scenario has 2 values (fishery, pasture)"),
        (("--by", "world.luck"), "by = world.luck: no run has this setting"),
        (("-o", "campaign.yaml"), "campaign.yaml: already exists, and registrations are never overwritten"),
        (("--set", "world.growth=-1"), "world.growth = -1"),
        (("--exclusion", " "), "--exclusion: must be a sentence, as in --exclusion"),
    ],
)
def test_bad_registrations_are_reported_in_one_line(folder: Path, options: tuple[str, ...], expected: str) -> None:
    done = govsim(folder, "register", "campaign.yaml", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_society_of_the_fake_model_is_registered_and_followed(folder: Path) -> None:
    options = ("--set", "models.default=fake/society", "--set", "world.months=1")
    assert govsim(folder, "register", "fishery", *options, "-o", "p.json").returncode == 0
    assert govsim(folder, "run", "fishery", "--model", "fake/society", "--months", "1").returncode == 0
    done = govsim(folder, "report", "runs", "--registration", "p.json")
    assert done.stderr == "0 deviations from p.json; see the page\n"


DECLARED = """
analysis: {primary: gain, design: paired, baseline: newcomer}
"""


def test_the_declared_analysis_is_the_default_of_all_commands(folder: Path) -> None:
    (folder / "campaign.yaml").write_text(CAMPAIGN.replace("[fishery, pasture]", "[fishery]") + DECLARED)
    assert (
        "default – newcomer"
        in rows_of(folder, "--measure", "survival_time", "--primary", "survival_time")[0]["comparison"]
    )
    assert govsim(folder, "register", "campaign.yaml").returncode == 0
    content = json.loads((folder / "campaign.registration.json").read_text(encoding="utf-8"))
    declared = {"primary": "gain", "design": "paired", "by": "condition", "baseline": "newcomer"}
    assert content["registration"]["analysis"] == declared
    assert govsim(folder, "run", "campaign.yaml").returncode == 0
    header = json.loads(next((folder / "runs").rglob("*.jsonl")).read_text(encoding="utf-8").splitlines()[0])
    assert header["analysis"] == declared

    rows = json.loads(govsim(folder, "compare", "runs", "--format", "json").stdout)
    assert {row["baseline"] for row in rows} == {"newcomer"}
    assert rows[0]["measure"] == "gain"
    assert {row["design"] for row in rows if row["measure"] != "survival_time"} == {"paired"}
    text = words_of(govsim(folder, "compare", "runs"))
    assert "Primary measure: gain; the others are secondary." in text
    options = ("--design", "unpaired", "--baseline", "default", "--primary", "efficiency")
    other = json.loads(govsim(folder, "compare", "runs", *options, "--format", "json").stdout)
    assert {row["design"] for row in other} == {"unpaired"}
    assert (other[0]["measure"], other[0]["baseline"]) == ("efficiency", "default")

    done = govsim(folder, "report", "runs", "--registration", "campaign.registration.json")
    assert done.stderr == "0 deviations from campaign.registration.json; see the page\n"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "compared with <b>newcomer</b>" in page
    assert "pairs of the same seed are compared" in page
    assert govsim(folder, "figure", "runs", "--kind", "effects", "--format", "svg").returncode == 0
    assert "newcomer" in (folder / "figures" / "effects-gain.txt").read_text(encoding="utf-8")


def test_runs_with_different_declarations_need_an_option(folder: Path) -> None:
    for design, seed in (("paired", "0"), ("unpaired", "10")):
        done = govsim(folder, "run", "campaign.yaml", "--set", f"analysis.design={design}", "--seed", seed)
        assert done.returncode == 0, done.stderr
    expected = (
        "analysis.design: the runs declare different values (paired, unpaired); choose one with --design "
        "(in Python: design=)"
    )
    for command in ("compare", "report", "figure"):
        done = govsim(folder, command, "runs")
        assert done.returncode == 2
        assert expected in done.stderr
    assert govsim(folder, "compare", "runs", "--design", "unpaired", "--measure", "gain").returncode == 0


def test_a_declaration_does_not_prevent_a_resume_and_a_bad_one_is_rejected(folder: Path) -> None:
    assert govsim(folder, "run", "campaign.yaml").returncode == 0
    before = {path: path.read_bytes() for path in (folder / "runs").rglob("*.jsonl")}
    assert govsim(folder, "run", "campaign.yaml", "--set", "analysis.primary=gain").returncode == 0
    assert {path: path.read_bytes() for path in (folder / "runs").rglob("*.jsonl")} == before
    for key, words in (
        ("analysis.primary=luck", "luck"),
        ("analysis.design=auto", "analysis.design = 'auto': must be 'unpaired' or 'paired'"),
        ("analysis=paired", "analysis = 'paired': must be a mapping"),
        ("grid={analysis.design: [paired]}", "grid.analysis.design: cannot be an axis"),
    ):
        done = govsim(folder, "run", "campaign.yaml", "--set", key, "--out", "elsewhere")
        assert (done.returncode, (folder / "elsewhere").exists()) == (2, False)
        assert words in done.stderr


def test_equivalence_uses_the_declared_analysis_where_no_option_is_given(folder: Path) -> None:
    (folder / "campaign.yaml").write_text(CAMPAIGN.replace("[fishery, pasture]", "[fishery]") + DECLARED)
    assert govsim(folder, "run", "campaign.yaml", "--runs", "2", "-o", "declared").returncode == 0
    done = govsim(folder, "campaign", "equivalence", "declared", "--margin", "1", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert {(row["baseline"], row["method"]) for row in json.loads(done.stdout)} == {("newcomer", "paired t")}
    other = govsim(
        folder, "campaign", "equivalence", "declared", "--margin", "1", "--design", "unpaired", "--format", "json"
    )
    assert {row["method"] for row in json.loads(other.stdout)} == {"Welch's t"}
    refused = govsim(folder, "campaign", "equivalence", "declared", "--margin", "1", "--published")
    assert (refused.returncode, "no runs have a model, scenario and condition" in refused.stderr) == (2, True)
