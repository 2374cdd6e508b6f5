"""`govsim replay`: simulate a run again with its recorded answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from govsim import library
from govsim.cli.console import months, say


def replay(
    file: Annotated[Path, typer.Argument(metavar="JOURNAL", help="Journal of a run.", show_default=False)],
) -> None:
    """Replay a run with its recorded answers, without a model, and compare the result with its journal.

    The exit code is 0 if both are equal. Otherwise the first difference, or the first month that cannot be compared, is
    printed, and the exit code is 1.

    Example:

        govsim replay runs/fishery/default/policy-greedy/seed-0.jsonl
    """
    found = library.replay(file)
    if found.incomparable_from is not None:
        say(
            f"{file}: not comparable from month {found.incomparable_from} on, because its answers were parsed by an "
            f"earlier rule (first difference: {found.difference})"
        )
        sys.exit(1)
    if found.difference is not None:
        say(f"{file}: differs: {found.difference}")
        sys.exit(1)
    if found.is_complete:
        say(f"{file}: identical, {months(found.months)}")
    else:
        status = found.journal.status or "unfinished"
        say(f"{file}: identical so far: {status}, {months(found.months)} completed")
    if found.journal.partial_line:
        say(f"{file}: the last line is truncated and was skipped")
