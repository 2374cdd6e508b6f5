"""`govsim run`: run an experiment."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from govsim.characters import status_text
from govsim.cli import execute
from govsim.cli.console import located, say
from govsim.cli.console import months as months_in_words
from govsim.cli.estimate import show_estimate
from govsim.cli.options import ModelOptions, Prompts, Texts, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.cli.settings import settings_of
from govsim.config import Execution
from govsim.errors import JournalError
from govsim.jobs import JobResult, RunJob, plan_runs, recorded_results
from govsim.journal import FINISHED, Broken


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBudget:
    """Budget of each run."""

    max_cost_per_run: Annotated[float | None, typer.Option(help="Maximum cost of each run in dollars.")] = None
    max_tokens_per_run: Annotated[int | None, typer.Option(help="Maximum tokens of each run.")] = None
    max_calls_per_run: Annotated[int | None, typer.Option(help="Maximum model calls of each run.")] = None
    max_time_per_run: Annotated[float | None, typer.Option(help="Maximum time of each run in seconds.")] = None

    @property
    def keys(self) -> dict[str, float | None]:
        """The values of the options by key of the execution."""
        return {
            "run_budget.cost": self.max_cost_per_run,
            "run_budget.tokens": self.max_tokens_per_run,
            "run_budget.calls": self.max_calls_per_run,
            "run_budget.seconds": self.max_time_per_run,
        }


ConditionOption = Annotated[str | None, typer.Option(metavar="NAME|FILE", help="Name of a condition, or YAML file.")]
"""The option for the condition."""

ProtocolOption = Annotated[
    str | None, typer.Option(metavar="NAME|FILE", help="Name of a protocol (how members are asked), or YAML file.")
]
"""The option for the protocol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where runs are executed."""

    executor: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Where runs are executed: local, processes or ray.", show_default="local"),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Number of worker processes of the executor.", show_default="one per processor"),
    ] = None
    address: Annotated[
        str | None,
        typer.Option(
            metavar="auto|HOST:PORT", help="Address of the Ray cluster.", show_default="start one on this machine"
        ),
    ] = None
    shared_storage: Annotated[
        bool,
        typer.Option("--shared-storage", help="Let workers on other machines write to the output folder directly."),
    ] = False

    @property
    def keys(self) -> dict[str, Any]:
        """The values of the options by key of the execution."""
        return {
            "executor": self.executor,
            "workers": self.workers,
            "address": self.address,
            "shared_storage": self.shared_storage or None,
        }


@with_groups
def run(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    what: Annotated[
        str,
        typer.Argument(metavar="SCENARIO|EXPERIMENT.yaml", help="Scenario, or experiment file.", show_default=False),
    ],
    model: Annotated[str | None, typer.Option(metavar="PROVIDER/NAME", help="Language model.")] = None,
    condition: ConditionOption = None,
    protocol: ProtocolOption = None,
    runs: Annotated[int | None, typer.Option(help="Number of runs, with seeds S, S + 1, …")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed S of the first run.")] = None,
    months: Annotated[int | None, typer.Option(help="Maximum number of months to simulate.")] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="AGENT", help="Type of agent: generative, direct or policy:NAME.")
    ] = None,
    member: Annotated[Texts, typer.Option(metavar="NAME.KEY=VALUE", help="Setting of one member. Repeatable.")] = [],  # noqa: B006
    prompts: Prompts = None,
    parallel: Annotated[int | None, typer.Option(help="Maximum number of concurrent runs per model provider.")] = None,
    model_options: ModelOptions = ModelOptions(),  # noqa: B008 - its options have defaults
    run_budget: RunBudget = RunBudget(),
    placement: Placement = Placement(),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start all runs over; existing journals are archived.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Output folder.", show_default="runs")
    ] = None,
) -> None:
    """Run an experiment or a campaign (a file with a `grid`), and print the measures of the runs.

    Run the same command again to resume interrupted runs; finished runs are skipped.

    Examples:

        govsim run fishery

        govsim run pasture --model openai/gpt-4o-mini --condition universalization --runs 5

        govsim run fishery --agent policy:fair-share --member Luke.agent=policy:greedy

        govsim run experiment.yaml --set world.growth=3 --executor processes

        govsim run fishery --model openai/gpt-4o-mini --runs 5 --estimate
    """
    settings = settings_of(
        model_options,
        what,
        options={"models.default": model, "agents.default": agent, "seed": seed, "world.months": months},
        execution={"runs": runs, "parallel": parallel, **run_budget.keys, **placement.keys, "out": out},
        members=member,
    )
    plans = plan_runs(settings.experiment, settings.execution, prompts=prompts, condition=condition, protocol=protocol)
    if (declared := plans[0].header.analysis) is not None:
        from govsim.analysis.declared import check_declared  # most runs need no analysis

        check_declared(declared, {plan.cell: plan.header for plan in plans}.values())
    if model_options.estimate:
        show_estimate(plans, settings.execution, starts_over=fresh)
    else:
        _execute(plans, settings.execution, Path(what).stem, starts_over=fresh)


def _execute(plans: Sequence[RunJob], execution: Execution, name: str, *, starts_over: bool) -> None:
    """Execute runs, show them, and exit with the code of the command."""
    began = datetime.now(UTC)

    def show_ended() -> None:
        problems: list[JournalError] = []
        if found := recorded_results(plans, since=began, broken=problems.append):
            show(found, problems.append, len(problems))

    results = execute.execute(plans, execution, starts_over=starts_over, name=name, on_failure=show_ended)
    broken = BrokenJournals()
    show(results, broken)
    if code := execute.exit_code(results):
        sys.exit(code)
    broken.leave()


def show(results: Sequence[JobResult], broken: Broken, unreadable: int = 0) -> None:
    """Print the status and the journal of each run, then the measures of all runs.

    In a campaign, only unfinished runs are listed; the others are counted.

    Args:
        results: the results of the runs.
        broken: called with the error of each journal that cannot be read.
        unreadable: number of unreadable journals that have no result.
    """
    is_campaign = len({result.path.parent for result in results}) > 1
    for result in results:
        if not is_campaign or result.status not in FINISHED or result.was_truncated:
            say(_ended(result))
        if result.was_truncated:
            say("  the last line of its journal was truncated and was skipped; the run was resumed from there")
    if is_campaign:
        say(execute.summary(results, "run", "runs"))
    say("")
    say(_measures(results, broken, unreadable))


def _measures(results: Sequence[JobResult], broken: Broken, unreadable: int) -> str:
    """Return the measures of the runs as a table."""
    from govsim.analysis import (
        RunMeasures,
        cells_of,
        format_table,
        read_run,
    )  # load libraries that --help does not need

    measured: list[RunMeasures] = []
    for result in results:
        try:
            measured.append(read_run(result.path))
        except JournalError as error:
            broken(error)
            unreadable += 1
    return format_table(cells_of(measured), broken=unreadable)


def _ended(result: JobResult) -> str:
    """Return the status of a run, the reason and the path of its journal."""
    ended = f"in month {result.months}" if result.status == "collapsed" else f"after {months_in_words(result.months)}"
    if result.was_finished:
        ended += ", already finished"
    reason = f": {result.reason.strip().splitlines()[-1]}" if result.reason else ""
    return located(f"{status_text(result.status)} {ended}{reason}", result.path)
