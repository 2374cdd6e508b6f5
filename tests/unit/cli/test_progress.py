"""What is shown of runs while they go."""

from __future__ import annotations

import asyncio
import io
import re
import time
from pathlib import Path

import pytest
from rich.console import Console

from govsim.cli.progress import Progress
from govsim.config import Execution
from govsim.jobs import execute_all, plan_runs, prepare
from govsim.journal import Asked, Call, Month, Utterance
from govsim.models.retrying import Wait
from govsim.studies import plan_check

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


def test_studies_are_told_by_their_questions_and_finished_ones_as_answered(tmp_path: Path) -> None:
    job, how = plan_check("fake/judge", {}, tmp_path), Execution()
    for tokens in ("[1-9][0-9,]+", "0"):
        progress = Progress([job])
        asyncio.run(execute_all([job], prepare([job], how), progress.heard))
        assert re.search(rf"^judge-check fake/judge +88/88 +0 +0 +{tokens} tokens *$", shown(progress), re.MULTILINE)
        assert re.fullmatch(rf"88 of 88 questions answered, {tokens} tokens", progress._summary())


def test_tokens_that_a_provider_does_not_tell_are_unknown_and_not_none(tmp_path: Path) -> None:
    [plan] = plan_runs({}, Execution(out=tmp_path))
    progress = Progress([plan])
    place = {"month": 1, "phase": "harvest", "member": "Kate", "purpose": "harvest", "ordinal": 0, "attempt": 0}
    asked = Asked.model_validate({**place, "model": "some/model", "messages": (), "at": ""})
    told = {"reply": "Answer: 1", "stop_reason": "stop", "seconds": 1.0, "input_tokens": 9}
    for event in (asked, Call.model_validate({**asked.model_dump(exclude={"kind", "at"}), **told})):
        progress.heard(plan, event)
    assert progress._summary().startswith("0 of 1 runs done, unknown tokens")


class TestWaits:
    """Requests that failed and will be sent again."""

    @staticmethod
    def wait(seconds: float, reason: str = "429") -> Wait:
        return Wait(model="openai/gpt-4o", reason=reason, seconds=seconds, until=time.monotonic() + seconds)

    def test_a_wait_is_a_line_where_lines_are_written(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        progress = Progress(plan_runs({}, Execution(out=tmp_path)))
        for wait in (self.wait(30.0), self.wait(31.0), self.wait(9.0, "503"), self.wait(0.2, "500")):
            progress.waiting(wait)
        lines = capsys.readouterr().err.splitlines()
        assert [line.partition("] ")[2] for line in lines] == [
            "waiting 30 s: 429 from openai",
            "waiting 9 s: 503 from openai",
        ], "each reason once in a while, and none that is over at once"

    def test_waits_stand_below_the_table_until_they_are_over(self, tmp_path: Path) -> None:
        progress = Progress(plan_runs({}, Execution(out=tmp_path)))
        assert "waiting" not in shown(progress)
        progress.waiting(self.wait(1.2, "503"))
        assert "waiting 1 s: 503 from openai" in shown(progress)
        progress.waiting(self.wait(30.0))
        assert "waiting 30 s: 429 from openai (2 requests)" in shown(progress)
        time.sleep(1.3)
        assert "waiting 29 s: 429 from openai\n" in shown(progress)

    @pytest.mark.parametrize("is_terminal", [True, False])
    def test_studies_say_it_too(
        self, is_terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        if is_terminal:
            monkeypatch.setenv("FORCE_COLOR", "1")
        with Progress([plan_check("fake/judge", {}, tmp_path)]) as progress:
            progress.waiting(self.wait(30.0))
        told = capsys.readouterr().err
        assert "waiting 30 s: 429 from openai" in told


def shown(progress: Progress) -> str:
    """What a terminal shows."""
    screen = io.StringIO()
    Console(file=screen, width=200).print(progress._shown())
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines()) + "\n"
