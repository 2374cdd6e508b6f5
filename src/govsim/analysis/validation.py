"""Whether a journal's harvests can have happened: no figure is made from those that cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govsim.characters import counted
from govsim.errors import JournalError
from govsim.journal import Harvest, Journal, Month, Status


def checked_harvests(journal: Journal) -> list[Harvest]:
    """All harvests of a journal, those of months 1, 2, 3 and so on.

    Raises:
        JournalError: a month is missing, comes twice or is none that the run can have, someone harvests who is not on
            the roster or not present, or the amounts of a harvest do not add up; names the file and the month.
    """
    harvests = list(journal.of(Harvest))
    found = [event.month for event in harvests]
    if found != list(range(1, len(harvests) + 1)):
        raise JournalError(f"{journal.path}: has harvests of months {listed(found)}; must be 1, 2, 3 … in order")
    roster = journal.header.experiment.society.members
    present = {event.month: set(event.members) for event in journal.of(Month)}
    most = journal.header.experiment.world.months
    if (last := max(present, default=0)) > most:
        raise JournalError(f"{journal.path}: has a month {last:,}; the run has {most:,} at most")
    for event in harvests:
        if strangers := sorted({*event.asked, *event.granted, *event.invalid} - set(roster)):
            raise JournalError(
                f"{journal.path}: {strangers[0]} harvests in month {event.month}; members are {', '.join(roster)}"
            )
        if event.month not in present:
            raise JournalError(f"{journal.path}: lacks the line of kind month of month {event.month}")
        for claim in _contradictions(event, present[event.month]):
            raise JournalError(f"{journal.path}: its harvest of month {event.month} contradicts itself: {claim}")
    return harvests


def check_end(journal: Journal, status: Status, left: Sequence[float]) -> None:
    """Refuse a journal whose end says something else than its harvests: a missing month must never pass as survived.

    Args:
        journal: whose end it is.
        status: `completed` or `collapsed`.
        left: units left after each harvest.

    Raises:
        JournalError: names both.
    """
    world = journal.header.experiment.world
    collapses = [month for month, stock in enumerate(left, start=1) if stock < world.collapse]
    if status == "completed":
        is_so = len(left) == world.months and not collapses
        claim = f"{counted(world.months, 'month')} and no collapse"
    else:
        is_so = collapses == [len(left)]
        claim = f"a stock below {world.collapse} after the last harvest, and only then"
    if not is_so:
        raise JournalError(
            f"{journal.path}: ends as {status}, which takes {claim}; it has {counted(len(left), 'month')} of harvests "
            f"and a collapse in {listed(collapses)}"
        )


def listed(months: Sequence[int]) -> str:
    """Numbers of months as in a sentence; a long list is cut."""
    told = ", ".join(map(str, months[:24])) or "none"
    return f"{told} …" if len(months) > 24 else told


def _contradictions(harvest: Harvest, present: set[str]) -> Iterator[str]:
    taken = harvest.stock_before - harvest.stock_after_harvest
    if set(harvest.granted) != present:
        yield f"it grants units to {_names(harvest.granted)}; present are {_names(present)}"
    if {*harvest.asked, *harvest.invalid} != present or set(harvest.asked) & set(harvest.invalid):
        yield "everyone present must have either a decision or the reason why it could not be read"
    if sum(harvest.granted.values()) != taken:
        yield f"{counted(sum(harvest.granted.values()), 'unit')} granted, and the stock fell by {taken}"
    for name, units in harvest.granted.items():
        if units > harvest.asked.get(name, 0):
            yield f"{name} was granted {units} of {counted(harvest.asked.get(name, 0), 'unit')} asked for"


def _names(names: set[str] | dict[str, int]) -> str:
    return ", ".join(sorted(names)) or "nobody"
