"""What a member may know: the view of the commons, and the months it has observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from govsim.commons import State, group_threshold, member_threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMonth:
    """A month whose harvest is over, as far as a member knows it.

    Attributes:
        state: the commons before the harvest, as in `View.state`.
        member: the member; None in a view common to all.
        asked: units that the member demanded; None if it was absent or forfeited, or in a view common to all.
        received: units that the member received; None if it was absent, or in a view common to all.
        catches: units by member, for the members whose catch is known.
        total: units that all members took together; None if unknown.
    """

    state: State
    member: str | None = None
    asked: int | None = None
    received: int | None = None
    catches: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None

    @property
    def month(self) -> int:
        """1 for the first month."""
        return self.state.month

    @property
    def members(self) -> tuple[str, ...]:
        """Members present in the month, in roster order."""
        return self.state.members

    @property
    def group_threshold(self) -> int:
        """Sustainable harvest of the group, computed from the observed stock."""
        return group_threshold(self.state)

    @property
    def member_threshold(self) -> int:
        """The member's share of the sustainable harvest, computed from the observed stock."""
        return member_threshold(self.state, self.member)

    def threshold_of(self, member: str) -> int:
        """Return the share of a member present in the sustainable harvest, computed from the observed stock."""
        return member_threshold(self.state, member)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a member may know at some point of a month. It contains nothing else about the commons.

    Attributes:
        state: the commons at the start of the month, with the members present, as far as the member knows it. The stock
            is exact, a noisy reading, or the middle of the known range; the growth law is the one that members
            know; the collapse level is 0, as it is never stated.
        low: lower bound of the stock known to the member.
        high: upper bound; equal to `low` if the stock is known exactly.
        reading: a reading of the stock with an error; None if there is none.
        date: the current ISO date.
        phase: name of the phase in the experiment.
        announced: features of the coming months announced to members, as in `communication` and `transparency`.
        terms: texts of the institutional rules in force this month.
        quotas: maximum units that each member may take this month by these rules; members without a maximum are
            missing.
        member: the member whose view it is; None for a view common to all.
        history: the months since the member joined, oldest first, or all months in a common view; this month only
            after its harvest.
        months: number of months of the simulation, if it is stated; None if not.
        elsewhere: what everyone at each other site knows, by site; only in requests to choose a site.
    """

    state: State
    low: int
    high: int
    reading: int | None = None
    date: str
    phase: str
    announced: frozenset[str] = frozenset()
    terms: tuple[str, ...] = ()
    quotas: Mapping[str, int] = field(default_factory=dict)
    member: str | None = None
    history: tuple[ObservedMonth, ...] = ()
    months: int | None = None
    elsewhere: Mapping[str, View] = field(default_factory=dict)

    @classmethod
    def exact(cls, state: State, *, date: str, phase: str, **known: Any) -> Self:
        """Return a view with the exact stock.

        Args:
            state: the commons at the start of the month.
            date: the current ISO date.
            phase: name of the phase.
            known: further attributes.
        """
        return cls(state=state, low=state.stock, high=state.stock, date=date, phase=phase, **known)

    @property
    def month(self) -> int:
        """1 for the first month."""
        return self.state.month

    @property
    def stock(self) -> int:
        """Stock at the start of the month, as in `state`: an estimate unless `is_exact`."""
        return self.state.stock

    @property
    def is_exact(self) -> bool:
        """Whether the stock is known exactly."""
        return self.low == self.high

    @property
    def members(self) -> tuple[str, ...]:
        """Members present, in roster order."""
        return self.state.members

    @property
    def group_threshold(self) -> int:
        """Sustainable harvest of the group, computed from the observed stock."""
        return group_threshold(self.state)

    @property
    def member_threshold(self) -> int:
        """The member's share of the sustainable harvest, computed from the observed stock."""
        return member_threshold(self.state, self.member)

    @property
    def ahead(self) -> View:
        """The view of the next month as far as it can be foreseen: after the total catch and growth without randomness.

        The same view before the harvest, and if the total catch is unknown.
        """
        now = next((one for one in self.history if one.month == self.month), None)
        total = None if now is None else now.total
        if total is None:
            return self
        low, stock, high = (self.state.grown(max(0, units - total)) for units in (self.low, self.stock, self.high))
        return replace(self, state=replace(self.state, month=self.month + 1, stock=stock), low=low, high=high)

    @property
    def quota(self) -> int | None:
        """Maximum units that the member may take this month by the rules; None if there is none."""
        return None if self.member is None else self.quotas.get(self.member)

    @property
    def most(self) -> int:
        """Largest amount that the member can ask for.

        It is the stock if that is known exactly, or else the capacity; at most the member's limit, if it has one.
        """
        most = self.high if self.is_exact else self.state.capacity
        return most if self.member is None else min(most, self.state.limits.get(self.member, most))
