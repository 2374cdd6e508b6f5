"""`govsim compare`: compare groups of runs, such as conditions or models."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from govsim import analysis
from govsim.analysis.frames import runs_layout
from govsim.cli.options import Columns, Design, Folder, Formatted, FromMonth, Seed, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.cli.tables import column_names, say_table
from govsim.errors import AnalysisError
from govsim.lazy import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of runs, and the measures that are compared."""

    by: Annotated[
        str,
        typer.Option(
            metavar="KEY",
            help="Setting that defines the groups: condition, model, scenario, agent, society, or a key such as "
            "world.growth.",
        ),
    ] = "condition"
    baseline: Annotated[str | None, typer.Option(help="Value that the other values are compared with.")] = None
    measure: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Measure to compare, such as survival_rate, survival_time or gain. Repeatable."
        ),
    ] = None
    within: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="Setting that both groups must share; none compares all runs. Repeatable."),
    ] = None
    design: Annotated[
        Design,
        typer.Option(metavar="auto|paired|unpaired", help="Compare pairs of runs with the same seed, or all runs."),
    ] = "auto"


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
    """
    from govsim.analysis.cells import unknown_notes  # imports scipy, which --help does not need

    chosen, broken = column_names(columns), BrokenJournals()
    measured = analysis.load(folder, frames=("runs",), from_month=from_month, broken=broken).measures
    runs = analysis.runs_frame(measured, settings=[] if groups.by in runs_layout().names else [groups.by])
    found = analysis.compare_measures(
        runs,
        by=groups.by,
        baseline=groups.baseline or _baseline_of(runs, groups.by, folder),
        measures=groups.measure,
        within=[] if groups.within == ["none"] else groups.within,
        design=groups.design,
        from_month=from_month,
        rng=np.random.default_rng(seed),
    )
    notes = unknown_notes(measured)
    table = analysis.comparisons_table(found, seed=seed, broken=broken.count, notes=notes)
    say_table(table, format, chosen)
    broken.leave()


def _baseline_of(runs: pd.DataFrame, by: str, folder: Path) -> str:
    """Return the default baseline.

    Raises:
        AnalysisError: there is no default; the message lists the values and a command.
    """
    from govsim.analysis.statistics.sides import baseline_of, values_of  # imports pandas, which --help does not need

    if (found := baseline_of(runs, by)) is not None:
        return found
    values = values_of(runs, by)
    command = shlex.join(["govsim", "compare", str(folder), "--by", by, "--baseline", values[0]])
    raise AnalysisError(
        f"--baseline: required, because {by} has {len(values)} values ({', '.join(values)}); choose the one that the "
        f"others are compared with, as in: {command}"
    )
