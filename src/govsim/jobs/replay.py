"""Replay of a run's journal without models, to the first difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govsim.characters import counted, shortened, visible
from govsim.errors import ConfigError, GovSimError, JournalError, TooManyForfeits
from govsim.journal import FINISHED, EndOfJournal, Journal, Recorder, Status, check_all_known, place_of, read_journal
from govsim.models.asking import Asker
from govsim.models.pool import SilentModels
from govsim.society import Simulation, build_simulation

_LONGEST_DIFFERENCE = 200
"""Maximum characters of a difference in a short description."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Replay:
    """The result of a replay.

    Attributes:
        journal: the journal.
        months: number of months replayed.
        difference: the first difference; None if there is none.
        incomparable_from: the month of that difference if it can be due to parsing: the replies were parsed with an
            earlier rule, whose values the journal does not record, and had to be parsed again. Otherwise None.
        is_complete: whether the run was replayed to its end; False if the journal ends before.
    """

    journal: Journal
    months: int
    difference: str | None
    incomparable_from: int | None
    is_complete: bool

    def __repr__(self) -> str:
        found = "identical" if self.is_complete else "identical so far"
        if self.difference is not None:
            found = f"differs: {shortened(visible(self.difference), _LONGEST_DIFFERENCE)}"
        if self.incomparable_from is not None:
            found = f"not comparable from month {self.incomparable_from} on"
        return f"<Replay: {found}, {counted(self.months, 'month')}>"


async def replay(path: Path) -> Replay:
    """Replay a journal from its header, with the recorded replies instead of models.

    The parsed values are part of the recorded replies. A journal of reading rule 1 records only which replies could not
    be parsed; the others are parsed again with the current rule, and the replay succeeds if all events that depend on
    them are the same.

    Raises:
        JournalError: the journal cannot be read, was imported, or needs an extension that is not installed.
    """
    journal = read_journal(path)
    if journal.header.imported is not None:
        raise JournalError(
            f"{path}: was imported from {journal.header.imported.source} and contains no replies; "
            "only journals written by govsim run can be replayed"
        )
    check_all_known(journal, "replayed")
    recorder = Recorder(None, journal)
    experiment = journal.header.experiment
    asker = Asker(recorder, longest_prompt=experiment.models.longest_prompt)
    try:
        simulation = build_simulation(
            experiment,
            journal.header.scenario,
            recorder,
            SilentModels(),
            asker,
            reading_rule=journal.header.reading_rule,
        )
    except ConfigError as error:
        raise JournalError(f"{path}: cannot be replayed: {error}{_plugins(journal)}") from error
    found = await _first_difference(simulation, recorder, journal)
    return Replay(
        journal=journal,
        months=simulation.months,
        difference=None if found is None else found.what,
        incomparable_from=found.month if found is not None and asker.has_read_again else None,
        is_complete=journal.status in FINISHED,
    )


def _plugins(journal: Journal) -> str:
    """Return the hint to install the plug-ins that a run used."""
    used = ", ".join(f"{name} {version}" for name, version in journal.header.plugins.items())
    return f"; install {used}, which the run used" if used else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    month: int
    what: str


async def _first_difference(simulation: Simulation, recorder: Recorder, journal: Journal) -> _Difference | None:
    """Simulate a society with the recorded replies; return the first difference, or None."""
    status: Status = "failed"
    try:
        status = await simulation.simulate()
    except EndOfJournal as error:
        is_early = journal.status in FINISHED
        return _Difference(month=simulation.month, what=str(error)) if is_early else None
    except TooManyForfeits:
        pass
    except GovSimError as error:
        return _Difference(month=simulation.month, what=str(error))
    if recorder.unseen:
        first = recorder.unseen[0]
        what = f"{place_of(first)} is in the journal but did not occur in the replay"
        return _Difference(month=getattr(first, "month", simulation.months), what=what)
    difference = _difference_of_ends(journal, status, simulation.months)
    return None if difference is None else _Difference(month=simulation.months, what=difference)


def _difference_of_ends(journal: Journal, status: Status, months: int) -> str | None:
    end = journal.end
    # The end of an interrupted run is not compared; a run that failed for another reason stopped earlier.
    if end is None or (end.status not in FINISHED and end.status != "failed"):
        return None
    if end.status != status:
        return f"end: status was {end.status!r} and is now {status!r}"
    return f"end: months was {end.months} and is now {months}" if end.months != months else None
