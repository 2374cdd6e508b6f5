"""`govsim replay`: re-live a journal without any model."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from govsim import jobs
from govsim.cli.words import months, say


def replay(file: Annotated[Path, typer.Argument(help="A run's journal.", show_default=False)]) -> None:
    """Re-live a journal with its recorded answers, and say whether the same comes of it.

    0 when it is the same, 1 with the first difference when it is not, or from which month on it cannot be compared.

    Example:
        govsim replay runs/fishery/default/policy-greedy/seed-0.jsonl
    """
    found = asyncio.run(jobs.replay(file))
    if found.incomparable_from is not None:
        say(
            f"{file}: not comparable from month {found.incomparable_from} on: read by an earlier rule "
            f"(first difference: {found.difference})"
        )
        sys.exit(1)
    if found.difference is not None:
        say(f"{file}: differs: {found.difference}")
        sys.exit(1)
    if found.is_complete:
        say(f"{file}: the same to its end, {months(found.months)}")
    else:
        status = found.journal.status or "unfinished"
        say(f"{file}: the same as far as it goes: {status}, {months(found.months)} completed")
    if found.journal.torn:
        say(f"{file}: its last line is torn and was left out")
