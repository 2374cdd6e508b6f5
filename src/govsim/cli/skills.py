"""`govsim skills`: test sub-skills of models, and show the results."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from govsim import analysis
from govsim.analysis import skills as tested
from govsim.cli import execute
from govsim.cli.console import say, wrapped_lines
from govsim.cli.options import (
    Columns,
    Folder,
    Formatted,
    ModelOptions,
    Prompts,
    Renamed,
    Texts,
    figure_format,
    with_groups,
)
from govsim.cli.problems import BrokenJournals, naming
from govsim.cli.settings import STUDY_KEYS, settings_of
from govsim.cli.table_output import column_names, say_table
from govsim.errors import AnalysisError
from govsim.scenarios import ORIGINAL_SCENARIOS, load_scenario
from govsim.skills import SKILL_TESTS
from govsim.studies import SkillSettings, plan_skills


class _Skills(Renamed):
    now: ClassVar = {
        "--model": "test --model MODEL",
        "--against": "correlate DIR --runs DIR",
        "--wrong": "show DIR --wrong NUMBER",
        "": "show DIR",
    }


app = typer.Typer(cls=_Skills)


@app.callback()
def skills() -> None:
    """Test the sub-skills that sustaining a commons requires, and relate them to the outcomes of runs.

    Examples:

        govsim skills test --model openai/gpt-4o-mini

        govsim skills show runs

        govsim skills correlate runs
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSelection:
    """The tests that are used, and the format of their results."""

    scenario: Annotated[Texts, typer.Option(metavar="SCENARIO", help="Name or folder of a scenario. Repeatable.")] = (
        field(default_factory=list)
    )
    test: Annotated[Texts, typer.Option(metavar="NAME", help="Name of a test, such as dynamics. Repeatable.")] = field(
        default_factory=list
    )
    columns: Columns = None
    format: Formatted = "text"

    def show(self, folder: Path, *, wrong: int | None = None, only: Collection[Path] | None = None) -> None:
        """Print accuracies; unreadable journals are reported on stderr and skipped, and the exit code is then 1.

        Args:
            folder: folder with journals, searched recursively.
            wrong: number of unsolved problems of each study and test that are listed instead.
            only: the journals of the studies to show; by default all in the folder.

        Raises:
            AnalysisError: there are no studies.
        """
        columns, broken = column_names(self.columns), BrokenJournals()
        studies = self._studies(folder, broken, only)
        unsolved = None if wrong is None else tested.wrong_answers(studies, wrong, self.test)
        if unsolved is None:
            say_table(tested.accuracies_table(studies, self.test, broken=broken.count), self.format, columns)
        elif self.format == "text" and not columns:
            say(wrapped_lines(tested.format_wrong(unsolved), ("  > ", "  < ")))
        else:
            say_table(tested.wrong_table(unsolved), self.format, columns)
        broken.leave()

    def _studies(
        self, folder: Path, broken: BrokenJournals, only: Collection[Path] | None
    ) -> tuple[tested.SkillStudy, ...]:
        wanted = {load_scenario(reference).name for reference in self.scenario}
        read = analysis.load(folder, frames=("studies",), only=only, broken=broken) if only or folder.exists() else None
        studies = () if read is None else read.skills
        found = tuple(study for study in studies if not wanted or study.scenario in wanted)
        given = {solution.purpose for study in found for solution in study.solutions}
        for test in set(self.test) - given:
            SKILL_TESTS.get(test, key="test")
        if not found:
            raise AnalysisError(f"{folder}: has no sub-skill tests; run them with: govsim skills test --model MODEL")
        return found


@app.command("test")
@with_groups
def give_tests(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    model: Annotated[Texts, typer.Option(metavar="PROVIDER/NAME", help="Language model. Repeatable.")],
    problems: Annotated[int, typer.Option(help="Number of problems of each test.")] = 150,
    seed: Annotated[int, typer.Option(help="Random seed of the problems.")] = 0,
    members: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|NAMES", help="Members of the society, as a number or as names separated by commas."
        ),
    ] = None,
    growth: Annotated[float | None, typer.Option(help="Growth factor of the stock after a harvest.")] = None,
    capacity: Annotated[int | None, typer.Option(help="Capacity of the commons in units.")] = None,
    prompts: Prompts = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path("runs"),
    model_options: ModelOptions = ModelOptions(),  # noqa: B008 - its options have defaults
    tests: TestSelection = TestSelection(),
) -> None:
    """Test the sub-skills of models, with the same problems for every model.

    The default is the five tests and the three scenarios of the paper. Run the same command again to resume, or with
    more problems to extend the tests. Accuracies have exact intervals; replies that cannot be parsed are counted
    separately.

    Examples:

        govsim skills test --model openai/gpt-4o-mini --scenario fishery

        govsim skills test --model openai/gpt-4o-mini --estimate
    """
    world = {"society.members": roster(members), "world.growth": growth, "world.capacity": capacity}
    allowed = (*STUDY_KEYS, "world", "society.members", "society.rules")
    settings = settings_of(model_options, options={"seed": seed, **world}, execution={"out": out}, allowed=allowed)
    plans = plan_skills(
        SkillSettings(
            models=model,
            scenarios=tests.scenario or tuple(ORIGINAL_SCENARIOS.values()),
            tests=tests.test,
            problems=problems,
            out=out,
            settings=settings.experiment,
            prompts=prompts,
        )
    )
    results = execute.execute_studies(plans, settings.execution, tests.format, is_estimate=model_options.estimate)
    if results is None:
        return
    tests.show(out, only=[result.path for result in results])
    sys.exit(execute.exit_code(results))


@app.command("show")
@with_groups
def show(
    folder: Folder = Path("runs"),
    wrong: Annotated[
        int | None, typer.Option(min=1, help="List this number of incorrectly answered problems of each test instead.")
    ] = None,
    tests: TestSelection = TestSelection(),
) -> None:
    """Show the accuracies of the tests in a folder, or problems that were answered incorrectly.

    Unreadable journals are reported on stderr and skipped; the exit code is then 1.

    Examples:

        govsim skills show runs

        govsim skills show runs --scenario fishery --wrong 3
    """
    tests.show(folder, wrong=wrong)


@app.command("correlate")
def correlate(
    folder: Folder = Path("runs"),
    runs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with journals of runs.", show_default="DIR")
    ] = None,
    condition: Annotated[str | None, typer.Option(metavar="NAME", help="Condition of these runs.")] = None,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a figure to this file (.png, .svg or .pdf).")
    ] = None,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Regress the outcomes of runs on the sub-skills of their models.

    Examples:

        govsim skills correlate runs

        govsim skills correlate tests --runs runs --figure skills.pdf
    """
    file_format = None if figure is None else figure_format(figure)
    broken = BrokenJournals()
    studies = analysis.load(folder, frames=("studies",), broken=broken).skills
    measures = analysis.load(folder if runs is None else runs, frames=("runs",), broken=broken).measures
    with naming(folder, folder if runs is None else runs):
        found = tested.skills_against(studies, measures, condition=condition)
    say_table(tested.correlations_table(found, broken=broken.count), format)
    if figure is not None and file_format is not None:
        from govsim.analysis.figures import write_figures  # imports matplotlib
        from govsim.analysis.figures.skills import draw_correlations

        for path in write_figures([replace(draw_correlations(found), name=figure.stem)], figure.parent, file_format):
            say(str(path), err=format != "text")
    broken.leave()


def roster(text: str | None) -> int | list[str] | None:
    """Parse members, given as a number or as names separated by commas; None if not given."""
    if text is None:
        return None
    stripped = text.strip()
    try:
        return int(stripped)
    except ValueError:
        return [name.strip() for name in stripped.split(",")]
