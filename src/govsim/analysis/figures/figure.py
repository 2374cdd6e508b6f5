"""The definition of a figure, the registry of all figures, and drawing and writing them by name.

A figure is defined in one file, which registers it; a plug-in names it in the entry-point group `govsim.figures`. It
returns drawings (`Drawn`), each with the frame that it was drawn from; `govsim.analysis.figures.sheet` has the page
format and the colours of the built-in figures.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
import pandas as pd

from govsim.analysis.export import csv_of
from govsim.analysis.figures.panels import check_grouping
from govsim.analysis.figures.sheet import About, Drawn, FileFormat, empty_figure
from govsim.analysis.results import Results
from govsim.analysis.statistics import SEED
from govsim.analysis.statistics.baselines import NoBaseline
from govsim.analysis.statistics.sides import Design
from govsim.config import check_writable
from govsim.config.section import nearest
from govsim.errors import AnalysisError
from govsim.plugins import GOVSIM, Extension, PluginWarning, Registry

T = TypeVar("T")

FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
"""File formats of figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The series of figures.

    Attributes:
        by: the column of the frame of runs whose values are the series.
        baseline: the level that effects are differences from; chosen as `baseline_of` does when None.
        rng: the generator of resamples.
        design: whether effects compare all runs, or pairs of the same seed.
    """

    by: str
    baseline: str | None
    rng: np.random.Generator
    design: Design = "unpaired"


DrawFigure = Callable[[Results, Series], list[Drawn]]
"""Returns the drawings of results, at least one; without data it states the reason."""


def _has_runs(results: Results) -> bool:
    return bool(results.measures)


def _always(results: Results) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One kind of figure.

    Attributes:
        name: its name in commands; drawings have the same name, or one that begins with it and a hyphen.
        title: what it shows, in a few words.
        description: what it shows, in a sentence.
        draw: draws it, as one drawing or several.
        has_series: whether it has a series for each level of a column, so that a report draws it for conditions and for
            models, and not only once.
        is_of_dialogue: whether it shows the results of judges, which have a section of their own in a report.
        is_of_skills: whether it shows sub-skill tests, which have a section of their own too.
        has_data: whether there is something to draw.
        draws_unasked: whether it is drawn when no figures are named, if there is something to draw.
        needs: the data that it needs and where they come from, such as `sub-skill tests (govsim skills test)`.
    """

    name: str
    title: str
    description: str
    draw: DrawFigure
    has_series: bool = True
    is_of_dialogue: bool = False
    is_of_skills: bool = False
    has_data: Callable[[Results], bool] = _has_runs
    draws_unasked: Callable[[Results], bool] = _always
    needs: str = "runs (govsim run)"


def _flaw(value: Any) -> str | None:
    """Return why an object is not a valid figure, or None if it is."""
    if not isinstance(value, Figure):
        return f"must be a govsim.analysis.figures.Figure, not {type(value).__name__}"
    texts = {name: getattr(value, name) for name in ("title", "description")}
    if empty := [name for name, text in texts.items() if not isinstance(text, str) or not text.strip()]:
        return f"{empty[0]}: must be a non-empty text"
    functions = ("draw", "has_data", "draws_unasked")
    return (
        None
        if all(callable(getattr(value, name)) for name in functions)
        else f"{', '.join(functions)}: must be functions"
    )


FIGURES: Registry[Figure] = Registry("figure", group="figures", home="govsim.analysis.figures", flaw=_flaw)
"""All figures, in the order in which they are drawn."""


def register(about: About, draw: DrawFigure, **more: Any) -> None:
    """Register a figure of govsim.

    Args:
        about: its name, title and description.
        draw: draws it.
        **more: other attributes of `Figure`.
    """
    name, title, description = about.name, about.title, about.description
    FIGURES.register(Figure(name=name, title=title, description=description, draw=draw, **more))


def draw(
    results: Results,
    kinds: Sequence[str] = (),
    *,
    by: str = "condition",
    baseline: str | None = None,
    design: Design = "unpaired",
    rng: np.random.Generator | None = None,
) -> list[Drawn]:
    """Draw figures. If a figure of a plug-in fails, a warning names it and the others are drawn.

    Args:
        results: the runs and studies.
        kinds: names of figures; when empty all that have data, such as those of judges' answers if a judge was asked.
        by: the column of the series: condition, model, scenario, society or agent.
        baseline: the level that effects are differences from; the condition `default` when None.
        design: whether effects compare all runs, or pairs of the same seed.
        rng: the generator of resamples; a new one with `SEED` when None, so that the same runs give the same figures.

    Returns:
        At least one drawing for each built-in figure, which states the reason if there is nothing to draw, or if no
        figures are named and the baseline of the effects cannot be chosen.

    Raises:
        AnalysisError: a kind, `by` or `baseline` is not allowed.
        NoBaseline: the effects are named, and their baseline must be given.
        PluginError: the plug-in that defines a named figure cannot be used.
    """
    check_grouping(by)
    chosen = [_named(kind) for kind in dict.fromkeys(kinds)] or [one for one in FIGURES if _is_drawn(one, results)]
    generator = np.random.default_rng(SEED) if rng is None else rng
    series = Series(by=by, baseline=baseline, rng=generator, design=design)
    return [one for extension in chosen for one in _drawn(extension, results, series, is_named=bool(kinds))]


def figures_with_data(results: Results) -> tuple[Figure, ...]:
    """The figures that are drawn when none are named."""
    return tuple(extension.value for extension in FIGURES if _is_drawn(extension, results))


def check_data(results: Results, kinds: Iterable[str]) -> None:
    """Reject named figures for which the results have no data.

    Args:
        results: the runs and studies.
        kinds: names of figures.

    Raises:
        AnalysisError: a figure does not exist or has no data.
    """
    for extension in map(_named, kinds):
        if not _has_data(extension, results):
            raise AnalysisError(f"kind = {extension.name}: there is nothing to draw; it needs {extension.value.needs}")


def write_figures(figures: Iterable[Drawn], folder: Path, file_format: FileFormat = "png") -> list[Path]:
    """Write each figure, and beside it the frame it was drawn from (`.csv`) and its caption (`.txt`).

    Args:
        figures: the drawings.
        folder: the output directory; it is created if needed, and files of the same name are replaced.
        file_format: `png`, `svg` or `pdf`.

    Returns:
        The files, three for each figure.

    Raises:
        ConfigError: files cannot be written to the folder.
        AnalysisError: the format does not exist, or a file cannot be written; the message names it.
    """
    if file_format not in FORMATS:
        raise AnalysisError(f"file_format = {file_format}: must be one of {', '.join(FORMATS)}")
    check_writable(folder)
    paths: list[Path] = []
    for drawn in figures:
        contents = {
            file_format: drawn.content(file_format),
            "csv": csv_of(drawn.frame),
            "txt": f"{drawn.title}. {drawn.caption}\n".encode(errors="replace"),
        }
        for ending, content in contents.items():
            path = folder / f"{drawn.name}.{ending}"
            write_file(path, content)
            paths.append(path)
    return paths


def write_file(path: Path, content: bytes) -> None:
    """Write a file, and create its parent folders if needed.

    Raises:
        AnalysisError: it cannot be written; the message names it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise AnalysisError(f"{path}: cannot be written ({error.strerror or error})") from error


class _Flaw(Exception):
    """Drawings of a plug-in cannot be written."""


def _named(kind: str) -> Extension[Figure]:
    if (found := FIGURES.find(kind)) is None:
        names = FIGURES.names
        raise AnalysisError(
            f"kind = {kind}: there is no such figure{nearest(kind, names)}; choose from {', '.join(names)}"
        )
    return found


def _has_data(extension: Extension[Figure], results: Results) -> bool:
    return _guarded(extension, lambda: bool(extension.value.has_data(results)), otherwise=False)


def _is_drawn(extension: Extension[Figure], results: Results) -> bool:
    """Whether a figure is drawn when none are named."""
    if not _has_data(extension, results):
        return False
    return _guarded(extension, lambda: bool(extension.value.draws_unasked(results)), otherwise=False)


def _drawn(extension: Extension[Figure], results: Results, series: Series, *, is_named: bool) -> list[Drawn]:
    def checked() -> list[Drawn]:
        try:
            drawn = list(extension.value.draw(results, series))
        except NoBaseline as error:
            if is_named:
                raise
            drawn = [empty_figure(extension.name, extension.value.title, pd.DataFrame(), f"{error}.")]
        if extension.origin != GOVSIM and (flaw := next(_flaws(extension.name, drawn), None)):
            raise _Flaw(flaw)
        return drawn

    return _guarded(extension, checked, otherwise=[])


def _guarded(extension: Extension[Figure], call: Callable[[], T], *, otherwise: T) -> T:
    """Return the result of a call of a figure; if a plug-in fails, warn and return the other value."""
    try:
        return call()
    except Exception as error:  # code of plug-ins can fail in any way, and must not prevent other figures
        if extension.origin == GOVSIM:
            raise
        problem = str(error) if isinstance(error, _Flaw) else f"{type(error).__name__}: {error}"
        text = f"figure {extension.name} of {extension.origin}: {' '.join(problem.split())}; it is not drawn"
        warnings.warn(text, PluginWarning, stacklevel=5)
        return otherwise


def _flaws(name: str, drawn: Sequence[object]) -> Iterator[str]:
    """Yield why drawings cannot be written; each is drawn once to find out."""
    for one in drawn:
        if not isinstance(one, Drawn):
            yield f"must give a list of govsim.analysis.figures.Drawn, not of {type(one).__name__}"
        elif one.name != name and not one.name.startswith(f"{name}-"):
            yield f"a drawing is called {one.name}: must be {name}, or begin with {name}-"
        else:
            one.content("svg")
