"""What runs are doing, on stderr: month, stock, what is being asked, tokens, seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from govsim.journal import Asked, Call, End, Event, Harvest, Month, Utterance
from govsim.runs import Plan

SHOWN = 16
"""The most runs shown at once; the others are counted."""

SECONDS_BETWEEN_LINES = 2.0


@dataclass(slots=True)
class _Doing:
    """How far one run has come."""

    month: int = 0
    months: int = 0
    stock: int = 0
    capacity: int = 0
    asked: dict[tuple[str, str], int] = field(default_factory=dict)
    tokens: int = 0
    calls: int = 0
    refused: int = 0
    news: str = ""
    status: str = ""

    def hear(self, event: Event) -> None:
        match event:
            case Month():
                self.month, self.stock, self.news = event.month, event.stock, "the month begins"
            case Asked():
                self.asked[event.member, event.purpose] = event.attempt
            case Call():
                self.asked.pop((event.member, event.purpose), None)
                self.calls += 1
                self.tokens += (event.input_tokens or 0) + (event.output_tokens or 0)
                self.refused += event.refused is not None
            case Harvest():
                self.stock = event.stock_after_harvest
                taken = sum(event.granted.values())
                self.news = f"{taken} taken, {event.stock_after_harvest} left"
                if event.is_collapsed:
                    self.news += ": the commons has collapsed"
            case Utterance(text=str(text)):
                self.news = f"{event.member}: {text}"
            case End():
                self.status = event.status
                self.asked.clear()
            case _:
                pass

    @property
    def asking(self) -> str:
        """What is being asked, and of whom."""
        purposes: dict[str, list[str]] = {}
        for member, purpose in self.asked:
            purposes.setdefault(purpose, []).append(member)
        return "; ".join(f"{purpose}: {', '.join(members)}" for purpose, members in purposes.items())


class Progress:
    """Shows runs as they go: a live table on a terminal, a line now and then elsewhere."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._console = Console(stderr=True)
        self._began = time.monotonic()
        self._doing = {
            plan.path: _Doing(months=plan.experiment.world.months, capacity=plan.experiment.world.capacity)
            for plan in plans
        }
        self._names = {plan.path: f"{plan.scenario.name} {plan.experiment.seed}" for plan in plans}
        self._live: Live | None = None
        self._last_line = 0.0
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=4, transient=True)

    def heard(self, plan: Plan, event: Event) -> None:
        """Take note of an event of one of the runs."""
        doing = self._doing[plan.path]
        before = doing.month
        doing.hear(event)
        if self._live is None and doing.month:
            self._print_line(plan, doing, is_news=doing.month != before or isinstance(event, Harvest | End))

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def _print_line(self, plan: Plan, doing: _Doing, *, is_news: bool) -> None:
        now = time.monotonic()
        many = len(self._doing) > 1
        what = doing.status or (f"asking {doing.asking}" if doing.asked else doing.news)
        is_due = (is_news and not many) or now - self._last_line >= SECONDS_BETWEEN_LINES or doing.status
        if what and is_due:
            self._last_line = now
            sys.stderr.write(
                f"[{now - self._began:6.1f} s] {self._names[plan.path]}: month {doing.month}/{doing.months}, "
                f"stock {doing.stock}/{doing.capacity}, {doing.tokens:,} tokens, {what}\n"
            )
            sys.stderr.flush()

    def _table(self) -> Table:
        """The live table: runs that are going on, then a line for all."""
        table = Table(box=None, pad_edge=False, show_footer=True)
        going = [(path, doing) for path, doing in self._doing.items() if doing.month and not doing.status]
        done = sum(1 for doing in self._doing.values() if doing.status)
        total = sum(doing.tokens for doing in self._doing.values())
        seconds = time.monotonic() - self._began
        table.add_column("run", f"{done} of {len(self._doing)} done", no_wrap=True)
        table.add_column("month", justify="right")
        table.add_column("stock", justify="right")
        table.add_column("tokens", f"{total:,}", justify="right")
        table.add_column("asking", f"{seconds:.0f} s", no_wrap=True, overflow="ellipsis")
        for path, doing in going[:SHOWN]:
            table.add_row(
                self._names[path],
                f"{doing.month}/{doing.months}",
                f"{doing.stock}/{doing.capacity}",
                f"{doing.tokens:,}",
                Text(doing.asking or doing.news),  # words of members, in which brackets are only brackets
            )
        return table
