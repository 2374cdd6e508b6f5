"""A plug-in's question to judges: planned for each run, asked, and recorded beside the built-in ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from govsim.analysis import load
from govsim.config import Execution
from govsim.errors import ConfigError
from govsim.jobs import execute_all, prepare
from govsim.journal import MODERATOR, Journal, Judging, StudyAnswer, Utterance, Whole, read_study
from govsim.models.fields import YES_NO, ChoiceField
from govsim.models.question import Reply
from govsim.studies import DialogueSettings, StudyJob, plan_dialogue
from govsim.studies.dialogue import QUESTIONS, Judged, JudgeQuestion
from tests.living import Live

PlugIn = Callable[..., None]


@pytest.fixture
def run(live: Live) -> Journal:
    return live("fishery", {"models.default": "fake/society", "world.months": 2})[0].journal


class Trust(StudyAnswer):
    """A judgement of whether a member trusts the others: an event of a plug-in."""

    kind: Literal["trust"] = "trust"
    month: Whole
    member: str
    trusts: bool | None
    invalid: str | None = None


def trusts(judged: Judged, reply: Reply) -> Trust:
    answer = None if reply.invalid else reply.text("Others") == "yes"
    return Trust(month=judged.month, member=judged.member, trusts=answer, invalid=reply.invalid)


@pytest.fixture
def trust(tmp_path: Path) -> JudgeQuestion:
    """Whether a member trusts the others, asked about each speaker; its answers are events of the plug-in."""
    instruction, template = tmp_path / "judge-trusts.jinja", tmp_path / "judge-trust.jinja"
    instruction.write_text("You read a talk, and say whether a speaker trusts the others.", encoding="utf-8")
    template.write_text("Does {{ name }} trust the others?", encoding="utf-8")
    return JudgeQuestion(
        name="trust",
        title="whether each member trusts the others",
        purpose="trust",
        about="speaker",
        instruction=instruction,
        template=template,
        fields=lambda judged, prompts: (ChoiceField(tag="Others", options=YES_NO),),
        line=trusts,
    )


def planned(run: Journal, *asked: str) -> list[StudyJob]:
    return plan_dialogue(DialogueSettings(folder=run.path, judges=["fake/judge"], asked=asked, settings={}))


def test_it_is_asked_about_each_member_that_spoke(plug_in: PlugIn, trust: JudgeQuestion, run: Journal) -> None:
    plug_in("judge_questions", "trust", trust)
    (plan,) = planned(run, "trust")
    asked = {(item.occasion.month, item.member) for item in plan.items}
    assert asked == {(one.month, one.member) for one in run.of(Utterance) if one.member != MODERATOR}
    prompt = "\n".join(message.content for message in plan.items[0].question.prompt.messages)
    assert "say whether a speaker trusts the others" in prompt
    assert f"Does {plan.items[0].member} trust the others?" in prompt
    assert plan.path.name == f"{run.path.stem}.trust.fake-judge.study"


def test_its_answers_are_written_beside_the_run_and_do_not_affect_other_analyses(
    plug_in: PlugIn, trust: JudgeQuestion, run: Journal
) -> None:
    plug_in("judge_questions", "trust", trust)
    plug_in("events", "trust", Trust)
    plans, execution = planned(run, "labels", "trust"), Execution()
    assert [plan.header.subject.study for plan in plans] == ["labels", "trust"]
    results = asyncio.run(execute_all(plans, prepare(plans, execution)))
    assert [result.status for result in results] == ["completed", "completed"]
    study = read_study(plans[1].path)
    assert isinstance(study.header.subject, Judging)
    assert len(list(study.of(Trust))) == len(plans[1].items)
    dialogue = load(run.path, frames=("utterances",)).dialogue
    assert len(dialogue.utterances)
    assert dialogue.stale == ()


def test_studies_with_built_in_questions_do_not_depend_on_installed_plug_ins(
    plug_in: PlugIn, trust: JudgeQuestion, run: Journal
) -> None:
    (before,) = planned(run, "promises")
    plug_in("judge_questions", "trust", trust)
    (after,) = planned(run, "promises")
    assert after.header == before.header
    assert after.path == before.path


def test_the_error_for_an_unknown_question_lists_those_of_plug_ins(
    plug_in: PlugIn, trust: JudgeQuestion, run: Journal
) -> None:
    plug_in("judge_questions", "trust", trust)
    with pytest.raises(ConfigError, match=r"ask = trst: there is no such question to judges; did you mean trust\?"):
        planned(run, "trst")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"about": "month"}, "about = month: must be one of utterance, speaker, decision"),
        ({"template": Path("trust.jinja")}, "template = trust.jinja: must be a file whose name is judge-NAME.jinja"),
        ({"instruction": Path("judge-no.jinja")}, "instruction = judge-no.jinja: must be a file"),
        ({"line": None}, "fields, line: must be functions"),
    ],
)
def test_an_invalid_question_is_rejected(
    plug_in: PlugIn, trust: JudgeQuestion, changes: dict[str, Any], problem: str
) -> None:
    plug_in("judge_questions", "trust", replace(trust, **changes))
    with pytest.raises(ConfigError, match=problem):
        QUESTIONS.get("trust", key="ask")
