"""Carrying jobs out in the foreground, with live progress on stderr; how they ended, and the exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from govsim.analysis.settings import setup_in
from govsim.characters import counted
from govsim.cli.estimate import paces, show_estimate
from govsim.cli.options import TableFormat
from govsim.cli.progress import Progress
from govsim.cli.words import INTERRUPTED_CODE, SaidOnce, say
from govsim.config import Execution
from govsim.jobs import Job, JobResult, RunJob, carry_out_all, prepare, record_campaign, set_aside
from govsim.journal import FINISHED, Event, RequestLine

INTERRUPTED = "govsim: interrupted; the same command continues where it stopped"

_SHOW_CURSOR = "\x1b[?25h"


def execute(
    jobs: Sequence[Job[Any]], execution: Execution, *, name: str = "", starts_over: bool = False
) -> list[JobResult]:
    """Carry jobs out and show how they are doing. The plan of a campaign is written beside its journals.

    An interrupt (Ctrl-C) lets them close their journals and exits with 130; a second one ends the process at once.

    Args:
        jobs: runs or studies.
        execution: how they are carried out.
        name: what the plan of a campaign is called.
        starts_over: whether old journals are set aside first.

    Raises:
        GovSimError: one of them cannot begin or continue.
    """
    executor = prepare(jobs, execution, starts_over=starts_over)
    for line in paces(jobs, execution, starts_over=starts_over):
        say(line, err=True)
    for kept in set_aside(jobs) if starts_over else ():
        say(f"the old journal is kept as {kept}", err=True)
    record_campaign([job for job in jobs if isinstance(job, RunJob)], execution.out, name, setup_in)
    notes = SaidOnce()

    def note(request: RequestLine) -> None:  # which settings are not sent as they are set, as soon as it is known
        if request.note:
            notes.say(f"note: {request.note}")

    for request in executor.models.requests:
        note(request)

    def heard(job: Job[Any], event: Event) -> None:
        if isinstance(event, RequestLine):
            note(event)
        progress.heard(job, event)

    async def carry_out() -> list[JobResult]:
        with leaving_at_the_second_interrupt():
            return await carry_out_all(jobs, executor, heard)

    try:
        with Progress(jobs) as progress:
            executor.models.on_wait(progress.waiting)
            return asyncio.run(carry_out())
    except KeyboardInterrupt:
        say(INTERRUPTED, err=True)
        sys.exit(INTERRUPTED_CODE)


def exit_code(results: Sequence[JobResult]) -> int:
    """1 where a job failed, 3 where a budget stopped one, else 0."""
    statuses = {result.status for result in results}
    return 1 if "failed" in statuses else 3 if "over-budget" in statuses else 0


def summary(results: Sequence[JobResult], one: str, several: str) -> str:
    """How many jobs ended how.

    Args:
        results: how each ended.
        one: what a job is called.
        several: what several are called.
    """
    counts = Counter(result.status for result in results)
    ended = ", ".join(f"{count} {status}" for status, count in counts.items())
    before = sum(result.was_finished for result in results)
    return f"{counted(len(results), one, several)}: {ended}" + (f" ({before} finished before)" if before else "")


def execute_studies(
    jobs: Sequence[Job[Any]],
    execution: Execution,
    format: TableFormat,  # noqa: A002  as the option is called
    *,
    is_estimate: bool,
) -> list[JobResult] | None:
    """Carry studies out, and say why those stopped that did not finish, and how many answers there are.

    Args:
        jobs: the studies.
        execution: how they are carried out.
        format: what is written to stdout; where a program reads it, how they ended is said on stderr.
        is_estimate: whether what they would take is shown instead.

    Returns:
        How each ended; None after an estimate.

    Raises:
        GovSimError: one of them cannot begin or continue.
    """
    if is_estimate:
        show_estimate(jobs, execution)
        return None
    err = format != "text"
    results = execute(jobs, execution)
    for result in results:
        if result.status not in FINISHED:
            told = (result.reason or "").strip().splitlines()
            say(f"{result.status}: {told[-1] if told else 'no reason'}  {result.path}", err=err)
    invalid = sum(result.invalid for result in results)
    unread = f", {counted(invalid, 'reply', 'replies')} could not be read" if invalid else ""
    answers = counted(sum(result.answered for result in results), "answer")
    say(f"{summary(results, 'study', 'studies')}; {answers}{unread}", err=err)
    return results


@contextmanager
def leaving_at_the_second_interrupt() -> Iterator[None]:
    """Let asyncio take the first interrupt, which cancels, and take the second one away from it.

    It would be raised wherever the event loop happens to be, and what is to be closed after it might wait for ever. A
    journal needs no closing to be continued.
    """
    first = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(first):
        yield
        return
    cancel = first

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, _leave)
        cancel(number, frame)

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is interrupt:  # else one more ends the process at once, until it has ended
            signal.signal(signal.SIGINT, first)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    told = f"{_SHOW_CURSOR if sys.stderr.isatty() else ''}{INTERRUPTED}\n"
    os.write(2, told.encode())
    os._exit(INTERRUPTED_CODE)
