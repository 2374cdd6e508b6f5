"""Contamination probes: questions, scoring, journals, and their table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govsim.analysis import load, render
from govsim.analysis.probes import probes_table
from govsim.errors import ConfigError
from govsim.journal import Recognition, recognizes
from govsim.models.question import Reply
from govsim.scenarios import scenario_names
from govsim.studies import Item, ProbeSettings, StudyJob, plan_probes
from tests.commands import Done, govsim

AT_RANDOM = {"models": {"sampling": {"temperature": 1.0}}}


def planned(scenario: str = "fishery", **changes: Any) -> StudyJob:
    [job] = plan_probes(ProbeSettings(models=["fake/society"], scenarios=[scenario], **{"settings": {}, **changes}))
    return job


def item(name: str) -> Item:
    return next(item for item in planned().items if item.question.purpose == name)


def answered(name: str, value: str | int | None) -> Recognition:
    asked = item(name)
    line = asked.line(Reply(values={asked.question.fields[0].tag: value}))
    assert isinstance(line, Recognition)
    return line


def probe(folder: Path, *words: str) -> Done:
    return govsim(folder, "probe", *words)


@pytest.mark.parametrize("scenario", scenario_names())
def test_no_question_contains_a_name_or_a_number_of_the_paper(scenario: str) -> None:
    job = planned(scenario)
    assert [one.question.purpose for one in job.items] == ["game", "paper", "capacity", "threshold"]
    for one in job.items:
        [message] = one.question.prompt.messages
        assert not re.search(r"\d|govsim|piatti|cooperat|double|five|tragedy", message.content, re.IGNORECASE)
        assert job.header.scenario.words["place"] in message.content


@pytest.mark.parametrize(
    ("name", "value", "is_recognized"),
    [
        ("game", "It is called Gov-Sim.", True),
        ("game", "the governance of the commons SIMULATION", True),
        ("game", "unknown", False),
        ("game", "Fishbanks", False),
        ("paper", "Cooperate, or Collapse: emergence of cooperation", True),
        ("paper", "by G. Piatti and others", True),
        ("paper", "Generative agents", False),
        ("capacity", 100, True),
        ("capacity", 1000, False),
        ("capacity", None, False),
        ("threshold", 10, True),
        ("threshold", 110, False),
    ],
)
def test_an_answer_is_scored_by_names_and_numbers(name: str, value: str | int | None, is_recognized: bool) -> None:
    found = answered(name, value)
    assert found.is_recognized is is_recognized
    assert found.answer == ("none" if value is None else str(value))


def test_an_unreadable_reply_is_neither_recognized_nor_not() -> None:
    found = item("game").line(Reply(values={}, invalid="no line"))
    assert isinstance(found, Recognition)
    assert (found.answer, found.is_recognized, found.invalid) == (None, None, "no line")


def test_a_journal_with_a_wrong_score_is_refused() -> None:
    line = answered("capacity", 100).model_dump() | {"is_recognized": False}
    with pytest.raises(ValidationError, match="is not consistent with answer and expected"):
        Recognition.model_validate(line)


def test_a_number_must_be_equal_and_a_name_contained() -> None:
    assert recognizes("100", ("100",))
    assert not recognizes("100 or 200", ("100",))
    assert recognizes("maybe GOV SIM", ("GovSim",))


def test_copies_at_temperature_0_are_refused() -> None:
    with pytest.raises(ConfigError, match="at temperature 0, further answers are copies of the first"):
        planned(samples=2)
    assert len(planned(samples=2, settings=AT_RANDOM).items) == 8


@pytest.mark.parametrize("samples", [0, 1001])
def test_the_number_of_samples_is_limited(samples: int) -> None:
    with pytest.raises(ConfigError, match=f"samples = {samples}: must be from 1 to 1,000"):
        planned(samples=samples)


def test_a_model_is_probed_offline_and_the_command_resumes(tmp_path: Path) -> None:
    done = probe(tmp_path, "test", "--model", "fake/society")
    assert done.returncode == 0, done.stderr
    assert "4 studies: 4 completed; 16 answers" in done.stdout
    assert sorted(path.as_posix() for path in (tmp_path / "runs").rglob("*.study")) == [
        f"{tmp_path}/runs/probe/{name}/fake-society.study" for name in scenario_names()
    ]
    before = {path: path.read_bytes() for path in (tmp_path / "runs").rglob("*.study")}
    again = probe(tmp_path, "test", "--model", "fake/society")
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in before} == before
    shown = probe(tmp_path, "show", "--format", "json")
    rows = json.loads(shown.stdout)
    assert [(row["scenario"], row["question"]) for row in rows[:4]] == [
        ("fishery", name) for name in ("capacity", "game", "paper", "threshold")
    ]
    assert {row["recognized"]["n"] for row in rows} == {1}


def test_more_samples_extend_a_probe(tmp_path: Path) -> None:
    how = ("test", "--model", "fake/society", "--scenario", "reeds", "--set", "models.sampling.temperature=1")
    assert probe(tmp_path, *how, "--samples", "2").returncode == 0
    assert probe(tmp_path, *how, "--samples", "3").returncode == 0
    [study] = load(tmp_path / "runs", frames=("studies",)).probes
    assert len(study.answers) == 12
    table = render(probes_table([study], broken=1))
    assert "Not in this table: 1 unreadable journal." in table


def test_a_folder_without_probes_is_refused_in_one_line(tmp_path: Path) -> None:
    done = probe(tmp_path, "show", "runs")
    assert done.returncode == 2
    assert done.stderr == "govsim: runs: has no probes; run them with: govsim probe test --model MODEL\n"


def test_all_frames_load_from_a_folder_with_probes_only(tmp_path: Path) -> None:
    assert probe(tmp_path, "test", "--model", "fake/society", "--scenario", "fishery").returncode == 0
    results = load(tmp_path / "runs")
    assert len(results.probes) == 1
    assert list(results.studies["study"]) == ["probe"]
    assert "1 study" in repr(results)


def test_the_gap_between_the_papers_world_and_the_reskinned_one_has_an_interval(tmp_path: Path) -> None:
    """Random policies: words do not matter to them, numbers do."""
    for scenario in ("fishery", "reeds"):
        for condition in ("default", "reskinned"):
            how = ("--condition", condition, "--agent", "policy:random", "--runs", "6")
            assert govsim(tmp_path, "run", scenario, *how).returncode == 0
    words = govsim(tmp_path, "compare", "--by", "scenario", "--baseline", "fishery", "--measure", "survival_time")
    numbers = govsim(tmp_path, "compare", "--by", "condition", "--measure", "survival_time")
    for done, group in ((words, "reeds"), (numbers, "reskinned")):
        assert done.returncode == 0, done.stderr
        assert group in done.stdout
        assert re.search(r"\[[−\d., -]+\]", done.stdout)
