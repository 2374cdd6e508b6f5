"""`govsim table`: the measures of all runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim import analysis
from govsim.cli.options import Folder, Formatted
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say_table
from govsim.errors import AnalysisError


def table(
    folder: Folder = Path("runs"),
    format: Formatted = "text",  # noqa: A002  the option's name
    from_month: Annotated[
        int | None, typer.Option(min=1, help="The first month that gain, efficiency and equality count (1).")
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(metavar="paper:N", help="As table N of the paper, with its figures beside ours."),
    ] = None,
) -> None:
    """Show the measures of all runs below a folder, one row for all that differ in nothing but the seed.

    A journal that is broken is named on stderr and left out; the command then ends with 1.

    Examples:
        govsim table runs

        govsim table runs/fishery/newcomer --from-month 4 --format json

        govsim table runs --like paper:4 --format latex
    """
    broken = BrokenJournals()
    found = _cells(folder, from_month or 1, broken) if like is None else _like(folder, like, from_month, broken)
    say_table(analysis.render(found, format), format)
    broken.leave()


def _cells(folder: Path, from_month: int, broken: BrokenJournals) -> analysis.Table:
    cells = analysis.load(folder, frames=("runs",), from_month=from_month, broken=broken).cells
    return analysis.cells_table(cells, broken=broken.count)


def _like(folder: Path, like: str, from_month: int | None, broken: BrokenJournals) -> analysis.Table:
    table = analysis.paper_table(like)
    if from_month is not None:
        raise AnalysisError(f"--from-month {from_month}: with --like {like} the paper's table says what is counted")
    runs = analysis.load(folder, frames=("runs",), from_month=table.from_month, broken=broken).runs
    return analysis.beside_paper(runs, table, broken=broken.count)
