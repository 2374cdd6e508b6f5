"""Figures of sub-skills show every number of their frames, and say why where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text

from govsim.analysis.figures import draw, figures_with_data, write_figures
from govsim.analysis.figures.skills import draw_accuracies, draw_correlations
from govsim.analysis.results import FIGURE_FRAMES, load
from govsim.analysis.skills import Correlations
from govsim.analysis.skills.correlation import Point, regress
from govsim.skills import SKILL_TESTS
from tests.unit.analysis.skills.conftest import WriteStudy


def found(*pairs: tuple[float, float]) -> Correlations:
    points = tuple(
        Point(model=f"a/m{i}", scenarios=("fishery",), runs=2, skills={"dynamics": x}, measures={"survival_time": y})
        for i, (x, y) in enumerate(pairs)
    )
    return Correlations(
        condition="default",
        points=points,
        regressions=tuple(regress(points, test, "survival_time") for test in SKILL_TESTS.names),
        excluded={"failed": 3},
        unfinished=1,
        only_tested=(),
        only_run=(),
    )


def words(figure: object) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))  # type: ignore[attr-defined]


def test_accuracies_are_drawn_where_they_are_with_their_intervals(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("openai/gpt-4o", {"dynamics": [True, True, False, True, None], "threshold_belief": [None]})
    [drawn] = draw_accuracies(load(tmp_path, frames=("studies",)).skills)
    assert list(drawn.frame["test"]) == ["dynamics"], "nothing could be read in the other"
    row = drawn.frame.iloc[0]
    [ax] = drawn.figure.axes
    lines = [np.asarray(line.get_xdata()).tolist() for line in ax.lines]
    assert [row["low"], row["high"]] in lines
    assert [75.0] in lines
    assert [74.0] in lines, "the paper's"
    assert "1 of 5" in drawn.caption


def test_many_models_go_on_further_figures(write_study: WriteStudy, tmp_path: Path) -> None:
    for number in range(31):
        write_study(f"a/model-{number}", {"dynamics": [True], "threshold_belief": [False]})
    drawn = draw_accuracies(load(tmp_path, frames=("studies",)).skills)
    assert [one.name for one in drawn] == ["skills", "skills-2"]
    assert [set(one.frame["test"]) for one in drawn] == [{"dynamics"}, {"threshold_belief"}]


def test_the_line_goes_through_the_fitted_values_and_every_model_is_named() -> None:
    drawn = draw_correlations(found((0, 1), (50, 4), (100, 4)))
    assert [round(value, 6) for value in drawn.frame["line"]] == [1.5, 3.0, 4.5]
    ax = drawn.figure.axes[0]
    [line] = [line for line in ax.lines if np.size(line.get_xdata()) == 2]
    assert np.asarray(line.get_xdata()).tolist() == [0, 100]
    assert np.asarray(line.get_ydata()).tolist() == pytest.approx([1.5, 4.5])
    told = words(drawn.figure)
    assert "R² 0.75, paper 0.69, n = 3" in told
    assert all(f"a/m{number}" in told for number in range(3))
    assert "Excluded: 3 runs, unfinished studies: 1." in drawn.caption


def test_fewer_than_three_models_are_noted() -> None:
    drawn = draw_correlations(found((0, 1), (50, 4)))
    assert "fewer than 3 models have both" in words(drawn.figure).replace("\n", " ")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_file_and_its_numbers_lie_beside(tmp_path: Path, ending: str) -> None:
    drawn = draw_correlations(found((0, 1), (50, 4), (100, 4)))
    first = [path.read_bytes() for path in write_figures([drawn], tmp_path / "a", ending)]  # type: ignore[arg-type]
    again = draw_correlations(found((0, 1), (50, 4), (100, 4)))
    assert first == [path.read_bytes() for path in write_figures([again], tmp_path / "b", ending)]  # type: ignore[arg-type]
    assert first[1].decode().splitlines()[0].startswith("skill,measure,model,scenarios,runs,accuracy,value,line")


def test_they_are_drawn_with_all_other_figures(write_study: WriteStudy, tmp_path: Path) -> None:
    write_study("a/one", {"dynamics": [True, False]})
    results = load(tmp_path, frames=FIGURE_FRAMES)
    assert [figure.name for figure in figures_with_data(results)] == ["skills"], "there are no runs"
    assert [drawn.name for drawn in draw(results)] == ["skills"]
