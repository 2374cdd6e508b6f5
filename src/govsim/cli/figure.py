"""`govsim figure`: write figures of all runs in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from govsim import library
from govsim.analysis.declared import declared_grouping
from govsim.analysis.results import FIGURE_FRAMES
from govsim.cli.console import say
from govsim.cli.options import DesignOption, Folder, FromMonth, with_groups
from govsim.cli.problems import BrokenJournals, suggesting_baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesOptions:
    """The series, and how effects are compared."""

    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Setting that defines the series: condition, model, scenario, society or agent.",
            show_default="as declared, or condition",
        ),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE",
            help="Value of the baseline in comparisons.",
            show_default="as declared, or default",
        ),
    ] = None
    design: DesignOption = None


@with_groups
def figure(
    folder: Folder = Path("runs"),
    *,
    series: SeriesOptions = SeriesOptions(),
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Kind of figure: stock, survival, catch, gain, equality, regret, effects, invalid, cost, endgame (if "
            "members know the number of months), labels, promises or knowledge (with results of judges), or skills "
            "(with sub-skill tests). Repeatable. [all that have data]",
        ),
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        Literal["png", "svg", "pdf"], typer.Option("--format", metavar="png|svg|pdf", help="File format.")
    ] = "png",
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("figures"),
    from_month: FromMonth = 1,
) -> None:
    """Draw figures of the width of one text column, and write each with its data (CSV) and caption.

    Unreadable journals are reported on stderr and skipped; the exit code is then 1.

    Examples:

        govsim figure runs

        govsim figure runs --kind survival --kind effects --by model --format pdf -o paper/figures
    """
    broken = BrokenJournals()
    results = library.load(folder, frames=FIGURE_FRAMES, from_month=from_month, broken=broken)
    kinds = [part for name in kind or () for part in ("--kind", name)]
    by = declared_grouping(results.origins, series.by)
    with suggesting_baseline("govsim", "figure", str(folder), *kinds):
        figures = library.figure(results, kind or (), by=by, baseline=series.baseline, design=series.design)
    for path in figures.save(out, format):
        say(str(path))
    broken.note_unchecked(results.unknown)
    broken.leave()
