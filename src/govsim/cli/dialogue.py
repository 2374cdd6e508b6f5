"""`govsim dialogue`: let judges read what was said and thought, and show what they found."""

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
from govsim.analysis.dialogue.checking import check_table, read_check
from govsim.characters import counted
from govsim.cli import execute
from govsim.cli.options import Asking, Formatted, Renamed, Seed, Texts, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.cli.settings import STUDY_KEYS, settings_of
from govsim.cli.words import say, say_table
from govsim.errors import AnalysisError, ConfigError
from govsim.studies import DialogueSettings, plan_check, plan_dialogue

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Journals of runs, at any depth.", show_default=False)]


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
    """Let judges label what was said, find out what was promised and kept, and show what they found.

    Examples:
        govsim dialogue judge runs --model openai/gpt-4o-mini

        govsim dialogue show runs

        govsim dialogue sample runs --size 100 -o annotation/sample.csv

        govsim dialogue check --model openai/gpt-4o-mini
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a reader wants to see of what judges found."""

    labels: Annotated[list[Path], typer.Option(metavar="FILE", help="A sample that somebody has labelled.")] = field(
        default_factory=list
    )
    table: Annotated[Texts, typer.Option(metavar="NAME", help="Show this table; repeat it. [all]")] = field(
        default_factory=list
    )
    seed: Seed = 0
    format: Formatted = "text"

    def check(self) -> None:
        """Refuse what cannot be shown, before anybody is asked.

        Raises:
            ConfigError: names the option.
        """
        tables = ", ".join(dialogues.DIALOGUE_TABLES)
        if unknown := [table for table in self.table if table not in dialogues.DIALOGUE_TABLES]:
            raise ConfigError(f"table = {unknown[0]}: there is no such table; choose from {tables}")
        if self.format == "csv" and len(self.table) != 1:
            raise ConfigError(f"--format csv: holds one table; choose one with --table: {tables}")

    def show(self, folder: Path, broken: BrokenJournals) -> None:
        """Print it; a journal that is broken is named on stderr and left out, and the command then ends with 1.

        Args:
            folder: the folder with the journals.
            broken: reports journals that cannot be read, each once.

        Raises:
            JournalError: there are no journals.
            AnalysisError: there is nothing to show, or somebody's labels cannot be used.
        """
        found = analysis.load(folder, frames=("utterances",), broken=broken).dialogue
        tables = dialogues.tables_of(found, np.random.default_rng(self.seed), labels=self.labels)
        shown = {name: table for name, table in tables.items() if not self.table or name in self.table}
        if not shown:
            raise AnalysisError(
                f"{folder}: there is nothing to show of {', '.join(self.table) or 'its dialogues'}; let a judge "
                f"read its runs with govsim dialogue judge {shlex.quote(str(folder))} --model MODEL"
            )
        say_table(analysis.render_tables(shown, self.format), self.format)
        broken.leave()


@app.command("judge")
@with_groups
def judge(  # noqa: PLR0917 - one parameter for each option of the command
    model: Annotated[Texts, typer.Option(help="A language model that judges; repeat it.")],
    folder: Folder = Path("runs"),
    ask: Annotated[
        Texts, typer.Option(metavar="NAME", help="labels, promises or knowledge; repeat it. [labels, promises]")
    ] = [],  # noqa: B006
    samples: Annotated[int, typer.Option(help="How often each judge is asked the same.")] = 1,
    asking: Asking = Asking(),  # noqa: B008 - its options have defaults
    findings: Findings = Findings(),
) -> None:
    """Let judges label what was said, find out what was promised and kept, and print what they found.

    Their answers lie beside the journals of the runs. The same command continues what was interrupted, and judges what
    has been added since.

    Examples:
        govsim dialogue judge runs --model openai/gpt-4o-mini

        govsim dialogue judge runs --model openai/gpt-4o-mini --model anthropic/claude-haiku-4-5 --ask labels --estimate
    """
    findings.check()
    settings, broken = settings_of(asking, allowed=STUDY_KEYS), BrokenJournals()
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
        raise ConfigError(
            f"{folder}: holds nothing to judge: in its runs nobody has said anything, or been asked anything"
        )
    results = execute.execute_studies(plans, settings.execution, findings.format, is_estimate=asking.estimate)
    if results is None:
        return broken.leave()
    if code := execute.exit_code(results):
        sys.exit(code)
    say("", err=findings.format != "text")
    return findings.show(folder, broken)


@app.command("show")
@with_groups
def show(folder: Folder = Path("runs"), findings: Findings = Findings()) -> None:
    """Show what judges found, and what needs no judge; with what people have labelled, how far they agree.

    Examples:
        govsim dialogue show runs

        govsim dialogue show runs --labels annotation/ada.csv --labels annotation/bob.csv --table agreement
    """
    findings.check()
    findings.show(folder, BrokenJournals())


@app.command("sample")
def sample(
    size: Annotated[int, typer.Option(metavar="NUMBER", help="How many utterances.", show_default=False)],
    folder: Folder = Path("runs"),
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where they go.")] = Path("annotation.csv"),
    seed: Seed = 0,
) -> None:
    """Draw utterances for people to label, and ask nobody.

    Example:
        govsim dialogue sample runs --size 100 -o annotation/sample.csv
    """
    broken = BrokenJournals()
    found = analysis.load(folder, frames=("utterances",), broken=broken).dialogue
    drawn = dialogues.annotation_sample(found, size, np.random.default_rng(seed))
    sheet, explained = dialogues.write_annotation_sheet(drawn, out)
    say(f"{counted(len(drawn), 'utterance')} to label: {sheet}; what the labels mean: {explained}")
    say(
        "Fill in the column label of a copy named after yourself, and read it back with govsim dialogue show "
        f"{shlex.quote(str(folder))} --labels COPY.csv"
    )
    broken.leave()


@app.command("check")
@with_groups
def check(
    model: Annotated[str, typer.Option(help="The language model that judges.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for its journal.")] = Path("runs"),
    seed: Seed = 0,
    asking: Asking = Asking(),  # noqa: B008 - its options have defaults
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Let a judge label utterances whose labels are known, and print where it is right and wrong.

    Example:
        govsim dialogue check --model openai/gpt-4o-mini
    """
    settings = settings_of(asking, allowed=STUDY_KEYS)
    plan = plan_check(model, settings.experiment.get("models", {}), out)
    results = execute.execute_studies([plan], settings.execution, format, is_estimate=asking.estimate)
    if results is None:
        return
    if code := execute.exit_code(results):
        sys.exit(code)
    table = check_table(read_check(plan.path), model, np.random.default_rng(seed))
    say_table(analysis.render(table, format), format)
