"""`govsim cost`: what was spent, and on what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from govsim import analysis
from govsim.analysis.costs import check_keys
from govsim.cli.options import Folder, TextOrJson
from govsim.cli.problems import BrokenJournals
from govsim.cli.words import say


def cost(
    folder: Folder = Path("runs"),
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY", help="scenario, condition, society, model, month, phase, member or purpose; repeat it."
        ),
    ] = None,
    format: TextOrJson = "text",  # noqa: A002  the option's name
) -> None:
    """Show calls, tokens, dollars and seconds by member, phase and purpose, or by other keys.

    What studies have spent is told too, under the condition `study`. A journal that is broken is named on stderr and
    left out; the command then ends with 1.

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
