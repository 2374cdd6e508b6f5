"""Members that follow a rule: a name, and one pure function for each purpose that it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from govsim.agents.protocol import AGENTS, Agent, Answer, Post, Request
from govsim.characters import shortened
from govsim.commons import generator, member_threshold, stream_of
from govsim.config import Configurable, Section, is_subclass_of
from govsim.errors import ConfigError, PluginError
from govsim.models.fields import Value, flaw_of_values
from govsim.plugins import Extension, Registry

PREFIX = "policy:"

_WHOLE, _NUMBER = re.compile(r"-?[0-9]+"), re.compile(r"-?[0-9]+(\.[0-9]+)?")

Decide = Callable[[Any, Request, np.random.Generator], Value | Mapping[str, Value]]
"""From the policy, a request and a generator of the member's own to values by field tag, or the value of one field."""


class Policy(Configurable):
    """A rule that a member follows. Subclasses are registered under their `name`.

    For each purpose that it answers it has a method of that name, with underscores for hyphens, as in `harvest`.
    It takes the request and a generator, and gives a value for each field, or the value alone where there is one field.
    In the experiment settings follow the name, as in ``policy:fixed:10`` or ``policy:fixed:units=10``.
    """

    @classmethod
    def decides(cls, purpose: str) -> Decide | None:
        """The method for a purpose; None where it has none."""
        name = purpose.replace("-", "_")
        method: Decide | None = None if name in _RESERVED else getattr(cls, name, None)
        return method


_RESERVED = frozenset(dir(Configurable)) | {"name", "decides"}

POLICIES: Registry[type[Policy]] = Registry(
    "policy", group="policies", home="govsim.agents.policies", flaw=is_subclass_of(Policy)
)


@POLICIES.register
class FairShare(Policy):
    """Asks for the per-member threshold: the most that lets the stock recover if everyone does."""

    name = "fair-share"

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """The threshold shared equally, rounded down."""
        return member_threshold(request.view.state)


@POLICIES.register
class Greedy(Policy):
    """Asks for the whole stock."""

    name = "greedy"

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """The stock."""
        return request.view.state.stock


@POLICIES.register
class Random(Policy):
    """Asks for any amount up to the stock, each as likely as the others."""

    name = "random"

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """A draw from 0 to the stock."""
        return int(rng.integers(0, request.view.state.stock + 1))


@POLICIES.register
class Fixed(Policy):
    """Asks for the same amount every month, or for the whole stock where there is less."""

    name = "fixed"

    class Settings(Section):
        """Settings of the policy."""

        units: int = Field(ge=0, lt=10**18)
        """What it asks for."""

    settings: Settings

    def harvest(self, request: Request, rng: np.random.Generator) -> int:
        """The fixed amount, up to the stock."""
        return min(self.settings.units, request.view.state.stock)


def policy_named(agent: str) -> Policy:
    """A new policy by an agent's name, as in `policy:greedy` or `policy:fixed:10`.

    Raises:
        ConfigError: there is no such policy, or a setting of it cannot be used.
    """
    found = _found(agent)
    given = agent.removeprefix(PREFIX).split(":")[1:]
    try:
        written = _settings_written(given, list(found.value.Settings.model_fields))
        policy: Policy = found.value.of(written)
        for key, text in written.items():
            form = {int: _WHOLE, float: _NUMBER}.get(type(getattr(policy.settings, key)))
            if form is not None and not form.fullmatch(text):
                raise ConfigError(f"{key} = {shortened(repr(text), 60)}: a number is written in digits, as in 10")
    except ConfigError as error:
        form_of_all = PREFIX + written_form(found)
        raise ConfigError(f"agent = {shortened(agent, 80)}: {error}; write {form_of_all}") from error
    return policy


def _settings_written(given: Sequence[str], keys: Sequence[str]) -> dict[str, str]:
    """Settings by key, from what follows the name of a policy."""
    settings: dict[str, str] = {}
    for place, part in enumerate(given):
        key, equals, value = part.partition("=")
        if not equals and place >= len(keys):
            raise ConfigError(f"{shortened(part, 40)!r} is one setting too many")
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
    """How a policy is written, with its settings in capitals, as in `fixed:UNITS`."""
    return ":".join([policy.name, *(key.upper() for key in policy.value.Settings.model_fields)])


@AGENTS.register
class PolicyAgent(Agent):
    """A member that follows a policy. It has no memory, and no words but those that its policy gives it."""

    name = "policy"
    takes_argument: ClassVar[bool] = True

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self._policy = policy_named(post.agent)
        self._seed = post.experiment.seed
        self._draws: tuple[tuple[int, str], np.random.Generator] | None = None

    @classmethod
    def check(cls, agent: str) -> None:
        """Refuse a policy that does not exist."""
        policy_named(agent)

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """Whether the policy has a decision for the purpose."""
        return _found(agent).value.decides(purpose) is not None

    async def answer(self, request: Request) -> Answer:
        """Decide by the policy.

        Raises:
            PluginError: its decision is no answer to the request.
        """
        decide = self._policy.decides(request.purpose)
        assert decide is not None, f"{self._policy.name} answers no request of purpose {request.purpose}"
        decided = decide(self._policy, request, self._generator(request))
        values = decided if isinstance(decided, Mapping) else {request.fields[0].tag: decided}
        if (flaw := flaw_of_values(values, request.fields)) is not None:
            raise PluginError(f"policy {self._policy.name}: decided {decided!r} on {request.purpose}: {flaw}")
        return Answer(values=dict(values))

    def _generator(self, request: Request) -> np.random.Generator:
        """The member's own generator for this phase of the month; further requests in it draw on."""
        when = (request.view.month, request.view.phase)
        if self._draws is None or self._draws[0] != when:
            stream = stream_of("policy", request.view.phase) if request.stream is None else request.stream
            self._draws = when, generator(self._seed, stream, request.view.month, member=self.name)
        return self._draws[1]
