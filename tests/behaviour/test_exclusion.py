"""Exclusion by vote, and appeals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.journal import Charges, ExclusionLine, TermsLine
from tests.living import Live, Lived

ONE_TAKES_14: dict[str, Any] = {
    "agents.default": "policy:fixed:8",
    "members.John.agent": "policy:fixed:14",
    "world.months": 5,
}


def lived(live: Live, society: dict[str, Any] = ONE_TAKES_14, **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"exclusion": how}]})
    return run


def test_policies_exclude_the_member_that_exceeds_the_threshold_most(live: Live) -> None:
    hard, announced = (lived(live, months=2, enforcement=how) for how in ("hard", "announced"))
    assert [one.granted["John"] for one in hard.harvests] == [14, 0, 0, 14, 0]
    assert [one.granted["John"] for one in announced.harvests] == [14] * 5
    line = next(hard.journal.of(ExclusionLine))
    assert (line.accused, line.excluded, line.until) == ("John", "John", 3)
    assert set(line.votes) == {"Kate", "Jack", "Emma", "Luke"}
    texts = [[one.text for one in run.journal.of(TermsLine)][:2] for run in (hard, announced)]
    assert texts[0] == texts[1]
    assert texts[0][1].endswith("Excluded this month: John.")
    assert re.findall(r"\d+", texts[0][1]) == ["2"]


def scripted(values: Callable[[Request], dict[str, str]]) -> type[Agent]:
    class Scripted(Agent):
        """An agent that answers as a test says."""

        name = "scripted"

        async def answer(self, request: Request) -> Answer:
            return Answer(values={"Answer": 10} if request.purpose == "harvest" else values(request))

    return Scripted


def test_a_failed_appeal_can_make_the_exclusion_longer(live: Live) -> None:
    def give(request: Request) -> dict[str, str]:
        if request.purpose == "exclude":
            return {"Member": "none" if request.view.member == "Kate" or request.view.month > 1 else "Kate"}
        return {"Decision": "yes" if request.purpose == "appeal" else "no"}

    with AGENTS.temporary(scripted(give)):
        base = {"agents.default": "scripted", "world.months": 4, "society.communication": False}
        run = lived(live, base, appeal=True, after_appeal=2)
    assert [one.granted["Kate"] for one in run.harvests] == [10, 0, 0, 10]
    text = next(run.journal.of(TermsLine)).text
    assert "If the appeal fails, it is excluded for 2 months." in text


@pytest.mark.parametrize(
    ("jury", "excluded", "catches"), [({"Jack", "Emma", "Luke"}, None, [10, 10]), ({"Jack", "Emma"}, "Kate", [10, 0])]
)
def test_an_appeal_costs_a_fee_and_succeeds_with_more_than_half_of_the_others(
    live: Live, jury: set[str], excluded: str | None, catches: list[int]
) -> None:
    def give(request: Request) -> dict[str, str]:
        me = str(request.view.member)
        if request.purpose == "exclude":
            return {"Member": "Kate" if me in ("John", "Jack", "Emma") else "none"}
        return {"Decision": "yes" if request.purpose == "appeal" or me in jury else "no"}

    with AGENTS.temporary(scripted(give)):
        base = {"agents.default": "scripted", "world.months": 2, "society.communication": False}
        run = lived(live, base, appeal=True, fee=2)
    line = next(run.journal.of(ExclusionLine))
    assert (line.accused, line.appealed, line.excluded) == ("Kate", True, excluded)
    assert [one.granted["Kate"] for one in run.harvests] == catches
    fees = [one for event in run.journal.of(Charges) for one in event.charges if event.month == 1]
    assert [(one.member, one.paid) for one in fees] == [("Kate", 200_000)]


def test_half_of_the_votes_exclude_no_member_and_strangers_cannot_be_named(live: Live) -> None:
    base = {"agents.default": "scripted", "world.months": 1, "society.members": ["Ann", "Bo"]}
    base["society.communication"] = False
    with AGENTS.temporary(scripted(lambda request: {"Member": "Bo" if request.view.member == "Ann" else "none"})):
        assert next(lived(live, base).journal.of(ExclusionLine)).excluded is None
    with AGENTS.temporary(scripted(lambda request: {"Member": str(request.view.member)})):
        failed = lived(live, {**base, "seed": 1})
    assert failed.journal.end is not None
    assert "Member = 'Ann' is not an allowed answer" in (failed.journal.end.reason or "")
