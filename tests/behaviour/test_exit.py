"""Exit: who leaves, for how long, and what they earn outside."""

from __future__ import annotations

import re
from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.analysis import load
from govsim.journal import Accounts, ExitLine, Month, TermsLine
from tests.living import Live, Lived

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
KATE_TAKES_4: dict[str, Any] = {
    **{"agents.default": "policy:fixed:8", "members.Kate.agent": "policy:fixed:4", "world.months": 6},
}


def lived(live: Live, society: dict[str, Any] = KATE_TAKES_4, **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"exit": how}]})
    return run


def present(run: Lived, name: str) -> list[bool]:
    return [name in month.members for month in run.journal.of(Month)]


@pytest.mark.parametrize(("income", "leaves"), [(3.99, False), (4, False), (4.01, True)])
def test_a_policy_leaves_if_and_only_if_it_would_earn_more_outside(live: Live, income: float, leaves: bool) -> None:
    run = lived(live, income=income)
    assert present(run, "Kate") == [True, *[not leaves] * 5]
    assert all(month.members for month in run.journal.of(Month))
    assert {name for line in run.journal.of(ExitLine) for name in line.leaving} == ({"Kate"} if leaves else set())


def test_a_policy_expects_no_more_than_its_part_of_the_stock(live: Live) -> None:
    """After ten of eleven units are taken, two remain for five members, so that the others would catch nothing."""
    poor = {"agents.default": "policy:fixed:2", "world.capacity": 11, "world.collapse": 0, "world.months": 2}
    assert len(next(lived(live, poor, income=0.5).journal.of(ExitLine)).leaving) == 4
    rich = {**poor, "world.capacity": 40}
    assert next(lived(live, rich, income=0.5).journal.of(ExitLine)).leaving == ()


def test_members_outside_earn_the_income_and_shares_follow_the_number_of_members(live: Live) -> None:
    run = lived(live, income=5, months=2)
    assert present(run, "Kate") == [True, False, False, True, False, False]
    balances = [one.members["Kate"].balance // 100_000 for one in run.journal.of(Accounts)]
    assert balances == [4, 9, 14, 18, 23, 28]
    assert [one.member_threshold for one in run.harvests][:4] == [10, 12, 12, 10]
    month = [one for one in run.journal.of(Month) if one.month in (2, 4)]
    assert (month[0].left, month[1].joined) == (("Kate",), ("Kate",))
    assert load(run.journal.path).measures[0].values["net_income"] == (28 + 4 * 6 * 8) / 5 * 1000


def test_the_control_arm_has_the_same_words_and_no_member_leaves(live: Live) -> None:
    hard, announced = (lived(live, income=5, enforcement=how) for how in ("hard", "announced"))
    assert present(announced, "Kate") == [True] * 6
    first, other = (next(run.journal.of(TermsLine)).text for run in (hard, announced))
    assert first == other
    assert re.findall(r"[\d,]+", first)[-1] == "5,000"
    assert next(announced.journal.of(ExitLine)).decisions == next(hard.journal.of(ExitLine)).decisions
    assert not list(lived(live, income=5, enforcement="none").journal.of(ExitLine))


def test_one_member_stays_even_if_all_decide_to_leave(live: Live) -> None:
    run = lived(live, income=100)
    assert [len(month.members) for month in run.journal.of(Month)] == [5, 1, 1, 1, 1, 1]
    again = lived(live, {**KATE_TAKES_4, "seed": 3}, income=100)
    stayed = {next(name for name in FIVE if present(each, name)[1]) for each in (run, again)}
    assert len(stayed) == 2, "who stays is drawn"


def test_a_member_that_returns_does_not_know_the_catches_of_the_months_it_was_away(live: Live) -> None:
    known: dict[int, list[int]] = {}

    class Leaving(Agent):
        """An agent that leaves when it can; only Kate does."""

        name = "leaving"

        async def answer(self, request: Request) -> Answer:
            view = request.view
            if request.purpose == "harvest":
                if view.member == "Kate":
                    known[view.month] = [one.month for one in view.history]
                return Answer(values={"Answer": 5})
            return Answer(values={"Leave": "yes" if view.member == "Kate" else "no"})

    with AGENTS.temporary(Leaving):
        society = {"agents.default": "leaving", "society.communication": False, "world.months": 8}
        lived(live, society, months=2)
    assert known == {1: [], 4: [1], 7: [1, 4]}


def test_models_are_asked_with_the_income(live: Live) -> None:
    run = lived(live, {"models.default": "fake/society", "world.months": 2}, income=2.5, months=1)
    [asked] = run.prompts(purpose="leave", member="John")
    assert "Do you leave from next month on, for one month?" in asked
    assert "earn 2,500 dollars a month elsewhere" in asked
    said = {one.member: (one.values or {})["Leave"] == "yes" for one in run.calls(purpose="leave")}
    assert next(run.journal.of(ExitLine)).decisions == said
