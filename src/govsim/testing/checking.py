"""What conformance checks have in common: how they fail, what they are given, and what is around the code they call."""

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
from govsim.testing.samples import sample

T = TypeVar("T")


class ConformanceError(AssertionError):
    """An extension does not do what its kind demands. The message says what is wrong and what is expected."""


def require(holds: bool, problem: str) -> None:
    """Fail a check.

    Args:
        holds: what has to be true.
        problem: what is wrong where it is not, and what is expected.

    Raises:
        ConformanceError: it is not true.
    """
    if not holds:
        raise ConformanceError(problem)


@contextmanager
def extension(group: str, given: Any) -> Iterator[Extension[Any]]:
    """The extension that a check is given, registered as long as the check lasts.

    Args:
        group: the last part of its entry-point group.
        given: its registered name, or the object itself.

    Raises:
        ConformanceError: there is no such extension, or the object is none.
    """
    known = registry(group)
    if isinstance(given, str):
        yield _found(known, given)
        return
    try:
        lent = known.lent(given)
        found = lent.__enter__()
    except PluginError as error:
        raise ConformanceError(str(error)) from error
    try:
        yield found
    finally:
        lent.__exit__(None, None, None)


def _found(known: Registry[T], name: str) -> Extension[T]:
    try:
        found = known.find(name)
    except PluginError as error:
        raise ConformanceError(str(error)) from error
    if found is None:
        raise ConformanceError(f"{known.kind} {name}: is not registered; registered are {', '.join(known.names)}")
    return found


def settings_for(what: str, settings: type[Section], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Settings to check an extension with: those given, else allowed values for those that have no default.

    Args:
        what: the extension, as in `policy fixed`.
        settings: its class of settings.
        given: by key.

    Raises:
        ConformanceError: a setting has no description, or no values could be found that fit together.
    """
    for key, field in documented_fields(settings).items():
        require(
            bool(field.description),
            f"{what}: the setting {key} has no description; write a docstring below it, which `govsim plugins` shows",
        )
    needed = {key: sample(settings, key) for key, field in settings.model_fields.items() if field.is_required()}
    values = dict(needed if given is None else given)
    try:
        settings.model_validate(values)
    except ValidationError as error:
        reason = reason_of(error)
        raise ConformanceError(
            f"{what}: cannot be used with the settings {values}; give settings= ({reason})"
        ) from error
    return values


def reason_of(error: ValidationError) -> str:
    """What is wrong with values, on one line."""
    found = error.errors(include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'all together'}: {one['msg']}" for one in found)


def require_description(what: str, value: object) -> None:
    """Fail where a class has no docstring of its own, whose first line `govsim plugins` shows."""
    own = vars(value).get("__doc__") if isinstance(value, type) else getdoc(value)
    require(bool(own and own.strip()), f"{what}: has no docstring; its first line is what `govsim plugins` shows")


@contextmanager
def failures_of(what: str, does: str) -> Iterator[None]:
    """Report whatever the code of an extension raises as a failed check.

    Args:
        what: the extension, as in `policy fixed`.
        does: what it was asked to do, as in `decides on the harvest`.

    Raises:
        ConformanceError: it raised anything.
    """
    try:
        yield
    except ConformanceError:
        raise
    except GovSimError as error:
        raise ConformanceError(f"{what}: {error}") from error
    except Exception as error:
        raise ConformanceError(f"{what}: {does} and raises {type(error).__name__}: {error}") from error


def repeated(what: str, does: str, call: Callable[[], T]) -> T:
    """The value of a call that must give the same every time and use no randomness but what it is given.

    Args:
        what: the extension, as in `policy fixed`.
        does: what the call does, as in `decides on the harvest`.
        call: makes its own generator, so that every call gets the same.

    Raises:
        ConformanceError: two calls differ, or it draws from a generator that all programs share.
    """
    with failures_of(what, does), _own_randomness(1):
        first = call()
        is_used = _randomness() != _seeded(1)
    require(not is_used, f"{what}: {does} from global random numbers; draw from the generator that it is given alone")
    with failures_of(what, does), _own_randomness(2):
        second = call()
    require(
        _same(first, second),
        f"{what}: {does} differently for the same arguments and seed ({first!r}, then {second!r}); it must depend on "
        "nothing else",
    )
    return first


def _same(first: object, second: object) -> bool:
    return type(first) is type(second) and bool(first == second)


@contextmanager
def _own_randomness(seed: int) -> Iterator[None]:
    """Seed the generators that all programs share, and leave them as they were."""
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
