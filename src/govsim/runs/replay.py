"""Re-living a journal without any model: the same, or the first difference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govsim.errors import GovSimError, JournalError, TooManyForfeits
from govsim.journal import FINISHED, EndOfJournal, Journal, Recorder, place_of, read_journal
from govsim.models.asking import Asker
from govsim.models.pool import SilentModels
from govsim.runs.building import build_society


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What re-living a journal showed.

    Attributes:
        journal: as it was read.
        months: months that were lived through again.
        difference: the first difference; None when there is none.
        is_complete: whether the journal was re-lived to the end of the run, and not only to where it stops.
    """

    journal: Journal
    months: int
    difference: str | None
    is_complete: bool


async def replay(path: Path) -> Replay:
    """Re-live a journal from its header, with the recorded answers in the place of the models.

    Raises:
        JournalError: the journal cannot be read, or was imported.
    """
    journal = read_journal(path)
    if journal.header.imported is not None:
        raise JournalError(
            f"{path}: was imported from {journal.header.imported.source} and holds no answers to re-live it with; "
            "a journal that govsim run wrote can be replayed"
        )
    recorder = Recorder(None, journal)
    experiment = journal.header.experiment
    asker = Asker(recorder, longest_prompt=experiment.models.longest_prompt)
    society = build_society(experiment, journal.header.scenario, recorder, SilentModels(), asker)
    difference: str | None = None
    is_complete = journal.status in FINISHED
    try:
        status: str = await society.live()
        difference = _left_over(recorder, journal, status, society.months)
    except EndOfJournal as error:
        difference = str(error) if is_complete else None
    except TooManyForfeits as error:
        difference = None if journal.status == "failed" else f"end: {error}"
    except GovSimError as error:
        difference = str(error)
    return Replay(journal=journal, months=society.months, difference=difference, is_complete=is_complete)


def _left_over(recorder: Recorder, journal: Journal, status: str, months: int) -> str | None:
    if recorder.unseen:
        return f"{place_of(recorder.unseen[0])} is in the journal and did not happen again"
    end = journal.end
    if end is None or end.status not in FINISHED:
        return None
    if end.status != status:
        return f"end: status was {end.status!r} and is now {status!r}"
    return f"end: months was {end.months} and is now {months}" if end.months != months else None
