"""`govsim cost`: what was spent, and on what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim.cli.broken import BrokenJournals
from govsim.cli.formats import Format
from govsim.cli.words import say


def cost(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with journals, at any depth, or one journal.")
    ] = Path("runs"),
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY", help="scenario, condition, society, model, month, phase, member or purpose; repeat it."
        ),
    ] = None,
    format: Annotated[  # noqa: A002  the option's name
        Format, typer.Option("--format", metavar="text|json", help="Plain text, or a JSON list of rows.")
    ] = Format.TEXT,
) -> None:
    """Show calls, tokens, dollars and seconds by member, phase and purpose, or by other keys.

    What studies have spent is told too, under the condition `study`. A journal that is broken is named on stderr and
    left out; the command then ends with 1.

    Examples:
        govsim cost runs

        govsim cost runs --by model --by purpose --format json
    """
    from govsim.analysis import format_spending, load, render, spending_table, spent

    broken = BrokenJournals()
    calls = load(folder, frames=("calls",), broken=broken).call_records
    found = spent(calls, by) if by else spent(calls)
    say(render(spending_table(found), "json") if format is Format.JSON else format_spending(found))
    broken.leave()
