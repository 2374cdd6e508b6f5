"""The progress of jobs, as tables and lines that terminals and notebooks show."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any

from govsim.analysis.naming import setups_of
from govsim.analysis.tables.formatting import count, dollars, duration
from govsim.analysis.tables.table import Column, Table
from govsim.characters import counted, status_text, visible
from govsim.jobs import Job, JobProgress, RunJob
from govsim.journal import FINISHED, known_sum
from govsim.models.retrying import Wait

SHOWN = 16
"""Maximum number of rows shown at once."""

SHORTEST_WAIT_SHOWN = 1.0
"""Minimum seconds of a wait that is shown."""

SECONDS_BETWEEN_WAITS = 5.0


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
        waits = [wait for wait in self._waits if wait.until > now]
        if not waits:
            return None
        longest = max(waits, key=lambda wait: wait.until)
        more = f" ({len(waits)} requests)" if len(waits) > 1 else ""
        return visible(longest.describe(now)) + more


class ProgressState:
    """The progress of several jobs: runs by cell in a campaign, and studies by model.

    The thread that executes the jobs updates it; another thread may show it at the same time.

    Attributes:
        began: the start, by the monotonic clock.
        jobs: the progress of each job, by the path of its journal.
        waits: current waits before retries.
        are_studies: whether the jobs are studies.
        is_one_cell: whether all jobs are runs of one cell, which the table then lists.
    """

    def __init__(self, jobs: Sequence[Job[Any]]) -> None:
        self.began = time.monotonic()
        self.jobs = {job.path: JobProgress.of(job) for job in jobs}
        self.waits = Waits()
        self._cells: dict[tuple[str, ...], list[Path]] = {}
        for job in jobs:
            self._cells.setdefault(job.cell, []).append(job.path)
        self._cell_names = _names(jobs)
        self.are_studies = not all(isinstance(job, RunJob) for job in jobs)
        self.is_one_cell = len(self._cells) == 1 and not self.are_studies
        self._names = {job.path: self._name_of_run(job) for job in jobs}

    def _name_of_run(self, job: Job[Any]) -> str:
        """Return the name of a job: scenario and seed of a run if there are no other cells."""
        if not isinstance(job, RunJob):
            return self._cell_names[job.cell]
        if self.is_one_cell:
            return f"{job.cell[0]} {job.experiment.seed}"
        return f"{self._cell_names[job.cell]}, seed {job.experiment.seed}"

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    @property
    def total(self) -> Total:
        """The progress of all jobs together."""
        return Total(self.jobs.values(), self._pace)

    @property
    def _pace(self) -> float | None:
        """Simulated steps per second of all jobs."""
        simulated = sum(progress.simulated for progress in self.jobs.values())
        return simulated / max(self.seconds, 0.001) if simulated else None

    @property
    def summary(self) -> str:
        """All jobs on one line."""
        total = self.total
        done = f"{total.done} of {counted(total.jobs, 'run')} done"
        if self.are_studies:
            done = f"{total.step:,} of {counted(total.steps, 'question')} answered"
        parts = [done, f"{total.stopped} stopped" if total.stopped else "", total.spent]
        return ", ".join(part for part in [*parts, f"{total.remaining} left" if total.remaining else ""] if part)

    def line(self, path: Path) -> str:
        """Return all jobs, and the state of one run, on one line."""
        progress = self.jobs[path]
        what = status_text(progress.status or "") or (f"asking {progress.asking}" if progress.asked else progress.news)
        line = (
            f"{self._names[path]}: month {progress.step}/{progress.steps}, stock {progress.stock}/{progress.capacity}, "
            f"{count(progress.tokens)} tokens, {what}"
        )
        if self.is_one_cell:
            return line
        return self.summary if self.are_studies else f"{self.summary}; {line}"

    def table(self, rows: int = SHOWN) -> Table:
        """Return the progress as a table: the current runs if all runs are of one cell, otherwise the cells.

        Args:
            rows: maximum number of rows, without the total.
        """
        return self._table_of_runs(rows) if self.is_one_cell else self._table_of_cells(rows)

    def news(self, rows: int = SHOWN) -> list[str]:
        """Return a line for each run in the table: its pending requests, or its last event; none for cells."""
        if not self.is_one_cell:
            return []
        news = {path: job.asking or job.news for path, job in self._current_runs(rows)}
        return [f"{self._names[path]}: {text}" for path, text in news.items() if text]

    def _current_runs(self, rows: int) -> list[tuple[Path, JobProgress]]:
        return [(path, job) for path, job in self.jobs.items() if job.step and not job.status][:rows]

    def _table_of_runs(self, rows: int) -> Table:
        """Return the table of one cell: the runs in progress, with a total."""
        total = self.total
        data = [
            {
                "run": self._names[path],
                "month": f"{job.step}/{job.steps}",
                "stock": f"{job.stock}/{job.capacity}",
                "tokens": job.tokens,
                "cost": job.cost or None,
            }
            for path, job in self._current_runs(rows)
        ]
        done = f"{total.done + total.stopped} of {total.jobs} done, {self.seconds:.0f} s, {total.remaining}"
        return Table(
            name="runs",
            title="Runs",
            is_titled=False,
            columns=(
                Column(name="run", place="stub"),
                Column(name="month", kind="text"),
                Column(name="stock", kind="text"),
                Column(name="tokens", kind="count", of=_counted_tokens),
                Column(name="cost", kind="dollars", is_optional=True),
            ),
            data=data,
            total={
                **{"run": done.rstrip(", "), "month": "", "stock": ""},
                **{"tokens": total.tokens, "cost": total.cost or None},
            },
        )

    def _table_of_cells(self, rows: int) -> Table:
        """Return the table of a campaign or of studies: running cells, then waiting and finished ones."""
        pace = self._pace
        cells = {cell: Total([self.jobs[path] for path in paths], pace) for cell, paths in self._cells.items()}
        order = sorted(cells, key=lambda cell: (not cells[cell].running, cells[cell].done == cells[cell].jobs))
        return Table(
            name="cells",
            title="Cells",
            is_titled=False,
            columns=(
                Column(name="cell", place="stub"),
                Column(name="questions" if self.are_studies else "runs", kind="text", of=lambda row: row["done"]),
                Column(name="running", kind="count"),
                Column(name="stopped", kind="count"),
                Column(name="tokens", kind="count", of=_counted_tokens),
                Column(name="cost", kind="dollars", is_optional=True),
                Column(name="left", kind="text"),
            ),
            data=[{"cell": self._cell_names[cell], **self._amounts(cells[cell])} for cell in order[:rows]],
            total={"cell": "all", **self._amounts(self.total)},
        )

    def _amounts(self, cell: Total) -> dict[str, Any]:
        done = f"{cell.step}/{cell.steps}" if self.are_studies else f"{cell.done}/{cell.jobs}"
        return {
            "done": done,
            "running": cell.running,
            "stopped": cell.stopped,
            "tokens": cell.tokens,
            "cost": cell.cost or None,
            "left": cell.remaining,
        }


def _counted_tokens(row: Mapping[str, Any]) -> Any:
    """The tokens of a row, or nan if they are unknown, which is shown as unknown."""
    return nan if row["tokens"] is None else row["tokens"]


def _names(jobs: Sequence[Job[Any]]) -> dict[tuple[str, ...], str]:
    """Return the names of cells: the study, or scenario, condition and setup of runs, unless all share one setup."""
    runs: dict[tuple[str, ...], RunJob] = {job.cell: job for job in jobs if isinstance(job, RunJob)}
    setups = setups_of(run.header for run in runs.values())
    is_shared = len(runs) > 1 and len(set(setups)) == 1
    named = {
        cell: ", ".join([*cell[:2], *([] if is_shared else [setup])]) for cell, setup in zip(runs, setups, strict=True)
    }
    return {job.cell: " ".join(job.cell) for job in jobs} | named
