"""The text of `govsim status`."""

from __future__ import annotations

from pathlib import Path

import pytest

from govsim.analysis.status import JobState
from govsim.cli.console import located
from govsim.cli.status import format_studies


def test_the_line_on_studies_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("labels", "promises", "knowledge", "skills", "checks of a judge", "questions of a plug-in")
    studies = [
        JobState(path=Path(f"{name}.study"), cell=(name, "fake/judge"), is_study=True, status="completed")
        for name in names
    ]
    [alone] = format_studies(studies)
    assert len(alone) > 80
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    [text] = format_studies(studies)
    assert max(map(len, text.splitlines())) <= 80
    assert text.split() == alone.split()


def test_a_path_is_on_a_separate_line_where_a_line_is_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path("runs/fishery/default/openai-gpt-4o-mini/seed-0.jsonl")
    reason = "failed in month 1: connection refused; start the server, or correct the base URL"
    assert located(reason, path) == f"{reason}  {path}"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")
    *words, last = located(reason, path).splitlines()
    assert " ".join(words) == reason
    assert max(map(len, words)) <= 60
    assert last == f"  {path}"
    monkeypatch.setenv("COLUMNS", "200")
    assert located(reason, path) == f"{reason}  {path}"
