"""Mediation: who delegates, and what they receive."""

from __future__ import annotations

import re
from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.journal import Delegation, TermsLine
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")


class Hesitant(Agent):
    """An agent that demands 20; all but Kate delegate."""

    name = "hesitant"

    async def answer(self, request: Request) -> Answer:
        if request.purpose == "harvest":
            return Answer(values={"Answer": 20})
        return Answer(values={"Delegate": "no" if request.view.member == "Kate" else "yes"})


def lived(live: Live, society: dict[str, Any], **how: Any) -> Lived:
    [run] = live("fishery", {"world.months": 1, **society, "institutions": [{"mediator": how}]})
    return run


def test_greedy_members_who_delegate_live_in_the_enforced_arm_only(live: Live) -> None:
    greedy = {"agents.default": "policy:greedy", "world.months": 12}
    ends = {how: len(lived(live, greedy, enforcement=how).harvests) for how in ("none", "announced", "hard")}
    assert ends == {"none": 1, "announced": 1, "hard": 12}


@pytest.mark.parametrize(
    ("how", "amount", "kate", "others"),
    [
        ({}, None, 20, 20),
        ({"otherwise": 3}, 3, 20, 3),
        ({"share": 0.8}, 10, 20, 10),
        ({"share": 0.8, "amount": 6}, 6, 20, 6),
    ],
)
def test_only_those_who_delegate_are_limited(
    live: Live, how: dict[str, Any], amount: int | None, kate: int, others: int
) -> None:
    with AGENTS.temporary(Hesitant):
        run = lived(live, {"agents.default": "hesitant", "society.communication": False}, **how)
    assert next(run.journal.of(Delegation)).amount == amount
    assert run.harvests[0].granted == {**dict.fromkeys(FIVE, others), "Kate": kate}
    numbers = re.findall(r"\d+", next(run.journal.of(TermsLine)).text)
    needed = 4 if "share" in how else 5
    assert numbers == [str(one) for one in (needed, how.get("amount", 10), how.get("otherwise")) if one is not None]
