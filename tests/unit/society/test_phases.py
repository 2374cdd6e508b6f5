"""A month is an ordered list of phases, and a package may add one of its own."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any, ClassVar

import pytest

from govsim.errors import ConfigError
from govsim.society import Society, phases_named
from tests.living import Live


class TaxPhase:
    """A phase of another package: it counts how often it was lived through, and what it found."""

    name = "tax"
    stocks: ClassVar[list[int]] = []

    async def run(self, society: Society) -> None:
        assert society.outcome is not None
        self.stocks.append(society.outcome.stock_after_harvest)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    TaxPhase.stocks.clear()
    point = EntryPoint(name="tax", value="somewhere:TaxPhase", group="govsim.phases")
    monkeypatch.setattr(EntryPoint, "load", lambda self: TaxPhase)
    monkeypatch.setattr("govsim.society.phases.entry_points", lambda group: [point] if "phases" in group else [])


@pytest.mark.usefixtures("added")
def test_a_phase_of_another_package_becomes_part_of_the_month(live: Live) -> None:
    settings: dict[str, Any] = {"agents.default": "policy:fair-share", "world.months": 3}
    live("fishery", settings | {"society.phases": ["harvest", "tax", "report"]})
    assert TaxPhase.stocks == [50, 50, 50]


@pytest.mark.usefixtures("added")
def test_a_phase_that_nobody_brings_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="no phase vote; choose from harvest, report, discussion, reflection, tax"):
        phases_named(["harvest", "vote"])


def test_phases_can_be_left_out(live: Live) -> None:
    settings = {"models.default": "fake/society", "world.months": 1, "society.phases": ["harvest", "discussion"]}
    [run] = live("fishery", settings)
    assert {call.purpose for call in run.calls()} == {"harvest", "line", "summary", "limit", "thoughts"}
    assert not any(char.isdigit() for char in run.utterances[0].text or "")
