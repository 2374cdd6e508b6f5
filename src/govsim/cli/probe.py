"""`govsim probe`: test whether models recognize the experiment of the paper."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from govsim import analysis
from govsim.analysis import probes
from govsim.cli import execute
from govsim.cli.options import Columns, Folder, Formatted, ModelOptions, Texts, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.cli.settings import STUDY_KEYS, settings_of
from govsim.cli.table_output import column_names, say_table
from govsim.errors import AnalysisError
from govsim.scenarios import scenario_names
from govsim.studies import ProbeSettings, plan_probes

app = typer.Typer(no_args_is_help=True)


@app.callback()
def probe() -> None:
    """Test whether models recognize the paper's experiment from a description without its names and numbers.

    Examples:

        govsim probe test --model openai/gpt-4o-mini

        govsim probe show runs
    """


@app.command("test")
@with_groups
def give_probes(  # noqa: PLR0917 - one parameter for each option of the command
    model: Annotated[Texts, typer.Option(metavar="PROVIDER/NAME", help="Language model. Repeatable.")],
    scenario: Annotated[
        Texts,
        typer.Option(metavar="SCENARIO", help="Name or folder of a scenario to describe. Repeatable. [all scenarios]"),
    ] = [],  # noqa: B006
    samples: Annotated[int, typer.Option(help="Number of answers to each question.")] = 1,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("runs"),
    model_options: ModelOptions = ModelOptions(),  # noqa: B008 - its options have defaults
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Test whether models recognize the experiment: ask for its name, paper, capacity and threshold.

    Answers are scored by expected names and numbers, without a judge. Run the same command again to resume, or with
    more samples to extend the probe.

    Examples:

        govsim probe test --model openai/gpt-4o-mini

        govsim probe test --model openai/gpt-4o-mini --samples 20 --set models.sampling.temperature=1
    """
    settings = settings_of(model_options, execution={"out": out}, allowed=STUDY_KEYS)
    plans = plan_probes(
        ProbeSettings(
            models=model,
            scenarios=scenario or scenario_names(),
            samples=samples,
            out=out,
            settings=settings.experiment,
        )
    )
    results = execute.execute_studies(plans, settings.execution, format, is_estimate=model_options.estimate)
    if results is None:
        return
    _show(out, columns, format, only=[result.path for result in results])
    sys.exit(execute.exit_code(results))


@app.command("show")
def show(
    folder: Folder = Path("runs"),
    columns: Columns = None,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Show the results of the probes in a folder.

    Unreadable journals are reported on stderr and skipped; the exit code is then 1.

    Examples:

        govsim probe show runs

        govsim probe show runs --format csv
    """
    _show(folder, columns, format)


def _show(folder: Path, columns: Columns, format: Formatted, only: Collection[Path] | None = None) -> None:  # noqa: A002
    names, broken = column_names(columns), BrokenJournals()
    is_there = only is not None or folder.exists()
    found = analysis.load(folder, frames=("studies",), only=only, broken=broken).probes if is_there else ()
    if not found:
        raise AnalysisError(f"{folder}: has no probes; run them with: govsim probe test --model MODEL")
    say_table(probes.probes_table(found, broken=broken.count), format, names)
    broken.leave()
