"""`govsim run`: carry out an experiment."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from govsim import analysis
from govsim.cli import execute
from govsim.cli.estimate import show_estimate
from govsim.cli.options import Asking, Prompts, Texts, with_groups
from govsim.cli.settings import settings_of
from govsim.cli.words import months as months_in_words
from govsim.cli.words import say
from govsim.errors import GovSimError
from govsim.jobs import JobResult, plan_runs, recorded_results
from govsim.journal import FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBudget:
    """What each run may cost."""

    max_cost_per_run: Annotated[float | None, typer.Option(help="The most dollars that each run may cost.")] = None
    max_tokens_per_run: Annotated[int | None, typer.Option(help="The most tokens that each may use.")] = None
    max_calls_per_run: Annotated[int | None, typer.Option(help="The most calls that each may make.")] = None
    max_time_per_run: Annotated[float | None, typer.Option(help="The most seconds that each may take.")] = None

    @property
    def keys(self) -> dict[str, float | None]:
        """The options by key of the execution."""
        return {
            "run_budget.cost": self.max_cost_per_run,
            "run_budget.tokens": self.max_tokens_per_run,
            "run_budget.calls": self.max_calls_per_run,
            "run_budget.seconds": self.max_time_per_run,
        }


@with_groups
def run(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    what: Annotated[str, typer.Argument(metavar="SCENARIO|EXPERIMENT.yaml", help="What to run.", show_default=False)],
    model: Annotated[str | None, typer.Option(help="Language model, as PROVIDER/NAME.")] = None,
    condition: Annotated[str | None, typer.Option(help="A condition's name, or a YAML file.")] = None,
    runs: Annotated[int | None, typer.Option(help="How many runs; run i has seed S + i.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed S of the first run.")] = None,
    months: Annotated[int | None, typer.Option(help="The most months the society is watched.")] = None,
    agent: Annotated[str | None, typer.Option(help="generative, direct or policy:NAME.")] = None,
    member: Annotated[Texts, typer.Option(metavar="NAME.KEY=VALUE", help="A key of one member.")] = [],  # noqa: B006
    prompts: Prompts = None,
    parallel: Annotated[int | None, typer.Option(help="The most runs going on at once.")] = None,
    asking: Asking = Asking(),  # noqa: B008 - its options have defaults
    run_budget: RunBudget = RunBudget(),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over; old journals are kept aside.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the journals (runs).")] = None,
) -> None:
    """Carry out runs of an experiment, or of a campaign (a file with a `grid`), and print their measures.

    The same command continues runs that were interrupted, and skips those that are finished.

    Examples:
        govsim run fishery

        govsim run pasture --model openai/gpt-4o-mini --condition universalization --runs 5

        govsim run fishery --agent policy:fair-share --member Luke.agent=policy:greedy

        govsim run experiment.yaml --set world.growth=3

        govsim run fishery --model openai/gpt-4o-mini --runs 5 --estimate
    """
    settings = settings_of(
        asking,
        what,
        options={"models.default": model, "agents.default": agent, "seed": seed, "world.months": months},
        execution={"runs": runs, "parallel": parallel, **run_budget.keys, "out": out},
        members=member,
    )
    plans = plan_runs(settings.experiment, settings.execution, prompts=prompts, condition=condition)
    if asking.estimate:
        return show_estimate(plans, settings.execution, starts_over=fresh)
    try:
        results = execute.execute(plans, settings.execution, starts_over=fresh, name=Path(what).stem)
    except GovSimError:  # of some runs; the others have ended, and the table of what is there comes before the error
        if found := recorded_results(plans):
            show(found)
        raise
    show(results)
    sys.exit(execute.exit_code(results))


def show(results: Sequence[JobResult]) -> None:
    """How each run ended and where its journal is, then the measures of all.

    Of a campaign only the runs that did not finish are named; the others are counted.
    """
    is_campaign = len({result.path.parent for result in results}) > 1
    for result in results:
        if not is_campaign or result.status not in FINISHED or result.was_truncated:
            say(_ended(result))
        if result.was_truncated:
            say("  its journal ended in the middle of a line, which was left out; the run went on from there")
    if is_campaign:
        say(execute.summary(results, "run", "runs"))
    say("")
    say(analysis.format_table(analysis.cells_of([analysis.read_run(result.path) for result in results])))


def _ended(result: JobResult) -> str:
    """How a run ended, why, and where its journal is."""
    ended = "finished before" if result.was_finished else f"after {months_in_words(result.months)}"
    if result.status == "collapsed":
        ended = f"in month {result.months}" + (", finished before" if result.was_finished else "")
    reason = f": {result.reason.strip().splitlines()[-1]}" if result.reason else ""
    return f"{result.status} {ended}{reason}  {result.path}"
