"""`govsim table`: the measures of all runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.broken import BrokenJournals
from govsim.cli.formats import Format
from govsim.cli.words import say


def table(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with journals, at any depth, or one journal.")
    ] = Path("runs"),
    format: Annotated[  # noqa: A002  the option's name
        Format, typer.Option("--format", metavar="text|json", help="Plain text, or a JSON list of rows.")
    ] = Format.TEXT,
    from_month: Annotated[
        int, typer.Option(min=1, help="The first month that gain, efficiency and equality count.")
    ] = 1,
) -> None:
    """Show the measures of all runs below a folder, one row for all that differ in nothing but the seed.

    A journal that is broken is named on stderr and left out; the command then ends with 1.

    Examples:
        govsim table runs

        govsim table runs/fishery/newcomer --from-month 4 --format json
    """
    import json

    from govsim.analysis import cells_of, format_table, read_runs

    broken = BrokenJournals()
    cells = cells_of(read_runs(folder, from_month=from_month, broken=broken))
    if format is Format.JSON:
        content = [cell.to_json() for cell in cells]
        say(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        say(format_table(cells, broken=broken.count))
    broken.leave()
