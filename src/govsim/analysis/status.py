"""The status of runs and studies: what is done, running or stopped and why, and what it has cost so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from govsim.analysis.costs import known_part
from govsim.analysis.naming import NamedSociety, setups_in
from govsim.analysis.runs import is_imported
from govsim.journal import (
    FINISHED,
    Asked,
    Call,
    Header,
    Journal,
    Month,
    PlannedRun,
    RunStatus,
    Session,
    StudyJournal,
    known_sum,
    status_of,
)

PlannedStatus = RunStatus | Literal["waiting"]
"""How a run ended, that it is running, or that it is planned and has not started."""

STATUS_KINDS = ("month", "asked", "call")
"""The kinds of event that the status is computed from, besides those that every reader returns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """The status of one run or study.

    Attributes:
        path: its journal, which a waiting run does not have yet.
        cell: scenario, condition and society of a run; the subject, as in `skills` or `labels`, and the model of a
            study.
        is_study: whether it is a study.
        status: its status; a study never waits.
        months: months that a run has started.
        most_months: the maximum number of months.
        calls: replies received, including unreadable ones.
        tokens: tokens of all prompts and replies; None if a provider did not report them, or if it was imported.
        cost: dollars; None if the price of a call is unknown, or if it was imported.
        pace: months per second in the current session; None if there is none or no month is complete.
        reason: why it stopped; None if it did not.
        unknown: the number of events in its journal of each kind that no installed package defines.
        setup: how the members of a run decide, and changed settings, so that societies differ; empty for studies and
            where it is not recorded.
        society: what names the society of a run that has started.
    """

    path: Path
    cell: tuple[str, ...]
    is_study: bool = False
    status: PlannedStatus
    months: int = 0
    most_months: int = 0
    calls: int = 0
    tokens: int | None = 0
    cost: float | None = 0.0
    pace: float | None = None
    reason: str | None = None
    unknown: Mapping[str, int] = field(default_factory=dict)
    setup: str = ""
    society: NamedSociety | None = None

    @property
    def is_done(self) -> bool:
        """Whether it is finished."""
        return self.status in FINISHED

    @property
    def months_left(self) -> int:
        """The maximum number of remaining months."""
        return 0 if self.is_done else self.most_months - max(self.months - 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellState:
    """The status of the runs of one cell.

    Attributes:
        cell: scenario, condition and society.
        runs: each of its runs.
    """

    cell: tuple[str, ...]
    runs: tuple[JobState, ...]

    @property
    def counts(self) -> Counter[PlannedStatus]:
        """The number of runs by status."""
        return Counter(run.status for run in self.runs)

    @property
    def done(self) -> int:
        """Runs that completed or collapsed."""
        return sum(run.is_done for run in self.runs)

    @property
    def tokens(self) -> int | None:
        """Tokens of its runs; None if those of one run are unknown."""
        return known_sum(run.tokens for run in self.runs)

    @property
    def cost(self) -> float | None:
        """Dollars of its runs with known prices; None if no price is known."""
        return known_part(run.cost for run in self.runs)

    @property
    def unpriced(self) -> int:
        """Runs whose price is unknown."""
        return sum(run.cost is None for run in self.runs)

    @property
    def setup(self) -> str:
        """How the members decide, and changed settings; the society's label where no run records them."""
        return next((run.setup for run in self.runs if run.setup), self.cell[-1])


def in_cells(states: Iterable[JobState]) -> list[CellState]:
    """Return the status of runs, cell by cell, without studies."""
    cells: dict[tuple[str, ...], list[JobState]] = {}
    for run in states:
        if not run.is_study:
            cells.setdefault(run.cell, []).append(run)
    return [CellState(cell=cell, runs=tuple(found)) for cell, found in cells.items()]


def seconds_left(cells: Sequence[CellState]) -> float | None:
    """Return the maximum remaining seconds of all runs, at the current pace; None if no run has one."""
    runs = [run for cell in cells for run in cell.runs]
    pace = sum(run.pace or 0 for run in runs)
    return sum(run.months_left for run in runs) / pace if pace else None


def with_waiting(begun: Iterable[JobState], planned: Mapping[Path, PlannedRun]) -> tuple[JobState, ...]:
    """Return the status of all runs in the order of the campaign, including those that have not started.

    Societies that the plan of a campaign names have these names, the same before and after their first run has started.
    """
    found = {job.path: job for job in _named(list(begun), planned)}
    waiting = {path: _waiting(path, run) for path, run in planned.items()}
    return tuple({**waiting, **found}.values())


def _named(jobs: Sequence[JobState], planned: Mapping[Path, PlannedRun]) -> Iterator[JobState]:
    """The jobs with their societies named alike, or as planned."""
    setups = iter(setups_in(job.society for job in jobs if job.society is not None))
    for job in jobs:
        setup = "" if job.society is None else next(setups)
        plan = planned.get(job.path)
        yield replace(job, setup=(plan.setup if plan else "") or setup)


def state_in(journal: Journal | StudyJournal) -> JobState:
    """Return the status of the run or study of a journal.

    Args:
        journal: the journal, with its events of `STATUS_KINDS` at least.
    """
    header, calls, end = journal.header, list(journal.of(Call)), journal.end
    job = JobState(
        path=journal.path,
        cell=_cell_of(journal),
        is_study=isinstance(journal, StudyJournal),
        status=status_of(journal),
        calls=len(calls),
        tokens=known_sum(call.tokens for call in calls),
        cost=known_sum(call.cost for call in calls),
        reason=end.reason if end else None,
        unknown=journal.unknown,
        society=NamedSociety.of(header) if isinstance(header, Header) else None,
    )
    return _with_months(job, journal) if isinstance(journal, Journal) else job


def _cell_of(journal: Journal | StudyJournal) -> tuple[str, ...]:
    header = journal.header
    if isinstance(header, Header):
        return (header.scenario.name, header.experiment.condition, header.society)
    return (header.subject.study, header.model)


def _with_months(job: JobState, journal: Journal) -> JobState:
    """The status of a run with its months; the cost of an imported one is unknown."""
    is_told = not is_imported(journal)
    return replace(
        job,
        months=max((month.month for month in journal.of(Month)), default=0),
        most_months=journal.header.experiment.world.months,
        tokens=job.tokens if is_told else None,
        cost=job.cost if is_told else None,
        pace=_pace(journal) if job.status == "running" else None,
    )


def _waiting(path: Path, run: PlannedRun) -> JobState:
    cell = (run.scenario, run.condition, run.society)
    return JobState(path=path, cell=cell, status="waiting", most_months=run.months, setup=run.setup)


def _pace(journal: Journal) -> float | None:
    """Months per second, from the questions of the last session."""
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
    except (ValueError, TypeError):  # no dates, or of different types: times do not affect results
        return None
    months = asked[-1].month - asked[0].month + 1
    return months / seconds if seconds > 0 else None
