"""`govsim plan`: what a campaign can show with its number of runs, before it is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from govsim import library
from govsim.cli.console import say
from govsim.cli.options import Campaign, Columns, Formatted, ModelOptions, Prompts, Seed, Texts, with_groups
from govsim.cli.problems import BrokenJournals, naming, suggesting_baseline
from govsim.cli.settings import settings_of
from govsim.cli.table_output import column_names, say_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The groups that are compared, and what is expected of them."""

    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Setting that defines the groups, as for govsim compare.",
            show_default="as declared, or condition",
        ),
    ] = None
    baseline: Annotated[str | None, typer.Option(metavar="VALUE", help="Value that the others are compared with.")] = (
        None
    )
    measure: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Measure to compare. Repeatable.", show_default="all that are compared"),
    ] = None
    primary: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Measure whose power is simulated.",
            show_default="as declared, or survival_time",
        ),
    ] = None
    pilot: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder with pilot runs, which are resampled.")] = (
        None
    )
    expected: Annotated[
        float | None,
        typer.Option(
            metavar="MONTHS",
            help="Expected survival time of the baseline.",
            show_default="that of the pilot runs, or half of the months",
        ),
    ] = None
    effect: Annotated[
        float | None,
        typer.Option(
            metavar="MONTHS",
            help="Difference in survival time to detect.",
            show_default="that of the pilot runs, or a quarter of the months",
        ),
    ] = None


@with_groups
def plan(  # noqa: PLR0917 - one parameter for each option of the command
    what: Campaign,
    expectation: Expectation = Expectation(),
    runs: Annotated[int | None, typer.Option(help="Number of runs per cell.", show_default="of the file")] = None,
    sets: Annotated[
        Texts,
        typer.Option("--set", metavar="KEY=VALUE", help="Setting of the experiment or the execution. Repeatable."),
    ] = [],  # noqa: B006
    price: Annotated[
        Texts,
        typer.Option(
            metavar="MODEL=IN/OUT[/CACHED]",
            help="Price of a model in dollars per million input, output and cached tokens. Repeatable.",
        ),
    ] = [],  # noqa: B006
    prompts: Prompts = None,
    seed: Seed = 0,
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Show what a campaign can detect with its number of runs: power, smallest p values, runs needed and cost.

    The section `analysis` of the file declares the defaults. No model is called. Warnings are shown below the
    table, or on stderr for csv and json.

    Examples:

        govsim plan campaign.yaml

        govsim plan campaign.yaml --expected 4 --effect 3 --measure survival_time --runs 10

        govsim plan campaign.yaml --pilot runs/pilot
    """
    chosen, broken = column_names(columns), BrokenJournals()
    settings = settings_of(ModelOptions(sets=sets, price=price), what, execution={"runs": runs})
    pilot = None if expectation.pilot is None else library.load(expectation.pilot, frames=("runs",), broken=broken)
    with (
        naming(*([] if expectation.pilot is None else [expectation.pilot])),
        suggesting_baseline("govsim", "plan", what),
    ):
        found = library.plan(
            settings.experiment,
            by=expectation.by,
            baseline=expectation.baseline,
            measures=expectation.measure,
            primary=expectation.primary,
            pilot=pilot,
            expected=expectation.expected,
            effect=expectation.effect,
            prompts=prompts,
            seed=seed,
            execution=settings.execution,
        )
    say_table(found.table, format, chosen)
    if format in ("csv", "json"):
        for warning in found.warnings:
            say(f"govsim: {warning}", err=True)
    broken.leave()
