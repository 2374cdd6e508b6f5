"""Consistency checks of a journal's harvests, so that no value is computed from inconsistent ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from govsim.characters import counted
from govsim.commons import collapse_level, last_month
from govsim.errors import JournalError
from govsim.journal import Harvest, Journal, Month, Status, by_site


def checked_harvests(journal: Journal) -> list[Harvest]:
    """Return all harvests of a journal, which are those of months 1, 2, 3 and so on, at each site if there are several.

    Raises:
        JournalError: a month is missing, duplicated or beyond the last month of the run, a member harvests that is not
            on the roster or not present, or the amounts of a harvest are inconsistent; names the file and the month.
    """
    experiment, harvests = journal.header.experiment, list(journal.of(Harvest))
    present = {(event.month, event.site): set(event.members) for event in journal.of(Month)}
    most = last_month(experiment.world, experiment.seed)
    if (last := max((month for month, _ in present), default=0)) > most:
        raise JournalError(f"{journal.path}: has month {last:,}; the run has at most {most:,}")
    for site, found in by_site(harvests).items():
        if site not in experiment.site_names:
            raise JournalError(f"{journal.path}: has harvests at {_named(site)}, which the experiment does not have")
        months = [event.month for event in found]
        if months != list(range(1, len(found) + 1)):
            where = "" if site is None else f" at {site}"
            raise JournalError(
                f"{journal.path}: has harvests{where} of months {listed_months(months)}; must be consecutive from 1"
            )
    for event in harvests:
        _check_harvest(journal, event, present)
    return harvests


def _named(site: str | None) -> str:
    return "no site" if site is None else f"site {site}"


def _check_harvest(journal: Journal, event: Harvest, present: Mapping[tuple[int, str | None], set[str]]) -> None:
    """Reject a harvest that contradicts the roster, its month or itself."""
    roster = journal.header.experiment.society.members
    if strangers := sorted({*event.asked, *event.granted, *event.invalid} - set(roster)):
        raise JournalError(
            f"{journal.path}: {strangers[0]} harvests in month {event.month}, but the members are {', '.join(roster)}"
        )
    if (event.month, event.site) not in present:
        raise JournalError(f"{journal.path}: has no event month for month {event.month}")
    for claim in _contradictions(event, present[event.month, event.site]):
        raise JournalError(f"{journal.path}: the harvest of month {event.month} is inconsistent: {claim}")


def check_end(journal: Journal, status: Status, left: Mapping[str | None, Sequence[float]]) -> None:
    """Reject a journal whose end does not match its harvests, so that a missing month never counts as survived.

    Args:
        journal: the journal.
        status: `completed` or `collapsed`.
        left: units left after each harvest, by site.

    Raises:
        JournalError: they do not match; the message states both.
    """
    experiment = journal.header.experiment
    last = last_month(experiment.world, experiment.seed)
    survived = 0
    for site in experiment.site_names:
        stocks = left.get(site, ())
        level = collapse_level(experiment.at(site).world, experiment.seed, site=site)
        collapses = [month for month, stock in enumerate(stocks, start=1) if stock < level]
        is_whole, is_over = len(stocks) == last and not collapses, collapses == [len(stocks)]
        survived += is_whole
        if status == "completed" and (is_whole or (is_over and site is not None)):
            continue
        if status == "collapsed" and is_over:
            continue
        claim = f"{counted(last, 'month')} and no collapse"
        if status == "collapsed":
            claim = f"a stock below {level} after the last harvest, and only then"
        raise JournalError(
            f"{journal.path}: ends as {status}, which requires {claim}{'' if site is None else f' at {site}'}; it has "
            f"{counted(len(stocks), 'month')} of harvests and "
            f"{f'a collapse in month {listed_months(collapses)}' if collapses else 'no collapse'}"
        )
    if status == "completed" and not survived:
        raise JournalError(f"{journal.path}: ends as completed, but the commons of all sites have collapsed")


def listed_months(months: Sequence[int]) -> str:
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
