"""`govsim table`: show the measures of all runs in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govsim import analysis, library
from govsim.cli.options import Columns, Folder, Formatted
from govsim.cli.problems import BrokenJournals
from govsim.cli.table_output import column_names, say_table
from govsim.errors import AnalysisError

if TYPE_CHECKING:
    from govsim.analysis.results import FromMonth


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
    first: FromMonth = from_month or 1
    if like is not None:
        first = analysis.paper_table(like).from_month
        if from_month is not None:
            raise AnalysisError(
                f"--from-month {from_month}: not allowed with --like {like}, which has the first month of the paper's "
                "table"
            )
    results = library.load(folder, frames=("runs",), from_month=first, broken=broken)
    say_table(library.table(results, like=like), format, chosen)
    broken.leave()
