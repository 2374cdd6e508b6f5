"""A figure that a plug-in adds is drawn with the others, and one that fails takes none of them down."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from govsim.analysis.figures import FIGURES, Drawn, Figure, Series, draw, figures_with_data, write_figures
from govsim.analysis.figures.layout import settle
from govsim.analysis.figures.sheet import sheet, style
from govsim.analysis.report import report_html
from govsim.analysis.results import Results, load
from govsim.errors import AnalysisError
from govsim.plugins import PluginWarning

WriteRun = Callable[..., Path]
PlugIn = Callable[..., None]


def bars(results: Results, series: Series, name: str = "run-counts") -> list[Drawn]:
    """The number of runs of each level."""
    found = results.runs.groupby(series.by, sort=False).size()
    with style():
        figure, (ax,) = sheet([1.0])
        ax.bar(range(len(found)), found.to_list())
        settle(figure)
    frame = found.rename("runs").reset_index()
    return [Drawn(name=name, title="Runs of each level", caption="A bar each.", figure=figure, frame=frame)]


COUNTS = Figure(name="run-counts", title="Runs of each level", description="A bar for each level.", draw=bars)


@pytest.fixture
def results(write_run: WriteRun, tmp_path: Path) -> Results:
    for condition in ("default", "other"):
        write_run(f"{condition}/seed-0.jsonl", settings={"condition": condition})
    return load(tmp_path)


@pytest.mark.parametrize("kinds", [(), ("run-counts",)])
def test_it_is_drawn_by_name_and_with_all_others(
    plug_in: PlugIn, results: Results, tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    plug_in("figures", "run-counts", COUNTS)
    found = {one.name: one for one in draw(results, kinds)}
    assert found["run-counts"].frame.to_numpy().tolist() == [["default", 1], ["other", 1]]
    assert ("stock" in found) == (not kinds)
    written = write_figures([found["run-counts"]], tmp_path / "figures")
    assert [path.name for path in written] == ["run-counts.png", "run-counts.csv", "run-counts.txt"]
    assert written[0].read_bytes().startswith(b"\x89PNG")


def test_it_is_in_the_report_with_or_without_series(plug_in: PlugIn, results: Results) -> None:
    plug_in("figures", "run-counts", COUNTS)
    other = replace(COUNTS, name="other-counts", draw=partial(bars, name="other-counts"), has_series=False)
    plug_in("figures", "other-counts", other)
    page = report_html(results)
    for name in ("condition-run-counts", "other-counts"):
        assert page.count(f'<figure id="figure-{name}">') == 1
    assert "Runs of each level" in page


def test_it_is_not_drawn_by_default_without_data(plug_in: PlugIn, results: Results) -> None:
    plug_in("figures", "run-counts", replace(COUNTS, has_data=lambda results: len(results.measures) > 100))
    assert "run-counts" not in [figure.name for figure in figures_with_data(results)]
    assert [one.name for one in draw(results, ["run-counts"])] == ["run-counts"]


def failing(results: Results, series: Series) -> list[Drawn]:
    raise KeyError("votes")


def renamed(results: Results, series: Series) -> list[Drawn]:
    return [replace(one, name="stock") for one in bars(results, series)]


def unprintable(results: Results, series: Series) -> list[Drawn]:
    (drawn,) = bars(results, series)
    drawn.figure.axes[0].set_yscale("log")
    drawn.figure.axes[0].set_title("$\\frac{1$", parse_math=True)
    return [drawn]


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (failing, "KeyError: 'votes'"),
        (renamed, "a drawing is called stock: must be run-counts, or begin with run-counts-"),
        (unprintable, "ValueError: "),
        (lambda results, series: [pd.DataFrame()], "must give a list of govsim.analysis.figures.Drawn, not of DataF"),
        (lambda results, series: None, "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_one_that_fails_is_named_in_a_line_and_the_others_are_drawn(
    plug_in: PlugIn, results: Results, function: Any, problem: str
) -> None:
    plug_in("figures", "run-counts", replace(COUNTS, draw=function))
    with pytest.warns(PluginWarning, match=rf"^figure run-counts of govsim-toys 1\.2: {re.escape(problem)}") as warned:
        names = [one.name for one in draw(results, ["run-counts", "stock"])]
    assert len(warned) == 1
    assert "\n" not in str(warned[0].message)
    assert str(warned[0].message).endswith("; it is not drawn")
    assert names == ["stock"]


def test_a_failing_figure_leaves_the_report_whole(plug_in: PlugIn, results: Results) -> None:
    plug_in("figures", "run-counts", replace(COUNTS, draw=failing, is_of_dialogue=True))
    plug_in("figures", "others", replace(COUNTS, name="others", has_data=lambda results: bool(1 / 0)))
    with pytest.warns(PluginWarning, match="^figure others of govsim-toys 1.2: ZeroDivisionError: "):
        assert "Stock over the months" in report_html(results)


def test_an_invalid_figure_of_a_plug_in_is_listed_as_a_problem(plug_in: PlugIn, results: Results) -> None:
    plug_in("figures", "run-counts", replace(COUNTS, title=""))
    plug_in("figures", "others", bars)
    assert [problem.split(": ", 1)[1] for problem in FIGURES.problems] == [
        "its name is None, but must be 'others'",
        "not a valid figure: title: must be a non-empty text",
    ]


def test_an_unknown_figure_is_rejected_with_those_of_plug_ins_in_the_list(plug_in: PlugIn, results: Results) -> None:
    plug_in("figures", "run-counts", COUNTS)
    with pytest.raises(AnalysisError, match=r"^kind = pie: there is no such figure; choose from stock, .*, run-counts"):
        draw(results, ["pie"])


TWICE = """
import warnings
from govsim.cli import main
from govsim.plugins import PluginWarning
def fail():
    for number in range(3):
        with warnings.catch_warnings():  # as libraries do; Python then forgets what it has shown
            warnings.simplefilter("default")
        warnings.warn("measure peak of toys 1.0: no luck; its value is missing in such runs", PluginWarning)
    warnings.warn("something else", RuntimeWarning)
main._exit_code = fail
main.main()
"""


def test_the_command_line_reports_the_error_of_a_plug_in_in_one_line() -> None:
    done = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=True)
    first, second, *_ = done.stderr.splitlines()
    assert first == "govsim: measure peak of toys 1.0: no luck; its value is missing in such runs"
    assert "RuntimeWarning: something else" in second
