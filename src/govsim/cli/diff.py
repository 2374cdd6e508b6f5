"""`govsim diff`: compare two journals."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from govsim.cli.console import say
from govsim.journal import event_difference, header_difference, note_on_unknown, read_journal


def diff(
    first: Annotated[Path, typer.Argument(metavar="JOURNAL", help="Journal of a run.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="JOURNAL", help="Journal to compare it with.", show_default=False)],
) -> None:
    """Compare two journals, ignoring times.

    The exit code is 0 if they are equal. Otherwise the first difference of their headers (settings, seed and texts) and
    the first difference of their events are printed, and the exit code is 1.

    Example:

        govsim diff runs-a/fishery/default/policy-random/seed-1.jsonl runs-b/fishery/default/policy-random/seed-1.jsonl
    """
    journals = [read_journal(path) for path in (first, second)]
    for journal in journals:
        if journal.partial_line:
            say(f"{journal.path}: the last line is truncated and was skipped", err=True)
    if note := note_on_unknown(journal.unknown for journal in journals):
        say(note)
    differences = [found for found in (header_difference(*journals), event_difference(*journals)) if found is not None]
    if not differences:
        say("the same")
        return
    for difference in differences:
        say(f"{difference.place}: {difference.key}")
        say(f"  {first}: {_shown(difference.first)}")
        say(f"  {second}: {_shown(difference.second)}")
    sys.exit(1)


def _shown(value: Any) -> str:
    return "absent" if value is None else json.dumps(value, ensure_ascii=False)
