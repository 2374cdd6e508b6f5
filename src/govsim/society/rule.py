"""What an institution is: a rule around the harvest, told to the members and applied to units and money."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import JsonValue

from govsim.commons import Charge, Outcome, generator, stream_of
from govsim.config import Configurable, Experiment, is_subclass_of
from govsim.plugins import Registry
from govsim.society.phase import Phase

if TYPE_CHECKING:
    from govsim.society.society import Society


Place = Literal["before-harvest", "after-harvest", "month-end"]
"""Where in a month a rule can add a phase."""

PLACES: tuple[Place, ...] = get_args(Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rule demands this month.

    Attributes:
        text: the same in words, told to every member; empty where nothing is told. What a chat template could take for
            the end of a message is made harmless.
        values: the numbers and names in it, as the rule applies them.
    """

    text: str
    values: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPhase:
    """A phase that a rule adds to the month.

    Attributes:
        phase: the phase.
        place: before the harvest; after it and the phases behind it that make catches known; or after all others.
    """

    phase: Phase
    place: Place = "after-harvest"


class Rule(Configurable):
    """An institution. Subclasses are registered under their `name`, and define any of the hooks.

    Every hook is called once in a month, in the order of the experiment's `institutions`: `terms` before anyone
    decides, `admit` between decisions and allocation, `settle` after units are taken.

    Attributes:
        templates: prompt templates that it brings as files beside its module, `NAME.jinja`: for each the variables that
            it uses, with an example of their values.
    """

    templates: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def terms(self, society: Society) -> Terms | None:
        """What is in force this month, and told to every member; None where nothing is."""
        return None

    def admit(self, society: Society, demands: Mapping[str, int]) -> Mapping[str, int]:
        """What each member may receive at most.

        Args:
            society: whose harvest it is.
            demands: units by member, as limited by the rules before this one.

        Returns:
            Units by member, for members whose demand is limited; others need not be in it.
        """
        return {}

    def settle(self, society: Society, outcome: Outcome) -> Iterable[Charge]:
        """What members are charged for this month's harvest; `society.institutions.due` has what earlier rules charge.

        Args:
            society: whose harvest it was.
            outcome: what was asked for and taken.
        """
        return ()

    def phases(self) -> Iterable[AddedPhase]:
        """Phases that the rule adds to the month."""
        return ()

    def check(self, experiment: Experiment) -> None:
        """Refuse settings that do not fit the experiment.

        Raises:
            ConfigError: they do not.
        """

    def draws(self, society: Society) -> np.random.Generator:
        """A generator of this rule's own for the current month."""
        return generator(society.experiment.seed, stream_of("rule", self.name), society.state.month)


RULES: Registry[type[Rule]] = Registry("rule", group="rules", home="govsim.society.rules", flaw=is_subclass_of(Rule))
