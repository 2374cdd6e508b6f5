"""Migration of headers of older schema versions."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from govsim.journal import SCHEMA_VERSION, read_journal
from govsim.journal.migrations import upgraded

GOLDEN = Path(__file__).parents[2] / "golden"

TALK = {"opener": "random", "max_lines": 4}
HARVEST = {"harvest": {"query": "place"}}
"""A harvest of a version before 4, in which queries were words of the scenario."""
WORDS = {"stop_words": False, "reflection_query": "activity"}


def header(phases: list[Any], *, members: dict[str, Any] | None = None, **society: Any) -> dict[str, Any]:
    """A header of version 2 with the parts that change."""
    return {
        "kind": "header",
        "schema_version": 2,
        "experiment": {
            "scenario": "fishery",
            "society": {"members": ["Ana", "Bo"], "phases": phases, "discussion": TALK, **society},
            "agents": {"default": "generative", "generative": {"insights": 3}, "direct": {"history_months": 12}},
            "members": members or {},
        },
    }


@pytest.mark.parametrize("version", [1, 2])
def test_settings_of_the_discussion_move_to_its_phase(version: int) -> None:
    society = upgraded(header(["harvest", "discussion", "reflection"]), version)["experiment"]["society"]
    assert society == {"members": ["Ana", "Bo"], "phases": [HARVEST, {"discussion": TALK}, "reflection"]}


def test_settings_of_a_discussion_that_is_not_held_are_dropped() -> None:
    society = upgraded(header(["harvest", "reflection"]), 2)["experiment"]["society"]
    assert society == {"members": ["Ana", "Bo"], "phases": [HARVEST, "reflection"]}


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({}, {"generative"}),
        ({"Bo": {"agent": "direct"}}, {"generative", "direct"}),
        ({"Ana": {"agent": "direct"}, "Bo": {"agent": "policy:fixed:15"}}, {"direct"}),
        ({"Ana": {"agent": "policy:greedy"}, "Bo": {"agent": "policy:fixed:15"}}, set()),
        (
            {"Ana": {"agent": None}, "Bo": {"agent": "direct"}, "Cy": {"agent": "policy:greedy"}},
            {"generative", "direct"},
        ),
        ({"Cy": {"agent": "direct"}}, {"generative"}),
    ],
    ids=["default", "one", "both", "policies", "null", "not on the roster"],
)
def test_settings_of_unused_agents_are_dropped(members: dict[str, Any], kept: set[str]) -> None:
    before = header(["harvest"], members=members)
    agents = upgraded(before, 2)["experiment"]["agents"]
    assert agents == {
        key: value | WORDS if key == "generative" else value
        for key, value in before["experiment"]["agents"].items()
        if key == "default" or key in kept
    }


def test_everything_else_is_kept_and_the_given_header_is_not_modified() -> None:
    before = header(["harvest", "discussion"], communication=True)
    as_given = copy.deepcopy(before)
    after = upgraded(before, 2)
    assert before == as_given
    assert after["experiment"]["society"]["communication"] is True
    assert {key: value for key, value in after.items() if key != "experiment"} == {
        "kind": "header",
        "schema_version": 2,
    }


def test_a_header_of_the_current_version_is_not_changed() -> None:
    before = header(["harvest", "discussion"])
    assert upgraded(before, SCHEMA_VERSION) is before


def test_queries_of_older_versions_remain_words_of_the_scenario() -> None:
    before = header(["harvest", {"discussion": TALK}])
    experiment = upgraded(before, 3)["experiment"]
    assert experiment["society"]["phases"] == [HARVEST, {"discussion": TALK}]
    assert experiment["agents"]["generative"] == {"insights": 3} | WORDS


@pytest.mark.parametrize("version", [1, 2])
def test_released_headers_are_migrated_to_the_current_schema(version: int) -> None:
    with (GOLDEN / f"schema-{version}.jsonl").open(encoding="utf-8") as file:
        before = json.loads(file.readline())
    experiment = upgraded(before, version)["experiment"]
    assert experiment["society"]["phases"] == [HARVEST, "report", {"discussion": TALK}, "reflection"]
    assert "discussion" not in experiment["society"]
    assert set(experiment["agents"]) == {"default", "generative", "direct"}
    assert experiment["world"] == before["experiment"]["world"]


ODD: list[Any] = [None, 1, "x", [], {}, [[]], {"a": 1}, ["discussion", 1, None, {"discussion": 1}]]


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize(
    "path", [("experiment",), *((("experiment", key)) for key in ("society", "agents", "members"))], ids=".".join
)
def test_a_header_of_another_form_is_left_to_validation(path: tuple[str, ...], value: Any) -> None:
    content = header(["harvest"])
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    after = upgraded(content, 2)
    for key in path:
        after = after[key]
    assert after == value


@pytest.mark.parametrize("value", ODD, ids=repr)
@pytest.mark.parametrize("key", ["members", "phases", "discussion"])
def test_a_society_of_another_form_is_left_to_validation(key: str, value: Any) -> None:
    content = header(["harvest", "discussion"])
    content["experiment"]["society"][key] = value
    society = upgraded(content, 2)["experiment"]["society"]
    if key == "phases" and isinstance(value, list):
        assert society["phases"] == [{"discussion": TALK} if one == "discussion" else one for one in value]
    elif key == "discussion":
        assert society["phases"] == [HARVEST, {"discussion": value}]
    else:
        assert society[key] == value


@pytest.mark.parametrize("version", [1, 2])
def test_a_journal_of_an_older_version_is_read_in_the_current_schema(version: int) -> None:
    society = read_journal(GOLDEN / f"schema-{version}.jsonl").header.experiment.society
    assert [phase.written for phase in society.phases] == [HARVEST, "report", {"discussion": TALK}, "reflection"]
