"""`govsim skills`: what a model can do that sustaining a commons takes."""

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
from govsim.cli.options import Asking, Formatted, Prompts, Renamed, TableFormat, Texts, with_groups
from govsim.cli.problems import BrokenJournals
from govsim.cli.settings import STUDY_KEYS, settings_of
from govsim.cli.words import say, say_table
from govsim.errors import AnalysisError, ConfigError
from govsim.scenarios import load_scenario, scenario_names
from govsim.skills import SKILL_TESTS
from govsim.studies import SkillSettings, plan_skills

_DRAWN = (".png", ".svg", ".pdf")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Journals of tests, at any depth.", show_default=False)]


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
    """Test what sustaining a commons takes, show what was found, and set it against what became of runs.

    Examples:
        govsim skills test --model openai/gpt-4o-mini

        govsim skills show runs

        govsim skills correlate runs
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which tests, and how they are shown."""

    scenario: Annotated[Texts, typer.Option(help="Scenario or its folder; repeat it.")] = field(default_factory=list)
    test: Annotated[Texts, typer.Option(metavar="NAME", help="dynamics or another test; repeat it.")] = field(
        default_factory=list
    )
    format: Formatted = "text"

    def show(self, folder: Path, *, wrong: int | None = None, only: Collection[Path] | None = None) -> None:
        """Print accuracies; a journal that is broken is named on stderr and left out, and the command ends with 1.

        Args:
            folder: where the journals lie, at any depth.
            wrong: how many unsolved problems of each study and test are listed instead.
            only: the journals of the studies to show; all in the folder when None.

        Raises:
            AnalysisError: there are no studies.
        """
        broken = BrokenJournals()
        studies = self._studies(folder, broken, only)
        unsolved = None if wrong is None else tested.wrong_answers(studies, wrong, self.test)
        if unsolved is None:
            _say(tested.accuracies_table(studies, self.test, broken=broken.count), self.format)
        elif self.format == "text":
            say(tested.format_wrong(unsolved))
        else:
            _say(tested.wrong_table(unsolved), self.format)
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
            raise AnalysisError(f"{folder}: holds no tests of sub-skills; begin with: govsim skills test --model MODEL")
        return found


@app.command("test")
@with_groups
def give_tests(  # noqa: PLR0913, PLR0917 - one parameter for each option of the command
    model: Annotated[Texts, typer.Option(help="Language model, as PROVIDER/NAME; repeat it.")],
    problems: Annotated[int, typer.Option(help="Problems of each test.")] = 150,
    seed: Annotated[int, typer.Option(help="What the problems are generated from.")] = 0,
    members: Annotated[str | None, typer.Option(metavar="NUMBER|NAMES", help="Who share the commons.")] = None,
    growth: Annotated[float | None, typer.Option(help="What is left after a harvest is multiplied by.")] = None,
    capacity: Annotated[int | None, typer.Option(help="The most units that the commons holds.")] = None,
    prompts: Prompts = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the journals.")] = Path("runs"),
    asking: Asking = Asking(),  # noqa: B008 - its options have defaults
    view: View = View(),
) -> None:
    """Test models: five sub-skills, on problems that are the same for every model.

    Without `--scenario` they are about the three scenarios of the paper, and without `--test` they are its five. The
    same command continues tests that were interrupted, and with more problems it goes on. Accuracies have exact
    intervals; replies that cannot be read count apart.

    Examples:
        govsim skills test --model openai/gpt-4o-mini --scenario fishery

        govsim skills test --model openai/gpt-4o-mini --estimate
    """
    world = {"society.members": roster(members), "world.growth": growth, "world.capacity": capacity}
    allowed = (*STUDY_KEYS, "world", "society.members", "society.rules")
    settings = settings_of(asking, options={"seed": seed, **world}, execution={"out": out}, allowed=allowed)
    plans = plan_skills(
        SkillSettings(
            models=model,
            scenarios=view.scenario or scenario_names(),
            tests=view.test,
            problems=problems,
            out=out,
            settings=settings.experiment,
            prompts=prompts,
        )
    )
    results = execute.execute_studies(plans, settings.execution, view.format, is_estimate=asking.estimate)
    if results is None:
        return
    view.show(out, only=[result.path for result in results])
    sys.exit(execute.exit_code(results))


@app.command("show")
@with_groups
def show(
    folder: Folder = Path("runs"),
    wrong: Annotated[
        int | None, typer.Option(min=1, help="List the first so many unsolved problems of each test instead.")
    ] = None,
    view: View = View(),
) -> None:
    """Show the accuracies of the tests below a folder, or the problems that were not solved.

    A journal that is broken is named on stderr and left out; the command then ends with 1.

    Examples:
        govsim skills show runs

        govsim skills show runs --scenario fishery --wrong 3
    """
    view.show(folder, wrong=wrong)


@app.command("correlate")
def correlate(
    folder: Folder = Path("runs"),
    runs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Journals of runs, where they lie elsewhere.")
    ] = None,
    condition: Annotated[str | None, typer.Option(help="The condition of these runs.")] = None,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it (.png, .svg or .pdf).")] = None,
    format: Formatted = "text",  # noqa: A002  the option's name
) -> None:
    """Regress what became of the runs of models on their skills.

    Examples:
        govsim skills correlate runs

        govsim skills correlate tests --runs runs --figure skills.pdf
    """
    if figure is not None and figure.suffix not in _DRAWN:
        raise ConfigError(f"--figure {figure}: must end in one of {', '.join(_DRAWN)}")
    broken = BrokenJournals()
    studies = analysis.load(folder, frames=("studies",), broken=broken).skills
    lived = analysis.load(folder if runs is None else runs, frames=("runs",), broken=broken).measures
    found = tested.skills_against(studies, lived, condition=condition)
    _say(tested.correlations_table(found, broken=broken.count), format)
    if figure is not None:
        from govsim.analysis.figures import FORMATS, write_figures  # with matplotlib
        from govsim.analysis.figures.skills import draw_correlations

        ending = next(one for one in FORMATS if f".{one}" == figure.suffix)
        for path in write_figures([replace(draw_correlations(found), name=figure.stem)], figure.parent, ending):
            say(str(path), err=format != "text")
    broken.leave()


def _say(table: analysis.Table, format: TableFormat) -> None:  # noqa: A002  as the option is called
    say_table(analysis.render(table, format), format)


def roster(text: str | None) -> int | list[str] | None:
    """Members as a number, or by name with commas between; None for none given."""
    if text is None:
        return None
    stripped = text.strip()
    try:
        return int(stripped)
    except ValueError:
        return [name.strip() for name in stripped.split(",")]
