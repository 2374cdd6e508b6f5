"""What members observe of the commons and of each other's catches; only this module reads the true state for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from govsim.agents import ObservedMonth, View
from govsim.commons import Outcome, State, generator, stream_of
from govsim.config import Experiment, Extent, IntervalStock, NoisyStock, Observation

_STREAM = stream_of("observation", "stock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What members learn of the catches of a month.

    Attributes:
        catches: catches that all members learn, by member.
        private: catches that single members learn, by the name of the member that learns them.
        total: the total catch; None if members do not learn it.
    """

    catches: Mapping[str, int] = field(default_factory=dict)
    private: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    total: int | None = None


@dataclass(slots=True, kw_only=True)
class _Harvested:
    """A month whose harvest is over: what happened, and what has become known.

    Attributes:
        outcome: the harvest.
        readings: the commons before the harvest as each member observed it, by name; "" for what is known to all.
        learned: what members know of the catches of others.
    """

    outcome: Outcome
    readings: Mapping[str, Reading]
    learned: Learned = Learned()

    def seen_by(self, member: str) -> ObservedMonth:
        """Return the month as one member knows it; with an empty name, as everyone does."""
        outcome, learned = self.outcome, self.learned
        received = outcome.granted.get(member)
        own = {} if received is None else {member: received}
        return ObservedMonth(
            member=member or None,
            state=self.readings[member if member in self.readings else ""].state,
            asked=outcome.asked.get(member),
            received=received,
            catches={**learned.catches, **learned.private.get(member, {}), **own},
            total=learned.total,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """The months that a member knows, and the number of harvests from which they were read."""

    read: int
    months: tuple[ObservedMonth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The commons as observed at the start of a month, with the bounds of the stock, and a reading with an error."""

    state: State
    low: int
    high: int
    reading: int | None = None


class Observations:
    """What the members of a society know, month by month."""

    def __init__(self, experiment: Experiment) -> None:
        """Start before the first month.

        Args:
            experiment: the experiment.
        """
        self._seed = experiment.seed
        self._form = experiment.observation
        self._readings: Mapping[str, Reading] = {}
        self._months: list[_Harvested] = []
        self._seen: dict[str, _Seen] = {}
        self._joined: dict[str, int] = {}

    def begin_month(self, state: State) -> None:
        """Let the members observe the stock.

        Args:
            state: the true state of the commons at the start of the month, with the members present, and with the
                growth law of the month if it is stated.
        """
        for name in state.members:
            self._joined.setdefault(name, len(self._months))
        self._readings = {"": self._reading(state)}
        if self._form.has_own_readings:
            self._readings = {"": hidden(state), **{name: self._reading(state, name) for name in state.members}}

    def harvested(self, outcome: Outcome) -> None:
        """Let every member know its own demand and catch."""
        self._months.append(_Harvested(outcome=outcome, readings=self._readings))

    def reveal(self, month: int, learned: Learned) -> None:
        """Let the members know the catches of a month, instead of what they learned of them before.

        Args:
            month: the month of the harvest.
            learned: what they learn.
        """
        place = next(index for index, one in enumerate(self._months) if one.outcome.before.month == month)
        self._months[place].learned = learned
        self._seen = {
            member: _Seen(read=place, months=tuple(one for one in seen.months if one.month < month))
            if place < seen.read
            else seen
            for member, seen in self._seen.items()
        }

    def outcome_of(self, month: int) -> Outcome | None:
        """Return the harvest of a month; None if there was none yet."""
        return next((one.outcome for one in self._months if one.outcome.before.month == month), None)

    def view(self, view: View, member: str) -> View:
        """Return the view of one member.

        Args:
            view: a view common to all members.
            member: its name.
        """
        return replace(view, member=member, **self._observed(member))

    def common_view(
        self,
        *,
        date: str,
        phase: str,
        announced: frozenset[str],
        terms: tuple[str, ...],
        quotas: Mapping[str, int],
        months: int | None = None,
    ) -> View:
        """Return what every member may know.

        Args:
            date: the current ISO date.
            phase: name of the current phase.
            announced: announced features.
            terms: texts of the rules in force.
            quotas: maximum units by member, according to these rules.
            months: number of months, if it is stated.
        """
        return View(
            date=date,
            phase=phase,
            announced=announced,
            terms=terms,
            quotas=quotas,
            months=months,
            **self._observed(""),
        )

    def _observed(self, member: str) -> dict[str, Any]:
        """What a member has observed, or everyone if the name is empty, as arguments of `View`."""
        reading = self._readings.get(member, self._readings[""])
        return {
            "state": reading.state,
            "low": reading.low,
            "high": reading.high,
            "reading": reading.reading,
            "history": self._history(member),
        }

    def _history(self, member: str) -> tuple[ObservedMonth, ...]:
        """The months in which the member was present; all months if the name is empty."""
        seen = self._seen.get(member) or _Seen(read=self._joined.get(member, 0))
        if seen.read < len(self._months):
            later = (one for one in self._months[seen.read :] if not member or member in one.outcome.before.members)
            months = (*seen.months, *(one.seen_by(member) for one in later))
            seen = self._seen[member] = _Seen(read=len(self._months), months=months)
        return seen.months

    def _reading(self, state: State, member: str | None = None) -> Reading:
        return read_stock(state, self._form, seed=self._seed, member=member)


def read_stock(state: State, observation: Observation, *, seed: int, member: str | None = None) -> Reading:
    """Return the commons as observed at the start of a month.

    Args:
        state: the true state.
        observation: what members observe of the stock.
        seed: the run's seed, for a reading with an error.
        member: name of the member whose own reading it is; None for a reading that all have.
    """
    known = known_to_members(state)
    match observation.stock:
        case "exact":
            return Reading(state=known, low=state.stock, high=state.stock)
        case IntervalStock(interval=width):
            low = min(state.stock, state.capacity - 1) // width * width
            high = min(low + width, state.capacity)
            return Reading(state=replace(known, stock=(low + high) // 2), low=low, high=high)
        case NoisyStock(noise=sd):
            rng = generator(seed, _STREAM, state.month, member=member, site=state.site)
            read = min(max(round(state.stock * (1 + sd * rng.standard_normal())), 0), state.capacity)
            return Reading(state=replace(known, stock=read), low=0, high=state.capacity, reading=read)
        case _:
            return hidden(state)


def hidden(state: State) -> Reading:
    """Return the commons as observed by a member who learns nothing of the stock."""
    return Reading(state=replace(known_to_members(state), stock=state.capacity // 2), low=0, high=state.capacity)


def known_to_members(state: State) -> State:
    """Return the state as members know it: without collapse level, some shocks, and parts of the growth law."""
    shocks = tuple(shock for shock in state.shocks if shock.told != "nothing")
    return replace(state, collapse=0, shocks=shocks, growth=state.growth.known_to_members)


def learned_from(extent: bool | Extent, catches: Mapping[str, int], state: State, observation: Observation) -> Learned:
    """Return what the members learn of the catches of a month.

    Args:
        extent: how much is made known, as `society.transparency`.
        catches: the catches of the month by member.
        state: the commons at the time of the report, with the members present.
        observation: who are neighbours.
    """
    if extent == "total":
        return Learned(total=sum(catches.values()))
    if extent == "neighbours":
        present = state.members
        known = {name: observation.neighbours_of(name, present) for name in present}
        return Learned(
            private={name: {each: catches[each] for each in known[name] if each in catches} for name in present}
        )
    if extent is False:
        return Learned()
    return Learned(catches=catches, total=sum(catches.values()) if extent is True else None)
