"""What the commands that carry out studies have in common: the estimate, the progress, and how it ended."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import typer
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from govsim.analysis import with_total
from govsim.characters import counted
from govsim.cli.carrying_out import INTERRUPTED, leaving_at_the_second_interrupt
from govsim.cli.settings import prices_of, set_layers
from govsim.cli.waits import Waits
from govsim.cli.words import INTERRUPTED_CODE, RequestNotes, say
from govsim.config import Execution, nested, validate
from govsim.errors import ConfigError
from govsim.journal import FINISHED, Call, Event, StudyAnswer
from govsim.models.prices import Prices
from govsim.models.retrying import Wait
from govsim.runs import WORDS
from govsim.studies import (
    StudyPlan,
    StudyResult,
    carry_out_studies,
    estimate_studies,
    prepare_studies,
)

SECONDS_BETWEEN_LINES = 5.0


def execution_of(settings: Mapping[str, Any], prices: Sequence[str], sets: Sequence[str]) -> Execution:
    """How studies are carried out.

    Args:
        settings: values of options by dotted key; None where an option was not given.
        prices: `MODEL=INPUT/OUTPUT`.
        sets: `key=value` of `--set`, which win over options; those of other halves than `execution` are passed over.

    Raises:
        ConfigError: names the value that cannot be used.
    """
    given = {**settings, "prices": prices_of(prices) or None}
    options = [nested(key, value) for key, value in given.items() if value is not None]
    own = [layer["execution"] for layer in set_layers(sets) if "execution" in layer]
    return validate(Execution, [*options, *own], source="execution" if own else "")


ASKING = frozenset(
    {"model_arg", "sets", "connections", "max_cost", "max_tokens", "max_calls", "max_time", "price", "base_url"}
    | {"accept_version"}
)
"""Parameters of commands that say how models are asked, and mean nothing where nobody is."""


def refuse_unused(context: typer.Context, parameters: Collection[str], reason: str) -> None:
    """Refuse options that were given and would change nothing, before a reader takes what is shown for what they say.

    Args:
        context: of the command.
        parameters: the names of its parameters that it does not use.
        reason: why, and what to do, as the end of a sentence that begins with the option.

    Raises:
        ConfigError: names the first.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        is_given = source is not None and source.name == "COMMANDLINE"
        if is_given and parameter.name in parameters:
            raise ConfigError(f"{max(parameter.opts, key=len)}: {reason}")


def show_study_estimate(plans: Sequence[StudyPlan], execution: Execution) -> None:
    """Print what studies would take, and ask nobody."""
    estimates = asyncio.run(estimate_studies(plans, execution))
    rows = [
        [
            one.study,
            one.model,
            f"{one.questions:,}",
            f"{one.amount.input_tokens:,.0f}",
            f"{one.amount.output_tokens:,.0f}",
            _dollars(one.amount.cost),
        ]
        for one in estimates
    ]
    costs = [one.amount.cost for one in estimates]
    last = [
        "all",
        "",
        f"{sum(one.questions for one in estimates):,}",
        f"{sum(one.amount.input_tokens for one in estimates):,.0f}",
        f"{sum(one.amount.output_tokens for one in estimates):,.0f}",
        _dollars(None if None in costs else sum(cost for cost in costs if cost is not None)),
    ]
    head = ["study", "model", "questions", "input tokens", "output tokens", "cost"]
    say(with_total([head, *rows, last], keys=2))
    say("\nNobody was asked. What has been answered costs nothing more.")
    if any(one.basis for one in estimates):
        say("Where a model has answered some of the questions, each of the others counts as the mean of these.")
    if any(not one.basis for one in estimates):
        say(
            f"Other replies are counted with {WORDS} words before the answer, and four characters as a token. What a "
            "reasoning model thinks, and what is asked again, comes on top."
        )
    for note in Prices.of(execution, None).notes(dict.fromkeys(one.model for one in estimates)):
        say(note)
    if None in costs:
        say("Where the cost is –, the price of the model is unknown; give it with --price MODEL=INPUT/OUTPUT.")


def carry_out_with_progress(plans: Sequence[StudyPlan], execution: Execution) -> list[StudyResult]:
    """Carry studies out and show on stderr how far they are; an interrupt exits, and the same command continues.

    Raises:
        GovSimError: one of them cannot begin or continue.
    """
    models = prepare_studies(plans, execution)
    notes = RequestNotes()
    notes.say(models.requests)

    def heard(plan: StudyPlan, event: Event) -> None:
        notes.hear(event)
        progress.heard(plan, event)

    async def carry_out() -> list[StudyResult]:
        with leaving_at_the_second_interrupt():
            return await carry_out_studies(plans, execution, models, heard)

    try:
        with StudyProgress(sum(len(plan.items) for plan in plans)) as progress:
            models.on_wait(progress.waiting)
            return asyncio.run(carry_out())
    except KeyboardInterrupt:
        say(INTERRUPTED, err=True)
        sys.exit(INTERRUPTED_CODE)


def say_how_it_ended(results: Sequence[StudyResult], *, err: bool = False) -> None:
    """How many studies ended how, and why those stopped that did not finish.

    Args:
        results: how each ended.
        err: whether it is said on stderr, where stdout is for a program.
    """
    for result in results:
        if result.status not in FINISHED:
            told = (result.reason or "").strip().splitlines()
            say(f"{result.status}: {told[-1] if told else 'no reason'}  {result.path}", err=err)
    counts = Counter(result.status for result in results)
    answered, invalid = (sum(getattr(result, part) for result in results) for part in ("answered", "invalid"))
    ended = ", ".join(f"{count} {status}" for status, count in counts.items())
    before = sum(result.was_finished for result in results)
    say(
        f"{counted(len(results), 'study', 'studies')}: {ended}"
        + (f" ({before} finished before)" if before else "")
        + f"; {counted(answered, 'answer')}"
        + (f", {counted(invalid, 'reply', 'replies')} could not be read" if invalid else ""),
        err=err,
    )


def exit_if_unfinished(results: Sequence[StudyResult]) -> None:
    """Exit with 1 where a study failed, with 3 where a budget stopped one."""
    statuses = {result.status for result in results}
    if "failed" in statuses:
        sys.exit(1)
    if "over-budget" in statuses:
        sys.exit(3)


class _Bar(Progress):
    """A bar, and below it what is waited for."""

    def __init__(self, *columns: ProgressColumn, console: Console, waits: Waits) -> None:
        self._waits = waits
        super().__init__(*columns, console=console, transient=True)

    def get_renderables(self) -> Iterable[RenderableType]:
        """What is drawn, from the top."""
        yield from super().get_renderables()
        if waiting := self._waits.told():
            yield Text(waiting, style="yellow")


class StudyProgress:
    """Shows how many of the questions are answered: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, questions: int) -> None:
        console = Console(stderr=True)
        self._waits = Waits()
        columns = (
            TextColumn("questions"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[spent]}"),
            TimeRemainingColumn(),
        )
        self._questions = questions
        self._answered = self._tokens = 0
        self._last_line = time.monotonic()
        self._bar = _Bar(*columns, console=console, waits=self._waits) if console.is_terminal else None
        self._task = None if self._bar is None else self._bar.add_task("", total=questions, spent="")

    def heard(self, _: StudyPlan, event: Event) -> None:
        """Take note of an event of one of the studies."""
        if isinstance(event, Call):
            self._tokens += (event.input_tokens or 0) + (event.output_tokens or 0)
        if not isinstance(event, StudyAnswer):
            return
        self._answered += 1
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._answered, spent=f"{self._tokens:,} tokens")
        elif time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            told = f"{self._answered:,} of {counted(self._questions, 'question')} answered, {self._tokens:,} tokens"
            say(told, err=True)

    def waiting(self, wait: Wait) -> None:
        """Take note of a wait before a failed request is sent again."""
        line = self._waits.heard(wait)
        if self._bar is None and line:
            say(line, err=True)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _dollars(cost: float | None) -> str:
    return "–" if cost is None else f"${cost:,.2f}"
