"""The choice between sets of rules: imposed, chosen or forbidden."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import govsim
from govsim.agents import AGENTS, POLICIES, Agent, Answer, Policy, Request
from govsim.errors import ConfigError
from govsim.jobs.replay import replay
from govsim.journal import BallotLine, TermsLine
from tests.living import Live, Lived

SETS = {"open": [], "limited": ["quota"]}


class Libertarian(Policy):
    """Takes twelve, and votes for having no rules."""

    name = "libertarian"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        return 12

    def elect(self, request: Request, rng: np.random.Generator) -> str:
        return "open"


@pytest.fixture(autouse=True)
def _libertarian() -> Iterator[None]:
    with POLICIES.temporary(Libertarian):
        yield


def lived(live: Live, base: dict[str, Any] | None = None, **choice: Any) -> Lived:
    rules = [{"quota": {"amount": 9}}, {"choice": {"sets": SETS, **choice}}]
    settings = {"agents.default": "policy:fixed:11", "world.months": 4, **(base or {})}
    [run] = live("fishery", {**settings, "institutions": rules})
    return run


def quotas(run: Lived) -> list[int]:
    """Months with a quota."""
    return [terms.month for terms in run.journal.of(TermsLine) if terms.rule == "quota"]


def test_a_set_is_imposed_chosen_or_forbidden(live: Live) -> None:
    assert quotas(lived(live, mode="imposed")) == []
    assert quotas(lived(live, mode="imposed", start="limited")) == [1, 2, 3, 4]
    assert quotas(lived(live, mode="forbidden", start="limited")) == []
    run = lived(live, mode="chosen", every=3)
    assert quotas(run) == [2, 3, 4]
    assert [(line.month, line.value, line.tally) for line in run.journal.of(BallotLine)] == [
        (1, "limited", {"limited": 5}),
        (4, "limited", {"limited": 5}),
    ]
    assert [set(one.granted.values()) for one in run.harvests[:2]] == [{11}, {9}]


def test_the_members_can_abolish_rules(live: Live) -> None:
    libertarian = {"agents.default": "policy:libertarian", "members.John.agent": "policy:fixed:11"}
    assert quotas(lived(live, libertarian, start="limited", every=2)) == [1]


def test_models_choose_and_are_replayed(live: Live) -> None:
    base = {"agents.default": "generative", "models.default": "fake/society", "world.months": 2}
    run = lived(live, base, every=1, election={"rule": "irv", "ballots": "public"})
    assert len(list(run.journal.of(BallotLine))) == 2
    assert asyncio.run(replay(run.journal.path)).difference is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"sets": {"a": ["tax"], "b": []}},
            r"institutions\.choice\.sets\.a = tax: no such rule in institutions; available: quota",
        ),
        ({"sets": {"a": []}}, r"institutions\.choice\.sets"),
        ({"sets": {"none": [], "b": []}}, r"institutions\.choice\.sets\.none: must be a name of letters"),
        ({"start": "closed"}, r"institutions\.choice\.start = closed: must be one of open, limited"),
    ],
)
def test_sets_that_make_no_sense_are_rejected(live: Live, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        lived(live, **settings)


class Proud(Agent):
    """An agent that keeps to a quota only if the members have chosen it."""

    name = "proud"

    async def answer(self, request: Request) -> Answer:
        view = request.view
        if request.purpose != "harvest":
            return Answer(values={field.tag: "limited" for field in request.fields})
        has_chosen = view.month > 1 and any("you choose the one that applies" in text for text in view.terms)
        return Answer(values={"Answer": view.member_threshold - (0 if has_chosen else -1)})


def test_legitimacy_is_the_compliance_with_a_chosen_rule_minus_that_with_the_same_rule_imposed(
    live: Live, out: Path
) -> None:
    base = {"agents.default": "proud", "world.months": 5, "society.communication": False}
    with AGENTS.temporary(Proud):
        for mode in ("imposed", "chosen"):
            live("fishery", base, condition=f"choice-{mode}", runs=2)
        found = govsim.load(out, from_month=2)
        table = govsim.compare(found, baseline=["choice-imposed", "choice-chosen"], measures=["compliance"])
    [row] = table.records
    assert (row["level_value"], row["baseline_value"], row["difference"]) == (100, 0, 100)
