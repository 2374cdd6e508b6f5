"""Policies: scripted agents, with one pure function for each purpose of a request that they answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from govsim.agents.protocol import AGENTS, Agent, AgentContext, Answer, Request
from govsim.characters import shortened
from govsim.commons import generator, stream_of
from govsim.config import Configurable, Section, is_subclass_of
from govsim.errors import ConfigError
from govsim.models.fields import Value
from govsim.plugins import Extension, Registry

PREFIX = "policy:"

_WHOLE, _NUMBER = re.compile(r"-?[0-9]+"), re.compile(r"-?[0-9]+(\.[0-9]+)?")

Decide = Callable[[Any, Request, np.random.Generator], Value | Mapping[str, Value]]
"""Takes the policy, a request and the member's random generator; returns values by field tag, or a single value."""


class Policy(Configurable):
    """A scripted decision rule of a member. Subclasses are registered under their `name`.

    For each purpose that it answers, a policy has a method of that name, with underscores for hyphens, as in `harvest`.
    The method takes the request and a generator, and returns a mapping of values by field tag, or the value alone if
    there is only one field. In the experiment, settings follow the name, as in ``policy:fixed:10`` or
    ``policy:fixed:units=10``.

    Attributes:
        is_random: whether any of its methods draws from the generator; if false, it is always the same one, to save
            time.
    """

    is_random: ClassVar[bool] = True

    def report(self, request: Request, rng: np.random.Generator) -> int:
        """Return the amount that the member tells the others it took: the truth, unless a policy overrides it."""
        return request.view.history[-1].received or 0

    @classmethod
    def decides(cls, purpose: str) -> Decide | None:
        """Return the method for a purpose; None if there is none."""
        name = purpose.replace("-", "_")
        method: Decide | None = None if name in _RESERVED else getattr(cls, name, None)
        return method


_RESERVED = frozenset(dir(Configurable)) | {"name", "decides", "is_random"}

_UNUSED = np.random.default_rng(0)
"""The generator given to policies that draw nothing."""

POLICIES: Registry[type[Policy]] = Registry(
    "policy", group="policies", home="govsim.agents.policies", flaw=is_subclass_of(Policy)
)


@POLICIES.register
class FairShare(Policy):
    """Demands the per-member threshold: the largest amount from which the stock recovers if every member takes it."""

    name = "fair-share"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the threshold divided equally among the members, rounded down."""
        return request.view.member_threshold


@POLICIES.register
class Greedy(Policy):
    """Demands the whole stock."""

    name = "greedy"
    is_random = False

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the stock."""
        return request.view.stock


@POLICIES.register
class Random(Policy):
    """Demands an amount drawn uniformly from 0 to the stock."""

    name = "random"

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Draw an amount from 0 to the stock, inclusive."""
        return int(rng.integers(0, request.view.stock + 1))


@POLICIES.register
class Fixed(Policy):
    """Demands the same amount every month, or the whole stock if it is smaller."""

    name = "fixed"
    is_random = False

    class Settings(Section):
        """Settings of the policy."""

        units: int = Field(ge=0, lt=10**18)
        """Units to demand."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """Return the fixed amount, limited by the stock."""
        return min(self.settings.units, request.view.stock)


def policy_named(agent: str) -> Policy:
    """Create a policy from an agent's name, as in `policy:greedy` or `policy:fixed:10`.

    Raises:
        ConfigError: there is no such policy, or one of its settings is invalid.
    """
    found = _found(agent)
    given = agent.removeprefix(PREFIX).split(":")[1:]
    try:
        written = _settings_written(given, list(found.value.Settings.model_fields))
        policy: Policy = found.value.of(written)
        for key, text in written.items():
            form = {int: _WHOLE, float: _NUMBER}.get(type(getattr(policy.settings, key)))
            if form is not None and not form.fullmatch(text):
                raise ConfigError(f"{key} = {shortened(repr(text), 60)}: must be a number in digits, as in 10")
    except ConfigError as error:
        form_of_all = PREFIX + written_form(found)
        raise ConfigError(f"agent = {shortened(agent, 80)}: {error}; write {form_of_all}") from error
    return policy


def _settings_written(given: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """Parse the settings that follow the name of a policy."""
    settings: dict[str, str] = {}
    for place, part in enumerate(given):
        key, equals, value = part.partition("=")
        if not equals and place >= len(keys):
            raise ConfigError(f"too many settings, from {shortened(part, 40)!r}")
        key, value = (key, value) if equals else (keys[place], part)
        if key in settings:
            raise ConfigError(f"{shortened(key, 40)} is given twice")
        settings[key] = value
    return settings


def _found(agent: str) -> Extension[type[Policy]]:
    found = POLICIES.find(agent.removeprefix(PREFIX).split(":")[0])
    if found is None:
        allowed = ", ".join(PREFIX + known for known in map(written_form, POLICIES))
        raise ConfigError(f"agent = {shortened(agent, 80)}: there is no such policy; choose from {allowed}")
    return found


def written_form(policy: Extension[type[Policy]]) -> str:
    """Return how a policy is written, with its settings in capitals, as in `fixed:UNITS`."""
    return ":".join([policy.name, *(key.upper() for key in policy.value.Settings.model_fields)])


@AGENTS.register
class PolicyAgent(Agent):
    """A scripted policy, without memory. It speaks only if the policy does."""

    name = "policy"
    is_immediate: ClassVar[bool] = True
    takes_argument: ClassVar[bool] = True

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._policy = policy_named(context.agent)
        self._seed = context.experiment.seed
        self._draws: tuple[tuple[int, str], np.random.Generator] | None = None

    @classmethod
    def check(cls, agent: str) -> None:
        """Reject a policy that does not exist."""
        policy_named(agent)

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """Whether the policy has a method for the purpose."""
        return _found(agent).value.decides(purpose) is not None

    async def answer(self, request: Request) -> Answer:
        """Answer a request with the policy's decision."""
        decide = self._policy.decides(request.purpose)
        assert decide is not None, f"{self._policy.name} answers no request of purpose {request.purpose}"
        decided = decide(self._policy, request, self._generator(request))
        values = decided if isinstance(decided, Mapping) else {request.fields[0].tag: decided}
        return Answer(values=_within_limit(values, request))

    def _generator(self, request: Request) -> np.random.Generator:
        """Return the member's generator for this phase of the month; further requests in the phase continue it."""
        if not self._policy.is_random:
            return _UNUSED
        when = (request.view.month, request.view.phase)
        if self._draws is None or self._draws[0] != when:
            stream = stream_of("policy", request.view.phase) if request.stream is None else request.stream
            self._draws = when, generator(self._seed, stream, request.view.month, member=self.name)
        return self._draws[1]


def _within_limit(values: Mapping[str, Value], request: Request) -> dict[str, Value]:
    """Return the values of a decision; a demand beyond the member's own limit becomes the limit."""
    view = request.view
    limit = None if view.member is None else view.state.limits.get(view.member)
    if limit is None or request.purpose != "harvest":
        return dict(values)
    return {tag: min(value, limit) if isinstance(value, int) else value for tag, value in values.items()}
