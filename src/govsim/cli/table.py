"""`govsim table`: show the measures of all runs in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim import analysis
from govsim.cli.options import Columns, Folder, Formatted
from govsim.cli.problems import BrokenJournals
from govsim.cli.tables import column_names, say_table
from govsim.errors import AnalysisError


def table(
    folder: Folder = Path("runs"),
    format: Formatted = "text",  # noqa: A002  the option's name
    from_month: Annotated[
        int | None,
        typer.Option(min=1, help="First month counted in gain, efficiency and equality.", show_default="1"),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(metavar="paper:N", help="Show runs beside the published values of table N of the paper."),
    ] = None,
    columns: Columns = None,
) -> None:
    """Show the measures of all runs in a folder, with one row for all runs that differ only in their seed.

    Unreadable journals are reported on stderr and skipped; the exit code is then 1.

    Examples:

        govsim table runs

        govsim table runs/fishery/newcomer --from-month 4 --format json

        govsim table runs --format latex --columns condition,survival_rate,gain

        govsim table runs --like paper:4 --format latex
    """
    chosen, broken = column_names(columns), BrokenJournals()
    found = _cells(folder, from_month or 1, broken) if like is None else _like(folder, like, from_month, broken)
    say_table(found, format, chosen)
    broken.leave()


def _cells(folder: Path, from_month: int, broken: BrokenJournals) -> analysis.Table:
    cells = analysis.load(folder, frames=("runs",), from_month=from_month, broken=broken).cells
    return analysis.cells_table(cells, broken=broken.count)


def _like(folder: Path, like: str, from_month: int | None, broken: BrokenJournals) -> analysis.Table:
    table = analysis.paper_table(like)
    if from_month is not None:
        raise AnalysisError(
            f"--from-month {from_month}: not allowed with --like {like}, which has the first month of the paper's table"
        )
    runs = analysis.load(folder, frames=("runs",), from_month=table.from_month, broken=broken).runs
    return analysis.beside_paper(runs, table, broken=broken.count)
