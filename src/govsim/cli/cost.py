"""`govsim cost`: show calls, tokens and cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim import analysis
from govsim.analysis.costs import check_keys
from govsim.cli.console import say
from govsim.cli.options import Folder, TextOrJson
from govsim.cli.problems import BrokenJournals


def cost(
    folder: Folder = Path("runs"),
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Group by scenario, condition, society, model, month, phase, member or purpose. Repeatable.",
        ),
    ] = None,
    format: TextOrJson = "text",  # noqa: A002  the option's name
) -> None:
    """Show calls, tokens, dollars and seconds by member, phase and purpose, or by other keys.

    Studies are included, with the condition `study`. Unreadable journals are reported on stderr and skipped; the exit
    code is then 1.

    Examples:

        govsim cost runs

        govsim cost runs --by model --by purpose --format json
    """
    if by:
        check_keys(by)
    broken = BrokenJournals()
    calls = analysis.load(folder, frames=("calls",), broken=broken).call_records
    found = analysis.spent(calls, by) if by else analysis.spent(calls)
    if format == "json":
        say(analysis.render(analysis.spending_table(found), "json"))
    else:
        say(analysis.format_spending(found))
    broken.leave()
