"""The names of policies in an experiment, with their settings, as in `policy:fixed:10`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from govsim.agents.policies.policy import POLICIES, Policy
from govsim.characters import shortened
from govsim.errors import ConfigError
from govsim.plugins import Extension

PREFIX = "policy:"

BASE = "base"
"""The setting for the name of another policy, which contains all that follows it, including colons."""

_WHOLE, _NUMBER = re.compile(r"-?[0-9]+"), re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)")


def policy_named(agent: str) -> Policy:
    """Create a policy from an agent's name, as in `policy:greedy` or `policy:fixed:10`.

    Raises:
        ConfigError: there is no such policy, or one of its settings is invalid.
    """
    found = found_policy(agent)
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
    for index, part in enumerate(given):
        key, equals, value = part.partition("=")
        if not equals and index >= len(keys):
            raise ConfigError(f"too many settings, from {shortened(part, 40)!r}")
        key, value = (key, value) if equals else (keys[index], part)
        if key in settings:
            raise ConfigError(f"{shortened(key, 40)} is given twice")
        if key == BASE and key in keys:
            return settings | {key: ":".join([value, *given[index + 1 :]])}
        settings[key] = value
    return settings


def found_policy(agent: str) -> Extension[type[Policy]]:
    """Return the registered policy of an agent's name.

    Raises:
        ConfigError: there is no such policy; the message suggests the nearest one.
    """
    name = agent.removeprefix(PREFIX).split(":")[0]
    found = POLICIES.find(name)
    if found is None:
        near = [POLICIES.find(known) for known in get_close_matches(name, POLICIES.names, n=1)]
        hint = "".join(f"; did you mean {PREFIX}{written_form(policy)}?" for policy in near if policy is not None)
        raise ConfigError(
            f"agent = {shortened(agent, 80)}: there is no such policy{hint}; choose from {POLICIES.offered}"
        )
    return found


def policies_in(agent: str) -> Iterator[Extension[type[Policy]]]:
    """Yield the registered policy of an agent's name, and then those that it is based on.

    Raises:
        ConfigError: see `policy_named`.
    """
    yield found_policy(agent)
    if isinstance(base := getattr(policy_named(agent).settings, BASE, None), str):
        yield from policies_in(PREFIX + base)


def written_form(policy: Extension[type[Policy]]) -> str:
    """Return how a policy is written, with its settings in capitals and optional ones in brackets.

    As in `fixed:UNITS` and `noisy[:P[:BASE]]`.
    """
    fields = policy.value.Settings.model_fields
    needed = [key.upper() for key, field in fields.items() if field.is_required()]
    optional = [key.upper() for key, field in fields.items() if not field.is_required()]
    return ":".join([policy.name, *needed]) + "".join(f"[:{key}" for key in optional) + "]" * len(optional)
