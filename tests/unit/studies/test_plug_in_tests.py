"""A plug-in's sub-skill test: planned, asked, recorded and shown, and its journal read without the plug-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govsim import plugins
from govsim.analysis import render
from govsim.analysis.results import load
from govsim.analysis.skills import accuracies_of, accuracies_table, skill_frames
from govsim.config import Execution
from govsim.errors import ConfigError, PluginError
from govsim.jobs import execute_all, prepare
from govsim.journal import Solution, read_study
from govsim.models.question import Reply
from govsim.skills import SKILL_TESTS, CorrectAnswer, Situation, SkillTest
from govsim.studies import SkillSettings, StudyJob, plan_skills

PlugIn = Callable[..., None]

TEMPLATE = "{{ situation }} Bids are {{ bid }} {{ units }} each. What are {{ taken }} of them in all?"


@pytest.fixture
def bids(tmp_path: Path) -> SkillTest:
    """The total of bids of `bid` units each; the number of bids is the threshold per member."""
    template = tmp_path / "skill-bids.jinja"
    template.write_text(TEMPLATE, encoding="utf-8")

    def answer(situation: Situation) -> CorrectAnswer:
        bid = int(situation.rng.integers(1, 10))
        total = bid * situation.taken
        return CorrectAnswer(least=total, most=total, taken=situation.taken, variables={"bid": bid})

    return SkillTest(name="bids", title="adding bids", template=template, answer=answer)


def plan(out: Path, *tests: str, problems: int = 3) -> StudyJob:
    wanted = SkillSettings(
        models=["fake/society"], scenarios=["fishery"], tests=tests, problems=problems, out=out, settings={}
    )
    (found,) = plan_skills(wanted)
    return found


def carried_out(study: StudyJob) -> Path:
    execution = Execution()
    asyncio.run(execute_all([study], prepare([study], execution)))
    return study.path


def test_its_problems_depend_on_the_seed_and_use_its_template(plug_in: PlugIn, bids: SkillTest, tmp_path: Path) -> None:
    plug_in("skill_tests", "bids", bids)
    first, second = plan(tmp_path / "runs", "bids"), plan(tmp_path / "runs", "bids", problems=5)
    texts = [item.question.prompt.messages[-1].content for item in first.items]
    assert texts == [item.question.prompt.messages[-1].content for item in second.items][:3]
    assert all("Bids are " in text and "tons of fish each" in text for text in texts)
    line = first.items[0].line(Reply(values={"Answer": 0}))
    assert isinstance(line, Solution)
    assert str(line.least // (line.taken or 1)) in texts[0]


def test_it_is_used_only_if_it_is_named_and_does_not_affect_other_studies(
    plug_in: PlugIn, bids: SkillTest, tmp_path: Path
) -> None:
    before = plan(tmp_path)
    plug_in("skill_tests", "bids", bids)
    after, both = plan(tmp_path), plan(tmp_path, "dynamics", "bids")
    assert {item.question.purpose for item in after.items} == {item.question.purpose for item in before.items}
    assert (after.path, after.header.scenario) == (before.path, before.header.scenario)
    assert both.path != before.path
    assert both.header.scenario.templates["skill-bids"] == TEMPLATE


def test_its_answers_are_in_the_tables_and_frames(plug_in: PlugIn, bids: SkillTest, tmp_path: Path) -> None:
    plug_in("skill_tests", "bids", bids)
    path = carried_out(plan(tmp_path / "runs", "dynamics", "bids"))
    solutions = [line for line in read_study(path).of(Solution) if line.purpose == "bids"]
    assert len(solutions) == 3
    studies = load(tmp_path / "runs", frames=("studies",)).skills
    assert [one.test for one in accuracies_of(studies)] == ["dynamics", "bids"]
    assert "adding bids" in render(accuracies_table(studies))
    frames = {layout.name: frame for layout, frame in skill_frames(studies)}
    assert sorted(set(frames["accuracies"]["test"])) == ["bids", "dynamics"]


def test_its_journal_is_read_without_the_plug_in(
    plug_in: PlugIn, bids: SkillTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug_in("skill_tests", "bids", replace(bids))
    carried_out(plan(tmp_path / "runs", "dynamics", "bids"))
    monkeypatch.setattr(plugins, "installed", lambda group: ())
    SKILL_TESTS.forget()
    studies = load(tmp_path / "runs", frames=("studies",)).skills
    assert [one.test for one in accuracies_of(studies)] == ["dynamics", "bids"]
    assert "bids" in render(accuracies_table(studies))
    with pytest.raises(ConfigError, match="test = bids: there is no such sub-skill test; choose from dynamics"):
        plan(tmp_path, "bids")


def test_impossible_correct_answers_are_rejected_before_any_model_is_called(
    plug_in: PlugIn, bids: SkillTest, tmp_path: Path
) -> None:
    plug_in("skill_tests", "bids", replace(bids, answer=lambda situation: CorrectAnswer(least=3, most=2)))
    with pytest.raises(ConfigError, match="test = bids: problem 0 has correct answers from 3 to 2"):
        plan(tmp_path, "bids")


def failing(situation: Situation) -> CorrectAnswer:
    raise ZeroDivisionError("division by zero")


def test_a_failing_test_is_named_in_a_one_line_error(plug_in: PlugIn, bids: SkillTest, tmp_path: Path) -> None:
    plug_in("skill_tests", "bids", replace(bids, answer=failing))
    problem = r"test = bids of govsim-toys 1\.2: problem 0 failed: ZeroDivisionError: division by zero"
    with pytest.raises(PluginError, match=problem):
        plan(tmp_path, "bids")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": ""}, "title: must be text that is not empty"),
        ({"template": Path("bids.jinja")}, "template = bids.jinja: must be a file named skill-NAME.jinja"),
        ({"template": Path("skill-none.jinja")}, "template = skill-none.jinja: must be a file"),
        ({"answer": 3}, "answer: must be callable"),
    ],
)
def test_an_invalid_test_is_rejected(plug_in: PlugIn, bids: SkillTest, changes: dict[str, Any], problem: str) -> None:
    plug_in("skill_tests", "bids", replace(bids, **changes))
    with pytest.raises(ConfigError, match=problem):
        SKILL_TESTS.get("bids", key="test")
