"""`govsim diff`: compare two journals."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from govsim.cli.words import say
from govsim.journal import first_difference, note_on_unknown, read_journal


def diff(
    first: Annotated[Path, typer.Argument(help="A run's journal.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="The one to compare it with.", show_default=False)],
) -> None:
    """Say whether two journals are the same, clock fields left out.

    0 when they are, 1 with the first difference when they are not.

    Example:
        govsim diff runs-a/fishery/default/policy-random/seed-1.jsonl runs-b/fishery/default/policy-random/seed-1.jsonl
    """
    journals = [read_journal(path) for path in (first, second)]
    for journal in journals:
        if journal.torn:
            say(f"{journal.path}: its last line is torn and was left out", err=True)
    if note := note_on_unknown(journal.unknown for journal in journals):
        say(note)
    difference = first_difference(*journals)
    if difference is None:
        say("the same")
        return
    say(f"{difference.place}: {difference.key}")
    say(f"  {first}: {_shown(difference.first)}")
    say(f"  {second}: {_shown(difference.second)}")
    sys.exit(1)


def _shown(value: Any) -> str:
    return "absent" if value is None else json.dumps(value, ensure_ascii=False)
