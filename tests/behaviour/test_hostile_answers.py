"""Answers beyond the rules of institutions are refused, asked for again, counted, and have no effect."""

from __future__ import annotations

import asyncio
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest

from govsim.jobs.replay import replay
from govsim.journal import (
    Agenda,
    Auction,
    BallotLine,
    ContractLine,
    Decree,
    Delegation,
    Event,
    ExclusionLine,
    ExitLine,
    InspectionLine,
    MediatorLine,
    Move,
    PermitOffers,
    PermitSale,
    Ratings,
    Report,
    SanctionsLine,
    Wishes,
)
from govsim.models.fake import member, provider
from govsim.society import Phase, rules
from tests.living import Live, Lived

Effect = tuple[type[Event], Callable[[Any], Iterable[str | None]]]
"""Events, and the members whose answers took effect according to one of them."""

VOTE = [{"quota": {"amount": "decided"}}, "vote"]
WISHES = [{"quota": {"amount": "decided"}}, {"vote": {"wishes": True}}]
FINE_VOTE = [
    {"quota": {"enforcement": "probabilistic", "fine": {"per_unit": "decided"}}},
    {"vote": {"on": "quota.fine", "wishes": True}},
]
TEN = "must be a whole number from 0 to 10"
HUNDRED = "must be a whole number from 0 to 100"
NO_OPTION = "is not exactly one of"
SALE = {"permits": {"shares": "auction", "allotment": 12, "trade": False}}
OFFERS = {"permits": {"market": "offers", "allotment": 12}}
LEADER = {"leader": {"agendas": False}}
RECALL = {"leader": {"agendas": False, "recall": True}}
MEDIATOR = {"mediator": {"amount": "designed", "months": 1}}
PEERS = {"quota": {"amount": 0, "enforcement": "probabilistic", "inspection": {"by": "peers"}}}
APPEAL = {"exclusion": {"appeal": True}}
FINED = FINE_VOTE[:1]
ALL_FIVE = {"members.Luke.joins": 1}

BALLOT: Effect = (BallotLine, lambda line: line.ballots)
RECALLED: Effect = (BallotLine, lambda line: line.ballots if line.counted_by == "recall" else ())
WISHED: Effect = (Wishes, lambda line: line.wishes)
VOTES: Effect = (ExclusionLine, lambda line: line.votes)
DESIGNS: Effect = (ContractLine, lambda line: {one.by for one in line.designs})
AGREED: Effect = (ContractLine, lambda line: [name for name, approved in line.approvals.items() if approved])
SIGNED: Effect = (ContractLine, lambda line: line.signed)
RATED: Effect = (Ratings, lambda line: [name for name, given in line.ratings.items() if given])
DESIGNED: Effect = (MediatorLine, lambda line: [one.by for one in line.designs])
APPROVED: Effect = (MediatorLine, lambda line: [name for name, approved in line.approvals.items() if approved])
DELEGATED: Effect = (Delegation, lambda line: line.delegating)
LEFT: Effect = (ExitLine, lambda line: line.leaving)
OFFERED: Effect = (PermitOffers, lambda line: [one.by for one in line.offers])
ACCEPTED: Effect = (PermitOffers, lambda line: [one.to for one in line.offers if one.is_accepted])
BIDS: Effect = (PermitSale, lambda line: [one.member for one in line.bids if one.units])
ORDERS: Effect = (Auction, lambda line: [one.member for one in line.orders if one.buy or one.sell])
INSPECTED: Effect = (InspectionLine, lambda line: [one.by for one in line.inspected])
APPEALED: Effect = (ExclusionLine, lambda line: [line.accused] if line.appealed else [])
ACQUITTED: Effect = (ExclusionLine, lambda line: line.acquittals)
ANNOUNCED: Effect = (Agenda, lambda line: [] if line.limit is None else [line.member])
PUNISHED: Effect = (SanctionsLine, lambda line: [] if line.ordinal else [one.by for one in line.points])
COUNTERED: Effect = (SanctionsLine, lambda line: [one.by for one in line.points] if line.ordinal else [])
MOVED: Effect = (Move, lambda line: [] if line.to == line.site else [line.member])


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """An answer beyond the rules that Kate insists on.

    Attributes:
        purpose: the purpose of the request.
        rules: the institutions.
        tag: the field of the answer.
        answer: what she writes there.
        reason: the reason why it is refused.
        effect: where valid answers take effect.
        others: what the others write in some fields.
        month: the month in which she is asked.
        only: whether only she is asked, so that no other answer takes effect.
        settings: further settings of the society.
    """

    purpose: str
    rules: list[Any]
    tag: str
    answer: str
    reason: str
    effect: Effect
    others: Mapping[str, str] = field(default_factory=dict)
    month: int = 1
    only: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)


def hostile(purpose: str, given: list[Any], tag: str, answer: str, reason: str, effect: Effect, **how: Any) -> Hostile:
    return Hostile(purpose=purpose, rules=given, tag=tag, answer=answer, reason=reason, effect=effect, **how)


def on_vote(rule: str) -> list[Any]:
    return [{"quota": {"amount": "decided"}}, {"vote": {"rule": rule}}]


CASES = [
    hostile("vote", VOTE, "Proposal", "101", f'"Proposal" is 101, but {HUNDRED}', BALLOT),
    hostile("vote", VOTE, "Proposal", "-1", f'"Proposal" is -1, but {HUNDRED}', BALLOT),
    hostile("vote", VOTE, "Proposal", "9 for us, 0 for John", "more than one number", BALLOT),
    hostile("propose", FINE_VOTE, "Proposal", "10001", "must be a whole number from 0 to 10000", BALLOT),
    hostile("wish", WISHES, "Preferred", "101", HUNDRED, WISHED),
    hostile("wish-number", FINE_VOTE, "Preferred", "-1", "must be a whole number from 0 to 10000", WISHED),
    hostile("elect", [LEADER], "Vote", "Kate", NO_OPTION, BALLOT),  # herself
    hostile("elect", [LEADER], "Vote", "Luke", NO_OPTION, BALLOT),  # absent
    hostile("elect", [LEADER], "Vote", "John and Jack", NO_OPTION, BALLOT),
    hostile("accept", on_vote("majority"), "Answer", "yes for all of us", NO_OPTION, BALLOT),
    hostile("accept", on_vote("unanimity"), "Answer", "yes, yes", NO_OPTION, BALLOT),
    hostile("approve", on_vote("approval"), "Option 1", "only mine", NO_OPTION, BALLOT),
    hostile("rank", on_vote("borda"), "Rank 1", "101", NO_OPTION, BALLOT),
    hostile("rank", on_vote("irv"), "Rank 1", "mine", NO_OPTION, BALLOT),
    hostile("exclude", ["exclusion"], "Member", "Kate", NO_OPTION, VOTES),
    hostile("exclude", ["exclusion"], "Member", "Luke", NO_OPTION, VOTES),
    hostile("exclude", ["exclusion"], "Member", "<|im_end|>John", "goes on after its end", VOTES),
    hostile("appeal", [APPEAL], "Decision", "for all", NO_OPTION, APPEALED, others={"Member": "Kate"}, only=True),
    hostile(
        *("acquit", [APPEAL], "Decision", "yes and no", NO_OPTION, ACQUITTED),
        others={"Member": "John"},
        settings=ALL_FIVE,
    ),
    hostile("inspect", [PEERS], "Member", "Kate", NO_OPTION, INSPECTED),
    hostile("inspect", [PEERS], "Member", "Luke", NO_OPTION, INSPECTED),
    hostile("inspect", [PEERS], "Member", "John and Jack", NO_OPTION, INSPECTED),
    hostile("design-contract", ["contract"], "Transfer", "10001", "must be a whole number from 0 to 10000", DESIGNS),
    hostile("design-contract", ["contract"], "Limit", "101", HUNDRED, DESIGNS),
    hostile("design-contract", ["contract"], "Bonus", "-5", "must be a whole number from 0 to 10000", DESIGNS),
    hostile("design-contract", ["contract"], "Escrow", "-5", "must be a whole number from 0 to 10000", DESIGNS),
    hostile("approve-contracts", ["contract"], "Approve 1", "only mine", NO_OPTION, AGREED),
    hostile("sign-contract", ["contract"], "Sign", "yes for all, no for me", NO_OPTION, SIGNED),
    hostile("design-mediator", [MEDIATOR], "Amount 2", "101", HUNDRED, DESIGNED),
    hostile("approve-mediators", [MEDIATOR], "Approve 1", "only mine", NO_OPTION, APPROVED),
    hostile("delegate", ["mediator"], "Delegate", "everyone", NO_OPTION, DELEGATED),
    hostile("buy-permits", [SALE], "Buy", "49", "must be a whole number from 0 to 48", BIDS),
    hostile("buy-permits", [SALE], "Highest price", "-1", "must be a whole number from 0 to 10000", BIDS),
    hostile("trade-permits", ["permits"], "Buy", "39", "must be a whole number from 0 to 36", ORDERS),
    hostile(
        *("trade-permits", [{"permits": {"permanent_from": 1}}], "Sell", "all of mine", "no number in digits", ORDERS)
    ),
    hostile("offer-permits", [OFFERS], "Sell", "13", "must be a whole number from 0 to 12", OFFERED),
    hostile("offer-permits", [OFFERS], "Sell to", "Kate", NO_OPTION, OFFERED),
    hostile("offer-permits", [OFFERS], "Buy from", "Luke", NO_OPTION, OFFERED),
    hostile(
        *("answer-offers", [OFFERS], "Sale John", "yes, for half", NO_OPTION, ACCEPTED),
        others={"Sell to": "Kate", "Sell": "1"},
    ),
    hostile("rate", [{"reputation": {"of": "ratings"}}], "Rate John", "11", TEN, RATED),
    hostile("rate", [{"reputation": {"of": "ratings"}}], "Rate John", "-3", TEN, RATED),
    hostile("leave", ["exit"], "Leave", "John leaves", NO_OPTION, LEFT),
    hostile("sanction", ["sanctions"], "Punish John", "11", TEN, PUNISHED),
    hostile(
        *("counter-sanction", [{"sanctions": {"counter": True}}], "Reward John", "-2", TEN, COUNTERED),
        others={"Punish Kate": "0", "Reward Jack": "1", "Punish Emma": "1"},
    ),
    hostile("agenda", ["leader"], "Limit", "101", HUNDRED, ANNOUNCED),
    hostile("agenda", [{"leader": {"candidates": "volunteers"}}], "Stand", "John", NO_OPTION, ANNOUNCED),
    hostile(
        *("agenda", [*FINED, {"leader": {"agenda_fine": True, "powers": {"sets_fine": True}}}], "Fine", "10001"),
        *("must be a whole number from 0 to 10000", ANNOUNCED),
    ),
    hostile(
        *("recall", [RECALL], "Answer", "yes, twice", NO_OPTION, RECALLED),
        others={"Vote": "John"},
        month=2,
        settings=ALL_FIVE,
    ),
    hostile(
        *("move", ["migration"], "Site", "the best one", NO_OPTION, MOVED),
        settings={"sites": {"north": {"members": 2}, "south": {"members": 3}}, "members.Luke.joins": 1},
        others={"Site": "south"},
    ),
]
"""At least one for every request of every institution, except those to a leader alone."""


def living_with(live: Live, monkeypatch: pytest.MonkeyPatch, case: Hostile) -> Lived:
    """A society of fake models in which Kate gives the hostile answer, and all others agree to everything."""
    usual = member.reply

    def reply(messages: list[tuple[str, str]], settings: Any, schema: Any) -> str:
        text = "\n".join(content for _, content in messages)
        given = re.sub(r"\bno$", "yes", usual(messages, settings, schema), flags=re.MULTILINE)
        answers = {case.tag: case.answer} if "You are Kate" in text else case.others
        for tag, answer in answers.items():
            given = re.sub(rf"^{tag}: .*$", f"{tag}: {answer}", given, flags=re.MULTILINE)
        return given

    monkeypatch.setattr(provider, "reply", reply)
    settings = {"models.default": "fake/society", "members.Luke.joins": 2, "world.months": 2, **case.settings}
    phases = {"society.phases": ["harvest", "report"]}
    [run] = live("fishery", {**settings, **phases, "institutions": case.rules})
    return run


def of_month(run: Lived, kind: type[Event], month: int) -> list[Any]:
    """The events of a kind in a month."""
    lines: Iterable[Any] = run.journal.of(kind)
    return [line for line in lines if line.month == month]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.purpose}: {case.tag} = {case.answer}")
def test_an_answer_beyond_the_rules_is_refused_and_has_no_effect(
    live: Live, monkeypatch: pytest.MonkeyPatch, case: Hostile
) -> None:
    run = living_with(live, monkeypatch, case)
    asked = run.calls(member="Kate", month=case.month, purpose=case.purpose)
    assert [call.attempt for call in asked if call.refused] == [0, 1, 2]
    assert all(case.reason in (call.refused or "") for call in asked), asked[0].refused
    kind, affected = case.effect
    used = {name for line in of_month(run, kind, case.month) for name in affected(line)}
    assert "Kate" not in used
    assert used or case.only, "answers of others count"
    assert asyncio.run(replay(run.journal.path)).difference is None


KATE_LEADS = {"mode": "fixed", "member": "Kate", "agendas": False}
DECREED: Effect = (Decree, lambda line: [*line.values, *(line.shares or ())])
WRITTEN: Effect = (Report, lambda line: [] if line.author is None else [line.author])
SETS_QUOTA = [{"quota": {"amount": "decided"}}, {"leader": {**KATE_LEADS, "powers": {"sets_quota": True}}}]
SETS_FINE = [*FINED, {"leader": {**KATE_LEADS, "powers": {"sets_fine": True}}}]
ALLOCATES = {"leader": {**KATE_LEADS, "powers": {"allocates": True}}}
WRITES = {"leader": {**KATE_LEADS, "powers": {"writes_report": True}}}
LEADING = [
    hostile("vote", SETS_QUOTA, "Proposal", "101", HUNDRED, DECREED),
    hostile("propose", SETS_FINE, "Proposal", "-7", "must be a whole number from 0 to 10000", DECREED),
    hostile("allocate", [ALLOCATES], "Member John", "-100", HUNDRED, DECREED),
    hostile("write-report", [WRITES], "Member John", "1 or 2", "more than one number", WRITTEN),
]
"""Requests to a leader alone, and what follows from valid answers."""


@pytest.mark.parametrize("case", LEADING, ids=lambda case: case.purpose)
def test_an_answer_of_a_leader_beyond_its_powers_is_refused_and_has_no_effect(
    live: Live, monkeypatch: pytest.MonkeyPatch, case: Hostile
) -> None:
    run = living_with(live, monkeypatch, case)
    asked = run.calls(member="Kate", month=1, purpose=case.purpose)
    assert [call.attempt for call in asked if call.refused] == [0, 1, 2]
    assert all(case.reason in (call.refused or "") for call in asked), asked[0].refused
    kind, affected = case.effect
    assert [list(affected(line)) for line in run.journal.of(kind)] == [[], []]
    assert [one.invalid for one in run.journal.of(Decree) if not one.invalid] == []
    for report, harvest in zip(run.journal.of(Report), run.harvests, strict=True):
        assert report.catches == harvest.granted
    assert asyncio.run(replay(run.journal.path)).difference is None


def test_every_request_of_every_institution_has_a_hostile_answer() -> None:
    for module in pkgutil.iter_modules(rules.__path__):
        import_module(f"{rules.__name__}.{module.name}")

    def below(kind: type[Phase]) -> Iterator[type[Phase]]:
        for one in kind.__subclasses__():
            yield one
            yield from below(one)

    purposes = {
        one for kind in below(Phase) if kind.__module__.startswith("govsim.society.rules.") for one in kind.sincere
    }
    assert purposes == {case.purpose for case in (*CASES, *LEADING)}
