"""`govsim dialogue`: let models judge the discussions of runs, and show the results."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
import typer

from govsim import analysis
from govsim.analysis import dialogue as dialogues
from govsim.characters import counted
from govsim.cli import execute
from govsim.cli.console import say
from govsim.cli.options import Columns, Folder, Formatted, ModelOptions, Renamed, Seed, Texts, with_groups
from govsim.cli.problems import BrokenJournals, naming
from govsim.cli.settings import STUDY_KEYS, settings_of
from govsim.cli.table_output import column_names, say_table, say_tables
from govsim.errors import AnalysisError, ConfigError
from govsim.studies import DialogueSettings, plan_check, plan_dialogue


class _Dialogue(Renamed):
    now: ClassVar = {
        "--judge": "judge DIR --model MODEL",
        "--check-judge": "check --model MODEL",
        "--sample": "sample DIR --size NUMBER",
        "": "show DIR",
    }


app = typer.Typer(cls=_Dialogue)


@app.callback()
def dialogue() -> None:
    """Analyse discussions with judge models (labels, promises, knowledge), and show the results.

    Examples:

        govsim dialogue judge runs --model openai/gpt-4o-mini

        govsim dialogue show runs

        govsim dialogue sample runs --size 100 -o annotation/sample.csv

        govsim dialogue check --model openai/gpt-4o-mini
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultOptions:
    """Options of the results that are shown."""

    labels: Annotated[
        list[Path], typer.Option(metavar="FILE", help="Sample labelled by a human annotator. Repeatable.")
    ] = field(default_factory=list)
    table: Annotated[Texts, typer.Option(metavar="NAME", help="Table to show. Repeatable. [all]")] = field(
        default_factory=list
    )
    columns: Columns = None
    format: Formatted = "text"

    def check(self) -> None:
        """Reject tables and formats that cannot be shown, before models are called.

        Raises:
            ConfigError: names the option.
        """
        column_names(self.columns)
        tables = ", ".join(dialogues.DIALOGUE_TABLES)
        if unknown := [table for table in self.table if table not in dialogues.DIALOGUE_TABLES]:
            raise ConfigError(f"--table {unknown[0]}: there is no such table; must be one of {tables}")
        if self.format == "csv" and len(self.table) != 1:
            raise ConfigError(f"--format csv: needs exactly one table; choose it with --table: {tables}")

    def show(self, folder: Path, broken: BrokenJournals) -> None:
        """Print the tables; unreadable journals are reported on stderr and skipped, and the exit code is then 1.

        Args:
            folder: the folder with the journals.
            broken: reports journals that cannot be read, each once.

        Raises:
            JournalError: there are no journals.
            AnalysisError: there is nothing to show, or a file with labels cannot be used.
        """
        found = analysis.load(folder, frames=("utterances",), broken=broken).dialogue
        tables = dialogues.tables_of(found, labels=self.labels)
        shown = {name: table for name, table in tables.items() if not self.table or name in self.table}
        if not shown:
            raise AnalysisError(
                f"{folder}: has no {', '.join(self.table) or 'results of judges'} to show; judge its runs with: "
                f"govsim dialogue judge {shlex.quote(str(folder))} --model MODEL"
            )
        say_tables(shown, self.format, column_names(self.columns))
        broken.leave()


@app.command("judge")
@with_groups
def judge(  # noqa: PLR0917 - one parameter for each option of the command
    model: Annotated[Texts, typer.Option(metavar="PROVIDER/NAME", help="Language model of the judge. Repeatable.")],
    folder: Folder = Path("runs"),
    ask: Annotated[
        Texts,
        typer.Option(metavar="NAME", help="Question: labels, promises or knowledge. Repeatable. [labels, promises]"),
    ] = [],  # noqa: B006
    samples: Annotated[int, typer.Option(help="Number of samples: how often each judge is asked each question.")] = 1,
    model_options: ModelOptions = ModelOptions(),  # noqa: B008 - its options have defaults
    shown: ResultOptions = ResultOptions(),
) -> None:
    """Label utterances and extract promises with judge models, and print the results.

    The answers are written to journals next to those of the runs. Run the same command again to resume, or to judge
    runs that were added.

    Examples:

        govsim dialogue judge runs --model openai/gpt-4o-mini

        govsim dialogue judge runs --model openai/gpt-4o-mini --model anthropic/claude-haiku-4-5 --ask labels --estimate
    """
    shown.check()
    settings, broken = settings_of(model_options, allowed=STUDY_KEYS), BrokenJournals()
    # Judges are only asked about runs that the tables include: inconsistent journals are excluded before any cost.
    runs = analysis.load(folder, frames=("runs",), broken=broken).measures
    wanted = DialogueSettings(
        folder=folder,
        judges=model,
        asked=ask or ("labels", "promises"),
        samples=samples,
        settings=settings.experiment.get("models", {}),
    )
    plans = plan_dialogue(wanted, runs=[run.path for run in runs])
    if not plans:
        raise ConfigError(f"{folder}: nothing to judge: its runs have no discussions and no questions to members")
    results = execute.execute_studies(plans, settings.execution, shown.format, is_estimate=model_options.estimate)
    if results is None:
        return broken.leave()
    if code := execute.exit_code(results):
        sys.exit(code)
    say("", err=shown.format != "text")
    return shown.show(folder, broken)


@app.command("show")
@with_groups
def show(folder: Folder = Path("runs"), shown: ResultOptions = ResultOptions()) -> None:
    """Show the results of judges, and their agreement with human annotators.

    Examples:

        govsim dialogue show runs

        govsim dialogue show runs --labels annotation/ada.csv --labels annotation/bob.csv --table agreement
    """
    shown.check()
    shown.show(folder, BrokenJournals())


@app.command("sample")
def sample(
    size: Annotated[int, typer.Option(min=1, metavar="NUMBER", help="Number of utterances.", show_default=False)],
    folder: Folder = Path("runs"),
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Output file.")] = Path("annotation.csv"),
    seed: Seed = 0,
) -> None:
    """Draw a random sample of utterances for human annotation, without calling a model.

    Example:

        govsim dialogue sample runs --size 100 -o annotation/sample.csv
    """
    broken = BrokenJournals()
    found = analysis.load(folder, frames=("utterances",), broken=broken).dialogue
    with naming(folder):
        drawn = dialogues.annotation_sample(found, size, np.random.default_rng(seed))
    table, explained = dialogues.write_annotation_sheet(drawn, out)
    say(f"{counted(len(drawn), 'utterance')} to label: {table}; descriptions of the labels: {explained}")
    say(
        "Fill in the column `label` in a copy named after yourself, and show the results with: govsim dialogue show "
        f"{shlex.quote(str(folder))} --labels COPY.csv"
    )
    broken.leave()


@app.command("check")
@with_groups
def check(
    model: Annotated[
        str, typer.Option(metavar="PROVIDER/NAME", help="Language model of the judge.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("runs"),
    model_options: ModelOptions = ModelOptions(),  # noqa: B008 - its options have defaults
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Test a judge on utterances with known labels, and print its accuracy.

    Example:

        govsim dialogue check --model openai/gpt-4o-mini
    """
    settings = settings_of(model_options, allowed=STUDY_KEYS)
    plan = plan_check(model, settings.experiment.get("models", {}), out)
    results = execute.execute_studies([plan], settings.execution, format, is_estimate=model_options.estimate)
    if results is None:
        return
    if code := execute.exit_code(results):
        sys.exit(code)
    table = dialogues.check_table(dialogues.read_check(plan.path), model)
    say_table(table, format)
