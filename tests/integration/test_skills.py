"""`govsim skills` on the command line: running, showing and resuming tests, and errors."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from govsim.journal import Asked, Call, MessageLine, Solution, StudyJournal, read_study
from tests.commands import Done, govsim

TESTS = 5


def skills(folder: Path, *words: str) -> Done:
    return govsim(folder, "skills", *words)


def give_tests(folder: Path, *words: str, problems: int = 6) -> Done:
    how = ("--model", "fake/society", "--scenario", "fishery", "--problems", str(problems))
    return skills(folder, "test", *how, *words)


def journal(folder: Path, label: str = "fake-society", seed: int = 0, scenario: str = "fishery") -> StudyJournal:
    return read_study(folder / "runs" / "skills" / scenario / label / f"seed-{seed}.study")


def records(done: Done) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_model_is_tested_and_its_accuracies_are_shown(tmp_path: Path) -> None:
    done = skills(tmp_path, "test", "--model", "fake/society", "-M", "catch=2", "--problems", "10")
    assert done.returncode == 0, done.stderr
    assert "3 studies: 3 completed; 150 answers" in done.stdout
    assert "All rows: model: fake/society" in done.stdout
    for scenario in ("fishery", "pasture", "pollution"):
        assert f"\n{scenario}\n" in done.stdout
    assert done.stdout.count("sustainable action  ") == 3
    assert "Clopper and Pearson" in done.stdout


def test_the_answers_come_from_the_model(tmp_path: Path) -> None:
    """The fake model always answers 10, which is sustainable only for a stock of 100."""
    found = {one["test"]: one for one in records(give_tests(tmp_path, "--format", "json", problems=40))}
    solutions = list(journal(tmp_path).of(Solution))
    assert len(solutions) == 40 * TESTS
    for test, one in found.items():
        right = [solution.least <= 10 <= solution.most for solution in solutions if solution.purpose == test]
        assert one["accuracy"]["value"] == pytest.approx(100 * sum(right) / 40)
        assert (one["accuracy"]["n"], one["unreadable"]) == (40, 0)
    assert all(solution.answer == min(10, solution.stock) for solution in solutions)


def test_members_growth_and_capacity_change_the_problems_and_the_folder(tmp_path: Path) -> None:
    for members in ("3", "Ann, Bob, Zoë"):
        give_tests(tmp_path, "--members", members, "--growth", "1.5", "--capacity", "60", "--test", "dynamics")
    found = sorted((tmp_path / "runs" / "skills" / "fishery").iterdir())
    assert len(found) == 2
    read = [read_study(path / "seed-0.study") for path in found]
    assert {one.header.subject.members for one in read} == {("John", "Kate", "Jack"), ("Ann", "Bob", "Zoë")}  # type: ignore[union-attr]
    for solution in read[0].of(Solution):
        after = min(60, int(1.5 * (solution.stock - 3 * (solution.taken or 0))))
        assert (solution.least, solution.most) == (after, after)
    text = "\n".join(message.content for message in read[0].of(MessageLine))
    assert "up to 60 tons" in text
    assert "never beyond 60 tons" in text


def test_more_problems_extend_a_study_and_fewer_are_already_finished(tmp_path: Path) -> None:
    give_tests(tmp_path, problems=5)
    before = list(journal(tmp_path).of(Call))
    done = give_tests(tmp_path, problems=9)
    after = list(journal(tmp_path).of(Call))
    assert after[: len(before)] == before
    assert len(after) == 9 * TESTS
    assert "45 answers" in done.stdout
    fewer = give_tests(tmp_path, problems=2)
    assert "1 study: 1 completed (1 already finished)" in fewer.stdout
    assert list(journal(tmp_path).of(Call)) == after


def test_a_budget_stops_it_with_exit_code_3_and_the_same_command_resumes(tmp_path: Path) -> None:
    stopped = give_tests(tmp_path, "--max-calls", "11")
    assert stopped.returncode == 3
    assert "over budget: budget.calls: limit of 11 reached (used 11)" in stopped.stdout
    assert (
        "Unfinished studies, with the answers so far: fake/society, fishery (over budget). Repeat the command"
        in " ".join(stopped.stdout.split())
    )
    assert len(list(journal(tmp_path).of(Call))) == 11
    done = give_tests(tmp_path)
    assert done.returncode == 0
    assert "Unfinished" not in done.stdout
    calls = list(journal(tmp_path).of(Call))
    assert len(calls) == len({call.identity for call in calls}) == 6 * TESTS


def test_a_killed_study_is_resumed_without_repeated_questions(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "govsim.cli.main", "skills", "test", "--model", "fake/society"]
    command += ["--scenario", "fishery", "-M", "latency_ms=20", "--connections", "2"]
    running = subprocess.Popen(
        [*command, "--problems", "150"], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    folder = tmp_path / "runs" / "skills" / "fishery"
    try:
        for _ in range(600):
            path = next(iter(folder.glob("*/seed-0.study")), None)
            if path is not None and path.read_bytes().count(b'"kind":"solution"') >= 20:
                break
            time.sleep(0.05)
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.wait(timeout=20)
    killed = read_study(next(folder.glob("*/seed-0.study")))
    assert killed.status is None
    before = {call.identity for call in killed.of(Call)}
    assert 20 <= len(before) < 150 * TESTS
    how = ["--scenario", "fishery", "--model", "fake/society", "-M", "latency_ms=20", "--connections", "100"]
    done = skills(tmp_path, "test", *how, "--problems", "30")
    assert done.returncode == 0, done.stderr
    after = read_study(killed.path)
    asked = [event.identity_as("call") for event in after.events if isinstance(event, Asked)]
    answered_twice = [identity for identity in asked if asked.count(identity) > 1 and identity in before]
    assert not answered_twice
    assert after.status == "completed"
    solved = {(one.purpose, one.ordinal) for one in after.of(Solution)}
    assert {(purpose, number) for purpose in {one for one, _ in solved} for number in range(30)} <= solved


def test_an_estimate_calls_no_model_and_writes_nothing(tmp_path: Path) -> None:
    how = ["--price", "fake/society=1/2"]
    done = give_tests(tmp_path, "--estimate", *how, problems=150)
    assert done.returncode == 0
    assert "750" in done.stdout
    assert "No model was called" in done.stdout
    assert not (tmp_path / "runs").exists()
    give_tests(tmp_path, *how, problems=50)
    left = give_tests(tmp_path, "--estimate", *how, problems=150)
    assert "500" in left.stdout
    assert "the estimate of each other question is the mean of these" in " ".join(left.stdout.split())


def test_without_a_model_it_shows_existing_results(tmp_path: Path) -> None:
    give_tests(tmp_path, "--seed", "3")
    pasture = ("--model", "fake/society", "--scenario", "pasture", "--problems", "2", "--test", "dynamics")
    skills(tmp_path, "test", *pasture)
    shown = records(skills(tmp_path, "show", "--format", "json"))
    assert [(one["scenario"], one["test"], one["seeds"]) for one in shown][-1] == ("pasture", "dynamics", [0])
    assert len(shown) == TESTS + 1
    only = records(skills(tmp_path, "show", "--scenario", "fishery", "--test", "dynamics", "--format", "json"))
    assert [(one["scenario"], one["test"]) for one in only] == [("fishery", "dynamics")]


def test_only_the_tests_of_the_command_are_shown_at_its_end(tmp_path: Path) -> None:
    give_tests(tmp_path)
    done = skills(
        tmp_path,
        *("test", "--model", "fake/society", "--scenario", "pasture", "--problems", "2", "--test", "dynamics"),
        *("--format", "json"),
    )
    assert [one["scenario"] for one in records(done)] == ["pasture"]
    assert "1 study: 1 completed" in done.stderr


@pytest.mark.parametrize("format_", ["markdown", "latex", "csv"])
def test_every_format_is_written(tmp_path: Path, format_: str) -> None:
    give_tests(tmp_path)
    done = skills(tmp_path, "show", "--format", format_)
    assert done.returncode == 0
    assert "dynamics" in done.stdout
    if format_ == "csv":
        rows = list(csv.DictReader(done.stdout.splitlines()))
        assert {"accuracy", "accuracy_low", "accuracy_high", "accuracy_n", "unreadable", "paper"} <= set(rows[0])


def test_wrong_answers_are_listed_with_prompt_and_reply(tmp_path: Path) -> None:
    give_tests(tmp_path)
    done = skills(tmp_path, "show", "--wrong", "2", "--test", "threshold_belief")
    assert done.stdout.count("fake/society, fishery, threshold_belief, problem") == 2
    assert "  > It is the start of a month. The lake holds 43 tons" in done.stdout
    assert "  < Answer: 10" in done.stdout
    listed = records(skills(tmp_path, "show", "--wrong", "2", "--test", "threshold_belief", "--format", "json"))
    assert [(one["problem"], one["answer"], one["most"]) for one in listed] == [(0, 10, 4), (1, 10, 6)]


def test_a_correlation_requires_at_least_three_models(tmp_path: Path) -> None:
    give_tests(tmp_path)
    govsim(tmp_path, "run", "fishery", "--model", "fake/society", "--months", "1")
    done = skills(tmp_path, "correlate", "runs")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "govsim: runs: 1 model with both tests and runs (fake/society), but at least 3 are needed" in done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["show"], "runs: has no sub-skill tests; run them with: govsim skills test --model MODEL"),
        (["test", "--estimate"], "Missing option '--model'"),
        (["correlate", "--wrong", "1"], "No such option: --wrong"),
        (["show", "--figure", "a.png"], "No such option: --figure"),
        (["correlate", "runs", "--figure", "a.gif"], "--figure a.gif: must end in .png, .svg or .pdf"),
        (["show", "--test", "swimming"], "test = swimming: there is no such sub-skill test; choose from dynamics"),
        (["test", "--model", "fake/society", "--problems", "0"], "problems = 0: must be from 1 to 100,000"),
        (["test", "--model", "fake/society", "--members", "0"], "0 members: at least 1 is required"),
        (["test", "--model", "fake/society", "--members", "Ann,,Bob"], "society.members"),
        (
            ["test", "--model", "fake/society", "--growth", "1"],
            "no member can take a single unit without the stock shrinking",
        ),
        (["test", "--model", "fake/society", "--scenario", "fishry"], "did you mean fishery?"),
        (["test", "--model", "fake/nobody"], "fake/nobody"),
        (["test", "--model", "fake/society", "-M", "wrong=1"], "model_args.wrong"),
        (["show", "--wrong", "0"], "--wrong"),
        (["show", "--seed", "7"], "No such option: --seed"),
        (["correlate", "--members", "4"], "No such option: --members"),
        (["show", "-M", "catch=3"], "No such option: -M"),
        (["show", "--max-cost", "1"], "No such option: --max-cost"),
        (["--model", "fake/society"], "govsim skills --model: is now govsim skills test --model MODEL"),
        (["--out", "runs", "--wrong=3"], "govsim skills --wrong: is now govsim skills show DIR --wrong NUMBER"),
        (["--out", "runs", "--against", "runs"], "govsim skills --against: is now govsim skills correlate DIR --runs"),
        (
            ["tset"],
            "govsim skills tset: there is no such command; must be one of test, show, correlate; show the results",
        ),
        (["no/such/folder"], "govsim skills no/such/folder: is now govsim skills show DIR"),
    ],
)
def test_an_impossible_command_is_reported_in_one_line(tmp_path: Path, words: list[str], expected: str) -> None:
    done = skills(tmp_path, *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert expected in done.stderr
    assert not (tmp_path / "runs").exists()


def edited(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('"growth":2.0', '"growth":3.0', "subject.world.growth was 3.0 and is now 2.0"),
        ('"seed":0', '"seed":5', "subject.seed was 5 and is now 0"),
        ("With which number does", "With what number does", "scenario.templates.skill-dynamics"),
    ],
)
def test_a_journal_of_another_study_is_rejected_with_the_differences(
    tmp_path: Path, before: str, after: str, expected: str
) -> None:
    give_tests(tmp_path)
    path = journal(tmp_path).path
    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    assert before in first
    path.write_text(f"{first.replace(before, after)}\n{rest}", encoding="utf-8")
    kept = path.read_bytes()
    done = give_tests(tmp_path, problems=8)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "belongs to another study" in done.stderr
    assert path.read_bytes() == kept


def test_a_damaged_journal_is_reported_and_the_others_are_shown(tmp_path: Path) -> None:
    give_tests(tmp_path)
    give_tests(tmp_path, "--seed", "1")
    edited(journal(tmp_path, seed=1).path, '"is_right":false', '"is_right":true')
    done = skills(tmp_path, "show")
    assert done.returncode == 1
    assert "seed-1.study, line" in done.stderr
    assert "is_right = True: is not consistent with" in done.stderr
    assert "fake/society, fishery" in done.stdout
    assert "1 unreadable journal" in done.stdout


@pytest.mark.parametrize("command", ["replay", "diff", "table", "status", "cost"])
def test_commands_for_runs_skip_or_reject_studies(tmp_path: Path, command: str) -> None:
    give_tests(tmp_path)
    path = str(journal(tmp_path).path)
    done = govsim(tmp_path, command, path, *([path] if command == "diff" else []))
    if command == "cost":
        assert done.returncode == 0
        return
    if command == "status":
        assert (done.returncode, done.stdout) == (0, "Studies (1 of skills): 1 of 1 done.\n")
    else:
        assert done.returncode == 2
        assert "line 1: is the header of the journal of a study, not of a run" in done.stderr
    govsim(tmp_path, "run", "fishery", "--model", "fake/society", "--months", "1")
    if command in ("table", "status"):
        beside = govsim(tmp_path, command, "runs")
        assert beside.returncode == 0
        assert ("Studies (1 of skills): 1 of 1 done." in beside.stdout) == (command == "status")


def test_status_lists_unfinished_studies_with_and_without_runs(tmp_path: Path) -> None:
    give_tests(tmp_path, "--max-calls", "7")
    give_tests(tmp_path, "--seed", "1")
    alone = govsim(tmp_path, "status", "runs")
    assert alone.returncode == 0, alone.stderr
    first, second = alone.stdout.splitlines()
    assert first == "Studies (2 of skills): 1 of 2 done."
    assert second.startswith("skills, fake/society: over budget after 7 replies: ")
    assert second.endswith(f"  {journal(tmp_path).path.relative_to(tmp_path)}")
    assert govsim(tmp_path, "status", "runs", "--format", "json").stdout.strip() == "[]"
    govsim(tmp_path, "run", "fishery", "--model", "fake/society", "--months", "1")
    beside = govsim(tmp_path, "status", "runs").stdout
    assert any(line.startswith(("scenario", "society")) for line in beside.splitlines())
    assert beside.endswith(f"\n\n{alone.stdout}")


def test_tests_without_runs_are_exported_and_a_report_refers_to_them(tmp_path: Path) -> None:
    give_tests(tmp_path)
    done = govsim(tmp_path, "export", "runs", "-o", "frames")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "frames").iterdir()} == {
        *("solutions.csv", "accuracies.csv", "calls.csv", "studies.csv", "columns.md", "columns.json")
    }
    refused = govsim(tmp_path, "report", "runs", "-o", "page.html")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "show the tests with: govsim skills show runs" in refused.stderr
    assert not (tmp_path / "page.html").exists()


def test_costs_of_tests_are_reported_with_costs_of_runs(tmp_path: Path) -> None:
    give_tests(tmp_path, "--price", "fake/society=1/2")
    alone = json.loads(govsim(tmp_path, "cost", "runs", "--by", "condition", "--format", "json").stdout)
    assert [(row["condition"], row["calls"]) for row in alone] == [("study", 6 * TESTS)]
    assert alone[0]["cost"] > 0
    govsim(tmp_path, "run", "fishery", "--model", "fake/society", "--months", "1")
    rows = json.loads(govsim(tmp_path, "cost", "runs", "--by", "condition", "--format", "json").stdout)
    assert {row["condition"] for row in rows} == {"default", "study"}
    by = json.loads(govsim(tmp_path, "cost", "runs", "--by", "society", "--by", "purpose", "--format", "json").stdout)
    assert {row["purpose"] for row in by if row["society"] == "skills"} >= {"dynamics", "threshold_belief"}


def test_export_and_report_include_them_with_the_runs(tmp_path: Path) -> None:
    govsim(tmp_path, "run", "fishery", "--model", "fake/society", "--months", "1")
    govsim(tmp_path, "export", "runs", "-o", "without")
    assert not (tmp_path / "without" / "solutions.csv").exists()
    assert "solutions" not in (tmp_path / "without" / "columns.md").read_text(encoding="utf-8")
    govsim(tmp_path, "report", "runs", "-o", "without.html")
    assert "Sub-skills" not in (tmp_path / "without.html").read_text(encoding="utf-8")
    give_tests(tmp_path)
    done = govsim(tmp_path, "export", "runs", "-o", "with")
    assert "with/solutions.csv" in done.stdout
    rows = list(csv.DictReader((tmp_path / "with" / "solutions.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 6 * TESTS
    assert "## accuracies" in (tmp_path / "with" / "columns.md").read_text(encoding="utf-8")
    assert govsim(tmp_path, "report", "runs", "-o", "with.html").returncode == 0
    page = (tmp_path / "with.html").read_text(encoding="utf-8")
    assert '<section id="skills">' in page
    assert "Fewer than 3 models have both finished tests and runs" in page
    edited(journal(tmp_path).path, '"is_right":false', '"is_right":true')
    broken = govsim(tmp_path, "report", "runs", "-o", "broken.html")
    assert broken.returncode == 1
    report = (tmp_path / "broken.html").read_text(encoding="utf-8")
    assert "is_right = True: is not consistent with" in report
    assert str(tmp_path) not in report


def test_settings_in_which_tests_differ_have_short_names_in_text_and_keys_in_json(tmp_path: Path) -> None:
    for growth in ("2", "1.8"):
        skills(
            tmp_path, "test", "--model", "fake/society", "--scenario", "fishery", "--problems", "1", "--growth", growth
        )
    assert "\ngrowth 1.8\n" in skills(tmp_path, "show").stdout
    listed = records(skills(tmp_path, "show", "--format", "json"))
    assert {one["settings"]["world.growth"] for one in listed} == {2.0, 1.8}


@pytest.mark.parametrize("group", ["skills", "dialogue", "campaign", "probe"])
def test_a_group_of_commands_alone_shows_its_help(tmp_path: Path, group: str) -> None:
    done = govsim(tmp_path, group)
    assert f"govsim {group} [OPTIONS] COMMAND" in done.stdout + done.stderr
    assert "Examples" in done.stdout + done.stderr
