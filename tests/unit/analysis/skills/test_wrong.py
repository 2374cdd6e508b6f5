"""The problems that were not solved, with what was asked and what was replied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govsim.analysis.results import load
from govsim.analysis.skills import format_wrong, wrong_answers, wrong_table
from govsim.analysis.tables.formats import render
from govsim.errors import JournalError
from tests.unit.analysis.skills.conftest import WriteStudy


def test_wrong_answers_come_first_then_replies_that_could_not_be_read(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [None, True, False, False], "threshold_belief": [False]})
    studies = load(tmp_path, frames=("studies",)).skills
    found = [(one.solution.purpose, one.solution.ordinal) for one in wrong_answers(studies, 3)]
    assert found == [("dynamics", 2), ("dynamics", 3), ("dynamics", 0), ("threshold_belief", 0)]
    assert [one.solution.ordinal for one in wrong_answers(studies, 1, ["dynamics"])] == [2]


def test_each_wrong_answer_has_its_prompt_its_reply_and_the_right_answer(
    write_study: WriteStudy, tmp_path: Path
) -> None:
    write_study("a/one", {"threshold_belief": [False], "dynamics": [None]})
    text = format_wrong(wrong_answers(load(tmp_path, frames=("studies",)).skills, 5))
    assert "a/one, fishery, threshold_belief, problem 0: answered 5, correct: 4" in text
    assert "\n  > Problem 0 of threshold_belief?\n  < Answer: 5" in text
    assert "dynamics, problem 0: unreadable, correct: 16\nReason: no number" in text


def test_the_json_has_the_same_content(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"sustainable_action": [False]})
    [record] = json.loads(render(wrong_table(wrong_answers(load(tmp_path, frames=("studies",)).skills, 5)), "json"))
    assert (record["test"], record["problem"], record["answer"]) == ("sustainable_action", 0, 5)
    assert (record["least"], record["most"], record["stock"]) == (1, 4, 43)
    assert (record["prompt"], record["reply"]) == ("Problem 0 of sustainable_action?", "Answer: 5")


def test_the_list_of_wrong_answers_states_that_it_is_empty(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True]})
    assert "There are no wrong answers" in format_wrong(wrong_answers(load(tmp_path, frames=("studies",)).skills, 5))


def test_an_answer_whose_question_is_gone_is_rejected(write_study: WriteStudy, tmp_path: Path) -> None:
    path = write_study("a/one", {"dynamics": [False]})
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if '"kind":"message"' not in line]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(JournalError, match=r"the question of problem 0 of dynamics is missing"):
        wrong_answers(load(tmp_path, frames=("studies",)).skills, 5)
