"""Printed values of the paper, and notes on them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pandas as pd
import pytest

from govsim.analysis import published_dialogue, published_notes, published_results, published_subskills
from govsim.analysis.columns import Layout
from govsim.analysis.published import DIALOGUE, NOTES, RESULTS, SUBSKILLS

LOADERS = [(published_results, RESULTS), (published_subskills, SUBSKILLS), (published_dialogue, DIALOGUE)]


@pytest.fixture
def results() -> pd.DataFrame:
    return published_results()


def row_of(results: pd.DataFrame, table: int, model: str, measure: str) -> pd.Series[Any]:
    chosen = (results["table"] == table) & (results["model"] == model) & (results["measure"] == measure)
    (row,) = (row for _, row in results[chosen].iterrows())
    return row


@pytest.mark.parametrize(("load", "layout"), LOADERS, ids=lambda value: getattr(value, "name", ""))
def test_printed_figures_have_the_columns_and_types_of_their_layout(load: object, layout: Layout) -> None:
    frame = load()  # type: ignore[operator]
    assert {name: kind.name for name, kind in frame.dtypes.items()} == {c.name: c.kind for c in layout.columns}


def test_every_line_of_the_files_is_there(results: pd.DataFrame) -> None:
    for name, frame in (("results", results), ("subskills", published_subskills()), ("dialogue", published_dialogue())):
        text = (files("govsim.analysis.published") / f"{name}.csv").read_text(encoding="utf-8")
        assert len(frame) == len(text.splitlines()) - 1 > 30


def test_a_printed_number_is_shown_as_it_was_printed(results: pd.DataFrame) -> None:
    row = row_of(results, 1, "GPT-4o", "survival_rate")
    assert (row["value"], row["unit"], row["scenario"], row["condition"]) == (53.3, "%", "all", "default")
    assert pd.isna(row["spread"])
    assert pd.isna(row["spread_kind"])
    time = row_of(results, 1, "GPT-4o", "survival_time")
    assert (time["value"], time["spread"], time["spread_kind"], time["unit"]) == (9.3, 2.2, "ci95", "months")


def test_published_measures_have_the_names_and_units_of_govsim(results: pd.DataFrame) -> None:
    ours = {"survival_rate", "survival_time", "gain", "efficiency", "equality", "over_usage_granted"}
    assert set(results["measure"]) == ours
    units = results.groupby("measure")["unit"].unique().map(list).to_dict()
    assert units["gain"] == ["units"]
    assert units["efficiency"] == units["over_usage_granted"] == ["%"]


def test_shares_lie_between_nothing_and_all(results: pd.DataFrame) -> None:
    assert results.loc[results["unit"] == "%", "value"].between(0, 100).all()
    assert published_subskills()["accuracy"].between(0, 1).all()
    shares = published_dialogue().groupby(["scenario", "model"])["share"].sum()
    assert shares.between(0.98, 1.02).all()


@pytest.mark.parametrize(
    ("table", "model", "measure", "keys"),
    [
        (1, "GPT-4o", "gain", []),
        (4, "GPT-4o", "survival_rate", ["last-month"]),
        (4, "GPT-4", "gain", []),
        (5, "Llama-2-7B", "over_usage_granted", ["over-usage"]),
        (8, "Llama-2-70B", "survival_rate", ["last-month", "missing-runs"]),
        (8, "Llama-2-70B", "survival_time", ["missing-runs"]),
        (8, "Llama-2-70B", "gain", []),
        (10, "Llama-2-70B", "survival_time", []),
        (12, "GPT-4", "efficiency", ["turbo-as-4"]),
        (12, "GPT-4o", "efficiency", []),
        (13, "GPT-4o", "gain", ["from-month-4", "turbo-as-4o"]),
        (14, "GPT-4o", "equality", ["from-month-4"]),
        (15, "GPT-4o", "efficiency", ["from-month-4", "contradiction"]),
        (15, "GPT-4o", "equality", ["from-month-4"]),
        (17, "Claude-3 Opus", "survival_time", ["six-runs", "ablation"]),
        (18, "GPT-4-turbo", "survival_time", ["turbo-ablation", "ablation"]),
        (16, "Qwen-110B", "over_usage_granted", ["over-usage", "ablation"]),
    ],
)
def test_doubtful_figures_have_their_notes(
    results: pd.DataFrame, table: int, model: str, measure: str, keys: list[str]
) -> None:
    assert str(row_of(results, table, model, measure)["notes"]).split() == keys


def test_every_note_is_about_something_and_is_given_once(results: pd.DataFrame) -> None:
    assert set(published_notes(results)) == set(NOTES)
    assert published_notes(results.iloc[:0]) == {}
    table = results[results["table"] == 15]
    assert list(published_notes(table)) == ["last-month", "from-month-4", "contradiction", "over-usage"]
    assert all(text.endswith(".") for text in published_notes(results).values())


def test_what_a_reader_changes_is_not_what_the_next_one_gets(results: pd.DataFrame) -> None:
    results.loc[:, "value"] = 0
    assert published_results()["value"].sum() > 0


def test_the_impossible_row_is_impossible(results: pd.DataFrame) -> None:
    """One survivor of five with a mean of 4.5: the others have 2.625 on average, if all the same."""
    row = row_of(results, 8, "Llama-2-70B", "survival_time")
    assert (row["value"], row["spread"]) == (4.5, 0.5)
    others = (5 * 4.5 - 12) / 4
    smallest = pd.Series([12.0, *[others] * 4]).std(ddof=0)
    assert smallest == 3.75
