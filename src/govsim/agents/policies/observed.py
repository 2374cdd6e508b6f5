"""What policies read from the months that a member has observed."""

from __future__ import annotations

from govsim.agents.view import ObservedMonth, View
from govsim.commons import member_threshold


def earlier_months(view: View) -> tuple[ObservedMonth, ...]:
    """Return the months observed before the current one, oldest first."""
    history = view.history
    return history[:-1] if history and history[-1].month == view.month else history


def last_month(view: View) -> ObservedMonth | None:
    """Return the last month observed before the current one; None if there is none."""
    months = earlier_months(view)
    return months[-1] if months else None


def last_catch(view: View) -> int | None:
    """Return the units that the member received in the last harvest observed; None if it took part in none."""
    return view.history[-1].received if view.history else None


def total_catch(month: ObservedMonth) -> int | None:
    """Return the units that all members took together; None if it is unknown."""
    if month.total is not None:
        return month.total
    is_complete = all(name in month.catches for name in month.members)
    return sum(month.catches[name] for name in month.members) if is_complete else None


def taken_in(view: View) -> int | None:
    """Return the units that all members took together in the current month; None if it is unknown, or not over."""
    month = view.history[-1] if view.history else None
    return None if month is None or month.month != view.month else total_catch(month)


def expected_stock(view: View) -> int:
    """Return the stock that members expect at the start of the next month; unknown catches count as 0."""
    return view.state.grown(max(0, view.stock - (taken_in(view) or 0)))


def others_catch(month: ObservedMonth) -> int | None:
    """Return the units that all other members took together; None if it is unknown."""
    total = total_catch(month)
    return None if total is None else total - (month.received or 0)


def threshold_of_others(month: ObservedMonth) -> int:
    """Return the sum of the shares of all other members in the sustainable harvest."""
    if month.member is None:  # a month seen by somebody whose name is not stated, among equal members
        return (len(month.members) - (month.received is not None)) * month.member_threshold
    return sum(month.threshold_of(name) for name in month.members if name != month.member)


def is_overused(month: ObservedMonth, tolerance: int = 0) -> bool:
    """Whether the members are known to have taken more than the group threshold.

    Args:
        month: the month.
        tolerance: excess in units per member that is tolerated.
    """
    total = total_catch(month)
    return total is not None and total > month.group_threshold + tolerance * len(month.members)


def expected_of_others(view: View) -> int:
    """Return the total catch of the others in the last month; if it is unknown, the thresholds of all others."""
    last = last_month(view)
    known = None if last is None else others_catch(last)
    if known is not None:
        return known
    if view.member is None:
        return (len(view.members) - 1) * view.member_threshold
    return sum(member_threshold(view.state, name) for name in view.members if name != view.member)


def known_excess(view: View) -> dict[str, int]:
    """Return the units above its share that each other member is known to have taken in the last month observed.

    Members who took no more than their shares of the sustainable harvest are missing.
    """
    if not view.history:
        return {}
    month = view.history[-1]
    others = {name: units for name, units in month.catches.items() if name != view.member}
    excess = {name: units - month.threshold_of(name) for name, units in others.items()}
    return {name: units for name, units in excess.items() if units > 0}
