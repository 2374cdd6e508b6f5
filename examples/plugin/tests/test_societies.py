"""Societies with polls, taxes and a forest: their journals and measures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import govsim
from govsim.agents import POLICIES as REGISTERED
from govsim.agents import Policy, Request
from govsim.journal import Charges, Harvest, Journal, MemoryLine, TermsLine, read_journal
from govsim_example.poll import Poll

MEMBERS = ["John", "Kate", "Jack", "Emma"]

POLICIES: dict[str, Any] = {
    "society": {"members": MEMBERS},
    "members": {
        "John": {"agent": "policy:modest:50"},
        "Kate": {"agent": "policy:modest"},
        "Jack": {"agent": "lawful"},
        "Emma": {"agent": "policy:absentee"},
    },
}
"""At a stock of 100 the four members propose 6, 12, 12 and nothing."""


class Absentee(Policy):
    """Takes nothing and abstains from polls."""

    name = "absentee"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        return 0

    def poll(self, request: Request, rng: np.random.Generator) -> None:
        return None


@pytest.fixture(autouse=True)
def _absentee() -> Iterator[None]:
    with REGISTERED.temporary(Absentee):
        yield


def journal_of(folder: Path, **options: Any) -> Journal:
    (result,) = govsim.run("fishery", condition="poll", out=folder, **options).results
    assert result.status in ("completed", "collapsed"), result
    return read_journal(result.path)


def polls_of(journal: Journal) -> list[Poll]:
    return list(journal.of(Poll))


def test_the_limit_is_the_lower_median_and_members_without_an_answer_abstain(tmp_path: Path) -> None:
    (poll,) = polls_of(journal_of(tmp_path, settings=POLICIES, months=1))
    assert poll == Poll(
        month=1, phase="poll", proposals={"John": 6, "Kate": 12, "Jack": 12}, abstained=("Emma",), limit=12
    )
    even = {**POLICIES, "members": {**POLICIES["members"], "Jack": {"agent": "policy:absentee"}}}
    (poll,) = polls_of(journal_of(tmp_path, settings=even, months=1))
    assert poll.limit == 6, "the lower one of two in the middle"


def test_a_poll_without_proposals_has_no_limit_and_no_participation(tmp_path: Path) -> None:
    outcome = govsim.run("fishery", condition="poll", agent="policy:absentee", months=1, out=tmp_path)
    (poll,) = polls_of(read_journal(outcome.results[0].path))
    assert (poll.limit, len(poll.abstained)) == (None, 5)
    assert outcome.measures[0].values["participation"] == 0.0


def test_polls_are_held_at_the_configured_interval(tmp_path: Path) -> None:
    settings = {**POLICIES, "society.phases.poll.every": 3}
    assert [poll.month for poll in polls_of(journal_of(tmp_path, settings=settings, months=7))] == [1, 4, 7]


def test_model_agents_are_asked_with_the_template_and_remember_the_latest_result(tmp_path: Path) -> None:
    journal = journal_of(tmp_path, model="fake/society", months=2)
    first, second = polls_of(journal)
    assert {*first.proposals, *first.abstained} == {"John", "Kate", "Jack", "Emma", "Luke"}
    assert first.abstained, "the fake model sometimes answers none"
    assert len(set(first.proposals.values())) > 1
    memories = [line.description for line in journal.of(MemoryLine) if line.description.startswith("A poll was held")]
    assert len(memories) == 2 * 5
    assert f"at most {first.limit} tons of fish" in memories[0]
    assert f"{len(second.proposals)} of 5 fishers made a proposal" in memories[-1]


def test_a_lawful_agent_keeps_to_the_limit_and_a_tempted_one_asks_for_twice_as_much(tmp_path: Path) -> None:
    def demands(temptation: float) -> list[int]:
        settings = {**POLICIES, "agents.lawful.temptation": temptation, "agents.default": "lawful"}
        journal = journal_of(tmp_path, settings=settings, months=2)
        return [harvest.asked["Jack"] for harvest in journal.of(Harvest)]

    assert demands(0.0) == [12, 12]
    assert demands(1.0)[0] == 24


def test_the_levy_redistributes_income_and_conserves_money(tmp_path: Path) -> None:
    settings = {**POLICIES, "institutions": [{"levy": {"rate": 33}}]}
    journal = journal_of(tmp_path, settings=settings, months=3)
    months = list(journal.of(Charges))
    assert len(months) == 3
    for month in months:
        assert sum(charge.paid for charge in month.charges) == 0
    net = dict.fromkeys(MEMBERS, 0)
    for charge in months[0].charges:
        net[charge.member] += charge.paid
    assert net["John"] < 0 < net["Kate"], "in the first month John took 6 units, and Kate 12"


def test_participation_is_in_the_table_and_missing_without_a_poll(tmp_path: Path) -> None:
    settings = {**POLICIES, "society.phases": ["harvest", "reflection"]}
    silent = govsim.run("fishery", settings=settings, months=1, out=tmp_path / "silent")
    assert silent.measures[0].values["participation"] is None
    polling = govsim.run("fishery", condition="poll", settings=POLICIES, months=2, out=tmp_path / "polling")
    assert polling.measures[0].values["participation"] == 0.75
    assert polling.frame()["participation"].tolist() == [75.0]


def test_a_condition_of_the_package_adds_poll_and_levy_to_the_forest(tmp_path: Path) -> None:
    outcome = govsim.run("forest", condition="poll-and-levy", agent="policy:modest", months=3, out=tmp_path)
    journal = read_journal(outcome.results[0].path)
    assert [poll.limit for poll in polls_of(journal)] == [8, 8, 8]
    assert len(list(journal.of(TermsLine))) == 3
    assert outcome.measures[0].status == "completed"
