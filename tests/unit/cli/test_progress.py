"""What is shown of runs while they go."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from govsim.cli.progress import Progress
from govsim.config import Execution
from govsim.journal import Month, Utterance
from govsim.runs import plan_runs

HOSTILE = ["[/bold] closed", "[red]painted[/red] [link=http://x]", "[[", "\x1b]0;owned\x07", "\\[/]", "\u202etxt"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_a_member_says_is_shown_as_it_is_said(
    text: str, is_terminal: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    [plan] = plan_runs({"agents": {"default": "policy:greedy"}}, Execution(out=tmp_path))
    progress = Progress([plan])
    progress.heard(plan, Month(month=1, date="2024-01-01", stock=100, members=("John",)))
    progress._last_line = -10.0
    progress.heard(plan, Utterance(month=1, member="John", ordinal=1, text=text))
    if is_terminal:
        shown = io.StringIO()
        Console(file=shown, width=200).print(progress._table_of_runs())
        told = shown.getvalue()
    else:
        told = capsys.readouterr().err
    assert not set("\x1b\x07\u202e") & set(told)
    assert "John: " + text.replace("\x1b", "\\u001b").replace("\x07", "\\u0007").replace("\u202e", "\\u202e") in told
