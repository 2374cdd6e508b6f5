"""The same seed and model give the same journal, independently of everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsim.journal import first_difference, read_journal
from tests.living import Live

FAKE: dict[str, Any] = {"models.default": "fake/society", "world.months": 3, "models.args": {"catch.Emma": 17}}
RATIONED: dict[str, Any] = {**FAKE, "models.args": {"catch": 60}, "world.collapse": 0}


def journals(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*.jsonl"))}


@pytest.mark.parametrize("settings", [FAKE, FAKE | {"society.cognition": "separate"}, RATIONED])
def test_parallel_runs_and_single_ones_give_the_same_journals_twice_in_a_row(
    live: Live, tmp_path: Path, settings: dict[str, Any]
) -> None:
    for name, parallel in (("a", 1), ("b", 8), ("c", 8)):
        live("fishery", settings, folder=tmp_path / name, runs=4, parallel=parallel)
    first = journals(tmp_path / "a")
    assert len(first) == 4
    for other in ("b", "c"):
        found = journals(tmp_path / other)
        assert list(found) == list(first)
        for name, path in first.items():
            assert first_difference(read_journal(path), read_journal(found[name])) is None


def test_different_seeds_give_different_journals(live: Live) -> None:
    one, two = live("fishery", RATIONED, runs=2)
    assert one.harvests[0].granted != two.harvests[0].granted


def test_run_i_of_a_seed_is_the_single_run_of_that_seed_plus_i(live: Live, tmp_path: Path) -> None:
    many = live("pasture", {**RATIONED, "seed": 40}, folder=tmp_path / "many", runs=3)
    [single] = live("pasture", {**RATIONED, "seed": 42}, folder=tmp_path / "single")
    assert first_difference(many[2].journal, single.journal) is None
    assert many[2].journal.path.name == single.journal.path.name == "seed-42.jsonl"


def test_conditions_share_the_worlds_draws(live: Live) -> None:
    settings = {"agents.default": "policy:greedy", "world.collapse": 0, "world.months": 4}
    [default] = live("fishery", settings)
    [silent] = live("fishery", settings, condition="no-communication-no-transparency")
    assert [h.granted for h in default.harvests] == [h.granted for h in silent.harvests]


def test_few_connections_do_not_affect_the_journal(live: Live, tmp_path: Path) -> None:
    many = live("fishery", FAKE, folder=tmp_path / "many")[0]
    few = live("fishery", FAKE, folder=tmp_path / "few", connections=2)[0]
    assert first_difference(many.journal, few.journal) is None
