"""What policies read from the months that a member has observed."""

from __future__ import annotations

from govsim.agents.view import ObservedMonth, View
from govsim.commons import State, member_threshold


def earlier_months(view: View) -> tuple[ObservedMonth, ...]:
    """Return the months observed before the current one, oldest first."""
    history = view.history
    return history[:-1] if history and history[-1].month == view.month else history


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
    """Return the stock that members expect at the start of the next month: f(stock - catches of this month).

    Growth f is that which members know, and unknown catches count as 0. In units, in ``0..capacity``.
    """
    return view.state.grown(max(0, view.stock - (taken_in(view) or 0)))


def known_others(month: ObservedMonth) -> tuple[str, ...] | None:
    """Return the other members whose catches are known, separately or in total; None if none is known.

    They are all others if the total is known.
    """
    others = tuple(name for name in month.members if name != month.member)
    if total_catch(month) is not None:
        return others
    known = tuple(name for name in others if name in month.catches) if month.member is not None else ()
    return known or None


def known_months(view: View) -> tuple[ObservedMonth, ...]:
    """Return the earlier months of which the catches of others are known, oldest first; reports can be late."""
    return tuple(month for month in earlier_months(view) if _is_known(month))


def last_known(view: View) -> ObservedMonth | None:
    """Return the last earlier month of which the catches of others are known; None if there is none."""
    return next((month for month in reversed(earlier_months(view)) if _is_known(month)), None)


def _is_known(month: ObservedMonth) -> bool:
    return month.total is not None or known_others(month) is not None


def catch_of_others(month: ObservedMonth) -> int:
    """Return the units that the other members whose catches are known took together.

    That is the total less the member's own catch if the total is known, and otherwise the sum of the known catches.
    """
    if (total := total_catch(month)) is not None:
        return total - (month.received or 0)
    return sum(month.catches[name] for name in known_others(month) or ())


def threshold_of_others(month: ObservedMonth) -> int:
    """Return the sum of the shares in the sustainable harvest of the other members whose catches are known, in units.

    It is over the same members as `catch_of_others`, so that both can be compared.
    """
    if month.member is None:  # a month seen by somebody whose name is not stated, among equal members
        return (len(month.members) - (month.received is not None)) * month.member_threshold
    return sum(month.threshold_of(name) for name in known_others(month) or ())


def is_overused(month: ObservedMonth, tolerance: int = 0) -> bool:
    """Whether the members are known to have taken more than the group threshold.

    If only the catches of some are known, whether these took more than their part of it.

    Args:
        month: the month.
        tolerance: excess in units per member that is tolerated.
    """
    if (total := total_catch(month)) is not None:
        return total > month.group_threshold + tolerance * len(month.members)
    if not (others := known_others(month)):
        return False
    known = (*others, *(name for name in month.members if name == month.member))
    taken = sum(month.catches.get(name, 0) for name in known)
    return taken > sum(month.threshold_of(name) for name in known) + tolerance * len(known)


def expected_of_others(view: View) -> int:
    """Return the total catch of the others in the last month of which it is known.

    If only the catches of some are known, the others are expected to take as much in relation to their shares; if none
    is known, the thresholds of all others.
    """
    if (month := last_known(view)) is None:
        return _thresholds_of_others(view.state, view.member)
    caught = catch_of_others(month)
    if total_catch(month) is not None or (shares := threshold_of_others(month)) == 0:
        return caught
    every = _thresholds_of_others(month.state, month.member)
    return (2 * caught * every + shares) // (2 * shares)


def _thresholds_of_others(state: State, member: str | None) -> int:
    if member is None:
        return (len(state.members) - 1) * member_threshold(state)
    return sum(member_threshold(state, name) for name in state.members if name != member)


def known_excess(view: View) -> dict[str, int]:
    """Return the units above its share that each other member is known to have taken in the last month reported.

    Members who took no more than their shares of the sustainable harvest are missing, and so are those who are absent.
    """
    month = last_reported(view)
    if month is None:
        return {}
    others = {name: units for name, units in month.catches.items() if name != view.member and name in view.members}
    excess = {name: units - month.threshold_of(name) for name, units in others.items()}
    return {name: units for name, units in excess.items() if units > 0}


def last_reported(view: View) -> ObservedMonth | None:
    """Return the last month of which the catch of another member is known; None if there is none."""
    return next((one for one in reversed(view.history) if any(name != view.member for name in one.catches)), None)
