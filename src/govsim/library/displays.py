"""Displays of the progress of jobs: a live table on a terminal or in a notebook, or a line every few seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from html import escape
from typing import Any, Self

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.text import Text

from govsim.analysis.tables.formatting import duration
from govsim.analysis.tables.markup import html_table
from govsim.analysis.tables.text import WIDTH, as_text, clean
from govsim.jobs import Job, JobProgress
from govsim.journal import FINISHED, End, Event, Harvest, StudyAnswer
from govsim.library.progress import SHOWN, ProgressState
from govsim.library.progress_output import CellOutput, DisplayKind, NoDisplay, write_line
from govsim.models.retrying import Wait

SECONDS_BETWEEN_LINES = 2.0

SECONDS_BETWEEN_UPDATES = 0.5
"""Minimum seconds between two updates in a notebook, and before the first one."""

_ECHOED = len("^C")
"""Characters that a terminal adds at an interrupt: in a full line they begin a new one, and the table stays behind."""

_terminal = threading.Lock()
"""Held by the display that uses the terminal. Jobs that start meanwhile, as with `asyncio.gather`, are not shown."""


def display_of(jobs: Sequence[Job[Any]], kind: DisplayKind | None) -> NoDisplay:
    """Return a display of the progress of jobs, to be used as a context manager.

    Args:
        jobs: runs or studies.
        kind: where it is shown; None for nowhere.
    """
    if kind is None:
        return NoDisplay()
    state = ProgressState(jobs)
    if kind == "notebook":
        return NotebookDisplay(state)
    return TerminalDisplay(state) if kind == "terminal" else LineDisplay(state)


class TerminalDisplay(NoDisplay):
    """A live table on stderr, which disappears at the end."""

    def __init__(self, state: ProgressState) -> None:
        self._state = state
        console = Console(stderr=True)
        self._live = Live(
            get_renderable=self.shown,
            console=console,
            refresh_per_second=4,
            transient=True,
            redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
        )

    def on_event(self, job: Job[Any], event: Event) -> None:
        """See `NoDisplay`."""
        self._state.jobs[job.path].update(event)

    def on_progress(self, job: Job[Any], progress: JobProgress) -> None:
        """See `NoDisplay`."""
        self._state.jobs[job.path] = progress

    def on_wait(self, wait: Wait) -> None:
        """See `NoDisplay`."""
        self._state.waits.add(wait)

    def __enter__(self) -> Self:
        self._is_shown = _terminal.acquire(blocking=False)
        if self._is_shown:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._live.stop()
            _terminal.release()

    def shown(self) -> Group:
        """Return what the terminal shows: the table, and the current wait below it."""
        waiting = self._state.waits.line()
        return Group(_Sized(self._state), *([Text(waiting, style="yellow")] if waiting else []))


class _Sized:
    """The live table as text that fits the terminal: with fewer rows if it is too high."""

    def __init__(self, state: ProgressState) -> None:
        self._state = state

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the table for the current size of the terminal."""
        rows, width = SHOWN, options.max_width - _ECHOED
        text = _text(self._state, width, rows)
        while rows > 1 and text.count("\n") + 2 > console.height:
            rows -= 1
            text = _text(self._state, width, rows)
        yield Text(text, no_wrap=True, overflow="ignore")


class LineDisplay(NoDisplay):
    """A line on stderr every few seconds, and immediately at the end of a run."""

    def __init__(self, state: ProgressState) -> None:
        self._state = state
        self._last_line = state.began if state.are_studies else 0.0

    def on_event(self, job: Job[Any], event: Event) -> None:
        """See `NoDisplay`."""
        progress = self._state.jobs[job.path]
        before = progress.step
        progress.update(event)
        is_due = time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES
        if self._state.are_studies:
            is_line = is_due and isinstance(event, StudyAnswer)
        else:  # a run that was finished earlier has no news
            is_line = bool(progress.news) and (is_due or self._is_worth_a_line(progress, event, before))
        if is_line:
            self._last_line = time.monotonic()
            self._write(self._state.line(job.path))

    def on_progress(self, job: Job[Any], progress: JobProgress) -> None:
        """See `NoDisplay`; the end of a job, which is an event, is written there."""
        self._state.jobs[job.path] = progress
        is_due = time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES
        if progress.news and not progress.status and is_due:
            self._last_line = time.monotonic()
            self._write(self._state.line(job.path))

    def _is_worth_a_line(self, progress: JobProgress, event: Event, before: int) -> bool:
        """Return whether an event of a run is written immediately."""
        if progress.status and (progress.status not in FINISHED or self._state.is_one_cell):
            return True
        return len(self._state.jobs) == 1 and (progress.step != before or isinstance(event, Harvest | End))

    def on_wait(self, wait: Wait) -> None:
        """See `NoDisplay`."""
        if line := self._state.waits.add(wait):
            self._write(line)

    def _write(self, text: str) -> None:
        write_line(f"[{self._state.seconds:6.1f} s] {text}")


class NotebookDisplay(NoDisplay):
    """A table in the output of a notebook cell, updated twice a second, and replaced by one line at the end.

    Jobs that end within half a second are not shown.
    """

    def __init__(self, state: ProgressState) -> None:
        self._state = state
        self._output = CellOutput()
        self._last_update = state.began

    def on_event(self, job: Job[Any], event: Event) -> None:
        """See `NoDisplay`."""
        self._state.jobs[job.path].update(event)

    def on_progress(self, job: Job[Any], progress: JobProgress) -> None:
        """See `NoDisplay`."""
        self._state.jobs[job.path] = progress

    def on_wait(self, wait: Wait) -> None:
        """See `NoDisplay`."""
        self._state.waits.add(wait)

    def refresh(self) -> None:
        """See `NoDisplay`."""
        if time.monotonic() - self._last_update >= SECONDS_BETWEEN_UPDATES:
            self._output.show(_html(self._state), _text(self._state))
            self._last_update = time.monotonic()

    def __exit__(self, *_: object) -> None:
        if self._output.is_shown:
            end = f"{self._state.summary}, {duration(self._state.seconds)}"
            self._output.show(f"<p>{escape(end)}</p>", end)


def _text(state: ProgressState, width: int | None = None, rows: int = SHOWN) -> str:
    """Return the table as text, with the news of its runs below it."""
    news = [_cut(f"  {line}", width) for line in state.news(rows)]
    return "\n".join([as_text(state.table(rows), width, is_condensed=False), *news])


def _html(state: ProgressState) -> str:
    """Return the table for a notebook, with the news of its runs and the current wait below it."""
    lines = [*state.news(), *([waiting] if (waiting := state.waits.line()) else [])]
    below = "<br>".join(escape(_cut(line)) for line in lines)
    return html_table(state.table(), is_condensed=False) + f"\n<p>{below}</p>" * bool(below)


def _cut(text: str, width: int | None = None) -> str:
    """Cut a text at the width of the terminal."""
    line = Text(clean(text))
    line.truncate(width or WIDTH, overflow="ellipsis")
    return line.plain
