"""The progress of runs and studies on terminals and in lines."""

from __future__ import annotations

import asyncio
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from govsim.config import Execution
from govsim.jobs import JobProgress, execute_all, plan_runs, prepare
from govsim.journal import Asked, Call, End, Month, Utterance
from govsim.library.displays import LineDisplay, TerminalDisplay, display_of
from govsim.library.progress import ProgressState
from govsim.library.progress_output import NoDisplay
from govsim.models.retrying import Wait
from govsim.studies import plan_check

HOSTILE = ["[/bold] closed", "[red]painted[/red] [link=http://x]", "[[", "\x1b]0;owned\x07", "\\[/]", "\u202etxt"]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("is_terminal", [True, False])
def test_utterances_are_shown_without_interpretation_of_markup(
    text: str, is_terminal: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    [plan] = plan_runs({"agents": {"default": "policy:greedy"}}, Execution(out=tmp_path))
    state = ProgressState([plan])
    terminal, lines = TerminalDisplay(state), LineDisplay(state)
    display = terminal if is_terminal else lines
    display.on_event(plan, Month(month=1, date="2024-01-01", stock=100, members=("John",)))
    lines._last_line = -10.0
    display.on_event(plan, Utterance(month=1, member="John", ordinal=1, text=text))
    output = shown(state) if is_terminal else capsys.readouterr().err
    assert not set("\x1b\x07\u202e") & set(output)
    assert "John: " + text.replace("\x1b", "\\u001b").replace("\x07", "\\u0007").replace("\u202e", "\\u202e") in output


def test_the_progress_of_runs_in_other_processes_is_shown_and_written_every_few_seconds(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan, other = plan_runs({"agents": {"default": "policy:greedy"}}, Execution(out=tmp_path, runs=2))
    state = ProgressState([plan, other])
    progress = JobProgress(steps=12, capacity=100, step=3, stock=40, tokens=1200, news="month started")
    lines = LineDisplay(state)
    for display in (TerminalDisplay(state), lines):
        display.on_progress(plan, replace(progress))
    display.on_progress(other, replace(progress, step=4))
    written = capsys.readouterr().err
    assert re.search(r"fishery 0: month 3/12, stock 40/100, 1,200 tokens, month started\n$", written)
    assert "fishery 1" not in written, "less than two seconds later"
    assert re.search(r"^fishery 1 +4/12 +40/100 +1,200 *$", shown(state), re.MULTILINE)
    lines.on_event(plan, End(status="collapsed", months=3, at=""))
    assert "fishery 0: month 3/12, stock 40/100, 1,200 tokens, collapsed" in capsys.readouterr().err


def test_studies_count_questions_and_finished_ones_count_as_answered(tmp_path: Path) -> None:
    job, how = plan_check("fake/judge", {}, tmp_path), Execution()
    for tokens in ("[1-9][0-9,]+", "0"):
        state = ProgressState([job])
        asyncio.run(execute_all([job], prepare([job], how), LineDisplay(state).on_event))
        assert re.search(rf"^judge-check fake/judge +88/88 +0 +0 +{tokens} *$", shown(state), re.MULTILINE)
        assert re.fullmatch(rf"88 of 88 questions answered, {tokens} tokens", state.summary)


def test_tokens_that_a_provider_does_not_report_are_unknown_and_not_0(tmp_path: Path) -> None:
    [plan] = plan_runs({}, Execution(out=tmp_path))
    state = ProgressState([plan])
    place = {"month": 1, "phase": "harvest", "member": "Kate", "purpose": "harvest", "ordinal": 0, "attempt": 0}
    asked = Asked.model_validate({**place, "model": "some/model", "messages": (), "at": ""})
    output = {"reply": "Answer: 1", "stop_reason": "stop", "seconds": 1.0, "input_tokens": 9}
    for event in (asked, Call.model_validate({**asked.model_dump(exclude={"kind", "at"}), **output})):
        TerminalDisplay(state).on_event(plan, event)
    assert state.summary.startswith("0 of 1 run done, unknown tokens")


class TestWaits:
    """Requests that failed and will be sent again."""

    @staticmethod
    def wait(seconds: float, reason: str = "429") -> Wait:
        return Wait(model="openai/gpt-4o", reason=reason, seconds=seconds, until=time.monotonic() + seconds)

    def test_a_wait_is_a_line_without_a_terminal(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        display = display_of(plan_runs({}, Execution(out=tmp_path)), "lines")
        for wait in (self.wait(30.0), self.wait(31.0), self.wait(9.0, "503"), self.wait(0.2, "500")):
            display.on_wait(wait)
        lines = capsys.readouterr().err.splitlines()
        assert [line.partition("] ")[2] for line in lines] == [
            "waiting 30 s: 429 from openai",
            "waiting 9 s: 503 from openai",
        ], "each reason at most once every few seconds, and no short waits"

    def test_waits_are_shown_below_the_table_until_they_end(self, tmp_path: Path) -> None:
        state = ProgressState(plan_runs({}, Execution(out=tmp_path)))
        display = TerminalDisplay(state)
        assert "waiting" not in shown(state)
        display.on_wait(self.wait(1.2, "503"))
        assert "waiting 1 s: 503 from openai" in shown(state)
        display.on_wait(self.wait(30.0))
        assert "waiting 30 s: 429 from openai (2 requests)" in shown(state)
        time.sleep(1.3)
        assert "waiting 29 s: 429 from openai\n" in shown(state)

    @pytest.mark.parametrize("is_terminal", [True, False])
    def test_studies_show_waits_too(
        self, is_terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("COLUMNS", "200")
        if is_terminal:
            monkeypatch.setenv("FORCE_COLOR", "1")
        with display_of([plan_check("fake/judge", {}, tmp_path)], "terminal" if is_terminal else "lines") as display:
            display.on_wait(self.wait(30.0))
        output = capsys.readouterr().err
        assert "waiting 30 s: 429 from openai" in output


@pytest.fixture
def campaign(tmp_path: Path) -> ProgressState:
    """A campaign with long names and large numbers."""
    models = ("openrouter/anthropic/claude-sonnet-4.5-20250929-long-name", "fake/society")
    execution = Execution(out=tmp_path, runs=40)
    plans = [
        plan
        for number, model in enumerate(models)
        for condition in ("default", "universalization")
        for plan in plan_runs(
            {"models": {"default": model}, "world": {"growth": 1.5 + number}}, execution, condition=condition
        )
    ]
    state = ProgressState(plans)
    for job in state.jobs.values():
        job.tokens, job.cost, job.step, job.simulated = 123_456_789, 12_345.67, 3, 1
    return state


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_table_of_a_campaign_fits_the_terminal_and_breaks_no_number(campaign: ProgressState, width: int) -> None:
    text = shown(campaign, width=width)
    assert max(map(len, text.splitlines())) <= width - len("^C"), "the echo of an interrupt begins no new line"
    assert "…" not in text
    assert len(re.findall(r"^.* 0/40 +40 +0 +4,938,271,560 +\$493,826.80 +≤ [\d.]+ m?s$", text, re.MULTILINE)) == 4
    assert re.search(r" 0/160 +160 +0 +19,753,086,240 +\$1,975,307.20 +≤ [\d.]+ m?s$", text, re.MULTILINE)
    assert "growth 1.5" in text
    assert "claude-sonnet-4.5-20250929-long-name" in text


def test_cells_that_share_a_setup_are_named_without_it(tmp_path: Path) -> None:
    plans = [
        plan
        for condition in ("default", "universalization")
        for plan in plan_runs({"world": {"growth": 1.5}}, Execution(out=tmp_path, runs=20), condition=condition)
    ]
    text = shown(ProgressState(plans), width=80)
    assert re.findall(r"^(fishery, \S+) +0/20 ", text, re.MULTILINE) == [
        "fishery, default",
        "fishery, universalization",
    ]
    assert "growth" not in text


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_of_runs_cuts_utterances_and_no_number(tmp_path: Path, width: int) -> None:
    plans = plan_runs({}, Execution(out=tmp_path, runs=3))
    state = ProgressState(plans)
    for job in state.jobs.values():
        job.tokens, job.step, job.stock, job.news = 123_456_789, 11, 100, "John: a long utterance " * 20
    lines = shown(state, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert sum(bool(re.search(r"fishery \d +11/12 +100/100 +123,456,789$", line)) for line in lines) == 3
    assert sum(line.endswith("…") for line in lines) == 3


def test_a_table_that_is_higher_than_the_terminal_has_fewer_rows(campaign: ProgressState) -> None:
    assert len(shown(campaign, height=10).splitlines()) < 10


def shown(state: ProgressState, width: int = 200, height: int = 50) -> str:
    """What a terminal shows."""
    screen = io.StringIO()
    Console(file=screen, width=width, height=height).print(TerminalDisplay(state).shown())
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines()) + "\n"


SCRIPT = """
import asyncio, sys
import govsim
settings = {"model": "fake/society", "model_args": {"latency_ms": 200}, "months": 1, "out": sys.argv[1]}
settings["progress"] = eval(sys.argv[2])

async def both():
    await asyncio.gather(*(govsim.arun("fishery", seed=seed, **settings) for seed in (0, 1)))

if sys.argv[3] == "run":
    govsim.run("fishery", runs=2, **settings)
else:
    asyncio.run(both())
print("END")
"""


@pytest.mark.parametrize(
    ("call", "is_terminal", "progress", "expected"),
    [
        ("arun", True, None, r"run +month +stock +tokens"),
        ("run", True, False, ""),
        ("run", False, None, ""),
        ("arun", False, True, r"\[ +\d+\.\d s\] fishery [01]: month 1/1, stock \d+/100, [\d,]+ tokens, completed"),
    ],
)
def test_a_script_shows_progress_on_a_terminal_or_if_it_asks_for_lines(
    tmp_path: Path, call: str, is_terminal: bool, progress: bool | None, expected: str
) -> None:
    ours, theirs = os.openpty() if is_terminal else os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(progress), call], stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b"".join(chunks_of(ours)).decode()
        assert process.stdout is not None
        assert process.stdout.read() == b"END\n"
    os.close(ours)
    assert process.returncode == 0, shown
    assert re.search(expected, shown) if expected else shown == ""


def chunks_of(descriptor: int) -> Iterator[bytes]:
    """What is written to a pipe or a terminal until it is closed."""
    while True:
        try:
            chunk = os.read(descriptor, 4096)
        except OSError:  # a terminal was closed
            return
        if not chunk:
            return
        yield chunk


def test_two_displays_do_not_share_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    plans = plan_runs({}, Execution(out=tmp_path))
    with display_of(plans, "terminal") as first:
        with display_of(plans, "terminal") as second:
            assert [is_live(display) for display in (first, second)] == [True, False]
        assert is_live(first)
    with display_of(plans, "terminal") as third:
        assert is_live(third)


def is_live(display: NoDisplay) -> bool:
    assert isinstance(display, TerminalDisplay)
    return display._live.is_started
