"""Shared parts of conformance checks: failures, arguments, and control of the code that they call."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from inspect import getdoc
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from govsim.config import Section
from govsim.config.describing import documented_fields
from govsim.errors import GovSimError, PluginError
from govsim.plugins import Extension, Registry, registry
from govsim.testing.samples import sample_value

T = TypeVar("T")


class ConformanceError(AssertionError):
    """An extension does not meet the requirements of its kind. The message states the problem and what is expected."""


def require(holds: bool, problem: str) -> None:
    """Fail a check.

    Args:
        holds: the condition that must be true.
        problem: the error message: what is wrong, and what is expected.

    Raises:
        ConformanceError: the condition is false.
    """
    if not holds:
        raise ConformanceError(problem)


@contextmanager
def extension(group: str, given: Any) -> Iterator[Extension[Any]]:
    """Return the extension that a check is given, registered for the duration of the check.

    Args:
        group: the last part of its entry-point group.
        given: its registered name, or the object itself.

    Raises:
        ConformanceError: there is no such extension, or the object is not an extension.
    """
    known = registry(group)
    if isinstance(given, str):
        yield _found(known, given)
        return
    try:
        registered = known.temporary(given)
        found = registered.__enter__()
    except PluginError as error:
        raise ConformanceError(str(error)) from error
    try:
        yield found
    finally:
        registered.__exit__(None, None, None)


def _found(known: Registry[T], name: str) -> Extension[T]:
    try:
        found = known.find(name)
    except PluginError as error:
        raise ConformanceError(str(error)) from error
    if found is None:
        raise ConformanceError(f"{known.kind} {name}: is not registered; choose from {', '.join(known.names)}")
    return found


def settings_for(what: str, settings: type[Section], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return settings for checking an extension: the given ones, else allowed values for settings without a default.

    Args:
        what: the extension, as in `policy fixed`.
        settings: its class of settings.
        given: the given settings by key; None if there are none.

    Raises:
        ConformanceError: a setting has no description, or no consistent values were found.
    """
    for key, field in documented_fields(settings).items():
        require(
            bool(field.description),
            f"{what}: the setting {key} has no description; add a docstring below it, which `govsim plugins` shows",
        )
    needed = {key: sample_value(settings, key) for key, field in settings.model_fields.items() if field.is_required()}
    values = dict(needed if given is None else given)
    try:
        settings.model_validate(values)
    except ValidationError as error:
        reason = reason_of(error)
        raise ConformanceError(
            f"{what}: cannot be used with the settings {values} ({reason}); pass allowed values as settings="
        ) from error
    return values


def reason_of(error: ValidationError) -> str:
    """Describe validation errors in one line."""
    found = error.errors(include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'all together'}: {one['msg']}" for one in found)


def require_description(what: str, value: object) -> None:
    """Fail if a class has no docstring of its own, whose first line `govsim plugins` shows."""
    own = vars(value).get("__doc__") if isinstance(value, type) else getdoc(value)
    require(bool(own and own.strip()), f"{what}: has no docstring; add one, as `govsim plugins` shows its first line")


@contextmanager
def failures_of(what: str, does: str) -> Iterator[None]:
    """Report any exception in the code of an extension as a failed check.

    Args:
        what: the extension, as in `policy fixed`.
        does: the action, as in `decides on the harvest`.

    Raises:
        ConformanceError: the code raised an exception.
    """
    try:
        yield
    except ConformanceError:
        raise
    except GovSimError as error:
        raise ConformanceError(f"{what}: {error}") from error
    except Exception as error:
        raise ConformanceError(f"{what}: raises {type(error).__name__} when it {does}: {error}") from error


def repeated(what: str, does: str, call: Callable[[], T]) -> T:
    """Return the value of a call, which must be deterministic and draw only from the generator that it is given.

    Args:
        what: the extension, as in `policy fixed`.
        does: the action, as in `decides on the harvest`.
        call: the call; it creates its own generator, so that every call gets the same one.

    Raises:
        ConformanceError: two calls differ, or the call draws from a global generator.
    """
    with failures_of(what, does), _own_randomness(1):
        first = call()
        is_used = _randomness() != _seeded(1)
    require(not is_used, f"{what}: {does} with global random numbers; draw only from the generator that it is given")
    with failures_of(what, does), _own_randomness(2):
        second = call()
    require(
        _same(first, second),
        f"{what}: {does} differently for the same arguments and seed ({first!r}, then {second!r}); the result must "
        "depend on these alone",
    )
    return first


def _same(first: object, second: object) -> bool:
    return type(first) is type(second) and bool(first == second)


@contextmanager
def _own_randomness(seed: int) -> Iterator[None]:
    """Seed the global generators, and restore their state afterwards."""
    before = random.getstate(), np.random.get_state()
    _seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)


def _randomness() -> tuple[object, str]:
    return random.getstate(), repr(np.random.get_state(legacy=True))


def _seeded(seed: int) -> tuple[object, str]:
    with _own_randomness(seed):
        return _randomness()
