"""What a society makes of the answers that it is given."""

from __future__ import annotations

import re
from typing import Any

import pytest

from govsim.agents import AGENTS, POLICIES, Agent, Answer, Request
from govsim.config import experiment_from
from govsim.plugins import Extension
from govsim.society import plugins_used
from tests.living import Live


class Odd(Agent):
    """An agent of another package that answers with what a test gives it."""

    name = "odd"
    gives: Any = None

    async def answer(self, request: Request) -> Answer:
        given: Answer = self.gives
        return given


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Answer(values={}), "on harvest for Luke: Answer is missing"),
        (Answer(values={"Answer": 3.7}), "on harvest for Luke: Answer = 3.7 is not an allowed answer"),  # type: ignore[dict-item]
        (Answer(values={"Answer": -5}), "on harvest for Luke: Answer = -5 is not an allowed answer"),
        (Answer(values={"Answer": 101}), "on harvest for Luke: Answer = 101 is not an allowed answer"),
        (Answer(values={"Answer": "7"}), "on harvest for Luke: Answer = '7' is not an allowed answer"),
        (Answer(values={"Answer": True}), "on harvest for Luke: Answer = True is not an allowed answer"),
        (Answer(values={"Answer": None}), "on harvest for Luke: Answer = None is not an allowed answer"),
        (Answer(values={"Answer": 5, "Say": "Hello."}), "on harvest for Luke: Say is not a field of the question"),
        (7, "on harvest for Luke: returned 7; must be a govsim.agents.Answer with values by field tag"),
    ],
)
def test_an_invalid_answer_fails_the_run_and_never_counts_as_a_catch_of_0(
    live: Live, monkeypatch: pytest.MonkeyPatch, given: object, message: str
) -> None:
    monkeypatch.setitem(AGENTS._own, "odd", Extension(name="odd", value=Odd, origin="a plug-in"))
    monkeypatch.setattr(Odd, "gives", given)
    [run] = live("fishery", {"members.Luke.agent": "odd", "agents.default": "policy:greedy"})
    end = run.journal.end
    assert (run.harvests, end.status if end else None) == ([], "failed")
    assert end is not None
    assert re.search(f"^agent odd: .*{re.escape(message)}$", end.reason or "")


def test_an_answer_with_a_reason_for_missing_values_is_a_forfeit(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(AGENTS._own, "odd", Extension(name="odd", value=Odd, origin="a plug-in"))
    monkeypatch.setattr(Odd, "gives", Answer(values={}, invalid="The line was cut."))
    settings = {"members.Luke.agent": "odd", "agents.default": "policy:fair-share", "world.months": 1}
    [run] = live("fishery", settings)
    assert run.harvests[0].invalid == {"Luke": "The line was cut."}


def test_the_plug_ins_used_include_those_of_policies_that_others_are_based_on(monkeypatch: pytest.MonkeyPatch) -> None:
    found = POLICIES.get("greedy", key="agent")
    monkeypatch.setitem(POLICIES._own, "grab", Extension(name="grab", value=found, origin="pack 1.2"))
    experiment = experiment_from({"agents": {"default": "policy:tremble:.1:noisy:.1:grab"}})
    assert plugins_used(experiment) == {"pack": "1.2"}
