"""Consistency checks of a journal's harvests, so that no value is computed from inconsistent ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govsim.characters import counted
from govsim.commons import collapse_level, last_month
from govsim.errors import JournalError
from govsim.journal import Harvest, Journal, Month, Status


def checked_harvests(journal: Journal) -> list[Harvest]:
    """Return all harvests of a journal, which are those of months 1, 2, 3 and so on.

    Raises:
        JournalError: a month is missing, duplicated or beyond the last month of the run, a member harvests that is not
            on the roster or not present, or the amounts of a harvest are inconsistent; names the file and the month.
    """
    experiment, harvests = journal.header.experiment, list(journal.of(Harvest))
    found = [event.month for event in harvests]
    if found != list(range(1, len(harvests) + 1)):
        raise JournalError(f"{journal.path}: has harvests of months {listed(found)}; must be consecutive from 1")
    present = {event.month: set(event.members) for event in journal.of(Month)}
    roster = experiment.society.members
    most = last_month(experiment.world, experiment.seed)
    if (last := max(present, default=0)) > most:
        raise JournalError(f"{journal.path}: has month {last:,}; the run has at most {most:,}")
    for event in harvests:
        if strangers := sorted({*event.asked, *event.granted, *event.invalid} - set(roster)):
            raise JournalError(
                f"{journal.path}: {strangers[0]} harvests in month {event.month}, but the members are "
                f"{', '.join(roster)}"
            )
        if event.month not in present:
            raise JournalError(f"{journal.path}: has no event month for month {event.month}")
        for claim in _contradictions(event, present[event.month]):
            raise JournalError(f"{journal.path}: the harvest of month {event.month} is inconsistent: {claim}")
    return harvests


def check_end(journal: Journal, status: Status, left: Sequence[float]) -> None:
    """Reject a journal whose end does not match its harvests, so that a missing month never counts as survived.

    Args:
        journal: the journal.
        status: `completed` or `collapsed`.
        left: units left after each harvest.

    Raises:
        JournalError: they do not match; the message states both.
    """
    experiment = journal.header.experiment
    level = collapse_level(experiment.world, experiment.seed)
    last = last_month(experiment.world, experiment.seed)
    collapses = [month for month, stock in enumerate(left, start=1) if stock < level]
    if status == "completed":
        is_so = len(left) == last and not collapses
        claim = f"{counted(last, 'month')} and no collapse"
    else:
        is_so = collapses == [len(left)]
        claim = f"a stock below {level} after the last harvest, and only then"
    if not is_so:
        raise JournalError(
            f"{journal.path}: ends as {status}, which requires {claim}; it has {counted(len(left), 'month')} of "
            f"harvests and {f'a collapse in month {listed(collapses)}' if collapses else 'no collapse'}"
        )


def listed(months: Sequence[int]) -> str:
    """Return numbers of months as in a sentence; long lists are shortened."""
    shown = ", ".join(map(str, months[:24])) or "none"
    return f"{shown} …" if len(months) > 24 else shown


def _contradictions(harvest: Harvest, present: set[str]) -> Iterator[str]:
    taken = harvest.stock_before - harvest.stock_after_harvest
    if set(harvest.granted) != present:
        yield f"it grants units to {_names(harvest.granted)}, but present are {_names(present)}"
    if {*harvest.asked, *harvest.invalid} != present or set(harvest.asked) & set(harvest.invalid):
        yield "each member present must have either a decision or the reason why it was unreadable"
    if sum(harvest.granted.values()) != taken:
        yield f"{counted(sum(harvest.granted.values()), 'unit')} granted, but the stock fell by {taken}"
    for name, units in harvest.granted.items():
        if units > harvest.asked.get(name, 0):
            yield f"{name} was granted {units} of {counted(harvest.asked.get(name, 0), 'unit')} asked for"


def _names(names: set[str] | dict[str, int]) -> str:
    return ", ".join(sorted(names)) or "no members"
