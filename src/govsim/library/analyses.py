"""Functions that analyse runs: tables, comparisons, figures and reports.

Each takes the runs as they come: the result of `govsim.run`, loaded journals, or the path of a folder with journals.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govsim import analysis
from govsim.analysis.frames import runs_layout
from govsim.analysis.results import ALL, FIGURE_FRAMES, REPORT_FRAMES, FromMonth, Results
from govsim.analysis.tables.table import Table
from govsim.errors import AnalysisError, JournalError
from govsim.journal import Broken
from govsim.library.arguments import check_seed, names_in, path_in, path_of_runs
from govsim.library.figures import Figures
from govsim.library.outcome import Runs
from govsim.library.progress_output import StepListener, showing_steps

if TYPE_CHECKING:
    from govsim.analysis.statistics.sides import Design

Source = Runs | Results | Path | str
"""Runs to analyse: the result of `govsim.run`, loaded journals, or the path of a journal or a folder of journals."""


def load(
    folder: Path | str,
    *,
    frames: str | Collection[str] = ALL,
    from_month: FromMonth = 1,
    broken: Broken | None = None,
) -> Results:
    """Load all journals in a folder, searched recursively.

    Args:
        folder: the folder, or one journal.
        frames: the data frames to load: `runs`, `members`, `months`, `sites`, `decisions`, `utterances`, `calls`,
            `memories`, `studies`. Fewer frames load faster.
        from_month: first month that counts for gain, efficiency and equality, from 1; or a function of the condition.
        broken: called with the error of each journal that cannot be read; if None, a warning is issued.

    Returns:
        The runs with their measures and data frames. Journals that cannot be read are excluded and listed in
        `problems`.

    Raises:
        JournalError: there is no such folder, or it contains no readable journals.
        AnalysisError: there is no such frame, or `from_month` is less than 1.
    """
    path, chosen = path_of_runs(folder), names_in("frames", frames) or ()
    return analysis.load(path, frames=chosen, from_month=from_month, broken=broken or _warn)


def table(source: Source, *, like: str | None = None) -> Table:
    """Summarize runs: one row per group of runs that differ only in their seed, one column per measure.

    Args:
        source: the runs.
        like: a table of the paper whose layout and published values are used, such as `paper:4`. Journals that are
            already loaded must have been loaded with the `from_month` of that table.

    Raises:
        AnalysisError: there is no such table, or the measures count from another month than its values.
    """
    if like is None:
        results = loaded_runs(source, ("runs",))
        return analysis.cells_table(results.cells, broken=len(results.problems))
    layout = analysis.paper_table(like)
    results = loaded_runs(source, ("runs",), layout.from_month)
    return analysis.compare_with_paper(results.runs, layout, broken=len(results.problems))


def compare(
    source: Source,
    *,
    by: str | None = None,
    baseline: str | Sequence[str] | None = None,
    measures: str | Sequence[str] | None = None,
    within: str | Sequence[str] | None = None,
    design: Design | None = None,
    primary: str | None = None,
    seed: int = 0,
) -> Table:
    """Compare groups of runs with a baseline: differences, 95 % intervals, p values and effect sizes.

    Args:
        source: the runs.
        by: the key that distinguishes the groups: `condition`, `model`, `scenario`, `agent`, `society`, or a setting
            such as `world.growth`; if None, the groups that the runs declare, or conditions.
        baseline: the group that the others are compared with; if None, the one that the runs declare, or `default` for
            conditions. Several groups are compared step by step, each but the first with the one before.
        measures: names of measures; all that tables compare if None.
        within: keys whose values must be equal within a comparison; all other keys if None, none if empty.
        design: `unpaired`, or `paired` by seed; if None, the one that the runs declare, or `unpaired`. Choose it before
            the first run.
        primary: the primary measure, which is shown first; if None, the one that the runs declare, or `survival_time`.
        seed: seed of the generator for resampling.

    Raises:
        AnalysisError: a key, measure or baseline does not exist, or the baseline must be given, or the runs
            declare different analyses.
    """
    import numpy as np  # these load libraries that tables do not need

    check_seed(seed)
    from govsim.analysis.cells import unknown_notes
    from govsim.analysis.declared import declared_baseline, declared_value, with_primary_first
    from govsim.analysis.settings import informed_notes
    from govsim.analysis.statistics.baselines import required_baseline

    results = loaded_runs(source, ("runs",))
    named, steps = (baseline, None) if isinstance(baseline, str) else (None, names_in("baseline", baseline))
    by = declared_value(results.origins, "by", by)
    primary = declared_value(results.origins, "primary", primary)
    runs = analysis.runs_frame(results.measures, settings=[] if by in runs_layout().names else [by])
    found = analysis.compare_measures(
        runs,
        by=by,
        baseline=steps or required_baseline(runs, by, declared_baseline(results.origins, by, named)),
        measures=with_primary_first(primary, names_in("measures", measures), runs=runs, by=by),
        within=names_in("within", within),
        design=declared_value(results.origins, "design", design),
        from_month=results.from_month,
        rng=np.random.default_rng(seed),
    )
    measured = results.measures
    notes = [*unknown_notes(measured), *informed_notes(run.informed for run in measured)]
    return analysis.comparisons_table(found, seed=seed, primary=primary, broken=len(results.problems), notes=notes)


def figure(
    source: Source,
    kind: str | Sequence[str] = (),
    *,
    by: str | None = None,
    baseline: str | None = None,
    design: Design | None = None,
) -> Figures:
    """Draw figures of runs.

    Args:
        source: the runs.
        kind: the name of a figure, such as `survival`, or several names; all figures that have data if empty. The
            names are listed by `govsim plugins`.
        by: the column that distinguishes the series: `condition`, `model`, `scenario`, `society` or `agent`; if
            None, the one that the runs declare, or `condition`.
        baseline: the group that effects are differences from; if None, the one that the runs declare, or `default` for
            conditions.
        design: `unpaired`, or `paired` by seed, for effects; if None, the one that the runs declare, or `unpaired`.

    Returns:
        One or more drawings, which notebooks display.

    Raises:
        AnalysisError: there is no such figure, nothing to draw, or the baseline of `effects` must be given,
            or the runs declare different analyses.
    """
    from govsim.analysis.declared import declared_baseline, declared_grouping, declared_value
    from govsim.analysis.figures import check_data, draw  # loads matplotlib

    kinds = names_in("kind", kind) or []
    results = loaded_runs(source, FIGURE_FRAMES)
    check_data(results, kinds)
    by = declared_grouping(results.origins, by)
    drawn = draw(
        results,
        kinds,
        by=by,
        baseline=declared_baseline(results.origins, by, baseline),
        design=declared_value(results.origins, "design", design),
    )
    if not drawn:
        raise AnalysisError(f"kind = {', '.join(kinds)}: no figure could be drawn; see the warnings")
    return Figures(drawn)


def report(
    source: Source,
    file: Path | str = "report.html",
    *,
    title: str | None = None,
    baseline: str | None = None,
    baseline_model: str | None = None,
    design: Design | None = None,
    primary: str | None = None,
    registration: Path | str | None = None,
    progress: bool | None = None,
) -> Path:
    """Write a report of runs as one HTML page with tables, comparisons, figures and methods.

    Args:
        source: the runs.
        file: the file to write; an existing file is replaced.
        title: the title of the page; the number of runs if None.
        baseline: the condition that others are compared with; if None, the one that the runs declare, or `default`.
        baseline_model: the model that others are compared with; if None, the one that the runs declare.
        design: `unpaired`, or `paired` by seed; if None, the one that the runs declare, or `unpaired`.
        primary: the primary measure, which is shown first; if None, the one that the runs declare, or `survival_time`.
        registration: the registration of the campaign (a file of `govsim register`); the page lists deviations from it.
        progress: whether the current step is shown: in the output of a notebook cell, otherwise on stderr; if None, in
            notebooks and terminals only.

    Returns:
        The path of the file.

    Raises:
        AnalysisError: a baseline does not exist, the registration was changed, or the file cannot be written.
    """
    page = path_in("file", file)
    registered = None if registration is None else analysis.read_registration(path_in("registration", registration))
    with showing_steps(progress) as step:
        return _report(
            source,
            page,
            step,
            title=title,
            baseline=baseline,
            baseline_model=baseline_model,
            design=design,
            primary=primary,
            registration=registered,
        )


def _report(source: Source, file: Path, step: StepListener, **options: Any) -> Path:
    from govsim.analysis.figures import write_file  # loads matplotlib
    from govsim.analysis.report.page import report_html

    if not isinstance(source, Results):
        step("reading journals")
    page = report_html(loaded_runs(source, REPORT_FRAMES), progress=step, **options)
    write_file(file, page.encode())
    return file


def loaded_runs(source: Source, frames: Collection[str], from_month: FromMonth = 1) -> Results:
    """Return the runs of a source; a table of the paper has its own first month, for which journals are read.

    Args:
        source: the runs.
        frames: the data frames to load.
        from_month: first month that counts.
    """
    if isinstance(source, Results):
        return source
    if isinstance(source, Runs):
        return source.load(frames, from_month=from_month)
    return load(source, frames=frames, from_month=from_month)


def _warn(error: JournalError) -> None:
    warnings.warn(f"{error}; the journal is excluded", UserWarning, stacklevel=2)
