"""How a society is described: who its members are, and which settings differ from the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsim.analysis.settings import changes_of, composition, described, setup_of
from govsim.config import Execution
from govsim.jobs import plan_runs
from govsim.journal import Header


def header_of(tmp_path: Path, settings: dict[str, Any], condition: str = "default") -> Header:
    (job,) = plan_runs(settings, Execution(out=tmp_path), condition=condition)
    return job.header


POLICIES = {"agents": {"default": "policy:fair-share"}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (POLICIES, "policy:fair-share"),
        ({"agents": {"default": "policy:random"}, "world": {"growth": 1.5}}, "policy:random, growth 1.5"),
        (
            {**POLICIES, "members": {"Luke": {"agent": "policy:greedy"}}},
            "4 × policy:fair-share, Luke: policy:greedy",
        ),
        (
            {**POLICIES, "members": {"Luke": {"agent": "generative", "model": "fake/society"}}},
            "4 × policy:fair-share, Luke: fake/society",
        ),
        ({"models": {"default": "fake/society"}}, "fake/society"),
        ({**POLICIES, "society": {"members": 8}}, "policy:fair-share, members 8"),
        (
            {**POLICIES, "society": {"phases": {"discussion": {"opener": "Kate"}}}},
            "policy:fair-share, discussion.opener Kate",
        ),
    ],
)
def test_a_society_is_described_by_its_members_and_its_changed_settings(
    tmp_path: Path, settings: dict[str, Any], expected: str
) -> None:
    header = header_of(tmp_path, settings)
    assert setup_of(composition(header), changes_of(header)) == expected


def test_what_a_condition_sets_is_no_change(tmp_path: Path) -> None:
    header = header_of(tmp_path, {**POLICIES, "world": {"capacity": 60}}, condition="newcomer")
    assert described(changes_of(header)) == {"capacity": 60}


@pytest.mark.parametrize("condition", ["default", "newcomer", "universalization"])
def test_an_older_journal_is_compared_with_the_defaults_of_its_condition(tmp_path: Path, condition: str) -> None:
    settings = {**POLICIES, "world": {"growth": 1.5}, "members": {"Luke": {"agent": "policy:greedy"}}}
    header = header_of(tmp_path, settings, condition).model_copy(update={"changes": None})
    assert described(changes_of(header)) == {"growth": 1.5}
