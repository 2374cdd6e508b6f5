"""Migration between sites as an institution, and phases of suspended rules that span sites."""

from __future__ import annotations

from typing import Any

import pytest

from govsim.agents import AGENTS, Agent, Answer, Request
from govsim.config import experiment_from
from govsim.errors import ConfigError
from govsim.journal import Accounts, Month, Move, TermsLine
from govsim.society import RULES, AddedPhase, Phase, Rule, Society, compose
from tests.living import Live, Lived

SITES: dict[str, Any] = {"north": {"members": 2}, "south": {"members": 2, "world": {"capacity": 400}}}
FOUR: dict[str, Any] = {"agents.default": "policy:fixed:5", "society.members": 4, "world.months": 4}


def lived(live: Live, rules: list[Any], society: dict[str, Any] = FOUR, **sites: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": rules, "sites": sites or SITES})
    return run


def at(run: Lived, site: str) -> list[int]:
    return [len(month.members) for month in run.journal.of(Month) if month.site == site]


@pytest.mark.parametrize(
    ("how", "north", "dollars"),
    [
        ({}, [2, 0, 0, 0], 5_000),
        ({"cost": 1.5}, [2, 0, 0, 0], 3_500),
        ({"notice": 1}, [2, 2, 0, 0], 5_000),
        ({"notice": 2, "cost": 1}, [2, 2, 2, 0], 4_000),
        ({"every": 3}, [2, 2, 2, 0], 5_000),
        ({"enforcement": "announced", "cost": 1}, [2, 2, 2, 2], 5_000),
        ({"enforcement": "none"}, [2, 2, 2, 2], 5_000),
    ],
)
def test_members_move_at_a_cost_and_after_a_notice(
    live: Live, how: dict[str, Any], north: list[int], dollars: int
) -> None:
    run = lived(live, [{"migration": how}])
    assert at(run, "north") == north
    first = next(one for one in run.journal.of(Accounts) if one.site == "north")
    assert {account.balance for account in first.members.values()} == {dollars * 100}
    asked = [one.member for one in run.journal.of(Move) if one.site == "north"]
    if how.get("notice"):
        assert sorted(asked) == ["John", "Kate"], "not asked again before they have moved"


def test_members_can_leave_only_sites_with_the_rule(live: Live) -> None:
    sites = {"north": {**SITES["north"], "institutions": []}, "south": {"members": 2, "world": {"capacity": 30}}}
    run = lived(live, ["migration"], **sites)
    assert {one.site for one in run.journal.of(Move)} == {"south"}
    assert (at(run, "north"), at(run, "south")) == ([2, 4, 4, 4], [2, 0, 0, 0])


@pytest.mark.parametrize(("start", "movers"), [("open", {"north", "south"}), ("closed", set()), (None, {"south"})])
def test_members_of_sites_where_migration_is_suspended_do_not_move(
    live: Live, start: str | None, movers: set[str]
) -> None:
    def sets(now: str) -> list[Any]:
        choice = {"sets": {"open": ["migration"], "closed": []}, "mode": "imposed", "start": now}
        return ["migration", {"choice": choice}]

    sites = {
        "north": {**SITES["north"], "institutions": sets(start or "closed")},
        "south": {**SITES["south"], "institutions": sets(start or "open")},
    }
    run = lived(live, [], {**FOUR, "world.months": 2}, **sites)
    assert {one.site for one in run.journal.of(Move)} == movers
    stated = {one.site for one in run.journal.of(TermsLine) if one.rule == "migration"}
    assert stated == movers


class Talks(Phase):
    """A phase that announces communication, and would fail if it were simulated."""

    name = "talks"

    @property
    def spans_sites(self) -> bool:
        return True

    def announced(self, society: Society) -> list[str]:
        return ["communication"]

    async def run(self, society: Society) -> None:
        assert society.state.members == ("Jack", "Emma")


class Talking(Rule):
    """Adds a phase that spans sites."""

    name = "talking"

    def phases(self) -> list[AddedPhase]:
        return [AddedPhase(phase=Talks())]


class Listening(Agent):
    """An agent that notes what is announced to it."""

    name = "listening"
    heard: dict[str, frozenset[str]] = {}

    async def answer(self, request: Request) -> Answer:
        self.heard[str(request.view.member)] = request.view.announced
        return Answer(values={"Answer": 1})


def test_a_suspended_rule_announces_and_runs_nothing_where_it_is_suspended(live: Live) -> None:
    suspended = ["talking", {"choice": {"sets": {"none of it": [], "talk": ["talking"]}, "mode": "imposed"}}]
    sites = {"north": {"members": 2, "institutions": suspended}, "south": {"members": 2, "institutions": ["talking"]}}
    society = {**FOUR, "agents.default": "listening", "world.months": 1, "society.phases": ["harvest"]}
    with RULES.temporary(Talking), AGENTS.temporary(Listening):
        run = lived(live, [], society, **sites)
        assert run.journal.status == "completed"
        single = {**society, "society.members": 2, "institutions": suspended, "seed": 1}
        assert live("fishery", {**single, "members.John.agent": "listening"})[0].journal.status == "completed"
    assert {name for name, heard in Listening.heard.items() if "communication" in heard} == {"Jack", "Emma"}


def test_migration_requires_several_sites() -> None:
    with pytest.raises(ConfigError, match="phase migration-move: requires at least 2 sites; set sites"):
        compose(experiment_from({"scenario": "fishery", "institutions": ["migration"]}))
