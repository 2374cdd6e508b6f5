"""Carrying studies out: as many questions at once as are allowed; each answer is journalled as it comes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from govsim.concurrency import together
from govsim.config import Execution
from govsim.errors import ConfigError, JournalMismatch
from govsim.journal import (
    FINISHED,
    Call,
    Event,
    Recorder,
    Status,
    StudyAnswer,
    StudyJournal,
    check_all_known,
    is_unbegun,
    read_study,
    sole_writer,
)
from govsim.models.asking import Asker
from govsim.models.budget import Account
from govsim.models.client import LanguageModel
from govsim.models.pool import Models, OpenModels, SilentModels
from govsim.models.prices import Prices
from govsim.runs import (
    check_reading,
    check_writable,
    difference_of_settings,
    each_of,
    model_settings,
    session_of,
    to_its_end,
)
from govsim.studies.plan import Item, StudyPlan

StudyListener = Callable[[StudyPlan, Event], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """How a study ended.

    Attributes:
        path: its journal.
        status: how it ended.
        answered: questions whose answer could be read.
        invalid: questions whose answer could not.
        reason: why it did not finish; None when it did.
        was_finished: whether it had ended before and nothing was done.
    """

    path: Path
    status: Status
    answered: int
    invalid: int
    reason: str | None = None
    was_finished: bool = False


def prepare_studies(plans: Sequence[StudyPlan], execution: Execution) -> OpenModels:
    """Check that every study can begin, before any does: its folder, its journal, and its model.

    Raises:
        ConfigError: a folder cannot be written.
        ModelUnavailable: a model cannot be used.
        JournalError: a journal in the place of one of them cannot be continued, or somebody else is writing it.
    """
    models = OpenModels(execution, _only_model(plans, execution))
    for plan in plans:
        _open(plan, models)
        check_writable(plan.path.parent)
        if (recorded := _recorded(plan, execution)) is not None and not _is_finished(plan, recorded):
            with sole_writer(plan.path):
                pass
    models.rehearse()
    return models


async def carry_out_studies(
    plans: Sequence[StudyPlan], execution: Execution, models: OpenModels, listener: StudyListener | None = None
) -> list[StudyResult]:
    """Carry studies out, or continue them where their journals stop; results in the order of `plans`.

    At most `execution.connections` questions are asked of each model at once.

    Raises:
        GovSimError: a journal cannot be continued, or cannot be written.
        asyncio.CancelledError: they were interrupted; their journals say so.
    """
    at_once: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(execution.connections))
    command = Account(execution.budget, "budget", Prices.of(execution, _only_model(plans, execution)))

    async def one(plan: StudyPlan) -> StudyResult:
        def tell(event: Event) -> None:
            if listener is not None:
                listener(plan, event)

        recorded = _recorded(plan, execution)
        if recorded is not None and _is_finished(plan, recorded):
            await _check(plan, recorded)
            return _result(plan, recorded.events, "completed", was_finished=True)
        with sole_writer(plan.path):
            model = _open(plan, models)
            return await _write(plan, execution, model, at_once=at_once[model.name], command=command, tell=tell)

    return await each_of(plans, one, models)


async def _write(
    plan: StudyPlan,
    execution: Execution,
    model: LanguageModel,
    *,
    at_once: asyncio.Semaphore,
    command: Account,
    tell: Callable[[Event], None],
) -> StudyResult:
    recorded = _recorded(plan, execution)
    heard: list[Event] = []

    def listen(event: Event) -> None:
        heard.append(event)
        tell(event)

    with Recorder(plan.path, recorded, listen) as recorder:
        if recorded is None:
            recorder.write(plan.header)
        recorder.write(session_of(execution))
        longest = plan.header.models.longest_prompt
        run = Account(execution.run_budget, "run_budget", Prices.of(execution, plan.header.model))
        asker = Asker(recorder, run=run, command=command, longest_prompt=longest)

        async def live() -> Status:
            run.recall(recorded.of(Call) if recorded else ())
            return await _ask_all(plan, asker, recorder, model, at_once)

        end = await to_its_end(
            live,
            recorder,
            path=plan.path,
            base_url=execution.base_url,
        )
        return _result(plan, heard, end.status, reason=end.reason)


async def _check(plan: StudyPlan, recorded: StudyJournal) -> None:
    """Refuse a finished study whose questions are not those that would be asked today.

    Raises:
        JournalMismatch: names the first that is not.
    """
    with Recorder(None, recorded) as recorder:
        chosen = plan.header.models
        silent = SilentModels().language_model(model_settings(chosen))
        try:
            asker = Asker(recorder, longest_prompt=chosen.longest_prompt)
            await _ask_all(plan, asker, recorder, silent, asyncio.Semaphore(len(plan.items)))
        except JournalMismatch as error:
            hint = "its replies were read by an earlier rule" if asker.has_read_again else "if the run was started over"
            raise JournalMismatch(f"{plan.path}: {error}; {hint}, move this file away") from error


async def _ask_all(
    plan: StudyPlan, asker: Asker, recorder: Recorder, model: LanguageModel, at_once: asyncio.Semaphore
) -> Status:
    async def one(item: Item) -> None:
        async with at_once:
            reply = await asker.ask(
                item.question, model=model, member=item.member, occasion=item.occasion, ordinal=item.ordinal
            )
        recorder.write(item.line(reply))

    await together(one(item) for item in plan.items)
    return "completed"


def _recorded(plan: StudyPlan, execution: Execution) -> StudyJournal | None:
    """What a study's journal holds already; None when there is nothing.

    Raises:
        JournalError: it cannot be read.
        JournalMismatch: it is the journal of another study.
    """
    if not plan.path.exists() or is_unbegun(plan.path):
        return None
    recorded = read_study(plan.path)
    before, now = recorded.header, plan.header
    hint = "move it away, or run with --accept-version to continue all the same"
    for part in ("subject", "models") if execution.accept_version else ("subject", "models", "scenario"):
        told = difference_of_settings(getattr(before, part), getattr(now, part))
        if told is not None:
            raise JournalMismatch(f"{plan.path}: is the journal of another study: {part}.{told}; {hint}")
    is_finished = _is_finished(plan, recorded)
    if not is_finished:
        check_reading(plan.path, before.reading_rule, "move it away, and everything is asked anew")
        check_all_known(recorded, "continued")
    if not execution.accept_version:
        check_reading(plan.path, before.reading_rule, hint)
    if not execution.accept_version and before.versions.get("govsim") != now.versions.get("govsim"):
        raise JournalMismatch(
            f"{plan.path}: was begun with govsim {before.versions.get('govsim')}, this is "
            f"{now.versions.get('govsim')}; {hint}"
        )
    return recorded


def _is_finished(plan: StudyPlan, recorded: StudyJournal) -> bool:
    """Whether everything that is planned, or more, has been answered."""
    lines = {event.identity for event in recorded.events}
    return recorded.status in FINISHED and all(item.identity in lines for item in plan.items)


def _result(
    plan: StudyPlan,
    events: Sequence[Event],
    status: Status,
    *,
    reason: str | None = None,
    was_finished: bool = False,
) -> StudyResult:
    answers = [event for event in events if isinstance(event, StudyAnswer)]
    invalid = sum(getattr(event, "invalid", None) is not None for event in answers)
    return StudyResult(
        path=plan.path,
        status=status,
        answered=len(answers) - invalid,
        invalid=invalid,
        reason=reason,
        was_finished=was_finished,
    )


def _open(plan: StudyPlan, models: Models) -> LanguageModel:
    return models.language_model(model_settings(plan.header.models))


def _only_model(plans: Sequence[StudyPlan], execution: Execution) -> str | None:
    """The model of all studies, the one that `execution.base_url` is for; None where they have several."""
    names = {plan.header.model for plan in plans}
    if len(names) > 1 and execution.base_url is not None:
        raise ConfigError(
            f"base_url = {execution.base_url}: is the address of one model, and {len(names)} are asked; "
            "give each provider its address in the environment"
        )
    return names.pop() if len(names) == 1 else None
