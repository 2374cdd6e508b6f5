"""Progress of jobs on stderr: a live table on a terminal, otherwise a line every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, Self

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.text import Text

from govsim.analysis.settings import changes_of, composition, setup_of
from govsim.analysis.tables.formatting import count, dollars, duration
from govsim.analysis.tables.table import Column, Table
from govsim.analysis.tables.text import as_text, clean
from govsim.characters import counted, visible
from govsim.cli.console import say
from govsim.jobs import Job, RunJob
from govsim.journal import FINISHED, Asked, Call, End, Event, Harvest, Month, StudyAnswer, Utterance, known_sum
from govsim.models.retrying import Wait

SHOWN = 16
"""Maximum number of rows shown at once."""

SECONDS_BETWEEN_LINES = 2.0

SHORTEST_WAIT_SHOWN = 1.0
"""Minimum seconds of a wait that is shown."""

SECONDS_BETWEEN_WAITS = 5.0


@dataclass(slots=True)
class JobProgress:
    """Progress of one job.

    Attributes:
        steps: maximum months of a run, or number of questions of a study.
        capacity: capacity of the commons in units; 0 in a study.
        step: current month of a run, 0 before the first; or number of answered questions of a study.
        stock: current stock in units.
        asked: pending requests, by member, purpose and ordinal, with their attempt.
        tokens: tokens used in this command; None if a provider does not report them.
        cost: cost in dollars in this command; None if a price is unknown.
        news: the last event, as text.
        status: status after the end; empty before.
        simulated: steps that were started in this command, without replayed ones.
    """

    steps: int
    capacity: int = 0
    step: int = 0
    stock: int = 0
    asked: dict[tuple[str, str, int], int] = field(default_factory=dict)
    tokens: int | None = 0
    cost: float | None = 0.0
    news: str = ""
    status: str = ""
    simulated: int = 0
    _asks: bool = False

    @classmethod
    def of(cls, job: Job[Any]) -> JobProgress:
        """Return the progress of a job that has not started."""
        return cls(steps=job.steps, capacity=job.experiment.world.capacity if isinstance(job, RunJob) else 0)

    def update(self, event: Event) -> None:
        """Update the progress after an event."""
        match event:
            case Month():
                self.step, self.stock, self.news = event.month, event.stock, "month started"
                self.simulated += self._asks
            case StudyAnswer():
                self.step += 1
            case Asked():
                self.asked[event.member, event.purpose, event.ordinal] = event.attempt
                self.simulated += bool(self.capacity) and not self._asks
                self._asks = True
            case Call():
                self._answered(event)
            case Harvest():
                self.stock = event.stock_after_harvest
                taken = sum(event.granted.values())
                self.news = f"{taken} harvested, {event.stock_after_harvest} left"
                if event.is_collapsed:
                    self.news += ": collapsed"
            case Utterance(text=str(text)):
                self.news = f"{event.member}: {text}"
            case End():
                is_whole = not self.capacity and event.status in FINISHED
                self.status, self.step = event.status, self.steps if is_whole else max(self.step, event.months)
                self.asked.clear()
            case _:
                pass

    def _answered(self, call: Call) -> None:
        if self.asked.pop((call.member, call.purpose, call.ordinal), None) is None:
            return  # answered in an earlier command
        self.tokens = known_sum((self.tokens, call.tokens))
        self.cost = known_sum((self.cost, call.cost))
        self.simulated += not self.capacity and call.refused is None

    @property
    def asking(self) -> str:
        """The pending requests: purposes and members."""
        purposes: dict[str, list[str]] = {}
        for member, purpose, _ in self.asked:
            purposes.setdefault(purpose, []).append(member)
        return "; ".join(f"{purpose}: {', '.join(members)}" for purpose, members in purposes.items())

    @property
    def left(self) -> int:
        """Remaining steps."""
        return 0 if self.status else self.steps - (max(self.step - 1, 0) if self.capacity else self.step)


class Total:
    """Progress of several jobs together.

    Attributes:
        jobs: number of jobs.
        done: number of finished jobs.
        stopped: number of jobs that failed, exceeded a budget or were cancelled.
        running: number of jobs that have started and not ended.
        steps: number of steps of all jobs.
        step: number of completed steps.
        tokens: tokens of all jobs; None if a provider does not report them.
        cost: cost of all jobs in dollars; None if a price is unknown.
        left: estimated maximum of remaining seconds; None before the first step.
    """

    def __init__(self, jobs: Collection[JobProgress], pace: float | None) -> None:
        """Add up jobs.

        Args:
            jobs: progress of each job.
            pace: steps per second of all jobs of the command; None before the first step.
        """
        self.jobs = len(jobs)
        self.done = sum(job.status in FINISHED for job in jobs)
        self.stopped = sum(bool(job.status) and job.status not in FINISHED for job in jobs)
        self.running = sum(bool(job.step or job.asked) and not job.status for job in jobs)
        self.steps = sum(job.steps for job in jobs)
        self.step = sum(job.step for job in jobs)
        self.tokens = known_sum(job.tokens for job in jobs)
        self.cost = known_sum(job.cost for job in jobs)
        self.left = sum(job.left for job in jobs) / pace if pace else None

    @property
    def spent(self) -> str:
        """Tokens, and the cost if it is known and not 0."""
        return f"{count(self.tokens)} tokens" + (f", {dollars(self.cost)}" if self.cost else "")

    @property
    def remaining(self) -> str:
        """The estimated remaining time as text; empty if unknown or 0."""
        return "" if self.left is None or self.done + self.stopped == self.jobs else f"≤ {duration(self.left)}"


class Waits:
    """Current waits before retries of failed requests."""

    def __init__(self) -> None:
        self._waits: list[Wait] = []
        self._last_line: dict[str, float] = {}

    def add(self, wait: Wait) -> str | None:
        """Add a wait; return a line on it, at most once every few seconds for each reason."""
        if wait.seconds < SHORTEST_WAIT_SHOWN:
            return None
        now = time.monotonic()
        self._waits = [*(one for one in self._waits if one.until > now), wait]
        reason = f"{wait.reason} from {wait.model}"
        if now - self._last_line.get(reason, -SECONDS_BETWEEN_WAITS) < SECONDS_BETWEEN_WAITS:
            return None
        self._last_line[reason] = now
        return visible(wait.describe(now))

    def line(self) -> str | None:
        """Return a line on the longest wait and the number of waiting requests; None if there are none."""
        now = time.monotonic()
        self._waits = [wait for wait in self._waits if wait.until > now]
        if not self._waits:
            return None
        longest = max(self._waits, key=lambda wait: wait.until)
        more = f" ({len(self._waits)} requests)" if len(self._waits) > 1 else ""
        return visible(longest.describe(now)) + more


class Progress:
    """Shows the progress of jobs: runs by cell in a campaign, and studies by model."""

    def __init__(self, jobs: Sequence[Job[Any]]) -> None:
        self._console = Console(stderr=True)
        self._began = time.monotonic()
        self._jobs = {job.path: JobProgress.of(job) for job in jobs}
        self._cells: dict[tuple[str, ...], list[Path]] = {}
        self._cell_names: dict[tuple[str, ...], str] = {}
        for job in jobs:
            self._cells.setdefault(job.cell, []).append(job.path)
            self._cell_names.setdefault(job.cell, _name(job))
        self._are_studies = not all(isinstance(job, RunJob) for job in jobs)
        self._is_table_of_runs = len(self._cells) == 1 and not self._are_studies
        self._names = {job.path: self._name_of_run(job) for job in jobs}
        self._waits = Waits()
        self._last_line = self._began if self._are_studies else 0.0
        self._live: Live | None = None
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._shown, console=self._console, refresh_per_second=4, transient=True)

    def _name_of_run(self, job: Job[Any]) -> str:
        """Return the name of a job: scenario and seed of a run if there are no other cells."""
        if not isinstance(job, RunJob):
            return self._cell_names[job.cell]
        if self._is_table_of_runs:
            return f"{job.cell[0]} {job.experiment.seed}"
        return f"{self._cell_names[job.cell]}, seed {job.experiment.seed}"

    def on_event(self, job: Job[Any], event: Event) -> None:
        """Update the progress after an event of a job."""
        progress = self._jobs[job.path]
        before = progress.step
        progress.update(event)
        if self._live is not None:
            return
        is_due = time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES
        if self._are_studies:
            is_line = is_due and isinstance(event, StudyAnswer)
        else:  # a run that was finished earlier has no news
            is_line = bool(progress.news) and (is_due or self._is_worth_a_line(progress, event, before))
        if is_line:
            self._last_line = time.monotonic()
            say(f"[{self._last_line - self._began:6.1f} s] {self._line(job.path, progress)}", err=True)

    def _is_worth_a_line(self, progress: JobProgress, event: Event, before: int) -> bool:
        """Return whether an event of a run is printed immediately."""
        if progress.status and (progress.status not in FINISHED or self._is_table_of_runs):
            return True
        return len(self._jobs) == 1 and (progress.step != before or isinstance(event, Harvest | End))

    def on_wait(self, wait: Wait) -> None:
        """Show a wait before a failed request is retried."""
        line = self._waits.add(wait)
        if self._live is None and line:
            say(f"[{time.monotonic() - self._began:6.1f} s] {line}", err=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def _pace(self) -> float | None:
        """Simulated steps per second of all jobs."""
        simulated = sum(progress.simulated for progress in self._jobs.values())
        return simulated / max(time.monotonic() - self._began, 0.001) if simulated else None

    @property
    def _total(self) -> Total:
        return Total(self._jobs.values(), self._pace)

    def _line(self, path: Path, progress: JobProgress) -> str:
        """Return all jobs, and the state of one run, on one line."""
        what = progress.status or (f"asking {progress.asking}" if progress.asked else progress.news)
        line = (
            f"{self._names[path]}: month {progress.step}/{progress.steps}, stock {progress.stock}/{progress.capacity}, "
        )
        line += f"{count(progress.tokens)} tokens, {what}"
        if self._is_table_of_runs:
            return line
        return self._summary() if self._are_studies else f"{self._summary()}; {line}"

    def _summary(self) -> str:
        """Return all jobs on one line."""
        total = self._total
        done = f"{total.done} of {total.jobs} runs done"
        if self._are_studies:
            done = f"{total.step:,} of {counted(total.steps, 'question')} answered"
        parts = [done, f"{total.stopped} stopped" if total.stopped else "", total.spent]
        return ", ".join(part for part in [*parts, f"{total.remaining} left" if total.remaining else ""] if part)

    def _shown(self) -> Group:
        """Return what a terminal shows: the table, and the current wait below it."""
        table = _Sized(self._table_of_runs if self._is_table_of_runs else self._table_of_cells)
        waiting = self._waits.line()
        return Group(table, Text(waiting, style="yellow")) if waiting else Group(table)

    def _table_of_runs(self, width: int, rows: int) -> str:
        """Return the live table of one cell: the runs that are in progress, with a total."""
        running = [(path, job) for path, job in self._jobs.items() if job.step and not job.status]
        total = self._total
        seconds = f"{time.monotonic() - self._began:.0f} s, {total.remaining}".rstrip(", ")
        data = [
            {
                "run": self._names[path],
                "month": f"{job.step}/{job.steps}",
                "stock": f"{job.stock}/{job.capacity}",
                "tokens": job.tokens,
                "news": job.asking or job.news,
            }
            for path, job in running[:rows]
        ]
        ended = f"{total.done + total.stopped} of {total.jobs} done"
        table = Table(
            name="runs",
            title="Runs",
            is_titled=False,
            columns=(
                Column(name="run", place="stub"),
                Column(name="month", kind="text"),
                Column(name="stock", kind="text"),
                Column(name="tokens", kind="count", of=_counted_tokens),
            ),
            data=data,
            total={"run": f"{ended}, {seconds}", "month": "", "stock": "", "tokens": total.tokens},
        )
        news = [_cut(f"  {row['run']}: {row['news']}", width) for row in data if row["news"]]
        return "\n".join([as_text(table, width, is_condensed=False), *news])

    def _table_of_cells(self, width: int, rows: int) -> str:
        """Return the live table of a campaign or of studies: running cells, then waiting and finished ones."""
        pace = self._pace
        cells = {cell: Total([self._jobs[path] for path in paths], pace) for cell, paths in self._cells.items()}
        order = sorted(cells, key=lambda cell: (not cells[cell].running, cells[cell].done == cells[cell].jobs))
        table = Table(
            name="cells",
            title="Cells",
            is_titled=False,
            columns=(
                Column(name="cell", place="stub"),
                Column(name="questions" if self._are_studies else "runs", kind="text", of=lambda row: row["done"]),
                Column(name="running", kind="count"),
                Column(name="stopped", kind="count"),
                Column(name="tokens", kind="count", of=_counted_tokens),
                Column(name="cost", kind="dollars", is_optional=True),
                Column(name="left", kind="text"),
            ),
            data=[{"cell": self._cell_names[cell], **self._amounts(cells[cell])} for cell in order[:rows]],
            total={"cell": "all", **self._amounts(self._total)},
        )
        return as_text(table, width, is_condensed=False)

    def _amounts(self, cell: Total) -> dict[str, Any]:
        done = f"{cell.step}/{cell.steps}" if self._are_studies else f"{cell.done}/{cell.jobs}"
        return {
            "done": done,
            "running": cell.running,
            "stopped": cell.stopped,
            "tokens": cell.tokens,
            "cost": cell.cost or None,
            "left": cell.remaining,
        }


class _Sized:
    """A live table as text that fits the terminal: with fewer rows if it is too high."""

    def __init__(self, table: Callable[[int, int], str]) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the table for the current size of the terminal."""
        rows = SHOWN
        text = self._table(options.max_width, rows)
        while rows > 1 and text.count("\n") + 2 > console.height:
            rows -= 1
            text = self._table(options.max_width, rows)
        yield Text(text, no_wrap=True, overflow="ignore")


def _counted_tokens(row: Mapping[str, Any]) -> Any:
    """The tokens of a row, or nan if they are unknown, which is shown as unknown."""
    return nan if row["tokens"] is None else row["tokens"]


def _cut(text: str, width: int) -> str:
    """Cut a text at the width of the terminal."""
    line = Text(clean(text))
    line.truncate(width, overflow="ellipsis")
    return line.plain


def _name(job: Job[Any]) -> str:
    """Return the name of a cell: scenario, condition and society of a run, or the study."""
    if not isinstance(job, RunJob):
        return " ".join(job.cell)
    scenario, condition, _ = job.cell
    return ", ".join([scenario, condition, setup_of(composition(job.header), changes_of(job.header))])
