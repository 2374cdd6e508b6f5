"""Carrying out planned runs in the foreground, with live progress on stderr."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from govsim.cli.estimating import paces
from govsim.cli.outcome import show
from govsim.cli.progress import Progress
from govsim.cli.words import INTERRUPTED_CODE, RequestNotes, say
from govsim.config import Execution
from govsim.errors import GovSimError
from govsim.journal import Event
from govsim.runs import Plan, RunResult, carry_out_all, prepare, record_campaign, recorded_results, set_aside

INTERRUPTED = "govsim: interrupted; the same command continues where it stopped"

_SHOW_CURSOR = "\x1b[?25h"


def carry_out_with_progress(
    plans: Sequence[Plan], execution: Execution, *, name: str, starts_over: bool = False
) -> list[RunResult]:
    """Carry out runs and show how they are doing. The plan of a campaign is written beside its journals.

    Args:
        plans: the runs.
        execution: how they are carried out.
        name: what the plan of a campaign is called.
        starts_over: whether old journals are set aside first.

    An interrupt (Ctrl-C) lets them close their journals; a second one ends the process at once.

    Raises:
        GovSimError: one of them cannot begin or continue.
        KeyboardInterrupt: the runs were interrupted; their journals say so.
    """
    models = prepare(plans, execution, starts_over=starts_over)
    for line in paces(plans, execution, starts_over=starts_over):
        say(line, err=True)
    for kept in set_aside(plans) if starts_over else ():
        say(f"the old journal is kept as {kept}", err=True)
    record_campaign(plans, execution.out, name)
    notes = RequestNotes()
    notes.say(models.requests)

    def heard(plan: Plan, event: Event) -> None:
        notes.hear(event)
        progress.heard(plan, event)

    async def carry_out() -> list[RunResult]:
        with leaving_at_the_second_interrupt():
            return await carry_out_all(plans, execution, models, heard)

    try:
        with Progress(plans) as progress:
            models.on_wait(progress.waiting)
            return asyncio.run(carry_out())
    except GovSimError:  # of some runs; the others have ended, and the table of what is there comes before the error
        if found := recorded_results(plans):
            show(found)
        raise


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
