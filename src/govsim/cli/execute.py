"""Executing jobs with live progress on stderr; their summary and exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from govsim import library
from govsim.analysis.naming import setups_of
from govsim.characters import counted, status_text
from govsim.cli.console import INTERRUPTED_CODE, PrintedOnce, say
from govsim.cli.estimate import paces, show_estimate
from govsim.cli.options import TableFormat
from govsim.config import Execution
from govsim.errors import GovSimError
from govsim.jobs import Job, JobResult, RunJob, archive_journals, execute_all, prepare, record_campaign
from govsim.journal import FINISHED, Event, RequestLine

INTERRUPTED = "govsim: interrupted; run the same command again to resume"

_SHOW_CURSOR = "\x1b[?25h"


def execute(
    jobs: Sequence[Job[Any]],
    execution: Execution,
    *,
    name: str = "",
    starts_over: bool = False,
    on_failure: Callable[[], None] = lambda: None,
) -> list[JobResult]:
    """Execute jobs and show their progress. The plan of a campaign is written next to its journals.

    An interrupt (Ctrl-C) cancels the jobs, closes their journals and exits with 130; a second one exits immediately.

    Args:
        jobs: runs or studies.
        execution: settings of the execution.
        name: name of the campaign's plan.
        starts_over: whether old journals are archived first.
        on_failure: called before an error in a job is raised, after all jobs have ended.

    Raises:
        GovSimError: a job cannot start or resume.
    """
    executor = prepare(jobs, execution, starts_over=starts_over)
    for line in paces(jobs, execution, starts_over=starts_over):
        say(line, err=True)
    for kept in archive_journals(jobs) if starts_over else ():
        say(f"old journal archived as {kept}", err=True)
    record_campaign([job for job in jobs if isinstance(job, RunJob)], execution.out, name, setups_of)
    notes = PrintedOnce()

    def note(request: RequestLine) -> None:  # settings that are not sent to the model as configured
        if request.note:
            notes.say(f"note: {request.note}")

    for request in executor.models.requests:
        note(request)

    def on_event(job: Job[Any], event: Event) -> None:
        if isinstance(event, RequestLine):
            note(event)
        display.on_event(job, event)

    async def carry_out() -> list[JobResult]:
        with exiting_at_second_interrupt():
            return await execute_all(jobs, executor, on_event)

    try:
        with library.display_of(jobs, library.display_kind(progress=True)) as display:
            executor.models.on_wait(display.on_wait)
            executor.on_progress(display.on_progress)
            return asyncio.run(carry_out())
    except GovSimError:
        on_failure()
        raise
    except KeyboardInterrupt:
        say(INTERRUPTED, err=True)
        sys.exit(INTERRUPTED_CODE)


def exit_code(results: Sequence[JobResult]) -> int:
    """Return 1 if a job failed, 3 if a budget stopped one, otherwise 0."""
    statuses = {result.status for result in results}
    return 1 if "failed" in statuses else 3 if "over-budget" in statuses else 0


def summary(results: Sequence[JobResult], one: str, several: str) -> str:
    """Summarize jobs by status.

    Args:
        results: the results of the jobs.
        one: the noun for one job.
        several: its plural.
    """
    counts = Counter(result.status for result in results)
    ended = ", ".join(f"{count} {status_text(status)}" for status, count in counts.items())
    before = sum(result.was_finished for result in results)
    return f"{counted(len(results), one, several)}: {ended}" + (f" ({before} already finished)" if before else "")


def execute_studies(
    jobs: Sequence[Job[Any]],
    execution: Execution,
    format: TableFormat,  # noqa: A002  as the option is called
    *,
    is_estimate: bool,
) -> list[JobResult] | None:
    """Execute studies, and print the reasons of those that did not finish and the number of answers.

    Args:
        jobs: the studies.
        execution: settings of the execution.
        format: format of the output on stdout; messages are printed on stderr unless it is text.
        is_estimate: whether an estimate is printed instead.

    Returns:
        The results; None after an estimate.

    Raises:
        GovSimError: a study cannot start or resume.
    """
    if is_estimate:
        show_estimate(jobs, execution)
        return None
    err = format != "text"
    results = execute(jobs, execution)
    for result in results:
        if result.status not in FINISHED:
            reason = (result.reason or "").strip().splitlines()
            say(f"{status_text(result.status)}: {reason[-1] if reason else 'no reason'}  {result.path}", err=err)
    invalid = sum(result.invalid for result in results)
    unread = f", {counted(invalid, 'reply', 'replies')} could not be parsed" if invalid else ""
    answers = counted(sum(result.answered for result in results), "answer")
    say(f"{summary(results, 'study', 'studies')}; {answers}{unread}", err=err)
    return results


@contextmanager
def exiting_at_second_interrupt() -> Iterator[None]:
    """Let asyncio handle the first interrupt, and exit at the second one.

    asyncio would raise the second one anywhere in the event loop, and closing resources afterwards might block forever.
    A run can be resumed even if its journal was not closed.
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
        if signal.getsignal(signal.SIGINT) is interrupt:  # after the first interrupt, _leave stays
            signal.signal(signal.SIGINT, first)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    text = f"{_SHOW_CURSOR if sys.stderr.isatty() else ''}{INTERRUPTED}\n"
    os.write(2, text.encode())
    os._exit(INTERRUPTED_CODE)
