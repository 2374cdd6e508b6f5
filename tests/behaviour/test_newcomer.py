"""A newcomer joins: thresholds, rosters, dates and prompts follow, and are not announced before."""

from __future__ import annotations

import re

import pytest

from tests.living import Live, Lived

OLD = ("John", "Kate", "Jack", "Emma")


@pytest.fixture
def lived(live: Live) -> Lived:
    [run] = live("fishery", {"models.default": "fake/society", "world.months": 5}, condition="newcomer")
    return run


def test_the_members_threshold_falls_from_12_to_10_in_the_month_it_joins(lived: Lived) -> None:
    assert [harvest.member_threshold for harvest in lived.harvests] == [12, 12, 12, 10, 10]
    assert [tuple(harvest.granted) for harvest in lived.harvests] == [OLD] * 3 + [(*OLD, "Luke")] * 2


def test_no_prompt_mentions_the_newcomer_before_it_joins(lived: Lived) -> None:
    for call in lived.calls():
        if call.month < 4:
            assert "Luke" not in lived.prompt(call), call.purpose
            assert "five" not in lived.prompt(call)


def test_rosters_follow_in_every_prompt_from_the_month_it_joins(lived: Lived) -> None:
    for call in lived.calls():
        if call.month < 4 or call.member == "framework":
            continue
        others = [name for name in (*OLD, "Luke") if name != call.member]
        expected = f"one of 5 fishers. The others are {', '.join(others[:-1])} and {others[-1]}."
        assert expected in lived.prompt(call)
    for call in lived.calls(month=3, member="John"):
        assert "one of 4 fishers. The others are Kate, Jack and Emma." in lived.prompt(call)


def test_the_newcomer_knows_the_present_and_not_the_past(lived: Lived) -> None:
    first = lived.prompts(member="Luke", month=4, purpose="harvest")[0]
    assert "It is 2024-04-01" in first
    assert "2024-04-01: The lake holds 100 tons" in first
    assert not re.search(r"2024-0[123]", first)
    assert "moved here from a city" in first


def test_the_locals_have_their_persona_and_not_the_newcomers(lived: Lived) -> None:
    for prompt in lived.prompts(member="Kate"):
        assert "You care about this village and the people who live in it." in prompt
        assert "moved here" not in prompt


def test_dates_follow_the_calendar_in_every_phase(lived: Lived) -> None:
    days = {"harvest": "04-01", "line": "04-29", "thoughts": "04-29", "insights": "04-30"}
    for purpose, day in days.items():
        for prompt in lived.prompts(month=4, purpose=purpose):
            assert f"2024-{day}" in prompt


def test_the_hint_names_the_threshold_of_those_present(live: Live) -> None:
    settings = {"models.default": "fake/society", "world.months": 4, "society.hints": ["universalization"]}
    [run] = live("fishery", settings, condition="newcomer")
    for month, threshold in ((3, 12), (4, 10)):
        for prompt in run.prompts(month=month, purpose="harvest"):
            assert f"if every fisher catches more than {threshold} tons" in prompt
