"""Members that differ: what they can take and earn, their share, and when they are present."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from govsim.analysis.measures.usage import over_usage
from govsim.analysis.runs import harvests_of
from govsim.errors import ConfigError
from govsim.jobs import replay
from govsim.journal import Accounts, ExclusionLine, Month, Ratings, SanctionsLine
from tests.living import Live

FIVE = ("John", "Kate", "Jack", "Emma", "Luke")
FAIR = {"agents.default": "policy:fair-share", "world.months": 2}
FAKE = {"models.default": "fake/society", "models.args": {"catch": 5}, "world.months": 1}


def test_a_member_takes_at_most_its_limit_and_all_are_informed(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "members.Kate.limit": 3})
    assert run.harvests[0].granted == {**dict.fromkeys(FIVE, 5), "Kate": 3}
    [kates], [johns] = (run.prompts(purpose="harvest", member=name) for name in ("Kate", "John"))
    assert "any amount from 0 to 3." in kates
    assert "any amount from 0 to 100." in johns
    assert "The most for each of you: Kate 3." in johns


def test_a_greedy_policy_demands_its_limit(live: Live) -> None:
    [run] = live("fishery", {"agents.default": "policy:greedy", "members.Kate.limit": 3, "world.months": 1})
    assert run.harvests[0].asked == {**dict.fromkeys(FIVE, 100), "Kate": 3}


def test_the_sustainable_harvest_is_shared_by_weight_and_over_usage_counts_against_the_own_share(live: Live) -> None:
    weights = {"members.John.weight": 3, "members.Kate.weight": 0.5}
    [run] = live("fishery", {**FAIR, **weights, "members.Luke.agent": "policy:fixed:8"})
    first = run.harvests[0]
    # 50 units, weights 3, 0.5, 1, 1, 1: each weight of 1 is worth 7.69 units
    assert first.member_thresholds == {"John": 23, "Kate": 3, "Jack": 7, "Emma": 7, "Luke": 7}
    assert first.asked == {"John": 23, "Kate": 3, "Jack": 7, "Emma": 7, "Luke": 8}
    harvests = harvests_of(run.journal)
    assert over_usage(harvests.asked, harvests.member_thresholds) == 2 / 10


WEIGHTED = {"agents.default": "policy:fair-share", "members.Kate.weight": 2, "members.John.weight": 0.5}
OWN_SHARES = {"John": 4, "Kate": 18, "Jack": 9, "Emma": 9, "Luke": 9}


@pytest.mark.parametrize("name", ["John", "Kate"])
@pytest.mark.parametrize("policy", ["conditional", "win-stay-lose-shift", "tit-for-tat"])
def test_policies_continue_with_their_shares_as_long_as_all_others_keep_to_theirs(
    live: Live, policy: str, name: str
) -> None:
    [run] = live("fishery", {**WEIGHTED, f"members.{name}.agent": f"policy:{policy}", "world.months": 4})
    assert [harvest.granted for harvest in run.harvests] == [OWN_SHARES] * 4


def test_a_policy_expects_the_shares_of_the_others_first(live: Live) -> None:
    [run] = live("fishery", {**WEIGHTED, "members.Kate.agent": "policy:steward", "world.months": 1})
    assert run.harvests[0].granted == {**OWN_SHARES, "Kate": 100 - 50 - (4 + 9 + 9 + 9)}


@pytest.mark.parametrize(("john", "points"), [("fair-share", {}), ("fixed:6", {"John": 4 * [2]})])
def test_members_are_judged_by_their_own_shares(live: Live, john: str, points: dict[str, list[int]]) -> None:
    """Also in default answers: those of `fair-share` have no method for sanctions, ratings and exclusion."""
    settings = {**WEIGHTED, "members.John.agent": f"policy:{john}", "members.Emma.agent": "policy:punisher"}
    institutions = ["sanctions", {"reputation": {"of": "ratings"}}, "exclusion"]
    [run] = live("fishery", {**settings, "world.months": 1, "institutions": institutions})
    given: dict[str, list[int]] = {}
    for one in next(run.journal.of(SanctionsLine)).points:
        given.setdefault(one.member, []).append(one.punish)
    assert given == points
    excess = sum(points.get("John", [])) // 4
    ratings = [pair for own in next(run.journal.of(Ratings)).ratings.values() for pair in own.items()]
    assert {rating for member, rating in ratings if member != "John"} == {10}
    assert {rating for member, rating in ratings if member == "John"} == {10 - excess}
    assert next(run.journal.of(ExclusionLine)).accused == ("John" if points else None)


EQUAL = "if every fisher catches more than 10 tons this month, it will hold less fish"
IN_ALL = "If more than 50 tons of fish in all are caught at the lake this month, fewer tons of fish could be caught"


@pytest.mark.parametrize(
    ("members", "hint"),
    [
        ({}, EQUAL),
        ({"members.Kate.weight": 2}, f"{IN_ALL} next month than today. Your share of that amount is 16."),
        ({"members.John.limit": 3}, f"{IN_ALL} next month than today. Your share of that amount is 10."),
        ({"members.John.limit": 11}, EQUAL),
        ({"members.Kate.price": 5}, EQUAL),
    ],
)
def test_the_hint_is_true_if_shares_differ(live: Live, members: Mapping[str, Any], hint: str) -> None:
    """If every member but John takes one more than an equal share, these are 47 of 50 units with a limit of 3."""
    [run] = live("fishery", {**FAKE, **members, "society.hints": ["universalization"]})
    [prompt] = run.prompts(member="Kate", purpose="harvest")
    assert hint in prompt
    assert prompt.count("than today") == 1


def test_equal_weights_leave_the_journal_as_it_is(live: Live) -> None:
    [run] = live("fishery", FAIR)
    assert [harvest.member_thresholds for harvest in run.harvests] == [None, None]


def test_income_is_counted_at_the_price_of_each_member_from_its_endowment(live: Live) -> None:
    money = {"members.John.price": 500, "members.Kate.endowment": 70}
    [run] = live("fishery", {"agents.default": "policy:fixed:2", "world.months": 2, **money})
    balances = {name: account.balance for name, account in list(run.journal.of(Accounts))[-1].members.items()}
    assert balances == {**dict.fromkeys(FIVE, 400_000), "John": 200_000, "Kate": 407_000}


def test_prices_and_endowments_are_common_knowledge(live: Live) -> None:
    [run] = live("fishery", {**FAKE, "members.John.price": 500, "members.Kate.endowment": 70})
    prompt = run.prompts(purpose="harvest", member="Luke")[0]
    assert "Each of you earns money for every ton of fish" in prompt
    assert "John 500, Kate 1,000, Jack 1,000" in prompt
    assert "before the first month: John 0, Kate 70, Jack 0" in prompt
    [usual] = live("fishery", FAKE)
    assert "Each of you earns 1,000 dollars for every ton" in usual.prompts(purpose="harvest")[0]


def rosters(live: Live, members: Mapping[str, Any], months: int = 6, seed: int = 0) -> list[Month]:
    [run] = live("fishery", {"agents.default": "policy:fixed:1", "world.months": months, "seed": seed, **members})
    return list(run.journal.of(Month))


def test_a_member_leaves_in_its_month(live: Live) -> None:
    months = rosters(live, {"members.Kate.leaves": 3, "members.Luke.joins": 4}, months=4)
    assert [len(month.members) for month in months] == [4, 4, 3, 4]
    assert [month.left for month in months] == [(), (), ("Kate",), ()]
    assert [month.joined for month in months] == [(), (), (), ("Luke",)]


def test_members_join_and_leave_at_random_and_never_return(live: Live) -> None:
    hazards = {f"members.{name}.leaves": {"hazard": 0.3} for name in FIVE}
    months = rosters(live, {**hazards, "members.Luke.joins": {"hazard": 0.5}}, months=12, seed=3)
    sizes = [len(month.members) for month in months]
    assert sizes[-1] == 1
    assert min(sizes) == 1, "the last member stays"
    gone = [name for month in months for name in month.left]
    assert len(set(gone)) == len(gone) == 4
    for before, after in pairwise(months):
        assert not set(before.left) & set(after.members)


def test_a_newcomer_replaces_a_member_that_leaves(live: Live) -> None:
    """Jack is replaced by Emma, who is replaced by Luke, who leaves without a replacement."""
    leaves = {"members.Jack.leaves": 3, "members.Emma.leaves": 5, "members.Luke.leaves": 6}
    replaced = {"members.Emma.joins": {"replaces": "Jack"}, "members.Luke.joins": {"replaces": "Emma"}}
    months = rosters(live, {**leaves, **replaced}, months=6)
    assert [month.members[2:] for month in months] == [("Jack",)] * 2 + [("Emma",)] * 2 + [("Luke",), ()]
    assert [(month.left, month.joined) for month in months[2:5]] == [
        (("Jack",), ("Emma",)),
        ((), ()),
        (("Emma",), ("Luke",)),
    ]


def test_a_society_whose_only_member_is_replaced_goes_on(live: Live) -> None:
    settings = {"society.members": 2, "members.John.leaves": 2, "members.Kate.joins": {"replaces": "John"}}
    assert [month.members for month in rosters(live, settings, months=3)] == [("John",), ("Kate",), ("Kate",)]


def test_replacements_draw_nothing_and_are_the_same_when_replayed_and_resumed(live: Live) -> None:
    hazard = {"members.Kate.leaves": {"hazard": 0.4}, "members.Jack.leaves": {"hazard": 0.4}, "seed": 4}
    settings = {**FAKE, **hazard, "agents.default": "direct", "world.months": 5}
    [before] = live("fishery", settings)
    [run] = live("fishery", {**settings, "members.Luke.joins": {"replaces": "Kate"}})
    left = [list(month.left) for month in run.journal.of(Month)]
    assert left == [list(month.left) for month in before.journal.of(Month)]
    assert any(left)
    months = list(run.journal.of(Month))
    assert {month.month for month in months if "Luke" in month.joined} == {
        month.month for month in months if "Kate" in month.left
    }
    assert asyncio.run(replay(run.journal.path)).months == 5
    lines = run.journal.path.read_bytes().splitlines(keepends=True)
    run.journal.path.write_bytes(b"".join(lines[: len(lines) * 2 // 3]))
    [resumed] = live("fishery", {**settings, "members.Luke.joins": {"replaces": "Kate"}})
    assert list(resumed.journal.of(Month)) == months


def test_random_membership_depends_on_the_seed_alone(live: Live) -> None:
    hazards = {f"members.{name}.leaves": {"hazard": 0.2} for name in FIVE}
    first, again, other = (
        [month.members for month in rosters(live, {**hazards, **extra}, months=8, seed=seed)]
        for seed, extra in ((1, {}), (1, {"society.transparency": False}), (2, {}))
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"members.Kate.leaves": 1}, "members.Kate.leaves"),
        (
            {"members.Kate.joins": 4, "members.Kate.leaves": 3},
            "members.Kate.leaves = 3: must be after the month in which",
        ),
        ({"members.Kate.weight": 0}, "members.Kate.weight"),
        ({"members.Kate.limit": -1}, "members.Kate.limit"),
        ({"members.Kate.joins": {"hazard": 2}}, "members.Kate.joins"),
        ({"members.Kate.joins": "later"}, r"members.Kate.joins.*or \{replaces: NAME\}"),
        ({"members.Kate.leaves": {"replaces": "John"}}, "members.Kate.leaves"),
        ({"members.Kate.joins": {"replaces": "Anna"}}, "members.Kate.joins.replaces = Anna: there is no such member"),
        (
            {"members.Kate.joins": {"replaces": "Jack"}, "members.Jack.joins": {"replaces": "Kate"}},
            "members.Kate.joins: Kate, Jack would replace each other and never join",
        ),
        ({"members.Kate.joins": {"replaces": "Kate"}}, "Kate would replace"),
        ({f"members.{name}.joins": {"hazard": 0.5} for name in FIVE}, "at least one must join in month 1"),
    ],
)
def test_impossible_members_are_refused(live: Live, settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        live("fishery", {"agents.default": "policy:greedy", **settings})
