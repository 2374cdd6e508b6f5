"""Reputation: how standings arise, who learns them, and what they do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from govsim.errors import ConfigError
from govsim.journal import Call, MessageLine, Ratings, TermsLine
from tests.living import Live, Lived

ONE_TAKES_14: dict[str, Any] = {
    "agents.default": "policy:fixed:8",
    "members.John.agent": "policy:fixed:14",
    "world.months": 9,
}


def lived(live: Live, society: dict[str, Any] = ONE_TAKES_14, **how: Any) -> Lived:
    [run] = live("fishery", {**society, "institutions": [{"reputation": how}]})
    return run


def standings(run: Lived, member: str) -> list[float]:
    found = [one.values["standings"] for one in run.journal.of(TermsLine)]
    return [one[member] for one in found if isinstance(one, dict)]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("how", "john"),
    [
        ({}, [1, 0.8, 0.64, 0.51, 0.41]),
        ({"memory": 0.5}, [1, 0.5, 0.25, 0.12, 0.06]),
        ({"of": "record", "months": 2}, [1, 0, 0, 0, 0]),
        ({"of": "ratings"}, [1, 0.92, 0.86, 0.8, 0.76]),
    ],
)
def test_standings_follow_the_catches(live: Live, how: dict[str, Any], john: list[float]) -> None:
    run = lived(live, **how)
    assert standings(run, "John")[:5] == john
    assert set(standings(run, "Kate")) == {1.0}


@pytest.mark.parametrize("source", ["deeds", "record"])
def test_standings_that_would_reveal_the_stock_are_refused(live: Live, source: str) -> None:
    hiding = {**ONE_TAKES_14, "observation.stock": {"interval": 25}}
    with pytest.raises(ConfigError, match=f"institutions.reputation.of = {source}: would reveal the stock"):
        lived(live, hiding, of=source)
    assert set(standings(lived(live, hiding, of="ratings"), "Kate")) == {1.0}
    assert lived(live, hiding, of=source, enforcement="none").harvests


def test_members_of_low_standing_take_nothing_until_it_has_risen(live: Live) -> None:
    hard, announced = (lived(live, minimum=0.5, enforcement=how) for how in ("hard", "announced"))
    assert [one.granted["John"] for one in hard.harvests] == [14, 14, 14, 14, 0, 14, 0, 14, 0]
    assert [one.granted["John"] for one in announced.harvests] == [14] * 9
    texts = [[one.text for one in run.journal.of(TermsLine)][:5] for run in (hard, announced)]
    assert texts[0] == texts[1]
    assert "Whoever's standing is below 0.5 may take nothing, which this month is John." in texts[0][4]


def test_numbers_in_the_terms_are_those_of_the_rule(live: Live) -> None:
    for how, numbers in (
        ({"memory": 0.7, "minimum": 0.3}, [70, 30, 0.3]),
        ({"of": "record", "months": 4}, [4]),
    ):
        text = next(lived(live, **how).journal.of(TermsLine)).text
        text = text.replace(" where 0 is the worst and 1 the best: John 1, Kate 1, Jack 1, Emma 1, Luke 1.", "")
        assert [float(one) for one in re.findall(r"\d+(?:\.\d+)?", text)] == numbers


def test_models_rate_each_other_and_see_the_standings(live: Live) -> None:
    run = lived(live, {"models.default": "fake/society", "world.months": 2}, of="ratings")
    lines = list(run.journal.of(Ratings))
    assert all(0 <= rating <= 10 for line in lines for own in line.ratings.values() for rating in own.values())
    second = [one.text for one in run.journal.of(TermsLine)][1]
    contents = {one.hash: one.content for one in run.journal.of(MessageLine)}
    last = [call for call in run.journal.of(Call) if call.phase == "harvest" and call.month == 2][-1]
    assert second in [contents[hash_] for hash_ in last.messages]


SCARCE: dict[str, Any] = {
    "agents.default": "policy:fixed:10",
    "members.John.agent": "policy:fixed:55",
    "world.months": 2,
}


def test_members_of_higher_standing_are_served_first_if_the_stock_does_not_suffice(live: Live) -> None:
    """In month 1, John takes 55 of 95, and 5 are left; month 2 begins with 10 units, and the others ask for 40."""
    hard, announced = (lived(live, SCARCE, allocation="by-standing", enforcement=how) for how in ("hard", "announced"))
    assert hard.harvests[0].granted == announced.harvests[0].granted == hard.harvests[0].asked
    assert hard.harvests[1].granted["John"] == 0
    assert sum(hard.harvests[1].granted.values()) == 10
    assert announced.harvests[1].granted["John"] > 0
    texts = {next(run.journal.of(TermsLine)).text for run in (hard, announced)}
    assert len(texts) == 1
    assert "those of higher standing are served first" in texts.pop()
    assert "served first" not in next(lived(live, SCARCE).journal.of(TermsLine)).text


@pytest.mark.parametrize("allocation", ["random", "proportional", "sequential"])
def test_the_rule_of_the_world_applies_among_members_of_the_same_standing(live: Live, allocation: str) -> None:
    """Month 2 begins with 3 · 5 units; Emma and Luke have kept to their share of 13, and ask for 10."""
    demands = {"John": 30, "Kate": 29, "Jack": 26, "Emma": 6, "Luke": 4}
    agents = {f"members.{name}.agent": f"policy:fixed:{units}" for name, units in demands.items()}
    world = {"world.growth": 3, "world.months": 2, "world.allocation": allocation, "seed": 1}
    run = lived(live, {**agents, **world}, allocation="by-standing")
    granted = run.harvests[1].granted
    assert (granted["Emma"], granted["Luke"]) == (6, 4)
    assert sum(granted.values()) == run.harvests[1].stock_before == 15
    low = sorted(granted[name] for name in ("John", "Kate", "Jack"))
    assert low == {"proportional": [1, 2, 2], "sequential": [0, 0, 5]}.get(allocation, low)
