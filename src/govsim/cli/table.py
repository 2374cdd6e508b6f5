"""`govsim table`: the measures of all runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govsim.cli.broken import BrokenJournals
from govsim.cli.formats import TableFormat
from govsim.cli.words import say_table

if TYPE_CHECKING:
    from govsim.analysis import Table


def table(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with journals, at any depth, or one journal.")
    ] = Path("runs"),
    format: Annotated[  # noqa: A002  the option's name
        TableFormat,
        typer.Option("--format", metavar="text|markdown|latex|csv|json|html", help="For a reader, or for a program."),
    ] = TableFormat.TEXT,
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
    from govsim.analysis import render

    broken = BrokenJournals()
    found = _cells(folder, from_month or 1, broken) if like is None else _like(folder, like, from_month, broken)
    say_table(render(found, format), format)
    broken.leave()


def _cells(folder: Path, from_month: int, broken: BrokenJournals) -> Table:
    from govsim.analysis import cells_table, load

    cells = load(folder, frames=("runs",), from_month=from_month, broken=broken).cells
    return cells_table(cells, broken=broken.count)


def _like(folder: Path, like: str, from_month: int | None, broken: BrokenJournals) -> Table:
    from govsim.analysis import beside_paper, paper_table, read_runs_for
    from govsim.errors import AnalysisError

    table = paper_table(like)
    if from_month is not None:
        raise AnalysisError(f"--from-month {from_month}: with --like {like} the paper's table says what is counted")
    return beside_paper(read_runs_for(table, folder, broken=broken), table, broken=broken.count)
