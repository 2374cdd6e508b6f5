"""How the runs below a folder stand: what is done, what goes on, what stopped and why, and what it has cost so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from govsim.errors import JournalError
from govsim.journal import (
    FINISHED,
    Asked,
    Broken,
    Call,
    Journal,
    Month,
    PlannedRun,
    Session,
    Standing,
    read_each,
    read_journal,
    read_plans,
    standing_of,
)

PlannedStanding = Standing | Literal["waiting"]
"""How a run ended or whether it is running; or that it was planned and has not begun."""

KINDS = ("session", "month", "asked", "call", "end")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStanding:
    """How one run stands.

    Attributes:
        path: its journal, which a run that waits does not have yet.
        cell: scenario, condition and society.
        standing: how it stands.
        months: months it has begun.
        most_months: the most it can have.
        calls: answers it has received.
        tokens: tokens of all prompts and replies; None where it was imported.
        cost: dollars; None where the price of a call is unknown, or it was imported.
        pace: months in a second, in the session that goes on; None where none does or none has been lived in it.
        reason: why it stopped; None where it did not.
        unknown: how many events its journal has of each kind that no installed package defines.
    """

    path: Path
    cell: tuple[str, str, str]
    standing: PlannedStanding
    months: int = 0
    most_months: int
    calls: int = 0
    tokens: int | None = 0
    cost: float | None = 0.0
    pace: float | None = None
    reason: str | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)

    @property
    def months_left(self) -> int:
        """Months it still can have."""
        return 0 if self.standing in FINISHED else self.most_months - max(self.months - 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellStanding:
    """How the runs of one cell stand.

    Attributes:
        cell: scenario, condition and society.
        runs: each of its runs.
    """

    cell: tuple[str, str, str]
    runs: tuple[RunStanding, ...]

    @property
    def counts(self) -> Counter[PlannedStanding]:
        """How many runs stand how."""
        return Counter(run.standing for run in self.runs)

    @property
    def done(self) -> int:
        """Runs that completed or collapsed."""
        return sum(run.standing in FINISHED for run in self.runs)

    @property
    def tokens(self) -> int | None:
        """Tokens that its runs have used; None where one was imported."""
        known = [run.tokens for run in self.runs]
        return None if None in known else sum(tokens for tokens in known if tokens is not None)

    @property
    def cost(self) -> float | None:
        """Dollars that its runs have cost; None where the price of a call is unknown."""
        costs = [run.cost for run in self.runs]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def standings(folder: Path, *, broken: Broken | None = None) -> list[CellStanding]:
    """How the runs below a folder stand, cell by cell: those with a journal, and those that a campaign has planned.

    Args:
        folder: where journals and plans lie, at any depth.
        broken: told of each journal that cannot be read, which is then left out; raised when None.

    Raises:
        JournalError: there is neither a journal nor a plan, or one cannot be read.
    """
    planned = read_plans(folder)
    try:
        begun = {run.path: run for run in read_each(folder, partial(_standing), broken)}
    except JournalError:
        if not planned:
            raise
        begun = {}
    waiting = {path: _waiting(path, run) for path, run in planned.items() if path not in begun}
    runs = {**{path: begun.get(path) or waiting[path] for path in planned}, **begun}
    return _in_cells(runs)


def seconds_left(cells: Sequence[CellStanding]) -> float | None:
    """The most seconds that all runs still need, at the pace of those that go on; None where none tells its pace."""
    runs = [run for cell in cells for run in cell.runs]
    pace = sum(run.pace or 0 for run in runs)
    return sum(run.months_left for run in runs) / pace if pace else None


def _in_cells(runs: Mapping[Path, RunStanding]) -> list[CellStanding]:
    cells: dict[tuple[str, str, str], list[RunStanding]] = {}
    for run in runs.values():
        cells.setdefault(run.cell, []).append(run)
    return [CellStanding(cell=cell, runs=tuple(found)) for cell, found in cells.items()]


def _waiting(path: Path, run: PlannedRun) -> RunStanding:
    cell = (run.scenario, run.condition, run.society)
    return RunStanding(path=path, cell=cell, standing="waiting", most_months=run.months)


def _standing(path: Path) -> RunStanding:
    journal = read_journal(path, kinds=KINDS)
    header, end = journal.header, journal.end
    calls = list(journal.of(Call))
    standing = standing_of(journal)
    costs = [None] if header.imported else [call.cost for call in calls]
    tokens = sum((call.input_tokens or 0) + (call.output_tokens or 0) for call in calls)
    return RunStanding(
        path=path,
        cell=(header.scenario.name, header.experiment.condition, header.society),
        standing=standing,
        months=max((month.month for month in journal.of(Month)), default=0),
        most_months=header.experiment.world.months,
        calls=len(calls),
        tokens=None if header.imported else tokens,
        cost=None if None in costs else sum(cost for cost in costs if cost is not None),
        pace=_pace(journal) if standing == "running" else None,
        reason=end.reason if end else None,
        unknown=journal.unknown,
    )


def _pace(journal: Journal) -> float | None:
    """Months in a second, from the questions of the last session."""
    asked: list[Asked] = []
    for event in journal.events:
        if isinstance(event, Session):
            asked = []
        elif isinstance(event, Asked):
            asked.append(event)
    if not asked:
        return None
    try:
        seconds = (datetime.fromisoformat(asked[-1].at) - datetime.fromisoformat(asked[0].at)).total_seconds()
    except (ValueError, TypeError):  # no dates, or not of one kind: times decide nothing
        return None
    months = asked[-1].month - asked[0].month + 1
    return months / seconds if seconds > 0 else None
