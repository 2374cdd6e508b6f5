"""Conformance checks for policies and agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np

from govsim.agents import Agent, ObservedMonth, Policy, Request, View
from govsim.calendar import first_day
from govsim.commons import State
from govsim.commons.laws import multiply
from govsim.models.fields import NumberField, Value, flaw_of_values
from govsim.testing.conformance import (
    ConformanceError,
    extension,
    failures_of,
    repeated,
    require,
    require_description,
    settings_for,
)
from govsim.testing.societies import MEMBERS, check_society, temporary_folder
from govsim.testing.survey import Surveyed, check_survey, survey_month

_SEED = 7


def check_policy(
    policy: type[Policy] | str, settings: Mapping[str, Any] | None = None, *, requests: Sequence[Request] = ()
) -> None:
    """Check that a policy returns allowed answers, and the same ones for the same request and seed.

    Its answers must be allowed by the fields of each request, also if the stock or earlier catches are unknown. They
    must depend only on the request and the given generator, not on the order of the members. It must not modify the
    request.

    Args:
        policy: the class, or its registered name.
        settings: its settings by key; if None, defaults, and small values for settings without a default.
        requests: the requests to answer; if empty, harvest decisions for several stocks and pasts.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    with extension("policies", policy) as found:
        what = f"policy {found.name}"
        require_description(what, found.value)
        values = settings_for(what, found.value.Settings, settings)
        asked = [*requests] or list(harvest_requests())
        answered = [request for request in asked if found.value.decides(request.purpose) is not None]
        purposes = ", ".join(sorted({request.purpose for request in asked}))
        require(
            bool(answered), f"{what}: has no method for requests of purpose {purposes}; define one, or pass requests="
        )
        for request in answered:
            _check_decision(what, found.value.of(values), request)


def harvest_requests() -> Iterator[Request]:
    """Requests for harvest decisions for several stocks, including an empty and a full one, and several pasts.

    Of the past months, none, all, the total or only the own catches are known, or the member was absent; the stock is
    known exactly or not at all.
    """
    for month, stock, members in ((1, 100, MEMBERS), (1, 0, MEMBERS), (2, 1, MEMBERS), (7, 37, MEMBERS[:1])):
        yield _harvest_request(View.exact(_state(month, stock, members), date=_date(month), phase="harvest"))
    everything = {"catches": dict.fromkeys(MEMBERS, 11), "total": 11 * len(MEMBERS)}
    member = {"asked": 11, "received": 11}
    for known in ({**member, **everything}, {**member, "total": 11 * len(MEMBERS)}, member, everything, {}):
        past = ObservedMonth(state=_state(1, 100, MEMBERS), **known)
        later = replace(past, state=_state(2, 60, MEMBERS))
        seen = View.exact(_state(3, 40, MEMBERS), date=_date(3), phase="harvest", history=(past, later))
        yield _harvest_request(seen)
        yield _harvest_request(replace(seen, state=_state(3, 50, MEMBERS), low=0, high=100))


def _state(month: int, stock: int, members: tuple[str, ...]) -> State:
    return State(stock=stock, month=month, capacity=100, growth=multiply(2.0), collapse=0, members=members)


def _date(month: int) -> str:
    return first_day(month).isoformat()


def _harvest_request(view: View) -> Request:
    return Request(
        purpose="harvest",
        template="harvest",
        fields=(NumberField(tag="Answer", low=0, high=view.most, units=("tons",), is_demand=True),),
        view=view,
        variables={"date": view.date, "question": "How much?"},
        queries=("lake",),
    )


def _check_decision(what: str, policy: Policy, request: Request) -> None:
    before, does = deepcopy(request), f"decides on {request.purpose}"
    decided = repeated(what, does, lambda: _decided(policy, request))
    flaw = flaw_of_values(decided, request.fields)
    require(
        flaw is None,
        f"{what}: {does} with {decided!r} for a stock of {request.view.state.stock}: {flaw}; must return a value of a "
        f"built-in Python type for each of {_allowed(request)}",
    )
    require(request == before, f"{what}: {does} and modifies the request; it must not modify it")
    state = request.view.state
    turned = replace(request, view=replace(request.view, state=state.with_members(state.members[::-1])))
    with failures_of(what, does):
        other = _decided(policy, turned)
    require(
        other == decided,
        f"{what}: {does} with {decided!r}, but with {other!r} if the members are listed in another order; the order "
        "must not matter",
    )


def _decided(policy: Policy, request: Request) -> dict[str, Value]:
    decide = policy.decides(request.purpose)
    assert decide is not None, "only purposes that it answers are requested"
    found = decide(policy, request, np.random.default_rng(_SEED))
    return dict(found) if isinstance(found, Mapping) else {request.fields[0].tag: found}


def _allowed(request: Request) -> str:
    return ", ".join(f"{field.tag} ({field.blank})" for field in request.fields)


def check_agent(agent: type[Agent] | str, settings: Mapping[str, Any] | None = None) -> None:
    """Check an agent in a small society, with the fake model if it calls one.

    It must answer fields of every kind and reproduce the same months: with the same seed, in a replay of the journal,
    and when the run is resumed from a journal truncated anywhere.

    Args:
        agent: the class, or its name as in an experiment, such as `generative` or `policy:greedy`.
        settings: its settings by key; if None, defaults, and small values for settings without a default.

    Raises:
        ConformanceError: it does not conform; the message states what is wrong and what is expected.
    """
    name = agent.partition(":")[0] if isinstance(agent, str) else agent
    with extension("agents", name) as found, survey_month() as phases, temporary_folder() as folder:
        what, spec = f"agent {found.name}", agent if isinstance(agent, str) else found.name
        require_description(what, found.value)
        values = settings_for(what, found.value.Settings, settings)
        _check_name(what, found.value, spec)
        journal = check_society(
            what,
            {
                "agents": {"default": spec, **({found.name: values} if values else {})},
                "society": {"members": list(MEMBERS), "phases": phases},
            },
            folder,
        )
        check_survey(what, journal.of(Surveyed), is_asked=found.value.answers(spec, "survey"))


def _check_name(what: str, kind: type[Agent], spec: str) -> None:
    with failures_of(what, "checks its name"):
        kind.check(spec)
    if not kind.takes_argument and ":" in spec:
        raise ConformanceError(f"{what}: does not take an argument; write {kind.name}, not {spec}")
