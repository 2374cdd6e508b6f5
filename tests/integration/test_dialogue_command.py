"""`govsim dialogue` on the command line: judging, showing, sampling, reading human labels, checking a judge."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from govsim.journal import Call, Label, find_studies, read_study
from tests.commands import govsim

RUN = ("run", "fishery", "--model", "fake/society", "--set", "world.months=2", "--runs", "2")
JUDGE = ("dialogue", "judge", "runs", "--model", "fake/judge")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert govsim(tmp_path, *RUN).returncode == 0
    return tmp_path


def labelled(folder: Path, name: str, label: str) -> Path:
    """A copy of the sample that is labelled throughout with one label."""
    with (folder / "sample.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    copy = folder / f"{name}.csv"
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "label": label} for row in rows)
    return copy


def test_judging_reports_results_and_repeats_no_question(folder: Path) -> None:
    first = govsim(folder, *JUDGE)
    assert first.returncode == 0, first.stderr
    assert "4 studies: 4 completed" in first.stdout
    assert "Functions of utterances" in first.stdout
    assert "Promises and compliance" in first.stdout
    before = {path: path.read_bytes() for path in find_studies(folder / "runs")}
    again = govsim(folder, *JUDGE)
    assert "(4 already finished)" in again.stdout
    assert {path: path.read_bytes() for path in find_studies(folder / "runs")} == before


def test_without_a_judge_it_shows_existing_results(folder: Path) -> None:
    shown = govsim(folder, "dialogue", "show", "runs")
    assert shown.returncode == 0
    assert "Agreed limits" in shown.stdout, "which need no judge"
    assert "Functions of utterances" not in shown.stdout


def test_stdout_is_machine_readable_if_requested(folder: Path) -> None:
    done = govsim(folder, *JUDGE, "--table", "shares", "--format", "json")
    shares = json.loads(done.stdout)
    assert {row["name"] for row in shares["shares"]} >= {"information", "negotiation", "relational", "punishment"}
    assert "4 studies" in done.stderr


def test_an_estimate_calls_no_model_and_counts_what_remains(folder: Path) -> None:
    before = govsim(folder, *JUDGE, "--ask", "labels", "--estimate", "--price", "fake/judge=1/2")
    assert before.returncode == 0
    assert "$" in before.stdout
    assert find_studies(folder / "runs") == []
    govsim(folder, *JUDGE, "--ask", "labels")
    after = govsim(folder, *JUDGE, "--ask", "labels", "--estimate")
    assert after.stdout == "Nothing is left to do: all questions are answered.\n"


def test_a_budget_stops_judging_and_a_higher_one_resumes_it(folder: Path) -> None:
    stopped = govsim(folder, *JUDGE, "--ask", "knowledge", "--max-calls", "7")
    assert stopped.returncode == 3
    assert "budget.calls: limit of 7" in stopped.stdout
    went_on = govsim(folder, *JUDGE, "--ask", "knowledge")
    assert went_on.returncode == 0
    calls = [call.identity for path in find_studies(folder / "runs") for call in read_study(path).of(Call)]
    assert len(calls) == len({(str(n // 10), call) for n, call in enumerate(calls)}) == 20


def test_people_label_a_sample_and_are_compared_with_the_judge(folder: Path) -> None:
    govsim(folder, *JUDGE, "--ask", "labels")
    drawn = govsim(folder, "dialogue", "sample", "runs", "--size", "6", "-o", "sample.csv")
    assert "6 utterances to label: sample.csv" in drawn.stdout
    labelled(folder, "ada", "information sharing")
    labelled(folder, "bob", "persuasion")
    people = ("--labels", "ada.csv", "--labels", "bob.csv", "--table", "agreement")
    compared = govsim(folder, "dialogue", "show", "runs", *people)
    lines = {line.split("  ")[0]: line.split()[-6:] for line in compared.stdout.splitlines() if " and " in line}
    assert "100.00" in lines["fake/judge and ada"], "the fake judge calls every line of the fake society so"
    assert "0.00" in lines["ada and bob"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("show", "runs", "--table", "moods"),
            "--table moods: there is no such table; must be one of shares, agreement",
        ),
        (("show", "runs", "--format", "csv"), "--format csv: needs exactly one table; choose it with --table"),
        (("show", "runs", "--out", "x.csv"), "No such option: --out"),
        (("sample", "runs", "--out", "x.csv"), "Missing option '--size'"),
        (("sample", "runs", "--size", "3", "--model", "fake/judge"), "No such option: --model"),
        ((*JUDGE[1:], "--ask", "moods"), "ask = moods: there is no such question to judges; choose from"),
        ((*JUDGE[1:], "--samples", "2"), "samples = 2: at models.sampling.temperature = 0"),
        (("judge", "runs", "--model", "fake/nobody"), "no such fake model; choose from fake/society and fake/judge"),
        (("show", "runs", "--labels", "nobody.csv"), "nobody.csv"),
        (("show", "runs", "--samples", "2"), "No such option: --samples"),
        (("show", "runs", "--max-cost", "2"), "No such option: --max-cost"),
        (("sample", "runs", "--size", "3", "--set", "models.sampling.seed=1"), "No such option: --set"),
        (("judge", "runs", "--estimate"), "Missing option '--model'"),
        (("check", "--model", "fake/judge", "--table", "shares"), "No such option: --table"),
        (("runs",), "govsim dialogue runs: is now govsim dialogue show DIR"),
        (("no/such/folder",), "govsim dialogue no/such/folder: is now govsim dialogue show DIR"),
        (
            ("nowhere",),
            "govsim dialogue nowhere: there is no such command; must be one of judge, show, sample, check; show the "
            "results in a folder with govsim dialogue show DIR",
        ),
        (
            ("nowhere", "--judge", "fake/judge"),
            "govsim dialogue --judge: is now govsim dialogue judge DIR --model MODEL",
        ),
        (("runs", "--sample", "3"), "govsim dialogue --sample: is now govsim dialogue sample DIR --size NUMBER"),
        (("--check-judge", "fake/judge"), "govsim dialogue --check-judge: is now govsim dialogue check --model MODEL"),
    ],
)
def test_an_impossible_command_is_reported_in_one_line_and_writes_nothing(
    folder: Path, words: tuple[str, ...], expected: str
) -> None:
    refused = govsim(folder, "dialogue", *words)
    assert refused.returncode == 2
    assert expected in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert find_studies(folder / "runs") == []


def test_a_folder_without_utterances_has_nothing_to_judge(tmp_path: Path) -> None:
    govsim(tmp_path, "run", "fishery", "--agent", "policy:greedy")
    refused = govsim(tmp_path, *JUDGE)
    assert (refused.returncode, "nothing to judge" in refused.stderr) == (2, True)
    refused = govsim(tmp_path, "dialogue", "sample", "runs", "--size", "3")
    assert (refused.returncode, refused.stderr.startswith("govsim: runs: the runs have no utterances of members")) == (
        2,
        True,
    )


def test_a_judge_is_checked_with_known_answers(tmp_path: Path) -> None:
    checked = govsim(tmp_path, "dialogue", "check", "--model", "fake/judge")
    assert checked.returncode == 0, checked.stderr
    assert "Labels given by fake/judge to utterances with known labels" in checked.stdout
    assert "All rows" not in checked.stdout
    assert "Columns without values" not in checked.stdout, "a column of zeros is left out"
    assert "of 88 utterances; unreadable replies: 0" in checked.stdout
    lines = checked.stdout.splitlines()
    [place] = [number for number, line in enumerate(lines) if line.startswith("solution proposing")]
    row = [*lines[place].split(), *lines[place + 1].split()]
    assert row[2:] == ["–", "–", "11", "–", "–", "–", "–", "–", "100.00"]
    table = govsim(tmp_path, "dialogue", "check", "--model", "fake/judge", "--format", "csv")
    assert (table.returncode, len(table.stdout.splitlines())) == (0, 9)


def test_two_discussions_of_a_month_are_judged_as_one(tmp_path: Path) -> None:
    early = "{discussion: {as: early, max_lines: 3}}"
    phases = f"society.phases=[{early}, harvest, report, discussion, reflection]"
    run = ("run", "fishery", "--model", "fake/society", "--months", "2", "--set", phases, "--out", str(tmp_path))
    assert govsim(tmp_path, *run).returncode == 0
    judged = govsim(tmp_path, "dialogue", "judge", str(tmp_path), "--model", "fake/judge")
    assert judged.returncode == 0, judged.stderr
    [labels] = [study for study in map(read_study, find_studies(tmp_path)) if study.header.subject.study == "labels"]
    places = [(label.month, label.ordinal) for label in labels.of(Label)]
    assert len(set(places)) == len(places) == 2 * (2 + 4)


def test_inconsistent_journals_are_excluded_before_any_judge_is_asked(folder: Path) -> None:
    path = next((folder / "runs").rglob("seed-1.jsonl"))
    path.write_text(path.read_text().replace('"kind":"end","status":"completed"', '"kind":"end","status":"collapsed"'))
    done = govsim(folder, *JUDGE)
    assert done.returncode == 1
    assert done.stderr.count("seed-1.jsonl") == 1, "it is reported once"
    assert len(find_studies(folder / "runs")) == 2, "only the other run is judged"


def test_suggested_commands_can_be_pasted(tmp_path: Path) -> None:
    assert govsim(tmp_path, *RUN, "--out", "my runs").returncode == 0
    drawn = govsim(tmp_path, "dialogue", "sample", "my runs", "--size", "3")
    assert "govsim dialogue show 'my runs' --labels" in drawn.stdout
