"""The catch by months to go, against what was put into the journals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from govsim.analysis.figures import check_data, draw, figures_with_data
from govsim.analysis.figures.endgame import endgame_frame
from govsim.analysis.figures.panels import rows_of
from govsim.analysis.results import load
from govsim.commons import last_month
from govsim.config import World

WriteRun = Callable[..., Path]

NAMES = ("John", "Kate", "Jack", "Emma", "Luke")
KNOWN: dict[str, Any] = {"months": 3, "horizon": "known"}


@pytest.fixture
def write(write_run: WriteRun) -> Callable[..., None]:
    """Writes a run of a condition in which each member takes so much in each month."""

    def run(seed: int, *catches: int, condition: str = "default", status: str = "completed", **settings: Any) -> None:
        chosen = {"world": KNOWN, **settings, "condition": condition, "seed": seed}
        months = [dict.fromkeys(NAMES, units) for units in catches]
        write_run(f"{condition}/seed-{seed}.jsonl", settings=chosen, asked=months, status=status, society="one")

    return run


def column(frame: pd.DataFrame, name: str) -> list[float]:
    values: list[float] = frame[name].tolist()
    return values


def test_months_are_counted_from_the_end_and_a_collapse_counts_as_nothing(
    write: Callable[..., None], tmp_path: Path
) -> None:
    write(0, 10, 10, 18)
    write(1, 10, 20, status="collapsed")
    write(2, 10, status="failed")
    frame = endgame_frame(load(tmp_path))
    assert column(frame, "month") == [1, 2, 3]
    assert column(frame, "catch") == [(90 + 0) / 2, (50 + 100) / 2, (50 + 50) / 2]
    assert column(frame, "n") == [2, 2, 2]
    assert frame["low"].notna().tolist() == [True, True, True]


def test_optimum_and_equilibrium_are_those_of_the_same_month(write: Callable[..., None], tmp_path: Path) -> None:
    write(0, 10, 10, 10)
    frame = endgame_frame(load(tmp_path))
    assert column(frame, "optimum") == [100, 50, 50]
    assert column(frame, "equilibrium") == [0, 0, 100]
    (drawn,) = draw(load(tmp_path), ["endgame"])
    (ax,) = drawn.figure.axes
    left, right = ax.get_xlim()
    assert left > right, "the last month is on the right"
    assert [text.get_text() for text in drawn.figure.legends[0].get_texts()] == ["default", "optimum", "equilibrium"]
    assert "did not know" not in drawn.caption


@pytest.mark.parametrize(
    "settings",
    [
        {"members": {"Kate": {"limit": 5}}},
        {"world": {"months": 3, "horizon": {"continuation": 1}}},
        {"world": {**KNOWN, "growth": 6}},  # several equilibria
    ],
    ids=["limits", "random end", "several equilibria"],
)
def test_what_is_not_exact_is_not_drawn(write: Callable[..., None], tmp_path: Path, settings: dict[str, Any]) -> None:
    write(0, 5, 5, 5, **settings)
    frame = endgame_frame(load(tmp_path))
    has_optimum = "growth" in settings.get("world", {})
    assert frame["equilibrium"].isna().all()
    assert frame["optimum"].notna().all() == has_optimum
    (drawn,) = draw(load(tmp_path), ["endgame"])
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert labels == ["default", "optimum"] if has_optimum else ["default"]


def test_references_that_the_series_of_a_panel_do_not_share_are_not_drawn(
    write: Callable[..., None], tmp_path: Path
) -> None:
    write(0, 10, 10, 10)
    write(0, 5, 5, 5, condition="slow", world={**KNOWN, "growth": 1.5})
    (drawn,) = draw(load(tmp_path), ["endgame"])
    assert drawn.frame["optimum"].notna().all()
    labels = [text.get_text() for text in drawn.figure.legends[0].get_texts()]
    assert labels == ["default", "slow", "equilibrium"]


def test_runs_whose_end_was_drawn_count_the_months_that_were_left(write: Callable[..., None], tmp_path: Path) -> None:
    world = {"months": 6, "horizon": {"continuation": 0.5}}
    ends = {seed: last_month(World.model_validate(world), seed) for seed in range(6)}
    assert len(set(ends.values())) > 1
    for seed, end in ends.items():
        write(seed, *range(1, end + 1), world=world)
    (drawn,) = draw(load(tmp_path), ["endgame"])
    for row in rows_of(drawn.frame):
        lasting = [end for end in ends.values() if end >= row.month]
        assert row.n == len(lasting)
        assert row.catch == pytest.approx(sum(5 * (end - row.month + 1) for end in lasting) / len(lasting))
    assert "The end was drawn at random in 6 of 6 runs" in drawn.caption


def test_it_is_drawn_by_default_only_if_members_know_something_of_the_end(
    write: Callable[..., None], tmp_path: Path
) -> None:
    write(0, 10, 10, 10, world={"months": 3})
    assert "endgame" not in [figure.name for figure in figures_with_data(load(tmp_path))]
    check_data(load(tmp_path), ["endgame"])
    (drawn,) = draw(load(tmp_path), ["endgame"])
    assert "Members did not know the end in 1 of 1 run." in drawn.caption
    write(1, 10, 10, 10)
    assert "endgame" in [figure.name for figure in figures_with_data(load(tmp_path))]
