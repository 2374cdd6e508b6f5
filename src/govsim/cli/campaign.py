"""`govsim campaign`: models and tests over all runs of a campaign."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govsim import analysis, library
from govsim.analysis.declared import declared_baseline, declared_value
from govsim.analysis.settings import described, settings_in_words
from govsim.cli.options import Columns, DesignOption, Folder, Formatted, with_groups
from govsim.cli.problems import BrokenJournals, naming, suggesting_baseline
from govsim.cli.table_output import column_names, say_table
from govsim.errors import ConfigError
from govsim.lazy import pandas as pd

if TYPE_CHECKING:
    from govsim.analysis.measures import Measure
    from govsim.analysis.statistics.equivalence import Equivalence

app = typer.Typer(no_args_is_help=True)

_RULES = "society.rules"
"""The template of the rules, which is a factor of its own."""

Measures = Annotated[
    list[str],
    typer.Option("--measure", metavar="NAME", help="Measure, such as survival_time or gain. Repeatable."),
]


@app.callback()
def campaign() -> None:
    """Analyse a campaign as a whole: hazard of collapse, variance components, reliability, equivalence.

    Examples:

        govsim campaign hazard runs

        govsim campaign reliability runs --k 3

        govsim campaign equivalence runs --by society.cognition --baseline merged --measure survival_time --margin 1
    """


@app.command()
def hazard(
    folder: Folder = Path("runs"),
    reference: Annotated[
        list[str],
        typer.Option(
            metavar="FACTOR=LEVEL",
            help="Level that the others are compared with. Repeatable. [default, or the most frequent]",
        ),
    ] = [],  # noqa: B006
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002
) -> None:
    """Model the hazard of collapse in each month by model, condition, other settings, scenario and paraphrase.

    Examples:

        govsim campaign hazard runs

        govsim campaign hazard runs --reference model=openai/gpt-4o-mini --format latex
    """
    from govsim.analysis.statistics.hazard import hazard_model  # these load libraries that --help does not need
    from govsim.analysis.tables.campaign import hazard_table

    broken = BrokenJournals()
    results = library.load(folder, frames=("runs",), broken=broken)
    runs = _with_factors(results)
    references = {**_usual_settings(results, runs), **dict(_reference(text) for text in reference)}
    model = hazard_model(runs, references=references)
    say_table(hazard_table(model), format, column_names(columns))
    broken.leave()


@app.command()
def variance(
    folder: Folder = Path("runs"),
    measure: Measures = ["survival_time", "gain"],  # noqa: B006
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002
) -> None:
    """Show how much of the variance between runs comes from model, condition, other settings, scenario and seed.

    Examples:

        govsim campaign variance runs

        govsim campaign variance runs --measure efficiency
    """
    from govsim.analysis.measures import measure_named
    from govsim.analysis.statistics.hazard import FACTORS
    from govsim.analysis.statistics.variance import variance_components
    from govsim.analysis.tables.campaign import variance_table

    broken = BrokenJournals()
    runs = _with_factors(library.load(folder, frames=("runs",), broken=broken))
    found = [variance_components(runs, measure_named(name).column, (*FACTORS, "seed")) for name in measure]
    say_table(variance_table(found), format, column_names(columns))
    broken.leave()


@app.command()
def reliability(
    folder: Folder = Path("runs"),
    k: Annotated[int, typer.Option("--k", min=1, help="Number of runs that must all survive.")] = 3,
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002
) -> None:
    """Show the probability that k runs of a cell all survive, and months and gains per dollar and per token.

    Examples:

        govsim campaign reliability runs

        govsim campaign reliability runs --k 5 --format csv
    """
    from govsim.analysis.tables.campaign import reliability_table

    broken = BrokenJournals()
    results = library.load(folder, frames=("runs",), broken=broken)
    say_table(reliability_table(results.cells, k), format, column_names(columns))
    broken.leave()


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceOptions:
    """What is compared with what."""

    by: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Setting that defines the groups.", show_default="as declared, or condition"),
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="VALUE", help="Value that the others are compared with.", show_default="as declared, or default"
        ),
    ] = None
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Measure that is compared.",
            show_default="the declared primary measure, or survival_time",
        ),
    ] = None
    design: DesignOption = None
    published: Annotated[
        bool,
        typer.Option(
            "--published", help="Compare with the paper's results of the same model, scenario and condition instead."
        ),
    ] = False


@app.command()
@with_groups
def equivalence(
    margin: Annotated[
        float,
        typer.Option(help="Smallest difference that matters, in the unit of the measure.", show_default=False),
    ],
    folder: Folder = Path("runs"),
    compared: EquivalenceOptions = EquivalenceOptions(),
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002
) -> None:
    """Test whether groups of runs are equivalent or non-inferior to a baseline, or to the paper's results.

    Examples:

        govsim campaign equivalence runs --margin 1

        govsim campaign equivalence runs --by society.cognition --baseline merged --measure gain --margin 5

        govsim campaign equivalence runs --published --margin 2
    """
    from govsim.analysis.measures import measure_named
    from govsim.analysis.paper.equivalence import equivalences_to_published, first_month
    from govsim.analysis.tables.campaign import equivalence_table

    if compared.published and (compared.by or compared.baseline or compared.design):
        raise ConfigError("--published: compares with the paper; remove --by, --baseline and --design")
    broken = BrokenJournals()
    from_month = first_month if compared.published else 1
    results = library.load(folder, frames=("runs",), from_month=from_month, broken=broken)
    of = measure_named(declared_value(results.origins, "primary", compared.measure, option="measure"))
    if compared.published:
        with naming(folder):
            found = equivalences_to_published(results.runs, of, margin)
    else:
        with suggesting_baseline("govsim", "campaign", "equivalence", str(folder), "--margin", f"{margin:g}"):
            found = _equivalences(results, of, compared, margin)
    say_table(equivalence_table(found, of), format, column_names(columns))
    broken.leave()


def _equivalences(
    results: analysis.Results, measure: Measure, compared: EquivalenceOptions, margin: float
) -> list[tuple[str, str, str, Equivalence]]:
    """Compare groups of runs, as the options or else the runs declare."""
    from govsim.analysis.frames import runs_layout
    from govsim.analysis.statistics.baselines import required_baseline
    from govsim.analysis.statistics.equivalence import equivalences

    by = declared_value(results.origins, "by", compared.by)
    runs = analysis.runs_frame(results.measures, settings=[] if by in runs_layout().names else [by])
    named = declared_baseline(results.origins, by, compared.baseline)
    design = declared_value(results.origins, "design", compared.design)
    baseline = required_baseline(runs, by, named)
    return equivalences(runs, measure, by=by, baseline=baseline, margin=margin, design=design)


def _with_factors(results: analysis.Results) -> pd.DataFrame:
    """Return the frame of runs with all factors as columns.

    `model` contains policies and mixtures too, `paraphrase` is the template of the rules, and `settings` are the others
    that differ from the defaults.
    """
    runs = analysis.runs_frame(results.measures, settings=[_RULES])
    is_one = ~runs["model"].isin(["none", "mixed"])
    models = runs["model"].astype("string").where(is_one, runs["composition"])
    changed = [
        ", ".join(settings_in_words({key: value for key, value in json.loads(changes).items() if key != _RULES}))
        for changes in runs["changes"].astype("string").fillna("{}")
    ]
    settings = pd.Series([text or "default" for text in changed], index=runs.index, dtype="string")
    return runs.rename(columns={_RULES: "paraphrase"}).assign(model=models, settings=settings)


def _usual_settings(results: analysis.Results, runs: pd.DataFrame) -> dict[str, str]:
    """Return the level of `settings` that is the reference if none is named: that of the runs that change fewest."""
    changed = [len(described(run.changes)) for run in results.measures]
    levels = zip(changed, runs["settings"], strict=True)
    return {"settings": str(min(levels, key=lambda one: one[0])[1])} if changed else {}


def _reference(text: str) -> tuple[str, str]:
    """Split `FACTOR=LEVEL`."""
    from govsim.analysis.statistics.hazard import FACTORS

    factor, separator, level = text.partition("=")
    if not separator or factor not in FACTORS:
        raise ConfigError(f"--reference {text}: must have the form FACTOR=LEVEL; factors are {', '.join(FACTORS)}")
    return factor, level
