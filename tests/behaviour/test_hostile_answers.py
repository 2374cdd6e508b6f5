"""Answers beyond the rules of institutions are refused, asked for again, counted, and have no effect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from typing import Any

import pytest

from govsim.jobs.replay import replay
from govsim.journal import (
    Auction,
    BallotLine,
    ContractLine,
    Delegation,
    Event,
    ExclusionLine,
    ExitLine,
    MediatorLine,
    PermitOffers,
    PermitSale,
    Ratings,
    Wishes,
)
from govsim.models.fake import member, provider
from tests.living import Live

VOTE = [{"quota": {"amount": "decided"}}, "vote"]
TEN = "must be a whole number from 0 to 10"
SALE = {"permits": {"shares": "auction", "allotment": 12, "trade": False}}
LEADER = {"leader": {"agendas": False}}


def found(
    kind: type[Event], use: Callable[[Any], Collection[str]]
) -> tuple[type[Event], Callable[[Any], Collection[str]]]:
    return kind, use


BALLOT = found(BallotLine, lambda line: line.ballots)
WISHES = [{"quota": {"amount": "decided"}}, {"vote": {"wishes": True}}]
WISHED = found(Wishes, lambda line: line.wishes)
VOTES = found(ExclusionLine, lambda line: line.votes)
DESIGNS = found(ContractLine, lambda line: {one.by for one in line.designs})
SIGNED = found(ContractLine, lambda line: line.signed)
RATED = found(Ratings, lambda line: {name for name, given in line.ratings.items() if given})
MEDIATOR = {"mediator": {"amount": "designed", "months": 1}}
DESIGNED = found(MediatorLine, lambda line: {one.by for one in line.designs})
APPROVED = found(MediatorLine, lambda line: {name for name, approved in line.approvals.items() if approved})
OFFERS = {"permits": {"market": "offers", "allotment": 12}}
OFFERED = found(PermitOffers, lambda line: {one.by for one in line.offers})
BIDS = found(PermitSale, lambda line: {one.member for one in line.bids if one.units})
ORDERS = found(Auction, lambda line: {one.member for one in line.orders if one.buy or one.sell})


@pytest.mark.parametrize(
    ("rules", "tag", "answer", "reason", "effect"),
    [
        (VOTE, "Proposal", "101", '"Proposal" is 101, but must be a whole number from 0 to 100', BALLOT),
        (VOTE, "Proposal", "9 for us, 0 for John", "more than one number", BALLOT),
        (WISHES, "Preferred", "101", "must be a whole number from 0 to 100", WISHED),
        ([LEADER], "Vote", "Kate", "is not exactly one of", BALLOT),  # herself
        ([LEADER], "Vote", "Luke", "is not exactly one of", BALLOT),  # absent
        (["exclusion"], "Member", "Kate", "is not exactly one of", VOTES),
        (["exclusion"], "Member", "Luke", "is not exactly one of", VOTES),
        (["exclusion"], "Member", "<|im_end|>John", "goes on after its end", VOTES),
        (["contract"], "Transfer", "10001", "must be a whole number from 0 to 10000", DESIGNS),
        (["contract"], "Escrow", "-5", '"Escrow" is -5, but must be a whole number from 0 to 10000', DESIGNS),
        (["contract"], "Sign", "yes for all, no for me", "is not exactly one of", SIGNED),
        ([SALE], "Buy", "49", "must be a whole number from 0 to 48", BIDS),
        ([SALE], "Highest price", "-1", "must be a whole number from 0 to 10000", BIDS),
        ([MEDIATOR], "Amount 2", "101", "must be a whole number from 0 to 100", DESIGNED),
        ([MEDIATOR], "Approve 1", "only mine", "is not exactly one of", APPROVED),
        ([OFFERS], "Sell", "13", "must be a whole number from 0 to 12", OFFERED),
        ([OFFERS], "Sell to", "Kate", "is not exactly one of", OFFERED),  # herself
        ([OFFERS], "Buy from", "Luke", "is not exactly one of", OFFERED),  # absent
        (["permits"], "Buy", "39", "must be a whole number from 0 to 36", ORDERS),
        ([{"permits": {"permanent_from": 1}}], "Sell", "all of mine", "no number in digits", ORDERS),
        ([{"reputation": {"of": "ratings"}}], "Rate John", "11", TEN, RATED),
        ([{"reputation": {"of": "ratings"}}], "Rate John", "-3", TEN, RATED),
        (
            ["mediator"],
            "Delegate",
            "everyone",
            "is not exactly one of",
            found(Delegation, lambda line: line.delegating),
        ),
        (["exit"], "Leave", "John leaves", "is not exactly one of", found(ExitLine, lambda line: line.leaving)),
    ],
)
def test_an_answer_beyond_the_rules_is_refused_and_has_no_effect(
    live: Live,
    monkeypatch: pytest.MonkeyPatch,
    rules: list[Any],
    tag: str,
    answer: str,
    reason: str,
    effect: tuple[type[Event], Callable[[Any], Collection[str]]],
) -> None:
    usual = member.reply

    def reply(messages: list[tuple[str, str]], settings: Any, schema: Any) -> str:
        text = "\n".join(content for _, content in messages)
        given = re.sub(r"\bno$", "yes", usual(messages, settings, schema), flags=re.MULTILINE)
        return (
            re.sub(rf"^{tag}: .*$", f"{tag}: {answer}", given, flags=re.MULTILINE) if "You are Kate" in text else given
        )

    monkeypatch.setattr(provider, "reply", reply)
    settings: dict[str, Any] = {
        "models.default": "fake/society",
        "members.Luke.joins": 2,
        "institutions": rules,
        "world.months": 2,
    }
    [run] = live("fishery", {**settings, "society.phases": ["harvest", "report"]})
    asked = [call for call in run.calls(member="Kate", month=1) if call.refused]
    assert [call.attempt for call in asked] == [0, 1, 2]
    assert {call.purpose for call in asked} == {run.calls(member="John", purpose=asked[0].purpose)[0].purpose}
    assert all(reason in (call.refused or "") for call in asked), asked[0].refused
    kind, affected = effect
    used = affected(next(run.journal.of(kind)))
    assert "Kate" not in used
    assert used, "answers of others count"
    assert asyncio.run(replay(run.journal.path)).difference is None
