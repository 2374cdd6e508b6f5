"""Mediation: who delegates, and what they receive."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.errors import ConfigError
from govsim.jobs.replay import replay
from govsim.journal import Delegation, MediatorLine, MessageLine, TermsLine
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


class Designer(Agent):
    """An agent that designs a limit for 4 and 5 members; all but Kate delegate, and approve the design of Jack."""

    name = "designer"

    async def answer(self, request: Request) -> Answer:
        me = str(request.view.member)
        match request.purpose:
            case "harvest":
                return Answer(values={"Answer": 15})
            case "design-mediator":
                limits = {"Amount 4": len(me), "Amount 5": 10}
                return Answer(values={field.tag: limits.get(field.tag) for field in request.fields})
            case "approve-mediators":
                wanted = "Approve 3" if me in ("Kate", "Jack") else "Approve 5"
                return Answer(values={field.tag: "yes" if field.tag == wanted else "no" for field in request.fields})
        return Answer(values={"Delegate": "no" if me == "Kate" else "yes"})


class _Later(Agent):
    """An agent that takes its share in month 1 and all from month 2 on, and answers everything else sincerely."""

    name = "later"

    async def answer(self, request: Request) -> Answer:
        if request.purpose == "harvest":
            return Answer(values={"Answer": request.view.member_threshold if request.view.month == 1 else 100})
        assert request.sincere is not None
        return Answer(values=request.sincere(request))


class TestDesign:
    """Mediators that the members design."""

    def test_the_design_with_the_most_approvals_applies_for_its_months(self, live: Live) -> None:
        society = {"agents.default": "designer", "society.communication": False, "world.months": 5, "world.growth": 4}
        with AGENTS.temporary(Designer):
            run = lived(live, society, amount="designed", months=3)
        lines = list(run.journal.of(MediatorLine))
        assert [(line.month, line.winner) for line in lines] == [(1, "Luke"), (4, "Luke")]
        assert lines[0].designs[2].amounts == {"1": None, "2": None, "3": None, "4": 4, "5": 10}
        assert lines[0].approvals["Kate"] == ("Jack",)
        assert [line.month for line in run.journal.of(Delegation)] == [2, 3, 4, 5], "there is no mediator in month 1"
        assert {line.amount for line in run.journal.of(Delegation)} == {4}
        assert run.harvests[0].granted == dict.fromkeys(FIVE, 15)
        assert run.harvests[1].granted == {**dict.fromkeys(FIVE, 4), "Kate": 15}
        texts = [line.text for line in run.journal.of(TermsLine)]
        assert "No mediator is in force." in texts[0]
        assert re.findall(r"\d+", texts[1]) == ["3", "3", "1", "2", "3", "4", "4", "5", "10"]

    def test_members_that_grow_greedy_live_under_their_own_design_only_if_it_is_enforced(self, live: Live) -> None:
        with AGENTS.temporary(_Later):
            ends = {
                how: len(lived(live, {"agents.default": "later", "world.months": 6, "society.communication": False},
                               enforcement=how, amount="designed", months=6).harvests)
                for how in ("announced", "hard")
            }  # fmt: skip
        assert ends == {"announced": 2, "hard": 6}

    def test_models_design_mediators_in_the_same_words_however_they_bind(self, live: Live) -> None:
        sent = set()
        for how in ("announced", "hard"):
            base = {"models.default": "fake/society", "world.months": 2}
            run = lived(live, base, enforcement=how, amount="designed", months=1)
            assert any(line.designs for line in run.journal.of(MediatorLine))
            messages = {line.hash: line.content for line in run.journal.of(MessageLine)}
            asked = [*run.calls(purpose="design-mediator", month=1), *run.calls(purpose="approve-mediators", month=1)]
            sent.add(tuple(messages[hash_] for call in asked for hash_ in call.messages))
            assert asyncio.run(replay(run.journal.path)).difference is None
        assert len(sent) == 1

    def test_another_amount_for_too_few_members_is_refused(self, live: Live) -> None:
        message = "institutions.mediator.otherwise = 3: must be null if amount = designed"
        with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
            lived(live, {}, amount="designed", otherwise=3)
