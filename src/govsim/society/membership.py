"""Who is present in a month: members join and leave in given months, at random, or by their own decision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from govsim.commons import generator, stream_of
from govsim.config import Experiment, Hazard, Replacement
from govsim.scenarios import Prompts

JOINS, LEAVES = ("membership", "joins"), ("membership", "leaves")
"""Kind and name of the random streams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The members of one month, in roster order.

    Attributes:
        present: members present.
        joined: members that were not present in the previous month, if it is not the first one.
        left: members that were present in the previous month.
    """

    present: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @classmethod
    def between(cls, before: tuple[str, ...], present: tuple[str, ...], *, month: int) -> Roster:
        """Return the members of one site, with those who joined it and left it.

        Args:
            before: members at the site in the previous month.
            present: members at the site in this month.
            month: this month.
        """
        joined = tuple(name for name in present if name not in before and month > 1)
        return cls(present=present, joined=joined, left=tuple(name for name in before if name not in present))


class Membership:
    """The members of a society, month by month."""

    def __init__(self, experiment: Experiment) -> None:
        """Start before the first month.

        Args:
            experiment: the experiment.
        """
        self._experiment = experiment
        self._gone: set[str] = set()
        self._returns: dict[str, int | None] = {}
        self._last = Roster()
        members = [experiment.member(name) for name in experiment.society.members]
        self._is_constant = all(one.joins == 1 and one.leaves is None for one in members)

    def leave(self, member: str, back: int | None) -> None:
        """Let a member be absent from the next month on.

        Args:
            member: its name.
            back: the month in which it returns; None if it never does.
        """
        self._returns[member] = back

    def is_away(self, member: str) -> bool:
        """Whether a member has decided to leave, and has not returned."""
        return member in self._returns

    def begin_month(self, month: int) -> Roster:
        """Return the members of the next month; the last member present stays.

        Args:
            month: 1 for the first month; months must be given in order.
        """
        before = self._last.present
        if before and self._is_constant and not self._returns:
            self._last = Roster(present=before)
            return self._last
        staying = [name for name in before if not self._leaves(name, month)]
        gone = self._gone | {name for name in before if name not in staying and self._returns.get(name) is None}
        arriving = {name for name in self._absent(before) if self._joins(name, month, gone)}
        if before and not staying and not arriving:
            staying = [before[0]]
        self._gone |= {name for name in before if name not in staying and self._returns.get(name) is None}
        self._returns = {name: back for name, back in self._returns.items() if name not in (*staying, *arriving)}
        roster = self._experiment.society.members
        self._last = Roster(
            present=tuple(name for name in roster if name in staying or name in arriving),
            joined=tuple(name for name in roster if name in arriving and month > 1),
            left=tuple(name for name in before if name not in staying),
        )
        return self._last

    def _absent(self, present: tuple[str, ...]) -> list[str]:
        return [name for name in self._experiment.society.members if name not in present and name not in self._gone]

    def _joins(self, name: str, month: int, gone: Collection[str]) -> bool:
        if (back := self._returns.get(name)) is not None:
            return back <= month and not self._leaves(name, month, decided=False)
        joins = self._experiment.member(name).joins
        if isinstance(joins, Replacement):
            return joins.replaces in gone
        return self._occurs(joins, JOINS, name, month) if isinstance(joins, Hazard) else joins <= month

    def _leaves(self, name: str, month: int, *, decided: bool = True) -> bool:
        if decided and name in self._returns:
            return True
        leaves = self._experiment.member(name).leaves
        if isinstance(leaves, Hazard):
            return self._occurs(leaves, LEAVES, name, month)
        return leaves is not None and leaves <= month

    def _occurs(self, hazard: Hazard, stream: tuple[str, str], name: str, month: int) -> bool:
        draw = generator(self._experiment.seed, stream_of(*stream), month, member=name).random()
        return float(draw) < hazard.hazard


def members_text(experiment: Experiment, prompts: Prompts, present: tuple[str, ...]) -> tuple[str, ...]:
    """Return the text that states how the members present differ, as shown to all; empty if they do not.

    Args:
        experiment: the experiment.
        prompts: the prompts of the simulation.
        present: names of the members present, in roster order.
    """
    members = {name: experiment.member(name) for name in present}
    limits = [f"{name} {one.limit:,}" for name, one in members.items() if one.limit is not None]
    has_prices = any(one.price is not None for one in experiment.members.values())
    has_endowments = any(one.endowment for one in experiment.members.values())
    usual = prompts.scenario.price
    prices = [f"{name} {usual if one.price is None else one.price:,}" for name, one in members.items()]
    endowments = [f"{name} {one.endowment:,}" for name, one in members.items()]
    if not (limits or has_prices or has_endowments):
        return ()
    text = prompts.render(
        "members",
        limits=limits,
        prices=prices if has_prices else [],
        endowments=endowments if has_endowments else [],
    )
    return (text,)
