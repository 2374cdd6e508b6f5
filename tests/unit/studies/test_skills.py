"""Planning of sub-skill tests: their journals and their questions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from govsim.config import MAX_SEED, Execution, nested
from govsim.errors import ConfigError
from govsim.jobs import execute_all, prepare
from govsim.journal import Study
from govsim.models.prices import Prices
from govsim.models.question import Reply
from govsim.skills import SKILL_TESTS
from govsim.studies import Item, SkillSettings, StudyJob, plan_skills


def plans(**wanted: Any) -> list[StudyJob]:
    settings = {"models": ["fake/society"], "scenarios": ["fishery"], "problems": 4, "settings": {}}
    return plan_skills(SkillSettings(**{**settings, **wanted}))


def prompt_of(item: Item) -> str:
    return "\n".join(message.content for message in item.question.prompt.messages)


def items(test: str, **wanted: Any) -> list[Item]:
    return [item for item in plans(**wanted)[0].items if item.question.purpose == test]


def test_there_is_a_journal_for_each_model_and_scenario_labelled_by_its_settings() -> None:
    found = [plan.path.as_posix() for plan in plans(models=["a/one", "a/two"], scenarios=["fishery", "pasture"])]
    assert found == [
        f"runs/skills/{scenario}/{model}/seed-0.study"
        for model in ("a-one", "a-two")
        for scenario in ("fishery", "pasture")
    ]
    [plan] = plans(settings={"seed": 7, **nested("world.growth", 3)}, out=Path("x"))
    assert plan.path.parent.name.startswith("fake-society-")
    assert plan.path.name == "seed-7.study"


def test_tests_accept_the_maximum_seed_of_runs() -> None:
    [plan] = plans(settings={"seed": MAX_SEED})
    assert Study.model_validate_json(plan.header.model_dump_json()).subject == plan.header.subject
    with pytest.raises(ConfigError, match=rf"^seed = {MAX_SEED + 1}: must be at most"):
        plans(settings={"seed": MAX_SEED + 1})


def test_every_model_gets_the_same_problems_with_the_same_texts() -> None:
    one, two = plans(models=["a/one", "a/two"])
    assert list(map(prompt_of, one.items)) == list(map(prompt_of, two.items))
    more = plans(problems=9)[0]
    for test in SKILL_TESTS.names:
        first = [prompt_of(item) for item in one.items if item.question.purpose == test]
        assert [prompt_of(item) for item in more.items if item.question.purpose == test][:4] == first


@pytest.mark.parametrize("scenario", ["fishery", "pasture", "pollution"])
@pytest.mark.parametrize("test", SKILL_TESTS.names)
def test_only_the_hint_contains_the_answer(scenario: str, test: str) -> None:
    for item in items(test, scenarios=[scenario], problems=30):
        solution = item.line(Reply(values={"Answer": 0}))
        text = prompt_of(item).partition("It is the start of a month")[2]
        assert str(solution.stock) in text  # type: ignore[attr-defined]
        words = text.replace("%", " ").replace(".", " ").split()
        threshold = str(solution.most)  # type: ignore[attr-defined]
        has_hint = test.endswith("universalization")
        if test.startswith("sustainable") and threshold not in (str(solution.stock), "5"):  # type: ignore[attr-defined]
            assert (threshold in words) == has_hint
        assert ("if every" in text) == has_hint


def test_only_a_decision_states_bounds() -> None:
    assert prompt_of(items("dynamics")[0]).endswith("Answer: <a whole number>")
    assert "Answer: <a whole number from 0 to " in prompt_of(items("sustainable_action")[0])


def test_the_prompt_of_a_single_member_mentions_no_other_members() -> None:
    settings = nested("society.members", 1)
    for test in SKILL_TESTS.names:
        text = prompt_of(items(test, settings=settings)[0])
        assert "others" not in text
        assert "everyone" not in text
        assert "each of" not in text


def test_an_answer_is_right_wrong_or_missing() -> None:
    item = items("sustainable_action")[0]
    threshold = item.line(Reply(values={"Answer": 0})).most  # type: ignore[attr-defined]
    expected = [(item.line(Reply(values={"Answer": units})).is_right) for units in (0, 1, threshold, threshold + 1)]  # type: ignore[attr-defined]
    assert expected == [False, True, True, False]
    unread = item.line(Reply(values={}, invalid="no number"))
    assert (unread.answer, unread.is_right, unread.invalid) == (None, None, "no number")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"problems": 0}, r"problems = 0: must be from 1 to 100,000"),
        ({"tests": ["swimming"]}, r"test = swimming: there is no such sub-skill test; choose from dynamics"),
        ({"settings": {"world": {"growht": 3}}}, r"world\.growht: there is no such key; did you mean growth\?"),
        ({"models": ["a/one", "a-one"]}, r"is the journal path of two studies"),
        ({"scenarios": ["fishry"]}, r"scenario = fishry: .*did you mean fishery\?"),
    ],
)
def test_invalid_settings_are_rejected(wanted: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        plans(**wanted)


def test_a_secret_in_the_environment_is_not_written_to_a_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", "sk-0123456789abcdef0123")
    with pytest.raises(ConfigError, match="contains the secret in the environment variable MY_API_KEY"):
        plans(settings={"models": {"args": {"user": "sk-0123456789abcdef0123"}}})


def test_after_starting_over_every_question_is_left_and_the_answers_so_far_give_the_estimate(out: Path) -> None:
    answered = plans(out=out, tests=["dynamics"])
    asyncio.run(execute_all(answered, prepare(answered, Execution(out=out))))
    extended = plans(out=out, tests=["dynamics"], problems=6)
    resumed, restarted = (StudyJob.known(extended, Prices(), starts_over=over) for over in (False, True))
    assert [(one.left, one.done, one.basis) for one in (resumed, restarted)] == [(2, 4, 4), (6, 0, 4)]
    assert [amount.calls for amount in restarted.models.values()] == [6]
