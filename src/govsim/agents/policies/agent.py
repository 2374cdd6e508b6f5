"""The kind of agent that decides by a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from govsim.agents.policies.notation import found_policy, policies_in, policy_named
from govsim.agents.policies.policy import Policy
from govsim.agents.protocol import AGENTS, Agent, AgentContext, Answer, Request
from govsim.commons import generator, stream_of
from govsim.models.fields import Value

_UNUSED = np.random.default_rng(0)
"""The generator given to policies that draw nothing."""


@AGENTS.register
class PolicyAgent(Agent):
    """A scripted policy, without a language model and a memory stream. Most policies do not speak."""

    name = "policy"
    is_immediate: ClassVar[bool] = True
    takes_argument: ClassVar[bool] = True
    is_scripted: ClassVar[bool] = True

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._policy = policy_named(context.agent)
        self._experiment = context.experiment
        self._site: str | None = None
        self._policy.inform(context.experiment)
        self._seed = context.experiment.seed
        self._draws: tuple[tuple[int, str], np.random.Generator] | None = None

    @classmethod
    def check(cls, agent: str) -> None:
        """Reject a policy that does not exist."""
        policy_named(agent)

    @classmethod
    def answers(cls, agent: str, purpose: str) -> bool:
        """Whether the policy has a method for the purpose."""
        return found_policy(agent).value.decides(purpose) is not None

    @classmethod
    def facts(cls, agent: str) -> tuple[str, ...]:
        """What the policy, and the one that it is based on, declare in `knows`."""
        return tuple(sorted({fact for one in policies_in(agent) for fact in one.value.knows}))

    async def answer(self, request: Request) -> Answer:
        """Answer a request with the policy's decision, or with `sincere` of the request if it has no method for it."""
        if request.view.state.site != self._site:
            self._site = request.view.state.site
            self._policy.inform(self._experiment.at(self._site))
        if request.sincere is not None and self._policy.decides(request.purpose) is None:
            return Answer(values=dict(request.sincere(request)))
        return Answer(values=decision(self._policy, request, self._generator(request)))

    def _generator(self, request: Request) -> np.random.Generator:
        """Return the member's generator for this phase of the month; further requests in the phase continue it."""
        if not self._policy.is_random:
            return _UNUSED
        when = (request.view.month, request.view.phase)
        if self._draws is None or self._draws[0] != when:
            stream = stream_of("policy", request.view.phase) if request.stream is None else request.stream
            self._draws = when, generator(self._seed, stream, request.view.month, member=self.name)
        return self._draws[1]


def decision(policy: Policy, request: Request, rng: np.random.Generator) -> dict[str, Value]:
    """Return a policy's answer to a request by field tag; a demand beyond the member's own limit becomes the limit.

    Args:
        policy: a policy that answers the purpose of the request.
        request: the request, with the member's view.
        rng: the member's random generator.
    """
    decide = policy.decides(request.purpose)
    assert decide is not None, f"{policy.name} answers no request of purpose {request.purpose}"
    decided = decide(policy, request, rng)
    values = decided if isinstance(decided, Mapping) else {request.fields[0].tag: decided}
    view = request.view
    limit = None if view.member is None else view.state.limits.get(view.member)
    if limit is None or request.purpose != "harvest":
        return dict(values)
    return {tag: min(value, limit) if isinstance(value, int) else value for tag, value in values.items()}
