"""The commands from a user's perspective: output, files and exit codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import commands
from tests.commands import Done


def govsim(*arguments: str, folder: Path, **environment: str) -> Done:
    """Run a command in a folder."""
    return commands.govsim(folder, *arguments, **environment)


def process(*arguments: str, folder: Path) -> Done:
    """Run a command in a folder in a separate process, which determines the encoding."""
    done = subprocess.run(
        [sys.executable, "-m", "govsim.cli.main", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(returncode=done.returncode, stdout=done.stdout, stderr=done.stderr)


BAD = [
    (("run", "fishry"), "did you mean fishery"),
    (("run", "fishery", "--agent", "policy:gredy"), "policy:greedy"),
    (("run", "fishery", "--agent", "genrative"), "did you mean generative"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "wrold.growth=3"), "did you mean world"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "world.growht=3"), "did you mean growth"),
    (
        ("run", "fishery", "--agent", "policy:greedy", "--set", "world.growth=much"),
        "choose from multiply, logistic, threshold, inflow, or give a number, the growth factor",
    ),
    (("run", "fishery", "--agent", "policy:greedy", "--set", f"world.growth={'9' * 5000}"), "is not valid YAML"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "condition=2024-13-45"), "there is no such condition"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", f"seed={'[' * 3000}"), "is not valid YAML"),
    (("run", "fishery", "--agent", f"policy:fixed:{'9' * 5000}"), "units = '99999"),
    (
        ("run", "fishery", "--agent", "policy:greedy", "--set", "world.capacity=1000001"),
        "at most 1,000,000",
    ),
    (("run", "fishery\udcff\x1b[2J"), "there is no such scenario"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "world.collapse=100"), "must be below world.capacity"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "society.members=0"), "at least 1"),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "society.hints=[moral]"), "no such hint"),
    (
        ("run", "fishery", "--agent", "policy:greedy", "--set", "society.phases=[harvest, vote]"),
        "vote: there is no such",
    ),
    (("run", "fishery", "--agent", "policy:greedy", "--set", "world"), "KEY=VALUE"),
    (("run", "fishery", "--agent", "policy:greedy", "--months", "-3"), "world.months = -3"),
    (("run", "fishery", "--agent", "policy:greedy", "--runs", "0"), "runs = 0"),
    (("run", "fishery", "--agent", "policy:greedy", "--member", "Bob.agent=direct"), "members.Bob"),
    (("run", "fishery", "--agent", "policy:greedy", "--member", "Luke=direct"), "NAME.KEY=VALUE"),
    (("run", "fishery", "--agent", "policy:greedy", "--condition", "newcommer"), "did you mean newcomer"),
    (("run", "fishery", "--agent", "policy:greedy", "--prompts", "nowhere"), "no such folder"),
    (
        ("run", "fishery", "--condition", "nope"),
        "choose from choice-chosen, choice-forbidden, choice-imposed and",
    ),
    (("run", "fishery", "--condition", "nope"), "others (listed by govsim plugins conditions), or give a YAML file"),
    (("run", "fishery", "--max-cost", "-1"), "budget.cost = -1: must be at least 0"),
    (("run", "fishery", "--set", "world.growth="), "world.growth = null: must be a number"),
    (("run", "fishery", "--out", ""), "--out: must not be empty"),
    (("run", "fishery", "--out="), "--out: must not be empty"),
    (("export", "frames", ".", "-o", ""), "--out: must not be empty"),
    (("run", "fishery", "--set", 'execution.out=""'), "execution.out: must not be empty"),
    (("run", "missing.yaml"), "cannot be read"),
    (("run", "fishery", "--model", "openai/gpt-4o-mini"), "set the environment variable OPENAI_API_KEY or"),
    (("run", "fishery", "--model", "anthropic/claude-x"), "ANTHROPIC_API_KEY, or try govsim without a key"),
    (("run", "fishery", "--model", "nonsense/model"), "there is no provider nonsense; model names are"),
    (("run", "fishery", "--model", "gpt-4o-mini"), "PROVIDER/NAME"),
    (("run", "fishery", "--model", "fake/society", "-M", "ctach=3"), "ctach"),
    (("run", "fishery", "--model", "fake/society", "-M", "api_key=very-secret"), "environment"),
    (("run", "fishery", "--agent", "policy:greedy", "--out", "/proc/runs"), "cannot be written"),
    (("run", "fishery", "--months", "twelve"), "--months"),
    (("run", "fishery", "--bogus"), "--bogus"),
    (("run",), "SCENARIO"),
    (("walk",), "No such command"),
    (
        ("run", "fishery", "--agent", "policy:greedy", "--set", "world=3"),
        "world = 3: must be a mapping of keys to values",
    ),
    (
        ("run", "fishery", "--agent", "policy:greedy", "--set", "society.phases=[report, harvest]"),
        "precedes the harvest",
    ),
    (("run", "fishery", "--model", "fake/society", "-M", "catch=1.5"), "whole number"),
    (("run", "fishery", "--model", "fake/society", "-M", "lines=-1"), "at least 0"),
    (("run", "fishery", "--model", "google/gemini-x"), "pip install"),
    (("table", "nothing"), "no such folder"),
    (("table", ".", "--format", "xml"), "'xml' is not one of 'text', 'markdown', 'latex', 'csv', 'json'"),
    (("table", ".", "--like", "paper:2"), "must be one of paper:1, paper:4"),
    (("compare", "nothing"), "no such folder"),
    (("run", "fishery", "--runs", "x"), "Invalid value for '--runs': must be a whole number; see govsim run --help"),
    (("campaign", "reliability", ".", "--k", "0"), "Invalid value for '--k': must be at least 1; see govsim campaign"),
    (("compare", ".", "--design", "blocked"), "'blocked' is not one of 'unpaired', 'paired'"),
    (("compare", ".", "--format", "yaml"), "'yaml' is not one of 'text'"),
    (("export", "nothing", "-o", "there"), "no such folder"),
    (("export", ".", "-o", "there", "--format", "xlsx"), "'xlsx' is not one of 'csv', 'parquet'"),
    (("cost", ".", "--format", "xml"), "'xml' is not one of 'text', 'json'"),
    (("cost", ".", "--by", "weather"), "must be one or more of scenario, condition"),
    (("replay", "nothing.jsonl"), "there is no such journal; runs write theirs to"),
    (("diff", ".", "b.jsonl"), "is a folder; give one of the journals in it"),
    (("models", "install", "gpt"), "embedded"),
    (("scenarios", "fishry"), "did you mean fishery"),
    (("runn", "fishery"), "No such command 'runn'; did you mean run?; see govsim --help"),
    (("run", "fishery", "pasture", "reeds"), "Unexpected argument: pasture reeds; see govsim run --help"),
    (("run", "fishery", "--modle", "x"), "No such option: --modle; did you mean --model?; see govsim run --help"),
    (
        ("run", "fishery", "--agent", "policy:noisi"),
        "did you mean policy:noisy[:P[:BASE]]?; choose from fair-share, split-all, cautious and",
    ),
    (("run", "fishery", "--agent", "policy:"), "others (listed by govsim plugins policies)\n"),
    (("run", "fishery", "--set", ".world=3"), "--set .world=3: must have the form KEY=VALUE"),
    (("run", "fishery", "--set", "world..growth=3"), "must have the form KEY=VALUE"),
    (("run", "fishery", "--set", "society.institutions=[quota]"), "did you mean institutions at the top level?"),
    (("run", "fishery", "--model", "open ai/x"), "there is no provider open ai; model names are"),
    (("run", "fishery", "--executor", "processes", "--workers", "0"), "'--workers': must be at least 1"),
    (("run", "fishery", "--agent", "policy:greedy", "--shared-storage"), "shared_storage = true: is not used by"),
    (("run", "."), "contains no scenario.yaml; copy a scenario to a new folder with: govsim scenarios export"),
    (("register", "fishery", "--primary", "gian"), "primary = gian: there is no such measure; did you mean gain?"),
    (("report", ".", "--out", "page.pdf"), "--out page.pdf: must end in .html"),
    (("tournament", "fishery", "--report", "page.pdf"), "--report page.pdf: must end in .html"),
]


@pytest.mark.parametrize(("arguments", "expected"), BAD, ids=[ascii(" ".join(arguments)[:60]) for arguments, _ in BAD])
def test_bad_input_is_reported_in_one_line_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    is_text = all(word.isprintable() for word in arguments)
    done = (govsim if is_text else process)(*arguments, folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "very-secret" not in done.stderr
    assert done.stderr.strip().isprintable()
    assert list(tmp_path.iterdir()) == []


def test_a_run_ends_with_the_table_and_the_path_of_its_journal(tmp_path: Path) -> None:
    done = govsim("run", "fishery", "--agent", "policy:greedy", "--out", "here", folder=tmp_path)
    assert done.returncode == 0
    assert "here/fishery/default/policy-greedy/seed-0.jsonl" in done.stdout
    assert "collapsed in month 1" in done.stdout
    assert "16.67" in done.stdout
    assert "month 1/12, stock 100/100" in done.stderr
    again = govsim("run", "fishery", "--agent", "policy:greedy", "--out", "here", folder=tmp_path)
    assert "collapsed in month 1, already finished  here/" in again.stdout
    for _ in range(2):
        last = govsim("run", "fishery", "--agent", "policy:fair-share", "--out", "here", folder=tmp_path)
    assert "completed after 12 months, already finished  here/" in last.stdout


def test_files_are_not_written_into_a_file(tmp_path: Path) -> None:
    govsim("run", "fishery", "--agent", "policy:fair-share", folder=tmp_path)
    (tmp_path / "file").touch()
    for command in (("export", "frames"), ("figure",)):
        done = govsim(*command, "runs", "-o", "file", folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "govsim: file: is not a writable folder; choose another folder with --out\n"


def test_a_table_states_that_no_run_has_reached_the_first_counted_month(tmp_path: Path) -> None:
    govsim("run", "fishery", "--agent", "policy:fair-share", folder=tmp_path)
    govsim("run", "fishery", "--agent", "policy:greedy", folder=tmp_path)

    def note(month: str) -> str:
        text = " ".join(govsim("table", "runs", "--from-month", month, folder=tmp_path).stdout.split())
        return text.partition("counted from ")[2].partition(":")[0]

    assert note("99") == "month 99 on, which no run has reached"
    assert note("12") == "month 12 on, which 1 of 2 runs have not reached"
    assert note("1") == ""


def test_the_table_distinguishes_cells_by_differing_settings(tmp_path: Path) -> None:
    govsim("run", "fishery", "--agent", "policy:random", "--runs", "3", folder=tmp_path)
    govsim("run", "fishery", "--agent", "policy:random", "--runs", "2", "--set", "world.growth=3", folder=tmp_path)
    done = govsim("table", "runs", "--format", "json", folder=tmp_path)
    cells = json.loads(done.stdout)
    assert [cell["runs"] for cell in cells] == [3, 2]
    assert [cell["settings"] for cell in cells] == [{"world.growth": 2.0}, {"world.growth": 3.0}]
    assert len(list((tmp_path / "runs").rglob("*.jsonl"))) == 5


COMPARED_BADLY = [
    (("--baseline", "sustained"), "baseline = sustained: no runs with this condition; choose one of default"),
    (("--by", "weather"), "by = weather: no run has this setting; choose condition, model"),
    (("--by", "model", "--baseline", "openai/x"), "baseline = openai/x: no runs with this model; choose one of none"),
    (("--measure", "happiness"), "measure = happiness: there is no such measure; choose from survival_rate"),
    (("--within", "weather"), "within = weather: there is no such column of runs; choose from scenario, condition"),
    (("--within", "condition"), "each column can be named only once"),
]


@pytest.mark.parametrize(
    ("arguments", "expected"), COMPARED_BADLY, ids=[" ".join(words) for words, _ in COMPARED_BADLY]
)
def test_an_impossible_comparison_is_reported_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    govsim("run", "fishery", "--agent", "policy:greedy", folder=tmp_path)
    done = govsim("compare", "runs", *arguments, folder=tmp_path)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_conditions_are_compared_and_exported_without_damaged_journals(tmp_path: Path) -> None:
    for condition in ("default", "universalization"):
        govsim("run", "fishery", "--agent", "policy:random", "--condition", condition, "--runs", "3", folder=tmp_path)
    whole = govsim("compare", "runs", "--format", "json", "--seed", "5", folder=tmp_path)
    assert whole.returncode == 0
    assert {(row["level"], row["pairs"]) for row in json.loads(whole.stdout)} == {
        ("universalization", None),
    }
    again = govsim("compare", "runs", "--format", "json", "--seed", "5", folder=tmp_path)
    assert again.stdout == whole.stdout
    (tmp_path / "runs/fishery/default/policy-random/seed-1.jsonl").write_bytes(b"{}\n")
    for command in (("compare", "runs"), ("table", "runs", "--like", "paper:7"), ("export", "runs", "-o", "frames")):
        done = govsim(*command, folder=tmp_path)
        assert done.returncode == 1, command
        assert "seed-1.jsonl" in done.stderr
        assert "1 journal was skipped" in done.stderr
    assert "1 unreadable journal" in govsim("compare", "runs", folder=tmp_path).stdout
    assert len((tmp_path / "frames/runs.csv").read_text().splitlines()) == 1 + 5


def test_a_damaged_journal_is_reported_and_the_others_are_listed(tmp_path: Path) -> None:
    govsim("run", "fishery", "--agent", "policy:random", "--runs", "3", folder=tmp_path)
    broken = tmp_path / "runs/fishery/default/policy-random/seed-1.jsonl"
    whole = broken.read_bytes()
    broken.write_bytes(whole.replace(b'"stock_before":', b'"stock_before":-', 1))
    table, figures, cost = (
        govsim(*command, "runs", folder=tmp_path) for command in (("table",), ("table", "--format", "json"), ("cost",))
    )
    for done in (table, figures):
        assert done.returncode == 1
        told, count = done.stderr.splitlines()
        assert told.startswith(
            "govsim: runs/fishery/default/policy-random/seed-1.jsonl, line 4: is not a valid journal line"
        )
        assert count == "govsim: 1 journal was skipped"
    assert "Not in this table: 1 unreadable journal." in table.stdout
    assert [cell["runs"] for cell in json.loads(figures.stdout)] == [2]
    assert (cost.returncode, cost.stderr) == (0, ""), "earlier costs are reported in other lines"
    broken.write_bytes(b"garbage\n" + whole)
    cost = govsim("cost", "runs", folder=tmp_path)
    assert (cost.returncode, cost.stdout) == (1, "No model was called.\n")
    assert "seed-1.jsonl, line 1" in cost.stderr
    resumed = govsim("run", "fishery", "--agent", "policy:random", "--runs", "3", folder=tmp_path)
    assert (resumed.returncode, len(resumed.stderr.splitlines())) == (2, 1)
    assert "seed-1.jsonl, line 1" in resumed.stderr


def test_there_is_no_table_if_all_journals_are_damaged(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_bytes(b"garbage\n")
    for command in ("table", "cost"):
        done = govsim(command, ".", folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert [line[:17] for line in done.stderr.splitlines()] == [
            "govsim: a.jsonl, ",
            "govsim: b.jsonl, ",
            "govsim: .: contai",
        ]
        alone = govsim(command, "a.jsonl", folder=tmp_path)
        assert (alone.returncode, len(alone.stderr.splitlines())) == (2, 1)


def test_no_journal_sends_commands_to_the_terminal(tmp_path: Path) -> None:
    govsim("run", "fishery", "--model", "fake/society", "--months", "1", "--out", ".", folder=tmp_path)
    [path] = tmp_path.rglob("*.jsonl")
    content = path.read_text(encoding="utf-8")
    evil = "\\u001b]0;owned\\u0007\\u009b2J\\u202e"
    lines = content.replace('"society":"fake', f'"society":"{evil}fake').replace('"purpose":"', f'"purpose":"{evil}')
    path.write_text(lines, encoding="utf-8")
    (tmp_path / "first.jsonl").write_text(content, encoding="utf-8")
    name = "\x1b[31mred.jsonl"
    (tmp_path / name).write_bytes(b"garbage\n")
    damaged = str(path.relative_to(tmp_path))
    given = (("table", "."), ("cost", ".", "--by", "society"), ("diff", damaged, "first.jsonl"), ("replay", name))
    for arguments in given:
        done = process(*arguments, folder=tmp_path)
        assert "Traceback" not in done.stderr
        assert "u001b" in done.stdout + done.stderr
        assert not set("\x1b\x07\x9b\u202e") & set(done.stdout + done.stderr)


def test_replay_and_diff_return_exit_codes(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        govsim("run", "fishery", "--agent", "policy:random", "--seed", seed, folder=tmp_path)
    one, two = (f"runs/fishery/default/policy-random/seed-{seed}.jsonl" for seed in (1, 2))
    assert govsim("replay", one, folder=tmp_path).returncode == 0
    assert govsim("diff", one, one, folder=tmp_path).returncode == 0
    differing = govsim("diff", one, two, folder=tmp_path)
    assert differing.returncode == 1
    assert "header: experiment.seed" in differing.stdout
    assert "harvest, month 1, phase harvest: asked.John" in differing.stdout  # the first event that differs
    path = tmp_path / one
    path.write_text(path.read_text().replace('"stock_after_growth":', '"stock_after_growth":1', 1))
    broken = govsim("replay", one, folder=tmp_path)
    assert broken.returncode == 1
    assert "stock_after_growth" in broken.stdout


def test_an_unreachable_provider_fails_the_run_and_leaves_its_journal(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_text(
        "scenario: fishery\nworld: {months: 1}\nmodels: {default: openai-api/fake/society}\n"
        "execution: {retries: 1, backoff: 0.01}\n"
    )
    environment = {"FAKE_BASE_URL": "http://127.0.0.1:9/v1", "FAKE_API_KEY": "planted-secret-key"}
    done = govsim("run", "e.yaml", folder=tmp_path, **environment)
    assert done.returncode == 1
    assert "failed" in done.stdout
    assert "1 failed" in done.stdout
    [journal] = tmp_path.rglob("*.jsonl")
    assert '"status":"failed"' in journal.read_text()
    assert "planted-secret-key" not in journal.read_text() + done.stdout + done.stderr


def test_the_scenarios_are_listed_and_shown_with_their_prompts(tmp_path: Path) -> None:
    listed = govsim("scenarios", folder=tmp_path).stdout
    assert all(name in listed for name in ("fishery", "pasture", "pollution"))
    shown = govsim("scenarios", "pasture", "--set", "world.capacity=130", folder=tmp_path).stdout
    assert "up to 130 hectares of grass" in shown
    assert "--- line.jinja ---" in shown


def test_the_command_line_overrides_an_experiment_file(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("world: {months: 3}\nagents: {default: 'policy:fixed:7'}\n")
    (tmp_path / "mine.yaml").write_text(
        "extends: base.yaml\ncondition: universalization\nscenario: pasture\nseed: 5\n"
        "execution: {runs: 2, out: results}\n"
    )
    done = govsim("run", "mine.yaml", "--months", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    paths = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.jsonl"))
    assert [Path(path).name for path in paths] == ["seed-5.jsonl", "seed-6.jsonl"]
    assert all(path.startswith("results/pasture/universalization/policy-fixed-7") for path in paths)
    header = json.loads((tmp_path / paths[0]).read_text().splitlines()[0])
    assert header["experiment"]["world"]["months"] == 2


def test_a_condition_name_cannot_escape_the_output_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("condition: ../../escape\n")
    done = govsim("run", "fishery", "--agent", "policy:greedy", "--condition", "mine.yaml", folder=tmp_path)
    assert done.returncode == 2
    assert "condition = '../../escape'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_scenario_next_to_an_experiment_file_is_found(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[2] / "examples" / "irrigation", tmp_path / "sub" / "my-commons")
    (tmp_path / "sub" / "e.yaml").write_text("scenario: my-commons\nagents: {default: 'policy:fair-share'}\n")
    done = govsim("run", "sub/e.yaml", "--months", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_truncated_line_is_reported_when_the_run_is_resumed(tmp_path: Path) -> None:
    command = ("run", "fishery", "--agent", "policy:fair-share")
    govsim(*command, folder=tmp_path)
    [path] = tmp_path.rglob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-300])
    again = govsim(*command, folder=tmp_path)
    assert again.returncode == 0
    assert "the last line of its journal was truncated" in again.stdout


def test_readers_report_a_truncated_last_line(tmp_path: Path) -> None:
    govsim("run", "fishery", "--agent", "policy:fair-share", "--runs", "2", folder=tmp_path)
    path, _ = sorted(tmp_path.rglob("*.jsonl"))
    path.write_bytes(path.read_bytes()[:-30])
    place = path.relative_to(tmp_path)
    number = path.read_bytes().count(b"\n") + 1
    for words in (("table", "runs"), ("cost", "runs"), ("status", "runs"), ("export", "runs"), ("cost", str(place))):
        done = govsim(*words, folder=tmp_path)
        assert done.returncode == 0
        assert done.stderr.startswith(f"govsim: {place}, line {number}: is truncated and was ignored")
        assert len(done.stderr.splitlines()) == 1
    done = govsim("diff", str(place), str(place), folder=tmp_path)
    assert done.stderr.splitlines() == [f"{place}: the last line is truncated and was skipped"] * 2
    report = govsim("report", "runs", "--out", "report.html", folder=tmp_path)
    assert report.returncode == 0
    assert "is truncated and was ignored" in report.stderr
    assert "is truncated and was ignored" not in (tmp_path / "report.html").read_text()


def test_help_is_there_at_once_and_shows_examples(tmp_path: Path) -> None:
    for command in ("run", "table", "scenarios", "replay", "diff"):
        done = govsim(command, "--help", folder=tmp_path)
        assert done.returncode == 0
        assert "Example" in done.stdout


def test_columns_are_chosen_and_an_unknown_one_lists_all(tmp_path: Path) -> None:
    assert govsim("run", "fishery", "--agent", "policy:greedy", "--runs", "2", folder=tmp_path).returncode == 0
    chosen = govsim("table", "runs", "--format", "csv", "--columns", "condition, gain", folder=tmp_path)
    assert chosen.stdout.splitlines()[0].startswith("condition,gain,gain_low")
    for command in (["table", "runs"], ["compare", "runs", "--baseline", "default"]):
        unknown = govsim(*command, "--columns", "gian", folder=tmp_path)
        assert (unknown.returncode, unknown.stdout) == (2, "")
        assert re.fullmatch(r"govsim: columns = gian: there is no such column; choose from [\w, ]+\n", unknown.stderr)
    empty = govsim("table", "runs", "--columns", ",", folder=tmp_path)
    assert (empty.returncode, empty.stderr.startswith("govsim: --columns: must be names")) == (2, True)
