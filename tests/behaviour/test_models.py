"""Every question goes to the model of the member that answers it."""

from __future__ import annotations

from typing import Any

from tests.living import Live

OWN = {"members.Luke": {"model": "fake/society", "model_args": {"catch": 25}}, "world.months": 2}


def test_all_questions_to_luke_go_to_his_model_including_the_discussion(live: Live) -> None:
    settings: dict[str, Any] = {"models.default": "fake/society", "models.args": {"lines": 9}, **OWN}
    [run] = live("fishery", settings, runs=1)
    luke = run.calls(member="Luke")
    assert {call.purpose for call in luke} == {"harvest", "line", "thoughts", "insights"}
    assert all("25" in call.reply for call in luke if call.purpose in ("harvest", "line", "thoughts", "insights"))
    others = [call for call in run.calls() if call.member != "Luke"]
    assert all("25" not in call.reply for call in others)


def test_the_framework_model_defaults_to_the_default_model(live: Live) -> None:
    [run] = live("fishery", {"models.default": "fake/society", "models.args": {"catch": 8}, **OWN})
    assert {call.reply.split("Limit: ")[1] for call in run.calls(purpose="limit")} == {"8"}


def test_without_a_default_the_framework_model_is_the_first_members(live: Live) -> None:
    members = {
        f"members.{name}": {"model": "fake/society", "model_args": {"catch": catch}}
        for name, catch in (("John", 4), ("Kate", 5), ("Jack", 6), ("Emma", 7), ("Luke", 8))
    }
    [run] = live("fishery", {**members, "world.months": 1})
    assert [call.reply.split("Limit: ")[1] for call in run.calls(purpose="limit")] == ["4"]


def test_the_framework_can_have_its_own_model(live: Live) -> None:
    settings = {
        "models.default": "fake/society",
        "models.framework": "fake/society",
        "models.framework_args": {"catch": 3},
        "world.months": 1,
    }
    [run] = live("fishery", settings)
    assert [call.reply.split("Limit: ")[1] for call in run.calls(purpose="limit")] == ["3"]
    assert run.harvests[0].asked["John"] == 10


def test_arguments_alone_are_merged_with_those_of_the_default_model(live: Live) -> None:
    settings = {
        "models.default": "fake/society",
        "models.args": {"catch": 8, "lines": 2},
        "models.framework_args": {"catch": 3},
        "members.Luke.model_args": {"catch": 13},
        "world.months": 1,
    }
    [run] = live("fishery", settings)
    assert run.harvests[0].asked == {"John": 8, "Kate": 8, "Jack": 8, "Emma": 8, "Luke": 13}
    assert len(run.calls(purpose="line")) == 2
    assert [call.reply.split("Limit: ")[1] for call in run.calls(purpose="limit")] == ["3"]


def test_kinds_of_agent_mix_in_one_society(live: Live) -> None:
    settings = {
        "models.default": "fake/society",
        "society.phases.discussion.opener": "Kate",
        "members.Kate.agent": "direct",
        "members.Jack.agent": "policy:greedy",
        "world.months": 2,
        "world.initial": 60,
    }
    [run] = live("pasture", settings)
    assert {call.purpose for call in run.calls(member="Kate")} == {"harvest", "line"}
    assert run.calls(member="Jack") == []
    assert {call.purpose for call in run.calls(member="John")} >= {"thoughts", "insights"}
    assert run.harvests[0].asked["Jack"] == 60
