"""Processes beside the server: they load what reads and computes, which takes seconds, so that pages stay quick."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Generic, ParamSpec, TypeVar

from govsim.errors import AnalysisError, GovSimError

P = ParamSpec("P")
R = TypeVar("R")

_BEHIND = 5


@dataclass(frozen=True, slots=True)
class Deferred:
    """A function of a module that is loaded only where the function is called.

    Attributes:
        module: the module's name.
        name: the function's name.
    """

    module: str
    name: str

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Load the module, and call the function."""
        return getattr(import_module(self.module), self.name)(*given, **named)


class Workers:
    """A pool of processes, which is begun when it is first needed."""

    def __init__(self) -> None:
        self._pool: Executor | None = None

    async def compute(self, what: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        """Compute something in a process beside the server.

        Args:
            what: a function of a module, or a `Deferred` one.
            *given: what it is given.
            **named: the same, by name.

        Raises:
            AnalysisError: the process has ended before it was done.
        """
        if self._pool is None:
            context = multiprocessing.get_context("spawn")  # threads are running here
            self._pool = ProcessPoolExecutor(count_of_workers(), mp_context=context, initializer=_begin)
        try:
            with _interrupts_held():
                done = asyncio.get_running_loop().run_in_executor(self._pool, partial(what, *given, **named))
            return await done
        except BrokenProcessPool as error:
            self._pool = None
            raise AnalysisError("the process that computed this has ended, as for want of memory; try again") from error

    def close(self) -> None:
        """End the processes, also in the midst of it: they write nothing."""
        if self._pool is not None:
            for process in multiprocessing.active_children():
                process.terminate()
            self._pool.shutdown(cancel_futures=True)


class Memo(Generic[R]):
    """What was computed lately, by the state of what it was computed of: once for each state, however many look.

    Args:
        kept: how many states are remembered.
    """

    def __init__(self, kept: int = 1) -> None:
        self._kept = kept
        self._known: OrderedDict[Hashable, R] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    @property
    def latest(self) -> R | None:
        """What was computed last; None where nothing was."""
        return next(reversed(self._known.values()), None)

    async def of(self, state: Hashable, compute: Callable[[], Awaitable[R]]) -> R:
        """What is known of a state, computed where it is not.

        Args:
            state: what it is computed of.
            compute: computes it.
        """
        if state not in self._known:
            self._known[state] = await compute()
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
        return self._known[state]


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let processes that begin meanwhile not be interrupted: Ctrl-C in a terminal is for all that run there."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """What a process begins with: it leaves interrupts to the server, and ends with it, however that ends.

    Where processors are few, it also waits for the server: a page that is asked for comes before rows that fill in.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it was not held back from the start
    if hasattr(os, "nice"):
        os.nice(_BEHIND)
    server = multiprocessing.parent_process()
    assert server is not None, "only the server starts such processes"

    def end_with_it() -> None:
        server.join()
        os._exit(0)

    threading.Thread(target=end_with_it, daemon=True).start()


def problem_of(error: Exception) -> str:
    """What a page says, in a line, of an error that kept something from being computed.

    Args:
        error: it. One that is not of govsim's own kinds is a mistake of govsim; the terminal gets its traceback.
    """
    if isinstance(error, GovSimError):
        return str(error)
    logging.getLogger(__name__).error("A page could not be filled.", exc_info=error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what}; this is a mistake of govsim, and the terminal in which govsim view runs says more"


def count_of_workers() -> int:
    """How many processes there are."""
    return max(1, min(4, (os.cpu_count() or 2) - 1))
