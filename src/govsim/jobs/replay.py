"""Re-living a journal without any model: the same, or the first difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govsim.errors import ConfigError, GovSimError, JournalError, TooManyForfeits
from govsim.journal import FINISHED, EndOfJournal, Journal, Recorder, Status, check_all_known, place_of, read_journal
from govsim.models.asking import Asker
from govsim.models.pool import SilentModels
from govsim.society import Society, build_society


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What re-living a journal showed.

    Attributes:
        journal: as it was read.
        months: months that were lived through again.
        difference: the first difference; None when there is none.
        incomparable_from: the month of that difference, where it may come from reading: replies had to be read again,
            as they were read by an earlier rule and the journal does not record the values. Else None.
        is_complete: whether the journal was re-lived to the end of the run, and not only to where it stops.
    """

    journal: Journal
    months: int
    difference: str | None
    incomparable_from: int | None
    is_complete: bool


async def replay(path: Path) -> Replay:
    """Re-live a journal from its header, with the recorded answers in the place of the models.

    The values that were read are part of the answers. A journal of reading rule 1 holds only refusals: replies that
    were accepted are read again by the rule of today, and the replay is the same where all that follows from them is.

    Raises:
        JournalError: the journal cannot be read, was imported, or needs an extension that is not installed.
    """
    journal = read_journal(path)
    if journal.header.imported is not None:
        raise JournalError(
            f"{path}: was imported from {journal.header.imported.source} and holds no answers to re-live it with; "
            "a journal that govsim run wrote can be replayed"
        )
    check_all_known(journal, "replayed")
    recorder = Recorder(None, journal)
    experiment = journal.header.experiment
    asker = Asker(recorder, longest_prompt=experiment.models.longest_prompt)
    try:
        society = build_society(
            experiment,
            journal.header.scenario,
            recorder,
            SilentModels(),
            asker,
            reading_rule=journal.header.reading_rule,
        )
    except ConfigError as error:
        raise JournalError(f"{path}: cannot be replayed: {error}{_plugins(journal)}") from error
    found = await _first_difference(society, recorder, journal)
    return Replay(
        journal=journal,
        months=society.months,
        difference=None if found is None else found.what,
        incomparable_from=found.month if found is not None and asker.has_read_again else None,
        is_complete=journal.status in FINISHED,
    )


def _plugins(journal: Journal) -> str:
    """The plug-ins that a run used, as what to install."""
    used = ", ".join(f"{name} {version}" for name, version in journal.header.plugins.items())
    return f"; install {used}, which the run used" if used else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Difference:
    month: int
    what: str


async def _first_difference(society: Society, recorder: Recorder, journal: Journal) -> _Difference | None:
    """Let a society live through a journal; the first difference, None when there is none."""
    status: Status = "failed"
    try:
        status = await society.live()
    except EndOfJournal as error:
        is_early = journal.status in FINISHED
        return _Difference(month=society.state.month, what=str(error)) if is_early else None
    except TooManyForfeits:
        pass
    except GovSimError as error:
        return _Difference(month=society.state.month, what=str(error))
    if recorder.unseen:
        first = recorder.unseen[0]
        told = f"{place_of(first)} is in the journal and did not happen again"
        return _Difference(month=getattr(first, "month", society.months), what=told)
    what = _difference_of_ends(journal, status, society.months)
    return None if what is None else _Difference(month=society.months, what=what)


def _difference_of_ends(journal: Journal, status: Status, months: int) -> str | None:
    end = journal.end
    # One that was stopped was not judged; one that failed for something else has stopped before.
    if end is None or (end.status not in FINISHED and end.status != "failed"):
        return None
    if end.status != status:
        return f"end: status was {end.status!r} and is now {status!r}"
    return f"end: months was {end.months} and is now {months}" if end.months != months else None
