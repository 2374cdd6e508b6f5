"""The request game: if members ask for more than there is, nobody receives anything, and they know it."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from govsim.commons import ALLOCATIONS
from govsim.environments import BatchedEnv
from govsim.errors import ConfigError
from govsim.game import yardsticks
from govsim.jobs import replay
from govsim.journal import read_journal
from tests.living import Live

RULE: dict[str, Any] = {"world.allocation": "all-or-nothing", "world.months": 3}
STATED = (
    "If all of you together ask for more tons of fish in a month than can be caught at the lake, nobody receives any."
)


def test_requests_beyond_the_stock_leave_all_of_it(live: Live) -> None:
    [run] = live("fishery", {**RULE, "agents.default": "policy:greedy"})
    assert [(one.stock_before, sum(one.granted.values())) for one in run.harvests] == [(100, 0)] * 3
    assert run.journal.status == "completed"


def test_requests_that_the_stock_just_covers_are_granted(live: Live) -> None:
    [run] = live("fishery", {**RULE, "agents.default": "policy:fixed:15"})
    assert [(one.stock_before, sum(one.granted.values())) for one in run.harvests] == [(100, 75), (50, 0), (100, 75)]


def test_the_rule_is_stated_and_others_are_not(live: Live) -> None:
    settings = {"models.default": "fake/society", "agents.default": "direct", "world.months": 1}
    [usual] = live("fishery", settings)
    [proportional] = live("fishery", {**settings, "world.allocation": "proportional"})
    [stated] = live("fishery", {**settings, "world.allocation": "all-or-nothing"})
    assert usual.prompts(purpose="harvest") == proportional.prompts(purpose="harvest")
    assert "allocation" not in usual.journal.header.scenario.templates
    for before, after in zip(usual.prompts(purpose="harvest"), stated.prompts(purpose="harvest"), strict=True):
        assert after.replace(f"\n{STATED}", "") != after
        assert STATED not in before


def test_a_member_alone_receives_no_text_about_others(live: Live) -> None:
    settings = {"models.default": "fake/society", "agents.default": "direct", "society.members": 1}
    [run] = live("fishery", {**RULE, **settings})
    assert all("If you ask for more tons of fish in a month" in prompt for prompt in run.prompts(purpose="harvest"))


def test_runs_are_the_same_when_replayed_and_resumed(live: Live) -> None:
    settings = {
        **RULE,
        "agents.default": "direct",
        "models.default": "fake/society",
        "members.Luke.agent": "policy:greedy",
    }
    [run] = live("fishery", settings)
    assert asyncio.run(replay(run.journal.path)).months == 3
    whole = [one.granted for one in run.harvests]
    lines = run.journal.path.read_bytes().splitlines(keepends=True)
    run.journal.path.write_bytes(b"".join(lines[: len(lines) * 2 // 3]))
    [resumed] = live("fishery", settings)
    assert [one.granted for one in resumed.harvests] == whole
    assert any(not sum(granted.values()) for granted in whole)
    assert read_journal(run.journal.path).status == "completed"


def test_environments_follow_the_rule(live: Live) -> None:
    [run] = live("fishery", {**RULE, "agents.default": "policy:fixed:15"})
    harvest = BatchedEnv(run.journal.header.experiment, worlds=1)
    harvest.reset(seed=0)
    for one in run.harvests[:-1]:
        assert harvest.state.stock.tolist() == [one.stock_before]
        harvest.step(np.full((1, 5), 15))


def test_yardsticks_are_exact_or_unavailable(live: Live) -> None:
    [run] = live("fishery", {**RULE, "world.months": 12, "agents.default": "policy:greedy"})
    found = yardsticks(run.journal.header.experiment)
    assert (found.optimum.value, found.optimum.method) == (650, "exact")
    for one in (found.equilibrium, found.critical_continuation, found.best_reply):
        assert one.method == "unavailable"
        assert one.reason.startswith("world.allocation = all-or-nothing: expected catches are computed only for random")


def test_allocation_by_standing_requires_a_rule_that_grants_something(live: Live) -> None:
    rule = {"institutions": [{"reputation": {"allocation": "by-standing"}}]}
    with pytest.raises(ConfigError, match=r"by-standing: world.allocation = all-or-nothing grants nothing"):
        live("fishery", {**RULE, **rule, "agents.default": "policy:greedy"})
    assert ALLOCATIONS.get("all-or-nothing", key="rule").may_withhold
