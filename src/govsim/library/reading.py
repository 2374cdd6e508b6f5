"""Functions that analyse runs: tables, comparisons, figures, reports, and replay.

Each takes the runs as they come: the result of `govsim.run`, loaded journals, or the path of a folder with journals.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from govsim import analysis, jobs
from govsim.analysis.cells import unknown_notes
from govsim.analysis.frames import runs_layout
from govsim.analysis.results import ALL, FIGURE_FRAMES, REPORT_FRAMES, FromMonth, Results
from govsim.analysis.statistics.sides import Design
from govsim.analysis.tables.table import Table
from govsim.errors import AnalysisError, JournalError
from govsim.jobs.replay import Replay
from govsim.library.figures import Figures
from govsim.library.running import Runs

Source = Runs | Results | Path | str
"""Runs to analyse: the result of `govsim.run`, loaded journals, or the path of a journal or a folder of journals."""


def load(folder: Path | str, *, frames: Collection[str] = ALL, from_month: int = 1) -> Results:
    """Load all journals in a folder, searched recursively.

    Args:
        folder: the folder, or one journal.
        frames: the data frames to load: `runs`, `members`, `months`, `decisions`, `utterances`, `calls`, `memories`,
            `studies`. Fewer frames load faster.
        from_month: first month that counts for gain, efficiency and equality, from 1.

    Returns:
        The runs with their measures and data frames. Journals that cannot be read are excluded with a warning and
        listed in `problems`.

    Raises:
        JournalError: there is no such folder, or it contains no readable journals.
        AnalysisError: there is no such frame, or `from_month` is less than 1.
    """
    return analysis.load(Path(folder), frames=frames, from_month=from_month, broken=_warn)


def table(source: Source, *, like: str | None = None) -> Table:
    """Summarize runs: one row per group of runs that differ only in their seed, one column per measure.

    Args:
        source: the runs.
        like: a table of the paper whose layout and published values are used, such as `paper:4`.

    Raises:
        AnalysisError: there is no such table.
    """
    if like is None:
        return analysis.cells_table(_loaded(source, ("runs",)).cells)
    layout = analysis.paper_table(like)
    return analysis.beside_paper(_loaded(source, ("runs",), layout.from_month).runs, layout)


def compare(
    source: Source,
    *,
    by: str = "condition",
    baseline: str | None = None,
    measures: Sequence[str] | None = None,
    within: Sequence[str] | None = None,
    design: Design = "auto",
    seed: int = 0,
) -> Table:
    """Compare groups of runs with a baseline: differences, 95 % intervals, p values and effect sizes.

    Args:
        source: the runs.
        by: the key that distinguishes the groups: `condition`, `model`, `scenario`, `agent`, `society`, or a setting
            such as `world.growth`.
        baseline: the group that the others are compared with; `default` for conditions if None.
        measures: names of measures; all that tables compare if None.
        within: keys whose values must be equal within a comparison; all other keys if None, none if empty.
        design: `paired` (by seed), `unpaired`, or `auto`.
        seed: seed of the generator for resampling.

    Raises:
        AnalysisError: a key, measure or baseline does not exist, or there is nothing to compare.
    """
    results = _loaded(source, ("runs",))
    runs = analysis.runs_frame(results.measures, settings=[] if by in runs_layout().names else [by])
    found = analysis.compare_measures(
        runs,
        by=by,
        baseline=baseline or _only_baseline(by),
        measures=measures,
        within=within,
        design=design,
        from_month=results.from_month,
        rng=np.random.default_rng(seed),
    )
    return analysis.comparisons_table(found, seed=seed, notes=unknown_notes(results.measures))


def figure(source: Source, kind: str, *, by: str = "condition", baseline: str | None = None) -> Figures:
    """Draw a figure of runs.

    Args:
        source: the runs.
        kind: the name of a figure, such as `survival`; see the reference of figures.
        by: the column that distinguishes the series: `condition`, `model`, `scenario`, `society` or `agent`.
        baseline: the group that effects are differences from; `default`, or the first, if None.

    Returns:
        One or more drawings, which notebooks display.

    Raises:
        AnalysisError: there is no such figure, or nothing to draw.
    """
    from govsim.analysis.figures import draw  # loads matplotlib

    drawn = draw(_loaded(source, FIGURE_FRAMES), [kind], by=by, baseline=baseline)
    if not drawn:
        raise AnalysisError(f"kind = {kind}: nothing could be drawn; see the warnings")
    return Figures(drawn)


def report(
    source: Source,
    file: Path | str = "report.html",
    *,
    title: str | None = None,
    baseline: str | None = None,
    baseline_model: str | None = None,
) -> Path:
    """Write a report of runs as one HTML page with tables, comparisons, figures and methods.

    Args:
        source: the runs.
        file: the file to write; an existing file is replaced.
        title: the title of the page; the number of runs if None.
        baseline: the condition that others are compared with; `default`, or the first, if None.
        baseline_model: the model that others are compared with; the first if None.

    Returns:
        The path of the file.

    Raises:
        AnalysisError: a baseline does not exist, or the file cannot be written.
    """
    from govsim.analysis.figures import write  # loads matplotlib
    from govsim.analysis.report.page import report_html

    results = _loaded(source, REPORT_FRAMES)
    page = report_html(results, title=title, baseline=baseline, baseline_model=baseline_model)
    path = Path(file)
    write(path, page.encode())
    return path


def replay(journal: Path | str) -> Replay:
    """Replay a run from its journal, with the recorded answers instead of models.

    Args:
        journal: the journal of a run.

    Returns:
        Whether the replay is identical, or the first difference.

    Raises:
        JournalError: the journal cannot be read, was imported, or needs a plug-in that is not installed.
    """
    with ThreadPoolExecutor(1) as thread:  # a notebook's event loop is running in this one
        return thread.submit(asyncio.run, jobs.replay(Path(journal))).result()


def _loaded(source: Source, frames: Collection[str], from_month: FromMonth = 1) -> Results:
    """The runs of a source; a table of the paper has a first month of its own, so that journals are read for it."""
    if isinstance(source, Results):
        if from_month not in (1, source.from_month):
            raise AnalysisError("like: needs a folder of journals, because the table counts from another month")
        return source
    if isinstance(source, Runs):
        return source.load(frames, from_month=from_month)
    return analysis.load(Path(source), frames=frames, from_month=from_month, broken=_warn)


def _only_baseline(by: str) -> str:
    if by != "condition":
        raise AnalysisError(f"baseline: must be given when groups differ in {by}")
    return "default"


def _warn(error: JournalError) -> None:
    warnings.warn(f"{error}; the journal is excluded", UserWarning, stacklevel=2)
