"""Institutions: rules around the harvest, announced to the members and applied to units and money."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import JsonValue

from govsim.agents import Notice, View
from govsim.commons import Charge, Outcome, generator, stream_of
from govsim.config import Configurable, Experiment, is_subclass_of
from govsim.game import Incentives
from govsim.plugins import Registry
from govsim.society.phase import Phase

if TYPE_CHECKING:
    from govsim.society.society import Society


MonthPosition = Literal["before-harvest", "before-report", "after-harvest", "month-end"]
"""Positions in a month at which a rule can add a phase."""

MONTH_POSITIONS: tuple[MonthPosition, ...] = get_args(MonthPosition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of a rule in one month.

    Attributes:
        text: text shown to every member; empty if nothing is shown. Special tokens of chat templates are neutralized.
        values: numbers and names in the terms, as the rule applies them.
        quotas: maximum units that each member present may take this month; None if the rule limits no catches. They
            are what compliance is measured by, whether or not they are stated or enforced.
    """

    text: str
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    quotas: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustable:
    """A setting of a rule whose value the members, or some of them, decide: a number.

    Attributes:
        low: its minimum.
        high: its maximum.
        units: names of the unit, singular and plural; empty for a number without a unit.
        sincere: returns the value that a member prefers who wants the commons to last, from what it knows.
        what: the number in words, for prompts.
        limits_catches: whether it is the maximum number of units that each member may take. Policies propose it with
            their method `vote`, if they have one.
    """

    low: int
    high: int
    units: tuple[str, ...]
    sincere: Callable[[View], int]
    what: str = "the number that applies to all of you"
    limits_catches: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """A setting of a rule whose value the members, or some of them, decide: one of several options.

    Attributes:
        options: the options.
        sincere: returns all options in the order of preference of a member who wants the commons to last.
        what: what is chosen, in words, for prompts.
        details: descriptions of options, for prompts.
        are_members: whether the options are members, which may not vote for themselves.
    """

    options: tuple[str, ...]
    sincere: Callable[[View], Sequence[str]]
    what: str
    details: Mapping[str, str] = field(default_factory=dict)
    are_members: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPhase:
    """A phase that a rule adds to the month.

    Attributes:
        phase: the phase.
        place: before the harvest; directly after it; after it and the directly following phases that report catches; or
            after all others.
    """

    phase: Phase
    place: MonthPosition = "after-harvest"


class Rule(Configurable):
    """An institution. Subclasses are registered under their `name`, and override any of the hooks.

    Every hook is called once a month, in the order of the experiment's `institutions`: `suspends` at its start, `terms`
    before any decision, `admit` between decisions and allocation, `settle` and `notices` after the harvest, `close` at
    the end of the month. No other hook of a suspended rule is called. Instances belong to one run, and may keep a
    state.

    Attributes:
        templates: names of its prompt templates, which are files `NAME.jinja` in the folder of its module, each with
            the variables that it uses and example values.
    """

    templates: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def suspends(self, society: Society) -> Collection[str]:
        """Return the names of the rules that are not in force this month; called before any terms are set."""
        return ()

    def terms(self, society: Society) -> Terms | None:
        """Return the terms in force this month, which are shown to every member; None if there are none."""
        return None

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """Return the maximum that each member may receive.

        Args:
            society: the society.
            demands: units by member, as limited by previous rules.

        Returns:
            Units by member, for members whose demand is limited; others may be omitted.
        """
        return {}

    def settle(self, society: Society, outcome: Outcome) -> Iterable[Charge]:
        """Return the charges for this month's harvest; those of previous rules are in `society.institutions.due`.

        Args:
            society: the society.
            outcome: outcome of the harvest.
        """
        return ()

    def notices(self, view: View) -> Iterable[Notice]:
        """Return the notices to a member after the harvest is settled.

        Args:
            view: what the member knows.
        """
        return ()

    def close(self, society: Society) -> Iterable[Charge]:
        """Return the charges at the end of the month, after all phases and before growth.

        Args:
            society: the society.
        """
        return ()

    def incentives(self, members: int) -> Incentives | None:
        """Return what the rule changes for a member that compares harvests; None if that is not known.

        Args:
            members: number of members.
        """
        return None

    def adjustable(self, society: Society) -> Mapping[str, Adjustable | Alternatives]:
        """Return the settings whose values are to be decided, by name; their values are in `institutions.decided`."""
        return {}

    @property
    def undecided(self) -> Collection[str]:
        """Names of the settings in `adjustable`, known before the simulation starts."""
        return ()

    @property
    def decides(self) -> Collection[str]:
        """What the rule decides: settings of other rules, as in `quota.amount`."""
        return ()

    def phases(self) -> Iterable[AddedPhase]:
        """Return the phases that the rule adds to the month."""
        return ()

    def check(self, experiment: Experiment) -> None:
        """Reject settings that are not compatible with the experiment.

        Raises:
            ConfigError: a setting is not compatible.
        """

    def draws(self, society: Society) -> np.random.Generator:
        """Return this rule's random generator for the current month."""
        stream = stream_of("rule", self.name)
        return generator(society.experiment.seed, stream, society.state.month, site=society.site)


RULES: Registry[type[Rule]] = Registry("rule", group="rules", home="govsim.society.rules", flaw=is_subclass_of(Rule))
