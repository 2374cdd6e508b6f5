"""What a member may know as numbers, for trained agents; the same in training environments and in societies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from govsim.agents.view import ObservedMonth, View

Encoded = Mapping[str, NDArray[Any]]
"""The arrays `observation` and `action_mask`; see `encoded`."""

ENTRIES: tuple[str, ...] = (
    *("stock", "low", "high", "month", "time", "group_threshold", "member_threshold"),
    *("asked", "received", "total"),
)
"""The entries of an observation before those of each other member.

`stock` is the stock as in `View.stock`, with its bounds `low` and `high`; `month` is 1 − 1 / m in month m; `time` is
the month as a share of the number of months, 0 if that is not stated; `group_threshold` and `member_threshold` are
computed from the observed stock; `asked` and `received` are the own demand and catch in the last month; `total`
is the total catch in the last month whose catches were reported, 0 if it is unknown. All amounts are shares of the
capacity.
"""

ENTRIES_OF_OTHERS = ("present", "catch")
"""The entries of each other member, each for all others in roster order.

`present` is 1 for members present; `catch` is the catch in the last month whose catches were reported, as a share of
the capacity, 0 if it is unknown.
"""


def labels(roster: Sequence[str], member: str) -> tuple[str, ...]:
    """Return the names of all entries of a member's observation, as in `stock` and `catch Kate`.

    Args:
        roster: names of all members.
        member: the member.
    """
    others = [name for name in roster if name != member]
    return (*ENTRIES, *(f"{entry} {name}" for entry in ENTRIES_OF_OTHERS for name in others))


def encoded(view: View, roster: Sequence[str], *, lag: int = 0) -> Encoded:
    """Return what a member knows before a harvest as numbers.

    Args:
        view: the view of the member; it contains nothing that the member may not know.
        roster: names of all members, present or not.
        lag: number of months after which catches are reported, `observation.lag`.

    Returns:
        `observation`, shape (entries,), 0..1, with the entries of `labels`; and `action_mask`, shape (capacity + 1,),
        which is 1 for every amount that the member can ask for.
    """
    state, last = view.state, _month(view, view.month - 1)
    reported = _month(view, view.month - 1 - lag)
    others = [name for name in roster if name != view.member]
    units: list[float] = [
        *(view.stock, view.low, view.high, 0, 0, view.group_threshold),
        view.member_threshold if view.member in state.members else 0,
        *((0, 0) if last is None else (last.asked or 0, last.received or 0)),
        0 if reported is None else reported.total or 0,
        *(0 for _ in others),
        *(0 if reported is None else reported.catches.get(name, 0) for name in others),
    ]
    observation = np.array(units) / state.capacity
    observation[3] = 1 - 1 / view.month
    observation[4] = min(1.0, view.month / view.months) if view.months else 0
    first = len(ENTRIES)
    observation[first : first + len(others)] = [name in state.members for name in others]
    return {"observation": observation.astype(np.float32), "action_mask": mask_of(view.most, state.capacity)}


def mask_of(most: int | NDArray[np.int64], capacity: int) -> NDArray[np.int8]:
    """Return the amounts that can be asked for, as 1 and 0.

    Args:
        most: the largest amount; one number, or an array of any shape.
        capacity: maximum stock.

    Returns:
        An array with the shape of `most` and one more dimension of length capacity + 1.
    """
    return (np.arange(capacity + 1) <= np.asarray(most)[..., np.newaxis]).astype(np.int8)


def _month(view: View, month: int) -> ObservedMonth | None:
    return next((one for one in reversed(view.history) if one.month == month), None)
