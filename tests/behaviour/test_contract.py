"""Contracts: how they are concluded, whom they bind, and what they move."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.journal import Accounts, Charges, ContractLine, MessageLine, TermsLine
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
ONE_TAKES_14: dict[str, Any] = {
    "agents.default": "policy:fixed:8",
    "members.John.agent": "policy:fixed:14",
    "world.months": 2,
}


def lived(live: Live, society: dict[str, Any] = ONE_TAKES_14, **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"contract": how}]})
    return run


def transfers(run: Lived) -> list[tuple[int, str, str, int, str | None, str | None]]:
    lines = [(line.month, one) for line in run.journal.of(Charges) for one in line.charges]
    return [(month, one.reason, one.member, one.paid // 100, one.to, one.fund) for month, one in lines]


def member(values: Callable[[Request], dict[str, Any]], catches: dict[str, int]) -> type[Agent]:
    class Scripted(Agent):
        """An agent that answers as a test says."""

        name = "scripted"

        async def answer(self, request: Request) -> Answer:
            if request.purpose == "harvest":
                return Answer(values={"Answer": catches.get(str(request.view.member), 10)})
            usual = {"Limit": 10, "Transfer": 1_000, "Bonus": 0, "Escrow": 0, "Sign": "yes"}
            own = {field.tag: usual.get(field.tag, "yes") for field in request.fields}
            return Answer(values={tag: value for tag, value in {**own, **values(request)}.items() if tag in own})

    return Scripted


SCRIPTED: dict[str, Any] = {"agents.default": "scripted", "world.months": 3, "society.communication": False}


def test_policies_agree_on_a_limit_and_the_excess_is_transferred(live: Live) -> None:
    run = lived(live)
    line = next(run.journal.of(ContractLine))
    assert {(one.limit, one.transfer, one.bonus, one.escrow) for one in line.designs} == {(10, 100_000, 0, 0)}
    assert line.parties == FIVE
    assert transfers(run) == [(2, "transfer", "John", 1_000, other, None) for other in FIVE[1:]]


def test_announced_contracts_move_no_money_in_the_same_words(live: Live) -> None:
    assert not transfers(lived(live, enforcement="announced"))
    assert not list(lived(live, enforcement="none").journal.of(ContractLine))
    sent = set()
    for how in ("announced", "hard"):
        run = lived(live, {"models.default": "fake/society", "world.months": 2}, enforcement=how)
        messages = {one.hash: one.content for one in run.journal.of(MessageLine)}
        sent.add(tuple(messages[hash_] for call in run.calls() for hash_ in call.messages))
    assert len(sent) == 1


@pytest.mark.parametrize(("unsigned", "parties"), [("void", ()), ("signers", ("John", "Jack", "Emma", "Luke"))])
def test_a_contract_without_the_signature_of_one_is_void_or_binds_the_signers(
    live: Live, unsigned: str, parties: tuple[str, ...]
) -> None:
    with AGENTS.temporary(
        member(lambda request: {"Sign": "no"} if request.view.member == "Kate" else {}, {"Kate": 20})
    ):
        run = lived(live, SCRIPTED, unsigned=unsigned)
    assert next(run.journal.of(ContractLine)).parties == parties
    assert not transfers(run), "Kate is bound by nothing"


def test_the_contract_with_the_most_approvals_wins(live: Live) -> None:
    def give(request: Request) -> dict[str, Any]:
        if request.purpose == "design-contract":
            return {"Limit": 1 + FIVE.index(str(request.view.member))}
        return {field.tag: "yes" if field.tag in ("Sign", "Approve 3") else "no" for field in request.fields}

    with AGENTS.temporary(member(give, {})):
        run = lived(live, {**SCRIPTED, "world.months": 2})
    assert next(run.journal.of(ContractLine)).winner == "Jack"
    assert [one.quotas and one.quotas["John"] for one in run.journal.of(TermsLine)] == [None, 3]


def test_bonus_and_deposit_conserve_money(live: Live) -> None:
    def give(request: Request) -> dict[str, Any]:
        return {"Bonus": 400, "Escrow": 2_000}

    with AGENTS.temporary(member(give, {"John": 12, "Kate": 9})):
        run = lived(live, SCRIPTED, months=2)
    found = transfers(run)
    assert [one for one in found if one[0] == 1] == [
        (1, "deposit", name, 2_000, None, f"contract deposit of {name}") for name in FIVE
    ]
    second = [one for one in found if one[0] == 2]
    assert [one[3] for one in second if one[1] == "transfer"] == [500] * 4, "2 × 1,000 from John"
    assert [(one[2], one[3], one[4]) for one in second if one[1] == "bonus"] == [
        (name, 100, "Kate") for name in FIVE if name != "Kate"
    ]
    assert [(one[2], one[3]) for one in second if one[1] == "forfeited deposit"] == [(name, -500) for name in FIVE[1:]]
    third = [one[:4] for one in found if one[0] == 3 and "deposit" in one[1]]
    assert third == [
        *((3, "returned deposit", name, -2_000) for name in FIVE[1:]),
        *((3, "deposit", name, 2_000) for name in FIVE),
    ]
    earned = 0
    for harvest, accounts in zip(run.harvests, run.journal.of(Accounts), strict=True):
        earned += sum(harvest.granted.values()) * 100_000
        assert sum(one.balance for one in accounts.members.values()) + sum(accounts.funds.values()) == earned


def test_numbers_in_the_terms_are_those_of_the_contract(live: Live) -> None:
    def give(request: Request) -> dict[str, Any]:
        return {"Limit": 17, "Transfer": 1_250, "Bonus": 300, "Escrow": 4_500}

    with AGENTS.temporary(member(give, {})):
        run = lived(live, SCRIPTED, months=2)
    texts = [one.text for one in run.journal.of(TermsLine)]
    assert re.findall(r"\d[\d,]*", texts[0]) == ["2", "2"]
    assert re.findall(r"\d[\d,]*", texts[1]) == ["2", "2", "17", "1,250", "300", "4,500"]
