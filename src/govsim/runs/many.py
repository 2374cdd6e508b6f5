"""Many runs at once in one process."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from govsim.concurrency import together
from govsim.config import Execution
from govsim.errors import ConfigError, GovSimError, JournalError, OutOfFiles
from govsim.journal import Event, is_unbegun, read_journal
from govsim.models.budget import Account
from govsim.models.pool import OpenModels
from govsim.models.prices import Prices
from govsim.runs.building import models_needed, open_models
from govsim.runs.plan import Plan
from govsim.runs.run import OUTLINE, RunResult, carry_out, check_continues_alone

P = TypeVar("P")
R = TypeVar("R")

RunListener = Callable[[Plan, Event], None]

_NEW_OBJECTS = 10_000
"""New objects after which the garbage collector looks through them during runs; some megabytes at most."""


def prepare(plans: Sequence[Plan], execution: Execution, *, starts_over: bool = False) -> OpenModels:
    """Check that every run can begin, before any does: its folder, its journal, and its models.

    Args:
        plans: the runs.
        execution: how they are carried out.
        starts_over: whether old journals are set aside next, so that it does not matter what they hold.

    Raises:
        ConfigError: the output folder cannot be written.
        ModelUnavailable: a model cannot be used.
        JournalError: a journal in the place of one of the runs cannot be continued, or somebody else is writing it.
    """
    for plan in () if starts_over else plans:
        check_continues_alone(plan, execution)
    models = OpenModels(execution, _default_model(plans, execution))
    for cell in {plan.path.parent: plan for plan in plans}.values():  # runs of a cell differ in nothing but their seeds
        open_models(cell.experiment, models)
    models.rehearse()
    check_writable(execution.out)
    return models


async def carry_out_all(
    plans: Sequence[Plan], execution: Execution, models: OpenModels, listener: RunListener | None = None
) -> list[RunResult]:
    """Carry out runs, and close their models; results in the order of `plans`.

    At most `execution.parallel` runs of each provider go on at once, so that a slow one does not hold up the others.
    A run whose journal cannot be continued takes no other with it: the error is raised when all have ended.

    Raises:
        GovSimError: a journal cannot be continued, or cannot be written.
        asyncio.CancelledError: the runs were interrupted; their journals say so.
    """
    at_once: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(execution.parallel))
    command = Account(execution.budget, "budget", Prices.of(execution, _default_model(plans, execution)))

    async def one(plan: Plan) -> RunResult:
        async with at_once[_provider(plan)]:
            tell = None if listener is None else lambda event: listener(plan, event)
            return await carry_out(plan, execution, models, tell, command)

    return await each_of(plans, one, models)


async def each_of(
    plans: Sequence[P], carry_out_one: Callable[[P], Coroutine[Any, Any, R]], models: OpenModels
) -> list[R]:
    """Carry out what is planned, all at the same time, and close the models; results in the order of `plans`.

    What cannot be carried out takes no other with it: the error is raised when all have ended.

    Raises:
        GovSimError: as `carry_out_one`.
        asyncio.CancelledError: it was interrupted.
    """
    refused: list[GovSimError] = []

    async def one(plan: P) -> R | None:
        try:
            return await carry_out_one(plan)
        except GovSimError as error:
            refused.append(error)
            return None

    try:
        with _collecting_less_often():
            results = await together(one(plan) for plan in plans)
    finally:
        await models.aclose()
    if refused:
        raise _together(refused) from refused[0]
    return [result for result in results if result is not None]


def _together(refused: Sequence[GovSimError]) -> GovSimError:
    """Several errors as one; where files ran out, that is the cause of the others."""
    limit = next((error for error in refused if isinstance(error, OutOfFiles)), None)
    return limit or type(refused[0])("; also ".join(dict.fromkeys(str(error) for error in refused)))


def recorded_results(plans: Sequence[Plan]) -> list[RunResult]:
    """How those of the runs ended whose journals say so; the others have not begun, or go on elsewhere.

    Args:
        plans: the runs.
    """
    found = []
    for plan in plans:
        try:
            end = read_journal(plan.path, OUTLINE).end if plan.path.exists() and not is_unbegun(plan.path) else None
        except JournalError:
            end = None  # the table names it
        if end is not None:
            found.append(RunResult(path=plan.path, status=end.status, months=end.months, reason=end.reason))
    return found


@contextmanager
def _collecting_less_often() -> Iterator[None]:
    """Spare the garbage collector what was loaded before the runs and outlives them, and every new thing's first age.

    A request makes thousands of objects, nearly all of which go as soon as nobody needs them, without the collector.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(max(_NEW_OBJECTS, thresholds[0]), *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _provider(plan: Plan) -> str:
    """Whose models a run asks: the provider of the first of them; nobody's where it asks none."""
    first = next(models_needed(plan.experiment), None)
    return "" if first is None else first.name.split("/")[0]


def _default_model(plans: Sequence[Plan], execution: Execution) -> str | None:
    """The default model of all runs, the one that `execution.base_url` is for; None where they have several."""
    names = {plan.experiment.models.default for plan in plans}
    if len(names) > 1 and execution.base_url is not None:
        raise ConfigError(
            f"base_url = {execution.base_url}: is the address of one model, and the campaign has {len(names)}; "
            "give each provider its address in the environment"
        )
    return names.pop() if len(names) == 1 else None


def check_writable(out: Path) -> None:
    """Refuse a folder that nothing can be written into.

    Raises:
        ConfigError: it cannot.
    """
    place = out
    while not place.exists() and place.parent != place:
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        raise ConfigError(f"out = {out}: {place} is no folder that can be written to; choose another with --out")
