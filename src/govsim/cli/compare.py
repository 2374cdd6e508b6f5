"""`govsim compare`: compare groups of runs, such as conditions or models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from govsim import library
from govsim.analysis.declared import declared_value
from govsim.cli.options import Columns, DesignOption, Folder, Formatted, FromMonth, PrimaryOption, Seed, with_groups
from govsim.cli.problems import BrokenJournals, suggesting_baseline
from govsim.cli.table_output import column_names, say_table
from govsim.errors import AnalysisError


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of runs, and the measures that are compared."""

    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Setting that defines the groups: condition, model, scenario, agent, society, or a key such as "
            "world.growth.",
            show_default="as declared, or condition",
        ),
    ] = None
    baseline: Annotated[str | None, typer.Option(metavar="VALUE", help="Value that the others are compared with.")] = (
        None
    )
    steps: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE,VALUE,…",
            help="Ordered values, each compared with the previous one instead of a baseline.",
        ),
    ] = None
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Measure to compare, such as survival_rate, survival_time or gain. Repeatable."
        ),
    ] = None
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="Setting that both groups must share; none pools all runs, stratified by scenario. Repeatable. "
            "[all other settings]",
        ),
    ] = None
    design: DesignOption = None
    primary: PrimaryOption = None


@with_groups
def compare(  # noqa: PLR0917 - one parameter for each option of the command
    folder: Folder = Path("runs"),
    groups: Groups = Groups(),
    from_month: FromMonth = 1,
    seed: Seed = 0,
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Compare groups of runs, such as conditions or models: differences, intervals, tests and effect sizes.

    All p values of the table are adjusted for multiple tests. Unreadable journals are reported on stderr and
    skipped; the exit code is then 1.

    Examples:

        govsim compare runs

        govsim compare runs --by model --baseline openai/gpt-4o-mini --measure gain --measure survival_rate

        govsim compare runs --by world.growth --baseline 2.0 --format latex

        govsim compare runs --steps default,quota-announced,quota-inspected,quota-hard
    """
    chosen, broken = column_names(columns), BrokenJournals()
    results = library.load(folder, frames=("runs",), from_month=from_month, broken=broken)
    by = declared_value(results.origins, "by", groups.by)
    with suggesting_baseline("govsim", "compare", str(folder)):
        table = library.compare(
            results,
            by=by,
            baseline=_steps(groups) or groups.baseline,
            measures=groups.measure,
            within=[] if groups.within == ["none"] else groups.within,
            design=groups.design,
            primary=groups.primary,
            seed=seed,
        )
    say_table(table, format, chosen)
    broken.leave()


def _steps(groups: Groups) -> tuple[str, ...]:
    """Return the values that are compared step by step; none if there is one baseline.

    Raises:
        AnalysisError: there are fewer than two, one occurs twice, or a baseline is given too.
    """
    if groups.steps is None:
        return ()
    steps = tuple(step.strip() for step in groups.steps.split(","))
    if len(steps) < 2 or len(set(steps)) < len(steps) or "" in steps:
        raise AnalysisError(f"--steps {groups.steps}: must be at least two different values, separated by commas")
    if groups.baseline is not None:
        raise AnalysisError("--baseline and --steps: only one of them can be given; the first step is the baseline")
    return steps
