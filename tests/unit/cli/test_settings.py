"""From the options of a command line to the experiment and to how it is carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from govsim.cli.options import ModelOptions
from govsim.cli.settings import Settings, settings_of
from govsim.errors import ConfigError


def asked(what: str, sets: Sequence[str] = (), execution: Mapping[str, Any] | None = None) -> Settings:
    return settings_of(ModelOptions(sets=list(sets)), what, execution=execution or {})


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "own.yaml"
    path.write_text("scenario: pasture\nexecution: {retries: 3, runs: 4, budget: {calls: 9}}\n", encoding="utf-8")
    return str(path)


def test_set_reaches_both_halves_of_the_settings() -> None:
    settings = asked("fishery", ["execution.retries=0", "world.growth=3", "execution.budget.calls=5"])
    assert (settings.execution.retries, settings.execution.budget.calls) == (0, 5)
    assert settings.experiment == {"scenario": "fishery", "world": {"growth": 3}}


def test_set_wins_over_an_option_and_an_option_over_the_file(file: str) -> None:
    assert asked(file).execution.runs == 4
    assert asked(file, execution={"runs": 5}).execution.runs == 5
    settings = asked(file, ["execution.runs=6"], {"runs": 5})
    assert (settings.execution.runs, settings.execution.retries, settings.execution.budget.calls) == (6, 3, 9)


def test_the_later_of_two_assignments_wins() -> None:
    assert asked("fishery", ["execution.runs=2", "execution={runs: 3}"]).execution.runs == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("retries=0", r"^--set retries: is a setting of the execution; use --set execution\.retries=VALUE$"),
        ("execution.retrys=0", r"^execution\.retrys: there is no such key; did you mean retries"),
        ("execution=3", r"^--set: execution = 3: must be a mapping of keys to values$"),
        ("execution.retries=-1", r"^execution\.retries = -1: must be at least 0$"),
        ("execution.retries=no", r'^--set execution\.retries: no: write false, or quote it \("no"\)'),
    ],
)
def test_an_execution_key_that_cannot_be_used_is_named(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        asked("fishery", [text])
