"""`govsim run`: carry out an experiment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

Texts = list[str]


def run(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    what: Annotated[str, typer.Argument(metavar="SCENARIO|EXPERIMENT.yaml", help="What to run.", show_default=False)],
    model: Annotated[str | None, typer.Option(help="Language model, as PROVIDER/NAME.")] = None,
    model_arg: Annotated[Texts, typer.Option("-M", metavar="NAME=VALUE", help="Argument of the model.")] = [],  # noqa: B006
    condition: Annotated[str | None, typer.Option(help="A condition's name, or a YAML file.")] = None,
    runs: Annotated[int | None, typer.Option(help="How many runs; run i has seed S + i.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed S of the first run.")] = None,
    months: Annotated[int | None, typer.Option(help="The most months the society is watched.")] = None,
    agent: Annotated[str | None, typer.Option(help="generative, direct or policy:NAME.")] = None,
    sets: Annotated[Texts, typer.Option("--set", metavar="KEY=VALUE", help="Any key of the experiment.")] = [],  # noqa: B006
    member: Annotated[Texts, typer.Option(metavar="NAME.KEY=VALUE", help="A key of one member.")] = [],  # noqa: B006
    prompts: Annotated[Path | None, typer.Option(help="Folder with prompt templates of your own.")] = None,
    parallel: Annotated[int | None, typer.Option(help="The most runs going on at once.")] = None,
    connections: Annotated[int | None, typer.Option(help="The most questions in flight for each model.")] = None,
    max_cost: Annotated[float | None, typer.Option(help="The most dollars that this command may cost.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="The most tokens that it may use.")] = None,
    max_calls: Annotated[int | None, typer.Option(help="The most calls that it may make.")] = None,
    max_time: Annotated[float | None, typer.Option(help="The most seconds that it may ask questions.")] = None,
    max_cost_per_run: Annotated[float | None, typer.Option(help="The most dollars that each run may cost.")] = None,
    max_tokens_per_run: Annotated[int | None, typer.Option(help="The most tokens that each may use.")] = None,
    max_calls_per_run: Annotated[int | None, typer.Option(help="The most calls that each may make.")] = None,
    max_time_per_run: Annotated[float | None, typer.Option(help="The most seconds that each may take.")] = None,
    price: Annotated[
        Texts, typer.Option(metavar="MODEL=INPUT/OUTPUT[/CACHED]", help="Dollars for a million tokens of a model.")
    ] = [],  # noqa: B006
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Show what the runs would take, and ask nobody.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over; old journals are kept aside.")] = False,
    base_url: Annotated[str | None, typer.Option(help="Address of the model's server.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the journals (runs).")] = None,
    accept_version: Annotated[
        bool, typer.Option("--accept-version", help="Continue journals of another version or other prompts.")
    ] = False,
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
    from govsim.cli.settings import prices_of, settings_of
    from govsim.cli.words import INTERRUPTED_CODE, say
    from govsim.runs import plan_runs

    settings = settings_of(
        what,
        options={
            "models.default": model,
            "agents.default": agent,
            "seed": seed,
            "world.months": months,
        },
        execution={
            "runs": runs,
            "parallel": parallel,
            "connections": connections,
            "budget.cost": max_cost,
            "budget.tokens": max_tokens,
            "budget.calls": max_calls,
            "budget.seconds": max_time,
            "run_budget.cost": max_cost_per_run,
            "run_budget.tokens": max_tokens_per_run,
            "run_budget.calls": max_calls_per_run,
            "run_budget.seconds": max_time_per_run,
            "prices": prices_of(price) or None,
            "base_url": base_url,
            "out": out,
            "accept_version": accept_version or None,
        },
        sets=sets,
        members=member,
        model_args=model_arg,
    )
    plans = plan_runs(settings.experiment, settings.execution, prompts=prompts, condition=condition)
    if estimate:
        from govsim.cli.estimating import show_estimate

        return show_estimate(plans, settings.execution, starts_over=fresh)
    from govsim.cli.carrying_out import INTERRUPTED, carry_out_with_progress
    from govsim.cli.outcome import exit_code, show

    try:
        results = carry_out_with_progress(plans, settings.execution, starts_over=fresh, name=Path(what).stem)
    except KeyboardInterrupt:
        say(INTERRUPTED, err=True)
        sys.exit(INTERRUPTED_CODE)
    show(results)
    sys.exit(exit_code(results))
