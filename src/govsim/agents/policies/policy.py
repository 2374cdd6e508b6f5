"""The base class of policies, and their registry."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np

from govsim.agents.policies.observed import last_catch
from govsim.agents.protocol import Request
from govsim.agents.view import ObservedMonth, View
from govsim.commons import GrowthLaw, initial_state
from govsim.config import Configurable, Continuation, Experiment, Section, World, is_subclass_of
from govsim.models.fields import NumberField, Value
from govsim.plugins import Registry

Fact = Literal["horizon", "collapse", "growth"]
"""Facts about the world that a policy can be given besides its view."""

PolicyAnswer = Value | Mapping[str, Value]
"""Values by field tag, or the value of the only field."""

Decide = Callable[[Any, Request, np.random.Generator], PolicyAnswer]
"""Takes the policy, a request and the member's random generator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an informed policy knows besides its view; None for everything that it does not know.

    Attributes:
        horizon: maximum number of months of the simulation.
        collapse: collapse level.
        growth: growth law of the world, which may differ from the one that members know.
        continuation: probability that another month follows each month before the horizon.
    """

    horizon: int | None = None
    collapse: int | None = None
    growth: GrowthLaw | None = None
    continuation: float = 1.0


class Policy(Configurable):
    """A scripted decision rule of a member. Subclasses are registered under their `name`.

    For each purpose that it answers, a policy has a method of that name, with underscores for hyphens, as in `harvest`.
    The method takes the request and a generator, and returns a mapping of values by field tag, or the value alone if
    there is only one field. Its answer must depend only on the request, the generator, the settings and `knowledge`. In
    the experiment, settings follow the name, as in ``policy:fixed:10`` or ``policy:fixed:units=10``.

    Unless it is overridden, `report` states the true catch. A request of any other purpose that it has no method for is
    answered with the value of the request's `sincere`.

    Attributes:
        is_random: whether any of its methods draws from the generator; if false, it is always the same one, to save
            time.
        is_memoryless: whether harvest demands depend on nothing but the month, the stock, the settings and `knowledge`.
        knows: facts that the policy is given besides its view. A policy with any is called informed.
        knowledge: these facts in the experiment; nothing before `inform`.
    """

    is_random: ClassVar[bool] = True
    is_memoryless: ClassVar[bool] = False
    knows: ClassVar[frozenset[Fact]] = frozenset()
    knowledge: Facts

    def __init__(self, settings: Section | None = None, *, name: str | None = None) -> None:
        super().__init__(settings, name=name)
        self.knowledge = Facts()

    @classmethod
    def decides(cls, purpose: str) -> Decide | None:
        """Return the method for a purpose; None if there is none."""
        name = purpose.replace("-", "_")
        method: Decide | None = None if name in _RESERVED or name[:1] == "_" else getattr(cls, name, None)
        return method

    def inform(self, experiment: Experiment) -> None:
        """Give the policy the facts that it declares in `knows`, as they are in an experiment."""
        if not self.knows:
            return
        world, start = experiment.world, initial_state(experiment)
        self.knowledge = Facts(
            horizon=world.months if "horizon" in self.knows else None,
            collapse=start.collapse if "collapse" in self.knows else None,
            growth=start.growth if "growth" in self.knows else None,
            continuation=_continuation(world) if "horizon" in self.knows else 1.0,
        )

    def remembered(self, months: Sequence[ObservedMonth]) -> Hashable | None:
        """Return all that harvest demands depend on besides what `is_memoryless` names; None if that is not declared.

        With it, the best reply to the policy is exact. It must be one of few values, follow from the value of a month
        earlier and from the last month, and may depend on the own and the total catch, not on those of single others.

        Args:
            months: the months observed before the current one, oldest first.
        """
        return () if self.is_memoryless else None

    def horizon(self, view: View) -> int | None:
        """Return the number of months of the simulation; None if the policy does not know it."""
        return view.months if self.knowledge.horizon is None else self.knowledge.horizon

    def is_last_month(self, view: View) -> bool:
        """Whether the policy knows that the current month is the last one."""
        return view.month == self.horizon(view)

    def law(self, view: View) -> GrowthLaw:
        """Return the growth law as the policy knows it: the world's, or else the one that members know."""
        return self.knowledge.growth or view.state.growth

    def report(self, request: Request, rng: np.random.Generator) -> PolicyAnswer:
        """State the true catch of the last month."""
        return number_for(request, last_catch(request.view))


def _continuation(world: World) -> float:
    return world.horizon.continuation if isinstance(world.horizon, Continuation) else 1.0


_RESERVED = frozenset(dir(Configurable)) | {
    *("name", "decides", "inform", "is_random", "is_memoryless", "knows", "knowledge"),
    *("remembered", "horizon", "is_last_month", "law"),
}

POLICIES: Registry[type[Policy]] = Registry(
    "policy", group="policies", home="govsim.agents.policies", flaw=is_subclass_of(Policy)
)


class ExemplaryPolicy(Policy):
    """A policy that proposes its own demand, as it foresees it, as the limit for every member."""

    def vote(self, request: Request, rng: np.random.Generator) -> PolicyAnswer:
        """Propose the own demand in the next month as a limit for every member."""
        decide = self.decides("harvest")
        assert decide is not None, "it makes harvest decisions"
        units = decide(self, replace(request, view=request.view.ahead), rng)
        assert isinstance(units, int), "a harvest decision is a number"
        return number_for(request, units)

    def wish(self, request: Request, rng: np.random.Generator) -> PolicyAnswer:
        """Prefer the limit that it proposes."""
        return self.vote(request, rng)


@lru_cache(maxsize=256)
def exactly(number: float) -> Fraction:
    """Return the exact value of a setting, as the decimal number written: 0.1 is 1/10.

    Shares of whole units can then be rounded without errors of binary fractions.
    """
    return Fraction(str(number))


def within_stock(view: View, units: int) -> int:
    """Limit a demand to the units that a member may ask for: ``0..view.most``."""
    return min(max(units, 0), view.most)


def number_for(request: Request, units: int | None) -> Mapping[str, Value]:
    """Return the answer to a request for a number, limited to its range.

    Args:
        request: a request with a field for a number.
        units: the number; None if there is none.
    """
    field = next(field for field in request.fields if isinstance(field, NumberField))
    if units is None and field.may_be_none:
        return {field.tag: None}
    return {field.tag: min(max(units or 0, field.low), field.high)}


PUNISH, REWARD = "Punish", "Reward"
"""First words of the tags of fields for points of punishment and reward."""


def points_for(
    request: Request, punish: Mapping[str, int], reward: Mapping[str, int] | None = None
) -> dict[str, Value]:
    """Return the answer to a request for sanctions, limited to the ranges of its fields.

    If the sum exceeds the number of points available, all are reduced in proportion, and rounded down.

    Args:
        request: a request with fields for points of punishment and reward, each about a member.
        punish: points of punishment by member; missing members have 0.
        reward: points of reward by member.
    """
    wanted = {PUNISH: punish, REWARD: reward or {}}
    fields = [field for field in request.fields if isinstance(field, NumberField)]
    points: dict[str, Value] = {}
    for field in fields:
        number = wanted[field.tag.split()[0]].get(request.about[field.tag], 0)
        points[field.tag] = min(max(number, field.low), field.high)
    available = next((field.total for field in fields if field.total is not None), None)
    given = sum(number for number in points.values() if isinstance(number, int))
    if available is None or given <= available:
        return points
    return {tag: number * available // given for tag, number in points.items() if isinstance(number, int)}
