"""Societies of scripted members behave exactly as computed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from govsim.analysis import cells_of, read_run
from govsim.journal import Agreement, SanctionsLine
from govsim.scenarios import scenario_names
from tests.living import Live


@pytest.mark.parametrize("scenario", scenario_names())
def test_five_greedy_members_collapse_the_commons_in_month_1(live: Live, scenario: str) -> None:
    runs = live(scenario, {"agents.default": "policy:greedy"}, runs=5)
    [cell] = cells_of([read_run(run.journal.path) for run in runs])
    figures: Any = cell.to_json()
    assert [run.journal.status for run in runs] == ["collapsed"] * 5
    assert figures["survival_time"]["value"] == 1
    assert figures["gain"]["value"] == 20.0
    assert figures["efficiency"]["value"] == pytest.approx(100 / 6)
    assert figures["over_usage"]["value"] == 100
    assert figures["survival_rate"]["value"] == 0


@pytest.mark.parametrize("scenario", scenario_names())
def test_five_members_with_fair_shares_survive(live: Live, scenario: str) -> None:
    [run] = live(scenario, {"agents.default": "policy:fair-share"})
    [cell] = cells_of([read_run(run.journal.path)])
    figures: Any = cell.to_json()
    assert run.journal.status == "completed"
    assert len(run.harvests) == 12
    assert [harvest.granted for harvest in run.harvests] == [
        dict.fromkeys(["John", "Kate", "Jack", "Emma", "Luke"], 10)
    ] * 12
    assert figures["survival_time"]["value"] == 12
    assert figures["gain"]["value"] == 120.0
    assert figures["efficiency"]["value"] == 100
    assert figures["equality"]["value"] == 100
    assert figures["over_usage"]["value"] == 0


def test_promise_breakers_speak_without_a_model_and_break_their_promises(live: Live) -> None:
    [run] = live("fishery", {"agents.default": "policy:promise-breaker:1.2", "world.months": 2})
    [first] = {line.text for line in run.utterances if line.month == 1 and line.member != "moderator"}
    assert first == "I take no more than 10 a month, and I ask everyone to do the same."
    assert len(run.utterances) > 10
    assert set(run.harvests[0].granted.values()) == {12}
    assert not list(run.journal.of(Agreement))
    assert not run.calls()


def test_a_framework_model_summarizes_what_promise_breakers_say(live: Live) -> None:
    settings = {"agents.default": "policy:promise-breaker", "models.framework": "fake/society", "world.months": 1}
    [run] = live("fishery", settings)
    assert len(list(run.journal.of(Agreement))) == 1


LATE, NEAR = {"observation.lag": 1}, {"society.transparency": "neighbours"}


@pytest.mark.parametrize(
    ("policy", "reported", "demands"),
    [
        # The others take 40, 44, 44, … of 40 units at first: the group exceeds its threshold from month 2 on.
        ("tit-for-tat", LATE, [10, 10, 9, 78 // 5]),
        ("tit-for-two-tats", LATE, [10, 10, 9, 7, 60 // 5]),
        ("generous:0", LATE, [10, 10, 9, 78 // 5]),
        ("grim", LATE, [10, 10, 9, 78]),
        ("conditional", LATE, [10, 10, 9, round(7 * 44 / 40)]),
        ("steward", LATE, [10, 10, 92 - 50 - 40, 0]),
        ("tit-for-tat", NEAR, [10, 10, 92 // 5]),
        ("grim", NEAR, [10, 10, 92]),
        ("conditional", NEAR, [10, 10, round(9 * 22 / 20)]),
        ("steward", NEAR, [10, 10, 0]),
        ("conditional", {"society.transparency": "own"}, [10, 10, 9]),
    ],
)
def test_policies_respond_to_the_last_catches_that_they_know(
    live: Live, policy: str, reported: dict[str, Any], demands: list[int]
) -> None:
    members = {"agents.default": "policy:creeping", "members.John.agent": f"policy:{policy}"}
    [run] = live("fishery", {**members, **reported, "world.months": len(demands)})
    assert [harvest.asked["John"] for harvest in run.harvests] == demands


@pytest.mark.parametrize(("lag", "points"), [(0, [0, 4, 4]), (1, [0, 0, 4])])
def test_sanctions_follow_the_last_report(live: Live, lag: int, points: list[int]) -> None:
    members = {"agents.default": "policy:creeping", "members.John.agent": "policy:punisher"}
    settings = {**members, "world.months": 3, "institutions": ["sanctions"], "observation.lag": lag}
    [run] = live("fishery", settings)
    given = [[one for one in line.points if one.by == "John"] for line in run.journal.of(SanctionsLine)]
    assert [len(one) for one in given] == points


def test_the_month_of_collapse_is_completed(live: Live) -> None:
    [run] = live("fishery", {"models.default": "fake/society", "models.args": {"catch": 30}})
    assert run.journal.status == "collapsed"
    assert len(run.harvests) == 1
    assert len(run.calls(purpose="line")) == 4
    assert len(run.calls(purpose="insights")) == 5


def test_policies_alone_need_no_model_and_hold_no_discussion(live: Live) -> None:
    [run] = live("fishery", {"agents.default": "policy:random", "world.months": 2})
    assert run.calls() == []
    assert run.utterances == []
    kinds = {json.loads(line)["kind"] for line in run.journal.path.read_text().splitlines()}
    assert kinds <= {"header", "session", "month", "harvest", "report", "end"}
    assert run.journal.header.experiment.models.default is None


def test_a_single_speaker_learns_the_catches_without_a_discussion(live: Live) -> None:
    settings = {"agents.default": "policy:fixed:7", "members.Kate": {"agent": "generative", "model": "fake/society"}}
    [run] = live("fishery", settings | {"world.months": 1})
    assert run.utterances == []
    assert {call.member for call in run.calls()} == {"Kate"}
    [home] = run.prompts(purpose="insights")
    for other in ("John", "Jack", "Emma", "Luke"):
        assert f"2024-01-30: {other} caught 7 tons of fish this month." in home
    assert "meet and talk" not in home


def test_a_policy_neither_speaks_nor_is_offered_as_a_speaker(live: Live) -> None:
    settings = {"models.default": "fake/society", "members.John.agent": "policy:fixed:3", "world.months": 3}
    [run] = live("fishery", settings, runs=1)
    assert "John" not in {utterance.member for utterance in run.utterances}
    for prompt in run.prompts(purpose="line"):
        assert "John 3" in prompt  # its catch is reported
        offered = prompt.rsplit("Next: <one of: ", 1)[1]
        assert "John" not in offered
