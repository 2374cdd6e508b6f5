"""What jobs are doing, on stderr: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from govsim.analysis.tables.formatting import count, dollars, duration
from govsim.characters import counted, visible
from govsim.cli.words import say
from govsim.jobs import Job, RunJob
from govsim.journal import FINISHED, Asked, Call, End, Event, Harvest, Month, StudyAnswer, Utterance, known_sum
from govsim.models.retrying import Wait

SHOWN = 16
"""The most rows shown at once; the others are counted."""

SECONDS_BETWEEN_LINES = 2.0

SHORTEST_WAIT_SHOWN = 1.0
"""Seconds; a shorter wait is over before anybody has read of it."""

SECONDS_BETWEEN_WAITS = 5.0


@dataclass(slots=True)
class Doing:
    """How far one job has come.

    Attributes:
        steps: the months that a run can have, or the questions of a study.
        capacity: units there can be; 0 in a study.
        step: the month that a run is in, 0 before the first; or the questions of a study that are answered.
        stock: units there are.
        asked: questions that are in flight, by member and purpose, with their attempt.
        tokens: tokens used in this command; None where a provider does not tell them.
        cost: dollars, likewise; None where a price is unknown.
        news: what happened last.
        status: how it ended; empty while it has not.
        lived: steps that it has begun in this command, and not only lived through again.
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
    lived: int = 0
    _asks: bool = False

    @classmethod
    def of(cls, job: Job[Any]) -> Doing:
        """A job that has not begun."""
        return cls(steps=job.steps, capacity=job.experiment.world.capacity if isinstance(job, RunJob) else 0)

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Month():
                self.step, self.stock, self.news = event.month, event.stock, "the month begins"
                self.lived += self._asks
            case StudyAnswer():
                self.step += 1
            case Asked():
                self.asked[event.member, event.purpose, event.ordinal] = event.attempt
                self.lived += bool(self.capacity) and not self._asks
                self._asks = True
            case Call():
                self._answered(event)
            case Harvest():
                self.stock = event.stock_after_harvest
                taken = sum(event.granted.values())
                self.news = f"{taken} taken, {event.stock_after_harvest} left"
                if event.is_collapsed:
                    self.news += ": the commons has collapsed"
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
        self.lived += not self.capacity and call.refused is None

    @property
    def asking(self) -> str:
        """What is being asked, and of whom."""
        purposes: dict[str, list[str]] = {}
        for member, purpose, _ in self.asked:
            purposes.setdefault(purpose, []).append(member)
        return "; ".join(f"{purpose}: {', '.join(members)}" for purpose, members in purposes.items())

    @property
    def left(self) -> int:
        """Steps that it still can have."""
        return 0 if self.status else self.steps - (max(self.step - 1, 0) if self.capacity else self.step)


class Together:
    """Several jobs in one line.

    Attributes:
        jobs: how many there are.
        done: those that have ended as they should.
        stopped: those that have ended otherwise: failed, over budget, cancelled.
        going: those that have begun and not ended.
        steps: the steps of all.
        step: those that have been taken.
        tokens: of all; None where a provider does not tell them.
        cost: dollars of all; None where a price is unknown.
        left: the most seconds they still need, as steps have taken so far; None before the first.
    """

    def __init__(self, jobs: Collection[Doing], pace: float | None) -> None:
        """Put jobs together.

        Args:
            jobs: what each is doing.
            pace: steps that all jobs of the command together take in a second; None before the first.
        """
        self.jobs = len(jobs)
        self.done = sum(job.status in FINISHED for job in jobs)
        self.stopped = sum(bool(job.status) and job.status not in FINISHED for job in jobs)
        self.going = sum(bool(job.step or job.asked) and not job.status for job in jobs)
        self.steps = sum(job.steps for job in jobs)
        self.step = sum(job.step for job in jobs)
        self.tokens = known_sum(job.tokens for job in jobs)
        self.cost = known_sum(job.cost for job in jobs)
        self.left = sum(job.left for job in jobs) / pace if pace else None

    @property
    def spent(self) -> str:
        """Tokens, and dollars where they are known and not nothing."""
        return f"{count(self.tokens)} tokens" + (f", {dollars(self.cost)}" if self.cost else "")

    @property
    def remaining(self) -> str:
        """The time left, in words; empty when nothing can be said."""
        return "" if self.left is None or self.done + self.stopped == self.jobs else f"≤ {duration(self.left)}"


class Waits:
    """The waits before failed requests are sent again that are not over yet."""

    def __init__(self) -> None:
        self._waits: list[Wait] = []
        self._last_line: dict[str, float] = {}

    def heard(self, wait: Wait) -> str | None:
        """Take note of a wait: a line for whoever writes lines, not more than one in a while for each reason."""
        if wait.seconds < SHORTEST_WAIT_SHOWN:
            return None
        now = time.monotonic()
        self._waits = [*(one for one in self._waits if one.until > now), wait]
        reason = f"{wait.reason} from {wait.model}"
        if now - self._last_line.get(reason, -SECONDS_BETWEEN_WAITS) < SECONDS_BETWEEN_WAITS:
            return None
        self._last_line[reason] = now
        return visible(wait.describe(now))

    def told(self) -> str | None:
        """The wait that is over last, and how many requests wait; None where nothing does."""
        now = time.monotonic()
        self._waits = [wait for wait in self._waits if wait.until > now]
        if not self._waits:
            return None
        longest = max(self._waits, key=lambda wait: wait.until)
        more = f" ({len(self._waits)} requests)" if len(self._waits) > 1 else ""
        return visible(longest.describe(now)) + more


class Progress:
    """Shows jobs as they go; runs of a campaign cell by cell, and studies model by model."""

    def __init__(self, jobs: Sequence[Job[Any]]) -> None:
        self._console = Console(stderr=True)
        self._began = time.monotonic()
        self._doing = {job.path: Doing.of(job) for job in jobs}
        self._cells: dict[str, list[Path]] = {}
        for job in jobs:
            self._cells.setdefault(_cell(job), []).append(job.path)
        self._are_studies = not all(isinstance(job, RunJob) for job in jobs)
        self._is_table_of_runs = len(self._cells) == 1 and not self._are_studies
        self._names = {job.path: _name(job, is_alone=self._is_table_of_runs) for job in jobs}
        self._waits = Waits()
        self._last_line = self._began if self._are_studies else 0.0
        self._live: Live | None = None
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._shown, console=self._console, refresh_per_second=4, transient=True)

    def heard(self, job: Job[Any], event: Event) -> None:
        """Take note of an event of one of the jobs."""
        doing = self._doing[job.path]
        before = doing.step
        doing.hear(event)
        if self._live is not None:
            return
        is_due = time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES
        if self._are_studies:
            is_line = is_due and isinstance(event, StudyAnswer)
        else:  # a run that was finished before has no news
            is_line = bool(doing.news) and (is_due or self._is_worth_a_line(doing, event, before))
        if is_line:
            self._last_line = time.monotonic()
            say(f"[{self._last_line - self._began:6.1f} s] {self._line(job.path, doing)}", err=True)

    def _is_worth_a_line(self, doing: Doing, event: Event, before: int) -> bool:
        """Whether an event of a run is told at once."""
        if doing.status and (doing.status not in FINISHED or self._is_table_of_runs):
            return True
        return len(self._doing) == 1 and (doing.step != before or isinstance(event, Harvest | End))

    def waiting(self, wait: Wait) -> None:
        """Take note of a wait before a failed request is sent again."""
        line = self._waits.heard(wait)
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
        """Steps lived in a second, by all jobs together."""
        lived = sum(doing.lived for doing in self._doing.values())
        return lived / max(time.monotonic() - self._began, 0.001) if lived else None

    @property
    def _all(self) -> Together:
        return Together(self._doing.values(), self._pace)

    def _line(self, path: Path, doing: Doing) -> str:
        """All jobs in one line, and what a run is doing."""
        what = doing.status or (f"asking {doing.asking}" if doing.asked else doing.news)
        line = f"{self._names[path]}: month {doing.step}/{doing.steps}, stock {doing.stock}/{doing.capacity}, "
        line += f"{count(doing.tokens)} tokens, {what}"
        if self._is_table_of_runs:
            return line
        return self._summary() if self._are_studies else f"{self._summary()}; {line}"

    def _summary(self) -> str:
        """All jobs in one line."""
        all_ = self._all
        done = f"{all_.done} of {all_.jobs} runs done"
        if self._are_studies:
            done = f"{all_.step:,} of {counted(all_.steps, 'question')} answered"
        parts = [done, f"{all_.stopped} stopped" if all_.stopped else "", all_.spent]
        return ", ".join(part for part in [*parts, f"{all_.remaining} left" if all_.remaining else ""] if part)

    def _shown(self) -> Group:
        """What a terminal shows: the table, and below it what is waited for."""
        table = self._table_of_runs() if self._is_table_of_runs else self._table_of_cells()
        waiting = self._waits.told()
        return Group(table, Text(waiting, style="yellow")) if waiting else Group(table)

    def _table_of_runs(self) -> Table:
        """The live table of one cell: runs that are going on, then a line for all."""
        going = [(path, doing) for path, doing in self._doing.items() if doing.step and not doing.status]
        all_ = self._all
        seconds = f"{time.monotonic() - self._began:.0f} s, {all_.remaining}".rstrip(", ")
        numbers = (("month", ""), ("stock", ""), ("tokens", count(all_.tokens)))
        table = _table("run", f"{all_.done + all_.stopped} of {all_.jobs} done", numbers)
        table.add_column("asking", seconds, no_wrap=True, overflow="ellipsis")
        for path, doing in going[:SHOWN]:
            shown = (f"{doing.step}/{doing.steps}", f"{doing.stock}/{doing.capacity}", count(doing.tokens))
            # What a member says is never read as markup.
            table.add_row(Text(self._names[path]), *shown, Text(visible(doing.asking or doing.news)))
        return table

    def _table_of_cells(self) -> Table:
        """The live table of a campaign or of studies: what goes on, then what waits, then what is done."""
        pace = self._pace
        cells = {name: Together([self._doing[path] for path in paths], pace) for name, paths in self._cells.items()}
        heads = ("questions" if self._are_studies else "runs", "going", "stopped", "spent", "left")
        table = _table("cell", "all", zip(heads, self._amounts(self._all), strict=True))
        order = sorted(cells, key=lambda name: (not cells[name].going, cells[name].done == cells[name].jobs))
        for name in order[:SHOWN]:
            table.add_row(Text(name), *self._amounts(cells[name]))
        return table

    def _amounts(self, cell: Together) -> tuple[str, ...]:
        done = f"{cell.step}/{cell.steps}" if self._are_studies else f"{cell.done}/{cell.jobs}"
        return (done, str(cell.going), str(cell.stopped), cell.spent, cell.remaining)


def _table(name: str, foot: str, columns: Iterable[tuple[str, str]]) -> Table:
    """A table with a column of names and others of numbers, each with its foot."""
    table = Table(box=None, pad_edge=False, show_footer=True)
    table.add_column(name, foot, no_wrap=True, overflow="ellipsis")
    for head, all_ in columns:
        table.add_column(head, all_, justify="right")
    return table


def _cell(job: Job[Any]) -> str:
    return "/".join(job.cell) if isinstance(job, RunJob) else " ".join(job.cell)


def _name(job: Job[Any], *, is_alone: bool) -> str:
    """A run among those that are shown: by its scenario where there is no other cell, and by its seed."""
    return f"{job.cell[0] if is_alone else _cell(job)} {job.experiment.seed}" if isinstance(job, RunJob) else _cell(job)
