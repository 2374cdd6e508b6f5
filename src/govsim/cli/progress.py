"""What runs are doing, on stderr: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from govsim.characters import visible
from govsim.cli.doing import Doing, Together
from govsim.cli.waits import Waits
from govsim.cli.words import say
from govsim.journal import FINISHED, End, Event, Harvest
from govsim.models.retrying import Wait
from govsim.runs import Plan

SHOWN = 16
"""The most rows shown at once; the others are counted."""

SECONDS_BETWEEN_LINES = 2.0


class Progress:
    """Shows runs as they go; those of a campaign cell by cell."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        self._console = Console(stderr=True)
        self._began = time.monotonic()
        self._doing = {
            plan.path: Doing(months=plan.experiment.world.months, capacity=plan.experiment.world.capacity)
            for plan in plans
        }
        self._names = {plan.path: f"{plan.scenario.name} {plan.experiment.seed}" for plan in plans}
        self._cells: dict[str, list[Path]] = {}
        for plan in plans:
            self._cells.setdefault(_cell(plan), []).append(plan.path)
        self._live: Live | None = None
        self._waits = Waits()
        self._last_line = 0.0
        if self._console.is_terminal:
            self._live = Live(get_renderable=self._shown, console=self._console, refresh_per_second=4, transient=True)

    def heard(self, plan: Plan, event: Event) -> None:
        """Take note of an event of one of the runs."""
        doing = self._doing[plan.path]
        before = doing.month
        doing.hear(event)
        if self._live is None and doing.news:  # one that was finished before has none
            self._print_line(plan, doing, is_news=doing.month != before or isinstance(event, Harvest | End))

    def waiting(self, wait: Wait) -> None:
        """Take note of a wait before a failed request is sent again."""
        line = self._waits.heard(wait)
        if self._live is None and line:
            say(f"[{time.monotonic() - self._began:6.1f} s] {line}", err=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def _pace(self) -> float | None:
        """Months lived in a second, by all runs together."""
        lived = sum(doing.lived for doing in self._doing.values())
        return lived / max(time.monotonic() - self._began, 0.001) if lived else None

    def _print_line(self, plan: Plan, doing: Doing, *, is_news: bool) -> None:
        now = time.monotonic()
        many = len(self._doing) > 1
        has_stopped = bool(doing.status) and doing.status not in FINISHED
        is_last_word = bool(doing.status) and len(self._cells) == 1
        is_due = now - self._last_line >= SECONDS_BETWEEN_LINES or has_stopped or is_last_word
        what = doing.status or (f"asking {doing.asking}" if doing.asked else doing.news)
        if not what or not (is_due or (is_news and not many)):
            return
        self._last_line = now
        name = _cell(plan) + f" {plan.experiment.seed}" if len(self._cells) > 1 else self._names[plan.path]
        line = f"{name}: month {doing.month}/{doing.months}, stock {doing.stock}/{doing.capacity}, "
        line += f"{doing.tokens:,} tokens, {what}"
        if len(self._cells) > 1:
            line = f"{self._summary()}; {line}"
        say(f"[{now - self._began:6.1f} s] {line}", err=True)

    def _summary(self) -> str:
        """All runs of a campaign in one line."""
        all_ = Together.of(self._doing.values(), self._pace)
        parts = [f"{all_.done} of {all_.runs} runs done", f"{all_.stopped} stopped" if all_.stopped else "", all_.spent]
        return ", ".join(part for part in [*parts, f"{all_.remaining} left" if all_.remaining else ""] if part)

    def _shown(self) -> Group:
        """What a terminal shows: the table, and below it what is waited for."""
        table = self._table_of_cells() if len(self._cells) > 1 else self._table_of_runs()
        waiting = self._waits.told()
        return Group(table, Text(waiting, style="yellow")) if waiting else Group(table)

    def _table_of_runs(self) -> Table:
        """The live table of one cell: runs that are going on, then a line for all."""
        table = Table(box=None, pad_edge=False, show_footer=True)
        going = [(path, doing) for path, doing in self._doing.items() if doing.month and not doing.status]
        all_ = Together.of(self._doing.values(), self._pace)
        seconds = time.monotonic() - self._began
        table.add_column("run", f"{all_.done + all_.stopped} of {all_.runs} done", no_wrap=True)
        table.add_column("month", justify="right")
        table.add_column("stock", justify="right")
        table.add_column("tokens", f"{all_.tokens:,}", justify="right")
        table.add_column("asking", f"{seconds:.0f} s, {all_.remaining}".rstrip(", "), no_wrap=True, overflow="ellipsis")
        for path, doing in going[:SHOWN]:
            table.add_row(
                Text(self._names[path]),
                f"{doing.month}/{doing.months}",
                f"{doing.stock}/{doing.capacity}",
                f"{doing.tokens:,}",
                Text(visible(doing.asking or doing.news)),  # what a member says is never read as markup
            )
        return table

    def _table_of_cells(self) -> Table:
        """The live table of a campaign: what goes on, then what waits, then what is done."""
        pace = self._pace
        cells = {name: Together.of([self._doing[path] for path in paths], pace) for name, paths in self._cells.items()}
        all_ = Together.of(self._doing.values(), pace)
        table = Table(box=None, pad_edge=False, show_footer=True)
        table.add_column("cell", "all", no_wrap=True, overflow="ellipsis")
        table.add_column("runs", f"{all_.done}/{all_.runs}", justify="right")
        table.add_column("going", str(all_.going), justify="right")
        table.add_column("stopped", str(all_.stopped), justify="right")
        table.add_column("spent", all_.spent, justify="right")
        table.add_column("left", all_.remaining, justify="right")
        order = sorted(cells, key=lambda name: (not cells[name].going, cells[name].done == cells[name].runs))
        for name in order[:SHOWN]:
            cell = cells[name]
            done = f"{cell.done}/{cell.runs}"
            table.add_row(Text(name), done, str(cell.going), str(cell.stopped), cell.spent, cell.remaining)
        return table


def _cell(plan: Plan) -> str:
    return f"{plan.scenario.name}/{plan.experiment.condition}/{plan.society}"
