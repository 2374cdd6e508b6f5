"""Agents of plug-ins: an invalid answer fails the run and never becomes data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from tests.living import Live

SILENT = Answer(values={}, invalid="it says nothing")


def foreign(give: Callable[[Request], Any], *, speaks: bool = False) -> type[Agent]:
    class Foreign(Agent):
        """An agent of a plug-in."""

        name = "foreign"

        @classmethod
        def answers(cls, agent: str, purpose: str) -> bool:
            return speaks or purpose == "harvest"

        async def answer(self, request: Request) -> Answer:
            answer: Answer = give(request)
            return answer

    return Foreign


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "returned None; must be a govsim.agents.Answer with values by field tag"),
        (Answer(values={}), "Answer is missing"),
        (Answer(values={"Answer": 101}), "Answer = 101 is not an allowed answer"),
        (Answer(values={"Answer": -1}), "Answer = -1 is not an allowed answer"),
        (Answer(values={"Answer": True}), "Answer = True is not an allowed answer"),
        (Answer(values={"Answer": "7"}), "Answer = '7' is not an allowed answer"),
        (Answer(values={"Answer": 7, "Reason": "why not"}), "Reason is not a field of the question"),
        (Answer(values={"Answer": -1}, invalid="unreadable"), "Answer = -1 is not an allowed answer"),
        (Answer(values={5: 5}), "5 is not a field of the question"),  # type: ignore[dict-item]
    ],
)
def test_an_invalid_answer_fails_the_run(live: Live, given: Any, message: str) -> None:
    with AGENTS.temporary(foreign(lambda request: given)):
        [run] = live("fishery", {"agents.default": "foreign"})
    assert run.journal.end is not None
    assert run.journal.end.reason == f"agent foreign: answer on harvest for John: {message}"
    assert not run.harvests


@pytest.mark.parametrize(("tag", "value"), [("End", "perhaps"), ("Next", "Zoe"), ("Say", 3)])
def test_an_invalid_utterance_fails_the_run(live: Live, tag: str, value: Any) -> None:
    def give(request: Request) -> Answer:
        if request.purpose == "harvest":
            return Answer(values={"Answer": 1})
        others = next(field for field in request.fields if field.tag == "Next")
        return Answer(values={"Say": "Hello.", "End": "no", "Next": others.options[0], tag: value})  # type: ignore[union-attr]

    with AGENTS.temporary(foreign(give, speaks=True)):
        [run] = live("fishery", {"agents.default": "foreign", "models.framework": "fake/society"})
    assert run.journal.end is not None
    assert run.journal.end.status == "failed"
    assert (run.journal.end.reason or "").endswith(f": {tag} = {value!r} is not an allowed answer")


def test_unparsable_decisions_are_forfeited_and_counted(live: Live) -> None:
    with AGENTS.temporary(foreign(lambda request: SILENT)):
        [run] = live("fishery", {"agents.default": "foreign", "society.max_invalid": 1, "world.months": 1})
    assert run.harvests[0].invalid == dict.fromkeys(("John", "Kate", "Jack", "Emma", "Luke"), "it says nothing")


def test_a_member_that_modifies_its_request_does_not_affect_others(live: Live) -> None:
    seen = []

    def give(request: Request) -> Answer:
        seen.append(dict(request.variables))
        request.variables.clear()  # type: ignore[attr-defined]
        return Answer(values={"Answer": 1})

    with AGENTS.temporary(foreign(give)):
        live("fishery", {"agents.default": "foreign", "world.months": 1})
    assert len(seen) == 5
    assert all(one == seen[0] for one in seen)
