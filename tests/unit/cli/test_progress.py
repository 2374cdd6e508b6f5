"""The live table on a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from govsim.cli.progress import Progress
from govsim.config import Execution
from govsim.journal import Month, Utterance
from govsim.runs import plan_runs


def test_brackets_in_what_a_member_says_are_shown_as_they_are() -> None:
    [plan] = plan_runs({"agents": {"default": "policy:greedy"}}, Execution())
    progress = Progress([plan])
    progress.heard(plan, Month(month=1, date="2024-01-01", stock=100, members=("John",)))
    progress.heard(plan, Utterance(month=1, member="John", ordinal=1, text="[/b] ten [red]each"))
    shown = Console(file=StringIO(), width=200)
    shown.print(progress._table())
    assert isinstance(shown.file, StringIO)
    assert "John: [/b] ten [red]each" in shown.file.getvalue()
