"""The status of a run or study, and whether it has too many unparsable answers."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Literal

from govsim import commons
from govsim.config import Experiment
from govsim.errors import ConfigError
from govsim.journal.events import FINISHED, TOO_LONG, Call, Harvest, Status
from govsim.journal.lock import is_running
from govsim.journal.reader import Journal, JournalContent

RunStatus = Status | Literal["running", "killed"]
"""Status of a run or study; `killed` if its process terminated without writing an `end` event."""

UNREADABLE = "unreadable"
"""The status and reason of runs that failed because answers could not be parsed."""

_REPLIES = 3
"""Number of unparsable replies after which an answer is lost, in journals whose `end` event has no cause."""


def status_of(journal: JournalContent) -> RunStatus:
    """Return how a run or study ended, or whether it is still running.

    A process on another machine cannot be observed, so its run counts as killed until it ends.

    Args:
        journal: the journal; no particular kinds of event are required.
    """
    if journal.status is not None:
        return journal.status
    return "running" if is_running(journal) else "killed"


def is_unreadable(journal: Journal) -> bool:
    """Whether a run failed because answers could not be parsed, or is certain to fail for that reason if resumed.

    The latter is the case if more decisions were forfeited than `society.max_invalid` allows, given all decisions the
    run can have. This also recognizes failed runs of older versions, which recorded no cause and stopped only after
    their last month.

    Args:
        journal: with its events of kind `harvest`, and of kind `call` for older versions with `on_invalid: fail`.
    """
    end = journal.end
    if end is not None and end.status in FINISHED:
        return False
    if end is not None and end.cause == UNREADABLE:
        return True
    if _has_too_many_forfeits(journal):
        return True
    is_old_failure = end is not None and end.status == "failed" and end.cause is None
    return is_old_failure and journal.header.experiment.society.on_invalid == "fail" and _has_lost_answer(journal)


def are_too_many(experiment: Experiment, forfeits: int, decisions: int) -> bool:
    """Whether more of a run's harvest decisions were forfeited than `society.max_invalid` allows.

    Args:
        experiment: the experiment.
        forfeits: number of decisions that could not be parsed.
        decisions: number of all decisions that the run has, or can have.
    """
    return forfeits > Fraction(str(experiment.society.max_invalid)) * decisions


def decisions_possible_after(experiment: Experiment, month: int, stock: int, *, is_collapsed: bool) -> int:
    """Return the maximum number of harvest decisions after a harvest; members count from the month in which they join.

    Args:
        experiment: the experiment.
        month: month of the harvest.
        stock: stock after the subsequent growth; not used if there are several sites.
        is_collapsed: whether the commons collapsed in that month, at all sites.
    """
    last = month if is_collapsed else _last_month_possible(experiment, month, stock)
    joins = (experiment.member(name).earliest for name in experiment.society.members)
    return sum(max(0, last - max(month, joined - 1)) for joined in joins)


def _last_month_possible(experiment: Experiment, month: int, stock: int) -> int:
    """Return the last month that a run can reach with harvests that are optimal for the stock.

    With several sites, a random growth law or shocks, or if they cannot be used, it is the last month of the
    experiment.
    """
    world = experiment.world
    last = commons.last_month(world, experiment.seed)
    if experiment.sites:
        return last
    try:
        law, collapse = commons.growth_law(world), commons.collapse_level(world, experiment.seed)
    except ConfigError:
        return last
    if world.shocks or not law.is_certain:
        return last
    seen: set[int] = set()
    while month < last and stock not in seen:
        seen.add(stock)
        month += 1
        if stock < collapse:
            return month
        stock = law.most_grown(stock, collapse, world.capacity)
    return last


def _has_too_many_forfeits(journal: Journal) -> bool:
    harvests = list(journal.of(Harvest))
    if not harvests:
        return False
    experiment, last = journal.header.experiment, harvests[-1]
    forfeits = sum(len(harvest.invalid) for harvest in harvests)
    decided = sum(len(harvest.granted) for harvest in harvests)
    is_collapsed = all(one.is_collapsed for one in harvests if one.month == last.month)
    possible = decisions_possible_after(experiment, last.month, last.stock_after_growth, is_collapsed=is_collapsed)
    return are_too_many(experiment, forfeits, decided + possible)


def _has_lost_answer(journal: Journal) -> bool:
    """Whether a harvest decision without a harvest got only unreadable replies."""
    done = {(harvest.month, harvest.site) for harvest in journal.of(Harvest)}
    refused: defaultdict[tuple[int, str], int] = defaultdict(int)
    for call in journal.of(Call):
        is_lost = call.refused is not None and call.stop_reason != TOO_LONG
        if call.purpose == "harvest" and (call.month, call.site) not in done and is_lost:
            refused[call.month, call.member] += 1
    return any(count >= _REPLIES for count in refused.values())
