"""Several sites: stocks with members and institutions of their own, discussions per site or for all, and moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from govsim.agents import Agent, Answer, Request
from govsim.analysis import load
from govsim.analysis.figures.months import stock_frame
from govsim.config import experiment_from
from govsim.errors import ConfigError, JournalError
from govsim.game import yardsticks
from govsim.jobs import replay
from govsim.journal import Accounts, Month, Move, Utterance, by_site, first_difference
from govsim.society import compose
from tests.living import Live, Lived

PAIR: dict[str, Any] = {
    "agents.default": "policy:fair-share",
    "society.members": 4,
    "sites": {"north": {"members": 2}, "south": {"members": 2}},
}
GREEDY = {"members.John.agent": "policy:greedy", "members.Kate.agent": "policy:greedy"}
MOVING: dict[str, Any] = {**PAIR, "society.phases": ["harvest", "report", "move"], "world.months": 3}
TALKING: dict[str, Any] = {
    **{"models.default": "fake/society", "models.args": {"catch": 6}, "world.months": 2, "society.members": 4},
    "members.Kate.agent": "direct",
    "sites": {
        "north": {"members": 2, "world": {"capacity": 60, "growth": 3}, "institutions": [{"quota": {"amount": 5}}]},
        "south": {"members": 2},
    },
}
RANDOM: dict[str, Any] = {
    **{"agents.default": "policy:random:two-shares", "world.months": 8, "world.collapse": {"uniform": [1, 4]}},
    "world.growth": {"multiply": {"factor": {"uniform": [2.0, 3.0]}}},
    "world.shocks": [{"loss": {"probability": 0.4}}],
    "observation.stock": {"noise": 0.1, "draw": "common"},
    "institutions": [{"quota": {"amount": 20}}],
}


def moves(run: Lived) -> list[tuple[int, str, str | None, str]]:
    return [(one.month, one.member, one.site, one.to) for one in run.journal.of(Move)]


def rosters(run: Lived, site: str) -> list[tuple[str, ...]]:
    return [month.members for month in run.journal.of(Month) if month.site == site]


def test_a_greedy_site_collapses_in_month_1_and_a_fair_one_survives_12_months(live: Live) -> None:
    [run] = live("fishery", {**PAIR, **GREEDY})
    north, south = by_site(run.harvests).values()
    assert [(one.month, one.is_collapsed, one.stock_after_harvest) for one in north] == [(1, True, 0)]
    assert [one.month for one in south] == list(range(1, 13))
    assert {one.stock_before for one in south} == {100}
    assert run.journal.status == "completed"
    [measured] = load(run.journal.path).measures
    assert measured.values["survival_time"] == 12
    assert measured.values["survival_rate"] is True
    assert measured.values["site_survival"] == 0.5
    assert measured.values["gain"] == (100 + 12 * 2 * 25) / 4
    assert measured.values["efficiency"] == pytest.approx((100 + 12 * 50) / (12 * 100))
    assert measured.values["share_of_optimum"] == (100 + 12 * 50) / 1300
    assert measured.values["regret"] == 1300 - (100 + 12 * 50)


def test_a_run_ends_when_all_sites_have_collapsed(live: Live) -> None:
    sites = {"north": {"members": 2}, "south": {"members": 2, "world": {"growth": 0.5}}}
    [run] = live("fishery", {**PAIR, "sites": sites, "members.John.agent": "policy:greedy"})
    last = {site: harvests[-1] for site, harvests in by_site(run.harvests).items()}
    assert all(one.is_collapsed for one in last.values())
    assert run.journal.status == "collapsed"
    assert run.journal.end is not None
    [measured] = load(run.journal.path).measures
    assert run.journal.end.months == measured.values["survival_time"] == last["south"].month > last["north"].month == 1


def test_lines_carry_the_site_only_in_runs_with_sites(live: Live) -> None:
    [usual] = live("fishery", {"agents.default": "policy:fair-share", "world.months": 1})
    assert b"site" not in usual.journal.path.read_bytes()
    [run] = live("fishery", {**PAIR, "world.months": 1})
    assert {one.site for one in run.journal.events if one.kind in ("month", "harvest", "report")} == {"north", "south"}


def test_a_second_site_affects_no_draw_of_the_first(live: Live, tmp_path: Path) -> None:
    def at_north(folder: str, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
        [run] = live("fishery", {**RANDOM, **settings}, folder=tmp_path / folder)
        return [one.model_dump() for one in run.journal.events if one.site == "north"]

    alone = at_north("one", {"society.members": 2, "sites": {"north": {"members": 2}}})
    both = at_north("two", {"society.members": 4, "sites": {"north": {"members": 2}, "south": {"members": 2}}})
    assert len(alone) > 10
    assert both == alone


def test_sites_have_draws_of_their_own(live: Live) -> None:
    [run] = live(
        "fishery", {**RANDOM, "society.members": 4, "sites": PAIR["sites"], "agents.default": "policy:fixed:9"}
    )
    north, south = ([one.stock_before for one in found] for found in by_site(run.harvests).values())
    assert north[1:] != south[1:]


def test_units_are_conserved_at_each_site_and_members_are_at_one(live: Live) -> None:
    settings = {
        **RANDOM,
        "society.members": 6,
        "sites": {"a": {"members": 4}, "b": {"members": 2}, "c": {"members": 0}},
    }
    settings |= {"society.phases": ["harvest", "report", "move"], "agents.default": "policy:fixed:11"}
    [run] = live("fishery", {**settings, "world.collapse": 0, "world.shocks": []}, runs=1)
    for harvests in by_site(run.harvests).values():
        for one in harvests:
            assert one.stock_before - sum(one.granted.values()) == one.stock_after_harvest
        for before, after in pairwise(harvests):
            assert (after.month, after.stock_before) == (before.month + 1, before.stock_after_growth)
    by_month: dict[int, list[str]] = {}
    for month in run.journal.of(Month):
        by_month.setdefault(month.month, []).extend(month.members)
    assert all(sorted(names) == sorted(run.journal.header.experiment.society.members) for names in by_month.values())
    assert len({len(month.members) for month in run.journal.of(Month)}) > 2, "members moved"


def test_an_empty_site_grows(live: Live) -> None:
    sites = {"north": {"members": 4}, "south": {"members": 0, "world": {"initial": 20}}}
    [run] = live("fishery", {**PAIR, "sites": sites, "world.months": 4})
    assert [one.stock_before for one in by_site(run.harvests)["south"]] == [20, 40, 80, 100]


def test_a_site_overrides_the_world_and_the_institutions(live: Live) -> None:
    [run] = live("fishery", {**TALKING, "world.months": 1})
    north, south = run.harvests
    assert (north.stock_before, north.stock_after_growth, north.granted) == (60, 60, {"John": 5, "Kate": 5})
    assert (south.stock_before, south.granted) == (100, {"Jack": 6, "Emma": 6})
    [johns], [jacks] = (run.prompts(purpose="harvest", member=name) for name in ("John", "Jack"))
    quota = "nobody may take more than 5"
    assert (quota in johns, "triples" in johns) == (True, True)
    assert (quota in jacks, "doubles" in jacks) == (False, True)


def test_members_know_only_the_stock_and_the_catches_of_their_site(live: Live) -> None:
    [run] = live("fishery", TALKING)
    for prompt in run.prompts(member="John"):
        assert "Jack" not in prompt
        assert "Emma" not in prompt
        assert "You are at north; the other site is south." in prompt
    assert any("John 5, Kate 5." in prompt for prompt in run.prompts(member="John", purpose="line"))


def test_members_discuss_at_their_site_or_all_together(live: Live) -> None:
    assembly = {"discussion": {"as": "assembly", "scope": "all", "max_lines": 4, "next_speaker": "others"}}
    phases = ["harvest", "report", "discussion", assembly, "reflection"]
    [run] = live("fishery", {**TALKING, "society.phases": phases, "world.months": 1})
    said = by_site(run.journal.of(Utterance))
    speakers = {site: {one.member for one in lines} - {"moderator"} for site, lines in said.items()}
    assert speakers["north"] == {"John", "Kate"}
    assert speakers["south"] == {"Jack", "Emma"}
    assert {len(speakers[None] & speakers[site]) > 0 for site in ("north", "south")} == {True}
    assert said[None][0].text == "This month's harvest is over. What do you make of it, and how shall it go on?"
    lines = [one.ordinal for one in run.utterances]
    assert lines == list(range(len(lines))), "utterances of a month are counted across sites"


def test_without_a_discussion_at_their_site_members_learn_its_catches(live: Live) -> None:
    together = ["harvest", "report", {"discussion": {"scope": "all", "max_lines": 3}}]
    [run] = live("fishery", {**TALKING, "society.phases": together, "world.months": 1})
    assert [one.by for one in run.journal.events if one.kind == "report"] == ["memory", "memory"]  # type: ignore[attr-defined]
    assert "Kate caught 5" in "".join(run.prompts(purpose="line", member="John"))


def test_policies_move_to_the_site_with_more_units_per_member(live: Live) -> None:
    [run] = live("fishery", {**MOVING, "agents.default": "policy:fixed:5", "sites.south.world": {"capacity": 60}})
    assert moves(run)[:4] == [
        (1, "John", "north", "north"),  # 100 / 2 against 60 / 3
        (1, "Kate", "north", "north"),
        (1, "Jack", "south", "north"),  # 60 / 2 against 100 / 3
        (1, "Emma", "south", "north"),
    ]
    assert rosters(run, "north")[1] == ("John", "Kate", "Jack", "Emma")
    [arrival] = [one for one in run.journal.of(Month) if (one.month, one.site) == (2, "north")]
    [departure] = [one for one in run.journal.of(Month) if (one.month, one.site) == (2, "south")]
    assert (arrival.joined, departure.left) == (("Jack", "Emma"), ("Jack", "Emma"))


def test_members_stay_where_they_have_as_much_as_elsewhere(live: Live) -> None:
    [run] = live("fishery", MOVING)
    assert all(site == to for _, _, site, to in moves(run))


def test_members_choose_every_k_months_but_not_after_the_last(live: Live) -> None:
    phases = ["harvest", {"move": {"every": 2}}]
    [run] = live("fishery", {**MOVING, "society.phases": phases, "world.months": 6})
    assert {month for month, *_ in moves(run)} == {2, 4}


def test_members_leave_a_collapsed_site_and_none_moves_there(live: Live) -> None:
    [run] = live("fishery", {**MOVING, **GREEDY, "world.collapse": 30, "sites.south.world": {"capacity": 400}})
    assert moves(run)[:2] == [(1, "John", "north", "south"), (1, "Kate", "north", "south")]
    assert all(to == "south" for _, _, _, to in moves(run))
    assert rosters(run, "south")[1] == ("John", "Kate", "Jack", "Emma")


def test_members_of_a_collapsed_site_wait_there_for_their_next_choice(live: Live) -> None:
    phases = ["harvest", {"move": {"every": 2}}]
    [run] = live("fishery", {**MOVING, **GREEDY, "society.phases": phases, "world.months": 4})
    assert rosters(run, "south")[:3] == [("Jack", "Emma"), ("Jack", "Emma"), ("John", "Kate", "Jack", "Emma")]
    assert rosters(run, "north") == [("John", "Kate")]


def test_moving_costs_money_and_balances_follow(live: Live) -> None:
    phases = ["harvest", {"move": {"cost": 700}}]
    settings = {**MOVING, **GREEDY, "society.phases": phases, "institutions": [{"quota": {"amount": 50}}]}
    [run] = live("fishery", {**settings, "world.months": 2, "sites.south.world": {"capacity": 400, "growth": 3}})
    accounts = {(one.month, one.site): one.members for one in run.journal.of(Accounts)}
    first, second = accounts[1, "north"]["John"], accounts[2, "south"]["John"]
    assert (first.earned, first.charged, first.balance) == (5_000_000, 70_000, 4_930_000)
    assert second.balance == first.balance + second.earned


def test_models_choose_a_site(live: Live) -> None:
    [run] = live("fishery", {**TALKING, "society.phases": ["harvest", "report", "move"]})
    [asked] = run.prompts(purpose="move", member="John")
    north = "- north: 2 fishers, 60 tons of fish, of which 10 were taken."
    south = "- south: 2 fishers, 100 tons of fish, of which 12 were taken."
    assert f"before the harvest:\n{north}\n{south}\n\nThink" in asked
    assert [one.to for one in run.journal.of(Move)] == [
        (call.values or {})["Site"]
        for name in ("John", "Kate", "Jack", "Emma")
        for call in run.calls(purpose="move", member=name)
    ]


class Mumbler(Agent):
    """Takes 5 units, and says nothing that could be read."""

    name = "mumbler"

    async def answer(self, request: Request) -> Answer:
        return Answer(values={"Answer": 5}) if request.purpose == "harvest" else request.answer({}, invalid="mumbles")


def test_an_unparsable_choice_is_to_stay(live: Live, plug_in: Callable[[str, str, object], None]) -> None:
    plug_in("agents", "mumbler", Mumbler)
    [run] = live("fishery", {**MOVING, "members.Jack.agent": "mumbler", "sites.south.world": {"capacity": 10}})
    [jacks, *_] = [one for one in run.journal.of(Move) if one.member == "Jack"]
    assert (jacks.site, jacks.to, jacks.invalid) == ("south", "south", "mumbles")


@pytest.mark.parametrize(
    "settings",
    [
        {
            **RANDOM,
            "society.members": 6,
            "sites": {"a": {"members": 4}, "b": {"members": 2}},
            "society.phases": ["harvest", "move"],
        },
        {
            **TALKING,
            "society.phases": [
                "harvest",
                "report",
                "discussion",
                {"discussion": {"as": "all", "scope": "all"}},
                "reflection",
                "move",
            ],
        },
    ],
    ids=["policies", "models"],
)
def test_runs_with_sites_are_replayed_and_resumed(live: Live, tmp_path: Path, settings: Mapping[str, Any]) -> None:
    [whole] = live("fishery", settings)
    path, content = whole.journal.path, whole.journal.path.read_bytes()
    replayed = asyncio.run(replay(path))
    assert (replayed.difference, replayed.is_complete) == (None, True)
    for part, share in enumerate((0.3, 0.6, 0.95)):
        folder = tmp_path / f"part-{part}"
        cut = folder / path.relative_to(tmp_path / "runs")
        cut.parent.mkdir(parents=True)
        cut.write_bytes(content[: int(len(content) * share)])
        [again] = live("fishery", settings, folder=folder)
        assert again.journal.path == cut
        assert first_difference(whole.journal, again.journal) is None


def test_yardsticks_of_sites_are_sums_and_bounds() -> None:
    sites = {"north": {"members": 2, "world": {"capacity": 60}}, "south": {"members": 3}}
    parts = [yardsticks(experiment_from({"world": {"capacity": units}})).optimum.value or 0 for units in (60, 100)]
    found = yardsticks(experiment_from({"sites": sites}))
    assert (found.optimum.value, found.optimum.method) == (sum(parts), "bound")
    assert found.equilibrium.method == found.critical_continuation.method == "unavailable"
    assert found.optimum_path is None


def test_the_mean_stock_of_sites_is_within_the_sum_of_their_capacities(live: Live) -> None:
    runs = live("fishery", {**PAIR, "agents.default": "policy:random:two-shares", "world.collapse": 0}, runs=2)
    frame = stock_frame(load(runs[0].journal.path.parent))
    first = frame[(frame["series"] == "mean") & (frame["month"] == 1)]
    assert first["stock"].tolist() == [200]
    assert frame["high"].max() > 100


def test_frames_of_a_run_with_sites(live: Live) -> None:
    [run] = live("fishery", {**MOVING, **GREEDY})
    results = load(run.journal.path)
    assert results.months["received"].tolist()[0] == sum(sum(one.granted.values()) for one in run.harvests[:2])
    assert results.months["month"].tolist() == sorted({one.month for one in run.harvests})
    assert results.sites[["site", "month"]].values.tolist() == [[one.site, one.month] for one in run.harvests]
    assert results.decisions.groupby(["month", "member"]).size().max() == 1
    assert set(results.decisions["site"]) == {"north", "south"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"society": {"phases": ["harvest", "move"]}}, "phase move: requires at least 2 sites; set sites"),
        (
            {"society": {"phases": ["move", "harvest"]}, "sites": {"a": {"members": 5}, "b": {"members": 0}}},
            "society.phases: move precedes the harvest",
        ),
        (
            {"sites": {"a": {"members": 5, "institutions": ["tithe"]}}},
            "institutions = tithe: there is no such rule",
        ),
    ],
)
def test_impossible_compositions_are_rejected(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        compose(experiment_from(settings))


def test_harvests_at_an_unknown_site_are_an_error(live: Live) -> None:
    [run] = live("fishery", {**PAIR, "world.months": 1})
    path = run.journal.path
    path.write_bytes(path.read_bytes().replace(b'"site":"south"', b'"site":"sooth"'))
    with pytest.raises(JournalError, match="has harvests at site sooth, which the experiment does not have"):
        load(path)


def test_a_site_that_stops_early_is_an_error(live: Live) -> None:
    [run] = live("fishery", {**PAIR, "world.months": 2})
    path = run.journal.path
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not (b'"site":"south"' in line and b'"month":2' in line)]
    path.write_bytes(b"".join(kept))
    with pytest.raises(JournalError, match="which requires 2 months and no collapse at south; it has 1 month of harv"):
        load(path)
