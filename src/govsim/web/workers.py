"""Worker processes: they import the analysis and compute, which takes seconds, to keep the server responsive."""

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

_NICENESS = 5


@dataclass(frozen=True, slots=True)
class Deferred:
    """A function whose module is imported only when it is called.

    Attributes:
        module: the name of the module.
        name: the name of the function.
    """

    module: str
    name: str

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Import the module and call the function."""
        return getattr(import_module(self.module), self.name)(*given, **named)


class Workers:
    """A pool of processes that is started when it is first needed."""

    def __init__(self) -> None:
        self._pool: Executor | None = None

    async def compute(self, what: Callable[P, R], *given: P.args, **named: P.kwargs) -> R:
        """Call a function in a worker process.

        Args:
            what: a function of a module, or a `Deferred` one.
            *given: its positional arguments.
            **named: its keyword arguments.

        Raises:
            AnalysisError: the process ended before the result was returned.
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
            raise AnalysisError("the worker process ended unexpectedly, possibly out of memory; try again") from error

    def close(self) -> None:
        """Terminate the processes, which write nothing."""
        if self._pool is not None:
            for process in multiprocessing.active_children():
                process.terminate()
            self._pool.shutdown(cancel_futures=True)


class Memo(Generic[R]):
    """A cache of recent results, by the state of their inputs, shared by all visitors.

    Args:
        kept: the number of results to keep.
    """

    def __init__(self, kept: int = 1) -> None:
        self._kept = kept
        self._known: OrderedDict[Hashable, R] = OrderedDict()
        self._running: dict[Hashable, asyncio.Future[R]] = {}

    def __len__(self) -> int:
        return len(self._known)

    @property
    def latest(self) -> R | None:
        """The last result; None if there is none."""
        return next(reversed(self._known.values()), None)

    async def of(self, state: Hashable, compute: Callable[[], Awaitable[R]]) -> R:
        """Return the result for a state; compute it if it is neither cached nor being computed.

        A computation that one visitor started continues if that visitor leaves, so that a reload of the page does not
        start it again.

        Args:
            state: the state of the inputs.
            compute: computes the result.
        """
        if state in self._known:
            return self._known[state]
        if state not in self._running:
            self._running[state] = task = asyncio.ensure_future(self._computed(state, compute))
            task.add_done_callback(partial(self._done, state))
        return await asyncio.shield(self._running[state])

    async def _computed(self, state: Hashable, compute: Callable[[], Awaitable[R]]) -> R:
        found = await compute()
        self._known[state] = found
        while len(self._known) > self._kept:
            self._known.popitem(last=False)
        return found

    def _done(self, state: Hashable, task: asyncio.Future[R]) -> None:
        del self._running[state]
        if not task.cancelled():
            task.exception()  # visitors that still wait receive it; without any, asyncio would log it


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Block interrupts in processes that start meanwhile, as Ctrl-C in a terminal reaches all processes of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Initialize a process: ignore interrupts, exit with the server, and give the server priority.

    On machines with few processors, requests for pages are then served before journals are read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # if it was not blocked at the start
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    server = multiprocessing.parent_process()
    assert server is not None, "only the server starts worker processes"

    def exit_with_server() -> None:
        server.join()
        os._exit(0)

    threading.Thread(target=exit_with_server, daemon=True).start()


def page_message(error: Exception) -> str:
    """Describe an error of a computation in one line, for a page.

    Args:
        error: the error. If it is not a `GovSimError` it is a bug, and its traceback is logged to the terminal.
    """
    if isinstance(error, GovSimError):
        return str(error)
    logging.getLogger(__name__).error("A computation for a page failed.", exc_info=error)
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{what}; this is a bug in govsim, and the terminal in which govsim view runs shows the details"


def count_of_workers() -> int:
    """The number of worker processes, in ``2..4``: at least two, so that other pages do not wait for a report."""
    return max(2, min(4, (os.cpu_count() or 2) - 1))
