"""Running coroutines concurrently, with a single error on failure; less garbage collection meanwhile."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_NEW_OBJECTS = 10_000
"""Number of new objects after which garbage is collected while jobs are running; a few megabytes at most."""


async def together(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run coroutines concurrently and return their results in the order given.

    If one fails, the others are cancelled and its error is raised without an exception group.
    """
    waiting = list(coroutines)
    if not waiting:
        return []
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in waiting]
    except BaseExceptionGroup as errors:
        raise _first(errors) from errors
    return [task.result() for task in tasks]


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


@contextmanager
def less_garbage_collection() -> Iterator[None]:
    """Exclude existing objects from garbage collection, and collect new ones less often.

    Existing objects outlive the jobs. A request creates thousands of objects, and reference counting frees nearly all
    of them without the garbage collector.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(_NEW_OBJECTS, thresholds[0]), *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
