"""Equivalence with the published results: which value belongs to which runs, and its spread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govsim.analysis.measures import measure_named
from govsim.analysis.paper.equivalence import equivalences_to_published, first_month
from govsim.analysis.paper.printed import printed_in
from govsim.analysis.results import load
from govsim.analysis.statistics.equivalence import of_rates, to_published
from govsim.errors import AnalysisError

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")


def wrote(write_run: WriteRun, catches: list[int], model: str = "openai/gpt-4o", **settings: Any) -> None:
    """A run for each catch that all members take in each of twelve months."""
    for seed, catch in enumerate(catches):
        content = {"scenario": "fishery", "models": {"default": model}, "seed": seed, **settings}
        asked = [dict.fromkeys(NAMES, catch)] * 12
        write_run(f"{model}/seed-{seed}.jsonl", asked=asked, settings=content, society="one", status="completed")


def test_a_mean_is_compared_with_the_published_mean_of_the_same_model(tmp_path: Path, write_run: WriteRun) -> None:
    wrote(write_run, [8, 9, 10, 10])
    wrote(write_run, [10, 10], model="openai/gpt-4o-mini")  # not in the paper
    ((within, society, named, found),) = equivalences_to_published(
        load(tmp_path, frames=("runs",)).runs, measure_named("gain"), 20
    )
    assert (within, society, named) == ("fishery · default", "one", "GPT-4o, table 4 of the paper")
    printed = printed_in(4)["GPT-4o"]["gain"]
    assert printed.spread_kind == "std"
    expected = to_published([96.0, 108, 120, 120], printed.value, printed.spread or 0, 5, 20)
    assert (found.difference, found.low, found.p) == (expected.difference, expected.low, expected.p)


def test_a_rate_is_a_number_of_five_runs(tmp_path: Path, write_run: WriteRun) -> None:
    wrote(write_run, [10, 10, 10])
    ((*_, found),) = equivalences_to_published(
        load(tmp_path, frames=("runs",)).runs, measure_named("survival_rate"), 60
    )
    rate = printed_in(4)["GPT-4o"]["survival_rate"].value
    expected = of_rates([True] * 3, [index < rate / 20 for index in range(5)], 60)
    assert expected.low is not None
    assert found.low == pytest.approx(expected.low)
    assert found.margin == pytest.approx(60)
    assert any("last month" in remark for remark in found.remarks)


def test_the_newcomer_counts_from_its_arrival() -> None:
    assert (first_month("newcomer"), first_month("default")) == (4, 1)


def test_runs_of_no_model_of_the_paper_are_rejected(tmp_path: Path, write_run: WriteRun) -> None:
    wrote(write_run, [10, 10], model="openai/gpt-4o-mini")
    runs = load(tmp_path, frames=("runs",)).runs
    with pytest.raises(AnalysisError, match="measure = gain: no runs have a model, scenario and condition for which"):
        equivalences_to_published(runs, measure_named("gain"), 20)
